//! The runner holds the state of one phone and executes the engine's decisions. With the feature
//! `client-net` it calls, waits, renews the token, changes the server and follows, one call at a
//! time; without it a caller carries the bytes of each call.
//!
//! Everything received at once is written in one transaction, so that a sync without changes costs
//! one fsync.

mod enrolment;
#[cfg(feature = "client-net")]
mod enrolment_calls;
#[cfg(feature = "client-net")]
mod exchange;
mod finding_reply;
#[cfg(feature = "client-net")]
mod follow;
#[cfg(feature = "client-net")]
mod network;

pub(crate) use enrolment::{build_enrol_request, build_renew_request, enrolment_refused_error};
#[cfg(feature = "client-net")]
pub(crate) use exchange::{ExchangeStats, FaultInjection};
pub(crate) use finding_reply::to_reply_error;
#[cfg(feature = "client-net")]
pub(crate) use follow::FollowTask;

use super::device_key::{self, DeviceSigner, SignerError};
use super::engine::Engine;
use super::protocol::{CallError, CallErrorKind, HaltReason};
use super::replica::{LocalDevice, LocalReplica, ReplicaError, SwapResult};
use crate::clock::Clock;
use crate::domain::access::enrolment::InviteError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

// A call of the runner holds the engine's lock across awaits.
#[cfg(not(feature = "client-net"))]
use std::sync::{Mutex as EngineLock, TryLockError};
#[cfg(feature = "client-net")]
use tokio::sync::Mutex as EngineLock;

