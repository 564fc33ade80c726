//! The laws of the store, each run on SQLite and PostgreSQL from one body.

use super::write_tx::AuditContext;
use super::{DatabaseLocation, Error, Store, WriteTx, fault_point};
use crate::domain::access::permission::{Actor, Permit, UnitPath, action, authorize};
use crate::domain::access::scope::{RecordKind, Scope};
use crate::domain::access::second_factor::ConfirmedFactor;
use crate::domain::access::visible_scopes::{VisibleScopes, compute_visible_scopes};
use crate::domain::support::ids::{AccountId, DeviceId, UnitId};
use crate::domain::support::limits::{FEED_PAGE_BYTES_MAX, RECORD_BYTES_MAX};
use crate::domain::support::scope_digest::{ScopeDigest, hash_record};
use crate::domain::support::time::Timestamp;
use crate::store::feed::{FeedOp, FeedRow, FeedSlice};
use jiff::civil::date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

#[path = "../../tests/common/pg.rs"]
mod pg;

/// A database for one test.
struct TestDatabase {
    store: Store,
    _home: Option<tempfile::TempDir>,
    _db: Option<pg::TestDb>,
}

fn open_sqlite() -> Option<TestDatabase> {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("t.db").display().to_string();
    let store = Store::open(&DatabaseLocation::Sqlite(path)).unwrap();
    Some(TestDatabase { store, _home: Some(home), _db: None })
}

fn open_postgres() -> Option<TestDatabase> {
    let db = pg::TestDb::create()?;
    let store = Store::open(&DatabaseLocation::parse(db.url())).unwrap();
    Some(TestDatabase { store, _home: None, _db: Some(db) })
}

