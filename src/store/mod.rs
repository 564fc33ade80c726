//! The one room that speaks SQL on the server: it numbers changes, keeps the feed, the digests, the chain and the audit.
//!
//! Knows no rule of the domain and no right: it writes only with a `Permit` in hand, and lists only within a `Sight`. Knows no clock:
//! instants come from the caller.
//!
//! How a batch of writes commits (many callers share one transaction):
//!
//! ```text
//!  caller A   [turn: BEGIN, own steps]--pass-->                      wait ---+
//!  caller B                     [turn: own steps]--pass-->           wait ---+--> all wake after COMMIT
//!  caller C                                   [turn: own steps, nobody waits: TAIL, COMMIT]
//!
//!  TAIL  fold notes -> UPDATE head RETURNING (one lock that orders all nodes) -> audit, feed, digests, chain -> COMMIT
//! ```

pub mod access;
pub mod asof;
pub mod audit;
pub(crate) mod backend;
pub mod backup;
mod baseline;
mod bell;
mod compact;
pub mod error;
pub(crate) mod fault;
pub mod feed;
mod finding;
pub mod held;
pub mod jobs;
mod line;
pub mod migrate;
mod once;
pub mod password;
mod patience;
mod proposal;
pub mod read;
pub mod reference;
pub mod relocate;
mod replica;
pub mod report;
pub mod runs;
pub(crate) mod schema;
mod service_key;
mod standing;
mod tail;
#[cfg(test)]
mod tests;
pub mod tx;
mod writer;

pub use backend::{Location, Standbys};
pub use error::{Error, Result};
pub use line::SPEAKS_TLS;
pub use patience::within;
pub use read::ReadTx;
pub use replica::ReplicaReads;
pub use tx::{Audit, WriteTx};

use crate::domain::time::Instant;
use backend::AnyConn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

/// Called after each commit with the last seq of the feed, 0 when another node made it; must return at once.
pub type OnCommit = Arc<dyn Fn(i64) + Send + Sync>;

/// An open database.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    location: Location,
    writer: writer::Writer,
    readers: Mutex<Readers>,
    returned: Condvar,
    bell: bell::Bell,
    replica: OnceLock<replica::Replica>,
    reads: AtomicU64,
    /// Set for good once another server has taken this one's place.
    superseded: AtomicBool,
}

#[derive(Default)]
struct Readers {
    idle: Vec<AnyConn>,
    open: usize,
}

/// Most reading connections of one store.
const READERS_MAX: usize = 4;

