//! The replica: what this phone holds, in one SQLite file. Records and their scopes, what is staged, the outbox, who the phone is.
//!
//! Every change that belongs together is one transaction with `synchronous=FULL`: a crash at any instruction loses nothing and wedges
//! nothing (S30). Knows no network and no rule; bytes of records are kept as they came.

mod device;
mod outbox;
mod progress;
mod receipts;
mod records;
mod schema;
mod scopes;
mod stage;
mod swap;

pub(crate) use device::{Admission, Applicant, Device};
pub(crate) use outbox::{Draft, Entry, EntryState};
pub(crate) use records::Stored;
pub(crate) use scopes::ScopeRow;
pub(crate) use swap::Swapped;

use crate::client::engine::Start;
use crate::client::step::{Agreement, Step};
use crate::domain::time::Instant;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::path::Path;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/client");
/// WAL keeps readers going while a writer writes; FULL is what makes an answer durable; secure_delete overwrites what is destroyed.
const PRAGMAS: &str = "pragma busy_timeout = 5000; pragma journal_mode = wal; pragma synchronous = full; \
                       pragma foreign_keys = on; pragma secure_delete = on;";

/// Why the replica failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReplicaError {
    /// SQLite said no: disk full, file damaged, file locked.
    #[error("the local database failed: {0}")]
    Database(String),
    /// The file was written by a newer app.
    #[error("the local database is of a newer app (migration {0})")]
    NewerSchema(String),
    /// What stands in a column is not what belongs there.
    #[error("the local database is damaged: {0}")]
    Damaged(&'static str),
}

impl From<diesel::result::Error> for ReplicaError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.to_string())
    }
}

/// What the replica answers.
pub(crate) type Result<T> = std::result::Result<T, ReplicaError>;

/// The phone's one file.
pub(crate) struct Replica {
    conn: SqliteConnection,
}

impl Replica {
    /// Opens the file, makes it if there is none, and brings its tables up to date. A file of a newer app is refused.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let failed = |error: &dyn std::fmt::Display| ReplicaError::Database(error.to_string());
        let text = path.to_str().ok_or(ReplicaError::Database("the path is not UTF-8".into()))?;
        for_owner_only(path)?;
        let mut conn = SqliteConnection::establish(text).map_err(|error| failed(&error))?;
        conn.batch_execute(PRAGMAS)?;
        if planted!("battery-trusted") {
            conn.batch_execute("pragma synchronous = normal")?;
        }
        let known = migration_versions()?;
        let applied = conn.applied_migrations().map_err(|error| failed(&error))?;
        if let Some(newer) = applied.iter().map(ToString::to_string).find(|version| !known.contains(version)) {
            return Err(ReplicaError::NewerSchema(newer));
        }
        conn.run_pending_migrations(MIGRATIONS).map_err(|error| failed(&error))?;
        Ok(Self { conn })
    }

    /// What the next call begins with.
    pub(crate) fn start(&mut self, commands_max: usize) -> Result<Start> {
        self.write(|conn| {
            let progress = progress::load(conn)?;
            let highest = progress.next_number - 1;
            let (commands, more) = outbox::next_to_send(conn, commands_max)?;
            let resumed = !progress.staged_cursor.is_empty();
            Ok(Start {
                cursor: if resumed { progress.staged_cursor } else { progress.cursor },
                epoch: progress.epoch,
                commands,
                more,
                lowest: outbox::lowest_kept(conn, highest)?,
                highest,
                granted: stage::granted(conn)?,
                rebuild: scopes::to_rebuild(conn)?,
            })
        })
    }

    /// Does all steps in one transaction. After a swap `compare` says what to do about each digest. Gives what each swap changed. `now` is by
    /// the phone's clock.
    pub(crate) fn apply(
        &mut self,
        steps: &[Step],
        now: Instant,
        compare: &mut dyn FnMut(&crate::client::step::Mark, &[crate::client::step::Held]) -> Vec<Agreement>,
    ) -> Result<Vec<Swapped>> {
        self.write(|conn| {
            let mut swaps = Vec::new();
            for step in steps {
                match step {
                    Step::Stage { ops, cursor } => stage::add(conn, ops, cursor.as_deref())?,
                    Step::Enter { epoch, taken } => {
                        progress::enter(conn, *epoch)?;
                        outbox::send_again(conn, taken + 1)?;
                    }
                    Step::Acknowledge(answer) => outbox::acknowledge(conn, answer)?,
                    Step::ResendFrom(number) => outbox::send_again(conn, *number)?,
                    Step::Forked(number) => progress::fork(conn, *number)?,
                    Step::Trust(trusted) => device::trust(conn, trusted)?,
                    Step::Swap(mark) => {
                        let swapped = swap::swap(conn, mark, now)?;
                        scopes::agree(conn, &compare(mark, &swapped.held))?;
                        swaps.push(swapped);
                    }
                }
            }
            Ok(swaps)
        })
    }

    /// Destroys everything: the phone was revoked, or is enrolled anew. Freed pages are overwritten.
    pub(crate) fn destroy(&mut self) -> Result<()> {
        self.write(|conn| {
            conn.batch_execute(
                "delete from device; delete from record; delete from pair; delete from scope; delete from staged; \
                 delete from command; delete from receipt; delete from progress; \
                 insert into progress values (1, 1, 0, x'', x'', x'', x'', 0, 0, 0, 0, 0, 0, 0, 14);",
            )?;
            Ok(())
        })?;
        self.conn.batch_execute("pragma wal_checkpoint(truncate); vacuum;")?;
        Ok(())
    }

    fn write<T>(&mut self, work: impl FnOnce(&mut SqliteConnection) -> Result<T>) -> Result<T> {
        self.conn.immediate_transaction(work)
    }
}

/// A new file is nobody else's to read: it will hold the phone's key. SQLite gives its side files the rights of the file.
fn for_owner_only(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| ReplicaError::Database(format!("{}: {error}", path.display())))
}

fn migration_versions() -> Result<Vec<String>> {
    use diesel::migration::{Migration, MigrationSource};
    let all: Vec<Box<dyn Migration<diesel::sqlite::Sqlite>>> =
        MIGRATIONS.migrations().map_err(|error| ReplicaError::Database(error.to_string()))?;
    Ok(all.iter().map(|one| one.name().version().to_string()).collect())
}

/// Reads an id of 16 bytes from a column.
fn id(bytes: &[u8]) -> Result<[u8; 16]> {
    bytes.try_into().map_err(|_| ReplicaError::Damaged("an id is not 16 bytes long"))
}

/// Reads a number that counts from a column.
fn count(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| ReplicaError::Damaged("a number is negative"))
}

/// A number that counts, as a column holds it; far beyond any real one it stays at the end.
fn column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
