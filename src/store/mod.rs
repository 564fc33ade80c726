//! The server's database: numbers changes, stores the feed, the digests, the chain and the audit.
//! The only module of the server that uses SQL.
//!
//! Contains no rule and grants no permission: a write of a record takes a `Permit` for an action
//! that writes such records, at the record's unit; lists take a `VisibleScopes`.
//! Instants come from the caller.
//!
//! How a batch of writes commits (many callers share one transaction; what they decide stays in
//! memory until its end, see `pending`):
//!
//! ```text
//!  caller A   [turn: BEGIN, own steps]--next-->              wait ---+
//!  caller B                     [turn: own steps]--next-->   wait ---+--> all return after COMMIT
//!  caller C                                   [turn: own steps, nobody waits: APPEND, COMMIT]
//!
//!  APPEND  rows in sets -> UPDATE feed_head RETURNING (one lock that orders all nodes)
//!          -> commands, audit, feed, digests, chain -> COMMIT
//! ```

pub mod access;
pub mod audit;
pub mod audited_row;
mod award;
pub(crate) mod backend;
pub mod backup;
mod baseline;
mod batch_writer;
pub mod checkpoint_file;
mod commit;
mod commit_feed;
mod commit_notifier;
mod compaction;
pub mod content_check;
pub mod desk_action;
pub mod enrol_code;
pub mod error;
pub(crate) mod fault_point;
pub mod feed;
mod finding;
mod flush;
mod handover;
pub mod held_command;
pub mod history;
mod idempotency_key;
pub mod job_run;
mod kept_statement;
pub mod lost_command;
mod overlay;
pub mod owner_only;
pub mod participation;
pub mod password;
mod pending;
mod pg_conninfo;
mod pg_server_check;
mod proposal;
pub mod read_tx;
pub mod recent_commits;
mod record_row;
pub mod recorded_command;
pub mod reference;
pub mod relocate;
mod replica_pool;
pub mod report;
mod report_line_check;
pub mod run_manifest;
pub(crate) mod schema;
pub mod schema_migration;
pub mod second_factor;
mod sent_revision;
mod service_key;
mod standing;
mod statement_timeout;
#[cfg(test)]
mod tests;
pub mod waiver;
pub mod write_rights;
pub mod write_tx;

pub use backend::{DatabaseLocation, StandbyStatus};
pub use error::{Error, Result};
pub use pg_conninfo::POSTGRES_TLS_BUILT;
pub use pg_server_check::check_server;
pub use read_tx::ReadTx;
pub use replica_pool::ReplicaReadCounts;
pub use statement_timeout::with_timeout;
pub use write_tx::{AuditContext, WriteTx};

use crate::domain::support::time::Timestamp;
use backend::AnyConn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

/// Called after each commit with its last seq, 0 when another node committed; must not block.
pub type CommitHook = Arc<dyn Fn(i64) + Send + Sync>;

/// An open database.
#[derive(Clone)]
pub struct Store {
    inner: Arc<StoreInner>,
}

struct StoreInner {
    location: DatabaseLocation,
    writer: batch_writer::BatchWriter,
    reader_pool: Mutex<ReaderPool>,
    reader_returned: Condvar,
    commit_notifier: commit_notifier::CommitNotifier,
    replica_pool: OnceLock<replica_pool::ReplicaPool>,
    read_count: AtomicU64,
    /// Set when another server has replaced this one; never unset.
    is_superseded: AtomicBool,
}

#[derive(Default)]
struct ReaderPool {
    idle: Vec<AnyConn>,
    open_count: usize,
}

/// Maximum number of reading connections of one store.
const MAX_READERS: usize = 4;

