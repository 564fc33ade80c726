//! Sync over a transport of the caller: the engine builds requests as bytes and handles responses
//! as bytes. For apps with their own transport, for rehearsals, and for simulations that cut, lose
//! and repeat messages.
//!
//! ```text
//! build_enrol_request -> bytes -> handle_enrol_response
//! build_begin_renewal_request -> bytes -> read_renewal_nonce
//! build_renew_request(nonce) -> bytes -> handle_renew_response
//! build_sync_request -> bytes -> handle_sync_frame* -> end_sync_call -> next action
//! ```
//!
//! The caller knows how to send bytes to `server_address`, with the `access_token` as `Bearer`
//! where the contract asks for one. What a status means is decided here: the caller passes it on as
//! it came (`CallStatus`).
//!
//! One call at a time, and not while following. A call that was not ended is dropped by the next
//! one.

use super::{ClientError, Phone, Result};
use crate::client::call_status::to_call_error;
use crate::client::device_key;
use crate::client::engine::Engine;
use crate::client::protocol::{CallError, CallErrorKind, NextAction};
use crate::client::runner::{build_renew_request, enrolment_refused_error};
use crate::domain::access::enrolment::renewal_signing_input;
use crate::domain::support::reason::RefusalReason;
use crate::pb;
use crate::wire::bytes::{decode_message, encode_message};
use std::time::Duration;

/// Why a call over an external transport failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Enum))]
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
    /// By the phone's clock the server's certificate is not valid; nothing was sent.
    ClockWrong {
        /// Seconds by which the clock is wrong at least: positive if it is ahead.
        by_seconds: i64,
    },
    /// Any other failure: the same request would fail again.
    Refused {
        /// Code of the reason.
        reason: String,
    },
}

/// The status with which a server ended a call, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
pub struct CallStatus {
    /// Code of gRPC, 0 to 16. For a call without any status: 14 (UNAVAILABLE).
    pub code: i32,
    /// `grpc-message`, for logs.
    pub text: String,
    /// The decoded bytes of `grpc-status-details-bin`; empty without them.
    pub details: Vec<u8>,
}

/// The token of the calls that need one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
pub struct AccessTokenView {
    /// The value after `Bearer ` in the header `authorization`; secret.
    pub token: String,
    /// When it ends, in microseconds since 1970 UTC by the server's clock.
    pub expires_at_micros: i64,
    /// Whether it has ended by this phone's clock: renew it before the next call.
    pub is_expired: bool,
}

/// The next action after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Enum))]
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
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
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

