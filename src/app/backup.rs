//! Verified copies: made, checked from the first row to the last, brought to the second place, and only then told to the phones.
//!
//! ```text
//!  copy -> check the copy -> bring it to every place -> check its sum there -> safe-past mark: phones need not keep it any longer
//! ```
//!
//! Knows no schedule: a job asks for it at night, and more often where a second machine stands by.

use super::App;
use super::error::{AppError, Result};
use crate::domain::violation::Violation;
use crate::store::DatabaseLocation;
use crate::store::Error;
use crate::store::backup::{
    BackupFile, IntegrityReport, check_database_at, list_backups, prune_backups,
    remove_database_files, restore_backup,
};
use std::path::{Path, PathBuf};

/// Where copies go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BackupDirs {
    /// The directory in which copies are made; none: no copies.
    pub primary: Option<PathBuf>,
    /// Another machine's or disk's directory; without it a copy does not let phones forget.
    pub secondary: Option<PathBuf>,
    /// How many copies each place keeps.
    pub keep_count: usize,
}

/// A copy that was made and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupSummary {
    /// The copy in the first place.
    pub file: BackupFile,
    /// Rows of the audit in it, all under the chain.
    pub audit_rows: i64,
    /// Whether it lies in a second place too, so that phones may forget what it holds.
    pub has_secondary_copy: bool,
}

impl App {
    /// The places where copies go.
    #[must_use]
    pub fn backup_dirs(&self) -> &BackupDirs {
        &self.backup_dirs
    }

    /// Makes a verified copy in every place. Nothing new since the newest copy: that one is checked again instead.
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
            // No change of any record, so no seq: an idle night makes no new copy.
            self.store().write("backup.pass", self.now(), |tx| tx.raise_safe_past_seq(copy.seq))?;
        }
        Ok(BackupSummary { file: copy, audit_rows, has_secondary_copy: safe })
    }

    /// Restores the newest copy aside, from the second place if there is one, and checks it from its first row to its last; `None` where there
    /// is no copy yet, which is said elsewhere. Fails when the newest is not whole: then somebody must act.
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
        // The copy itself is never opened for writing: it may be needed tomorrow.
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
        // Writers go on while the copy is made: its name is that of the head that it holds.
        let partial_path = dir.join("thidua-copy.new");
        self.store().copy_to_file(&partial_path)?;
        let copied_head =
            check_database_at(&DatabaseLocation::Sqlite(partial_path.display().to_string()))?.head;
        let copy = BackupFile::for_head(&copied_head, dir);
        Ok(BackupFile { path: partial_path, ..copy.clone() }.rename_to(copy)?)
    }
}

/// Puts the copy where a restore would, begins a history there as a restore does, and checks the whole.
fn restore_to_scratch(copy: &BackupFile, scratch_path: &Path) -> Result<IntegrityReport> {
    let location = DatabaseLocation::Sqlite(scratch_path.display().to_string());
    // What a drill left that was ended in the middle.
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

/// Checks a copy; how many rows of the audit it holds.
fn check_backup(copy: &BackupFile) -> Result<i64> {
    let found = check_database_at(&DatabaseLocation::Sqlite(copy.path.display().to_string()))?;
    match found.problems.first() {
        None => Ok(found.audit_rows),
        Some(fault) => {
            Err(Error::Damaged(format!("the copy {}: {fault}", copy.path.display())).into())
        }
    }
}

/// The newest backup in `dir` that is unchanged since it was verified; refuses a directory in which every such backup is of the
/// pre-release line.
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
        "Chưa có nơi để bản sao lưu. Hãy đặt backup.dir và backup.second trong tệp cấu hình.",
        "No place for copies is named. Set backup.dir and backup.second in the configuration file.",
    )])
}
