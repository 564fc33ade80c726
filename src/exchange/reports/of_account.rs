//! Rows as commands of an account, with its rights only.

use super::super::outcome::{FileOutcome, RowState, RowVerdict, ValueChange};
use super::super::report_places::ReportFilePlaces;
use super::{PlannedRows, ReportFile, cell_change, note_change, row_cells, subject_of};
use crate::app::act::{ActEnd, ActRequest, Performer};
use crate::app::report_rows::{ReportFileRow, ReportRows};
use crate::app::{App, ReferenceSnapshot, Result};
use crate::domain::report::cell::{CellChange, Cells, ElementNumber};
use crate::domain::report::command::{Command, CommandBody};
use crate::domain::report::workflow::ReportState;
use crate::domain::report::{NoteChange, ReportKey, SaveCells};
use crate::domain::support::ids::UnitId;
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::files::report_csv::ReportCsvRow;

/// What a row asks for.
struct AccountRow {
    unit: UnitId,
    commands: Vec<Command>,
    /// Elements of the save, in its order.
    elements: Vec<ElementNumber>,
    changes: Vec<ValueChange>,
    is_new: bool,
}

pub(super) fn run_rows(
    app: &App,
    performer: Performer<'_>,
    request: &ActRequest,
    (file, places): (&ReportFile<'_>, ReportFilePlaces<'_>),
) -> Result<ActEnd<FileOutcome>> {
    let planned =
        PlannedRows::plan(places, |row| plan_row(app, places.reference, row, file.submit))?;
    let (request, partial) = planned.request(request, file.partial);
    let row = |act: &AccountRow| ReportFileRow { unit: act.unit, commands: act.commands.clone() };
    let rows: Vec<ReportFileRow> = planned.rows.iter().map(|(_, act)| row(act)).collect();
    let end = app.perform_report_rows(performer, &request, ReportRows { rows: &rows, partial })?;
    Ok(end.map(|(results, last)| {
        let PlannedRows { rows, mut outcome } = planned;
        outcome.is_taken = file.partial || outcome.rows.is_empty();
        for (((row, act), result), position) in rows.into_iter().zip(results).zip(last) {
            let mut verdict = RowVerdict {
                file: places.staged.label().to_owned(),
                line: row.line,
                subject: subject_of(row),
                state: RowState::Refused,
                changes: Vec::new(),
            };
            match result {
                Ok(is_held) => {
                    verdict.state = act.state(is_held);
                    outcome.commands += act.commands.len();
                    verdict.changes = act.changes;
                }
                Err(refusal) => {
                    let is_save = matches!(
                        act.commands.get(position).map(|command| &command.body),
                        Some(CommandBody::SaveCells(_))
                    );
                    let elements: &[_] = if is_save { &act.elements } else { &[] };
                    outcome.findings.extend(places.find(row, elements, to_visible(refusal)));
                    outcome.is_taken &= file.partial;
                }
            }
            outcome.rows.push(verdict);
        }
        outcome
    }))
}

/// The unit is known by now: what the account does not see, it may not report for.
fn to_visible(refusal: Refusal) -> Refusal {
    if refusal.field_errors.is_empty() && refusal.reason == RefusalReason::NotFound {
        return RefusalReason::Denied.into();
    }
    refusal
}

impl AccountRow {
    fn state(&self, is_held: bool) -> RowState {
        match (is_held, self.commands.is_empty(), self.is_new) {
            (true, _, _) => RowState::Held,
            (false, true, _) => RowState::Unchanged,
            (false, false, true) => RowState::Created,
            (false, false, false) => RowState::Changed,
        }
    }
}

/// The commands of a row: a save where a value differs, and a submission with `submit`.
fn plan_row(
    app: &App,
    reference: &ReferenceSnapshot,
    row: &ReportCsvRow,
    submit: bool,
) -> Result<std::result::Result<AccountRow, Refusal>> {
    let key = match find_report_key(reference, row) {
        Ok(key) => key,
        Err(reason) => return Ok(Err(reason.into())),
    };
    let (id, unit, today) = (key.id(), key.unit, app.now().local_date());
    let filed = app.reports_by_id(&[id])?.pop();
    let acting_unit = reference.org.acting_unit(key.unit, today).unwrap_or(key.unit);
    let blank = Cells::new();
    let before = filed.as_ref().map_or(&blank, |filed| &filed.report.cells);
    let (mut changes, mut told) = (Vec::new(), Vec::new());
    for (code, mine) in row_cells(reference, row) {
        let Some(number) = reference.element_numbers.number(&code) else {
            return Ok(Err(RefusalReason::UnknownElement.into()));
        };
        let element = ElementNumber(number);
        let base = before.get(&element).copied();
        if base != Some(mine) {
            changes.push(CellChange { element, mine: Some(mine), base });
            told.push(cell_change(reference, &code, (base, mine)));
        }
    }
    changes.sort_by_key(|change| change.element);
    let base_note = filed.as_ref().map_or("", |filed| filed.report.note.as_str());
    told.extend(note_change(base_note, &row.note));
    let note = (row.note != base_note)
        .then(|| NoteChange { mine: row.note.clone(), base: base_note.to_owned() });
    let elements = changes.iter().map(|change| change.element).collect();
    let command = |body| Command { captured_at: None, sync_mark: Vec::new(), body };
    let mut commands = Vec::new();
    if !changes.is_empty() || note.is_some() {
        let base_revision = filed.as_ref().map_or(0, |filed| filed.revision);
        let save = SaveCells { key, acting_unit, changes, note, base_revision };
        commands.push(command(CommandBody::SaveCells(save)));
    }
    let state = filed.as_ref().map(|filed| filed.report.state);
    // A report that was sent and not returned waits already: a correction needs no submission.
    let is_sent = state.is_some_and(|state| state.is_sent() && state != ReportState::Returned);
    if submit && !is_sent {
        commands.push(command(CommandBody::submit(id, acting_unit)));
        let old = state.map_or_else(String::new, |state| state.code().to_owned());
        let new = ReportState::Submitted.code().to_owned();
        told.push(ValueChange { field: "state".to_owned(), old, new });
    }
    let is_new = filed.is_none();
    Ok(Ok(AccountRow { unit, commands, elements, changes: told, is_new }))
}

/// The report key of a row: the period, or part of one, that the unit owes for exactly these days.
fn find_report_key(
    reference: &ReferenceSnapshot,
    row: &ReportCsvRow,
) -> std::result::Result<ReportKey, RefusalReason> {
    let contract = reference.catalogue.contract(&row.contract).ok_or(RefusalReason::NotFound)?;
    let unit = reference.org.unit_by_uid(&row.unit_uid).ok_or(RefusalReason::NotFound)?.id;
    let expected = reference
        .expectation_from(contract, unit, row.window.start)
        .filter(|one| one.period.end == row.window.end)
        .ok_or(RefusalReason::NotExpected)?;
    Ok(expected.report_key())
}
