//! Verified copies: made, checked from the first row to the last, brought to the second place, and only then told to the phones.
//!
//! ```text
//!  copy -> check the copy -> bring it to every place -> check its sum there -> safe-past mark: phones need not keep it any longer
//! ```
//!
//! Knows no schedule: a job asks for it at night, and more often where a second machine stands by.

use super::App;
use super::error::{AppError, Result};
use crate::domain::broken::Broken;
use crate::store::Error;
use crate::store::Location;
use crate::store::backup::{Checked, Copy, check_at, copies, discard, prune, put_back};
use std::path::{Path, PathBuf};

/// Where copies go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// The directory in which copies are made; none: no copies.
    pub first: Option<PathBuf>,
    /// Another machine's or disk's directory; without it a copy does not let phones forget.
    pub second: Option<PathBuf>,
    /// How many copies each place keeps.
    pub keep: usize,
}

/// A copy that was made and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The copy in the first place.
    pub copy: Copy,
    /// Rows of the audit in it, all under the chain.
    pub audit_rows: i64,
    /// Whether it lies in a second place too, so that phones may forget what it holds.
    pub safe: bool,
}

impl App {
    /// The places where copies go.
    #[must_use]
    pub fn backups(&self) -> &Places {
        &self.backups
    }

    /// Makes a verified copy in every place. Nothing new since the newest copy: that one is checked again instead.
    pub fn back_up(&self, places: &Places) -> Result<Made> {
        let first = places.first.as_deref().ok_or_else(no_place)?;
        let copy = self.copy_in(first)?;
        let audit_rows = checked(&copy)?;
        if copy.is_as_sealed()?.is_none() {
            copy.seal()?;
        }
        if let Some(second) = &places.second {
            let there = Copy { path: second.join(copy.path.file_name().unwrap_or_default()), ..copy.clone() };
            if there.is_as_sealed()? != Some(true) {
                copy.bring_to(second)?.seal()?;
            }
            prune(second, places.keep)?;
        }
        prune(first, places.keep)?;
        let safe = places.second.is_some();
        if safe {
            // No change of any record, so no seq: an idle night makes no new copy.
            self.store().write("backup.pass", self.now(), |tx| tx.pass_safely(copy.seq))?;
        }
        Ok(Made { copy, audit_rows, safe })
    }

    /// Restores the newest copy aside, from the second place if there is one, and checks it from its first row to its last; `None` where there
    /// is no copy yet, which is said elsewhere. Fails when the newest is not whole: then somebody must act.
    pub fn drill_restore(&self, places: &Places) -> Result<Option<Checked>> {
        let Some(dir) = places.second.as_ref().or(places.first.as_ref()) else { return Ok(None) };
        let Some(newest) = copies(dir)?.pop() else { return Ok(None) };
        if newest.is_as_sealed()? != Some(true) {
            return Err(Error::Damaged(format!("{} is not the file that was verified", newest.path.display())).into());
        }
        // The copy itself is never opened for writing: it may be needed tomorrow.
        let aside = places.first.as_ref().unwrap_or(dir).join("thidua-drill.db");
        let drilled = restored_aside(&newest, &aside);
        discard(&aside);
        drilled.map(Some)
    }

    fn copy_in(&self, dir: &Path) -> Result<Copy> {
        let head = self.store().read(|tx| tx.head())?;
        let present = Copy::of(&head, dir);
        if present.is_as_sealed()? == Some(true) {
            return Ok(present);
        }
        // Writers go on while the copy is made: its name is that of the head that it holds.
        let fresh = dir.join("thidua-copy.new");
        self.store().copy_to(&fresh)?;
        let held = check_at(&Location::Sqlite(fresh.display().to_string()))?.head;
        let copy = Copy::of(&held, dir);
        Ok(Copy { path: fresh, ..copy.clone() }.rename(copy)?)
    }
}

/// Puts the copy where a restore would, begins a history there as a restore does, and checks the whole.
fn restored_aside(copy: &Copy, aside: &Path) -> Result<Checked> {
    let location = Location::Sqlite(aside.display().to_string());
    // What a drill left that was ended in the middle.
    discard(aside);
    put_back(&copy.path, &location, None, &[0; 16])?;
    let found = check_at(&location)?;
    match found.faults.first() {
        None => Ok(found),
        Some(fault) => Err(Error::Damaged(format!("the copy {}: {fault}", copy.path.display())).into()),
    }
}

/// Checks a copy; how many rows of the audit it holds.
fn checked(copy: &Copy) -> Result<i64> {
    let found = check_at(&Location::Sqlite(copy.path.display().to_string()))?;
    match found.faults.first() {
        None => Ok(found.audit_rows),
        Some(fault) => Err(Error::Damaged(format!("the copy {}: {fault}", copy.path.display())).into()),
    }
}

/// The newest copy in `dir` that is as it was when it was checked.
pub fn newest_whole(dir: &Path) -> Result<Option<Copy>> {
    for copy in copies(dir)?.into_iter().rev() {
        if copy.is_as_sealed()? == Some(true) && checked(&copy).is_ok() {
            return Ok(Some(copy));
        }
    }
    Ok(None)
}

fn no_place() -> AppError {
    AppError::Broken(vec![Broken::refuses(
        "NO_PLACE",
        "backup",
        "Chưa có nơi để bản sao lưu. Hãy đặt backup.dir và backup.second trong tệp cấu hình.",
        "No place for copies is named. Set backup.dir and backup.second in the configuration file.",
    )])
}
