//! Tests of the replica with the engine: a real file, hand-made frames, and a cut or crash between
//! any two steps. The numbers S2 to S30 are those of docs/SYNC.md.

mod brief_answers;
mod local_file;
mod rebuilds;
mod schema_versions;

use super::OutboxEntryState;
use crate::client::fixture::{
    DESK_SCOPE, FakeServer, NEWER_KIND, PhoneFixture, REPORT_KIND, WORK_SCOPE, gone_frame,
    notice_frame, put_frame, reset_frame, sync_response, verdict_frame,
};
use crate::client::protocol::{HaltReason, NextAction, OutboxOutcome};
use crate::domain::support::time::{DAY_MICROS, Timestamp};
use crate::pb::sync_response::Frame;
use crate::pb::{self, ErrorReason, Outcome, ScopeChange};

const BOTH_SCOPES_KEPT: [(crate::client::protocol::ScopeKey, ScopeChange); 2] =
    [(WORK_SCOPE, ScopeChange::Kept), (DESK_SCOPE, ScopeChange::Kept)];

/// A server with a few records, and the frames of a phone's first sync.
fn first_sync_frames() -> (FakeServer, Vec<pb::SyncResponse>) {
    let mut server = FakeServer::new();
    for id in 1..=4 {
        server.put_record(WORK_SCOPE, REPORT_KIND, id, 1, &[id; 20]);
    }
    server.put_record(DESK_SCOPE, REPORT_KIND, 9, 2, b"draft");
    let mut frames = vec![
        server.welcome_frame(&[(WORK_SCOPE, ScopeChange::Added), (DESK_SCOPE, ScopeChange::Added)]),
    ];
    frames.extend(server.snapshot_frames(WORK_SCOPE, 1));
    frames.extend(server.snapshot_frames(DESK_SCOPE, 1));
    frames.push(server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE]));
    (server, frames)
}

/// A phone after its first sync.
fn synced_phone() -> (PhoneFixture, FakeServer) {
    let (mut phone, (server, frames)) = (PhoneFixture::new(), first_sync_frames());
    assert_eq!(phone.run_call(&frames), NextAction::Done);
    (phone, server)
}

#[test]
fn s02_at_a_checkpoint_the_phone_holds_exactly_what_the_server_holds() {
    let (mut phone, server) = synced_phone();
    assert_eq!(phone.scope_digest(WORK_SCOPE), server.scope_digest(WORK_SCOPE));
    assert_eq!(phone.scope_digest(DESK_SCOPE), server.scope_digest(DESK_SCOPE));
    assert_eq!(phone.records(REPORT_KIND).len(), 5);
    assert_eq!(phone.begin_call().cursor, b"c5");
}

#[test]
fn s03_a_stream_cut_after_any_frame_ends_in_the_same_state_and_a_killed_app_too() {
    let (_, frames) = first_sync_frames();
    let uncut = synced_phone().0.dump_state();
    for cut in 0..frames.len() {
        let mut phone = PhoneFixture::new();
        phone.begin_call();
        frames[..cut].iter().for_each(|frame| phone.apply_frame(frame.clone()));
        phone.reopen_after_crash();
        let from = phone.begin_call().cursor;
        // The server resumes after the phone's last cursor and starts with a Welcome.
        let after = |frame: &&pb::SyncResponse| match &frame.frame {
            Some(Frame::Rows(rows)) => rows.cursor == from,
            _ => false,
        };
        let resume = frames.iter().position(|frame| after(&frame)).map_or(1, |at| at + 1);
        let mut rest = vec![frames[0].clone()];
        rest.extend_from_slice(&frames[resume..]);
        rest.iter().for_each(|frame| phone.apply_frame(frame.clone()));
        assert_eq!(phone.engine.on_stream_closed(0), NextAction::Done, "cut after frame {cut}");
        assert_eq!(phone.dump_state(), uncut, "cut after frame {cut}");
    }
}

#[test]
fn s06_rows_come_into_view_together_at_the_checkpoint() {
    let (mut phone, (_, frames)) = (PhoneFixture::new(), first_sync_frames());
    phone.begin_call();
    for frame in &frames[..frames.len() - 1] {
        phone.apply_frame(frame.clone());
        assert_eq!(phone.records(REPORT_KIND), [], "nothing is in view before the checkpoint");
    }
    phone.apply_frame(frames[frames.len() - 1].clone());
    assert_eq!(phone.records(REPORT_KIND).len(), 5);
}

