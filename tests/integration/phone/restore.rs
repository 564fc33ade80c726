//! S24, the fleet is the backup: a server that lost history receives it again from its phones.

use super::{PhoneApp, enrolled_app};
use crate::harness::TestServer;
use std::collections::BTreeMap;
use thidua::client::facade::{ClientError, ReportKeyView, StopReason};
use thidua::domain::access::permission::{Grant, Role};
use thidua::domain::org::Hierarchy;
use thidua::domain::report::ContentHash;
use thidua::domain::report::workflow::ReportState;
use thidua::domain::support::ids::{AccountId, DeviceId, ReportId, UnitId};
use thidua::domain::support::time::{Timestamp, days_from_date};
use thidua::store::DatabaseLocation;
use thidua::store::backup::{BackupFile, check_database_at, rename_database, restore_backup};
use thidua::store::desk_action::list_desk_actions;

/// A district that has the same fourteen communes all year.
const DISTRICT: &str = "dist-844";

/// The communes of the district.
fn communes(server: &TestServer) -> Vec<String> {
    let today = server.app.now().local_date();
    let reference = server.app.store().read(|tx| server.app.reference(tx)).unwrap();
    let below = reference.org.subtree(UnitId::from_code(DISTRICT), Hierarchy::Command, today);
    let uid = |id: &UnitId| reference.org.unit(*id).unwrap().uid.clone();
    below.iter().map(uid).filter(|uid| uid.starts_with("com-")).collect()
}

/// The first day of the campaign, the day of the backup, and today.
const DAYS: [(i16, i8, i8); 3] = [(2024, 8, 19), (2024, 9, 30), (2025, 2, 24)];

fn day_number(at: usize) -> i32 {
    let (year, month, day) = DAYS[at];
    days_from_date(jiff::civil::date(year, month, day))
}

/// The weekly reports due between two days, oldest first.
fn due_weeks(phone: &PhoneApp, from: i32, to: i32) -> Vec<ReportKeyView> {
    let due = phone.due_reports(from, to).unwrap();
    due.into_iter().filter(|due| due.key.contract == "tuan-xa").map(|due| due.key).collect()
}

/// Fills in and sends these weeks; returns the number of commands.
fn send_reports(phone: &PhoneApp, keys: &[ReportKeyView]) -> u32 {
    for key in keys {
        phone.save_nil(key.clone()).unwrap();
        phone.submit_report(phone.report_id(key.clone())).unwrap();
    }
    drain_outbox(phone);
    2 * keys.len() as u32
}

/// The state and content hash of every report on the server.
fn report_states(server: &TestServer) -> BTreeMap<ReportId, (ReportState, ContentHash)> {
    let store = server.app.store();
    store
        .read(|tx| {
            let reference = server.app.reference(tx)?;
            let states = [
                ReportState::Draft,
                ReportState::Submitted,
                ReportState::Returned,
                ReportState::Accepted,
                ReportState::Locked,
            ];
            let filed = tx.reports_in_states(&states, &reference.unit_numbers)?;
            let state_of = |one: thidua::store::report::StoredReport| {
                (one.report.key.id(), (one.report.state, one.report.content_hash()))
            };
            Ok::<_, thidua::app::AppError>(filed.into_iter().map(state_of).collect())
        })
        .unwrap()
}

fn is_settled(phone: &PhoneApp) -> bool {
    let done = phone.sync_once().unwrap();
    let outbox = phone.outbox_status().unwrap();
    done.digests_match && done.resets == 0 && outbox.waiting + outbox.sent == 0
}

/// Twenty phones: fourteen reporters, two reviewers, three that enrol late, one that is revoked.
struct RestoreFleet {
    reporters: Vec<PhoneApp>,
    reviewers: Vec<PhoneApp>,
    latecomers: Vec<PhoneApp>,
    revoked: PhoneApp,
}

impl RestoreFleet {
    fn new(server: &TestServer, communes: &[String]) -> Self {
        let reporter = |uid: &String| enrolled_app(server, uid, Role::Reporter);
        let reviewers = (0..2).map(|_| enrolled_app(server, DISTRICT, Role::Reviewer)).collect();
        let revoked = reporter(&communes[1]);
        Self {
            reporters: communes.iter().map(reporter).collect(),
            reviewers,
            latecomers: Vec::new(),
            revoked,
        }
    }

