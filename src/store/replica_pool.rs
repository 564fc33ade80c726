//! Reading connections to a replica of the database.
//!
//! A replica may lag, stop, or hold another history: the caller gets one snapshot, checks it and
//! may decline it. No caller waits for a replica: one thread connects, callers take idle
//! connections.

use super::backend::{AnyConn, DatabaseLocation};
use super::error::Error;
use super::read_tx::ReadTx;
use super::statement_timeout::statement_timeout;
use super::{Store, StoreInner, lock_ignoring_poison};
use std::fmt::Display;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, Weak};
use std::time::Duration;

/// How often the thread checks for an idle connection.
const CONNECT_INTERVAL: Duration = Duration::from_millis(500);
/// Maximum number of connections to the replica.
const MAX_REPLICA_CONNECTIONS: usize = 4;

/// The connections to the replica and its counters.
#[derive(Default)]
pub(super) struct ReplicaPool {
    idle: Mutex<Vec<AnyConn>>,
    open_count: AtomicUsize,
    served_count: AtomicU64,
    declined_count: AtomicU64,
}

/// Reads of the replica since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplicaReadCounts {
    /// Reads that the replica served.
    pub served_count: u64,
    /// Reads that went to the primary: no connection, an error, or a declined snapshot.
    pub declined_count: u64,
}

impl Store {
    /// Makes [`Store::read_from_replica`] read from this database; only the first call has an
    /// effect.
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

    /// Runs `steps` over one snapshot of the replica, whatever its state. `None`: there is no
    /// connection, something failed, or `steps` declined; then the caller reads from the primary.
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

    /// Counters of the replica; `None` without one.
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

    /// Connects if no connection is idle and the limit permits one.
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

/// Connects to the replica until the store is dropped.
fn run_connector(location: &DatabaseLocation, store: &Weak<StoreInner>) {
    while let Some(inner) = store.upgrade() {
        if let Some(replica) = inner.replica_pool.get() {
            replica.ensure_idle_connection(location);
        }
        drop(inner);
        std::thread::sleep(CONNECT_INTERVAL);
    }
}
