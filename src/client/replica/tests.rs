//! The promises of sync, seen from the phone: real files, hand-made frames, cuts and crashes between any two steps.

use super::EntryState;
use crate::client::rig::{DESK, NEWER_KIND, REPORT, Rig, Town, WORK, frame, gone, notice, put, reset, verdict};
use crate::client::step::{Halt, Next, Outcome};
use crate::domain::time::{DAY_MICROS, Instant};
use crate::pb::sync_response::Frame;
use crate::pb::{self, ErrorReason, Outcome as Said, ScopeChange};

const BOTH: [(crate::client::step::ScopeKey, ScopeChange); 2] = [(WORK, ScopeChange::Kept), (DESK, ScopeChange::Kept)];

/// A town with a few records, and the stream of a phone's first sync.
fn first_sync() -> (Town, Vec<pb::SyncResponse>) {
    let mut town = Town::new();
    for id in 1..=4 {
        town.hold(WORK, REPORT, id, 1, &[id; 20]);
    }
    town.hold(DESK, REPORT, 9, 2, b"draft");
    let mut frames = vec![town.welcome(&[(WORK, ScopeChange::Added), (DESK, ScopeChange::Added)])];
    frames.extend(town.whole(WORK, 1));
    frames.extend(town.whole(DESK, 1));
    frames.push(town.checkpoint(&[WORK, DESK]));
    (town, frames)
}

/// A phone after its first sync.
fn settled() -> (Rig, Town) {
    let (mut rig, (town, frames)) = (Rig::new(), first_sync());
    assert_eq!(rig.call(&frames), Next::Done);
    (rig, town)
}

#[test]
fn s02_at_a_checkpoint_the_phone_holds_exactly_what_the_server_holds() {
    let (mut rig, town) = settled();
    assert_eq!(rig.digest(WORK), town.digest(WORK));
    assert_eq!(rig.digest(DESK), town.digest(DESK));
    assert_eq!(rig.records(REPORT).len(), 5);
    assert_eq!(rig.begin().cursor, b"c5");
}

#[test]
fn s03_a_stream_cut_after_any_frame_ends_in_the_same_state_and_a_killed_app_too() {
    let (_, frames) = first_sync();
    let uncut = settled().0.state();
    for cut in 0..frames.len() {
        let mut rig = Rig::new();
        rig.begin();
        frames[..cut].iter().for_each(|frame| rig.feed(frame.clone()));
        rig.crash();
        let from = rig.begin().cursor;
        // The server resumes behind the last cursor that the phone has, and begins with a welcome.
        let after = |frame: &&pb::SyncResponse| match &frame.frame {
            Some(Frame::Rows(rows)) => rows.cursor == from,
            _ => false,
        };
        let resume = frames.iter().position(|frame| after(&frame)).map_or(1, |at| at + 1);
        let mut rest = vec![frames[0].clone()];
        rest.extend_from_slice(&frames[resume..]);
        rest.iter().for_each(|frame| rig.feed(frame.clone()));
        assert_eq!(rig.engine.closed(0), Next::Done, "cut after frame {cut}");
        assert_eq!(rig.state(), uncut, "cut after frame {cut}");
    }
}

#[test]
fn s06_rows_come_into_view_together_at_the_checkpoint() {
    let (mut rig, (_, frames)) = (Rig::new(), first_sync());
    rig.begin();
    for frame in &frames[..frames.len() - 1] {
        rig.feed(frame.clone());
        assert_eq!(rig.records(REPORT), [], "nothing is in view before the checkpoint");
    }
    rig.feed(frames[frames.len() - 1].clone());
    assert_eq!(rig.records(REPORT).len(), 5);
}

#[test]
fn s07_a_command_is_sent_again_with_the_same_number_and_bytes_until_it_is_answered() {
    let (mut rig, mut town) = settled();
    assert_eq!(rig.type_in(1), 1);
    let first = rig.begin();
    rig.replica.sent(1).unwrap(); // The answer is lost.
    rig.crash();
    assert_eq!(rig.begin().commands, first.commands);
    town.taken = 1; // It had arrived: the server knows the number.
    let mut again = verdict(1, Said::Duplicate, ErrorReason::Unspecified);
    if let Some(Frame::Verdict(verdict)) = &mut again.frame {
        verdict.present_outcome = Said::Merged.into();
    }
    rig.call(&[town.welcome(&BOTH), again, town.checkpoint(&[WORK, DESK])]);
    let entry = rig.replica.latest(1).unwrap().remove(0);
    assert_eq!((entry.state, entry.outcome), (EntryState::Settled, Outcome::Merged), "what it was the first time");
    assert_eq!(rig.begin().commands, []);
}

