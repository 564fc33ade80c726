//! Tests of the local file: one transaction per change, erasure, offline lease.

use super::super::CommandDraft;
use super::*;

#[test]
fn s30_a_number_is_given_only_together_with_its_command() {
    let (mut phone, _) = synced_phone();
    assert_eq!(phone.append_command(1), 1);
    // The app is killed while it encodes: number and command are rolled back together.
    let draft = CommandDraft {
        report_id: vec![1; 16],
        body_number: 5,
        made_at: 0,
        resolved_refusals: Vec::new(),
    };
    let killed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        phone.replica.append_command(&draft, |_, _| panic!("killed"))
    }));
    assert!(killed.is_err());
    phone.reopen_after_crash();
    assert_eq!(phone.append_command(1), 2, "no number is lost and none is given twice");
    let numbers: Vec<u64> = phone.begin_call().commands.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [1, 2]);
}

#[test]
fn s30_commands_name_the_mark_of_the_last_checkpoint() {
    let (mut phone, _) = synced_phone();
    let draft = CommandDraft {
        report_id: Vec::new(),
        body_number: 9,
        made_at: 0,
        resolved_refusals: Vec::new(),
    };
    phone.replica.append_command(&draft, |_, mark| mark).unwrap();
    assert_eq!(phone.begin_call().commands, [(1, b"mark5".to_vec())]);
}

#[test]
fn a_revoked_phone_keeps_nothing() {
    let (mut phone, _) = synced_phone();
    phone.append_command(1);
    phone.replica.erase().unwrap();
    assert_eq!(phone.records(REPORT_KIND), []);
    assert_eq!(phone.replica.count_by_state().unwrap(), [0; 4]);
    assert_eq!(phone.replica.device().unwrap(), None);
}

#[test]
fn the_lease_begins_anew_at_each_checkpoint_and_outlives_the_app() {
    let (mut phone, mut server) = synced_phone();
    let day = |days: i64| Timestamp(FakeServer::new().time + days * DAY_MICROS);
    assert!(!phone.replica.refresh_lease(day(13)).unwrap().unwrap().is_expired());
    assert!(phone.replica.refresh_lease(day(14)).unwrap().unwrap().is_expired());
    phone.reopen_after_crash();
    assert!(
        phone.replica.refresh_lease(day(1)).unwrap().unwrap().is_expired(),
        "a clock set back opens nothing"
    );
    server.lease_days = 3;
    phone.clock = day(20).0;
    phone.run_call(&[server.welcome_frame(&BOTH_SCOPES_KEPT)]);
    assert!(
        phone.replica.refresh_lease(day(20)).unwrap().unwrap().is_expired(),
        "a call that is cut is no sync"
    );
    phone.run_call(&[
        server.welcome_frame(&BOTH_SCOPES_KEPT),
        server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE]),
    ]);
    assert_eq!(
        phone.replica.refresh_lease(day(22)).unwrap().unwrap().remaining_days(),
        1,
        "the server says how long it is"
    );
    assert!(phone.replica.refresh_lease(day(23)).unwrap().unwrap().is_expired());
    assert_eq!(
        PhoneFixture::new().replica.refresh_lease(day(99)),
        Ok(None),
        "before the first sync there is nothing to hide"
    );
}

#[test]
fn a_bookmark_moves_the_cursor_of_a_quiet_phone() {
    let (mut phone, server) = synced_phone();
    let bookmark = sync_response(Frame::Bookmark(pb::Bookmark { cursor: b"c9".to_vec() }));
    phone.run_call(&[server.welcome_frame(&BOTH_SCOPES_KEPT), bookmark]);
    phone.reopen_after_crash();
    assert_eq!(phone.begin_call().cursor, b"c9");
}
