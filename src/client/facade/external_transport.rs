//! Sync over a transport of the caller: the engine builds requests as bytes and handles responses
//! as bytes. For apps with their own transport, for rehearsals, and for simulations that cut, lose
//! and repeat messages.
//!
//! ```text
//! build_enrol_request -> bytes -> handle_enrol_response
//! build_renew_request(nonce) -> bytes -> handle_renew_response
//! build_sync_request -> bytes -> handle_sync_frame* -> end_sync_call -> next action
//! ```
//!
//! One call at a time, and not while following. A call that was not ended is dropped by the next
//! one.

use super::{ClientError, Phone, Result, lock_ignoring_poison};
use crate::client::engine::Engine;
use crate::client::protocol::{CallError, CallErrorKind, NextAction};
use crate::client::runner::build_renew_request;
use crate::client::transport::device_key;
use crate::domain::support::reason::RefusalReason;
use crate::pb;
use crate::wire::bytes::{decode_message, encode_message};
use std::time::Duration;

/// Why a call over an external transport failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallFailure {
    /// Cut, timed out, no response: possibly applied.
    Lost,
    /// The server has no capacity at the moment.
    Busy {
        /// Delay that the server requests, in milliseconds.
        retry_after_ms: u64,
    },
    /// The token or the device is not accepted.
    Unauthenticated {
        /// Code of the reason, as in `DEVICE_REVOKED`.
        reason: String,
    },
    /// The server is not in a state that allows the call.
    Precondition {
        /// Code of the reason, as in `SERVER_SUPERSEDED`.
        reason: String,
    },
    /// Any other failure: the same request would fail again.
    Refused {
        /// Code of the reason.
        reason: String,
    },
}

/// The next action after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallNext {
    /// Nothing: all data are exchanged.
    Done,
    /// Call again at once.
    CallAgain,
    /// Call again later, with the same numbers.
    Wait {
        /// Delay in milliseconds.
        after_ms: u64,
    },
    /// Renew the token, then call again.
    RenewToken,
    /// Use the next server of the list.
    TryNextServer,
}

