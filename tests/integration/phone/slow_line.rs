//! Long answers over a bad line: a first sync of 10,000 records, and a phone that was away for two
//! years. One call suffices, and one that is cut in the middle goes on where it was cut.
//!
//! The tests run over a fast line. `scripts/bench line` runs them over a slow one and prints what
//! docs/PERFORMANCE.md says: `THIDUA_LINE` has bytes a second each way, milliseconds of a round
//! trip, and how many of a hundred segments of 1,400 bytes are lost.

use super::{COMMUNE, PhoneApp, first_week_key, invitation_at, report_status, unenrolled_app};
use crate::harness::{TestServer, ThrottledProxy, first_monday};
use jiff::civil::{Date, date};
use std::time::{Duration, Instant};
use thidua::client::facade::{ClientError, Phone, ReportStatus, SyncSummary};
use thidua::clock::Clock;
use thidua::domain::access::permission::{Actor, Grant, Role};
use thidua::domain::org::UnitKind;
use thidua::domain::report::ReportKey;
use thidua::domain::report::SaveCells;
use thidua::domain::report::cell::{CellChange, CellValue, ElementNumber};
use thidua::domain::report::command::{Command, CommandBody};
use thidua::domain::reporting::expectation::compute_unit_expectations;
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::support::ids::{AccountId, CommentId, ContractId, UnitId};
use thidua::domain::support::time::Timestamp;
use thidua::store::DatabaseLocation;
use thidua::store::backup::restore_backup;

const PROVINCE: &str = "prov-84";
/// Records that the phone of the province holds at least.
const MANY: usize = 10_000;
const COMMENTS: usize = 5;
/// What TCP waits for before it sends a lost segment again, on a line of 600 ms.
const RETRANSMISSION_TIMEOUT: Duration = Duration::from_secs(1);

/// A line to a server: fast, or as `THIDUA_LINE` says.
async fn open_line() -> (ThrottledProxy, TestServer) {
    let numbers: Vec<u64> = std::env::var("THIDUA_LINE").map_or(vec![20_000_000, 0, 0], |line| {
        line.split(',').map(|number| number.parse().expect("THIDUA_LINE has numbers")).collect()
    });
    let [rate, round_trip, loss] = numbers[..] else { panic!("THIDUA_LINE has three numbers") };
    let proxy = ThrottledProxy::new(rate, Duration::from_millis(round_trip)).await;
    proxy.set_loss(loss, RETRANSMISSION_TIMEOUT);
    let server = TestServer::start_behind_proxy(&proxy).await;
    (proxy, server)
}

/// A phone that is enrolled and has synced nothing.
fn new_phone(server: &TestServer, proxy: &ThrottledProxy, unit: &str, role: Role) -> PhoneApp {
    let phone = unenrolled_app(server);
    let code = server.create_code(unit, role);
    phone.enrol(invitation_at(server, proxy.address, code)).unwrap();
    phone.disconnect();
    phone
}

/// Syncs over a new connection and prints what that took: calls, rows, bytes sent and received,
/// seconds.
fn sync_printed(what: &str, phone: &PhoneApp) -> SyncSummary {
    phone.disconnect();
    let start = Instant::now();
    let done = phone.sync_once().unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let SyncSummary { calls, bytes_sent, bytes_received, rows, .. } = &done;
    println!("| {what} | {calls} | {rows} | {bytes_sent} | {bytes_received} | {seconds:.1} |");
    assert!(done.digests_match, "{done:?}");
    done
}

/// The weekly reports that a unit owes in these days, and the elements of their form.
fn weekly_reports(server: &TestServer, unit: UnitId, days: (Date, Date)) -> Vec<Vec<Command>> {
    let reference = server.app.store().read(|tx| server.app.reference(tx)).unwrap();
    let contract = ContractId::from_code("tuan-xa");
    let of_code = reference.catalogue.contracts.iter().find(|one| one.id() == contract).unwrap();
    let window = DateWindow { start: days.0, end: days.1 };
    let (org, calendars) = (&reference.org, &reference.calendars);
    let expected = compute_unit_expectations(org, calendars, of_code, unit, window).unwrap();
    let elements: Vec<ElementNumber> =
        reference.form_schema(contract).unwrap().ranges.keys().copied().collect();
    let key = |period| ReportKey { contract, unit, period };
    expected.into_iter().map(|one| report_commands(&key(one.period), &elements)).collect()
}

