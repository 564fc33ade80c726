//! What became of a file, in JSON.

use super::outcome::{FileOutcome, RowCounts, RowVerdict};
use crate::domain::support::message::Message;
use crate::domain::support::violation::{Severity, Violation};
use crate::files::diagnostic::{FileDiagnostic, RefusedCell, TextPosition};
use crate::i18n::Lang;
use serde_json::{Value, json};

/// An HTTP status and a body in JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonAnswer {
    /// 200, or 409 when something was not taken.
    pub status: u16,
    /// The body.
    pub body: Value,
}

/// The answer to a file over HTTP.
#[must_use]
pub fn file_answer(outcome: &FileOutcome, validate_only: bool, lang: Lang) -> JsonAnswer {
    let mut body = outcome_json(outcome, lang);
    body["applied"] = json!(outcome.is_taken && !validate_only);
    body["validate_only"] = json!(validate_only);
    JsonAnswer { status: if outcome.has_refusals() { 409 } else { 200 }, body }
}

/// The answer to an option of a query that is not understood.
#[must_use]
pub fn unknown_option_answer(message: &Message, lang: Lang) -> JsonAnswer {
    let body = json!({ "code": "invalid_argument", "message": message.text(lang) });
    JsonAnswer { status: 400, body }
}

/// The outcome: counts, rows, findings.
#[must_use]
pub fn outcome_json(outcome: &FileOutcome, lang: Lang) -> Value {
    let findings = outcome.findings.iter().map(|one| diagnostic_json(one, lang));
    let unplaced = outcome.unplaced.iter().map(|one| finding_json(None, one, None, lang));
    json!({
        "summary": counts_json(outcome.counts()),
        "rows": outcome.rows.iter().map(row_json).collect::<Vec<_>>(),
        "findings": findings.chain(unplaced).collect::<Vec<_>>(),
    })
}

/// The counts of verdicts.
#[must_use]
pub fn counts_json(counts: RowCounts) -> Value {
    let RowCounts { created, changed, unchanged, held, refused } = counts;
    json!({
        "created": created,
        "changed": changed,
        "unchanged": unchanged,
        "held": held,
        "refused": refused,
    })
}

/// One verdict.
#[must_use]
pub fn row_json(row: &RowVerdict) -> Value {
    let RowVerdict { file, line, subject, state, changes } = row;
    let changes: Vec<Value> = changes
        .iter()
        .map(|one| json!({ "field": one.field, "old": one.old, "new": one.new }))
        .collect();
    json!({
        "file": file,
        "line": line,
        "subject": subject,
        "state": state.as_str(),
        "changes": changes,
    })
}

fn diagnostic_json(diagnostic: &FileDiagnostic, lang: Lang) -> Value {
    let FileDiagnostic { file, position, violation, cell } = diagnostic;
    finding_json(Some((file, *position)), violation, cell.as_deref(), lang)
}

/// One finding, with its place in a file and the cell of a table if it has them.
#[must_use]
pub fn finding_json(
    place: Option<(&str, TextPosition)>,
    violation: &Violation,
    cell: Option<&RefusedCell>,
    lang: Lang,
) -> Value {
    let mut value = json!({
        "code": violation.code,
        "at": violation.path,
        "refuses": violation.severity == Severity::Error,
        "message": violation.message.text(lang),
    });
    if let (Some((file, place)), Some(object)) = (place, value.as_object_mut()) {
        object.insert("file".into(), json!(file));
        object.insert("line".into(), json!(place.line));
        object.insert("column".into(), json!(place.column));
    }
    if let (Some(cell), Some(object)) = (cell, value.as_object_mut()) {
        object.insert("sheet".into(), json!(cell.sheet));
        object.insert("column_name".into(), json!(cell.column));
        object.insert("typed".into(), json!(cell.typed));
        object.insert("understood".into(), json!(cell.understood));
    }
    value
}