macro_rules! test_on_both_databases {
    ($($name:ident)+) => {
        mod on_sqlite { $(#[test] fn $name() { super::$name(&super::open_sqlite().unwrap()); })+ }
        mod on_postgres { $(#[test] fn $name() { if let Some(fresh) = super::open_postgres() { super::$name(&fresh); } })+ }
    };
}

test_on_both_databases! {
    a_failed_caller_leaves_no_trace_and_spends_no_number
    a_record_larger_than_a_message_is_refused_where_it_is_written
    a_page_of_the_feed_fits_a_message_and_no_change_is_skipped
    an_equal_record_is_not_written_again
    a_record_that_moves_is_gone_there_and_put_here_with_one_seq
    a_reader_among_eight_writers_meets_every_change_once
    the_digest_of_a_scope_is_that_of_its_records
    the_chain_finds_an_edited_a_dropped_and_a_swapped_row
    a_panicking_caller_takes_nobody_with_it
    a_panic_after_the_commit_answers_every_member_of_the_batch
    a_panic_in_the_commit_answers_every_member_of_the_batch_and_the_store_goes_on
    a_lease_has_one_holder_and_a_rising_fence
    a_step_and_a_recovery_code_of_a_second_factor_are_used_once_and_an_absent_one_never
    the_sessions_of_an_account_come_newest_first_without_phones_and_others
}

const NOW: Timestamp = Timestamp(1_724_000_000_000_000);

fn audit() -> AuditContext {
    AuditContext::from_actor(
        &Actor { account: AccountId::from_code("tester"), device: None, grants: Vec::new() },
        "test",
    )
}

/// A permit to move records, for the root of a new organisation.
fn permit_to_move(store: &Store) -> Permit<action::RunJob> {
    let root = UnitId::from_code("root");
    let set: Result<(), Error> =
        store.write("test.root", NOW, |tx| tx.set_setting("root_unit", &root.0));
    set.unwrap();
    let path = UnitPath { unit: root, acting_unit: root, ancestors: Vec::new() };
    authorize(&Actor::system_actor(root), &path, NOW.local_date()).unwrap()
}

fn id(number: usize) -> [u8; 16] {
    UnitId::from_code(&format!("record {number}")).0
}

fn work_scope(unit: &str) -> Scope {
    Scope::work(UnitId::from_code(unit))
}

fn put(store: &Store, number: usize, bytes: &[u8], scopes: &[Scope]) {
    let write = store.write("test.put", NOW, |tx| {
        tx.put_record(&audit(), RecordKind::Report, id(number), bytes, scopes.to_vec())
    });
    write.unwrap();
}

/// All changes of one scope after a seq, as a phone would read them.
fn read_changes(store: &Store, scope: Scope, after: i64) -> Vec<FeedRow> {
    store
        .read(|tx| {
            let head = tx.head()?.seq;
            let Some(found) = tx.scope(scope)? else { return Ok(Vec::new()) };
            Ok(tx.feed_page(&[found.number], after, head, 100)?.rows)
        })
        .unwrap_or_else(|error: Error| panic!("{error}"))
}

fn a_failed_caller_leaves_no_trace_and_spends_no_number(db: &TestDatabase) {
    put(&db.store, 1, b"one", &[work_scope("a")]);
    let failed: Result<(), Error> = db.store.write("test.fail", NOW, |tx| {
        tx.put_record(&audit(), RecordKind::Report, id(2), b"two", vec![work_scope("a")])?;
        Err(Error::Damaged("on purpose".to_owned()))
    });
    assert!(failed.is_err());
    put(&db.store, 3, b"three", &[work_scope("a")]);
    let rows = read_changes(&db.store, work_scope("a"), 0);
    assert_eq!(
        rows.iter().map(|row| (row.seq, row.id)).collect::<Vec<_>>(),
        [(1, id(1)), (2, id(3))]
    );
}

fn a_record_larger_than_a_message_is_refused_where_it_is_written(db: &TestDatabase) {
    put(&db.store, 1, &vec![1; RECORD_BYTES_MAX], &[work_scope("a")]);
    let refused = db.store.write("test.put", NOW, |tx| {
        let bytes = vec![2; RECORD_BYTES_MAX + 1];
        tx.put_record(&audit(), RecordKind::Report, id(1), &bytes, vec![work_scope("a")])
    });
    assert!(matches!(refused, Err(Error::RecordTooLarge { .. })), "{refused:?}");
    let rows = read_changes(&db.store, work_scope("a"), 0);
    assert_eq!(rows[0].op, FeedOp::Put { revision: 1, bytes: vec![1; RECORD_BYTES_MAX] });
}

fn a_page_of_the_feed_fits_a_message_and_no_change_is_skipped(db: &TestDatabase) {
    let scopes = [work_scope("a"), work_scope("b")];
    let sizes = [1, 3 << 20, 1, 900_000, 900_000, 900_000, 1, RECORD_BYTES_MAX];
    for (number, size) in sizes.into_iter().enumerate() {
        put(&db.store, number, &vec![7; size], &scopes);
    }
    let (mut after, mut read) = (0, Vec::new());
    loop {
        let slice = db.store.read(|tx| {
            let (head, mut numbers) = (tx.head()?.seq, Vec::new());
            for scope in scopes {
                numbers.extend(tx.scope(scope)?.map(|found| found.number));
            }
            tx.feed_page(&numbers, after, head, 100)
        });
        let FeedSlice { rows, is_complete } =
            slice.unwrap_or_else(|error: Error| panic!("{error}"));
        let records = rows.chunks(2).map(|pair| {
            assert_eq!(pair[0].id, pair[1].id, "one change stays on one page");
            let FeedOp::Put { bytes, .. } = &pair[0].op else { panic!("a change that is no put") };
            bytes.len()
        });
        let records: Vec<usize> = records.collect();
        assert!(records.len() == 1 || records.iter().sum::<usize>() <= FEED_PAGE_BYTES_MAX);
        after = rows.last().map_or(after, |row| row.seq);
        read.push(records);
        if is_complete {
            break;
        }
    }
    assert_eq!(read.concat(), sizes);
    assert_eq!(read.len(), 5, "small records share a page: {read:?}");
}

fn an_equal_record_is_not_written_again(db: &TestDatabase) {
    put(&db.store, 1, b"one", &[work_scope("a")]);
    put(&db.store, 1, b"one", &[work_scope("a")]);
    put(&db.store, 1, b"one more", &[work_scope("a")]);
    let rows = read_changes(&db.store, work_scope("a"), 0);
    assert_eq!(rows.len(), 1, "the feed is compacted to the latest version");
    assert_eq!(rows[0].op, FeedOp::Put { revision: 2, bytes: b"one more".to_vec() });
    assert_eq!(db.store.read(|tx| tx.head()).unwrap().seq, 2);
}

fn a_record_that_moves_is_gone_there_and_put_here_with_one_seq(db: &TestDatabase) {
    let permit = permit_to_move(&db.store);
    put(&db.store, 1, b"one", &[work_scope("a"), work_scope("top")]);
    let moved: Result<(), Error> = db.store.write("test.move", NOW, |tx| {
        tx.set_record_scopes(
            &permit,
            RecordKind::Report,
            id(1),
            vec![work_scope("b"), work_scope("top")],
        )
    });
    moved.unwrap();
    let (old, new) =
        (read_changes(&db.store, work_scope("a"), 1), read_changes(&db.store, work_scope("b"), 1));
    assert_eq!(old[0].op, FeedOp::OutOfScope);
    assert_eq!(new[0].op, FeedOp::Put { revision: 1, bytes: b"one".to_vec() });
    assert_eq!(old[0].seq, new[0].seq);
    assert_eq!(
        read_changes(&db.store, work_scope("top"), 1),
        [],
        "where it stayed nothing happened"
    );
}

fn a_reader_among_eight_writers_meets_every_change_once(db: &TestDatabase) {
    const WRITERS: usize = 8;
    const EACH: usize = 40;
    // A pause between numbering and COMMIT: if numbers became visible early, the reader would skip
    // some.
    fault_point::arm_fault_point("after_numbering:sleep:2");
    let other = Store::open(db.store.location()).unwrap();
    let done = AtomicUsize::new(0);
    let mut seen = BTreeSet::new();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            // Half of them write through a second node on the same database.
            let (store, done) = (if writer % 2 == 0 { &db.store } else { &other }, &done);
            scope.spawn(move || {
                (0..EACH).for_each(|turn| {
                    put(store, writer * EACH + turn, b"bytes", &[work_scope("a")])
                });
                done.fetch_add(1, Ordering::SeqCst);
            });
        }
        let mut cursor = 0;
        loop {
            let finished = done.load(Ordering::SeqCst) == WRITERS;
            let page = read_changes(&db.store, work_scope("a"), cursor);
            if page.is_empty() && finished {
                break;
            }
            for row in page {
                assert!(row.seq > cursor, "a page is in seq order");
                cursor = row.seq;
                assert!(seen.insert(row.id), "a change is met once");
            }
        }
    });
    assert_eq!(seen.len(), WRITERS * EACH, "a reader must meet every change");
    assert_eq!(
        db.store.read(|tx| tx.head()).unwrap().seq,
        (WRITERS * EACH) as i64,
        "numbers have no gaps"
    );
}

fn the_digest_of_a_scope_is_that_of_its_records(db: &TestDatabase) {
    let mut seed = 7u64;
    let mut model: BTreeMap<usize, (i64, Vec<u8>, BTreeSet<Scope>)> = BTreeMap::new();
    let permit = permit_to_move(&db.store);
    for step in 0..120u64 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (number, act) = ((seed >> 33) as usize % 9, (seed >> 50) % 4);
        let scopes: BTreeSet<Scope> = ["a", "b", "c"]
            .into_iter()
            .enumerate()
            .filter(|(at, _)| seed >> (20 + at) & 1 == 1)
            .map(|(_, u)| work_scope(u))
            .collect();
        let list: Vec<Scope> = scopes.iter().copied().collect();
        if act == 0 {
            let deleted: Result<(), Error> = db
                .store
                .write("t", NOW, |tx| tx.delete_record(&audit(), RecordKind::Report, id(number)));
            deleted.unwrap();
            model.remove(&number);
        } else if act == 1 && model.contains_key(&number) {
            let moved: Result<(), Error> = db.store.write("t", NOW, |tx| {
                tx.set_record_scopes(&permit, RecordKind::Report, id(number), list.clone())
            });
            moved.unwrap();
            model.entry(number).and_modify(|entry| entry.2 = scopes);
        } else {
            let bytes = step.to_be_bytes().to_vec();
            put(&db.store, number, &bytes, &list);
            let revision = model.get(&number).map_or(1, |entry| entry.0 + 1);
            model.insert(number, (revision, bytes, scopes));
        }
    }
    for unit in ["a", "b", "c"] {
        let mut expected = ScopeDigest::default();
        for (number, (revision, bytes, scopes)) in &model {
            if scopes.contains(&work_scope(unit)) {
                expected.add(hash_record(&id(*number), *revision, bytes));
            }
        }
        let found = db.store.read(|tx| tx.scope(work_scope(unit))).unwrap().unwrap();
        assert_eq!(found.digest, expected, "scope {unit}");
    }
}