/// A report that is filled in, sent and commented on.
fn report_commands(key: &ReportKey, elements: &[ElementNumber]) -> Vec<Command> {
    // One figure in all cells, as the rules of the form want it.
    let mine = Some(CellValue::Reported(i64::from(key.id().0[0] % 10)));
    let changes = elements.iter().map(|one| CellChange { element: *one, mine, base: None });
    let save = SaveCells {
        key: key.clone(),
        acting_unit: key.unit,
        changes: changes.collect(),
        note: None,
        base_revision: 0,
    };
    let report = key.id();
    let comment = |at: usize| CommandBody::AddComment {
        report,
        comment: CommentId(thidua::auth::random_bytes().unwrap()),
        text: format!("đã đối chiếu sổ theo dõi, lần {at}"),
    };
    let mut bodies = vec![CommandBody::SaveCells(save), CommandBody::submit(report, key.unit)];
    bodies.extend((0..COMMENTS).map(comment));
    let command = |body| Command { captured_at: None, sync_mark: Vec::new(), body };
    bodies.into_iter().map(command).collect()
}

/// Lets the reporter of a unit send every weekly report of these days.
fn fill(server: &TestServer, unit: UnitId, days: (Date, Date)) {
    let commands = weekly_reports(server, unit, days).concat();
    let grant = Grant { role: Role::Reporter, unit, from: date(2024, 1, 1), to: date(2030, 1, 1) };
    let actor = Actor { account: AccountId(unit.0), device: None, grants: vec![grant] };
    let answers = server.app.run_command_batch(&actor, &commands, true).unwrap();
    assert_eq!(answers.into_iter().find_map(Result::err), None, "nothing is refused");
}

/// The province after nineteen weeks in which every commune reported.
fn fill_province(server: &TestServer) {
    let today = date(2024, 12, 30);
    set_day(server, today);
    let reference = server.app.store().read(|tx| server.app.reference(tx)).unwrap();
    for unit in reference.org.units() {
        if reference.org.kind_on(unit.id, today) == Some(UnitKind::Commune) {
            fill(server, unit.id, (date(2024, 8, 19), today));
        }
    }
}

/// A unit and all that took it over, one after the other.
fn with_successors(server: &TestServer, unit: UnitId) -> Vec<UnitId> {
    let reference = server.app.store().read(|tx| server.app.reference(tx)).unwrap();
    let mut chain = vec![unit];
    while let Some(line) = reference
        .org
        .lineage()
        .iter()
        .find(|line| Some(&line.from) == chain.last() && !chain.contains(&line.to))
    {
        chain.push(line.to);
    }
    chain
}

