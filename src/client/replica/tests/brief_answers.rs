//! Tests of brief answers: what they leave out is what the phone has.

use super::*;
use crate::client::engine::SyncInput;
use crate::client::protocol::ScopeKey;

const BOTH_SCOPES: [ScopeKey; 2] = [WORK_SCOPE, DESK_SCOPE];

fn brief_request(phone: &mut PhoneFixture) -> (SyncInput, bool) {
    let start = phone.replica.load_sync_input(200).unwrap();
    let request = phone.engine.build_request(start.clone(), false);
    (start, request.brief)
}

fn is_brief(phone: &mut PhoneFixture) -> bool {
    brief_request(phone).1
}

#[test]
fn s02_a_brief_answer_of_one_frame_is_a_whole_call() {
    let (mut phone, server) = synced_phone();
    let before = phone.dump_state();
    let (start, is_brief) = brief_request(&mut phone);
    assert!(is_brief);
    assert_eq!(
        phone.run_call(&[server.brief_checkpoint_frame(&BOTH_SCOPES, "")]),
        NextAction::Done
    );
    assert_eq!(phone.replica.progress().unwrap().cursor, start.cursor, "the one of the request");
    assert_eq!(phone.dump_state(), before);
    assert!(self::is_brief(&mut phone));
}

#[test]
fn s12_rows_of_a_brief_answer_name_scopes_by_the_numbers_of_an_earlier_welcome() {
    let (mut phone, mut server) = synced_phone();
    phone.reopen_after_crash();
    server.put_record(DESK_SCOPE, REPORT_KIND, 6, 1, b"new");
    let row = put_frame(REPORT_KIND, 6, 1, b"new", &[DESK_SCOPE], "after");
    assert_eq!(
        phone.run_call(&[row, server.brief_checkpoint_frame(&BOTH_SCOPES, "")]),
        NextAction::Done
    );
    assert_eq!(phone.scope_digest(DESK_SCOPE), server.scope_digest(DESK_SCOPE));
    let progress = phone.replica.progress().unwrap();
    assert_eq!(progress.cursor, b"after", "the last one of the answer");
}

#[test]
fn s17_a_brief_welcome_lists_only_what_changed_and_keeps_the_rest() {
    let (mut phone, server) = synced_phone();
    let removed = (DESK_SCOPE, ScopeChange::Removed);
    phone.begin_call();
    phone.apply_frame(server.brief_welcome_frame(&[removed]));
    assert!(!is_brief(&mut phone), "after a cut here the cursor names another set of scopes");
    let frames = [
        server.brief_welcome_frame(&[removed]),
        server.brief_checkpoint_frame(&[WORK_SCOPE], "next"),
    ];
    let (mut phone, _) = synced_phone();
    assert_eq!(phone.run_call(&frames), NextAction::Done);
    assert_eq!(phone.begin_call().granted_scopes, [WORK_SCOPE]);
    assert_eq!(phone.scope_digest(WORK_SCOPE), server.scope_digest(WORK_SCOPE));
    assert!(!phone.has_record(REPORT_KIND, 9) && is_brief(&mut phone));
}

#[test]
fn s22_a_state_that_differs_is_asked_for_in_full_and_only_the_scope_that_differs_is_rebuilt() {
    let (mut phone, mut server) = synced_phone();
    // The server never sends this row.
    server.put_record(WORK_SCOPE, REPORT_KIND, 5, 1, b"never sent");
    assert_eq!(
        phone.run_call(&[server.brief_checkpoint_frame(&BOTH_SCOPES, "")]),
        NextAction::CallAgain
    );
    let (start, is_brief) = brief_request(&mut phone);
    assert!(!is_brief && start.rebuild_scopes.is_empty());
    let full = [server.welcome_frame(&BOTH_SCOPES_KEPT), server.checkpoint_frame(&BOTH_SCOPES)];
    assert_eq!(phone.run_call(&full), NextAction::CallAgain);
    let (start, is_brief) = brief_request(&mut phone);
    assert!(!is_brief);
    assert_eq!(start.rebuild_scopes, [WORK_SCOPE]);
    assert_eq!(phone.run_call(&full), NextAction::Done, "asked for once, not for ever");
    assert_eq!(phone.engine.server_info().diverged_scopes, [WORK_SCOPE]);
    assert!(!self::is_brief(&mut phone), "each call compares the scope again");
    let mut rebuilt = vec![server.welcome_frame(&BOTH_SCOPES_KEPT)];
    rebuilt.extend(server.snapshot_frames(WORK_SCOPE, 2));
    rebuilt.push(server.checkpoint_frame(&BOTH_SCOPES));
    assert_eq!(phone.run_call(&rebuilt), NextAction::Done);
    assert!(self::is_brief(&mut phone));
    assert_eq!(
        phone.run_call(&[server.brief_checkpoint_frame(&BOTH_SCOPES, "")]),
        NextAction::Done
    );
}

#[test]
fn s24_a_brief_answer_of_another_history_with_the_same_number_is_not_taken() {
    let (mut phone, server) = synced_phone();
    let mut other = server.clone();
    other.epoch_id_byte = Some(77);
    assert_eq!(
        phone.run_call(&[other.brief_checkpoint_frame(&BOTH_SCOPES, "")]),
        NextAction::CallAgain
    );
    let welcome = other.welcome_frame(&BOTH_SCOPES_KEPT);
    assert_eq!(phone.run_call(&[welcome]), NextAction::Stop(HaltReason::EpochConflict));
}

#[test]
fn s09_a_restored_phone_notices_in_a_brief_answer_that_its_numbers_are_used() {
    let (mut phone, mut server) = synced_phone();
    server.commands_taken = 12;
    assert_eq!(
        phone.run_call(&[server.brief_checkpoint_frame(&BOTH_SCOPES, "")]),
        NextAction::Stop(HaltReason::Forked(12))
    );
}

#[test]
fn a_lease_that_is_not_the_default_comes_with_a_brief_answer() {
    let (mut phone, mut server) = synced_phone();
    server.lease_days = 3;
    let frames = [server.brief_welcome_frame(&[]), server.brief_checkpoint_frame(&BOTH_SCOPES, "")];
    assert_eq!(phone.run_call(&frames), NextAction::Done);
    let lease_days = |phone: &mut PhoneFixture| {
        phone.replica.progress().unwrap().lease.map(|lease| lease.length_days)
    };
    assert_eq!(lease_days(&mut phone), Some(3));
    assert_eq!(phone.run_call(&frames[1..]), NextAction::Done);
    assert_eq!(lease_days(&mut phone), Some(14), "without a Welcome it is the default");
}

#[test]
fn a_server_that_does_not_know_brief_answers_is_understood() {
    let (mut phone, mut server) = synced_phone();
    assert!(is_brief(&mut phone));
    server.put_record(WORK_SCOPE, REPORT_KIND, 5, 1, b"new");
    let frames = [
        server.welcome_frame(&BOTH_SCOPES_KEPT),
        put_frame(REPORT_KIND, 5, 1, b"new", &[WORK_SCOPE], "after"),
        server.checkpoint_frame(&BOTH_SCOPES),
    ];
    assert_eq!(phone.run_call(&frames), NextAction::Done);
    assert_eq!(phone.scope_digest(WORK_SCOPE), server.scope_digest(WORK_SCOPE));
    assert!(is_brief(&mut phone));
}
