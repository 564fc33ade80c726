//! The directories of backups that the configuration names, and the warning while no verified copy
//! exists outside this machine's first directory.

use super::error::{CliError, CliResult};
use super::output::Output;
use crate::app::backup::BackupDirs;
use crate::app::checkpoint::CheckpointPlaces;
use crate::config::Config;
use crate::domain::support::message::{Message, message};
use crate::server::keys::AuthorityKeyFile;
use crate::store::backup::list_backups;
use crate::store::{DatabaseLocation, Store, owner_only};
use std::path::Path;
use std::sync::Arc;

/// The backup directories of the configuration. PostgreSQL has none: its own tools make copies.
pub(super) fn backup_locations(config: &Config) -> BackupDirs {
    let path = |text: &str| (!text.is_empty()).then(|| config.resolve_path(text));
    let sqlite =
        matches!(DatabaseLocation::parse(&config.database_url()), DatabaseLocation::Sqlite(_));
    let first = path(&config.backup.dir).filter(|_| sqlite);
    BackupDirs {
        primary: first,
        secondary: path(&config.backup.second).filter(|_| sqlite),
        keep_count: config.backup.keep.into(),
    }
}

/// The places of audit checkpoints: those of the backups, also with PostgreSQL.
pub(super) fn checkpoint_places(config: &Config) -> CheckpointPlaces {
    let path = |text: &str| (!text.is_empty()).then(|| config.resolve_path(text));
    CheckpointPlaces {
        signer: Arc::new(AuthorityKeyFile::new(&config.dir)),
        primary: path(&config.backup.dir),
        secondary: path(&config.backup.second),
    }
}

/// The warning for a PostgreSQL without replica and WAL archive.
pub(super) const NO_STANDBY: Message = message!("backup-locations-no-backup-postgresql-neither");

/// The warning that each start prints until the secondary directory holds a copy.
pub(super) fn missing_backup_warning(
    output: &Output,
    config: &Config,
    store: &Store,
) -> Option<String> {
    if matches!(store.location(), DatabaseLocation::Postgres(_)) {
        let standbys = store.query_standbys().ok().flatten()?;
        return (standbys.replica_count == 0 && !standbys.is_archived)
            .then(|| output.say(NO_STANDBY));
    }
    let text = match backup_locations(config).secondary {
        None => output.text("backup-locations-no-backup-second-place"),
        Some(second) if list_backups(&second).map_or(true, |found| found.is_empty()) => {
            output.text("backup-locations-no-backup-second-place-2")
        }
        Some(_) => return None,
    };
    Some(text.to_owned())
}

/// Creates a directory that only its owner can read, unless it exists; it holds keys or figures.
pub(super) fn ensure_directory(dir: &Path) -> CliResult {
    owner_only::ensure_dir(dir).map_err(|error| CliError::file_error(dir, &error))
}
