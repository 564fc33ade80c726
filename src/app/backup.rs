//! Backups: created, verified completely, copied to the second directory, and only then reported to
//! devices.
//!
//! ```text
//! copy -> verify the copy -> copy it to each directory -> verify the checksum there
//!      -> raise the safe-past seq: devices may delete acknowledged commands up to it
//! ```
//!
//! The nightly job calls this; with a standby machine it is called more often.

use super::App;
use super::error::{AppError, Result};
use crate::domain::access::permission::{Actor, action, authorize};
use crate::domain::support::message::message;
use crate::domain::support::time::Timestamp;
use crate::domain::support::violation::Violation;
use crate::store::DatabaseLocation;
use crate::store::Error;
pub use crate::store::StandbyStatus;
use crate::store::backup::{
    BackupFile, IntegrityReport, check_database_at, list_backups, prune_backups,
    remove_database_files, restore_backup,
};
use std::path::{Path, PathBuf};

/// The directories of backups.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BackupDirs {
    /// The directory in which backups are created; `None`: no backups.
    pub primary: Option<PathBuf>,
    /// A directory on another machine or disk. Without it the safe-past seq is not raised.
    pub secondary: Option<PathBuf>,
    /// Number of backups that each directory keeps.
    pub keep_count: usize,
}

/// A verified backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupSummary {
    /// The backup in the primary directory.
    pub file: BackupFile,
    /// Number of audit rows in it; the chain of all is verified.
    pub audit_rows: i64,
    /// Whether a second copy exists, so that the safe-past seq was raised.
    pub has_secondary_copy: bool,
}

/// A backup that an administrator may know of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedBackup {
    /// Its file.
    pub file: BackupFile,
    /// Whether it is in the secondary directory.
    pub is_secondary: bool,
    /// When it was made, if its file tells.
    pub made_at: Option<Timestamp>,
    /// Its size in bytes.
    pub size_bytes: u64,
}

impl App {
    /// Whether the caller may know the problems of this server and its backups.
    pub fn authorize_server_read(&self, actor: &Actor) -> Result<()> {
        self.authorize_at_root(|unit_path, today| {
            authorize::<action::ReadServerHealth>(actor, unit_path, today).map(|_| ())
        })
    }

    /// PostgreSQL's own copies; `None` on SQLite, or while the database does not answer.
    #[must_use]
    pub fn standbys(&self) -> Option<StandbyStatus> {
        self.store().query_standbys().ok().flatten()
    }

    /// The backups in both directories, newest first. A directory that cannot be read has none: its
    /// problem is another one's to tell.
    pub fn backups(&self) -> Vec<ListedBackup> {
        let dirs = [(&self.backup_dirs.primary, false), (&self.backup_dirs.secondary, true)];
        let mut found = Vec::new();
        for (dir, is_secondary) in dirs {
            let files = dir.as_ref().and_then(|dir| list_backups(dir).ok()).unwrap_or_default();
            found.extend(files.into_iter().filter_map(|file| {
                let (made_at, size_bytes) = file.written_at_and_size().ok()?;
                Some(ListedBackup { file, is_secondary, made_at, size_bytes })
            }));
        }
        found.sort_by_key(|one| std::cmp::Reverse((one.file.epoch, one.file.seq)));
        found
    }
    /// The directories of backups.
    #[must_use]
    pub fn backup_dirs(&self) -> &BackupDirs {
        &self.backup_dirs
    }

    /// Creates a verified backup in every directory. If nothing changed since the newest backup,
    /// that one is verified again.
    pub fn create_backup(&self, dirs: &BackupDirs) -> Result<BackupSummary> {
        let first = dirs.primary.as_deref().ok_or_else(no_backup_dir_error)?;
        let copy = self.ensure_backup_in(first)?;
        let audit_rows = check_backup(&copy)?;
        if copy.has_valid_checksum()?.is_none() {
            copy.write_checksum()?;
        }
        if let Some(second) = &dirs.secondary {
            let secondary_copy = BackupFile {
                path: second.join(copy.path.file_name().unwrap_or_default()),
                ..copy.clone()
            };
            if secondary_copy.has_valid_checksum()? != Some(true) {
                copy.copy_to_dir(second)?.write_checksum()?;
            }
            prune_backups(second, dirs.keep_count)?;
        }
        prune_backups(first, dirs.keep_count)?;
        let safe = dirs.secondary.is_some();
        if safe {
            // This write changes no record and takes no seq, so it does not cause a new backup.
            self.store().write("backup.pass", self.now(), |tx| tx.raise_safe_past_seq(copy.seq))?;
        }
        Ok(BackupSummary { file: copy, audit_rows, has_secondary_copy: safe })
    }

