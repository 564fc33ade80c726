//! S24, the fleet is the backup: a server that lost history gets it back from its phones.

use super::{App, app};
use crate::harness::Town;
use std::collections::BTreeMap;
use thidua::client::facade::{ClientError, ReportKey, StopReason};
use thidua::domain::ids::{AccountId, DeviceId, ReportId, UnitId};
use thidua::domain::org::Hierarchy;
use thidua::domain::permission::{Grant, Role};
use thidua::domain::report::ContentHash;
use thidua::domain::time::{Instant, days_from_date};
use thidua::domain::workflow::State;
use thidua::store::Location;
use thidua::store::backup::{Copy, check_at, desk_acts, move_aside, put_back};

/// A district that keeps its fourteen communes all year.
const DISTRICT: &str = "dist-844";

/// The communes of the district.
fn communes(town: &Town) -> Vec<String> {
    let today = town.app.now().local_date();
    let reference = town.app.store().read(|tx| town.app.reference(tx)).unwrap();
    let below = reference.org.subtree(UnitId::named(DISTRICT), Hierarchy::Command, today);
    let uid = |id: &UnitId| reference.org.unit(*id).unwrap().uid.clone();
    below.iter().map(uid).filter(|uid| uid.starts_with("com-")).collect()
}

/// The first day of the campaign, the day of the copy, and today.
const DAYS: [(i16, i8, i8); 3] = [(2024, 8, 19), (2024, 9, 30), (2025, 2, 24)];

fn day(at: usize) -> i32 {
    let (year, month, day) = DAYS[at];
    days_from_date(jiff::civil::date(year, month, day))
}

/// The weekly reports due between two days, oldest first.
fn weeks(phone: &App, from: i32, to: i32) -> Vec<ReportKey> {
    let due = phone.due(from, to).unwrap();
    due.into_iter().filter(|due| due.key.contract == "tuan-xa").map(|due| due.key).collect()
}

/// Fills in and sends these weeks; how many commands that took.
fn report(phone: &App, keys: &[ReportKey]) -> u32 {
    for key in keys {
        phone.save_nil(key.clone()).unwrap();
        phone.submit(phone.report_id(key.clone())).unwrap();
    }
    empty(phone);
    2 * keys.len() as u32
}

/// Every report that the server has: where it stands and what it says.
fn books(town: &Town) -> BTreeMap<ReportId, (State, ContentHash)> {
    let store = town.app.store();
    store
        .read(|tx| {
            let reference = town.app.reference(tx)?;
            let states = [State::Draft, State::Submitted, State::Returned, State::Accepted, State::Locked];
            let filed = tx.filed_reports(&states, &reference.units)?;
            let line = |one: thidua::store::report::Filed| {
                (one.report.key.id(), (one.report.state, one.report.content_hash()))
            };
            Ok::<_, thidua::app::AppError>(filed.into_iter().map(line).collect())
        })
        .unwrap()
}

fn settled(phone: &App) -> bool {
    let done = phone.sync_once().unwrap();
    let outbox = phone.outbox().unwrap();
    done.agrees && done.resets == 0 && outbox.waiting + outbox.sent == 0
}

/// Twenty phones: fourteen that report, two that review, three that came late, one that was shut out.
struct Fleet {
    reporters: Vec<App>,
    reviewers: Vec<App>,
    late: Vec<App>,
    leaver: App,
}

impl Fleet {
    fn of(town: &Town, communes: &[String]) -> Self {
        let reporter = |uid: &String| app(town, uid, Role::Reporter);
        let reviewers = (0..2).map(|_| app(town, DISTRICT, Role::Reviewer)).collect();
        let leaver = reporter(&communes[1]);
        Self { reporters: communes.iter().map(reporter).collect(), reviewers, late: Vec::new(), leaver }
    }

    /// Everybody who is still let in, those first whose commands stand on everybody else's: the worst order.
    fn all(&self) -> impl Iterator<Item = &App> {
        self.reviewers.iter().chain(&self.late).chain(self.reporters.iter().rev())
    }

    /// Three new phones, which compare the books at length; how many commands that took.
    fn come_late(&mut self, town: &Town, communes: &[String]) -> u32 {
        self.late = communes[..3].iter().map(|uid| app(town, uid, Role::Reporter)).collect();
        for phone in &self.late {
            let report = phone.report_id(weeks(phone, day(0), day(1))[0].clone());
            for no in 0..160 {
                phone.comment(report.clone(), format!("Đã đối chiếu lần {no}")).unwrap();
            }
            empty(phone);
        }
        3 * 160
    }

    /// Each reviewer accepts twenty-five reports of the time that the copy does not hold; how many that were.
    fn accept_fifty(&self) -> u32 {
        let mut accepted = 0;
        for (reviewer, half) in self.reviewers.iter().zip([0, 1]) {
            while reviewer.sync_once().unwrap().rows > 0 {}
            let queue = reviewer.review_queue().unwrap().into_iter().map(|one| one.report);
            for seen in queue.filter(|seen| seen.key.start_day >= day(1)).skip(half * 25).take(25) {
                reviewer.accept(seen.report_id, seen.content_hash).unwrap();
                accepted += 1;
            }
            empty(reviewer);
        }
        accepted
    }

