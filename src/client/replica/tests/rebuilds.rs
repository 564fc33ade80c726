//! Tests of rebuilt scopes, of a server restored from a backup, and of the retention in the outbox.

use super::*;

#[test]
fn s22_a_scope_that_does_not_agree_is_rebuilt_once_and_then_reported() {
    let (mut phone, mut server) = synced_phone();
    // The server never sends this row.
    server.put_record(WORK_SCOPE, REPORT_KIND, 5, 1, b"never sent");
    let quiet = [
        server.welcome_frame(&BOTH_SCOPES_KEPT),
        server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE]),
    ];
    assert_eq!(phone.run_call(&quiet), NextAction::CallAgain);
    assert_eq!(phone.begin_call().rebuild_scopes, [WORK_SCOPE]);
    assert_eq!(phone.run_call(&quiet), NextAction::Done, "asked for once, not for ever");
    assert_eq!(phone.engine.server_info().diverged_scopes, [WORK_SCOPE]);
    assert_eq!(phone.begin_call().rebuild_scopes, []);
    let mut rebuilt = vec![server.welcome_frame(&BOTH_SCOPES_KEPT)];
    rebuilt.extend(server.snapshot_frames(WORK_SCOPE, 2));
    rebuilt.push(server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE]));
    assert_eq!(phone.run_call(&rebuilt), NextAction::Done);
    assert_eq!(phone.engine.server_info().diverged_scopes, []);
    assert_eq!(phone.scope_digest(WORK_SCOPE), server.scope_digest(WORK_SCOPE));
    // After a match it may request a rebuild again.
    server.put_record(WORK_SCOPE, REPORT_KIND, 6, 1, b"never sent either");
    assert_eq!(
        phone.run_call(&[
            server.welcome_frame(&BOTH_SCOPES_KEPT),
            server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE])
        ]),
        NextAction::CallAgain
    );
}

#[test]
fn s23_a_rebuilding_sweeps_what_is_gone_also_when_the_server_counts_generations_anew() {
    let (mut phone, mut server) = synced_phone();
    // Its tombstone is compacted away, and the cursor is unknown to the server.
    server.remove_record(WORK_SCOPE, REPORT_KIND, 2);
    let mut frames = vec![
        server.welcome_frame(&[(WORK_SCOPE, ScopeChange::Added), (DESK_SCOPE, ScopeChange::Kept)]),
    ];
    // The server uses the generation of the first rebuild again.
    frames.extend(server.snapshot_frames(WORK_SCOPE, 1));
    frames.push(server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE]));
    assert_eq!(phone.run_call(&frames), NextAction::Done);
    assert!(
        !phone.has_record(REPORT_KIND, 2)
            && phone.has_record(REPORT_KIND, 1)
            && phone.has_record(REPORT_KIND, 9)
    );
    assert_eq!(phone.scope_digest(WORK_SCOPE), server.scope_digest(WORK_SCOPE));
}

#[test]
fn s23_a_rebuilding_given_up_for_another_sweeps_only_at_the_end_of_the_last() {
    let (mut phone, server) = synced_phone();
    let mut frames = vec![
        server.welcome_frame(&BOTH_SCOPES_KEPT),
        reset_frame(WORK_SCOPE, 2),
        put_frame(REPORT_KIND, 1, 1, &[1; 20], &[WORK_SCOPE], "half"),
    ];
    frames.extend(server.snapshot_frames(WORK_SCOPE, 3));
    frames.push(server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE]));
    assert_eq!(phone.run_call(&frames), NextAction::Done);
    assert_eq!(phone.scope_digest(WORK_SCOPE), server.scope_digest(WORK_SCOPE));
}

#[test]
fn s24_in_a_new_epoch_the_phone_pushes_again_what_the_server_lost() {
    let (mut phone, mut server) = synced_phone();
    for _ in 1..=3 {
        phone.append_command(1);
    }
    server.commands_taken = 3;
    let mut frames = vec![server.welcome_frame(&BOTH_SCOPES_KEPT)];
    frames.extend(
        (1..=3).map(|number| verdict_frame(number, Outcome::Applied, ErrorReason::Unspecified)),
    );
    frames.push(server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE]));
    phone.run_call(&frames);
    server.time += 29 * DAY_MICROS;
    server.safe_past_seq = 0;
    phone.run_call(&[
        server.welcome_frame(&BOTH_SCOPES_KEPT),
        server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE]),
    ]);

    (server.epoch, server.commands_taken) = (2, 1); // The server was restored from an old backup.
    assert_eq!(
        phone.run_call(&[
            server.welcome_frame(&BOTH_SCOPES_KEPT),
            server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE])
        ]),
        NextAction::CallAgain
    );
    let start = phone.begin_call();
    assert_eq!(start.commands, [(2, b"command 2".to_vec()), (3, b"command 3".to_vec())]);
    assert_eq!(start.epoch.map(|epoch| epoch.number), Some(2));
    server.epoch = 1; // The old primary returns.
    assert_eq!(
        phone.run_call(&[
            server.welcome_frame(&BOTH_SCOPES_KEPT),
            put_frame(REPORT_KIND, 1, 9, b"old", &[WORK_SCOPE], "x")
        ]),
        NextAction::TryNextServer
    );
    assert_eq!(
        phone.records(REPORT_KIND).len(),
        5,
        "nothing of a history that does not hold is taken"
    );
}

#[test]
fn s24_acknowledged_commands_stay_thirty_days_and_until_a_backup_has_them() {
    let (mut phone, mut server) = synced_phone();
    phone.append_command(1);
    server.commands_taken = 1;
    let answer = verdict_frame(1, Outcome::Applied, ErrorReason::Unspecified);
    phone.run_call(&[
        server.welcome_frame(&BOTH_SCOPES_KEPT),
        answer,
        server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE]),
    ]);
    let quiet = |phone: &mut PhoneFixture, server: &FakeServer| {
        phone.run_call(&[
            server.welcome_frame(&BOTH_SCOPES_KEPT),
            server.checkpoint_frame(&[WORK_SCOPE, DESK_SCOPE]),
        ]);
        phone.replica.count_by_state().unwrap()[3]
    };
    server.safe_past_seq = server.seq;
    server.time += 29 * DAY_MICROS;
    assert_eq!(quiet(&mut phone, &server), 1, "not yet thirty days");
    (server.safe_past_seq, server.time) = (0, server.time + 400 * DAY_MICROS);
    assert_eq!(quiet(&mut phone, &server), 1, "no backup has it");
    server.safe_past_seq = server.seq;
    assert_eq!(quiet(&mut phone, &server), 0);
    assert_eq!(phone.append_command(1), 2, "numbers go on");
    assert_eq!(phone.begin_call().lowest_number, 2);
}
