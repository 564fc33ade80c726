//! The runner: does what the engine says. Calls, waits, renews, goes to the next server, follows; one call at a time.
//!
//! Decides nothing about frames or digests. What one call brings at once is written in one transaction, so that a sync with nothing
//! new costs one fsync.

mod admit;
mod exchange;
mod follow;

pub(crate) use admit::renewal;
pub(crate) use exchange::{Cut, Exchanged};
pub(crate) use follow::Following;

use super::engine::Engine;
use super::link::count::Counters;
use super::link::{Link, Target, keys};
use super::replica::{Device, Replica, ReplicaError, Swapped};
use super::step::{Failure, Halt};
use crate::clock::Clock;
use crate::domain::enrolment::BadInvite;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Why a sync, an enrolment or a renewal did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RunError {
    /// The local database failed.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// No server could be reached, or it has no room: try again after this time.
    #[error("no answer: {message}")]
    Later {
        /// How long to wait.
        after: Duration,
        /// For logs.
        message: String,
    },
    /// Nothing goes on by itself.
    #[error("stopped: {halt:?} {message}")]
    Halted {
        /// Why.
        halt: Halt,
        /// For logs.
        message: String,
    },
    /// The phone was never enrolled.
    #[error("not enrolled")]
    NotEnrolled,
    /// The phone is enrolled already; another person is another enrolment.
    #[error("enrolled already")]
    AlreadyEnrolled,
    /// The text is no invitation.
    #[error(transparent)]
    BadInvite(#[from] BadInvite),
    /// The server refused the code or the signature.
    #[error("the code was refused: {0}")]
    CodeRefused(String),
    /// The phone has no randomness, or its key is damaged.
    #[error(transparent)]
    Key(#[from] keys::BadKey),
}

/// What the app is told; set once by the facade.
pub(crate) type Listener = Arc<dyn Fn(&Swapped) + Send + Sync>;

/// What the tasks of one phone share.
pub(crate) struct Core {
    replica: Mutex<Replica>,
    /// Only its holder calls: one call at a time.
    engine: tokio::sync::Mutex<Engine>,
    link: Mutex<Option<(Target, Link)>>,
    server: AtomicUsize,
    /// There is something to send, or somebody else wants to call.
    pub(crate) wake: Notify,
    listener: Mutex<Option<Listener>>,
    pub(crate) clock: Clock,
    pub(crate) counters: Arc<Counters>,
}

impl Core {
    pub(crate) fn new(replica: Replica, clock: Clock) -> Self {
        Self {
            replica: Mutex::new(replica),
            engine: tokio::sync::Mutex::new(Engine::default()),
            link: Mutex::new(None),
            server: AtomicUsize::new(0),
            wake: Notify::new(),
            listener: Mutex::new(None),
            clock,
            counters: Arc::new(Counters::default()),
        }
    }

    /// The replica; never held across an await. A panic of another holder rolled its transaction back.
    pub(crate) fn replica(&self) -> MutexGuard<'_, Replica> {
        self.replica.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn listen(&self, listener: Option<Listener>) {
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = listener;
    }

    /// Lends the engine to whoever carries a call; `None` while a call runs.
    pub(crate) fn with_engine<T>(&self, work: impl FnOnce(&mut Engine) -> T) -> Option<T> {
        self.engine.try_lock().ok().map(|mut engine| work(&mut engine))
    }

    /// Tells the app, outside every lock of ours.
    pub(crate) fn tell(&self, swaps: &[Swapped]) {
        let listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(listener) = listener {
            swaps.iter().for_each(|swapped| listener(swapped));
        }
    }

    /// The link to the present server of the list.
    fn link(&self, device: &Device) -> Result<Link, Failure> {
        let addresses = &device.applicant.addresses;
        let at = self.server.load(Ordering::Relaxed) % addresses.len().max(1);
        let address = addresses.get(at).cloned().unwrap_or_default();
        let mut held = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        let target = Target { address, trusted: device.applicant.trusted.clone() };
        if let Some((known, link)) = held.as_ref()
            && *known == target
        {
            return Ok(link.clone());
        }
        let link = Link::new(&target, &self.counters)?;
        *held = Some((target, link.clone()));
        Ok(link)
    }

    /// Goes to the next server of the list with the next call.
    fn next_server(&self) {
        self.server.fetch_add(1, Ordering::Relaxed);
        self.hang_up();
    }

    /// Closes the connection; the next call makes a new one.
    pub(crate) fn hang_up(&self) {
        *self.link.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
