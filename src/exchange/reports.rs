//! Files of reports: the rows become commands of an account, or reports of an agency's system, in
//! one transaction.

mod of_account;
mod of_system;

use super::outcome::{FileOutcome, RowState, RowVerdict, ValueChange, too_many_rows};
use super::report_places::ReportFilePlaces;
use crate::app::act::{ActEnd, ActRequest, Performer};
use crate::app::{App, ReferenceSnapshot, Result};
use crate::domain::access::permission::Action;
use crate::domain::report::cell::{CellValue, ElementNumber};
use crate::domain::report::element::ElementCode;
use crate::domain::report::figure_text::format_cell;
use crate::domain::support::limits::IMPORTED_REPORTS_MAX;
use crate::domain::support::reason::Refusal;
use crate::files::diagnostic::FileDiagnostic;
use crate::files::report_csv::{ReportCsvRow, stage_reports};
use crate::files::table::TableInput;
use std::collections::BTreeMap;

/// A file of reports, and what is asked.
#[derive(Debug, Clone, Copy)]
pub struct ReportFile<'a> {
    /// The file.
    pub input: TableInput<'a>,
    /// Submit each report too. What a system sends is always a submission.
    pub submit: bool,
    /// Take the good rows although others are refused; else all rows or none.
    pub partial: bool,
}

/// Imports a file of reports.
///
/// # Errors
/// DENIED: the performer may send no report at all. What stands against a row is in the outcome.
pub fn import_reports(
    app: &App,
    performer: Performer<'_>,
    request: &ActRequest,
    file: ReportFile<'_>,
) -> Result<ActEnd<FileOutcome>> {
    match performer {
        Performer::Partner(partner) => partner.check_may_deliver()?,
        Performer::Caller(caller) => app.check_may_somewhere(&caller.actor, Action::SaveReport)?,
        Performer::Operator(_) => {}
    }
    let reference = app.current_reference()?;
    let staged = match stage_reports(&file.input, &reference.catalogue) {
        Ok(staged) => staged,
        Err(faults) => return Ok(ActEnd::Performed(FileOutcome::refused(faults))),
    };
    let limit = match performer {
        Performer::Operator(_) => usize::MAX,
        Performer::Caller(_) | Performer::Partner(_) => IMPORTED_REPORTS_MAX,
    };
    if let Some(row) = staged.rows.get(limit) {
        let fault = staged.diagnostic(row.line, None, too_many_rows(limit));
        return Ok(ActEnd::Performed(FileOutcome::refused(vec![fault])));
    }
    let places = ReportFilePlaces { staged: &staged, reference: &reference };
    let end = match performer {
        Performer::Partner(partner) => {
            of_system::deliver_rows(app, partner, request, (file.partial, places))?
        }
        Performer::Caller(_) | Performer::Operator(_) => {
            of_account::run_rows(app, performer, request, (&file, places))?
        }
    };
    Ok(end.map(|mut outcome| {
        outcome.findings.extend(staged.notes.iter().cloned());
        outcome.findings.sort_by_key(|finding| finding.position);
        outcome.rows.sort_by_key(|row| row.line);
        outcome
    }))
}

/// The rows of a file that can be tried, each with what it was turned into, and what became of the
/// others.
struct PlannedRows<'a, T> {
    rows: Vec<(&'a ReportCsvRow, T)>,
    outcome: FileOutcome,
}

impl<'a, T> PlannedRows<'a, T> {
    /// Turns each row into an act. A report that an earlier row has is refused.
    fn plan(
        places: ReportFilePlaces<'a>,
        plan: impl Fn(&ReportCsvRow) -> Result<std::result::Result<T, Refusal>>,
    ) -> Result<Self> {
        let mut planned = Self { rows: Vec::new(), outcome: FileOutcome::default() };
        let mut seen = BTreeMap::new();
        for staged in &places.staged.rows {
            let row = match &staged.verdict {
                Ok(row) => row,
                Err(faults) => {
                    planned.refuse(places, (staged.line, ""), faults.clone());
                    continue;
                }
            };
            let subject = subject_of(row);
            let unit = places.reference.org.unit_by_uid(&row.unit_uid).map(|unit| unit.id);
            let key = (row.contract.clone(), unit, row.window);
            if let (Some(_), Some(earlier)) = (unit, seen.insert(key, row.line)) {
                let found = places.repeated(row, earlier);
                planned.refuse(places, (row.line, &subject), vec![found]);
                continue;
            }
            match plan(row)? {
                Ok(act) => planned.rows.push((row, act)),
                Err(refusal) => {
                    planned.refuse(places, (row.line, &subject), places.find(row, &[], refusal));
                }
            }
        }
        Ok(planned)
    }

    /// Where a row is refused already and all are wanted or none, the others are only tried.
    fn request(&self, request: &ActRequest, partial: bool) -> (ActRequest, bool) {
        if partial || self.outcome.rows.is_empty() {
            return (*request, partial);
        }
        (ActRequest { validate_only: true, ..*request }, true)
    }

    fn refuse(
        &mut self,
        places: ReportFilePlaces<'_>,
        (line, subject): (usize, &str),
        findings: Vec<FileDiagnostic>,
    ) {
        self.outcome.findings.extend(findings);
        self.outcome.rows.push(RowVerdict {
            file: places.staged.label().to_owned(),
            line,
            subject: subject.to_owned(),
            state: RowState::Refused,
            changes: Vec::new(),
        });
    }
}

fn subject_of(row: &ReportCsvRow) -> String {
    format!("{}, {}, {}", row.contract, row.unit_uid, row.window.start)
}

/// The cells of a row; for a nil row every event of the form as "nothing occurred", beside the
/// words that the row gives.
fn row_cells(reference: &ReferenceSnapshot, row: &ReportCsvRow) -> Vec<(ElementCode, CellValue)> {
    let mut cells = BTreeMap::new();
    let contract = reference.catalogue.contract(&row.contract);
    if let (true, Some(contract)) = (row.nil, contract)
        && let Some(shape) = reference.form_schema(contract.id())
    {
        let events = shape.ranges.keys().filter(|element| !shape.is_word(**element));
        let codes = events.filter_map(|element| reference.element_numbers.item(element.0));
        cells.extend(codes.map(|code| (code.clone(), CellValue::Nil)));
    }
    cells.extend(row.cells.iter().cloned());
    cells.into_iter().collect()
}

/// The numbers of the elements of these cells, as far as they are known.
fn element_numbers(
    reference: &ReferenceSnapshot,
    cells: &[(ElementCode, CellValue)],
) -> Vec<ElementNumber> {
    let number = |(code, _): &(ElementCode, CellValue)| reference.element_numbers.number(code);
    cells.iter().filter_map(number).map(ElementNumber).collect()
}

/// The change of one cell as texts.
fn cell_change(
    reference: &ReferenceSnapshot,
    code: &ElementCode,
    (old, new): (Option<CellValue>, CellValue),
) -> ValueChange {
    let scale = reference.catalogue.element(code).map_or(0, |element| element.scale);
    ValueChange {
        field: code.to_string(),
        old: old.map_or_else(String::new, |value| format_cell(value, scale)),
        new: format_cell(new, scale),
    }
}

fn note_change(old: &str, new: &str) -> Option<ValueChange> {
    let (field, old, new) = ("note".to_owned(), old.to_owned(), new.to_owned());
    (old != new).then_some(ValueChange { field, old, new })
}
