//! Figures of earlier years from a table.

use super::outcome::{FieldsByKey, FileOutcome, compare_fields};
use crate::app::act::{ActEnd, ActRequest, Performer};
use crate::app::{App, ReferenceSnapshot, Result};
use crate::domain::access::permission::action;
use crate::domain::org::UnitKind;
use crate::domain::report::element::{CountingLevel, ElementCode};
use crate::domain::report::figure_text::format_scaled;
use crate::domain::standing::baseline::BaselineRow;
use crate::files::baseline::read_baselines;
use crate::files::table::TableInput;
use std::collections::BTreeMap;

/// Imports a file of baselines: all rows or none. The outcome has a verdict for each row.
///
/// # Errors
/// DENIED or NOT_FOUND: the performer may not import baselines.
pub fn import_baselines(
    app: &App,
    performer: Performer<'_>,
    request: &ActRequest,
    input: &TableInput<'_>,
) -> Result<ActEnd<FileOutcome>> {
    let reference = app.reference_for::<action::ImportBaseline>(performer.actor())?;
    let level = |uid: &str| counting_level_of(&reference, uid);
    let read = match read_baselines(input, 1, &reference.catalogue, level) {
        Ok(read) => read,
        Err(faults) => return Ok(ActEnd::Performed(FileOutcome::refused(faults))),
    };
    let rows: Vec<(usize, BaselineRow)> = read
        .placed_rows()
        .into_iter()
        .map(|(line, row)| (line, with_canonical_uid(&reference, row.clone())))
        .collect();
    let lines: BTreeMap<String, usize> =
        rows.iter().map(|(line, row)| (subject_of(row), *line)).collect();
    let rows: Vec<BaselineRow> = rows.into_iter().map(|(_, row)| row).collect();
    let stored = newest_baselines(app.baselines(performer.actor())?);
    let place = |key: &str| (read.label.clone(), lines.get(key).copied().unwrap_or(0));
    let verdicts =
        compare_fields(&to_fields(&stored, &reference), &to_fields(&rows, &reference), place);
    let mut outcome = FileOutcome { rows: verdicts, ..FileOutcome::default() };
    if !read.diagnostics.is_empty() {
        outcome.add_refusals(&read.label, read.diagnostics);
        outcome.findings.extend(read.notes);
        return Ok(ActEnd::Performed(outcome));
    }
    outcome.findings = read.notes;
    outcome.is_taken = true;
    let end = app.perform_baseline_import(performer, request, &rows)?;
    Ok(end.map(|_| outcome))
}

fn subject_of(row: &BaselineRow) -> String {
    format!("{}, {}, {}", row.unit_uid, row.element, row.window.start)
}

fn to_fields(rows: &[BaselineRow], reference: &ReferenceSnapshot) -> FieldsByKey {
    let fields = |row: &BaselineRow| {
        let scale = reference.catalogue.element(&row.element).map_or(0, |element| element.scale);
        let values = [
            ("last_day", row.window.last_day().to_string()),
            ("value", format_scaled(row.value, scale)),
            ("source", row.source.clone()),
            ("status", row.status.as_str().to_owned()),
        ];
        values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    };
    rows.iter().map(|row| (subject_of(row), fields(row))).collect()
}

/// The level at which a unit counts: that of its last version, since figures of earlier years were
/// counted for the unit as it was.
fn counting_level_of(reference: &ReferenceSnapshot, uid: &str) -> Option<CountingLevel> {
    match reference.org.unit_by_uid(uid)?.versions.last()?.kind {
        UnitKind::Province => Some(CountingLevel::Province),
        UnitKind::District => Some(CountingLevel::District),
        UnitKind::Commune => Some(CountingLevel::Commune),
        UnitKind::Department => Some(CountingLevel::Department),
        UnitKind::Cluster => None,
    }
}

/// The row with the uid under which the organisation stores the unit; of several merged units the
/// earliest.
fn with_canonical_uid(reference: &ReferenceSnapshot, row: BaselineRow) -> BaselineRow {
    let uid = reference.org.unit_by_uid(&row.unit_uid).map(|unit| unit.uid.clone());
    BaselineRow { unit_uid: uid.unwrap_or(row.unit_uid), ..row }
}

/// The newest import of each unit and element, ordered by unit, element and day.
#[must_use]
pub fn newest_baselines(all: Vec<BaselineRow>) -> Vec<BaselineRow> {
    let mut newest: BTreeMap<(String, ElementCode), Vec<BaselineRow>> = BTreeMap::new();
    for row in all {
        let kept = newest.entry((row.unit_uid.clone(), row.element.clone())).or_default();
        if kept.first().is_some_and(|before| before.version < row.version) {
            kept.clear();
        }
        if kept.first().is_none_or(|before| before.version == row.version) {
            kept.push(row);
        }
    }
    let mut rows: Vec<BaselineRow> = newest.into_values().flatten().collect();
    rows.sort_by(|a, b| {
        (&a.unit_uid, &a.element, a.window).cmp(&(&b.unit_uid, &b.element, b.window))
    });
    rows
}
