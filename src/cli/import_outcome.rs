//! What became of a file, on a terminal and in JSON: the same for every kind of file, and wherever
//! it was imported.

use super::error::CliFinding;
use super::output::{Output, finding_json};
use crate::domain::support::message::message;
use crate::domain::support::violation::Severity;
use crate::exchange::outcome::{FileOutcome, RowCounts, RowState, RowVerdict, ValueChange};
use crate::exchange::outcome_json::{counts_json, row_json};
use serde_json::{Value, json};

/// Most changes that are printed one by one.
const CHANGES_PRINTED_MAX: usize = 20;

/// What became of a file.
pub(super) struct ImportedFile {
    /// What refuses, and what should only be read.
    pub(super) findings: Vec<CliFinding>,
    /// A verdict for each row; of a server elsewhere the first of very many.
    pub(super) rows: Vec<RowVerdict>,
    /// All verdicts.
    pub(super) counts: RowCounts,
    /// Whether what is not refused is written, or would be if it was only asked for.
    pub(super) is_taken: bool,
    /// How many commands the rows needed, of reports.
    pub(super) commands: usize,
}

impl From<FileOutcome> for ImportedFile {
    fn from(outcome: FileOutcome) -> Self {
        let counts = outcome.counts();
        let FileOutcome { findings, unplaced, rows, definitions: _, is_taken, commands } = outcome;
        let findings = findings.into_iter().map(CliFinding::from);
        let unplaced = unplaced.into_iter().map(CliFinding::from);
        Self { findings: findings.chain(unplaced).collect(), rows, counts, is_taken, commands }
    }
}

impl ImportedFile {
    /// What refuses, and what should only be read.
    pub(super) fn split_findings(&self) -> (Vec<CliFinding>, Vec<CliFinding>) {
        let is_error = |one: &CliFinding| one.violation.severity == Severity::Error;
        self.findings.iter().cloned().partition(is_error)
    }

    /// How many rows the file has.
    pub(super) fn row_count(&self) -> usize {
        let RowCounts { created, changed, unchanged, held, refused } = self.counts;
        created + changed + unchanged + held + refused
    }

    /// The counts, and the first changes as old -> new.
    pub(super) fn counts_text(&self, output: &Output) -> String {
        let RowCounts { created, changed, unchanged, held, refused } = self.counts;
        let counts = message!("import-counts", created, changed, unchanged, held, refused);
        let mut lines = vec![output.say(counts)];
        let changed_rows = self.rows.iter().filter(|row| row.state == RowState::Changed);
        let mut changes = changed_rows.flat_map(|row| {
            row.changes.iter().map(move |change| change_text(&row.subject, change))
        });
        lines.extend(changes.by_ref().take(CHANGES_PRINTED_MAX));
        let more = changes.count();
        if more > 0 {
            lines.push(output.say(message!("import-more-changes", more)));
        }
        lines.join("\n")
    }

    /// The answer of a command, with the summary, the rows and the findings of the file.
    pub(super) fn add_to(&self, mut answer: Value, output: &Output) -> Value {
        let findings = self.findings.iter().map(|one| finding_json(one, output.lang));
        answer["summary"] = counts_json(self.counts);
        answer["rows"] = self.rows.iter().map(row_json).collect();
        answer["findings"] = json!(findings.collect::<Vec<_>>());
        answer
    }
}

fn change_text(subject: &str, change: &ValueChange) -> String {
    let ValueChange { field, old, new } = change;
    format!("{subject}: {field}: {old} -> {new}")
}
