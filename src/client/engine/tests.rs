//! What the engine decides without a replica: frames that are not of the contract, failures, waits.

use super::*;
use crate::client::rig::{DESK, Town, WORK, frame, notice, put};
use crate::client::step::FailureKind;

fn begun(town: &Town) -> Engine {
    let mut engine = Engine::default();
    engine.begin(Start { lowest: 1, ..Start::default() }, false);
    engine.frame(town.welcome(&[(WORK, pb::ScopeChange::Added)])).unwrap();
    engine
}

fn failure(kind: FailureKind, reason: &str) -> Failure {
    Failure { kind, reason: reason.to_owned(), retry_after: None, message: String::new() }
}

#[test]
fn a_stream_that_does_not_open_with_welcome_or_names_an_unknown_scope_is_refused() {
    let town = Town::new();
    let mut engine = Engine::default();
    engine.begin(Start::default(), false);
    assert!(engine.frame(town.checkpoint(&[])).is_err());
    let mut engine = begun(&town);
    assert!(engine.frame(put(7, 1, 1, b"x", &[DESK], "c")).is_err());
    let short = pb::Row { operation: 1, kind: 7, id: vec![1; 3], ..pb::Row::default() };
    let rows = pb::Rows { rows: vec![short], ..pb::Rows::default() };
    assert!(engine.frame(frame(Frame::Rows(rows))).is_err());
}

#[test]
fn whatever_may_have_been_applied_is_sent_again_later_and_later() {
    let mut engine = begun(&Town::new());
    let lost = failure(FailureKind::PerhapsApplied, "");
    let waits: Vec<Next> = (0..12).map(|_| engine.failed(&lost, u64::MAX / 3)).collect();
    let millis: Vec<u128> = waits
        .iter()
        .map(|next| if let Next::Wait(wait) = next { wait.as_millis() } else { panic!("{next:?}") })
        .collect();
    assert!(millis[0] >= 500 && millis[0] <= 1_000);
    assert!(millis.windows(2).all(|pair| pair[0] <= pair[1] * 2) && millis[11] <= 300_000 && millis[11] >= 150_000);
    let told = Failure { retry_after: Some(Duration::from_secs(900)), ..lost };
    assert_eq!(engine.failed(&told, 0), Next::Wait(Duration::from_secs(900)), "the server knows better");
}

#[test]
fn a_stream_that_ends_before_its_checkpoint_is_taken_up_again() {
    let mut engine = begun(&Town::new());
    assert!(matches!(engine.closed(0), Next::Wait(_)));
}

#[test]
fn an_ended_token_is_renewed_and_a_revoked_phone_destroys_its_data() {
    let mut engine = begun(&Town::new());
    let ended = failure(FailureKind::Unauthenticated, "UNAUTHENTICATED");
    assert_eq!(engine.failed(&ended, 0), Next::Renew);
    assert_eq!(engine.failed(&ended, 0), Next::Renew);
    assert_eq!(engine.failed(&ended, 0), Next::Stop(Halt::NotAdmitted), "renewing does not help");
    let revoked = failure(FailureKind::Unauthenticated, "DEVICE_REVOKED");
    assert_eq!(engine.failed(&revoked, 0), Next::Stop(Halt::Revoked));
    assert_eq!(
        engine.failed(&failure(FailureKind::Precondition, "SERVER_SUPERSEDED"), 0),
        Next::OtherServer,
        "another server may be the right one"
    );
    assert_eq!(engine.failed(&failure(FailureKind::Other, "MALFORMED"), 0), Next::Stop(Halt::Refused));
}

#[test]
fn two_histories_of_one_number_are_told_and_nothing_is_taken() {
    let town = Town::new();
    let mut engine = Engine::default();
    let known = Some(Epoch { number: 1, id: [77; 16] });
    engine.begin(Start { epoch: known, ..Start::default() }, false);
    assert_eq!(engine.frame(town.welcome(&[(WORK, pb::ScopeChange::Kept)])), Ok(vec![]));
    assert_eq!(engine.frame(put(7, 1, 1, b"x", &[WORK], "c")), Ok(vec![]));
    assert_eq!(engine.closed(0), Next::Stop(Halt::SplitEpoch));
}

#[test]
fn what_the_server_tells_beside_the_data_is_heard() {
    let mut engine = begun(&Town::new());
    let tell = |engine: &mut Engine, what| engine.frame(notice(what)).unwrap();
    let mut ends = pb::TokenExpires { remaining: Some(Default::default()) };
    ends.remaining.iter_mut().for_each(|left| left.seconds = 60);
    tell(&mut engine, pb::notice::Notice::TokenExpires(ends));
    let upgrade = pb::UpgradeWanted { minimum_version: "1.4.0".to_owned() };
    tell(&mut engine, pb::notice::Notice::UpgradeWanted(upgrade));
    assert_eq!(engine.told().token_expires, Some(Duration::from_secs(60)));
    assert_eq!(engine.told().upgrade_wanted.as_deref(), Some("1.4.0"));
    let mut later = pb::RetryAfter { delay: Some(Default::default()) };
    later.delay.iter_mut().for_each(|delay| delay.seconds = 7);
    tell(&mut engine, pb::notice::Notice::RetryAfter(later));
    assert_eq!(engine.closed(0), Next::Wait(Duration::from_secs(7)));
}
