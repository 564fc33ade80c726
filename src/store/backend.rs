//! All differences between SQLite and PostgreSQL, except `migrations/`.
//!
//! Connections, transactions, upserts and the classification of errors; does not depend on any
//! table.

use super::error::{Error, Result};
use super::{owner_only, pg_conninfo};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::{BigInt, Bool};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl};
use std::path::Path;
use std::time::Duration;

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub enum AnyConn {
    /// PostgreSQL 15 to 18.
    Pg(PgConnection),
    /// SQLite, one file.
    Sqlite(SqliteConnection),
}

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseLocation {
    /// Path of the file.
    Sqlite(String),
    /// A `postgres://` URL.
    Postgres(String),
}

/// Runs one typed query on either kind of connection: for upserts and batches, which the enum
/// cannot express.
macro_rules! with_conn {
    ($conn:expr, |$c:ident| $query:expr) => {
        match $conn {
            $crate::store::backend::AnyConn::Pg($c) => $query,
            $crate::store::backend::AnyConn::Sqlite($c) => $query,
        }
    };
}
pub(crate) use with_conn;

impl DatabaseLocation {
    /// Parses `postgres://…`, `sqlite:PATH` or a bare path.
    #[must_use]
    pub fn parse(url: &str) -> Self {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Self::Postgres(url.to_owned())
        } else {
            let path = url.strip_prefix("sqlite:").unwrap_or(url);
            Self::Sqlite(path.strip_prefix("//").unwrap_or(path).to_owned())
        }
    }

    /// Opens a connection; `writer` says whether it may write.
    pub fn connect(&self, writer: bool) -> Result<AnyConn> {
        match self {
            Self::Postgres(url) => connect_any_host(url),
            Self::Sqlite(path) => {
                // SQLite itself would create the file readable by everybody. What fails here fails
                // in the next line too.
                let _ = owner_only::ensure_file(Path::new(path));
                let mut conn = SqliteConnection::establish(path)
                    .map_err(|error| Error::Busy(format!("cannot connect: {error}")))?;
                conn.batch_execute(SQLITE_LOCK_WAIT)?;
                conn.batch_execute(SQLITE_PRAGMAS)?;
                conn.batch_execute(if writer {
                    SQLITE_WRITER_PRAGMAS
                } else {
                    SQLITE_READER_PRAGMAS
                })?;
                if planted!("disk-not-waited-for") {
                    conn.batch_execute("PRAGMA synchronous = NORMAL")?;
                }
                Ok(AnyConn::Sqlite(conn))
            }
        }
    }
}

/// Options that make libpq notice a silent server, unless the operator's URL sets them. Without
/// them a cut connection is noticed only after hours, by the kernel's defaults.
const PG_DEFAULT_OPTIONS: [(&str, &str); 5] = [
    ("connect_timeout", "5"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "20000"),
];

/// A statement is planned for what it is bound to. A plan kept from the first minutes of a database
/// scans tables that were empty then, and costs more with every report.
const PG_SETTINGS: &str = "SET plan_cache_mode = force_custom_plan";

/// Connects to the first host of the URL that accepts. libpq tries the next host only when one
/// cannot be reached; a host that accepts and then closes, as a balancer before a dead server does,
/// would hide the others.
fn connect_any_host(url: &str) -> Result<AnyConn> {
    let mut last_error = Error::Busy("the URL names no host".to_owned());
    for host_url in split_hosts(&with_default_options(url)) {
        match PgConnection::establish(&host_url) {
            Ok(mut conn) => {
                conn.batch_execute(PG_SETTINGS)?;
                return Ok(AnyConn::Pg(conn));
            }
            Err(error) => last_error = pg_conninfo::to_connect_error(&error.to_string()),
        }
        if let Error::TlsFailed(why) = &last_error {
            tracing::error!(
                why,
                "THE DATABASE DID NOT PROVE WHO IT IS: see sslmode and sslrootcert in database.url"
            );
        }
    }
    Err(last_error)
}

/// The URL once for each of its hosts.
fn split_hosts(url: &str) -> Vec<String> {
    let Some((scheme, rest)) = url.split_once("://") else { return vec![url.to_owned()] };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path_and_query) = rest.split_at(end);
    let (user, list) = authority
        .rsplit_once('@')
        .map_or((String::new(), authority), |(user, list)| (format!("{user}@"), list));
    list.split(',').map(|host| format!("{scheme}://{user}{host}{path_and_query}")).collect()
}

