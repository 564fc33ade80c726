//! The public API of the phone's engine: one object, owned values, callbacks as traits, one error
//! type. Every method may be called from any thread and blocks until it is done; Kotlin and Swift
//! call them off the main thread.
//!
//! It shows no target, limit, pace or verdict computed from unsent cells, so that the next figure
//! is not chosen to meet the target.
#![allow(
    clippy::needless_pass_by_value,
    reason = "owned values are what bindings to Kotlin and Swift can pass"
)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "bindings to Kotlin and Swift hand over owned values"
)]

#[cfg(feature = "bindings")]
pub mod bindings;
mod command_export;
mod command_values;
mod commands;
mod error;
mod external_signer;
mod external_transport;
mod finding;
#[cfg(feature = "json")]
mod json;
mod local_report;
mod names;
#[cfg(feature = "client-net")]
mod network;
mod nil_report;
mod own_held;
mod participation;
mod pending_decisions;
mod published_standings;
mod queries;
mod report_names;
mod review;
mod review_queue;
mod standing;
mod sync_values;
mod values;
mod view_conversion;

pub use crate::domain::access::permission::Role;
pub use crate::domain::campaign::{CampaignStatus, LaunchMode, PlanStatus};
pub use crate::domain::quality::FindingState;
pub use command_export::CommandExportFile;
pub use command_values::{
    CommandKind, CommandState, CommandView, HeldCommandView, OutboxStatus, OwnHeldCommand,
    RefusedCommand,
};
pub use error::{ClientError, FieldProblem, StopReason};
pub use external_signer::UnsignedExportFile;
pub use external_transport::{AccessTokenView, CallFailure, CallNext, CallStatus, RecordView};
pub use finding::FindingView;
pub use names::{ElementView, NamesView, UnitView};
pub use participation::{
    AllocationEntry, CampaignTargetView, CampaignView, LaunchEntry, ParticipationView, PlanView,
    PledgeEntry, RegistrationView,
};
pub use report_names::NamedReport;
pub use standing::{
    EachUnitView, EachView, FigureView, JudgementState, JudgementView, StandingStage, StandingView,
    StateGroup,
};
pub use sync_values::{
    ClockView, LeaseView, ReceiptView, ReplicaChange, ScopeView, SessionView, SyncSummary,
    TrafficLine,
};
pub use values::{
    CellEntry, CellFigure, CellView, CommentView, Concern, ConflictView, DueReport, FigureBeside,
    ProposalView, QuestionView, ReportKeyView, ReportStatus, ReportView, SeenReport, WaitingReport,
};

pub use super::device_key::{DeviceSigner, SignerError};

use super::reference::{LocalReference, REFERENCE_KINDS};
use super::replica::{LocalReplica, SwapResult};
#[cfg(feature = "client-net")]
use super::runner::FollowTask;
use super::runner::Runner;
use crate::clock::Clock;
use crate::domain::access::scope::RecordKind;
use crate::domain::support::clock_fault::CLOCK_TOLERANCE_MICROS;
use crate::domain::support::time::{Timestamp, days_from_date};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Result<T> = std::result::Result<T, ClientError>;

/// Receives changes. Called from a thread of the engine without any lock held, so it may call the
/// engine.
#[cfg_attr(feature = "bindings", uniffi::export(with_foreign))]
pub trait ChangeListener: Send + Sync {
    /// A swap changed visible data.
    fn on_change(&self, change: ReplicaChange);
    /// Following stopped and needs a person's action.
    fn on_stopped(&self, error: ClientError);
}

/// One enrolment: one account on one phone, with its replica and outbox.
#[cfg_attr(feature = "bindings", derive(uniffi::Object))]
pub struct Phone {
    runner: Arc<Runner>,
    reference: Arc<Mutex<Option<Arc<LocalReference>>>>,
    #[cfg(feature = "client-net")]
    follow_task: Mutex<Option<FollowTask>>,
    listener: Arc<Mutex<Option<Arc<dyn ChangeListener>>>>,
}

#[cfg_attr(feature = "bindings", uniffi::export)]
impl Phone {
    /// Opens the local database, creates it if missing, and applies migrations.
    #[cfg_attr(feature = "bindings", uniffi::constructor)]
    pub fn open(path: String) -> Result<Self> {
        Self::open_with_clock(Path::new(&path), Clock::System)
    }

    /// Sets the listener; replaces the previous one.
    pub fn set_listener(&self, listener: Option<Arc<dyn ChangeListener>>) {
        *lock_ignoring_poison(&self.listener) = listener;
    }

