//! The laws of the store, each run on SQLite and on PostgreSQL from one body.

use super::tx::Audit;
use super::{Error, Location, Store, fault};
use crate::domain::digest::{Digest, record_hash};
use crate::domain::ids::{AccountId, UnitId};
use crate::domain::permission::Actor;
use crate::domain::scope::{RecordKind, Scope};
use crate::domain::sight::{Sight, sight};
use crate::domain::time::Instant;
use crate::store::feed::{FeedOp, FeedRow};
use jiff::civil::date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

#[path = "../../tests/common/pg.rs"]
mod pg;

/// A database of one test's own.
struct Fresh {
    store: Store,
    _home: Option<tempfile::TempDir>,
    _db: Option<pg::TestDb>,
}

fn sqlite() -> Option<Fresh> {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("t.db").display().to_string();
    let store = Store::open(&Location::Sqlite(path)).unwrap();
    Some(Fresh { store, _home: Some(home), _db: None })
}

fn postgres() -> Option<Fresh> {
    let db = pg::TestDb::fresh()?;
    let store = Store::open(&Location::parse(db.url())).unwrap();
    Some(Fresh { store, _home: None, _db: Some(db) })
}

macro_rules! laws {
    ($($name:ident)+) => {
        mod on_sqlite { $(#[test] fn $name() { super::$name(&super::sqlite().unwrap()); })+ }
        mod on_postgres { $(#[test] fn $name() { if let Some(fresh) = super::postgres() { super::$name(&fresh); } })+ }
    };
}

laws! {
    a_failed_caller_leaves_no_trace_and_spends_no_number
    an_equal_record_is_not_written_again
    a_record_that_moves_is_gone_there_and_put_here_with_one_seq
    a_reader_among_eight_writers_meets_every_change_once
    the_digest_of_a_scope_is_that_of_its_records
    the_chain_finds_an_edited_a_dropped_and_a_swapped_row
    a_panicking_caller_takes_nobody_with_it
    a_lease_has_one_holder_and_a_rising_fence
}

const NOW: Instant = Instant(1_724_000_000_000_000);

fn audit() -> Audit {
    Audit::credential(&Actor { account: AccountId::named("tester"), device: None, grants: Vec::new() }, "test")
}

fn id(number: usize) -> [u8; 16] {
    UnitId::named(&format!("record {number}")).0
}

fn work(unit: &str) -> Scope {
    Scope::work(UnitId::named(unit))
}

fn put(store: &Store, number: usize, bytes: &[u8], scopes: &[Scope]) {
    let write = store
        .write("test.put", NOW, |tx| tx.put_record(&audit(), RecordKind::Report, id(number), bytes, scopes.to_vec()));
    write.unwrap();
}

/// All changes of one scope after a seq, as a phone would read them.
fn pull(store: &Store, scope: Scope, after: i64) -> Vec<FeedRow> {
    store
        .read(|tx| {
            let head = tx.head()?.seq;
            let Some(found) = tx.scope(scope)? else { return Ok(Vec::new()) };
            tx.feed_page(&[found.number], after, head, 100)
        })
        .unwrap_or_else(|error: Error| panic!("{error}"))
}

fn a_failed_caller_leaves_no_trace_and_spends_no_number(fresh: &Fresh) {
    put(&fresh.store, 1, b"one", &[work("a")]);
    let failed: Result<(), Error> = fresh.store.write("test.fail", NOW, |tx| {
        tx.put_record(&audit(), RecordKind::Report, id(2), b"two", vec![work("a")])?;
        Err(Error::Damaged("on purpose".to_owned()))
    });
    assert!(failed.is_err());
    put(&fresh.store, 3, b"three", &[work("a")]);
    let rows = pull(&fresh.store, work("a"), 0);
    assert_eq!(rows.iter().map(|row| (row.seq, row.id)).collect::<Vec<_>>(), [(1, id(1)), (2, id(3))]);
}

fn an_equal_record_is_not_written_again(fresh: &Fresh) {
    put(&fresh.store, 1, b"one", &[work("a")]);
    put(&fresh.store, 1, b"one", &[work("a")]);
    put(&fresh.store, 1, b"one more", &[work("a")]);
    let rows = pull(&fresh.store, work("a"), 0);
    assert_eq!(rows.len(), 1, "the feed is compacted to the latest version");
    assert_eq!(rows[0].op, FeedOp::Put { revision: 2, bytes: b"one more".to_vec() });
    assert_eq!(fresh.store.read(|tx| tx.head()).unwrap().seq, 2);
}

fn a_record_that_moves_is_gone_there_and_put_here_with_one_seq(fresh: &Fresh) {
    put(&fresh.store, 1, b"one", &[work("a"), work("top")]);
    let moved: Result<(), Error> = fresh.store.write("test.move", NOW, |tx| {
        tx.move_record(&audit(), RecordKind::Report, id(1), vec![work("b"), work("top")])
    });
    moved.unwrap();
    let (old, new) = (pull(&fresh.store, work("a"), 1), pull(&fresh.store, work("b"), 1));
    assert_eq!(old[0].op, FeedOp::OutOfScope);
    assert_eq!(new[0].op, FeedOp::Put { revision: 1, bytes: b"one".to_vec() });
    assert_eq!(old[0].seq, new[0].seq);
    assert_eq!(pull(&fresh.store, work("top"), 1), [], "where it stayed nothing happened");
}

fn a_reader_among_eight_writers_meets_every_change_once(fresh: &Fresh) {
    const WRITERS: usize = 8;
    const EACH: usize = 40;
    // A pause between numbering and COMMIT: with numbers given out early, the reader would step over some of them.
    fault::arm("after_numbering:sleep:2");
    let other = Store::open(fresh.store.location()).unwrap();
    let done = AtomicUsize::new(0);
    let mut seen = BTreeSet::new();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            // Half of them write through a second node over the same database.
            let (store, done) = (if writer % 2 == 0 { &fresh.store } else { &other }, &done);
            scope.spawn(move || {
                (0..EACH).for_each(|turn| put(store, writer * EACH + turn, b"bytes", &[work("a")]));
                done.fetch_add(1, Ordering::SeqCst);
            });
        }
        let mut cursor = 0;
        loop {
            let finished = done.load(Ordering::SeqCst) == WRITERS;
            let page = pull(&fresh.store, work("a"), cursor);
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
    assert_eq!(fresh.store.read(|tx| tx.head()).unwrap().seq, (WRITERS * EACH) as i64, "numbers have no gaps");
}

fn the_digest_of_a_scope_is_that_of_its_records(fresh: &Fresh) {
    let mut seed = 7u64;
    let mut model: BTreeMap<usize, (i64, Vec<u8>, BTreeSet<Scope>)> = BTreeMap::new();
    for step in 0..120u64 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (number, act) = ((seed >> 33) as usize % 9, (seed >> 50) % 4);
        let scopes: BTreeSet<Scope> = ["a", "b", "c"]
            .into_iter()
            .enumerate()
            .filter(|(at, _)| seed >> (20 + at) & 1 == 1)
            .map(|(_, u)| work(u))
            .collect();
        let list: Vec<Scope> = scopes.iter().copied().collect();
        if act == 0 {
            let gone: Result<(), Error> =
                fresh.store.write("t", NOW, |tx| tx.delete_record(&audit(), RecordKind::Report, id(number)));
            gone.unwrap();
            model.remove(&number);
        } else if act == 1 && model.contains_key(&number) {
            let moved: Result<(), Error> = fresh
                .store
                .write("t", NOW, |tx| tx.move_record(&audit(), RecordKind::Report, id(number), list.clone()));
            moved.unwrap();
            model.entry(number).and_modify(|entry| entry.2 = scopes);
        } else {
            let bytes = step.to_be_bytes().to_vec();
            put(&fresh.store, number, &bytes, &list);
            let revision = model.get(&number).map_or(1, |entry| entry.0 + 1);
            model.insert(number, (revision, bytes, scopes));
        }
    }
    for unit in ["a", "b", "c"] {
        let mut expected = Digest::default();
        for (number, (revision, bytes, scopes)) in &model {
            if scopes.contains(&work(unit)) {
                expected.add(record_hash(&id(*number), *revision, bytes));
            }
        }
        let found = fresh.store.read(|tx| tx.scope(work(unit))).unwrap().unwrap();
        assert_eq!(found.digest, expected, "scope {unit}");
    }
}

fn the_chain_finds_an_edited_a_dropped_and_a_swapped_row(fresh: &Fresh) {
    (0..6).for_each(|number| put(&fresh.store, number, b"bytes", &[work("a")]));
    let whole = fresh.store.read(|tx| tx.verify_audit(None)).unwrap();
    assert_eq!((whole.rows, whole.broken_at), (6, None));
    let head = fresh.store.read(|tx| tx.head()).unwrap();
    let mut conn = fresh.store.location().connect(true).unwrap();
    for (damage, mend) in [
        ("update audit set action = 'other' where seq = 3", "update audit set action = 'test' where seq = 3"),
        ("update audit set seq = -3 where seq = 3", "update audit set seq = 3 where seq = -3"),
    ] {
        conn.execute_text(damage).unwrap();
        assert_eq!(fresh.store.read(|tx| tx.verify_audit(None)).unwrap().broken_at, Some(3), "{damage}");
        conn.execute_text(mend).unwrap();
    }
    for swap in [
        "update audit set seq = 99 where seq = 2",
        "update audit set seq = 2 where seq = 4",
        "update audit set seq = 4 where seq = 99",
    ] {
        conn.execute_text(swap).unwrap();
    }
    assert_eq!(fresh.store.read(|tx| tx.verify_audit(None)).unwrap().broken_at, Some(2));
    let later = (head.seq + 1, head.chain);
    assert!(
        fresh.store.read(|tx| tx.verify_audit(Some(later))).unwrap().broken_at.is_some(),
        "a printed head is missing"
    );
}

fn a_panicking_caller_takes_nobody_with_it(fresh: &Fresh) {
    let store = fresh.store.clone();
    let panicked = thread::spawn(move || {
        let _: Result<(), Error> = store.write("test.panic", NOW, |tx| {
            tx.put_record(&audit(), RecordKind::Report, id(1), b"one", vec![work("a")])?;
            panic!("on purpose");
        });
    });
    assert!(panicked.join().is_err());
    put(&fresh.store, 2, b"two", &[work("a")]);
    assert_eq!(pull(&fresh.store, work("a"), 0).len(), 1);
}

fn a_lease_has_one_holder_and_a_rising_fence(fresh: &Fresh) {
    let take = |owner: &'static str, now: i64| {
        fresh.store.write::<_, Error>("t", Instant(now), |tx| tx.take_lease("aggregate", owner, Instant(now + 10)))
    };
    assert_eq!(take("node a", 0).unwrap(), Some(1));
    assert_eq!(take("node b", 5).unwrap(), None, "it is held");
    assert_eq!(take("node b", 11).unwrap(), Some(2), "it has expired");
    let held = fresh.store.write::<_, Error>("t", NOW, |tx| tx.holds_lease("aggregate", 1)).unwrap();
    assert!(!held, "the old holder is fenced off");
}

#[test]
fn sqlite_keeps_a_statement_prepared_whatever_is_bound_to_it() {
    use diesel::prelude::*;
    let fresh = sqlite().unwrap();
    let asked = diesel::dsl::sql::<diesel::sql_types::Integer>("sqlite_compileoption_used('ENABLE_QPSG')");
    let used: i32 = fresh.store.read(|tx| diesel::select(asked).get_result(tx.conn()).map_err(Error::from)).unwrap();
    assert_eq!(used, 1, "built without .cargo/config.toml: correct, and a third slower; build inside the repository");
}

#[test]
fn sight_is_the_only_way_to_list_scopes() {
    let nobody = Actor { account: AccountId::named("x"), device: None, grants: Vec::new() };
    let seen: Sight = sight(&nobody, &[], date(2024, 9, 1));
    let fresh = sqlite().unwrap();
    put(&fresh.store, 1, b"one", &[work("a")]);
    assert_eq!(fresh.store.read(|tx| tx.scopes(&seen)).unwrap(), []);
}

/// Looking is not part of this story: only the doorbell tells the other node.
#[test]
fn a_commit_on_one_node_rings_at_every_other_node_of_the_same_postgresql() {
    let Some(fresh) = postgres() else { return };
    let other = Store::open(fresh.store.location()).unwrap();
    let (ring, rang) = std::sync::mpsc::channel();
    other.on_commit(std::sync::Arc::new(move |seq| {
        // The receiver goes when the test ends.
        let _ = ring.send(seq);
    }));
    fresh.store.on_commit(std::sync::Arc::new(|_| {}));
    let deadline = std::time::Duration::from_secs(20);
    // The other node may still be hanging up its bell: whoever commits again rings again.
    let heard = (1..=40).find_map(|number| {
        put(&fresh.store, number, b"news", &[work("a")]);
        rang.recv_timeout(deadline / 40).ok()
    });
    assert_eq!(heard, Some(0), "0: another node made the commit");
}
