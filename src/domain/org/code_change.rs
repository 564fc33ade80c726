//! Which units have another official code than before: a spreadsheet changes codes unnoticed, and a
//! changed code is looked at before it is believed.

use super::{Org, Unit};
use crate::domain::support::ids::UnitId;
use jiff::civil::Date;

/// A unit whose official code is another one from some day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeChange {
    /// The unit.
    pub unit: UnitId,
    /// Its text code in files.
    pub uid: String,
    /// The first day with the new code.
    pub day: Date,
    /// The code before.
    pub old: String,
    /// The code now; `None` if it has none any more.
    pub new: Option<String>,
}

/// Every pair of old and new code of the units that both organisations have, by unit and day.
#[must_use]
pub fn find_code_changes(before: &Org, after: &Org) -> Vec<CodeChange> {
    let mut changes = Vec::new();
    for unit in after.units() {
        if let Some(earlier) = before.unit(unit.id) {
            changes.extend(changes_of_unit(earlier, unit));
        }
    }
    changes
}

fn changes_of_unit(before: &Unit, after: &Unit) -> Vec<CodeChange> {
    let mut days: Vec<Date> =
        before.versions.iter().chain(&after.versions).map(|version| version.days.from).collect();
    days.sort_unstable();
    days.dedup();
    let mut changes: Vec<CodeChange> = Vec::new();
    for day in days {
        let (Some(old), Some(new)) = (before.version_on(day), after.version_on(day)) else {
            continue;
        };
        let Some(old) = old.code.as_ref() else { continue };
        let new = new.code.as_ref();
        if new == Some(old) {
            continue;
        }
        let (old, new) = (old.code.clone(), new.map(|new| new.code.clone()));
        if changes.iter().all(|one| one.old != old || one.new != new) {
            changes.push(CodeChange { unit: after.id, uid: after.uid.clone(), day, old, new });
        }
    }
    changes
}
