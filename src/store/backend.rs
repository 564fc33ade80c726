//! ALL differences between SQLite and PostgreSQL, besides `migrations/`.
//!
//! Knows no table's meaning: connections, transactions, upserts, and which errors mean "try again".

use super::error::{Error, Result};
use super::line;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::{BigInt, Bool};
use diesel::sqlite::SqliteConnection;
use diesel::{Connection, QueryableByName, RunQueryDsl};
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
pub enum Location {
    /// A file path.
    Sqlite(String),
    /// A `postgres://` URL.
    Postgres(String),
}

/// Runs one typed query on whichever database stands behind the connection: for upserts and batches, which the enum cannot express.
macro_rules! on {
    ($conn:expr, |$c:ident| $query:expr) => {
        match $conn {
            $crate::store::backend::AnyConn::Pg($c) => $query,
            $crate::store::backend::AnyConn::Sqlite($c) => $query,
        }
    };
}
pub(crate) use on;

impl Location {
    /// Reads `postgres://…`, `sqlite:PATH` or a bare path.
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
            Self::Postgres(url) => any_host(url),
            Self::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(path)
                    .map_err(|error| Error::Busy(format!("cannot connect: {error}")))?;
                conn.batch_execute(SQLITE_EVERY_CONNECTION)?;
                conn.batch_execute(if writer { SQLITE_WRITER } else { SQLITE_READER })?;
                if planted!("disk-not-waited-for") {
                    conn.batch_execute("PRAGMA synchronous = NORMAL")?;
                }
                Ok(AnyConn::Sqlite(conn))
            }
        }
    }
}

/// How soon a PostgreSQL that fell silent is noticed, where the operator's URL does not say otherwise: without these a cut line is waited
/// for as long as the kernel likes, which is hours.
const NOTICES: [(&str, &str); 5] = [
    ("connect_timeout", "5"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "20000"),
];

/// Connects to the first host of the URL that will have us. libpq goes on to the next host only when one cannot be reached: one that takes
/// the connection and then closes it, as a balancer before a dead server does, would hide all behind it.
fn any_host(url: &str) -> Result<AnyConn> {
    let mut last = Error::Busy("the URL names no host".to_owned());
    for one in hosts(&noticing(url)) {
        match PgConnection::establish(&one) {
            Ok(conn) => return Ok(AnyConn::Pg(conn)),
            Err(error) => last = line::refused(&error.to_string()),
        }
        if let Error::Unproven(why) = &last {
            tracing::error!(why, "THE DATABASE DID NOT PROVE WHO IT IS: see sslmode and sslrootcert in database.url");
        }
    }
    Err(last)
}

/// The URL once for each of its hosts.
fn hosts(url: &str) -> Vec<String> {
    let Some((scheme, rest)) = url.split_once("://") else { return vec![url.to_owned()] };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (place, behind) = rest.split_at(end);
    let (user, list) = place.rsplit_once('@').map_or((String::new(), place), |(user, list)| (format!("{user}@"), list));
    list.split(',').map(|host| format!("{scheme}://{user}{host}{behind}")).collect()
}

/// The URL with what it leaves open of [`NOTICES`].
fn noticing(url: &str) -> String {
    let mut whole = url.to_owned();
    for (name, value) in NOTICES {
        let given = url.split(['?', '&']).skip(1).any(|one| one.split('=').next() == Some(name));
        if !given {
            let sign = if whole.contains('?') { '&' } else { '?' };
            whole.push_str(&format!("{sign}{name}={value}"));
        }
    }
    whole
}

/// A node that stands still inside a transaction holds rows that every other node waits for, above all the head: PostgreSQL ends its
/// session. Whoever waits that long gives up within the deadline of its call. No limit on its statements: a cancelled COMMIT may be one that
/// its replica never got.
const PG_WRITER: &str = "SET idle_in_transaction_session_timeout = '10s'; SET lock_timeout = '20s'";

// FULL is part of the contract: with NORMAL, power cuts lose acknowledged commits.
// Nothing is mapped: SQLite forgets a reader's mapping, with its cache, whenever anybody wrote, and to map the file and touch its pages anew
// costs twice what reading them costs. A disk that fails is an error then, and no signal that ends the process.
const SQLITE_EVERY_CONNECTION: &str = "PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
     PRAGMA mmap_size = 0;";
const SQLITE_WRITER: &str = "PRAGMA cache_size = -16000; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 4000; \
     PRAGMA journal_size_limit = 67108864;";
// A reader's cache lasts until the next commit of anybody: more is memory that nobody looks at again.
const SQLITE_READER: &str = "PRAGMA cache_size = -4000; PRAGMA query_only = ON;";