impl Store {
    /// Opens the database and applies pending migrations: SQLite after a copy beside it; an older
    /// PostgreSQL is refused until `thidua migrate`.
    pub fn open(location: &DatabaseLocation) -> Result<Self> {
        let mut conn = location.connect(true)?;
        if let Some(copy) =
            schema_migration::run_migrations_with_backup(&mut conn, location, false)?
        {
            tracing::warn!(copy = %copy.display(), "the schema was brought up to date; the database as it was before is kept");
        }
        conn.set_writer_timeouts()?;
        let superseded =
            AtomicBool::new(ReadTx::new(&mut conn).setting(backup::SUPERSEDED_SETTING)?.is_some());
        let inner = StoreInner {
            location: location.clone(),
            writer: batch_writer::BatchWriter::new(location.clone(), conn),
            reader_pool: Mutex::default(),
            reader_returned: Condvar::new(),
            commit_notifier: commit_notifier::CommitNotifier::default(),
            replica_pool: OnceLock::new(),
            read_count: AtomicU64::new(0),
            is_superseded: superseded,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Where the data is.
    #[must_use]
    pub fn location(&self) -> &DatabaseLocation {
        &self.inner.location
    }

    /// Sets the hook for commits of this node and, on PostgreSQL, of other nodes.
    pub fn set_commit_hook(&self, hook: CommitHook) {
        let (inner, local_hook) = (Arc::downgrade(&self.inner), Arc::clone(&hook));
        self.inner.commit_notifier.spawn_listener(&self.inner.location, inner.clone(), hook);
        self.inner.writer.set_commit_hook(Arc::new(move |seq| {
            if let Some(inner) = inner.upgrade() {
                inner.commit_notifier.notify();
            }
            local_hook(seq);
        }));
    }

    /// Runs `steps` in a named writing transaction, which other callers may share.
    ///
    /// Returns after the commit; nothing is visible to others before. The closure may run more than
    /// once, so it must only read and write through its `WriteTx`. An `Err` undoes this caller's
    /// steps only.
    pub fn write<T, E: From<Error>>(
        &self,
        name: &'static str,
        now: Timestamp,
        mut steps: impl FnMut(&mut WriteTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.write_with_seq(name, now, &mut steps).map(|(value, _)| value)
    }

    /// Like [`Store::write`]; also returns the last seq of the commit, 0 when it changed nothing in
    /// the feed.
    pub fn write_with_seq<T, E: From<Error>>(
        &self,
        name: &'static str,
        now: Timestamp,
        mut steps: impl FnMut(&mut WriteTx) -> Result<T, E>,
    ) -> Result<(T, i64), E> {
        if self.is_superseded() {
            return Err(Error::Superseded.into());
        }
        self.inner.writer.run_transaction(name, now, &mut steps)
    }

    /// The commits of this node from the chain `after` to its commit that ends at `upto`; `None` if
    /// they are not all in memory, or another node committed between.
    #[must_use]
    pub fn commits_between(
        &self,
        after: &[u8; 32],
        upto: i64,
    ) -> Option<Vec<Arc<recent_commits::CommittedChanges>>> {
        self.inner.writer.commits_between(after, upto)
    }

    /// Whether another server has replaced this one.
    #[must_use]
    pub fn is_superseded(&self) -> bool {
        self.inner.is_superseded.load(Ordering::Acquire)
    }

    /// Refuses writes from now on, also after a restart: the history with the higher epoch `by`
    /// holds.
    pub fn mark_superseded(&self, by: i64, now: Timestamp) -> Result<()> {
        if self.is_superseded() {
            return Ok(());
        }
        self.write("store.supersede", now, |tx| {
            tx.set_setting(backup::SUPERSEDED_SETTING, &by.to_be_bytes())
        })?;
        self.inner.is_superseded.store(true, Ordering::Release);
        Ok(())
    }

    /// Runs `steps` in one reading transaction over one snapshot.
    pub fn read<T, E: From<Error>>(
        &self,
        steps: impl FnOnce(&mut ReadTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.inner.read_count.fetch_add(1, Ordering::Relaxed);
        let mut conn = self.begin_read()?;
        let result = steps(&mut ReadTx::new(&mut conn));
        match conn.execute_sql("COMMIT") {
            Ok(()) => self.release_reader(Some(conn)),
            Err(_) => self.release_reader(None),
        }
        result
    }

    /// Number of reading transactions so far. Followers must not add one each.
    #[must_use]
    pub fn read_count(&self) -> u64 {
        self.inner.read_count.load(Ordering::Relaxed)
    }

    /// Replicas and archiving of a PostgreSQL server; `None` for SQLite.
    pub fn query_standbys(&self) -> Result<Option<StandbyStatus>> {
        self.inner.location.connect(false)?.query_standbys()
    }

    /// Open reading connections, and those of them that are idle.
    #[must_use]
    pub fn reader_counts(&self) -> (usize, usize) {
        let readers = lock_ignoring_poison(&self.inner.reader_pool);
        (readers.open_count, readers.idle.len())
    }

    /// A connection with a reading transaction. A dead idle one is replaced: its server may have
    /// failed over.
    fn begin_read(&self) -> Result<AnyConn> {
        loop {
            let (mut conn, is_new) = self.acquire_reader()?;
            match conn.begin_read(statement_timeout::statement_timeout()) {
                Ok(()) => return Ok(conn),
                Err(error) => {
                    self.release_reader(None);
                    if is_new {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// A reading connection, and whether it is new.
    fn acquire_reader(&self) -> Result<(AnyConn, bool)> {
        let mut readers = lock_ignoring_poison(&self.inner.reader_pool);
        loop {
            if let Some(conn) = readers.idle.pop() {
                return Ok((conn, false));
            }
            if readers.open_count < MAX_READERS {
                readers.open_count += 1;
                drop(readers);
                let connection =
                    self.inner.location.connect(false).inspect_err(|_| self.release_reader(None));
                return connection.map(|conn| (conn, true));
            }
            readers =
                self.inner.reader_returned.wait(readers).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn release_reader(&self, conn: Option<AnyConn>) {
        let mut readers = lock_ignoring_poison(&self.inner.reader_pool);
        match conn {
            Some(conn) => readers.idle.push(conn),
            None => readers.open_count -= 1,
        }
        self.inner.reader_returned.notify_one();
    }
}

/// Ignores poisoning: the guarded data is valid between any two statements, so a panic in one
/// caller must not stop the others.
fn lock_ignoring_poison<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
