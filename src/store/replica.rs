//! Reading connections to a replica of the database, beside those to the database itself.
//!
//! A replica may lag, stand still, or hold another history: whether its state may be used is for the caller to find out, who gets one
//! unchanging state and may decline it. Nobody waits for a replica that is not there: one thread connects, callers take what is ready.

use super::backend::{AnyConn, Location};
use super::error::Error;
use super::patience::patience;
use super::read::ReadTx;
use super::{Inner, Store, lock};
use std::fmt::Display;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, Weak};
use std::time::Duration;

/// How often the thread looks whether a connection is ready.
const LOOK: Duration = Duration::from_millis(500);
/// Most connections to the replica.
const OPEN_MAX: usize = 4;

/// What a store knows of its replica.
#[derive(Default)]
pub(super) struct Replica {
    idle: Mutex<Vec<AnyConn>>,
    open: AtomicUsize,
    served: AtomicU64,
    declined: AtomicU64,
}

/// What the replica did since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplicaReads {
    /// Reads that it served.
    pub served: u64,
    /// Reads that it could have served, had it been there, gone through without trouble, and held what it should.
    pub declined: u64,
}

impl Store {
    /// From now on [`Store::read_aside`] asks the database at this location; once.
    pub fn add_replica(&self, location: &Location) {
        if self.inner.replica.set(Replica::default()).is_err() {
            return;
        }
        let (location, store) = (location.clone(), std::sync::Arc::downgrade(&self.inner));
        let named = std::thread::Builder::new().name("thidua-replica".to_owned());
        if let Err(error) = named.spawn(move || attend(&location, &store)) {
            tracing::warn!(%error, "nobody connects to the replica: the primary serves everything");
        }
    }

    /// Runs `steps` over one unchanging state of the replica, whatever state that is. `None`: there is no replica, none can be reached now,
    /// something failed, or `steps` declined; then the database itself has to be asked, and nothing is lost but a moment.
    pub fn read_aside<T, E: From<Error> + Display>(
        &self,
        steps: impl FnOnce(&mut ReadTx) -> Result<Option<T>, E>,
    ) -> Option<T> {
        let replica = self.inner.replica.get()?;
        let read = replica.read(steps).unwrap_or_else(|error| {
            tracing::debug!(%error, "the replica failed; the primary is asked");
            None
        });
        let counted = if read.is_some() { &replica.served } else { &replica.declined };
        counted.fetch_add(1, Ordering::Relaxed);
        read
    }

    /// How much the replica served; `None` without one.
    #[must_use]
    pub fn replica_reads(&self) -> Option<ReplicaReads> {
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        self.inner
            .replica
            .get()
            .map(|replica| ReplicaReads { served: count(&replica.served), declined: count(&replica.declined) })
    }
}

impl Replica {
    fn read<T, E: From<Error>>(&self, steps: impl FnOnce(&mut ReadTx) -> Result<Option<T>, E>) -> Result<Option<T>, E> {
        let Some(mut conn) = lock(&self.idle).pop() else { return Ok(None) };
        let read = conn.begin_read(patience()).map_err(E::from).and_then(|()| steps(&mut ReadTx::new(&mut conn)));
        match conn.execute_text("COMMIT") {
            Ok(()) => lock(&self.idle).push(conn),
            Err(_) => {
                self.open.fetch_sub(1, Ordering::SeqCst);
            }
        }
        read
    }

    /// Connects when no connection is ready and one more may be.
    fn look(&self, location: &Location) {
        if !lock(&self.idle).is_empty() || self.open.load(Ordering::SeqCst) >= OPEN_MAX {
            return;
        }
        match location.connect(false) {
            Ok(conn) => {
                self.open.fetch_add(1, Ordering::SeqCst);
                lock(&self.idle).push(conn);
            }
            Err(error) => tracing::debug!(%error, "the replica cannot be reached; the primary serves everything"),
        }
    }
}

/// Ends with the store.
fn attend(location: &Location, store: &Weak<Inner>) {
    while let Some(inner) = store.upgrade() {
        if let Some(replica) = inner.replica.get() {
            replica.look(location);
        }
        drop(inner);
        std::thread::sleep(LOOK);
    }
}
