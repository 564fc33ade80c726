//! A call carried by somebody else: the engine says what to send and is told what came, and whoever holds it brings the bytes there and
//! back. For a transport of the app's own, for rehearsals, and for a simulation that cuts, loses and repeats.
//!
//! ```text
//!  enrol_request -> bytes -> enrol_answer          renew_request(nonce) -> bytes -> renew_answer
//!  call_request -> bytes -> call_frame* -> call_end -> what to do next; a phone that dies in between begins a new call
//! ```
//!
//! One call at a time, and not while following. Knows no network.

use super::{ClientError, Phone, Result, held};
use crate::client::engine::Engine;
use crate::client::link::keys;
use crate::client::runner::renewal;
use crate::client::step::{Failure, FailureKind, Next};
use crate::domain::reason::Reason;
use crate::pb;
use crate::wire::bytes::{decode, encode};
use std::time::Duration;

/// Why a call that somebody carried did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallFailure {
    /// Cut, timed out, no answer: perhaps applied.
    Lost,
    /// The server has no room just now: come back after so many milliseconds.
    Busy {
        /// How long the server asks to wait.
        retry_after_ms: u64,
    },
    /// The token or the device is not accepted, with the code of the reason.
    Unauthenticated {
        /// As in `DEVICE_REVOKED`.
        reason: String,
    },
    /// The server is not in the state for it, with the code of the reason.
    Precondition {
        /// As in `SERVER_SUPERSEDED`.
        reason: String,
    },
    /// Anything else: sending the same again fails again.
    Refused {
        /// Code of the reason.
        reason: String,
    },
}

/// What to do after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallNext {
    /// Nothing: all is exchanged.
    Done,
    /// Call again at once.
    Again,
    /// Call again later, with the same numbers.
    Wait {
        /// How long to wait.
        after_ms: u64,
    },
    /// Renew the token, then call again.
    Renew,
    /// Go to the next server.
    OtherServer,
}

/// A record as it is held, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldRecord {
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
    /// Begins to enrol with the text of a QR picture: the bytes of an `EnrolRequest`.
    pub fn enrol_request(&self, invitation: String) -> Result<Vec<u8>> {
        Ok(encode(&self.core.apply(&invitation)?.1))
    }

    /// Ends it with the bytes of an `EnrolResponse`.
    pub fn enrol_answer(&self, answer: Vec<u8>) -> Result<()> {
        let device = self.core.replica().device()?.ok_or(ClientError::NotEnrolled)?;
        self.core.admitted(device, decode(&answer).map_err(malformed)?)?;
        self.engine(|engine| *engine = Engine::default())
    }

    /// Asks for a new token under the server's nonce: the bytes of a `RenewTokenRequest`.
    pub fn renew_request(&self, nonce: Vec<u8>) -> Result<Vec<u8>> {
        let device = self.core.replica().device()?.ok_or(ClientError::NotEnrolled)?;
        let admission = device.admission.ok_or(ClientError::NotEnrolled)?;
        Ok(encode(&renewal(&device.applicant, &admission, nonce)?))
    }

    /// Takes the bytes of a `RenewTokenResponse`.
    pub fn renew_answer(&self, answer: Vec<u8>) -> Result<()> {
        let device = self.core.replica().device()?.ok_or(ClientError::NotEnrolled)?;
        let admission = device.admission.ok_or(ClientError::NotEnrolled)?;
        Ok(self.core.renewed(&admission, decode(&answer).map_err(malformed)?)?)
    }

    /// Begins a call: the bytes of a `SyncRequest`. A call that did not come to its end is forgotten.
    pub fn call_request(&self, follow: bool) -> Result<Vec<u8>> {
        self.core.admitted_device()?;
        self.engine(|engine| {
            let start = self.core.replica().start(engine.commands_max())?;
            Ok(encode(&engine.begin(start, follow)))
        })?
    }

    /// Takes the bytes of one `SyncResponse`: everything that it says is done and durable when this returns.
    pub fn call_frame(&self, frame: Vec<u8>) -> Result<()> {
        let frame: pb::SyncResponse = decode(&frame).map_err(malformed)?;
        let swaps = self.engine(|engine| {
            let bad = |_| ClientError::BadArgument { what: "frame".to_owned() };
            let steps = engine.frame(frame).map_err(bad)?;
            let mut compare = |mark: &_, held: &[_]| engine.compare(mark, held);
            Ok::<_, ClientError>(self.core.replica().apply(&steps, self.core.clock.now(), &mut compare)?)
        })??;
        self.core.tell(&swaps);
        Ok(())
    }

    /// Ends a call: the stream closed, or failed. A phone that learns that it was revoked destroys what it holds.
    pub fn call_end(&self, failure: Option<CallFailure>) -> Result<CallNext> {
        let chance = keys::random_number();
        let (next, left) = self.engine(|engine| match failure {
            None => (engine.closed(chance), None),
            Some(CallFailure::Lost) => (engine.failed(&read(CallFailure::Lost), chance), engine.last_sent()),
            Some(failure) => (engine.failed(&read(failure), chance), None),
        })?;
        if let Some(number) = left {
            self.core.replica().sent(number)?;
        }
        Ok(match next {
            Next::Done => CallNext::Done,
            Next::Again => CallNext::Again,
            Next::Wait(after) => CallNext::Wait { after_ms: u64::try_from(after.as_millis()).unwrap_or(u64::MAX) },
            Next::Renew => CallNext::Renew,
            Next::OtherServer => CallNext::OtherServer,
            Next::Stop(halt) => return Err(self.core.halt(halt, String::new())?.into()),
        })
    }

    /// Everything that this phone holds, by kind and id: to compare two copies byte for byte.
    pub fn held_records(&self) -> Result<Vec<HeldRecord>> {
        let stored = self.unlocked()?.all_records()?;
        let held = |one: crate::client::replica::Stored| HeldRecord {
            kind: one.key.kind,
            id: one.key.id.to_vec(),
            revision: one.revision,
            bytes: one.bytes,
        };
        Ok(stored.into_iter().map(held).collect())
    }

    /// Scopes that did not agree though they were rebuilt, in the call that ended last: to be reported.
    pub fn call_loops(&self) -> Result<u32> {
        self.engine(|engine| super::small(engine.told().loops.len()))
    }

    fn engine<T>(&self, work: impl FnOnce(&mut Engine) -> T) -> Result<T> {
        if held(&self.following).is_some() {
            return Err(ClientError::BadArgument { what: "call while following".to_owned() });
        }
        self.core.with_engine(work).ok_or(ClientError::BadArgument { what: "call during another".to_owned() })
    }
}

fn malformed(_: Reason) -> ClientError {
    ClientError::BadArgument { what: "message".to_owned() }
}

fn read(failure: CallFailure) -> Failure {
    let (kind, reason, wait) = match failure {
        CallFailure::Lost => (FailureKind::PerhapsApplied, String::new(), None),
        CallFailure::Busy { retry_after_ms } => (FailureKind::Exhausted, String::new(), Some(retry_after_ms)),
        CallFailure::Unauthenticated { reason } => (FailureKind::Unauthenticated, reason, None),
        CallFailure::Precondition { reason } => (FailureKind::Precondition, reason, None),
        CallFailure::Refused { reason } => (FailureKind::Other, reason, None),
    };
    Failure { kind, reason, retry_after: wait.map(Duration::from_millis), message: String::new() }
}