/// Why a sync, an enrolment or a renewal failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RunnerError {
    /// The local database failed.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// No server could be reached, or it has no capacity: retry after this time.
    #[error("no answer: {message}")]
    RetryLater {
        /// The delay.
        after: Duration,
        /// For logs.
        message: String,
    },
    /// By the phone's clock no server's certificate is valid.
    #[error("the phone's clock is wrong by {by_seconds} s")]
    ClockWrong {
        /// Seconds by which the clock is wrong at least: positive if it is ahead.
        by_seconds: i64,
    },
    /// Sync stops until a person acts.
    #[error("stopped: {halt:?} {message}")]
    Halted {
        /// The reason.
        halt: HaltReason,
        /// For logs.
        message: String,
    },
    /// The phone was never enrolled.
    #[error("not enrolled")]
    NotEnrolled,
    /// The phone is enrolled already; erase its data before enrolling another account.
    #[error("enrolled already")]
    AlreadyEnrolled,
    /// The text is not an invitation.
    #[error(transparent)]
    Invite(#[from] InviteError),
    /// The server refused the code or the signature.
    #[error("the code was refused: {0}")]
    CodeRefused(String),
    /// The server refused what a person asked for.
    #[error("refused: {reason}")]
    Refused {
        /// Code of the reason.
        reason: String,
    },
    /// Random numbers are not available, or the key is damaged.
    #[error(transparent)]
    DeviceKey(#[from] device_key::DeviceKeyError),
}

impl From<SignerError> for RunnerError {
    fn from(error: SignerError) -> Self {
        Self::DeviceKey(error.into())
    }
}

impl RunnerError {
    /// The error of a failed call after which the runner has to wait.
    pub(crate) fn from_waiting_call(failure: CallError, after: Duration) -> Self {
        match failure.kind {
            CallErrorKind::ClockWrong { by_seconds } => Self::ClockWrong { by_seconds },
            CallErrorKind::MaybeApplied
            | CallErrorKind::Exhausted
            | CallErrorKind::Unauthenticated
            | CallErrorKind::Precondition
            | CallErrorKind::Other => Self::RetryLater { after, message: failure.message },
        }
    }
}

/// The facade's callback for each swap.
pub(crate) type SwapListener = Arc<dyn Fn(&SwapResult) + Send + Sync>;

/// The state shared by the tasks of one phone.
pub(crate) struct Runner {
    replica: Mutex<LocalReplica>,
    /// Its lock allows one call at a time.
    engine: EngineLock<Engine>,
    server_index: AtomicUsize,
    listener: Mutex<Option<SwapListener>>,
    /// Signs for a phone whose key is not in the replica.
    signer: Option<Arc<dyn DeviceSigner>>,
    pub(crate) clock: Clock,
    #[cfg(feature = "client-net")]
    pub(crate) network: network::NetworkState,
}

impl Runner {
    pub(crate) fn new(
        replica: LocalReplica,
        clock: Clock,
        signer: Option<Arc<dyn DeviceSigner>>,
    ) -> Self {
        Self {
            replica: Mutex::new(replica),
            engine: EngineLock::new(Engine::default()),
            server_index: AtomicUsize::new(0),
            listener: Mutex::new(None),
            signer,
            clock,
            #[cfg(feature = "client-net")]
            network: network::NetworkState::default(),
        }
    }

    /// Locks the replica; the guard is never held across an await. A panic of another holder rolled
    /// its transaction back.
    pub(crate) fn replica(&self) -> MutexGuard<'_, LocalReplica> {
        self.replica.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_listener(&self, listener: Option<SwapListener>) {
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = listener;
    }

    /// Gives access to the engine for an external transport; `None` while a call runs.
    #[cfg(feature = "client-net")]
    pub(crate) fn with_engine<T>(&self, work: impl FnOnce(&mut Engine) -> T) -> Option<T> {
        self.engine.try_lock().ok().map(|mut engine| work(&mut engine))
    }

    /// Gives access to the engine for an external transport; `None` while another thread has it. A
    /// call that panicked counts as cut.
    #[cfg(not(feature = "client-net"))]
    pub(crate) fn with_engine<T>(&self, work: impl FnOnce(&mut Engine) -> T) -> Option<T> {
        match self.engine.try_lock() {
            Ok(mut engine) => Some(work(&mut engine)),
            Err(TryLockError::Poisoned(poisoned)) => Some(work(&mut poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Calls the listener without any lock held.
    pub(crate) fn notify_listener(&self, swaps: &[SwapResult]) {
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(listener) = listener {
            swaps.iter().for_each(|swapped| listener(swapped));
        }
    }

    /// The address of the selected server of the list; empty if the list is.
    pub(crate) fn selected_address(&self, device: &LocalDevice) -> String {
        let addresses = &device.identity.addresses;
        let at = self.server_index.load(Ordering::Relaxed) % addresses.len().max(1);
        addresses.get(at).cloned().unwrap_or_default()
    }

    /// Selects the next server of the list for the next call.
    pub(crate) fn advance_server(&self) {
        self.server_index.fetch_add(1, Ordering::Relaxed);
        self.disconnect();
    }

    /// Closes the connection, if there is one; the next call makes a new one.
    pub(crate) fn disconnect(&self) {
        #[cfg(feature = "client-net")]
        self.network.close_connection();
    }

    /// Lets a follow call send new commands, if one runs.
    pub(crate) fn notify_new_commands(&self) {
        #[cfg(feature = "client-net")]
        self.network.wake.notify_one();
    }

    /// Builds the error of a halt; first deletes all local data if the phone was revoked.
    pub(crate) fn to_halt_error(
        &self,
        halt: HaltReason,
        message: String,
    ) -> Result<RunnerError, RunnerError> {
        if halt == HaltReason::Revoked {
            self.replica().erase()?;
            self.disconnect();
            self.notify_listener(&[SwapResult::default()]);
        }
        Ok(RunnerError::Halted { halt, message })
    }

    /// The identity of this phone; fails if it is not enrolled or was forked.
    pub(crate) fn enrolled_device(&self) -> Result<LocalDevice, RunnerError> {
        let device = self.replica().device()?.filter(|device| device.enrolment.is_some());
        let device = device.ok_or(RunnerError::NotEnrolled)?;
        match self.replica().progress()?.forked_number {
            0 => Ok(device),
            number => Err(RunnerError::Halted {
                halt: HaltReason::Forked(number),
                message: String::new(),
            }),
        }
    }
}
