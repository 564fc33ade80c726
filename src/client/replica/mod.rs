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
mod staging;
mod swap;

pub(crate) use device::{DeviceIdentity, Enrolment, LocalDevice};
pub(crate) use outbox::{CommandDraft, OutboxEntry, OutboxEntryState};
pub(crate) use records::ReplicaRecord;
pub(crate) use scopes::ScopeRow;
pub(crate) use swap::SwapResult;

use crate::client::engine::SyncInput;
use crate::client::protocol::{DigestComparison, ReplicaAction};
use crate::domain::time::Timestamp;
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
pub(crate) struct LocalReplica {
    conn: SqliteConnection,
}

impl LocalReplica {
    /// Opens the file, makes it if there is none, and brings its tables up to date. A file of a newer app is refused.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let failed = |error: &dyn std::fmt::Display| ReplicaError::Database(error.to_string());
        let text = path.to_str().ok_or(ReplicaError::Database("the path is not UTF-8".into()))?;
        restrict_to_owner(path)?;
        let mut conn = SqliteConnection::establish(text).map_err(|error| failed(&error))?;
        conn.batch_execute(PRAGMAS)?;
        if planted!("battery-trusted") {
            conn.batch_execute("pragma synchronous = normal")?;
        }
        let known = migration_versions()?;
        let applied = conn.applied_migrations().map_err(|error| failed(&error))?;
        if let Some(newer) =
            applied.iter().map(ToString::to_string).find(|version| !known.contains(version))
        {
            return Err(ReplicaError::NewerSchema(newer));
        }
        conn.run_pending_migrations(MIGRATIONS).map_err(|error| failed(&error))?;
        Ok(Self { conn })
    }

    /// What the next call begins with.
    pub(crate) fn load_sync_input(&mut self, commands_max: usize) -> Result<SyncInput> {
        self.transaction(|conn| {
            let progress = progress::load_progress(conn)?;
            let highest = progress.next_number - 1;
            let (commands, more) = outbox::select_next_to_send(conn, commands_max)?;
            let resumed = !progress.staged_cursor.is_empty();
            Ok(SyncInput {
                cursor: if resumed { progress.staged_cursor } else { progress.cursor },
                epoch: progress.epoch,
                commands,
                has_more_commands: more,
                lowest_number: outbox::lowest_contiguous_number(conn, highest)?,
                highest_number: highest,
                granted_scopes: staging::granted_after_swap(conn)?,
                rebuild_scopes: scopes::scopes_to_rebuild(conn)?,
            })
        })
    }

    /// Does all steps in one transaction. After a swap `compare` says what to do about each digest. Gives what each swap changed. `now` is by
    /// the phone's clock.
    pub(crate) fn apply_actions(
        &mut self,
        steps: &[ReplicaAction],
        now: Timestamp,
        compare: &mut dyn FnMut(
            &crate::client::protocol::ReceivedCheckpoint,
            &[crate::client::protocol::LocalScopeDigest],
        ) -> Vec<DigestComparison>,
    ) -> Result<Vec<SwapResult>> {
        self.transaction(|conn| {
            let mut swaps = Vec::new();
            for step in steps {
                match step {
                    ReplicaAction::StageOps { ops, cursor } => {
                        staging::stage_ops(conn, ops, cursor.as_deref())?
                    }
                    ReplicaAction::EnterEpoch { epoch, commands_taken: taken } => {
                        progress::save_epoch(conn, *epoch)?;
                        outbox::requeue_from(conn, taken + 1)?;
                    }
                    ReplicaAction::SaveVerdict(answer) => outbox::save_verdict(conn, answer)?,
                    ReplicaAction::ResendFrom(number) => outbox::requeue_from(conn, *number)?,
                    ReplicaAction::SaveFork(number) => progress::save_fork(conn, *number)?,
                    ReplicaAction::ReplaceTrustedCas(trusted) => {
                        device::save_trusted_cas(conn, trusted)?
                    }
                    ReplicaAction::SwapStaged(mark) => {
                        let swapped = swap::swap_staged(conn, mark, now)?;
                        scopes::save_digest_comparisons(
                            conn,
                            &compare(mark, &swapped.scope_digests),
                        )?;
                        swaps.push(swapped);
                    }
                }
            }
            Ok(swaps)
        })
    }

    /// Destroys everything: the phone was revoked, or is enrolled anew. Freed pages are overwritten.
    pub(crate) fn erase(&mut self) -> Result<()> {
        self.transaction(|conn| {
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

    fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut SqliteConnection) -> Result<T>,
    ) -> Result<T> {
        self.conn.immediate_transaction(work)
    }
}

/// A new file is nobody else's to read: it will hold the phone's key. SQLite gives its side files the rights of the file.
fn restrict_to_owner(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(drop)
        .map_err(|error| ReplicaError::Database(format!("{}: {error}", path.display())))
}

fn migration_versions() -> Result<Vec<String>> {
    use diesel::migration::{Migration, MigrationSource};
    let all: Vec<Box<dyn Migration<diesel::sqlite::Sqlite>>> =
        MIGRATIONS.migrations().map_err(|error| ReplicaError::Database(error.to_string()))?;
    Ok(all.iter().map(|one| one.name().version().to_string()).collect())
}

/// Reads an id of 16 bytes from a column.
fn decode_id(bytes: &[u8]) -> Result<[u8; 16]> {
    bytes.try_into().map_err(|_| ReplicaError::Damaged("an id is not 16 bytes long"))
}

/// Reads a number that counts from a column.
fn to_u64(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| ReplicaError::Damaged("a number is negative"))
}

/// A number that counts, as a column holds it; far beyond any real one it stays at the end.
fn to_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
