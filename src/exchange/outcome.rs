//! What became of a file: findings with their place, a verdict for each row, every change as old ->
//! new, and the counts.

use super::definitions::DefinitionChange;
use crate::domain::support::message::message;
use crate::domain::support::string_enum::string_enum;
use crate::domain::support::violation::{Severity, Violation};
use crate::files::diagnostic::FileDiagnostic;
use std::collections::{BTreeMap, BTreeSet};

string_enum! {
    /// What became of a row, or would become of it.
    RowState {
        /// It did not exist.
        Created = "CREATED",
        /// It has the content of the row now.
        Changed = "CHANGED",
        /// It had this content.
        Unchanged = "UNCHANGED",
        /// It waits for people: a proposal or a conflict.
        Held = "HELD",
        /// Nothing of the row is written; the findings say why.
        Refused = "REFUSED",
    }
}

/// One value that a row changes, as texts of the file; an empty text is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueChange {
    /// The column, as in `so_offences`.
    pub field: String,
    /// The stored value.
    pub old: String,
    /// The value of the row.
    pub new: String,
}

/// What became of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowVerdict {
    /// The file, with the sheet of a workbook in brackets.
    pub file: String,
    /// Line of the file or row of the sheet, from 1; 0 if several say it together.
    pub line: usize,
    /// What the row is about, as in `tuan-xa, com-29242-0, 2024-08-19`; empty if it is not known.
    pub subject: String,
    /// What became of it.
    pub state: RowState,
    /// What it changes; of a new thing every value.
    pub changes: Vec<ValueChange>,
}

/// How many rows of each state a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RowCounts {
    /// New things.
    pub created: usize,
    /// Changed things.
    pub changed: usize,
    /// Things that had this content.
    pub unchanged: usize,
    /// Things that wait for people.
    pub held: usize,
    /// Refused rows.
    pub refused: usize,
}

/// What became of a file.
#[derive(Debug, Clone, Default)]
pub struct FileOutcome {
    /// What refuses, and what should be read, each with its place.
    pub findings: Vec<FileDiagnostic>,
    /// Findings without a place.
    pub unplaced: Vec<Violation>,
    /// A verdict for each row, in the order of the file.
    pub rows: Vec<RowVerdict>,
    /// What changes, of files of definitions.
    pub definitions: Vec<DefinitionChange>,
    /// Whether what is not refused is written, or would be if it was only asked for.
    pub is_taken: bool,
    /// How many commands the rows needed, of reports.
    pub commands: usize,
}

impl FileOutcome {
    /// The outcome of a file that is no such table, or of which nothing can be taken.
    #[must_use]
    pub fn refused(findings: Vec<FileDiagnostic>) -> Self {
        Self { findings, ..Self::default() }
    }

    /// Adds findings that refuse rows, and a verdict for each of their lines.
    pub(super) fn add_refusals(&mut self, file: &str, findings: Vec<FileDiagnostic>) {
        let lines: BTreeSet<usize> = findings.iter().map(|one| one.position.line).collect();
        self.findings.extend(findings);
        self.rows.extend(lines.into_iter().map(|line| RowVerdict {
            file: file.to_owned(),
            line,
            subject: String::new(),
            state: RowState::Refused,
            changes: Vec::new(),
        }));
        self.rows.sort_by_key(|row| row.line);
    }

    /// Counts the verdicts.
    #[must_use]
    pub fn counts(&self) -> RowCounts {
        let mut counts = RowCounts::default();
        for row in &self.rows {
            let count = match row.state {
                RowState::Created => &mut counts.created,
                RowState::Changed => &mut counts.changed,
                RowState::Unchanged => &mut counts.unchanged,
                RowState::Held => &mut counts.held,
                RowState::Refused => &mut counts.refused,
            };
            *count += 1;
        }
        counts
    }

    /// Whether a finding refuses a row or the file.
    #[must_use]
    pub fn has_refusals(&self) -> bool {
        let placed = self.findings.iter().map(|one| &one.violation);
        placed.chain(&self.unplaced).any(|one| one.severity == Severity::Error)
    }
}

/// The violation of the first row beyond the most that one call takes.
pub(super) fn too_many_rows(limit: usize) -> Violation {
    Violation::error("TOO_MANY_ROWS", "row", message!("table-most-rows", limit))
}

/// Things by key, each with the texts of its fields.
pub(super) type FieldsByKey = BTreeMap<String, BTreeMap<String, String>>;

/// The verdicts of things whose stored fields are `old`, and those of the file `new`. `place` gives
/// file and line of a key.
pub(super) fn compare_fields(
    old: &FieldsByKey,
    new: &FieldsByKey,
    place: impl Fn(&str) -> (String, usize),
) -> Vec<RowVerdict> {
    let verdict = |(key, fields): (&String, &BTreeMap<String, String>)| {
        let before = old.get(key);
        let names: BTreeSet<&String> =
            fields.keys().chain(before.into_iter().flat_map(BTreeMap::keys)).collect();
        let change = |name: &String| {
            let text = |fields: Option<&BTreeMap<String, String>>| {
                fields.and_then(|fields| fields.get(name)).cloned().unwrap_or_default()
            };
            let (old, new) = (text(before), text(Some(fields)));
            (old != new).then(|| ValueChange { field: name.clone(), old, new })
        };
        let changes: Vec<ValueChange> = names.into_iter().filter_map(change).collect();
        let state = match before {
            None => RowState::Created,
            Some(_) if changes.is_empty() => RowState::Unchanged,
            Some(_) => RowState::Changed,
        };
        let (file, line) = place(key);
        RowVerdict { file, line, subject: key.clone(), state, changes }
    };
    let mut rows: Vec<RowVerdict> = new.iter().map(verdict).collect();
    rows.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    rows
}