    /// Restores the newest backup to a scratch database, from the secondary directory if there is
    /// one, and verifies it completely. `None` if there is no backup. Fails when the newest backup
    /// is damaged.
    pub fn run_restore_drill(&self, dirs: &BackupDirs) -> Result<Option<IntegrityReport>> {
        let Some(dir) = dirs.secondary.as_ref().or(dirs.primary.as_ref()) else { return Ok(None) };
        let Some(newest) = list_backups(dir)?.pop() else { return Ok(None) };
        if newest.has_valid_checksum()? != Some(true) {
            return Err(Error::Damaged(format!(
                "{} is not the file that was verified",
                newest.path.display()
            ))
            .into());
        }
        // The backup file itself is not opened for writing.
        let scratch_path = dirs.primary.as_ref().unwrap_or(dir).join("thidua-drill.db");
        let result = restore_to_scratch(&newest, &scratch_path);
        remove_database_files(&scratch_path);
        result.map(Some)
    }

    fn ensure_backup_in(&self, dir: &Path) -> Result<BackupFile> {
        let head = self.store().read(|tx| tx.head())?;
        let present = BackupFile::for_head(&head, dir);
        if present.has_valid_checksum()? == Some(true) {
            return Ok(present);
        }
        // Writes continue during the copy, so its name is taken from the head that it contains.
        let partial_path = dir.join("thidua-copy.new");
        self.store().copy_to_file(&partial_path)?;
        let copied_head =
            check_database_at(&DatabaseLocation::Sqlite(partial_path.display().to_string()))?.head;
        let copy = BackupFile::for_head(&copied_head, dir);
        Ok(BackupFile { path: partial_path, ..copy.clone() }.rename_to(copy)?)
    }
}

/// Restores the backup to a scratch file, begins an epoch there as a real restore does, and
/// verifies it.
fn restore_to_scratch(copy: &BackupFile, scratch_path: &Path) -> Result<IntegrityReport> {
    let location = DatabaseLocation::Sqlite(scratch_path.display().to_string());
    // Remove files of an interrupted drill.
    remove_database_files(scratch_path);
    restore_backup(&copy.path, &location, None, &[0; 16])?;
    let found = check_database_at(&location)?;
    match found.problems.first() {
        None => Ok(found),
        Some(fault) => {
            Err(Error::Damaged(format!("the copy {}: {fault}", copy.path.display())).into())
        }
    }
}

/// Verifies a backup; returns its number of audit rows.
fn check_backup(copy: &BackupFile) -> Result<i64> {
    let found = check_database_at(&DatabaseLocation::Sqlite(copy.path.display().to_string()))?;
    match found.problems.first() {
        None => Ok(found.audit_rows),
        Some(fault) => {
            Err(Error::Damaged(format!("the copy {}: {fault}", copy.path.display())).into())
        }
    }
}

/// The newest backup in `dir` whose checksum and content are valid. An error if every backup with
/// a valid checksum is of the pre-release line.
pub fn newest_valid_backup(dir: &Path) -> Result<Option<BackupFile>> {
    let mut refusal = None;
    for copy in list_backups(dir)?.into_iter().rev() {
        if copy.has_valid_checksum()? != Some(true) {
            continue;
        }
        match check_backup(&copy) {
            Ok(_) => return Ok(Some(copy)),
            Err(error @ AppError::Store(Error::PreReleaseSchema { .. })) => refusal = Some(error),
            Err(_) => {}
        }
    }
    refusal.map_or(Ok(None), Err)
}

fn no_backup_dir_error() -> AppError {
    AppError::Violations(vec![Violation::error(
        "NO_PLACE",
        "backup",
        message!("backup-no-place-copies-named"),
    )])
}
