//! Steps: ask permission, run the domain's rule, write, all in one transaction.
//!
//! Knows no wire, no socket and no SQL. A step takes a transaction, so that many callers share one commit and a pushed command runs the
//! very step that a unary call runs.

pub mod access;
pub mod account;
pub mod audit;
pub mod backup;
pub mod campaign;
pub mod changes;
pub mod close;
pub mod compact;
pub mod error;
pub mod fleet;
pub mod held;
pub mod job;
pub mod morning;
pub mod once;
pub mod org;
pub mod partner;
pub mod phase;
mod proposal;
pub mod quality;
pub mod reference;
pub mod remind;
pub mod report;
pub mod results;
pub mod review;
pub mod runs;
pub mod standing;
mod totals;

pub use crate::store::within;
pub use error::{AppError, Result};
pub use reference::Reference;

use crate::clock::Clock;
use crate::domain::digest::Digest;
use crate::domain::ids::UnitId;
use crate::domain::permission::Actor;
use crate::domain::scope::Scope;
use crate::domain::time::Instant;
use crate::store::{Audit, ReadTx, Store};
use std::sync::{Arc, PoisonError, RwLock};

/// The application over one database.
#[derive(Clone)]
pub struct App {
    store: Store,
    clock: Clock,
    backups: Arc<backup::Places>,
    cached: Arc<RwLock<Option<(Digest, Arc<Reference>)>>>,
    followed: totals::Followed,
    lease_micros: i64,
}

impl App {
    /// Over an open store, with the clock that everybody here asks.
    #[must_use]
    pub fn new(store: Store, clock: Clock) -> Self {
        let lease_micros = job::LEASE_MICROS;
        Self { store, clock, backups: Arc::default(), cached: Arc::default(), followed: Arc::default(), lease_micros }
    }

    /// The same application, whose jobs are taken over by another node after so many microseconds.
    #[must_use]
    pub fn with_lease(self, lease_micros: i64) -> Self {
        Self { lease_micros, ..self }
    }

    /// The same application, with the places where its copies go.
    #[must_use]
    pub fn with_backups(self, places: backup::Places) -> Self {
        Self { backups: Arc::new(places), ..self }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The present instant.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The reference snapshot that belongs to what `tx` sees; decoded again only after a change.
    pub fn reference(&self, tx: &mut ReadTx) -> Result<Arc<Reference>> {
        let digest = tx.scope(Scope::REFERENCE)?.map_or_else(Digest::default, |scope| scope.digest);
        if let Some((known, reference)) = &*self.cached.read().unwrap_or_else(PoisonError::into_inner)
            && *known == digest
        {
            return Ok(Arc::clone(reference));
        }
        let reference = Arc::new(Reference::new(tx.facts()?)?);
        *self.cached.write().unwrap_or_else(PoisonError::into_inner) = Some((digest, Arc::clone(&reference)));
        Ok(reference)
    }

    /// The unit at the root of the authority, once the organisation is there.
    pub fn root(&self, tx: &mut ReadTx) -> Result<Option<UnitId>> {
        Ok(tx.setting("root_unit")?.and_then(|bytes| UnitId::from_slice(&bytes).ok()))
    }

    /// Begins the history of a new database under this random id; does nothing to one that has begun.
    pub fn found(&self, epoch_id: [u8; 16]) -> Result<()> {
        if self.store.read(|tx| tx.head())?.epoch > 0 {
            return Ok(());
        }
        self.store.write("app.found", self.now(), |tx| {
            if tx.head()?.epoch == 0 {
                tx.open_epoch(1, &epoch_id)?;
            }
            Ok(())
        })
    }

    /// A phone holds commits of this history that are not here: they were lost. Opens the next history under this random id, once,
    /// however many phones notice it at the same time.
    pub fn lose_history(&self, number: i64, id: [u8; 16]) -> Result<()> {
        let system = self.system()?;
        self.store.write("app.lose_history", self.now(), |tx| {
            if tx.head()?.epoch == number {
                tx.open_epoch(number + 1, &id)?;
                tx.note_act(&Audit::credential(&system, "history.lost"));
            }
            Ok(())
        })
    }

    /// The actor of the nightly jobs and of an operator at the machine itself.
    pub fn system(&self) -> Result<Actor> {
        let root = self.store.read(|tx| self.root(tx))?;
        Ok(Actor::system(root.unwrap_or(UnitId([0; 16]))))
    }
}
