//! The database of one case of the write load: a SQLite file, or a new database of a PostgreSQL
//! server on this machine, which is dropped at the end.

use crate::Result;
use crate::host_stats::{file_size, parent_of};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Integer};
use diesel::sqlite::SqliteConnection;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the waits of PostgreSQL's sessions are sampled.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(100);

pub(crate) enum WriteDatabase {
    Sqlite(PathBuf),
    Postgres(PostgresDatabase),
}

pub(crate) struct PostgresDatabase {
    /// The server, with a database from which others are created and dropped.
    server_url: String,
    name: String,
    /// Process id of the postmaster; 0 if the server is not on this machine.
    pub(crate) postmaster: u32,
}

/// Sessions that wait, averaged over the samples of a run.
#[derive(Debug, Clone, Copy, Default, QueryableByName)]
pub(crate) struct SessionWaits {
    /// Sessions that wait for a lock.
    #[diesel(sql_type = Double)]
    pub(crate) for_locks: f64,
    /// Sessions that wait until the log is written or synced.
    #[diesel(sql_type = Double)]
    pub(crate) for_log: f64,
}

#[derive(QueryableByName)]
struct ProcessId {
    #[diesel(sql_type = Integer)]
    id: i32,
}

#[derive(QueryableByName)]
struct ByteCount {
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

impl WriteDatabase {
    /// A SQLite file in `dir`, or a new database of this PostgreSQL server.
    pub(crate) fn create(dir: &Path, server_url: Option<&str>) -> Result<Self> {
        let Some(server_url) = server_url else {
            return Ok(Self::Sqlite(dir.join("thidua.db")));
        };
        let mut conn = PgConnection::establish(server_url)?;
        let session: ProcessId =
            diesel::sql_query("SELECT pg_backend_pid() AS id").get_result(&mut conn)?;
        let postmaster = u32::try_from(session.id).ok().and_then(parent_of).unwrap_or_default();
        let name = format!("thidua_write_{}", std::process::id());
        // Left by an earlier run of this id.
        conn.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
        conn.batch_execute(&format!("CREATE DATABASE {name}"))?;
        Ok(Self::Postgres(PostgresDatabase { server_url: server_url.to_owned(), name, postmaster }))
    }

    /// The value of `database.url`; none for the default.
    pub(crate) fn url(&self) -> Option<String> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(database) => Some(database.url()),
        }
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// The postmaster, if the database is on this machine.
    pub(crate) fn postmaster(&self) -> Option<u32> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(database) => Some(database.postmaster).filter(|id| *id > 0),
        }
    }

    /// Bytes after a checkpoint.
    pub(crate) fn checkpoint_and_measure(&self) -> Result<u64> {
        match self {
            Self::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(&path.display().to_string())?;
                conn.batch_execute("PRAGMA busy_timeout = 10000; PRAGMA wal_checkpoint(TRUNCATE)")?;
                let log = PathBuf::from(format!("{}-wal", path.display()));
                Ok(file_size(path) + file_size(&log))
            }
            Self::Postgres(database) => {
                let mut conn = PgConnection::establish(&database.url())?;
                conn.batch_execute("CHECKPOINT")?;
                let size: ByteCount =
                    diesel::sql_query("SELECT pg_database_size(current_database()) AS bytes")
                        .get_result(&mut conn)?;
                Ok(size.bytes.unsigned_abs())
            }
        }
    }

    /// Samples the waits of the sessions until the sampler is asked for them.
    pub(crate) fn sample_waits(&self) -> Result<Option<WaitSampler>> {
        match self {
            Self::Sqlite(_) => Ok(None),
            Self::Postgres(database) => Ok(Some(WaitSampler::start(database)?)),
        }
    }
}

impl PostgresDatabase {
    fn url(&self) -> String {
        let (address, query) = match self.server_url.split_once('?') {
            Some((address, query)) => (address, format!("?{query}")),
            None => (self.server_url.as_str(), String::new()),
        };
        let server = address.rsplit_once('/').map_or(address, |(server, _)| server);
        format!("{server}/{}{query}", self.name)
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        // What cannot be dropped now is dropped by the next run of this id, or with the server.
        if let Ok(mut conn) = PgConnection::establish(&self.server_url) {
            let _ =
                conn.batch_execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

/// A thread that samples `pg_stat_activity`.
pub(crate) struct WaitSampler {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<SessionWaits>>,
}

impl WaitSampler {
    fn start(database: &PostgresDatabase) -> Result<Self> {
        let mut conn = PgConnection::establish(&database.url())?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let (mut sum, mut samples) = (SessionWaits::default(), 0.0_f64);
            while !stopped.load(Ordering::Relaxed) {
                let now: SessionWaits = diesel::sql_query(WAITS_QUERY).get_result(&mut conn)?;
                sum.for_locks += now.for_locks;
                sum.for_log += now.for_log;
                samples += 1.0;
                std::thread::sleep(SAMPLE_INTERVAL);
            }
            let samples = samples.max(1.0);
            Ok(SessionWaits { for_locks: sum.for_locks / samples, for_log: sum.for_log / samples })
        });
        Ok(Self { stop, thread })
    }

    /// The average until now.
    pub(crate) fn finish(self) -> Result<SessionWaits> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| "the sampler of waits panicked")?
    }
}

const WAITS_QUERY: &str = "SELECT \
    (count(*) FILTER (WHERE wait_event_type = 'Lock'))::float8 AS for_locks, \
    (count(*) FILTER (WHERE wait_event IN ('WALSync', 'WALWrite')))::float8 AS for_log \
    FROM pg_stat_activity WHERE datname = current_database()";

#[cfg(test)]
mod tests {
    use super::PostgresDatabase;

    #[test]
    fn the_url_of_a_new_database_keeps_the_options_of_its_server() {
        // No server listens on this port, so that dropping the value changes nothing.
        let server_url = "postgres://u:p@127.0.0.1:1/postgres?connect_timeout=2".to_owned();
        let database = PostgresDatabase { server_url, name: "new".to_owned(), postmaster: 0 };
        assert_eq!(database.url(), "postgres://u:p@127.0.0.1:1/new?connect_timeout=2");
    }
}