    /// Requests a rebuild of every scope with the next sync. Outbox and drafts stay.
    pub fn request_rebuild(&self) -> Result<()> {
        Ok(self.runner.replica().request_rebuild_all()?)
    }

    /// Deletes all local data, unsent commands included: logging out. The app should ask for
    /// confirmation twice.
    pub fn erase_local_data(&self) -> Result<()> {
        #[cfg(feature = "client-net")]
        self.stop_following();
        self.runner.replica().erase()?;
        self.runner.disconnect();
        *lock_ignoring_poison(&self.reference) = None;
        Ok(())
    }

    /// The offline lease; `None` before the first sync.
    pub fn lease(&self) -> Result<Option<LeaseView>> {
        let lease = self.runner.replica().refresh_lease(self.runner.clock.now())?;
        Ok(lease.map(|lease| LeaseView {
            days: lease.length_days.into(),
            remaining_days: lease.remaining_days().into(),
            is_expired: lease.is_expired(),
        }))
    }

    /// The phone's clock against the server's time, as far as this phone knows it from its last
    /// sync. Before the first one the clock is taken for right.
    pub fn clock(&self) -> Result<ClockView> {
        let (best, now) = (self.best_known_time()?, self.runner.clock.now());
        let ahead_micros = now.0.saturating_sub(best.0);
        Ok(ClockView {
            today: days_from_date(best.local_date()),
            ahead_seconds: ahead_micros / 1_000_000,
            is_wrong: ahead_micros.saturating_abs() > CLOCK_TOLERANCE_MICROS,
        })
    }
}

impl Phone {
    /// Opens with the given clock; for tests and the demo.
    pub fn open_with_clock(path: &Path, clock: Clock) -> Result<Self> {
        Self::open_with(path, clock, None)
    }

    /// Opens with the given clock and, for a phone whose key is outside its file, its signer; for
    /// platforms and tests.
    pub fn open_with(
        path: &Path,
        clock: Clock,
        signer: Option<Arc<dyn DeviceSigner>>,
    ) -> Result<Self> {
        let runner = Arc::new(Runner::new(LocalReplica::open(path)?, clock, signer));
        let phone = Self {
            runner,
            reference: Arc::default(),
            #[cfg(feature = "client-net")]
            follow_task: Mutex::default(),
            listener: Arc::default(),
        };
        let (reference, listener) = (phone.reference.clone(), phone.listener.clone());
        phone.runner.set_listener(Some(Arc::new(move |swapped: &SwapResult| {
            let change = view_conversion::to_replica_change(swapped);
            if change.reference {
                *lock_ignoring_poison(&reference) = None;
            }
            let listener = lock_ignoring_poison(&listener).clone();
            if let Some(listener) = listener {
                listener.on_change(change);
            }
        })));
        Ok(phone)
    }

    /// The server's time, as far as it is known.
    fn best_known_time(&self) -> Result<Timestamp> {
        let now = self.runner.clock.now();
        let lease = self.runner.replica().refresh_lease(now)?;
        Ok(lease.map_or(now, |lease| lease.estimated_server_time()))
    }

    /// Locks the replica. Fails if the lease has expired: nothing is shown and no command is added,
    /// but data and unsent commands stay stored.
    fn lock_under_lease(&self) -> Result<MutexGuard<'_, LocalReplica>> {
        let mut replica = self.runner.replica();
        match replica.refresh_lease(self.runner.clock.now())? {
            Some(lease) if lease.is_expired() => {
                Err(ClientError::LeaseExpired { days: lease.length_days.into() })
            }
            Some(_) | None => Ok(replica),
        }
    }

    /// The reference scope, cached until it changes.
    fn reference(&self) -> Result<Arc<LocalReference>> {
        drop(self.lock_under_lease()?);
        self.cached_reference()
    }

    fn cached_reference(&self) -> Result<Arc<LocalReference>> {
        let existing = lock_ignoring_poison(&self.reference).clone();
        if let Some(existing) = existing {
            return Ok(existing);
        }
        let mut replica = self.runner.replica();
        let read = Arc::new(LocalReference::load(&mut |kind| replica.records(kind))?);
        drop(replica);
        *lock_ignoring_poison(&self.reference) = Some(read.clone());
        Ok(read)
    }
}

/// Whether records of this kind belong to the reference scope.
fn is_reference_kind(kind: i16) -> bool {
    REFERENCE_KINDS.iter().any(|one: &RecordKind| one.number() == kind)
}

/// Converts a count; saturates at `u32::MAX`.
fn saturating_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Locks and ignores poisoning: values are replaced as a whole, so a panic leaves none half
/// written.
fn lock_ignoring_poison<T: ?Sized>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
