//! Reading connections to a replica of the database, beside those to the database itself.
//!
//! A replica may lag, stand still, or hold another history: whether its state may be used is for the caller to find out, who gets one
//! unchanging state and may decline it. Nobody waits for a replica that is not there: one thread connects, callers take what is ready.

use super::backend::{AnyConn, DatabaseLocation};
use super::error::Error;
use super::read_tx::ReadTx;
use super::statement_timeout::statement_timeout;
use super::{Store, StoreInner, lock_ignoring_poison};
use std::fmt::Display;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, Weak};
use std::time::Duration;

/// How often the thread looks whether a connection is ready.
const CONNECT_INTERVAL: Duration = Duration::from_millis(500);
/// Most connections to the replica.
const MAX_REPLICA_CONNECTIONS: usize = 4;

/// What a store knows of its replica.
#[derive(Default)]
pub(super) struct ReplicaPool {
    idle: Mutex<Vec<AnyConn>>,
    open_count: AtomicUsize,
    served_count: AtomicU64,
    declined_count: AtomicU64,
}

/// What the replica did since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplicaReadCounts {
    /// Reads that it served.
    pub served_count: u64,
    /// Reads that it could have served, had it been there, gone through without trouble, and held what it should.
    pub declined_count: u64,
}

impl Store {
    /// From now on [`Store::read_aside`] asks the database at this location; once.
    pub fn add_replica(&self, location: &DatabaseLocation) {
        if self.inner.replica_pool.set(ReplicaPool::default()).is_err() {
            return;
        }
        let (location, store) = (location.clone(), std::sync::Arc::downgrade(&self.inner));
        let named = std::thread::Builder::new().name("thidua-replica".to_owned());
        if let Err(error) = named.spawn(move || run_connector(&location, &store)) {
            tracing::warn!(%error, "nobody connects to the replica: the primary serves everything");
        }
    }

    /// Runs `steps` over one unchanging state of the replica, whatever state that is. `None`: there is no replica, none can be reached now,
    /// something failed, or `steps` declined; then the database itself has to be asked, and nothing is lost but a moment.
    pub fn read_from_replica<T, E: From<Error> + Display>(
        &self,
        steps: impl FnOnce(&mut ReadTx) -> Result<Option<T>, E>,
    ) -> Option<T> {
        let replica = self.inner.replica_pool.get()?;
        let read = replica.try_read(steps).unwrap_or_else(|error| {
            tracing::debug!(%error, "the replica failed; the primary is asked");
            None
        });
        let counted = if read.is_some() { &replica.served_count } else { &replica.declined_count };
        counted.fetch_add(1, Ordering::Relaxed);
        read
    }

    /// How much the replica served; `None` without one.
    #[must_use]
    pub fn replica_read_counts(&self) -> Option<ReplicaReadCounts> {
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        self.inner.replica_pool.get().map(|replica| ReplicaReadCounts {
            served_count: count(&replica.served_count),
            declined_count: count(&replica.declined_count),
        })
    }
}

impl ReplicaPool {
    fn try_read<T, E: From<Error>>(
        &self,
        steps: impl FnOnce(&mut ReadTx) -> Result<Option<T>, E>,
    ) -> Result<Option<T>, E> {
        let Some(mut conn) = lock_ignoring_poison(&self.idle).pop() else { return Ok(None) };
        let read = conn
            .begin_read(statement_timeout())
            .map_err(E::from)
            .and_then(|()| steps(&mut ReadTx::new(&mut conn)));
        match conn.execute_sql("COMMIT") {
            Ok(()) => lock_ignoring_poison(&self.idle).push(conn),
            Err(_) => {
                self.open_count.fetch_sub(1, Ordering::SeqCst);
            }
        }
        read
    }

    /// Connects when no connection is ready and one more may be.
    fn ensure_idle_connection(&self, location: &DatabaseLocation) {
        if !lock_ignoring_poison(&self.idle).is_empty()
            || self.open_count.load(Ordering::SeqCst) >= MAX_REPLICA_CONNECTIONS
        {
            return;
        }
        match location.connect(false) {
            Ok(conn) => {
                self.open_count.fetch_add(1, Ordering::SeqCst);
                lock_ignoring_poison(&self.idle).push(conn);
            }
            Err(error) => {
                tracing::debug!(%error, "the replica cannot be reached; the primary serves everything")
            }
        }
    }
}

/// Ends with the store.
fn run_connector(location: &DatabaseLocation, store: &Weak<StoreInner>) {
    while let Some(inner) = store.upgrade() {
        if let Some(replica) = inner.replica_pool.get() {
            replica.ensure_idle_connection(location);
        }
        drop(inner);
        std::thread::sleep(CONNECT_INTERVAL);
    }
}