#[test]
fn s07_a_command_is_sent_again_with_the_same_number_and_bytes_until_it_is_answered() {
    let (mut phone, mut server) = synced_phone();
    assert_eq!(phone.append_command(1), 1);
    let first = phone.begin_call();
    phone.replica.mark_sent(1).unwrap(); // The response is lost.
    phone.reopen_after_crash();
    assert_eq!(phone.begin_call().commands, first.commands);
    server.commands_taken = 1; // The command had arrived: the server knows its number.
    let mut again = verdict_frame(1, Outcome::Duplicate, ErrorReason::Unspecified);
    if let Some(Frame::Verdict(verdict)) = &mut again.frame {
        verdict.present_outcome = Outcome::Merged.into();
    }
    phone.run_call(&[
        server.welcome_frame(&BOTH_SCOPES_KEPT),
        again,
        server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE]),
    ]);
    let entry = phone.replica.latest_commands(1).unwrap().remove(0);
    assert_eq!(
        (entry.state, entry.outcome),
        (OutboxEntryState::Settled, OutboxOutcome::Merged),
        "what it was the first time"
    );
    assert_eq!(phone.begin_call().commands, []);
}

#[test]
fn s08_a_gap_is_filled_from_the_expected_number_or_stops_the_phone() {
    let (mut phone, mut server) = synced_phone();
    for _ in 1..=3 {
        phone.append_command(1);
    }
    server.commands_taken = 3;
    let answers =
        (1..=3).map(|number| verdict_frame(number, Outcome::Applied, ErrorReason::Unspecified));
    let mut frames = vec![server.welcome_frame(&BOTH_SCOPES_KEPT)];
    frames.extend(answers);
    frames.push(server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE]));
    assert_eq!(phone.run_call(&frames), NextAction::Done);
    phone.append_command(1);
    let gap = notice_frame(pb::notice::Notice::CommandGap(pb::CommandGap { expected_number: 2 }));
    let frames = [
        server.welcome_frame(&BOTH_SCOPES_KEPT),
        gap,
        server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE]),
    ];
    assert_eq!(phone.run_call(&frames), NextAction::CallAgain);
    let numbers: Vec<u64> = phone.begin_call().commands.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [2, 3, 4], "kept commands are sent again");
    assert_eq!(
        phone.run_call(&frames),
        NextAction::Stop(HaltReason::CommandsLost(2)),
        "the same gap twice is no progress"
    );
}

#[test]
fn s09_a_forked_phone_stops_and_stays_stopped() {
    let (mut phone, server) = synced_phone();
    phone.append_command(1);
    let forked = notice_frame(pb::notice::Notice::CommandForked(pb::CommandForked { number: 1 }));
    assert_eq!(
        phone.run_call(&[server.welcome_frame(&BOTH_SCOPES_KEPT), forked]),
        NextAction::Stop(HaltReason::Forked(1))
    );
    phone.reopen_after_crash();
    assert_eq!(phone.replica.progress().unwrap().forked_number, 1);
    assert_eq!(
        phone.replica.count_by_state().unwrap()[0],
        1,
        "what was typed is still there to be noted down"
    );
}

#[test]
fn s09_a_phone_restored_from_an_old_backup_notices_before_it_sends_anything() {
    let (mut phone, mut server) = synced_phone();
    server.commands_taken = 7;
    assert_eq!(
        phone.run_call(&[server.welcome_frame(&BOTH_SCOPES_KEPT)]),
        NextAction::Stop(HaltReason::Forked(7))
    );
}

#[test]
fn s10_a_refused_command_blocks_nothing_and_keeps_what_it_carried() {
    let (mut phone, mut server) = synced_phone();
    let (bad, good) = (phone.append_command(1), phone.append_command(2));
    server.commands_taken = 2;
    let frames = [
        server.welcome_frame(&BOTH_SCOPES_KEPT),
        verdict_frame(bad, Outcome::Rejected, ErrorReason::PeriodClosed),
        verdict_frame(good, Outcome::Applied, ErrorReason::Unspecified),
        server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE]),
    ];
    assert_eq!(phone.run_call(&frames), NextAction::Done);
    assert_eq!(phone.begin_call().commands, [], "the outbox behind it is empty");
    let refused = phone.replica.refused_commands().unwrap();
    assert_eq!(
        (refused.len(), refused[0].number, refused[0].bytes.as_slice()),
        (1, bad, &b"command 1"[..])
    );
    assert_eq!(refused[0].reason, i32::from(ErrorReason::PeriodClosed));
    server.time += 400 * DAY_MICROS;
    server.safe_past_seq = server.seq;
    phone.run_call(&[
        server.welcome_frame(&BOTH_SCOPES_KEPT),
        server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE]),
    ]);
    assert_eq!(phone.replica.refused_commands().unwrap().len(), 1, "no time makes it go");
    assert!(phone.replica.resolve_refusal(bad).unwrap());
    assert!(!phone.replica.resolve_refusal(good).unwrap(), "an applied one cannot be discarded");
    assert_eq!(phone.replica.refused_commands().unwrap(), []);
}

