//! The only public surface of the phone's engine: one object, owned values, callbacks as traits, one error. Every method may be called
//! from any thread and blocks until it is done; Kotlin and Swift call them off the main thread.
//!
//! Shows no target, limit, pace or verdict computed from unsent cells: the next figure must not be weighed against the target.
#![allow(clippy::needless_pass_by_value, reason = "owned values are what bindings to Kotlin and Swift can pass")]
#![expect(clippy::needless_pass_by_value, reason = "bindings to Kotlin and Swift hand over owned values")]

mod carry;
mod desk;
mod error;
mod finding;
mod judged;
mod read;
mod report;
mod review;
mod show;
mod standing;
mod values;
mod write;

pub use carry::{CallFailure, CallNext, HeldRecord};
pub use error::{ClientError, FieldProblem, StopReason};
pub use finding::FindingView;
pub use standing::{FigureView, JudgementView, StandingView};
pub use values::{
    CellEntry, CellView, Change, CommandKind, CommandState, CommandView, CommentView, Concern, ConflictView, DueReport,
    Figure, HeldView, LeaseView, OutboxStatus, ProposalView, QuestionView, ReceiptView, RefusedCommand, ReportKey,
    ReportStatus, ReportView, ScopeView, SessionView, SyncSummary, WaitingReport, WireLine,
};

use super::reference::{KINDS, Reference};
use super::replica::{Replica, Swapped};
use super::runner::{Core, Cut, Exchanged, Following, RunError};
use super::step::Outcome;
use crate::clock::Clock;
use crate::domain::scope::RecordKind;
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, mpsc};
use tokio::runtime::{Builder, Handle, Runtime};

type Result<T> = std::result::Result<T, ClientError>;

/// Hears what changed. Called from a thread of the engine, holding no lock: it may call back.
pub trait ChangeListener: Send + Sync {
    /// Something came into view.
    fn changed(&self, change: Change);
    /// Following stopped by itself; only a person can go on.
    fn stopped(&self, error: ClientError);
}

/// One enrolment: one account on one phone, with its replica and outbox.
pub struct Phone {
    core: Arc<Core>,
    reference: Arc<Mutex<Option<Arc<Reference>>>>,
    following: Mutex<Option<Following>>,
    listener: Arc<Mutex<Option<Arc<dyn ChangeListener>>>>,
}

impl Phone {
    /// Opens the local database, or makes it, and brings its tables up to date.
    pub fn open(path: String) -> Result<Self> {
        Self::open_with(Path::new(&path), Clock::System)
    }

    /// Opens with a clock of the caller's: for tests and the demo.
    pub fn open_with(path: &Path, clock: Clock) -> Result<Self> {
        let core = Arc::new(Core::new(Replica::open(path)?, clock));
        let phone = Self { core, reference: Arc::default(), following: Mutex::default(), listener: Arc::default() };
        let (reference, listener) = (phone.reference.clone(), phone.listener.clone());
        phone.core.listen(Some(Arc::new(move |swapped: &Swapped| {
            let change = show::change(swapped);
            if change.reference {
                *held(&reference) = None;
            }
            let listener = held(&listener).clone();
            if let Some(listener) = listener {
                listener.changed(change);
            }
        })));
        Ok(phone)
    }

    /// Says who wants to hear of changes; the one before is forgotten.
    pub fn set_listener(&self, listener: Option<Box<dyn ChangeListener>>) {
        *held(&self.listener) = listener.map(Arc::from);
    }

    /// Enrols with the text of a QR picture. May be asked again with the same text after a lost answer.
    pub fn enrol(&self, invitation: String) -> Result<SessionView> {
        let core = self.core.clone();
        block(async move { core.enrol(&invitation).await })?.map_err(ClientError::from)?;
        self.session()?.ok_or(ClientError::NotEnrolled)
    }

    /// Sends what waits and receives what is new. Safe at any time, also while following.
    pub fn sync_once(&self) -> Result<SyncSummary> {
        self.sync_cut(None)
    }

    /// A sync over a link that breaks: after so many frames the rest of the answer is lost, `Some(0)`: all of it. For rehearsals, tests
    /// and the demo.
    pub fn sync_cut(&self, after_frames: Option<u32>) -> Result<SyncSummary> {
        let core = self.core.clone();
        let done = block(async move { core.sync(Cut { after_frames }).await })??;
        Ok(summary(&done))
    }

