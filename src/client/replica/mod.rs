//! The replica: the phone's data in one SQLite file. It holds records and their scopes, staged
//! changes, the outbox, and the identity of the phone.
//!
//! Changes that belong together are one transaction with `synchronous=FULL`: a crash at any
//! instruction loses no data and leaves a file that opens (S30). Records are stored as received
//! bytes.

mod device;
mod outbox;
mod pre_release;
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
use crate::domain::support::time::Timestamp;
use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::path::Path;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/client");
/// WAL lets readers run beside a writer; FULL makes a commit durable before it returns;
/// secure_delete overwrites deleted content.
const PRAGMAS: &str = "pragma busy_timeout = 5000; pragma journal_mode = wal; \
                       pragma synchronous = full; \
                       pragma foreign_keys = on; pragma secure_delete = on;";

/// Why the replica failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReplicaError {
    /// SQLite failed: disk full, file damaged, file locked.
    #[error("the local database failed: {0}")]
    Database(String),
    /// The file was written by a newer app.
    #[error("the local database is of a newer app (migration {0})")]
    NewerSchema(String),
    /// The file is of the pre-release line. It is not changed.
    #[error("the local database is of a pre-release app ({unsent_commands} commands unsent)")]
    PreReleaseSchema {
        /// Commands in its outbox without a verdict.
        unsent_commands: u64,
    },
    /// A column holds a value that cannot be decoded.
    #[error("the local database is damaged: {0}")]
    Damaged(&'static str),
}

impl From<diesel::result::Error> for ReplicaError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.to_string())
    }
}

/// A result of the replica.
pub(crate) type Result<T> = std::result::Result<T, ReplicaError>;

/// The connection to the phone's file.
pub(crate) struct LocalReplica {
    conn: SqliteConnection,
}

impl LocalReplica {
    /// Opens the file, creates it if there is none, and applies pending migrations. Refuses a file
    /// of a newer app and a file of the pre-release line.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        Self::open_with_migrations(path, MIGRATIONS)
    }

    fn open_with_migrations(path: &Path, source: impl MigrationSource<Sqlite>) -> Result<Self> {
        let text = path.to_str().ok_or(ReplicaError::Database("the path is not UTF-8".into()))?;
        #[cfg(not(target_family = "wasm"))]
        restrict_to_owner(path)?;
        let mut conn = SqliteConnection::establish(text)
            .map_err(|error| ReplicaError::Database(error.to_string()))?;
        pre_release::check_not_pre_release(&mut conn)?;
        conn.batch_execute(PRAGMAS)?;
        if planted!("battery-trusted") {
            conn.batch_execute("pragma synchronous = normal")?;
        }
        run_migrations(&mut conn, source)?;
        Ok(Self { conn })
    }

    /// The input of the next call: cursor, epoch, commands to send, scopes.
    pub(crate) fn load_sync_input(&mut self, commands_max: usize) -> Result<SyncInput> {
        self.transaction(|conn| {
            let progress = progress::load_progress(conn)?;
            let highest = progress.next_number - 1;
            let (commands, more) = outbox::select_next_to_send(conn, commands_max)?;
            let resumed = !progress.staged_cursor.is_empty();
            let rebuild_scopes = scopes::scopes_to_rebuild(conn)?;
            let has_cursor = resumed || !progress.cursor.is_empty();
            let settled_scopes =
                if has_cursor && rebuild_scopes.is_empty() && !staging::changes_scopes(conn)? {
                    scopes::settled_scopes(conn)?
                } else {
                    None
                };
            Ok(SyncInput {
                cursor: if resumed { progress.staged_cursor } else { progress.cursor },
                epoch: progress.epoch,
                commands,
                has_more_commands: more,
                lowest_number: outbox::lowest_contiguous_number(conn, highest)?,
                highest_number: highest,
                granted_scopes: staging::granted_after_swap(conn)?,
                rebuild_scopes,
                receipt_parties: device::load_receipt_parties(conn)?,
                settled_scopes,
            })
        })
    }

    /// Applies all actions in one transaction. After a swap `compare` decides about each digest.
    /// Returns the result of each swap. `now` is by the phone's clock.
    pub(crate) fn apply_actions(
        &mut self,
        actions: &[ReplicaAction],
        now: Timestamp,
        compare: &mut dyn FnMut(
            &crate::client::protocol::ReceivedCheckpoint,
            &[crate::client::protocol::LocalScopeDigest],
        ) -> Vec<DigestComparison>,
    ) -> Result<Vec<SwapResult>> {
        self.transaction(|conn| {
            let mut swaps = Vec::new();
            for action in actions {
                match action {
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
                    ReplicaAction::SwapStaged(checkpoint) => {
                        let swapped = swap::swap_staged(conn, checkpoint, now)?;
                        scopes::save_digest_comparisons(
                            conn,
                            &compare(checkpoint, &swapped.scope_digests),
                        )?;
                        swaps.push(swapped);
                    }
                }
            }
            Ok(swaps)
        })
    }

    /// Deletes all data of a phone that was revoked or is enrolled anew. Freed pages are
    /// overwritten.
    pub(crate) fn erase(&mut self) -> Result<()> {
        self.transaction(|conn| {
            conn.batch_execute(
                "delete from device; delete from record; delete from scope_record; \
                 delete from scope; delete from staged_change; delete from outbox_command; \
                 delete from held_place; \
                 delete from command_receipt; delete from sync_progress; \
                 insert into sync_progress \
                 values (1, 1, 0, x'', x'', x'', x'', 0, 0, 0, 0, 0, 0, 0, 14);",
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

/// Creates a missing file readable by its owner only, because it will hold the phone's private key.
/// SQLite gives its side files the permissions of the file. A browser has no such permissions.
#[cfg(not(target_family = "wasm"))]
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

/// Applies pending migrations. Fails with [`ReplicaError::NewerSchema`] if the file has an unknown
/// one.
fn run_migrations(conn: &mut SqliteConnection, source: impl MigrationSource<Sqlite>) -> Result<()> {
    let failed = |error: &dyn std::fmt::Display| ReplicaError::Database(error.to_string());
    let migrations = source.migrations().map_err(|error| failed(&error))?;
    let known: Vec<String> =
        migrations.iter().map(|one| one.name().version().to_string()).collect();
    let applied = conn.applied_migrations().map_err(|error| failed(&error))?;
    if let Some(newer) =
        applied.iter().map(ToString::to_string).find(|version| !known.contains(version))
    {
        return Err(ReplicaError::NewerSchema(newer));
    }
    conn.run_pending_migrations(source).map_err(|error| failed(&error))?;
    Ok(())
}

/// Decodes an id of 16 bytes from a column.
fn decode_id(bytes: &[u8]) -> Result<[u8; 16]> {
    bytes.try_into().map_err(|_| ReplicaError::Damaged("an id is not 16 bytes long"))
}

/// Decodes a non-negative number from a column.
fn to_u64(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| ReplicaError::Damaged("a number is negative"))
}

/// Encodes a number for a column; saturates at `i64::MAX`.
fn to_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