#[test]
fn s12_an_answered_command_stays_on_top_of_the_view_until_its_rows_are_in_view() {
    let (mut phone, mut server) = synced_phone();
    phone.append_command(1);
    phone.begin_call();
    server.commands_taken = 1;
    phone.apply_frame(server.welcome_frame(&BOTH_SCOPES_KEPT));
    phone.apply_frame(verdict_frame(1, Outcome::Applied, ErrorReason::Unspecified));
    phone.reopen_after_crash(); // Cut between verdict and rows.
    let pending = phone.replica.pending_for_report(&[1; 16]).unwrap();
    assert_eq!((pending.len(), pending[0].state), (1, OutboxEntryState::Acknowledged));
    phone.run_call(&[
        server.welcome_frame(&BOTH_SCOPES_KEPT),
        server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE]),
    ]);
    assert_eq!(phone.replica.pending_for_report(&[1; 16]).unwrap(), []);
}

#[test]
fn s17_a_record_in_two_scopes_leaves_with_the_last_of_them() {
    let (mut phone, mut server) = synced_phone();
    server.put_record(DESK_SCOPE, REPORT_KIND, 1, 1, &[1; 20]);
    let frames = [
        server.welcome_frame(&BOTH_SCOPES_KEPT),
        put_frame(REPORT_KIND, 1, 1, &[1; 20], &[DESK_SCOPE], "x"),
        server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE]),
    ];
    assert_eq!(phone.run_call(&frames), NextAction::Done);
    for (scope, stays) in [(WORK_SCOPE, true), (DESK_SCOPE, false)] {
        server.remove_record(scope, REPORT_KIND, 1);
        let frames = [
            server.welcome_frame(&BOTH_SCOPES_KEPT),
            gone_frame(REPORT_KIND, 1, &[scope], "y"),
            server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE]),
        ];
        assert_eq!(phone.run_call(&frames), NextAction::Done, "the digests agree");
        assert_eq!(phone.has_record(REPORT_KIND, 1), stays);
    }
}

#[test]
fn s17_a_removed_scope_loses_its_rows_at_the_next_checkpoint_and_has_a_reason() {
    let (mut phone, server) = synced_phone();
    let welcome = server
        .welcome_frame(&[(WORK_SCOPE, ScopeChange::Kept), (DESK_SCOPE, ScopeChange::Removed)]);
    phone.append_command(9);
    assert_eq!(
        phone.run_call(&[welcome, server.checkpoint_frame(&[WORK_SCOPE])]),
        NextAction::Done
    );
    assert!(!phone.has_record(REPORT_KIND, 9) && phone.has_record(REPORT_KIND, 1));
    let removed = phone.swaps.pop().unwrap().removed_scopes;
    assert_eq!(removed, [(DESK_SCOPE, pb::ScopeRemoval::Revoked as i16)]);
    assert_eq!(phone.replica.count_by_state().unwrap()[0], 1, "the outbox is no row and stays");
    // A scope that the server no longer lists is removed too.
    assert_eq!(
        phone.run_call(&[server.welcome_frame(&[]), server.checkpoint_frame(&[])]),
        NextAction::Done
    );
    assert_eq!(phone.records(REPORT_KIND), []);
}

#[test]
fn s17_a_scope_taken_away_in_a_call_that_was_cut_and_given_back_before_the_next_keeps_its_rows() {
    let (mut phone, server) = synced_phone();
    phone.run_call(&[server
        // Cut after the first frame.
        .welcome_frame(&[(WORK_SCOPE, ScopeChange::Kept), (DESK_SCOPE, ScopeChange::Removed)])]);
    assert_eq!(
        phone.run_call(&[
            server.welcome_frame(&BOTH_SCOPES_KEPT),
            server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE])
        ]),
        NextAction::Done,
        "nothing has to be rebuilt"
    );
    assert!(phone.has_record(REPORT_KIND, 9) && phone.has_record(REPORT_KIND, 1));
    assert_eq!(phone.scope_digest(DESK_SCOPE), server.scope_digest(DESK_SCOPE));
}

#[test]
fn s21_a_record_of_an_unknown_kind_is_stored_byte_for_byte() {
    let (mut phone, mut server) = synced_phone();
    server.put_record(WORK_SCOPE, NEWER_KIND, 7, 3, b"of a newer contract");
    let row = put_frame(NEWER_KIND, 7, 3, b"of a newer contract", &[WORK_SCOPE], "x");
    let unknown_frame = pb::SyncResponse { frame: None };
    let frames = [
        server.welcome_frame(&BOTH_SCOPES_KEPT),
        unknown_frame,
        row,
        server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE]),
    ];
    assert_eq!(phone.run_call(&frames), NextAction::Done);
    assert_eq!(phone.scope_digest(WORK_SCOPE), server.scope_digest(WORK_SCOPE));
}