#[test]
fn s08_a_gap_is_filled_from_the_number_expected_and_one_that_cannot_be_filled_is_told() {
    let (mut rig, mut town) = settled();
    for _ in 1..=3 {
        rig.type_in(1);
    }
    town.taken = 3;
    let answers = (1..=3).map(|number| verdict(number, Said::Applied, ErrorReason::Unspecified));
    let mut frames = vec![town.welcome(&BOTH)];
    frames.extend(answers);
    frames.push(town.checkpoint(&[WORK, DESK]));
    assert_eq!(rig.call(&frames), Next::Done);
    rig.type_in(1);
    let gap = notice(pb::notice::Notice::CommandGap(pb::CommandGap { expected_number: 2 }));
    let frames = [town.welcome(&BOTH), gap, town.checkpoint(&[WORK, DESK])];
    assert_eq!(rig.call(&frames), Next::Again);
    let numbers: Vec<u64> = rig.begin().commands.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [2, 3, 4], "kept commands are sent again");
    assert_eq!(rig.call(&frames), Next::Stop(Halt::GapBeyondMemory(2)), "the same gap twice is no progress");
}

#[test]
fn s09_a_forked_phone_stops_and_stays_stopped() {
    let (mut rig, town) = settled();
    rig.type_in(1);
    let forked = notice(pb::notice::Notice::CommandForked(pb::CommandForked { number: 1 }));
    assert_eq!(rig.call(&[town.welcome(&BOTH), forked]), Next::Stop(Halt::Forked(1)));
    rig.crash();
    assert_eq!(rig.replica.progress().unwrap().forked, 1);
    assert_eq!(rig.replica.counts().unwrap()[0], 1, "what was typed is still there to be noted down");
}

#[test]
fn s09_a_phone_restored_from_an_old_backup_notices_before_it_sends_anything() {
    let (mut rig, mut town) = settled();
    town.taken = 7;
    assert_eq!(rig.call(&[town.welcome(&BOTH)]), Next::Stop(Halt::Forked(7)));
}

#[test]
fn s10_a_refused_command_blocks_nothing_and_keeps_what_it_carried() {
    let (mut rig, mut town) = settled();
    let (bad, good) = (rig.type_in(1), rig.type_in(2));
    town.taken = 2;
    let frames = [
        town.welcome(&BOTH),
        verdict(bad, Said::Rejected, ErrorReason::PeriodClosed),
        verdict(good, Said::Applied, ErrorReason::Unspecified),
        town.checkpoint(&[WORK, DESK]),
    ];
    assert_eq!(rig.call(&frames), Next::Done);
    assert_eq!(rig.begin().commands, [], "the outbox behind it is empty");
    let refused = rig.replica.refused().unwrap();
    assert_eq!((refused.len(), refused[0].number, refused[0].bytes.as_slice()), (1, bad, &b"command 1"[..]));
    assert_eq!(refused[0].reason, i32::from(ErrorReason::PeriodClosed));
    town.time += 400 * DAY_MICROS;
    town.safe_past = town.seq;
    rig.call(&[town.welcome(&BOTH), town.checkpoint(&[WORK, DESK])]);
    assert_eq!(rig.replica.refused().unwrap().len(), 1, "no time makes it go");
    assert!(rig.replica.resolve(bad).unwrap());
    assert!(!rig.replica.resolve(good).unwrap(), "an applied one cannot be discarded");
    assert_eq!(rig.replica.refused().unwrap(), []);
}

