//! The runner executes the engine's decisions: it calls, waits, renews the token, changes the
//! server and follows, one call at a time.
//!
//! Everything received at once is written in one transaction, so that a sync without changes costs
//! one fsync.

mod enrolment;
mod exchange;
mod follow;

pub(crate) use enrolment::build_renew_request;
pub(crate) use exchange::{ExchangeStats, FaultInjection};
pub(crate) use follow::FollowTask;

use super::engine::Engine;
use super::protocol::{CallError, CallErrorKind, HaltReason};
use super::replica::{LocalDevice, LocalReplica, ReplicaError, SwapResult};
use super::transport::traffic::TrafficCounters;
use super::transport::{PinnedEndpoint, ServerClient, device_key};
use crate::clock::Clock;
use crate::domain::access::enrolment::InviteError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

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
    /// Random numbers are not available, or the key is damaged.
    #[error(transparent)]
    DeviceKey(#[from] device_key::DeviceKeyError),
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
    engine: tokio::sync::Mutex<Engine>,
    client: Mutex<Option<(PinnedEndpoint, ServerClient)>>,
    server_index: AtomicUsize,
    /// Wakes a follow call: there is a command to send, or another task wants to call.
    pub(crate) wake: Notify,
    listener: Mutex<Option<SwapListener>>,
    pub(crate) clock: Clock,
    pub(crate) traffic: Arc<TrafficCounters>,
}

impl Runner {
    pub(crate) fn new(replica: LocalReplica, clock: Clock) -> Self {
        Self {
            replica: Mutex::new(replica),
            engine: tokio::sync::Mutex::new(Engine::default()),
            client: Mutex::new(None),
            server_index: AtomicUsize::new(0),
            wake: Notify::new(),
            listener: Mutex::new(None),
            clock,
            traffic: Arc::new(TrafficCounters::default()),
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
    pub(crate) fn with_engine<T>(&self, work: impl FnOnce(&mut Engine) -> T) -> Option<T> {
        self.engine.try_lock().ok().map(|mut engine| work(&mut engine))
    }

    /// Calls the listener without any lock held.
    pub(crate) fn notify_listener(&self, swaps: &[SwapResult]) {
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(listener) = listener {
            swaps.iter().for_each(|swapped| listener(swapped));
        }
    }

    /// The connection to the selected server of the list.
    fn server_client(&self, device: &LocalDevice) -> Result<ServerClient, CallError> {
        let addresses = &device.identity.addresses;
        let at = self.server_index.load(Ordering::Relaxed) % addresses.len().max(1);
        let address = addresses.get(at).cloned().unwrap_or_default();
        let mut cached = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        let target = PinnedEndpoint {
            address,
            trusted_ca_sha256: device.identity.trusted_ca_sha256.clone(),
        };
        if let Some((known, client)) = cached.as_ref()
            && *known == target
        {
            return Ok(client.clone());
        }
        let client = ServerClient::new(&target, &self.traffic)?;
        *cached = Some((target, client.clone()));
        Ok(client)
    }

    /// Selects the next server of the list for the next call.
    fn advance_server(&self) {
        self.server_index.fetch_add(1, Ordering::Relaxed);
        self.disconnect();
    }

    /// Closes the connection; the next call makes a new one.
    pub(crate) fn disconnect(&self) {
        *self.client.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
