//! A phone without contact for longer than its lease hides its data and stores unsent commands; one
//! sync unlocks it.

use super::{COMMUNE, PhoneApp, cell_entry, first_week_key, invitation, report_status};
use crate::harness::{TestServer, first_monday};
use thidua::client::facade::{ClientError, LeaseView, Phone, ReportStatus, StopReason};
use thidua::clock::Clock;
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::DeviceId;
use thidua::domain::support::time::DAY_MICROS;
use thidua::i18n::Lang;

/// A phone with a clock of its own, after its first sync.
fn app_with_own_clock(server: &TestServer) -> (PhoneApp, Clock) {
    let (dir, clock) = (tempfile::tempdir().unwrap(), Clock::manual(first_monday()));
    let phone = Phone::open_with_clock(&dir.path().join("phone.db"), clock.clone()).unwrap();
    phone.enrol(invitation(server, server.create_code(COMMUNE, Role::Reporter))).unwrap();
    assert!(phone.sync_once().unwrap().digests_match);
    (PhoneApp { phone, dir }, clock)
}

fn advance_days(clock: &Clock, days: i64) {
    clock.set(first_monday().saturating_add_micros(days * DAY_MICROS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_without_contact_hides_what_it_holds_after_its_lease_and_one_sync_opens_it_with_all_that_was_typed()
 {
    let server = TestServer::start().await;
    let (phone, clock) = app_with_own_clock(&server);
    let key = first_week_key(&phone);
    let id = phone.report_id(key.clone());
    phone.save_nil(key.clone()).unwrap();
    advance_days(&clock, 13);
    assert_eq!(
        phone.lease().unwrap(),
        Some(LeaseView { days: 14, remaining_days: 1, is_expired: false })
    );
    phone.submit_report(id.clone()).unwrap();

    advance_days(&clock, 14);
    let locked = ClientError::LeaseExpired { days: 14 };
    assert!(
        locked.text(Lang::VI).contains("14 ngày") && locked.text(Lang::EN).contains("sync once")
    );
    assert_eq!(phone.report(id.clone()), Err(locked.clone()));
    assert_eq!(phone.reports(), Err(locked.clone()));
    assert_eq!(phone.due_reports(0, 30_000), Err(locked.clone()));
    assert_eq!(phone.standings(), Err(locked.clone()));
    assert_eq!(phone.command_history(10), Err(locked.clone()));
    assert_eq!(phone.all_records(), Err(locked.clone()));
    assert_eq!(
        phone.save_cells(key.clone(), vec![cell_entry("so_offences", 1)], None),
        Err(locked.clone())
    );
    assert_eq!(phone.outbox_status().unwrap().waiting, 2, "how much waits is told");
    assert!(phone.session().unwrap().is_some(), "and whose phone it is");
    let exported = phone.export_commands().unwrap();
    assert_eq!(exported.command_count, 2, "only the authority can read the export");

    // Neither setting the clock back nor restarting the app unlocks it.
    advance_days(&clock, 1);
    assert_eq!(phone.reports(), Err(locked.clone()));
    let path = phone.dir.path().join("phone.db");
    let again = Phone::open_with_clock(&path, clock.clone()).unwrap();
    assert_eq!(again.reports(), Err(locked));

    let sync = phone.sync_once().unwrap();
    assert_eq!((sync.applied, sync.digests_match), (2, true), "{sync:?}");
    assert_eq!(report_status(&phone, &key), ReportStatus::Received);
    assert_eq!(
        phone.lease().unwrap(),
        Some(LeaseView { days: 14, remaining_days: 14, is_expired: false })
    );
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_was_revoked_while_it_was_hidden_destroys_what_it_hid() {
    let server = TestServer::start().await;
    let (phone, clock) = app_with_own_clock(&server);
    phone.save_nil(first_week_key(&phone)).unwrap();
    let device = DeviceId::parse(&phone.session().unwrap().unwrap().device_id).unwrap();
    server.app.revoke_device(&server.app.system_actor().unwrap(), device).unwrap();
    advance_days(&clock, 30);
    assert_eq!(phone.reports(), Err(ClientError::LeaseExpired { days: 14 }));
    let error = phone.sync_once().unwrap_err();
    assert!(matches!(error, ClientError::Stopped { reason: StopReason::Revoked, .. }), "{error:?}");
    assert_eq!(
        (phone.session(), phone.lease(), phone.outbox_status().unwrap().waiting),
        (Ok(None), Ok(None), 0)
    );
    server.close().await;
}