#[test]
fn s12_an_answered_command_stays_on_top_of_the_view_until_its_rows_are_in_view() {
    let (mut rig, mut town) = settled();
    rig.type_in(1);
    rig.begin();
    town.taken = 1;
    rig.feed(town.welcome(&BOTH));
    rig.feed(verdict(1, Said::Applied, ErrorReason::Unspecified));
    rig.crash(); // Cut between verdict and rows.
    let pending = rig.replica.pending_of(&[1; 16]).unwrap();
    assert_eq!((pending.len(), pending[0].state), (1, EntryState::Acknowledged));
    rig.call(&[town.welcome(&BOTH), town.checkpoint(&[WORK, DESK])]);
    assert_eq!(rig.replica.pending_of(&[1; 16]).unwrap(), []);
}

#[test]
fn s17_a_record_in_two_scopes_leaves_with_the_last_of_them() {
    let (mut rig, mut town) = settled();
    town.hold(DESK, REPORT, 1, 1, &[1; 20]);
    let frames = [town.welcome(&BOTH), put(REPORT, 1, 1, &[1; 20], &[DESK], "x"), town.checkpoint(&[WORK, DESK])];
    assert_eq!(rig.call(&frames), Next::Done);
    for (scope, stays) in [(WORK, true), (DESK, false)] {
        town.drop(scope, REPORT, 1);
        let frames = [town.welcome(&BOTH), gone(REPORT, 1, &[scope], "y"), town.checkpoint(&[WORK, DESK])];
        assert_eq!(rig.call(&frames), Next::Done, "the digests agree");
        assert_eq!(rig.holds(REPORT, 1), stays);
    }
}

#[test]
fn s17_a_scope_taken_away_goes_with_its_rows_at_the_next_checkpoint_and_the_app_is_told_why() {
    let (mut rig, town) = settled();
    let welcome = town.welcome(&[(WORK, ScopeChange::Kept), (DESK, ScopeChange::Removed)]);
    rig.type_in(9);
    assert_eq!(rig.call(&[welcome, town.checkpoint(&[WORK])]), Next::Done);
    assert!(!rig.holds(REPORT, 9) && rig.holds(REPORT, 1));
    let told = rig.swaps.pop().unwrap().removed;
    assert_eq!(told, [(DESK, pb::ScopeRemoval::Revoked as i16)]);
    assert_eq!(rig.replica.counts().unwrap()[0], 1, "the outbox is no row and stays");
    // One that the server no longer even names is gone too.
    assert_eq!(rig.call(&[town.welcome(&[]), town.checkpoint(&[])]), Next::Done);
    assert_eq!(rig.records(REPORT), []);
}

#[test]
fn s17_a_scope_taken_away_in_a_call_that_was_cut_and_given_back_before_the_next_keeps_its_rows() {
    let (mut rig, town) = settled();
    rig.call(&[town.welcome(&[(WORK, ScopeChange::Kept), (DESK, ScopeChange::Removed)])]); // Cut behind its first frame.
    assert_eq!(
        rig.call(&[town.welcome(&BOTH), town.checkpoint(&[WORK, DESK])]),
        Next::Done,
        "nothing has to be rebuilt"
    );
    assert!(rig.holds(REPORT, 9) && rig.holds(REPORT, 1));
    assert_eq!(rig.digest(DESK), town.digest(DESK));
}

#[test]
fn s21_a_record_of_a_kind_that_the_app_does_not_know_is_kept_byte_for_byte() {
    let (mut rig, mut town) = settled();
    town.hold(WORK, NEWER_KIND, 7, 3, b"of a newer contract");
    let row = put(NEWER_KIND, 7, 3, b"of a newer contract", &[WORK], "x");
    let unknown_frame = pb::SyncResponse { frame: None };
    let frames = [town.welcome(&BOTH), unknown_frame, row, town.checkpoint(&[WORK, DESK])];
    assert_eq!(rig.call(&frames), Next::Done);
    assert_eq!(rig.digest(WORK), town.digest(WORK));
}

