//! Phones that were cloned, revoked, or damaged.

use super::{COMMUNE, app, cell, first_week};
use crate::harness::Town;
use thidua::client::facade::{ClientError, Phone, StopReason};
use thidua::domain::ids::DeviceId;
use thidua::domain::permission::Role;

#[tokio::test(flavor = "multi_thread")]
async fn s09_a_cloned_phone_is_noticed_and_stops() {
    let town = Town::open().await;
    let phone = app(&town, COMMUNE, Role::Reporter);
    let key = first_week(&phone);
    let clone_dir = tempfile::tempdir().unwrap();
    let copy = clone_dir.path().join("phone.db");
    phone.save_cells(key.clone(), vec![cell("so_offences", 1)], None).unwrap();
    phone.sync_once().unwrap();
    for file in ["phone.db", "phone.db-wal"] {
        let _ = std::fs::copy(phone.dir.path().join(file), clone_dir.path().join(file));
    }
    let clone = Phone::open_with(&copy, town.clock.clone()).unwrap();
    phone.save_cells(key.clone(), vec![cell("so_offences", 2)], None).unwrap();
    clone.save_cells(key, vec![cell("so_offences", 3)], None).unwrap();
    assert_eq!(phone.sync_once().unwrap().applied, 1);
    let forked = clone.sync_once().unwrap_err();
    assert!(matches!(forked, ClientError::Stopped { why: StopReason::Forked, .. }), "{forked:?}");
    assert_eq!(clone.outbox().unwrap().waiting, 1, "what was typed can still be read and noted down");
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s19_a_revoked_phone_destroys_what_it_holds() {
    let town = Town::open().await;
    let phone = app(&town, COMMUNE, Role::Reporter);
    let key = first_week(&phone);
    phone.save_nil(key).unwrap();
    let device = DeviceId::parse(&phone.session().unwrap().unwrap().device_id).unwrap();
    town.app.revoke_device(&town.app.system().unwrap(), device).unwrap();
    let told = phone.sync_once().unwrap_err();
    assert!(matches!(told, ClientError::Stopped { why: StopReason::Revoked, .. }), "{told:?}");
    assert_eq!(phone.session().unwrap(), None);
    assert_eq!(phone.scopes().unwrap(), []);
    assert_eq!(phone.sync_once(), Err(ClientError::NotEnrolled));
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_a_phone_that_asks_for_a_rebuilding_holds_the_same_afterwards() {
    let town = Town::open().await;
    let phone = app(&town, COMMUNE, Role::Reporter);
    let key = first_week(&phone);
    phone.save_nil(key.clone()).unwrap();
    phone.sync_once().unwrap();
    let before = phone.scopes().unwrap();
    phone.save_cells(key, vec![cell("so_offences", 1)], None).unwrap();
    phone.rebuild().unwrap();
    let sync = phone.sync_once().unwrap();
    assert_eq!((sync.resets as usize, sync.applied, sync.agrees), (before.len(), 1, true), "{sync:?}");
    assert!(sync.rows > 0);
    town.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s19_who_lost_the_role_still_renews_the_token_and_what_was_typed_waits_for_the_unit_head() {
    let town = Town::open().await;
    let (phone, head) = (app(&town, COMMUNE, Role::Reporter), app(&town, COMMUNE, Role::UnitHead));
    let key = first_week(&phone);
    phone.save_cells(key.clone(), vec![cell("so_offences", 3)], None).unwrap();
    let account = thidua::domain::ids::AccountId::parse(&phone.session().unwrap().unwrap().account_id).unwrap();
    let grants = town.app.store().read(|tx| tx.grants(account)).unwrap();
    town.app.revoke_grant(&town.app.system().unwrap(), account, &grants[0]).unwrap();
    // A day later the token has ended: the phone must renew it, without any role.
    town.clock.set(town.clock.now().plus_micros(24 * 3_600_000_000));
    let done = phone.sync_once().unwrap();
    assert_eq!((done.held, done.agrees), (1, true), "{done:?}");
    head.sync_once().unwrap();
    let held = head.held_commands().unwrap();
    assert_eq!((held.len(), held[0].reason.as_str()), (1, "GRANT_LOST"), "{held:?}");
    town.close().await;
}