impl AnyConn {
    /// Bounds how long this connection may keep others waiting, and wait itself; SQLite's writer is bounded when it is opened.
    pub fn bound_writer(&mut self) -> Result<()> {
        match self {
            Self::Pg(_) => self.execute_text(PG_WRITER),
            Self::Sqlite(_) => Ok(()),
        }
    }

    /// Starts a writing transaction. SQLite takes its one write lock at once, so that no reader-turned-writer ever fails.
    pub fn begin_write(&mut self) -> Result<()> {
        self.execute_text(match self {
            Self::Pg(_) => "BEGIN ISOLATION LEVEL READ COMMITTED",
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
        })
    }

    /// Starts a reading transaction that sees one state from its first query to its last, none of which takes longer than `patience`; in
    /// one round trip either way.
    pub fn begin_read(&mut self, patience: Option<Duration>) -> Result<()> {
        const PG: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        match (&self, patience) {
            (Self::Pg(_), None) => self.execute_text(PG),
            // Zero would be no limit.
            (Self::Pg(_), Some(patience)) => {
                self.execute_text(&format!("{PG}; SET LOCAL statement_timeout = {}", patience.as_millis().max(1)))
            }
            (Self::Sqlite(_), _) => self.execute_text("BEGIN DEFERRED"),
        }
    }

    /// Who else holds what a PostgreSQL holds; `None` for SQLite, whose copies are ours.
    pub fn standbys(&mut self) -> Result<Option<Standbys>> {
        match self {
            Self::Pg(conn) => Ok(Some(diesel::sql_query(STANDBYS).get_result(conn)?)),
            Self::Sqlite(_) => Ok(None),
        }
    }

    /// Runs fixed SQL that both databases understand.
    pub fn execute_text(&mut self, sql: &str) -> Result<()> {
        on!(self, |conn| conn.batch_execute(sql)).map_err(Error::from)
    }
}

/// Who follows a PostgreSQL now, as far as its user may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Standbys {
    /// Replicas that are connected.
    #[diesel(sql_type = BigInt)]
    pub replicas: i64,
    /// Those of which the user may see how closely they follow.
    #[diesel(sql_type = BigInt)]
    pub seen: i64,
    /// Those of them without which no commit is acknowledged.
    #[diesel(sql_type = BigInt)]
    pub in_step: i64,
    /// Whether its log is archived.
    #[diesel(sql_type = Bool)]
    pub archived: bool,
}

const STANDBYS: &str = "select count(*) as replicas, count(sync_state) as seen, \
     count(*) filter (where sync_state in ('sync', 'quorum')) as in_step, \
     current_setting('archive_mode') <> 'off' as archived from pg_stat_replication";

/// Sorts database errors into those that mean "try again" and the rest.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "diesel's enums, not ours: what is new there is a database error here"
)]
pub(super) fn classify(error: &DieselError) -> Error {
    let text = error.to_string();
    match error {
        DieselError::DatabaseError(kind, info) => match kind {
            DatabaseErrorKind::SerializationFailure
            | DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ReadOnlyTransaction => Error::Busy(text),
            _ if is_busy_text(info.message()) => Error::Busy(text),
            _ if is_full_text(info.message()) => Error::Full(text),
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
    ["is malformed", "is not a database"].iter().any(|part| message.contains(part))
}

fn is_full_text(message: &str) -> bool {
    ["disk is full", "No space left", "disk I/O error"].iter().any(|part| message.contains(part))
}

#[cfg(test)]
mod tests {
    use super::{hosts, noticing};

    #[test]
    fn a_list_of_hosts_is_tried_one_by_one() {
        let listed = hosts("postgres://u:p@a:1,b:2/thidua?target_session_attrs=read-write");
        let one = |host: &str| format!("postgres://u:p@{host}/thidua?target_session_attrs=read-write");
        assert_eq!(listed, [one("a:1"), one("b:2")]);
        assert_eq!(hosts("postgresql:///thidua?host=/run/a,/run/b"), ["postgresql:///thidua?host=/run/a,/run/b"]);
    }

    #[test]
    fn a_silent_database_is_noticed_as_soon_as_the_operator_says_and_else_as_we_say() {
        let plain = noticing("postgres://u:p@a,b/thidua?target_session_attrs=read-write&connect_timeout=2");
        assert!(plain.starts_with("postgres://u:p@a,b/thidua?target_session_attrs=read-write&connect_timeout=2&keep"));
        assert_eq!(plain.matches("connect_timeout").count(), 1, "{plain}");
        assert!(noticing("postgres://h/d").starts_with("postgres://h/d?connect_timeout=5&"));
    }
}
