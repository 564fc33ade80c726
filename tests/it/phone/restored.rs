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

fn day(year: i16, month: i8, day: i8) -> i32 {
    days_from_date(jiff::civil::date(year, month, day))
}

/// The weekly reports due between two days, oldest first.
fn weeks(phone: &App, from: i32, to: i32) -> Vec<ReportKey> {
    let due = phone.due(from, to).unwrap();
    due.into_iter().filter(|due| due.key.contract == "tuan-xa").map(|due| due.key).collect()
}

/// Fills and sends these weeks; how many commands that took.
fn report(phone: &App, keys: &[ReportKey]) -> u32 {
    for key in keys {
        phone.save_nil(key.clone()).unwrap();
        phone.submit(phone.report_id(key.clone())).unwrap();
    }
    let mut applied = 0;
    while phone.outbox().unwrap().waiting > 0 {
        applied += phone.sync_once().unwrap().applied;
    }
    applied
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

#[tokio::test(flavor = "multi_thread")]
async fn s24_a_server_restored_a_thousand_commands_back_gets_all_of_them_from_its_phones() {
    let town = Town::open().await;
    town.clock.set(Instant::local_midnight(jiff::civil::date(2025, 2, 24)).plus_micros(9 * 3_600_000_000));
    let communes = communes(&town);
    assert_eq!(communes.len(), 14);
    let reporters: Vec<App> = communes.iter().map(|uid| app(&town, uid, Role::Reporter)).collect();
    let reviewers: Vec<App> = (0..2).map(|_| app(&town, DISTRICT, Role::Reviewer)).collect();
    let leaver = app(&town, &communes[1], Role::Reporter);
    let (begin, middle, end) = (day(2024, 8, 19), day(2024, 9, 30), day(2025, 2, 24));
    for phone in &reporters {
        report(phone, &weeks(phone, begin, middle));
    }

    // The copy, and then the life that it does not hold.
    let copies = tempfile::tempdir().unwrap();
    let copy = Copy::of(&town.app.store().read(|tx| tx.head()).unwrap(), copies.path());
    town.app.store().copy_to(&copy.path).unwrap();
    let mut lost: u32 = reporters.iter().map(|phone| report(phone, &weeks(phone, middle, end))).sum();
    assert!(lost >= 500, "{lost} commands");
    let late = communes[..3].iter().map(|uid| app(&town, uid, Role::Reporter)).collect::<Vec<_>>();
    let comment = |phone: &App, times: usize| {
        let report = phone.report_id(weeks(phone, begin, middle)[0].clone());
        for no in 0..times {
            phone.comment(report.clone(), format!("Đã đối chiếu lần {no}")).unwrap();
        }
        while phone.outbox().unwrap().waiting > 0 {
            phone.sync_once().unwrap();
        }
    };
    late.iter().for_each(|phone| comment(phone, 160));
    lost += 3 * 160;
    for (reviewer, half) in reviewers.iter().zip([0, 1]) {
        while reviewer.sync_once().unwrap().rows > 0 {}
        let queue = reviewer.review_queue().unwrap();
        for seen in queue.into_iter().filter(|seen| seen.key.start_day >= middle).skip(half * 25).take(25) {
            reviewer.accept(seen.report_id, seen.content_hash).unwrap();
            lost += 1;
        }
        while reviewer.outbox().unwrap().waiting > 0 {
            reviewer.sync_once().unwrap();
        }
    }
    assert!(lost >= 1_000, "{lost} commands behind the copy");
    let revoked = DeviceId::parse(&leaver.session().unwrap().unwrap().device_id).unwrap();
    town.app.revoke_device(&town.app.system().unwrap(), revoked).unwrap();
    town.keys().revocations.add(revoked, town.app.now(), &town.keys().authority).unwrap();
    let system = town.app.system().unwrap();
    let (from, to) = (jiff::civil::date(2025, 1, 1), jiff::civil::date(2030, 1, 1));
    let grant = Grant { role: Role::Auditor, unit: UnitId::named(DISTRICT), from, to };
    town.app.grant(&system, AccountId::named("kiem-tra"), "kiem-tra", &grant).unwrap();
    for phone in reporters.iter().chain(&reviewers).chain(&late) {
        phone.sync_once().unwrap();
    }
    let before = books(&town);
    let accepted = |books: &BTreeMap<ReportId, (State, ContentHash)>| {
        books.values().filter(|(state, _)| *state == State::Accepted).count()
    };
    assert_eq!(accepted(&before), 50);

    // The disk dies; the copy takes its place on the same address.
    let (port, clock) = (town.address.port(), town.clock.now());
    let dir = town.stop().await;
    let location = Location::Sqlite(dir.path().join("town.db").display().to_string());
    // The tasks of the ended server let go of the file one after the other; a process of its own would have done so at once.
    let old = (0..100).find_map(|_| match move_aside(&location, "lost") {
        Ok(old) => old,
        Err(_) => {
            std::thread::sleep(std::time::Duration::from_millis(100));
            None
        }
    });
    let old = old.unwrap();
    let epoch = put_back(&copy.path, &location, None, &[9; 16]).unwrap();
    let acts = desk_acts(&Location::Sqlite(old.display().to_string()), copy.seq).unwrap();
    assert!(acts.iter().any(|act| act.action == "device.enrol" || act.action.contains("enrol")), "{acts:?}");
    let town = Town::at(dir.path(), port).await;
    town.clock.set(clock);

    // The worst order: those first whose commands stand on everybody else's.
    for phone in reviewers.iter().chain(&late).chain(reporters.iter().rev()) {
        phone.sync_once().unwrap();
    }
    for _ in 0..4 {
        for phone in reviewers.iter().chain(&late).chain(&reporters) {
            phone.sync_once().unwrap();
        }
    }
    let told = leaver.sync_once().unwrap_err();
    assert!(matches!(told, ClientError::Stopped { why: StopReason::Revoked, .. }), "{told:?}");
    for phone in reviewers.iter().chain(&late).chain(&reporters) {
        assert!(settled(phone), "every phone agrees with the server");
        assert_eq!(phone.refused().unwrap(), [], "nothing was refused");
    }
    let after = books(&town);
    assert_eq!(accepted(&after), 50);
    assert_eq!(before, after, "every report stands where it stood and says what it said");
    assert_eq!(
        town.app.store().read(|tx| tx.head()).unwrap().epoch,
        epoch,
        "one new history, however many phones noticed"
    );
    town.close().await;
    assert_eq!(check_at(&location).unwrap().faults, Vec::<String>::new());
}