impl Store {
    /// Opens the database and brings its schema up to date: SQLite after a copy beside itself; an older PostgreSQL is refused until
    /// somebody migrates it.
    pub fn open(location: &Location) -> Result<Self> {
        let mut conn = location.connect(true)?;
        if let Some(copy) = migrate::up_safely(&mut conn, location, false)? {
            tracing::warn!(copy = %copy.display(), "the schema was brought up to date; the database as it was before is kept");
        }
        conn.bound_writer()?;
        let superseded = AtomicBool::new(ReadTx::new(&mut conn).setting(backup::SUPERSEDED)?.is_some());
        let inner = Inner {
            location: location.clone(),
            writer: writer::Writer::new(location.clone(), conn),
            readers: Mutex::default(),
            returned: Condvar::new(),
            bell: bell::Bell::default(),
            replica: OnceLock::new(),
            reads: AtomicU64::new(0),
            superseded,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Where the data is.
    #[must_use]
    pub fn location(&self) -> &Location {
        &self.inner.location
    }

    /// Sets what is called after each commit of this node and, on PostgreSQL, soon after one of another node.
    pub fn on_commit(&self, hook: OnCommit) {
        let (inner, own) = (Arc::downgrade(&self.inner), Arc::clone(&hook));
        self.inner.bell.hang(&self.inner.location, inner.clone(), hook);
        self.inner.writer.set_hook(Arc::new(move |seq| {
            if let Some(inner) = inner.upgrade() {
                inner.bell.press();
            }
            own(seq);
        }));
    }

    /// Runs `steps` in a named writing transaction, which may be shared with other callers.
    ///
    /// Nothing is seen by others, and nothing is answered, before the commit. The closure may run more than once, so it only reads
    /// and writes through its `WriteTx`. An `Err` undoes this caller's steps only.
    pub fn write<T, E: From<Error>>(
        &self,
        name: &'static str,
        now: Instant,
        mut steps: impl FnMut(&mut WriteTx) -> Result<T, E>,
    ) -> Result<T, E> {
        self.write_at(name, now, &mut steps).map(|(value, _)| value)
    }

    /// Like [`Store::write`]; also tells the last seq of the commit, 0 when it had no place in the feed.
    pub fn write_at<T, E: From<Error>>(
        &self,
        name: &'static str,
        now: Instant,
        mut steps: impl FnMut(&mut WriteTx) -> Result<T, E>,
    ) -> Result<(T, i64), E> {
        if self.is_superseded() {
            return Err(Error::Superseded.into());
        }
        self.inner.writer.run(name, now, &mut steps)
    }

    /// Whether another server has taken this one's place.
    #[must_use]
    pub fn is_superseded(&self) -> bool {
        self.inner.superseded.load(Ordering::Acquire)
    }

    /// Writes nothing from now on, also after a restart: the history with this higher number holds.
    pub fn supersede(&self, by: i64, now: Instant) -> Result<()> {
        if self.is_superseded() {
            return Ok(());
        }
        self.write("store.supersede", now, |tx| tx.set_setting(backup::SUPERSEDED, &by.to_be_bytes()))?;
        self.inner.superseded.store(true, Ordering::Release);
        Ok(())
    }

    /// Runs `steps` over one unchanging state of the database.
    pub fn read<T, E: From<Error>>(&self, steps: impl FnOnce(&mut ReadTx) -> Result<T, E>) -> Result<T, E> {
        self.inner.reads.fetch_add(1, Ordering::Relaxed);
        let mut conn = self.begin_reading()?;
        let result = steps(&mut ReadTx::new(&mut conn));
        match conn.execute_text("COMMIT") {
            Ok(()) => self.give_back(Some(conn)),
            Err(_) => self.give_back(None),
        }
        result
    }

    /// How many reading transactions this store has begun: what followers must not make grow one by one.
    #[must_use]
    pub fn reads(&self) -> u64 {
        self.inner.reads.load(Ordering::Relaxed)
    }

    /// Who else holds what a PostgreSQL holds; `None` for SQLite.
    pub fn standbys(&self) -> Result<Option<Standbys>> {
        self.inner.location.connect(false)?.standbys()
    }

    /// Reading connections that are open, and those of them that nobody uses now.
    #[must_use]
    pub fn readers(&self) -> (usize, usize) {
        let readers = lock(&self.inner.readers);
        (readers.open, readers.idle.len())
    }

    /// A connection with a reading transaction begun. One that died while nobody used it is replaced: its server may have failed over.
    fn begin_reading(&self) -> Result<AnyConn> {
        loop {
            let (mut conn, fresh) = self.take_reader()?;
            match conn.begin_read(patience::patience()) {
                Ok(()) => return Ok(conn),
                Err(error) => {
                    self.give_back(None);
                    if fresh {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// A reading connection, and whether it was made for this caller.
    fn take_reader(&self) -> Result<(AnyConn, bool)> {
        let mut readers = lock(&self.inner.readers);
        loop {
            if let Some(conn) = readers.idle.pop() {
                return Ok((conn, false));
            }
            if readers.open < READERS_MAX {
                readers.open += 1;
                drop(readers);
                let made = self.inner.location.connect(false).inspect_err(|_| self.give_back(None));
                return made.map(|conn| (conn, true));
            }
            readers = self.inner.returned.wait(readers).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn give_back(&self, conn: Option<AnyConn>) {
        let mut readers = lock(&self.inner.readers);
        match conn {
            Some(conn) => readers.idle.push(conn),
            None => readers.open -= 1,
        }
        self.inner.returned.notify_one();
    }
}

/// A panic in one caller must not stop the others: the data behind our locks is valid between any two statements.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