fn the_chain_finds_an_edited_a_dropped_and_a_swapped_row(db: &TestDatabase) {
    (0..6).for_each(|number| put(&db.store, number, b"bytes", &[work_scope("a")]));
    let whole = db.store.read(|tx| tx.verify_audit_chain(None)).unwrap();
    assert_eq!((whole.rows, whole.invalid_from_seq), (6, None));
    let head = db.store.read(|tx| tx.head()).unwrap();
    let mut conn = db.store.location().connect(true).unwrap();
    for (damage, mend) in [
        (
            "update audit set action = 'other' where seq = 3",
            "update audit set action = 'test' where seq = 3",
        ),
        ("update audit set seq = -3 where seq = 3", "update audit set seq = 3 where seq = -3"),
    ] {
        conn.execute_sql(damage).unwrap();
        assert_eq!(
            db.store.read(|tx| tx.verify_audit_chain(None)).unwrap().invalid_from_seq,
            Some(3),
            "{damage}"
        );
        conn.execute_sql(mend).unwrap();
    }
    for swap in [
        "update audit set seq = 99 where seq = 2",
        "update audit set seq = 2 where seq = 4",
        "update audit set seq = 4 where seq = 99",
    ] {
        conn.execute_sql(swap).unwrap();
    }
    assert_eq!(db.store.read(|tx| tx.verify_audit_chain(None)).unwrap().invalid_from_seq, Some(2));
    let later = (head.seq + 1, head.chain);
    assert!(
        db.store.read(|tx| tx.verify_audit_chain(Some(later))).unwrap().invalid_from_seq.is_some(),
        "a printed head is missing"
    );
}