    /// All phones that are not revoked, in the worst order: first those whose commands depend on
    /// others' commands.
    fn active_phones(&self) -> impl Iterator<Item = &PhoneApp> {
        self.reviewers.iter().chain(&self.latecomers).chain(self.reporters.iter().rev())
    }

    /// Enrols three phones that write many comments; returns the number of commands.
    fn enrol_latecomers(&mut self, server: &TestServer, communes: &[String]) -> u32 {
        self.latecomers =
            communes[..3].iter().map(|uid| enrolled_app(server, uid, Role::Reporter)).collect();
        for phone in &self.latecomers {
            let report = phone.report_id(due_weeks(phone, day_number(0), day_number(1))[0].clone());
            for no in 0..160 {
                phone.add_comment(report.clone(), format!("Đã đối chiếu lần {no}")).unwrap();
            }
            drain_outbox(phone);
        }
        3 * 160
    }

    /// Each reviewer accepts twenty-five reports sent after the backup; returns their number.
    fn accept_reports(&self) -> u32 {
        let mut accepted = 0;
        for (reviewer, half) in self.reviewers.iter().zip([0, 1]) {
            while reviewer.sync_once().unwrap().rows > 0 {}
            let queue = reviewer.review_queue().unwrap().into_iter().map(|one| one.report);
            for seen in
                queue.filter(|seen| seen.key.start_day >= day_number(1)).skip(half * 25).take(25)
            {
                reviewer.accept_report(seen.report_id, seen.content_hash).unwrap();
                accepted += 1;
            }
            drain_outbox(reviewer);
        }
        accepted
    }

    /// Revokes a phone and grants a role at the server: actions that no phone can restore.
    fn apply_desk_changes(&self, server: &TestServer) {
        let (system, keys) = (server.app.system_actor().unwrap(), server.open_keys());
        let revoked = DeviceId::parse(&self.revoked.session().unwrap().unwrap().device_id).unwrap();
        server.app.revoke_device(&system, revoked).unwrap();
        keys.revocations.append(revoked, server.app.now(), &keys.authority).unwrap();
        let (from, to) = (jiff::civil::date(2025, 1, 1), jiff::civil::date(2030, 1, 1));
        let grant = Grant { role: Role::Auditor, unit: UnitId::from_code(DISTRICT), from, to };
        server
            .app
            .grant_role(&system, AccountId::from_code("kiem-tra"), "kiem-tra", &grant)
            .unwrap();
    }
}

/// Syncs until nothing waits.
fn drain_outbox(phone: &PhoneApp) {
    while phone.outbox_status().unwrap().waiting > 0 {
        phone.sync_once().unwrap();
    }
}

fn count_accepted(report_states: &BTreeMap<ReportId, (ReportState, ContentHash)>) -> usize {
    report_states.values().filter(|(state, _)| *state == ReportState::Accepted).count()
}

/// Replaces the stopped server's database by the backup; returns the new epoch and the actions at
/// the server since the backup.
fn restore_database(copy: &BackupFile, location: &DatabaseLocation) -> (i64, Vec<String>) {
    // The stopped server's tasks close the file one after the other; a separate process would have
    // closed it at once.
    let old = (0..100).find_map(|_| match rename_database(location, "lost") {
        Ok(old) => old,
        Err(_) => {
            std::thread::sleep(std::time::Duration::from_millis(100));
            None
        }
    });
    let old = DatabaseLocation::Sqlite(old.unwrap().display().to_string());
    let actions = list_desk_actions(&old, copy.seq)
        .unwrap()
        .into_iter()
        .map(|action| action.entry.action)
        .collect();
    (restore_backup(&copy.path, location, None, &[9; 16]).unwrap(), actions)
}