#[test]
fn s22_a_scope_that_does_not_agree_is_rebuilt_once_and_then_reported() {
    let (mut rig, mut town) = settled();
    town.hold(WORK, REPORT, 5, 1, b"never sent"); // A row that the server forgot to send.
    let quiet = [town.welcome(&BOTH), town.checkpoint(&[WORK, DESK])];
    assert_eq!(rig.call(&quiet), Next::Again);
    assert_eq!(rig.begin().rebuild, [WORK]);
    assert_eq!(rig.call(&quiet), Next::Done, "asked for once, not for ever");
    assert_eq!(rig.engine.told().loops, [WORK]);
    assert_eq!(rig.begin().rebuild, []);
    let mut rebuilt = vec![town.welcome(&BOTH)];
    rebuilt.extend(town.whole(WORK, 2));
    rebuilt.push(town.checkpoint(&[WORK, DESK]));
    assert_eq!(rig.call(&rebuilt), Next::Done);
    assert_eq!(rig.engine.told().loops, []);
    assert_eq!(rig.digest(WORK), town.digest(WORK));
    // Having agreed again, it may ask again.
    town.hold(WORK, REPORT, 6, 1, b"never sent either");
    assert_eq!(rig.call(&[town.welcome(&BOTH), town.checkpoint(&[WORK, DESK])]), Next::Again);
}

#[test]
fn s23_a_rebuilding_sweeps_what_is_gone_also_when_the_server_counts_generations_anew() {
    let (mut rig, mut town) = settled();
    town.drop(WORK, REPORT, 2); // Its tombstone is compacted away, and the cursor is no longer known.
    let mut frames = vec![town.welcome(&[(WORK, ScopeChange::Added), (DESK, ScopeChange::Kept)])];
    frames.extend(town.whole(WORK, 1)); // The same name as the first rebuilding had.
    frames.push(town.checkpoint(&[WORK, DESK]));
    assert_eq!(rig.call(&frames), Next::Done);
    assert!(!rig.holds(REPORT, 2) && rig.holds(REPORT, 1) && rig.holds(REPORT, 9));
    assert_eq!(rig.digest(WORK), town.digest(WORK));
}

#[test]
fn s23_a_rebuilding_given_up_for_another_sweeps_only_at_the_end_of_the_last() {
    let (mut rig, town) = settled();
    let mut frames = vec![town.welcome(&BOTH), reset(WORK, 2), put(REPORT, 1, 1, &[1; 20], &[WORK], "half")];
    frames.extend(town.whole(WORK, 3));
    frames.push(town.checkpoint(&[WORK, DESK]));
    assert_eq!(rig.call(&frames), Next::Done);
    assert_eq!(rig.digest(WORK), town.digest(WORK));
}

#[test]
fn s24_in_a_new_epoch_the_phone_pushes_again_what_the_server_lost() {
    let (mut rig, mut town) = settled();
    for _ in 1..=3 {
        rig.type_in(1);
    }
    town.taken = 3;
    let mut frames = vec![town.welcome(&BOTH)];
    frames.extend((1..=3).map(|number| verdict(number, Said::Applied, ErrorReason::Unspecified)));
    frames.push(town.checkpoint(&[WORK, DESK]));
    rig.call(&frames);
    town.time += 29 * DAY_MICROS;
    town.safe_past = 0;
    rig.call(&[town.welcome(&BOTH), town.checkpoint(&[WORK, DESK])]);

    (town.epoch, town.taken) = (2, 1); // The server was restored from an old backup.
    assert_eq!(rig.call(&[town.welcome(&BOTH), town.checkpoint(&[WORK, DESK])]), Next::Again);
    let start = rig.begin();
    assert_eq!(start.commands, [(2, b"command 2".to_vec()), (3, b"command 3".to_vec())]);
    assert_eq!(start.epoch.map(|epoch| epoch.number), Some(2));
    town.epoch = 1; // The old primary comes back.
    assert_eq!(rig.call(&[town.welcome(&BOTH), put(REPORT, 1, 9, b"old", &[WORK], "x")]), Next::OtherServer);
    assert_eq!(rig.records(REPORT).len(), 5, "nothing of a history that does not hold is taken");
}