/// The URL with those of [`PG_DEFAULT_OPTIONS`] that it does not set.
fn with_default_options(url: &str) -> String {
    let mut full_url = url.to_owned();
    for (name, value) in PG_DEFAULT_OPTIONS {
        let is_set =
            url.split(['?', '&']).skip(1).any(|option| option.split('=').next() == Some(name));
        if !is_set {
            let sign = if full_url.contains('?') { '&' } else { '?' };
            full_url.push_str(&format!("{sign}{name}={value}"));
        }
    }
    full_url
}

/// PostgreSQL ends the session of a node that stalls inside a transaction, because its row locks
/// (above all feed_head) block every other node. A statement that waits 20 s for a lock fails.
/// There is no statement timeout: a cancelled COMMIT may be one that the replica never received.
const PG_WRITER_SETTINGS: &str =
    "SET idle_in_transaction_session_timeout = '10s'; SET lock_timeout = '20s'";

/// How long a connection waits for another's lock.
const SQLITE_LOCK_WAIT: &str = "PRAGMA busy_timeout = 5000";
// synchronous = FULL is part of the contract: with NORMAL, power cuts lose acknowledged commits.
// Temporary tables and the journal of a savepoint stay in memory: they are small.
// No mmap: SQLite drops a reader's mapping and its cache after every write, and mapping the file
// again costs twice what reading costs. Without mmap a failing disk is an error, not a signal.
const SQLITE_PRAGMAS: &str = "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
     PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;";
const SQLITE_WRITER_PRAGMAS: &str = "PRAGMA cache_size = -16000; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 8000; \
     PRAGMA journal_size_limit = 67108864;";
// A reader's cache is valid until the next commit; a larger one would be memory without use.
const SQLITE_READER_PRAGMAS: &str = "PRAGMA cache_size = -4000; PRAGMA query_only = ON;";

impl AnyConn {
    /// Bounds how long this connection blocks others and waits for locks. SQLite's writer has its
    /// bound from `connect`.
    pub fn set_writer_timeouts(&mut self) -> Result<()> {
        match self {
            Self::Pg(_) => self.execute_sql(PG_WRITER_SETTINGS),
            Self::Sqlite(_) => Ok(()),
        }
    }

    /// Starts a writing transaction. SQLite takes its single write lock at once, so a reading
    /// transaction never has to upgrade.
    pub fn begin_write(&mut self) -> Result<()> {
        self.execute_sql(match self {
            Self::Pg(_) => "BEGIN ISOLATION LEVEL READ COMMITTED",
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
        })
    }

    /// Starts a reading transaction over one snapshot, in one round trip. On PostgreSQL each of its
    /// statements takes at most `statement_timeout`.
    pub fn begin_read(&mut self, statement_timeout: Option<Duration>) -> Result<()> {
        const PG_BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        match (&self, statement_timeout) {
            (Self::Pg(_), None) => self.execute_sql(PG_BEGIN_READ),
            // 0 would mean no limit.
            (Self::Pg(_), Some(statement_timeout)) => self.execute_sql(&format!(
                "{PG_BEGIN_READ}; SET LOCAL statement_timeout = {}",
                statement_timeout.as_millis().max(1)
            )),
            (Self::Sqlite(_), _) => self.execute_sql("BEGIN DEFERRED"),
        }
    }

    /// Writes SQLite's log back into the database and empties it, as far as no reader needs it,
    /// without waiting; from then on keeps the log of this connection small. A log that has taken
    /// the last room of a disk could not be written back: the database may have to grow for it.
    pub fn fold_log(&mut self) -> Result<()> {
        let Self::Sqlite(conn) = self else { return Ok(()) };
        let folded = conn.batch_execute(
            "PRAGMA busy_timeout = 0; PRAGMA wal_autocheckpoint = 100; \
             PRAGMA wal_checkpoint(TRUNCATE);",
        );
        conn.batch_execute(SQLITE_LOCK_WAIT)?;
        Ok(folded?)
    }