    /// Begins to follow: changes come as they happen, and what is typed is sent at once, until `stop_following`.
    pub fn start_following(&self) -> Result<()> {
        let listener = self.listener.clone();
        let stopped = move |error: &RunError| {
            let listener = held(&listener).clone();
            if let Some(listener) = listener {
                listener.stopped(error.clone().into());
            }
        };
        *held(&self.following) = Some(Following::start(self.core.clone(), &runtime()?, Arc::new(stopped)));
        Ok(())
    }

    /// Stops following. What came so far is kept.
    pub fn stop_following(&self) {
        *held(&self.following) = None;
    }

    /// Closes the connection; the next sync makes a new one.
    pub fn hang_up(&self) {
        self.core.hang_up();
    }

    /// Asks for every scope anew with the next sync. Outbox and drafts stay.
    pub fn rebuild(&self) -> Result<()> {
        Ok(self.core.replica().rebuild_all()?)
    }

    /// Destroys all local data, unsent work included: logging out. Ask twice.
    pub fn erase(&self) -> Result<()> {
        self.stop_following();
        self.core.replica().destroy()?;
        self.core.hang_up();
        *held(&self.reference) = None;
        Ok(())
    }

    /// How long this phone goes on showing what it holds without contact; `None` before its first sync.
    pub fn lease(&self) -> Result<Option<LeaseView>> {
        let lease = self.core.replica().look(self.core.clock.now())?;
        Ok(lease.map(|lease| LeaseView {
            days: lease.days.into(),
            days_left: lease.days_left().into(),
            over: lease.is_over(),
        }))
    }

    /// What this phone holds. Once the lease is over nothing of it is given out and nothing is typed; it stays, and so does what is unsent.
    fn unlocked(&self) -> Result<MutexGuard<'_, Replica>> {
        let mut replica = self.core.replica();
        match replica.look(self.core.clock.now())? {
            Some(lease) if lease.is_over() => Err(ClientError::LeaseOver { days: lease.days.into() }),
            Some(_) | None => Ok(replica),
        }
    }

    /// The reference scope, read once and again when it changed.
    fn reference(&self) -> Result<Arc<Reference>> {
        drop(self.unlocked()?);
        self.reference_at_hand()
    }

    fn reference_at_hand(&self) -> Result<Arc<Reference>> {
        let known = held(&self.reference).clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let mut replica = self.core.replica();
        let read = Arc::new(Reference::load(&mut |kind| replica.records(kind))?);
        drop(replica);
        *held(&self.reference) = Some(read.clone());
        Ok(read)
    }
}

fn summary(done: &Exchanged) -> SyncSummary {
    let of = |outcome: Outcome| small(done.answers.iter().filter(|one| **one == outcome).count());
    SyncSummary {
        calls: done.calls,
        sent: done.sent,
        applied: of(Outcome::Applied),
        merged: of(Outcome::Merged),
        conflicts: of(Outcome::Conflict),
        held: of(Outcome::Held),
        rejected: of(Outcome::Rejected),
        rows: done.rows,
        resets: done.resets,
        checkpoints: done.checkpoints,
        bytes_sent: done.bytes.sent,
        bytes_received: done.bytes.received,
        bytes_renewing: done.renewing.sent + done.renewing.received,
        wire: done
            .wire
            .iter()
            .map(|(kind, (count, bytes))| WireLine { kind: (*kind).to_owned(), count: *count, bytes: *bytes })
            .collect(),
        connections: u32::try_from(done.bytes.connections).unwrap_or(u32::MAX),
        agrees: done.checkpoints > 0 && done.loops.is_empty(),
        upgrade_wanted: done.upgrade_wanted.clone(),
    }
}

/// Whether records of this kind make up the reference.
fn is_reference(kind: i16) -> bool {
    KINDS.iter().any(|one: &RecordKind| one.number() == kind)
}

/// A count as apps read it.
fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What a lock holds; a panic of another holder left nothing half done, as values are replaced whole.
fn held<T: ?Sized>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The engine's own threads: two, shared by all phones of the process.
fn runtime() -> Result<Handle> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let build = || Builder::new_multi_thread().worker_threads(2).thread_name("thidua-phone").enable_all().build().ok();
    let runtime = RUNTIME.get_or_init(build).as_ref();
    let no_threads = || ClientError::Storage { message: "the system gives no threads".to_owned() };
    runtime.map(|runtime| runtime.handle().clone()).ok_or_else(no_threads)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

/// Runs on the engine's threads and waits here: so a caller inside another runtime does not panic.
fn block<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Result<T> {
    let (done, result) = mpsc::sync_channel(1);
    runtime()?.spawn(async move { done.send(work.await) });
    result.recv().map_err(|_| ClientError::Storage { message: "the engine stopped while it worked".to_owned() })
}
