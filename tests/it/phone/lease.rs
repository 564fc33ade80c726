//! A phone that has not heard its authority for too long: it hides what it holds, keeps what is unsent, and one sync opens it.

use super::{App, COMMUNE, cell, first_week, invitation, status};
use crate::harness::{Town, first_monday};
use thidua::client::facade::{ClientError, LeaseView, Phone, ReportStatus, StopReason};
use thidua::clock::Clock;
use thidua::domain::ids::DeviceId;
use thidua::domain::permission::Role;
use thidua::domain::time::DAY_MICROS;

/// A phone with a clock of its own, after its first sync.
fn with_its_own_clock(town: &Town) -> (App, Clock) {
    let (dir, clock) = (tempfile::tempdir().unwrap(), Clock::manual(first_monday()));
    let phone = Phone::open_with(&dir.path().join("phone.db"), clock.clone()).unwrap();
    phone.enrol(invitation(town, town.code(COMMUNE, Role::Reporter))).unwrap();
    assert!(phone.sync_once().unwrap().agrees);
    (App { phone, dir }, clock)
}

fn turn(clock: &Clock, days: i64) {
    clock.set(first_monday().plus_micros(days * DAY_MICROS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_without_contact_hides_what_it_holds_after_its_lease_and_one_sync_opens_it_with_all_that_was_typed() {
    let town = Town::open().await;
    let (phone, clock) = with_its_own_clock(&town);
    let key = first_week(&phone);
    let id = phone.report_id(key.clone());
    phone.save_nil(key.clone()).unwrap();
    turn(&clock, 13);
    assert_eq!(phone.lease().unwrap(), Some(LeaseView { days: 14, days_left: 1, over: false }));
    phone.submit(id.clone()).unwrap();

    turn(&clock, 14);
    let locked = ClientError::LeaseOver { days: 14 };
    assert!(locked.text_vi().contains("14 ngày") && locked.text_en().contains("sync once"));
    assert_eq!(phone.report(id.clone()), Err(locked.clone()));
    assert_eq!(phone.reports(), Err(locked.clone()));
    assert_eq!(phone.due(0, 30_000), Err(locked.clone()));
    assert_eq!(phone.standings(), Err(locked.clone()));
    assert_eq!(phone.history(10), Err(locked.clone()));
    assert_eq!(phone.held_records(), Err(locked.clone()));
    assert_eq!(phone.save_cells(key.clone(), vec![cell("so_offences", 1)], None), Err(locked.clone()));
    assert_eq!(phone.outbox().unwrap().waiting, 2, "how much waits is told");
    assert!(phone.session().unwrap().is_some(), "and whose phone it is");

    // Neither a clock that is set back nor the app's end opens it.
    turn(&clock, 1);
    assert_eq!(phone.reports(), Err(locked.clone()));
    let path = phone.dir.path().join("phone.db");
    let again = Phone::open_with(&path, clock.clone()).unwrap();
    assert_eq!(again.reports(), Err(locked));

    let sync = phone.sync_once().unwrap();
    assert_eq!((sync.applied, sync.agrees), (2, true), "{sync:?}");
    assert_eq!(status(&phone, &key), ReportStatus::Received);
    assert_eq!(phone.lease().unwrap(), Some(LeaseView { days: 14, days_left: 14, over: false }));
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_was_revoked_while_it_was_hidden_destroys_what_it_hid() {
    let town = Town::open().await;
    let (phone, clock) = with_its_own_clock(&town);
    phone.save_nil(first_week(&phone)).unwrap();
    let device = DeviceId::parse(&phone.session().unwrap().unwrap().device_id).unwrap();
    town.app.revoke_device(&town.app.system().unwrap(), device).unwrap();
    turn(&clock, 30);
    assert_eq!(phone.reports(), Err(ClientError::LeaseOver { days: 14 }));
    let told = phone.sync_once().unwrap_err();
    assert!(matches!(told, ClientError::Stopped { why: StopReason::Revoked, .. }), "{told:?}");
    assert_eq!((phone.session(), phone.lease(), phone.outbox().unwrap().waiting), (Ok(None), Ok(None), 0));
    town.close().await;
}