/// A stored record with its exact bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordView {
    /// Number of its kind in the contract.
    pub kind: i16,
    /// Its id.
    pub id: Vec<u8>,
    /// Its revision.
    pub revision: i64,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Phone {
    /// Starts the enrolment with the text of a QR code: the bytes of an `EnrolRequest`.
    pub fn build_enrol_request(&self, invitation: String) -> Result<Vec<u8>> {
        Ok(encode_message(&self.runner.begin_enrolment(&invitation)?.1))
    }

    /// Completes the enrolment with the bytes of an `EnrolResponse`.
    pub fn handle_enrol_response(&self, answer: Vec<u8>) -> Result<()> {
        let device = self.runner.replica().device()?.ok_or(ClientError::NotEnrolled)?;
        self.runner.complete_enrolment(
            device,
            decode_message(&answer).map_err(malformed_message_error)?,
        )?;
        self.with_engine(|engine| *engine = Engine::default())
    }

    /// Builds a request for a new token, signed over the server's nonce: the bytes of a
    /// `RenewTokenRequest`.
    pub fn build_renew_request(&self, nonce: Vec<u8>) -> Result<Vec<u8>> {
        let device = self.runner.replica().device()?.ok_or(ClientError::NotEnrolled)?;
        let enrolment = device.enrolment.ok_or(ClientError::NotEnrolled)?;
        Ok(encode_message(&build_renew_request(&device.identity, &enrolment, nonce)?))
    }

    /// Handles the bytes of a `RenewTokenResponse`.
    pub fn handle_renew_response(&self, answer: Vec<u8>) -> Result<()> {
        let device = self.runner.replica().device()?.ok_or(ClientError::NotEnrolled)?;
        let enrolment = device.enrolment.ok_or(ClientError::NotEnrolled)?;
        Ok(self.runner.save_renewed_token(
            &enrolment,
            decode_message(&answer).map_err(malformed_message_error)?,
        )?)
    }

    /// Starts a call: the bytes of a `SyncRequest`. Drops a call that was not ended.
    pub fn build_sync_request(&self, follow: bool) -> Result<Vec<u8>> {
        self.runner.enrolled_device()?;
        self.with_engine(|engine| {
            let start = self.runner.replica().load_sync_input(engine.commands_max())?;
            Ok(encode_message(&engine.build_request(start, follow)))
        })?
    }

    /// Handles the bytes of one `SyncResponse`; its effects are durable when this returns.
    pub fn handle_sync_frame(&self, frame: Vec<u8>) -> Result<()> {
        let frame: pb::SyncResponse = decode_message(&frame).map_err(malformed_message_error)?;
        let swaps = self.with_engine(|engine| {
            let bad = |_| ClientError::BadArgument { what: "frame".to_owned() };
            let actions = engine.handle_frame(frame).map_err(bad)?;
            let mut compare =
                |checkpoint: &_, local: &[_]| engine.compare_digests(checkpoint, local);
            Ok::<_, ClientError>(self.runner.replica().apply_actions(
                &actions,
                self.runner.clock.now(),
                &mut compare,
            )?)
        })??;
        self.runner.notify_listener(&swaps);
        Ok(())
    }

    /// Ends a call whose stream closed or failed. Deletes all local data if the phone was revoked.
    pub fn end_sync_call(&self, failure: Option<CallFailure>) -> Result<CallNext> {
        let chance = device_key::random_u64();
        let (next, left) = self.with_engine(|engine| match failure {
            None => (engine.on_stream_closed(chance), None),
            Some(CallFailure::Lost) => (
                engine.on_call_failed(&to_call_error(CallFailure::Lost), chance),
                engine.last_sent_number(),
            ),
            Some(failure) => (engine.on_call_failed(&to_call_error(failure), chance), None),
        })?;
        if let Some(number) = left {
            self.runner.replica().mark_sent(number)?;
        }
        Ok(match next {
            NextAction::Done => CallNext::Done,
            NextAction::CallAgain => CallNext::CallAgain,
            NextAction::Wait(after) => {
                CallNext::Wait { after_ms: u64::try_from(after.as_millis()).unwrap_or(u64::MAX) }
            }
            NextAction::RenewToken => CallNext::RenewToken,
            NextAction::TryNextServer => CallNext::TryNextServer,
            NextAction::Stop(halt) => {
                return Err(self.runner.to_halt_error(halt, String::new())?.into());
            }
        })
    }

    /// All stored records, by kind and id, to compare two copies byte for byte.
    pub fn all_records(&self) -> Result<Vec<RecordView>> {
        let stored = self.lock_under_lease()?.all_records()?;
        let to_view = |one: crate::client::replica::ReplicaRecord| RecordView {
            kind: one.key.kind,
            id: one.key.id.to_vec(),
            revision: one.revision,
            bytes: one.bytes,
        };
        Ok(stored.into_iter().map(to_view).collect())
    }

    /// Number of scopes whose digest still differed after a rebuild, in the last ended call.
    pub fn diverged_scope_count(&self) -> Result<u32> {
        self.with_engine(|engine| super::saturating_u32(engine.server_info().diverged_scopes.len()))
    }

    /// Whether the digest of a brief answer differed in the present call, so that the next call
    /// asks for the digest of each scope.
    pub fn has_state_differed(&self) -> Result<bool> {
        self.with_engine(|engine| engine.server_info().state_differed)
    }

    fn with_engine<T>(&self, work: impl FnOnce(&mut Engine) -> T) -> Result<T> {
        if lock_ignoring_poison(&self.follow_task).is_some() {
            return Err(ClientError::BadArgument { what: "call while following".to_owned() });
        }
        self.runner
            .with_engine(work)
            .ok_or(ClientError::BadArgument { what: "call during another".to_owned() })
    }
}

fn malformed_message_error(_: RefusalReason) -> ClientError {
    ClientError::BadArgument { what: "message".to_owned() }
}

fn to_call_error(failure: CallFailure) -> CallError {
    let (kind, reason, wait) = match failure {
        CallFailure::Lost => (CallErrorKind::MaybeApplied, String::new(), None),
        CallFailure::Busy { retry_after_ms } => {
            (CallErrorKind::Exhausted, String::new(), Some(retry_after_ms))
        }
        CallFailure::Unauthenticated { reason } => (CallErrorKind::Unauthenticated, reason, None),
        CallFailure::Precondition { reason } => (CallErrorKind::Precondition, reason, None),
        CallFailure::Refused { reason } => (CallErrorKind::Other, reason, None),
    };
    CallError { kind, reason, retry_after: wait.map(Duration::from_millis), message: String::new() }
}
