//! Steps: check the permission, apply the domain's rule, write; all in one transaction.
//!
//! A step takes a transaction, so that several callers share one commit and a pushed command runs
//! the same step as a unary call. Commands on reports run in `command`.

pub mod access;
pub mod account;
pub mod act;
pub mod audit;
mod award;
pub mod backup;
pub mod campaign;
mod campaign_shares;
pub mod checkpoint;
mod clock_guard;
pub mod close_periods;
pub mod command;
pub mod compaction;
pub mod conclusion;
pub mod delivery;
pub mod due_reports;
pub mod enrol_card;
pub mod error;
pub mod fleet;
pub mod grant;
pub mod handover;
pub mod idempotent_write;
mod job_progress;
pub mod job_run;
mod morning_cache;
pub mod morning_report;
pub mod org;
pub mod org_rehearsal;
pub mod participation;
pub mod partner;
pub mod phase_review;
pub mod quality;
pub mod reference;
pub mod report_queries;
pub mod report_rows;
pub mod run_changes;
pub mod runs;
pub mod second_factor;
pub mod session;
pub mod standing;
pub mod standing_queries;
mod totals_cache;
pub mod unsent_reports;
pub mod waiver;

pub use crate::store::with_timeout;
pub use error::{AppError, Result};
pub use job_progress::JobProgress;
pub use reference::ReferenceSnapshot;

use crate::clock::Clock;
use crate::domain::access::permission::Actor;
use crate::domain::access::scope::Scope;
use crate::domain::org::UnitKind;
use crate::domain::support::ids::UnitId;
use crate::domain::support::scope_digest::ScopeDigest;
use crate::domain::support::time::Timestamp;
use crate::store::{AuditContext, ReadTx, Store};
use std::sync::{Arc, PoisonError, RwLock};

/// What a reference snapshot was decoded from: the digest of the reference scope, and the hash of
/// each waiver.
type ReferenceVersion = (ScopeDigest, Vec<Vec<u8>>);

/// The application over one database.
#[derive(Clone)]
pub struct App {
    store: Store,
    clock: Clock,
    backup_dirs: Arc<backup::BackupDirs>,
    checkpoints: Option<Arc<checkpoint::CheckpointPlaces>>,
    reference_cache: Arc<RwLock<Option<(ReferenceVersion, Arc<ReferenceSnapshot>)>>>,
    totals_cache: totals_cache::TotalsCache,
    morning_cache: morning_cache::MorningCache,
    lease_micros: i64,
    running_jobs: job_progress::RunningJobs,
    clock_guard: Option<Arc<clock_guard::ClockGuard>>,
    /// The levels released to partners; empty: the owner's and the one below it.
    release_levels: Arc<[UnitKind]>,
}

impl App {
    /// Creates the application over an open store, with one clock for all steps.
    #[must_use]
    pub fn new(store: Store, clock: Clock) -> Self {
        let lease_micros = job_run::LEASE_MICROS;
        Self {
            store,
            clock,
            backup_dirs: Arc::default(),
            checkpoints: None,
            reference_cache: Arc::default(),
            totals_cache: Arc::default(),
            morning_cache: morning_cache::MorningCache::default(),
            lease_micros,
            running_jobs: job_progress::RunningJobs::default(),
            clock_guard: None,
            release_levels: Arc::default(),
        }
    }

    /// The same application with another lease duration of jobs: after that time another node takes
    /// over.
    #[must_use]
    pub fn with_job_lease(self, lease_micros: i64) -> Self {
        Self { lease_micros, ..self }
    }

    /// The same application with these directories for backups.
    #[must_use]
    pub fn with_backup_dirs(self, dirs: backup::BackupDirs) -> Self {
        Self { backup_dirs: Arc::new(dirs), ..self }
    }

    /// The same application with these levels released to partners; none: the owner's and the one
    /// below it.
    #[must_use]
    pub fn with_release_levels(self, levels: Vec<UnitKind>) -> Self {
        Self { release_levels: levels.into(), ..self }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The reference snapshot of the state that `tx` reads, as devices hold it: without drafts.
    /// Decoded again only after a change.
    pub fn reference(&self, tx: &mut ReadTx) -> Result<Arc<ReferenceSnapshot>> {
        let digest =
            tx.scope(Scope::REFERENCE)?.map_or_else(ScopeDigest::default, |scope| scope.digest);
        let version = (digest, tx.signed_hashes()?);
        if let Some((cached_version, reference)) =
            &*self.reference_cache.read().unwrap_or_else(PoisonError::into_inner)
            && *cached_version == version
        {
            return Ok(Arc::clone(reference));
        }
        let reference = Arc::new(ReferenceSnapshot::new(tx.reference_data_in_force()?)?);
        *self.reference_cache.write().unwrap_or_else(PoisonError::into_inner) =
            Some((version, Arc::clone(&reference)));
        Ok(reference)
    }

    /// All reference data, also drafts of campaigns and contracts that wait for one. Decoded anew.
    pub fn reference_with_drafts(&self, tx: &mut ReadTx) -> Result<ReferenceSnapshot> {
        Ok(ReferenceSnapshot::new(tx.reference_data()?)?)
    }

    /// The root unit; `None` before the organisation is imported.
    pub fn root_unit(&self, tx: &mut ReadTx) -> Result<Option<UnitId>> {
        Ok(tx.root_unit()?)
    }

    /// Begins the first epoch of a new database with this random id; does nothing if an epoch
    /// exists.
    pub fn init_epoch(&self, epoch_id: [u8; 16]) -> Result<()> {
        if self.store.read(|tx| tx.head())?.epoch > 0 {
            return Ok(());
        }
        self.store.write("app.found", self.now(), |tx| {
            if tx.head()?.epoch == 0 {
                tx.set_epoch(1, &epoch_id)?;
            }
            Ok(())
        })
    }

    /// Takes no writes from now on, also after a restart: a device has a cursor of this higher
    /// epoch, so another server has replaced this one.
    pub fn yield_to_epoch(&self, epoch: i64) -> Result<()> {
        Ok(self.store.mark_superseded(epoch, self.now())?)
    }

    /// Begins the next epoch after a loss: a device holds commits of this epoch that are not here.
    /// Runs once, however many devices detect the loss at the same time.
    pub fn begin_epoch_after_loss(&self, number: i64, id: [u8; 16]) -> Result<()> {
        let system = self.system_actor()?;
        self.store.write("app.lose_history", self.now(), |tx| {
            if tx.head()?.epoch == number {
                tx.set_epoch(number + 1, &id)?;
                tx.append_audit(&AuditContext::from_actor(&system, "history.lost"));
            }
            Ok(())
        })
    }

    /// The actor of the nightly jobs and of a local operator.
    pub fn system_actor(&self) -> Result<Actor> {
        let root = self.store.read(|tx| self.root_unit(tx))?;
        Ok(Actor::system_actor(root.unwrap_or(UnitId([0; 16]))))
    }
}