fn a_panicking_caller_takes_nobody_with_it(db: &TestDatabase) {
    let store = db.store.clone();
    let panicked = thread::spawn(move || {
        let _: Result<(), Error> = store.write("test.panic", NOW, |tx| {
            tx.put_record(&audit(), RecordKind::Report, id(1), b"one", vec![work_scope("a")])?;
            panic!("on purpose");
        });
    });
    assert!(panicked.join().is_err());
    put(&db.store, 2, b"two", &[work_scope("a")]);
    assert_eq!(read_changes(&db.store, work_scope("a"), 0).len(), 1);
}

fn a_panic_after_the_commit_answers_every_member_of_the_batch(db: &TestDatabase) {
    db.store.set_commit_hook(std::sync::Arc::new(|_| panic!("on purpose")));
    let answers = write_in_one_batch(&db.store, 8, None);
    assert!(
        answers.iter().all(|answer| matches!(answer, Err(Error::CommitPanicked(_)))),
        "the outcome is not known to the callers, and nobody hangs: {answers:?}"
    );
    assert_eq!(read_changes(&db.store, work_scope("a"), 0).len(), 8, "it was committed, once");
}

/// The answers of `count` callers of one batch; fails if one of them gets none.
fn write_in_one_batch(
    store: &Store,
    count: usize,
    fault: Option<&'static str>,
) -> Vec<Result<(), Error>> {
    let (sender, answers) = std::sync::mpsc::channel();
    let start = std::sync::Arc::new(std::sync::Barrier::new(count));
    for number in 0..count {
        let (store, sender, start) = (store.clone(), sender.clone(), start.clone());
        thread::spawn(move || {
            fault_point::arm_fault_in_thread(fault);
            start.wait();
            let answer = store.write("test.batch", NOW, |tx| {
                // The others arrive meanwhile, and wait for their turn in the same batch.
                thread::sleep(std::time::Duration::from_millis(50));
                tx.put_record(&audit(), RecordKind::Report, id(number), b"x", vec![work_scope("a")])
                    .map(|_| ())
            });
            sender.send(answer).unwrap();
        });
    }
    let patience = std::time::Duration::from_secs(30);
    (0..count).map(|_| answers.recv_timeout(patience).expect("a caller hangs")).collect()
}

fn a_panic_in_the_commit_answers_every_member_of_the_batch_and_the_store_goes_on(
    db: &TestDatabase,
) {
    let answers = write_in_one_batch(&db.store, 8, Some("before_commit:panic"));
    assert!(
        answers.iter().all(|answer| matches!(answer, Err(Error::CommitPanicked(_)))),
        "{answers:?}"
    );
    put(&db.store, 9, b"nine", &[work_scope("a")]);
    let rows = read_changes(&db.store, work_scope("a"), 0);
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [id(9)], "nothing of the batch");
}

fn a_lease_has_one_holder_and_a_rising_fence(db: &TestDatabase) {
    let take = |owner: &'static str, now: i64| {
        db.store.write::<_, Error>("t", Timestamp(now), |tx| {
            tx.acquire_lease("aggregate", owner, Timestamp(now + 10))
        })
    };
    assert_eq!(take("node a", 0).unwrap(), Some(1));
    assert_eq!(take("node b", 5).unwrap(), None, "it is held");
    assert_eq!(take("node b", 11).unwrap(), Some(2), "it has expired");
    let held = db.store.write::<_, Error>("t", NOW, |tx| tx.verify_lease("aggregate", 1)).unwrap();
    assert!(!held, "the old holder is fenced off");
}