#[test]
fn s24_acknowledged_commands_stay_thirty_days_and_until_a_backup_has_them() {
    let (mut rig, mut town) = settled();
    rig.type_in(1);
    town.taken = 1;
    let answer = verdict(1, Said::Applied, ErrorReason::Unspecified);
    rig.call(&[town.welcome(&BOTH), answer, town.checkpoint(&[WORK, DESK])]);
    let quiet = |rig: &mut Rig, town: &Town| {
        rig.call(&[town.welcome(&BOTH), town.checkpoint(&[WORK, DESK])]);
        rig.replica.counts().unwrap()[3]
    };
    town.safe_past = town.seq;
    town.time += 29 * DAY_MICROS;
    assert_eq!(quiet(&mut rig, &town), 1, "not yet thirty days");
    (town.safe_past, town.time) = (0, town.time + 400 * DAY_MICROS);
    assert_eq!(quiet(&mut rig, &town), 1, "no backup has it");
    town.safe_past = town.seq;
    assert_eq!(quiet(&mut rig, &town), 0);
    assert_eq!(rig.type_in(1), 2, "numbers go on");
    assert_eq!(rig.begin().lowest, 2);
}

#[test]
fn s30_a_number_is_given_only_together_with_its_command() {
    let (mut rig, _) = settled();
    assert_eq!(rig.type_in(1), 1);
    // The app is killed while it encodes: the transaction is rolled back, number and command both.
    let draft = super::Draft { report: vec![1; 16], body: 5, made_at: 0, mends: Vec::new() };
    let killed =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| rig.replica.append(&draft, |_, _| panic!("killed"))));
    assert!(killed.is_err());
    rig.crash();
    assert_eq!(rig.type_in(1), 2, "no number is lost and none is given twice");
    let numbers: Vec<u64> = rig.begin().commands.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [1, 2]);
}

#[test]
fn s30_commands_name_the_mark_of_the_last_checkpoint() {
    let (mut rig, _) = settled();
    let draft = super::Draft { report: Vec::new(), body: 9, made_at: 0, mends: Vec::new() };
    rig.replica.append(&draft, |_, mark| mark).unwrap();
    assert_eq!(rig.begin().commands, [(1, b"mark5".to_vec())]);
}

#[test]
fn a_file_of_a_newer_app_is_refused_and_left_alone() {
    use diesel::connection::SimpleConnection;
    let (mut rig, _) = settled();
    rig.replica.conn.batch_execute("insert into __diesel_schema_migrations (version) values ('9999')").unwrap();
    let newer = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| rig.crash()));
    assert!(newer.is_err());
    assert_eq!(rig.records(REPORT).len(), 5);
}

#[test]
fn a_revoked_phone_keeps_nothing() {
    let (mut rig, _) = settled();
    rig.type_in(1);
    rig.replica.destroy().unwrap();
    assert_eq!(rig.records(REPORT), []);
    assert_eq!(rig.replica.counts().unwrap(), [0; 4]);
    assert_eq!(rig.replica.device().unwrap(), None);
}

#[test]
fn the_lease_begins_anew_at_each_checkpoint_and_outlives_the_app() {
    let (mut rig, mut town) = settled();
    let day = |days: i64| Instant(Town::new().time + days * DAY_MICROS);
    assert!(!rig.replica.look(day(13)).unwrap().unwrap().is_over());
    assert!(rig.replica.look(day(14)).unwrap().unwrap().is_over());
    rig.crash();
    assert!(rig.replica.look(day(1)).unwrap().unwrap().is_over(), "a clock set back opens nothing");
    town.lease_days = 3;
    rig.clock = day(20).0;
    rig.call(&[town.welcome(&BOTH)]);
    assert!(rig.replica.look(day(20)).unwrap().unwrap().is_over(), "a call that is cut is no sync");
    rig.call(&[town.welcome(&BOTH), town.checkpoint(&[WORK, DESK])]);
    assert_eq!(rig.replica.look(day(22)).unwrap().unwrap().days_left(), 1, "the server says how long it is");
    assert!(rig.replica.look(day(23)).unwrap().unwrap().is_over());
    assert_eq!(Rig::new().replica.look(day(99)), Ok(None), "before the first sync there is nothing to hide");
}

#[test]
fn a_bookmark_moves_the_cursor_of_a_quiet_phone() {
    let (mut rig, town) = settled();
    let bookmark = frame(Frame::Bookmark(pb::Bookmark { cursor: b"c9".to_vec() }));
    rig.call(&[town.welcome(&BOTH), bookmark]);
    rig.crash();
    assert_eq!(rig.begin().cursor, b"c9");
}