    /// Replicas and archiving of a PostgreSQL server; `None` for SQLite.
    pub fn query_standbys(&mut self) -> Result<Option<StandbyStatus>> {
        match self {
            Self::Pg(conn) => Ok(Some(diesel::sql_query(STANDBYS_SQL).get_result(conn)?)),
            Self::Sqlite(_) => Ok(None),
        }
    }

    /// Runs fixed SQL that both databases understand.
    pub fn execute_sql(&mut self, sql: &str) -> Result<()> {
        with_conn!(self, |conn| conn.batch_execute(sql)).map_err(Error::from)
    }
}

/// Replication of a PostgreSQL server, as far as its user may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct StandbyStatus {
    /// Connected replicas.
    #[diesel(sql_type = BigInt)]
    pub replica_count: i64,
    /// Those whose state the user may see.
    #[diesel(sql_type = BigInt)]
    pub visible_count: i64,
    /// Those that every commit waits for.
    #[diesel(sql_type = BigInt)]
    pub synchronous_count: i64,
    /// Whether its WAL is archived.
    #[diesel(sql_type = Bool)]
    pub is_archived: bool,
}

const STANDBYS_SQL: &str = "select count(*) as replica_count, count(sync_state) as visible_count, \
     count(*) filter (where sync_state in ('sync', 'quorum')) as synchronous_count, \
     current_setting('archive_mode') <> 'off' as is_archived from pg_stat_replication";

/// Maps database errors to those that can be retried and the rest.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "diesel's enums, not ours: what is new there is a database error here"
)]
pub(super) fn to_store_error(error: &DieselError) -> Error {
    let text = error.to_string();
    match error {
        DieselError::DatabaseError(kind, info) => match kind {
            DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ReadOnlyTransaction => Error::Busy(text),
            _ if is_busy_text(info.message()) => Error::Busy(text),
            _ if is_full_text(info.message()) => Error::StorageFull(text),
            _ if is_damaged_text(info.message()) => Error::Damaged(text),
            _ => Error::Database(text),
        },
        DieselError::BrokenTransactionManager => Error::Busy(text),
        DieselError::DeserializationError(_) => Error::Damaged(text),
        _ => Error::Database(text),
    }
}

fn is_busy_text(message: &str) -> bool {
    [
        "database is locked",
        "database table is locked",
        "deadlock detected",
        "terminating connection",
        "canceling statement due to lock timeout",
        "canceling statement due to statement timeout",
        "server closed the connection",
        "could not receive data from server",
        "could not send data to server",
        "no connection to the server",
        "is starting up",
        "is shutting down",
    ]
    .iter()
    .any(|part| message.contains(part))
}

fn is_damaged_text(message: &str) -> bool {
    ["is malformed", "malformed database schema", "is not a database"]
        .iter()
        .any(|part| message.contains(part))
}

fn is_full_text(message: &str) -> bool {
    ["disk is full", "No space left", "disk I/O error"].iter().any(|part| message.contains(part))
}

#[cfg(test)]
mod tests {
    use super::{split_hosts, with_default_options};

    #[test]
    fn a_list_of_hosts_is_tried_one_by_one() {
        let listed = split_hosts("postgres://u:p@a:1,b:2/thidua?target_session_attrs=read-write");
        let host_url =
            |host: &str| format!("postgres://u:p@{host}/thidua?target_session_attrs=read-write");
        assert_eq!(listed, [host_url("a:1"), host_url("b:2")]);
        assert_eq!(
            split_hosts("postgresql:///thidua?host=/run/a,/run/b"),
            ["postgresql:///thidua?host=/run/a,/run/b"]
        );
    }

    #[test]
    fn a_silent_database_is_noticed_as_soon_as_the_operator_says_and_else_as_we_say() {
        let plain = with_default_options(
            "postgres://u:p@a,b/thidua?target_session_attrs=read-write&connect_timeout=2",
        );
        assert!(plain.starts_with(
            "postgres://u:p@a,b/thidua?target_session_attrs=read-write&connect_timeout=2&keep"
        ));
        assert_eq!(plain.matches("connect_timeout").count(), 1, "{plain}");
        assert!(
            with_default_options("postgres://h/d").starts_with("postgres://h/d?connect_timeout=5&")
        );
    }
}
