//! Phones that were cloned, revoked, or damaged.

use super::{COMMUNE, cell_entry, enrolled_app, first_week_key};
use crate::harness::TestServer;
use thidua::client::facade::{ClientError, Phone, StopReason};
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::DeviceId;

#[tokio::test(flavor = "multi_thread")]
async fn s09_a_cloned_phone_is_noticed_and_stops() {
    let server = TestServer::start().await;
    let phone = enrolled_app(&server, COMMUNE, Role::Reporter);
    let key = first_week_key(&phone);
    let clone_dir = tempfile::tempdir().unwrap();
    let copy = clone_dir.path().join("phone.db");
    phone.save_cells(key.clone(), vec![cell_entry("so_offences", 1)], None).unwrap();
    phone.sync_once().unwrap();
    for file in ["phone.db", "phone.db-wal"] {
        let _ = std::fs::copy(phone.dir.path().join(file), clone_dir.path().join(file));
    }
    let clone = Phone::open_with_clock(&copy, server.clock.clone()).unwrap();
    phone.save_cells(key.clone(), vec![cell_entry("so_offences", 2)], None).unwrap();
    clone.save_cells(key, vec![cell_entry("so_offences", 3)], None).unwrap();
    assert_eq!(phone.sync_once().unwrap().applied, 1);
    let forked = clone.sync_once().unwrap_err();
    assert!(
        matches!(forked, ClientError::Stopped { reason: StopReason::Forked, .. }),
        "{forked:?}"
    );
    assert_eq!(
        clone.outbox_status().unwrap().waiting,
        1,
        "what was typed can still be read and noted down"
    );
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s19_a_revoked_phone_destroys_what_it_holds() {
    let server = TestServer::start().await;
    let phone = enrolled_app(&server, COMMUNE, Role::Reporter);
    let key = first_week_key(&phone);
    phone.save_nil(key).unwrap();
    let device = DeviceId::parse(&phone.session().unwrap().unwrap().device_id).unwrap();
    server.app.revoke_device(&server.app.system_actor().unwrap(), device).unwrap();
    let error = phone.sync_once().unwrap_err();
    assert!(matches!(error, ClientError::Stopped { reason: StopReason::Revoked, .. }), "{error:?}");
    assert_eq!(phone.session().unwrap(), None);
    assert_eq!(phone.scopes().unwrap(), []);
    assert_eq!(phone.sync_once(), Err(ClientError::NotEnrolled));
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_a_phone_that_asks_for_a_rebuilding_holds_the_same_afterwards() {
    let server = TestServer::start().await;
    let phone = enrolled_app(&server, COMMUNE, Role::Reporter);
    let key = first_week_key(&phone);
    phone.save_nil(key.clone()).unwrap();
    phone.sync_once().unwrap();
    let before = phone.scopes().unwrap();
    phone.save_cells(key, vec![cell_entry("so_offences", 1)], None).unwrap();
    phone.request_rebuild().unwrap();
    let sync = phone.sync_once().unwrap();
    assert_eq!(
        (sync.resets as usize, sync.applied, sync.digests_match),
        (before.len(), 1, true),
        "{sync:?}"
    );
    assert!(sync.rows > 0);
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s19_who_lost_the_role_still_renews_the_token_and_what_was_typed_waits_for_the_unit_head() {
    let server = TestServer::start().await;
    let (phone, head) = (
        enrolled_app(&server, COMMUNE, Role::Reporter),
        enrolled_app(&server, COMMUNE, Role::UnitHead),
    );
    let key = first_week_key(&phone);
    phone.save_cells(key.clone(), vec![cell_entry("so_offences", 3)], None).unwrap();
    let account = thidua::domain::support::ids::AccountId::parse(
        &phone.session().unwrap().unwrap().account_id,
    )
    .unwrap();
    let grants = server.app.store().read(|tx| tx.grants(account)).unwrap();
    server.app.revoke_grant(&server.app.system_actor().unwrap(), account, &grants[0]).unwrap();
    // A day later the token has expired: the phone must renew it without any role.
    server.clock.set(server.clock.now().saturating_add_micros(24 * 3_600_000_000));
    let done = phone.sync_once().unwrap();
    assert_eq!((done.held, done.digests_match), (1, true), "{done:?}");
    head.sync_once().unwrap();
    let held = head.held_commands().unwrap();
    assert_eq!((held.len(), held[0].reason.as_str()), (1, "GRANT_LOST"), "{held:?}");
    server.close().await;
}
