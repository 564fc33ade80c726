//! The nil report and its words: nil says that nothing occurred, words are answered or carried; and
//! when a report may be submitted.
//!
//! ```text
//!   save_nil            every event NIL         blank words stay blank
//!   save_nil_carried    the same, and all words of the last period confirmed: one tap, one command
//!   confirm_carried     blank words of the last period, in a report with events too
//!   submit_report       not before the last day of the period
//! ```

use super::local_report::LocalReport;
use super::values::{CellEntry, CellFigure, Concern, ReportKeyView, ReportView};
use super::{Phone, Result, commands, view_conversion};
use crate::client::reference::LocalReference;
use crate::domain::report::cell::{CellValue, Cells, ElementNumber};
use crate::domain::report::form::EarlyReports;
use crate::domain::report::word::Word;
use crate::domain::report::{FormSchema, Report, ReportKey, SaveCells};
use crate::domain::support::ids::ReportId;
use crate::domain::support::reason::{FieldErrors, RefusalReason};

#[cfg_attr(feature = "bindings", uniffi::export)]
impl Phone {
    /// Saves "nothing occurred" (báo cáo không phát sinh): an explicit zero in every cell of an
    /// event. Words (`CellView::is_word`) are left as they are, to be answered or carried.
    pub fn save_nil(&self, key: ReportKeyView) -> Result<Option<u64>> {
        let cells = self.nil_events(&key)?;
        self.save_cells(key, cells, None)
    }

    /// Saves "nothing occurred" and confirms all carried words that are still blank, in one
    /// command: a report that is saved once and submitted is clean.
    pub fn save_nil_carried(&self, key: ReportKeyView) -> Result<Option<u64>> {
        let mut cells = self.nil_events(&key)?;
        cells.extend(self.blank_carried_words(&key)?);
        self.save_cells(key, cells, None)
    }

    /// The words that this report may carry, each with the figure of the unit's report right
    /// before, if that was sent and the unit took in and gave away no other unit since.
    pub fn carried_words(&self, key: ReportKeyView) -> Result<Vec<CellEntry>> {
        let (reference, key) = (self.reference()?, view_conversion::from_report_key_view(&key));
        let before = self.report_before(&reference, &key)?;
        Ok(to_entries(&words_to_carry(before.as_ref(), &key, &reference), &reference))
    }

    /// The figures of the unit's report of the period right before, for a form that shows them
    /// beside its own; empty if this phone has none.
    pub fn last_period_cells(&self, key: ReportKeyView) -> Result<Vec<CellEntry>> {
        let (reference, key) = (self.reference()?, view_conversion::from_report_key_view(&key));
        let before = self.report_before(&reference, &key)?;
        Ok(before.map(|report| to_entries(&report.cells, &reference)).unwrap_or_default())
    }

    /// Confirms all carried words of the report that are still blank: the figures of the last
    /// period are still right. Returns the number of the command, `None` if there is nothing to
    /// confirm.
    pub fn confirm_carried(&self, key: ReportKeyView) -> Result<Option<u64>> {
        let words = self.blank_carried_words(&key)?;
        self.save_cells(key, words, None)
    }
}

impl Phone {
    fn report_before(&self, reference: &LocalReference, key: &ReportKey) -> Result<Option<Report>> {
        let Some(id) = reference.previous_report_id(key) else { return Ok(None) };
        Ok(self.load_local_report(reference, id)?.replayed.report)
    }

    fn nil_events(&self, key: &ReportKeyView) -> Result<Vec<CellEntry>> {
        let cells = self.blank_form(key.contract.clone())?;
        let events = cells.into_iter().filter(|cell| !cell.is_word);
        let nil = |element| CellEntry { element, value: Some(CellFigure::Nil) };
        Ok(events.map(|cell| nil(cell.element)).collect())
    }

    fn blank_carried_words(&self, key: &ReportKeyView) -> Result<Vec<CellEntry>> {
        let mut words = self.carried_words(key.clone())?;
        if let Some(view) = self.report(self.report_id(key.clone()))? {
            let answered = |entry: &CellEntry| {
                view.cells.iter().any(|cell| cell.element == entry.element && cell.value.is_some())
            };
            words.retain(|entry| !answered(entry));
        }
        Ok(words)
    }

    /// Refuses a submission before the last day of the period, by the later of the phone's day and
    /// that of its last checkpoint. A phone whose clock a checkpoint has shown to be wrong refuses
    /// nothing: the server decides.
    pub(super) fn check_period_over(
        &self,
        reference: &LocalReference,
        key: &ReportKey,
    ) -> Result<()> {
        let now = self.runner.clock.now();
        let lease = self.runner.replica().refresh_lease(now)?;
        let day = lease.map_or(Some(now.local_date()), |lease| lease.latest_known_day());
        let early = reference.contract(key.contract).map(|contract| contract.early);
        match day.zip(reference.expectation(key)) {
            Some((day, expected)) => expected
                .check_period_over(day, early.unwrap_or(EarlyReports::Refused))
                .map_err(commands::refusal_error),
            None => Ok(()),
        }
    }
}

fn to_entries(cells: &Cells, reference: &LocalReference) -> Vec<CellEntry> {
    let entry = |(element, value): (&ElementNumber, &CellValue)| CellEntry {
        element: view_conversion::element_code(element.0, reference),
        value: Some((*value).into()),
    };
    cells.iter().map(entry).collect()
}

/// Refuses to type NIL into the cell of a stock.
pub(super) fn check_stocks_not_nil(save: &SaveCells, shape: &FormSchema) -> Result<()> {
    let mut errors = FieldErrors::default();
    for (index, change) in save.changes.iter().enumerate() {
        let is_stock = shape.words.get(&change.element) == Some(&Word::Stock);
        if is_stock && change.mine == Some(CellValue::Nil) {
            errors.add(format!("changes[{index}].mine"), RefusalReason::StockUnsaid);
        }
    }
    Ok(errors.into_result()?)
}

fn words_to_carry(before: Option<&Report>, next: &ReportKey, reference: &LocalReference) -> Cells {
    let shape = reference.form_schema(next.contract);
    before
        .zip(shape)
        .and_then(|(before, shape)| before.words_to_carry(next, shape, &reference.org))
        .unwrap_or_default()
}

/// What keeps a nil report from being clean: words that differ from those of the last period, and
/// words that are not said.
pub(super) fn find_word_concerns(
    view: &ReportView,
    local_reports: &[LocalReport],
    reference: &LocalReference,
) -> Vec<Concern> {
    let key = view_conversion::from_report_key_view(&view.key);
    let id: Option<ReportId> = reference.previous_report_id(&key);
    let before = local_reports.iter().find(|one| Some(one.id) == id);
    let before = before.and_then(|one| one.replayed.report.as_ref());
    let carried = words_to_carry(before, &key, reference);
    let figure_before = |element: &str| {
        let code = view_conversion::parse_element_code(element).ok()?;
        carried.get(&reference.element_number(&code)?)?.figure()
    };
    let concern = |cell: &super::values::CellView| {
        let element = cell.element.clone();
        match cell.value? {
            CellFigure::Reported { value: now } | CellFigure::Carried { value: now } => {
                let before = figure_before(&element);
                (before != Some(now)).then_some(Concern::WordChanged { element, before, now })
            }
            CellFigure::Nil
            | CellFigure::MissingAwaitingSource
            | CellFigure::MissingNotCounted
            | CellFigure::MissingSeeNote => Some(Concern::WordMissing { element }),
        }
    };
    let words = view.cells.iter().filter(|cell| cell.is_word && view.nil);
    words.filter_map(concern).collect()
}