    /// Shuts one phone out, and gives a role at the desk: no phone can bring that again.
    fn act_at_the_desk(&self, town: &Town) {
        let (system, keys) = (town.app.system().unwrap(), town.keys());
        let revoked = DeviceId::parse(&self.leaver.session().unwrap().unwrap().device_id).unwrap();
        town.app.revoke_device(&system, revoked).unwrap();
        keys.revocations.add(revoked, town.app.now(), &keys.authority).unwrap();
        let (from, to) = (jiff::civil::date(2025, 1, 1), jiff::civil::date(2030, 1, 1));
        let grant = Grant { role: Role::Auditor, unit: UnitId::named(DISTRICT), from, to };
        town.app.grant(&system, AccountId::named("kiem-tra"), "kiem-tra", &grant).unwrap();
    }
}

/// Sends everything that waits.
fn empty(phone: &App) {
    while phone.outbox().unwrap().waiting > 0 {
        phone.sync_once().unwrap();
    }
}

fn accepted(books: &BTreeMap<ReportId, (State, ContentHash)>) -> usize {
    books.values().filter(|(state, _)| *state == State::Accepted).count()
}

/// Puts the copy in the place of the ended server's database; the number of the new history, and what only a desk had done since.
fn restore(copy: &Copy, location: &Location) -> (i64, Vec<String>) {
    // The tasks of the ended server let go of the file one after the other; a process of its own would have done so at once.
    let old = (0..100).find_map(|_| match move_aside(location, "lost") {
        Ok(old) => old,
        Err(_) => {
            std::thread::sleep(std::time::Duration::from_millis(100));
            None
        }
    });
    let old = Location::Sqlite(old.unwrap().display().to_string());
    let acts = desk_acts(&old, copy.seq).unwrap().into_iter().map(|act| act.action).collect();
    (put_back(&copy.path, location, None, &[9; 16]).unwrap(), acts)
}

#[tokio::test(flavor = "multi_thread")]
async fn s24_a_server_restored_a_thousand_commands_back_gets_all_of_them_from_its_phones() {
    let town = Town::open().await;
    town.clock.set(Instant::local_midnight(jiff::civil::date(2025, 2, 24)).plus_micros(9 * 3_600_000_000));
    let communes = communes(&town);
    let mut fleet = Fleet::of(&town, &communes);
    for phone in &fleet.reporters {
        report(phone, &weeks(phone, day(0), day(1)));
    }
    let copies = tempfile::tempdir().unwrap();
    let copy = Copy::of(&town.app.store().read(|tx| tx.head()).unwrap(), copies.path());
    town.app.store().copy_to(&copy.path).unwrap();

    // The life that the copy does not hold.
    let mut lost: u32 = fleet.reporters.iter().map(|phone| report(phone, &weeks(phone, day(1), day(2)))).sum();
    lost += fleet.come_late(&town, &communes) + fleet.accept_fifty();
    assert!(lost >= 1_000, "{lost} commands behind the copy");
    fleet.act_at_the_desk(&town);
    fleet.all().for_each(|phone| drop(phone.sync_once().unwrap()));
    let before = books(&town);
    assert_eq!(accepted(&before), 50);

    // The disk dies; the copy takes its place on the same address.
    let (port, now) = (town.address.port(), town.clock.now());
    let dir = town.stop().await;
    let location = Location::Sqlite(dir.path().join("town.db").display().to_string());
    let (epoch, acts) = restore(&copy, &location);
    assert!(acts.iter().any(|act| act.contains("enrol")), "the grant given at the desk is listed: {acts:?}");
    let town = Town::at(dir.path(), port).await;
    town.clock.set(now);
    for _ in 0..5 {
        fleet.all().for_each(|phone| drop(phone.sync_once().unwrap()));
    }
    let told = fleet.leaver.sync_once().unwrap_err();
    assert!(matches!(told, ClientError::Stopped { why: StopReason::Revoked, .. }), "{told:?}");
    for phone in fleet.all() {
        assert!(settled(phone), "every phone agrees with the server");
        assert_eq!(phone.refused().unwrap(), [], "nothing was refused");
    }
    assert_eq!(before, books(&town), "every report stands where it stood and says what it said");
    let head = town.app.store().read(|tx| tx.head()).unwrap();
    assert_eq!(head.epoch, epoch, "one new history, however many phones noticed");
    town.close().await;
    assert_eq!(check_at(&location).unwrap().faults, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn s24_a_history_cut_short_behind_everybodys_back_begins_anew_once_at_the_first_phone_that_knows_better() {
    let town = Town::open().await;
    let phones = ["com-29410-0", "com-29242-0"].map(|uid| app(&town, uid, Role::Reporter));
    let copies = tempfile::tempdir().unwrap();
    let old = copies.path().join("old.db");
    town.app.store().copy_to(&old).unwrap();
    for phone in &phones {
        report(phone, &[super::first_week(phone)]);
    }
    let (port, before) = (town.address.port(), books(&town));
    let dir = town.stop().await;
    let location = Location::Sqlite(dir.path().join("town.db").display().to_string());
    restore(&Copy { epoch: 1, seq: 0, path: old.clone() }, &location);
    // Nobody restored anything: the disk just holds an older state, as after a failover that lost commits.
    std::fs::copy(&old, dir.path().join("town.db")).unwrap();
    let town = Town::at(dir.path(), port).await;
    for _ in 0..3 {
        phones.iter().for_each(|phone| drop(phone.sync_once().unwrap()));
    }
    assert!(phones.iter().all(settled));
    assert_eq!(before, books(&town));
    assert_eq!(town.app.store().read(|tx| tx.head()).unwrap().epoch, 2);
    town.close().await;
}