#[cfg_attr(feature = "bindings", uniffi::export)]
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

    /// The error of an enrolment call that ended with a status; the same text may be tried again.
    pub fn explain_enrol_failure(&self, status: CallStatus) -> ClientError {
        let CallStatus { code, text, details } = status;
        enrolment_refused_error(Some(to_call_error(code, text, &details))).into()
    }

    /// The address of the server to call, as in `https://10.0.0.2:8443`. Changes when the engine
    /// chooses the next server of its list.
    pub fn server_address(&self) -> Result<String> {
        let device = self.runner.replica().device()?.ok_or(ClientError::NotEnrolled)?;
        Ok(self.runner.selected_address(&device))
    }

    /// The present token.
    pub fn access_token(&self) -> Result<AccessTokenView> {
        let (_, enrolment) = self.identity_and_enrolment()?;
        let expires_at_micros = enrolment.token_expires_at;
        let is_expired = self.runner.clock.now().0 >= expires_at_micros;
        Ok(AccessTokenView { token: enrolment.token, expires_at_micros, is_expired })
    }

    /// Starts the renewal of the token: the bytes of a `BeginRenewalRequest`.
    pub fn build_begin_renewal_request(&self) -> Result<Vec<u8>> {
        let (identity, _) = self.identity_and_enrolment()?;
        let device_id = identity.device_id.0.to_vec();
        Ok(encode_message(&pb::BeginRenewalRequest { device_id }))
    }

    /// The nonce in the bytes of a `BeginRenewalResponse`.
    pub fn read_renewal_nonce(&self, answer: Vec<u8>) -> Result<Vec<u8>> {
        let answer: pb::BeginRenewalResponse =
            decode_message(&answer).map_err(malformed_message_error)?;
        Ok(answer.nonce)
    }

    /// Builds a request for a new token, signed over the server's nonce: the bytes of a
    /// `RenewTokenRequest`.
    pub fn build_renew_request(&self, nonce: Vec<u8>) -> Result<Vec<u8>> {
        let (identity, enrolment) = self.identity_and_enrolment()?;
        let signature = self.sign(&identity, renewal_signing_input(identity.device_id, &nonce))?;
        Ok(encode_message(&build_renew_request(&identity, &enrolment, nonce, &signature)?))
    }

    /// Handles the bytes of a `RenewTokenResponse`.
    pub fn handle_renew_response(&self, answer: Vec<u8>) -> Result<()> {
        let (_, enrolment) = self.identity_and_enrolment()?;
        Ok(self.runner.save_renewed_token(
            &enrolment,
            decode_message(&answer).map_err(malformed_message_error)?,
        )?)
    }

    /// Ends a renewal whose calls failed with this status. Deletes all local data if the phone was
    /// revoked.
    pub fn end_renewal_with_status(&self, status: CallStatus) -> Result<CallNext> {
        let CallStatus { code, text, details } = status;
        let failure = to_call_error(code, text, &details);
        let next =
            self.with_engine(|engine| engine.on_call_failed(&failure, device_key::random_u64()))?;
        self.to_call_next(next, failure.message)
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

    /// Whether a call that follows should be ended now, because another one has something to do.
    pub fn needs_another_call(&self) -> Result<bool> {
        self.with_engine(|engine| engine.needs_another_call())
    }

    /// Ends a call whose stream closed or failed. Deletes all local data if the phone was revoked.
    pub fn end_sync_call(&self, failure: Option<CallFailure>) -> Result<CallNext> {
        self.end_call(failure.map(from_call_failure))
    }

    /// Ends a call with the status of its stream; the code 0 is a stream that closed. Deletes all
    /// local data if the phone was revoked.
    pub fn end_sync_call_with_status(&self, status: CallStatus) -> Result<CallNext> {
        let CallStatus { code, text, details } = status;
        self.end_call((code != 0).then(|| to_call_error(code, text, &details)))
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
}

impl Phone {
    fn end_call(&self, failure: Option<CallError>) -> Result<CallNext> {
        let chance = device_key::random_u64();
        let (next, left) = self.with_engine(|engine| match &failure {
            None => (engine.on_stream_closed(chance), None),
            Some(failure) if failure.kind == CallErrorKind::MaybeApplied => {
                (engine.on_call_failed(failure, chance), engine.last_sent_number())
            }
            Some(failure) => (engine.on_call_failed(failure, chance), None),
        })?;
        if let Some(number) = left {
            self.runner.replica().mark_sent(number)?;
        }
        self.to_call_next(next, failure.map(|failure| failure.message).unwrap_or_default())
    }

    /// The next action for the caller; the next server is selected here.
    fn to_call_next(&self, next: NextAction, message: String) -> Result<CallNext> {
        Ok(match next {
            NextAction::Done => CallNext::Done,
            NextAction::CallAgain => CallNext::CallAgain,
            NextAction::Wait(after) => {
                self.runner.advance_server();
                CallNext::Wait { after_ms: u64::try_from(after.as_millis()).unwrap_or(u64::MAX) }
            }
            NextAction::RenewToken => CallNext::RenewToken,
            NextAction::TryNextServer => {
                self.runner.advance_server();
                CallNext::TryNextServer
            }
            NextAction::Stop(halt) => {
                return Err(self.runner.to_halt_error(halt, message)?.into());
            }
        })
    }

    fn with_engine<T>(&self, work: impl FnOnce(&mut Engine) -> T) -> Result<T> {
        #[cfg(feature = "client-net")]
        if super::lock_ignoring_poison(&self.follow_task).is_some() {
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

fn from_call_failure(failure: CallFailure) -> CallError {
    let (kind, reason, wait) = match failure {
        CallFailure::Lost => (CallErrorKind::MaybeApplied, String::new(), None),
        CallFailure::Busy { retry_after_ms } => {
            (CallErrorKind::Exhausted, String::new(), Some(retry_after_ms))
        }
        CallFailure::Unauthenticated { reason } => (CallErrorKind::Unauthenticated, reason, None),
        CallFailure::Precondition { reason } => (CallErrorKind::Precondition, reason, None),
        CallFailure::ClockWrong { by_seconds } => {
            (CallErrorKind::ClockWrong { by_seconds }, String::new(), None)
        }
        CallFailure::Refused { reason } => (CallErrorKind::Other, reason, None),
    };
    CallError { kind, reason, retry_after: wait.map(Duration::from_millis), message: String::new() }
}