#[test]
fn sqlite_keeps_a_statement_prepared_whatever_is_bound_to_it() {
    use diesel::prelude::*;
    let db = open_sqlite().unwrap();
    let asked =
        diesel::dsl::sql::<diesel::sql_types::Integer>("sqlite_compileoption_used('ENABLE_QPSG')");
    let used: i32 = db
        .store
        .read(|tx| diesel::select(asked).get_result(tx.conn()?).map_err(Error::from))
        .unwrap();
    assert_eq!(
        used, 1,
        "built without .cargo/config.toml: correct, and a third slower; build inside the repository"
    );
}

#[test]
fn visible_scopes_are_the_only_way_to_list_scopes() {
    let nobody = Actor { account: AccountId::from_code("x"), device: None, grants: Vec::new() };
    let seen: VisibleScopes = compute_visible_scopes(&nobody, &[], date(2024, 9, 1));
    let db = open_sqlite().unwrap();
    put(&db.store, 1, b"one", &[work_scope("a")]);
    assert_eq!(db.store.read(|tx| tx.visible_scopes(&seen)).unwrap(), []);
}

/// Without polling: only the notification can reach the other node.
#[test]
fn a_commit_on_one_node_notifies_every_other_node_of_the_same_postgresql() {
    let Some(db) = open_postgres() else { return };
    let other = Store::open(db.store.location()).unwrap();
    let (notified, notifications) = std::sync::mpsc::channel();
    other.set_commit_hook(std::sync::Arc::new(move |seq| {
        // The receiver is dropped when the test ends.
        let _ = notified.send(seq);
    }));
    db.store.set_commit_hook(std::sync::Arc::new(|_| {}));
    let deadline = std::time::Duration::from_secs(20);
    // The listener of the other node may not be ready yet: commit again until it is.
    let heard = (1..=40).find_map(|number| {
        put(&db.store, number, b"news", &[work_scope("a")]);
        notifications.recv_timeout(deadline / 40).ok()
    });
    assert_eq!(heard, Some(0), "0: another node made the commit");
}

fn a_step_and_a_recovery_code_of_a_second_factor_are_used_once_and_an_absent_one_never(
    fresh: &TestDatabase,
) {
    let (account, other) = (AccountId::from_code("desk"), AccountId::from_code("other"));
    let factor =
        ConfirmedFactor { salt: [1; 16], recovery_hashes: vec![[2; 32], [3; 32]], step: 100 };
    let use_factor = |act: &dyn Fn(&mut WriteTx) -> Result<bool, Error>| {
        let used: Result<bool, Error> = fresh.store.write("test.factor", NOW, |tx| {
            let used = act(tx)?;
            tx.append_audit(&audit());
            Ok(used)
        });
        used.unwrap()
    };
    use_factor(&|tx| tx.put_second_factor(account, &factor).map(|()| true));
    let step = |account, step| use_factor(&|tx| tx.use_factor_step(account, step));
    let used = [99, 100, 101, 101, 100, 103, 102].map(|number| step(account, number));
    assert_eq!(used, [false, false, true, false, false, true, false]);
    assert!(!step(other, 104));
    let recover = |account, hash| use_factor(&|tx| tx.use_recovery_code(account, &[hash; 32]));
    assert_eq!([3, 3, 4, 2].map(|hash| recover(account, hash)), [true, false, false, true]);
    assert!(!recover(other, 2));
    let left = |account| fresh.store.read(|tx| tx.second_factor(account)).unwrap();
    assert_eq!(left(account).unwrap().recovery_codes_left, 0);
    use_factor(&|tx| tx.delete_second_factor(account).map(|()| true));
    assert!(left(account).is_none() && !step(account, 105) && !recover(account, 2));
    assert_eq!(fresh.store.check_integrity().unwrap().problems, Vec::<String>::new());
}

fn the_sessions_of_an_account_come_newest_first_without_phones_and_others(fresh: &TestDatabase) {
    let (account, other) = (AccountId::from_code("desk"), AccountId::from_code("other"));
    let rows: [(u8, AccountId, &[u8]); 4] =
        [(4, account, &[]), (3, account, &[1; 65]), (2, other, &[]), (1, account, &[])];
    for (position, (id, account, public_key)) in (0i64..).zip(rows) {
        let inserted: Result<(), Error> =
            fresh.store.write("test.device", Timestamp(NOW.0 + position), |tx| {
                tx.put_account(account, "")?;
                tx.insert_device(DeviceId([id; 16]), account, public_key)?;
                tx.append_audit(&audit());
                Ok(())
            });
        inserted.unwrap();
    }
    let sessions = fresh.store.read(|tx| tx.desk_sessions(account)).unwrap();
    let ids: Vec<u8> = sessions.iter().map(|session| session.id.0[0]).collect();
    assert_eq!(ids, [1, 4]);
}
