//! Tests of the engine without a replica: malformed frames, failures, delays.

use super::*;
use crate::client::fixture::{
    DESK_SCOPE, FakeServer, WORK_SCOPE, notice_frame, put_frame, sync_response,
};
use crate::client::protocol::CallErrorKind;

fn engine_after_welcome(server: &FakeServer) -> Engine {
    let mut engine = Engine::default();
    engine.build_request(SyncInput { lowest_number: 1, ..SyncInput::default() }, false);
    engine.handle_frame(server.welcome_frame(&[(WORK_SCOPE, pb::ScopeChange::Added)])).unwrap();
    engine
}

fn call_error(kind: CallErrorKind, reason: &str) -> CallError {
    CallError { kind, reason: reason.to_owned(), retry_after: None, message: String::new() }
}

#[test]
fn a_stream_that_does_not_open_with_welcome_or_names_an_unknown_scope_is_refused() {
    let server = FakeServer::new();
    let mut engine = Engine::default();
    engine.build_request(SyncInput::default(), false);
    assert!(engine.handle_frame(server.checkpoint_frame(&[])).is_err());
    let mut engine = engine_after_welcome(&server);
    assert!(engine.handle_frame(put_frame(7, 1, 1, b"x", &[DESK_SCOPE], "c")).is_err());
    let short = pb::Row { operation: 1, kind: 7, id: vec![1; 3], ..pb::Row::default() };
    let rows = pb::Rows { rows: vec![short], ..pb::Rows::default() };
    assert!(engine.handle_frame(sync_response(Frame::Rows(rows))).is_err());
}

#[test]
fn whatever_may_have_been_applied_is_sent_again_later_and_later() {
    let mut engine = engine_after_welcome(&FakeServer::new());
    let lost = call_error(CallErrorKind::MaybeApplied, "");
    let waits: Vec<NextAction> =
        (0..12).map(|_| engine.on_call_failed(&lost, u64::MAX / 3)).collect();
    let millis: Vec<u128> =
        waits
            .iter()
            .map(|next| {
                if let NextAction::Wait(wait) = next {
                    wait.as_millis()
                } else {
                    panic!("{next:?}")
                }
            })
            .collect();
    assert!(millis[0] >= 500 && millis[0] <= 1_000);
    assert!(
        millis.windows(2).all(|pair| pair[0] <= pair[1] * 2)
            && millis[11] <= 300_000
            && millis[11] >= 150_000
    );
    let with_retry_after = CallError { retry_after: Some(Duration::from_secs(900)), ..lost };
    assert_eq!(
        engine.on_call_failed(&with_retry_after, 0),
        NextAction::Wait(Duration::from_secs(900)),
        "the server knows better"
    );
}

#[test]
fn a_stream_that_ends_before_its_checkpoint_is_taken_up_again() {
    let mut engine = engine_after_welcome(&FakeServer::new());
    assert!(matches!(engine.on_stream_closed(0), NextAction::Wait(_)));
}

#[test]
fn an_ended_token_is_renewed_and_a_revoked_phone_destroys_its_data() {
    let mut engine = engine_after_welcome(&FakeServer::new());
    let ended = call_error(CallErrorKind::Unauthenticated, "UNAUTHENTICATED");
    assert_eq!(engine.on_call_failed(&ended, 0), NextAction::RenewToken);
    assert_eq!(engine.on_call_failed(&ended, 0), NextAction::RenewToken);
    assert_eq!(
        engine.on_call_failed(&ended, 0),
        NextAction::Stop(HaltReason::NotAdmitted),
        "renewing does not help"
    );
    let revoked = call_error(CallErrorKind::Unauthenticated, "DEVICE_REVOKED");
    assert_eq!(engine.on_call_failed(&revoked, 0), NextAction::Stop(HaltReason::Revoked));
    assert_eq!(
        engine.on_call_failed(&call_error(CallErrorKind::Precondition, "SERVER_SUPERSEDED"), 0),
        NextAction::TryNextServer,
        "another server may be the right one"
    );
    assert_eq!(
        engine.on_call_failed(&call_error(CallErrorKind::Other, "MALFORMED"), 0),
        NextAction::Stop(HaltReason::ProtocolError)
    );
}

#[test]
fn two_epochs_with_one_number_stop_the_engine_and_nothing_is_staged() {
    let server = FakeServer::new();
    let mut engine = Engine::default();
    let known = Some(Epoch { number: 1, id: [77; 16] });
    engine.build_request(SyncInput { epoch: known, ..SyncInput::default() }, false);
    assert_eq!(
        engine.handle_frame(server.welcome_frame(&[(WORK_SCOPE, pb::ScopeChange::Kept)])),
        Ok(vec![])
    );
    assert_eq!(engine.handle_frame(put_frame(7, 1, 1, b"x", &[WORK_SCOPE], "c")), Ok(vec![]));
    assert_eq!(engine.on_stream_closed(0), NextAction::Stop(HaltReason::EpochConflict));
}

#[test]
fn notices_of_the_server_are_stored() {
    let mut engine = engine_after_welcome(&FakeServer::new());
    let notify = |engine: &mut Engine, what| engine.handle_frame(notice_frame(what)).unwrap();
    let mut ends = pb::TokenExpires { remaining: Some(Default::default()) };
    ends.remaining.iter_mut().for_each(|left| left.seconds = 60);
    notify(&mut engine, pb::notice::Notice::TokenExpires(ends));
    let upgrade = pb::UpgradeWanted { minimum_version: "1.4.0".to_owned() };
    notify(&mut engine, pb::notice::Notice::UpgradeWanted(upgrade));
    assert_eq!(engine.server_info().token_expires_in, Some(Duration::from_secs(60)));
    assert_eq!(engine.server_info().upgrade_wanted.as_deref(), Some("1.4.0"));
    let mut later = pb::RetryAfter { delay: Some(Default::default()) };
    later.delay.iter_mut().for_each(|delay| delay.seconds = 7);
    notify(&mut engine, pb::notice::Notice::RetryAfter(later));
    assert_eq!(engine.on_stream_closed(0), NextAction::Wait(Duration::from_secs(7)));
}