#[tokio::test(flavor = "multi_thread")]
async fn s24_a_server_restored_a_thousand_commands_back_gets_all_of_them_from_its_phones() {
    let server = TestServer::start().await;
    server.clock.set(
        Timestamp::from_local_midnight(jiff::civil::date(2025, 2, 24))
            .saturating_add_micros(9 * 3_600_000_000),
    );
    let communes = communes(&server);
    let mut fleet = RestoreFleet::new(&server, &communes);
    for phone in &fleet.reporters {
        send_reports(phone, &due_weeks(phone, day_number(0), day_number(1)));
    }
    let backup_dir = tempfile::tempdir().unwrap();
    let copy =
        BackupFile::for_head(&server.app.store().read(|tx| tx.head()).unwrap(), backup_dir.path());
    server.app.store().copy_to_file(&copy.path).unwrap();

    // Everything from here on is missing in the backup.
    let mut lost: u32 = fleet
        .reporters
        .iter()
        .map(|phone| send_reports(phone, &due_weeks(phone, day_number(1), day_number(2))))
        .sum();
    lost += fleet.enrol_latecomers(&server, &communes) + fleet.accept_reports();
    assert!(lost >= 1_000, "{lost} commands behind the copy");
    fleet.apply_desk_changes(&server);
    fleet.active_phones().for_each(|phone| drop(phone.sync_once().unwrap()));
    let before = report_states(&server);
    assert_eq!(count_accepted(&before), 50);

    // The disk fails; the backup replaces it under the same address.
    let (port, now) = (server.address.port(), server.clock.now());
    let dir = server.stop().await;
    let location = DatabaseLocation::Sqlite(dir.path().join("town.db").display().to_string());
    let (epoch, actions) = restore_database(&copy, &location);
    assert!(
        actions.iter().any(|action| action.contains("enrol")),
        "the grant given at the desk is listed: {actions:?}"
    );
    let server = TestServer::serve_dir_on_port(dir.path(), port).await;
    server.clock.set(now);
    for _ in 0..5 {
        fleet.active_phones().for_each(|phone| drop(phone.sync_once().unwrap()));
    }
    let error = fleet.revoked.sync_once().unwrap_err();
    assert!(matches!(error, ClientError::Stopped { reason: StopReason::Revoked, .. }), "{error:?}");
    for phone in fleet.active_phones() {
        assert!(is_settled(phone), "every phone agrees with the server");
        assert_eq!(phone.refused_commands().unwrap(), [], "nothing was refused");
    }
    assert_eq!(
        before,
        report_states(&server),
        "every report stands where it stood and says what it said"
    );
    let head = server.app.store().read(|tx| tx.head()).unwrap();
    assert_eq!(head.epoch, epoch, "one new history, however many phones noticed");
    server.close().await;
    assert_eq!(check_database_at(&location).unwrap().problems, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn s24_a_history_cut_short_behind_everybodys_back_begins_anew_once_at_the_first_phone_that_knows_better()
 {
    let server = TestServer::start().await;
    let phones =
        ["com-29410-0", "com-29242-0"].map(|uid| enrolled_app(&server, uid, Role::Reporter));
    let backup_dir = tempfile::tempdir().unwrap();
    let old = backup_dir.path().join("old.db");
    server.app.store().copy_to_file(&old).unwrap();
    for phone in &phones {
        send_reports(phone, &[super::first_week_key(phone)]);
    }
    let (port, before) = (server.address.port(), report_states(&server));
    let dir = server.stop().await;
    let location = DatabaseLocation::Sqlite(dir.path().join("town.db").display().to_string());
    restore_database(&BackupFile { epoch: 1, seq: 0, path: old.clone() }, &location);
    // Without a restore the disk holds an older state, as after a failover that lost commits.
    std::fs::copy(&old, dir.path().join("town.db")).unwrap();
    let server = TestServer::serve_dir_on_port(dir.path(), port).await;
    for _ in 0..3 {
        phones.iter().for_each(|phone| drop(phone.sync_once().unwrap()));
    }
    assert!(phones.iter().all(is_settled));
    assert_eq!(before, report_states(&server));
    assert_eq!(server.app.store().read(|tx| tx.head()).unwrap().epoch, 2);
    server.close().await;
}
