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
use crate::domain::support::message::message;
use crate::domain::support::violation::Violation;
use crate::store::DatabaseLocation;
use crate::store::Error;
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

impl App {
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
