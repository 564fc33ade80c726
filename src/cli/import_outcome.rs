//! What became of a file, on a terminal and in JSON: the same for every kind of file.

use super::error::CliFinding;
use super::output::Output;
use crate::domain::support::message::message;
use crate::domain::support::violation::Severity;
use crate::exchange::outcome::{FileOutcome, RowCounts, RowState, ValueChange};
use crate::exchange::outcome_json::outcome_json;
use crate::files::diagnostic::FileDiagnostic;
use crate::i18n::Lang;
use serde_json::Value;

/// Most changes that are printed one by one.
const CHANGES_PRINTED_MAX: usize = 20;

/// What refuses, and what should only be read.
pub(super) fn split_findings(outcome: &FileOutcome) -> (Vec<CliFinding>, Vec<FileDiagnostic>) {
    let is_error = |one: &FileDiagnostic| one.violation.severity == Severity::Error;
    let (refused, notes): (Vec<_>, Vec<_>) = outcome.findings.iter().cloned().partition(is_error);
    let unplaced = outcome.unplaced.iter().cloned().map(CliFinding::from);
    (refused.into_iter().map(CliFinding::from).chain(unplaced).collect(), notes)
}

/// The counts of a file, and the first changes as old -> new.
pub(super) fn counts_text(output: &Output, outcome: &FileOutcome) -> String {
    let RowCounts { created, changed, unchanged, held, refused } = outcome.counts();
    let counts = output.say(message!("import-counts", created, changed, unchanged, held, refused));
    let mut lines = vec![counts];
    let changed_rows = outcome.rows.iter().filter(|row| row.state == RowState::Changed);
    let mut changes = changed_rows
        .flat_map(|row| row.changes.iter().map(move |change| change_text(&row.subject, change)));
    lines.extend(changes.by_ref().take(CHANGES_PRINTED_MAX));
    let more = changes.count();
    if more > 0 {
        lines.push(output.say(message!("import-more-changes", more)));
    }
    lines.join("\n")
}

fn change_text(subject: &str, change: &ValueChange) -> String {
    let ValueChange { field, old, new } = change;
    format!("{subject}: {field}: {old} -> {new}")
}

/// The answer of a command, with the summary, the rows and the refused cells of a file.
pub(super) fn with_outcome(mut answer: Value, outcome: &FileOutcome, lang: Lang) -> Value {
    let Value::Object(mut parts) = outcome_json(outcome, lang) else { return answer };
    if let Some(object) = answer.as_object_mut() {
        object.append(&mut parts);
    }
    answer
}