fn set_day(server: &TestServer, day: Date) {
    server.clock.set(Timestamp::from_local_midnight(day).saturating_add_micros(32_400_000_000));
    server.app.apply_org_day().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn s03_a_first_sync_of_ten_thousand_records_takes_one_call_and_goes_on_where_it_was_cut() {
    let (proxy, server) = open_line().await;
    fill_province(&server);
    let uncut = new_phone(&server, &proxy, PROVINCE, Role::Reviewer);
    let whole = sync_printed("first sync of 10,000 records", &uncut);
    assert_eq!(whole.calls, 1, "{whole:?}");
    assert!(uncut.all_records().unwrap().len() >= MANY, "{whole:?}");

    let phone = new_phone(&server, &proxy, PROVINCE, Role::Reviewer);
    let half = whole.bytes_received / 2;
    proxy.cut_after(half);
    assert!(matches!(phone.sync_once(), Err(ClientError::Offline { .. })), "it is cut");
    assert_eq!(phone.all_records().unwrap(), [], "half of an answer is not shown");
    proxy.cut_after(u64::MAX);
    let rest = sync_printed("the same, cut after half of the bytes: the second call", &phone);
    assert_eq!(rest.calls, 1, "{rest:?}");
    let twice = half + rest.bytes_received - whole.bytes_received;
    assert!(twice < whole.bytes_received / 10, "{twice} bytes came twice: {rest:?}");
    assert_eq!(phone.all_records().unwrap(), uncut.all_records().unwrap());
    server.close().await;
}

/// Days on which somebody looks after the server of a province in reform, up to two years later.
const LATER: [Date; 4] =
    [date(2024, 12, 30), date(2025, 6, 30), date(2025, 12, 29), date(2026, 8, 24)];

/// Two years in which the commune and its successors report and the feed is compacted.
fn live_two_years(server: &TestServer) {
    let mut before = date(2024, 8, 26);
    let mut trimmed = 0;
    for day in LATER {
        set_day(server, day);
        for unit in with_successors(server, UnitId::from_code(COMMUNE)) {
            fill(server, unit, (before, day));
        }
        trimmed +=
            server.app.compact_store(&server.app.system_actor().unwrap()).unwrap().tombstones;
        before = day;
    }
    assert!(trimmed > 0, "the feed is compacted");
}

/// Restores the server from a copy of its last day: the history of the phones has ended.
async fn restore_from_copy(server: TestServer) -> (TestServer, tempfile::TempDir) {
    let (now, port) = (server.clock.now(), server.address.port());
    let lost = server.app.store().read(|tx| tx.head()).unwrap().epoch;
    let copy = server.server_dir().join("copy.db");
    server.app.store().copy_to_file(&copy).unwrap();
    let dir = server.stop().await;
    let town = dir.path().join("town.db").display().to_string();
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{town}{end}"));
    }
    restore_backup(&copy, &DatabaseLocation::parse(&town), Some(lost + 1), b"the second epoch")
        .unwrap();
    let server = TestServer::serve_dir_on_port(dir.path(), port).await;
    server.clock.set(now);
    (server, dir)
}

#[tokio::test(flavor = "multi_thread")]
async fn s25_a_phone_away_for_two_years_of_reforms_and_a_restore_comes_back_with_one_call() {
    let (proxy, server) = open_line().await;
    let (dir, clock) = (tempfile::tempdir().unwrap(), Clock::manual(first_monday()));
    let phone = Phone::open_with_clock(&dir.path().join("phone.db"), clock.clone()).unwrap();
    let phone = PhoneApp { phone, dir };
    let code = server.create_code(COMMUNE, Role::Reporter);
    phone.enrol(invitation_at(&server, proxy.address, code)).unwrap();
    sync_printed("first sync of a commune", &phone);
    let key = first_week_key(&phone);
    phone.save_nil(key.clone()).unwrap();
    phone.submit_report(phone.report_id(key.clone())).unwrap();

    live_two_years(&server);
    let (server, _dir) = restore_from_copy(server).await;
    clock.set(server.clock.now());
    assert!(matches!(phone.all_records(), Err(ClientError::LeaseExpired { .. })));
    let back = sync_printed("two years away, with two commands", &phone);
    assert_eq!((back.calls, back.applied, back.checkpoints), (1, 2, 1), "{back:?}");
    assert!(back.resets > 0, "its cursor is older than what the feed remembers: {back:?}");
    assert_eq!(report_status(&phone, &key), ReportStatus::Received, "sent two years late");
    let again = sync_printed("nothing new after that", &phone);
    assert_eq!((again.calls, again.rows, again.resets), (1, 0, 0), "{again:?}");
    let unit = phone.session().unwrap().unwrap().unit;
    let colleague = new_phone(&server, &proxy, &unit, Role::Reporter);
    assert!(colleague.sync_once().unwrap().digests_match);
    assert_eq!(phone.all_records().unwrap(), colleague.all_records().unwrap());
    server.close().await;
}
