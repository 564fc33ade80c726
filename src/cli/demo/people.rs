//! The people of the demo: each has one phone with the client engine and its own database.
//!
//! They type, send, correct and review by the plan of the synthetic province, through the phone
//! only. The ledger gets an event once the server has acknowledged it.

use super::DemoError;
use super::generator::sheet_plan::{DemoDevice, SheetPlan};
use crate::client::facade::{
    CellEntry, CellFigure, Phone, ReportKeyView, ReportStatus, SyncSummary,
};
use crate::domain::org::Org;
use crate::domain::report::element::ElementCode;
use crate::domain::support::ids::ReportId;
use crate::domain::support::time::days_from_date;
use jiff::civil::Date;
use std::sync::Arc;

/// An event for the ledger.
#[derive(Debug, Clone)]
pub(super) enum ReportEvent {
    /// A value was typed on a sheet.
    Typed(ReportId, ElementCode, i64),
    /// The server has the submission.
    Sent(ReportId),
    /// The server has the reviewer's return.
    Returned(ReportId),
    /// The server has the reviewer's acceptance.
    Accepted(ReportId),
}

/// A person with one phone.
pub(super) struct Person {
    pub(super) device: DemoDevice,
    pub(super) phone: Phone,
    /// Sheets typed here that are not accepted yet.
    pub(super) open_sheets: Vec<Arc<SheetPlan>>,
    /// Events that go to the ledger once the outbox is empty.
    unconfirmed_events: Vec<ReportEvent>,
    /// The summary of each sync, in order.
    pub(super) sync_summaries: Vec<SyncSummary>,
    /// Commands typed here.
    pub(super) command_count: u64,
    /// Responses lost on purpose.
    pub(super) lost_responses: u64,
    /// Commands that the server refused; a correct server refuses none.
    pub(super) refusals: Vec<String>,
    /// Commands sent again because their response was lost.
    pub(super) resent_commands: u64,
}

impl Person {
    pub(super) fn new(device: DemoDevice, phone: Phone) -> Self {
        Self {
            device,
            phone,
            open_sheets: Vec::new(),
            unconfirmed_events: Vec::new(),
            sync_summaries: Vec::new(),
            command_count: 0,
            lost_responses: 0,
            refusals: Vec::new(),
            resent_commands: 0,
        }
    }

    /// Fills in a sheet with its first values and submits it; the commands wait in the outbox until
    /// the next sync.
    pub(super) fn report_sheet(
        &mut self,
        plan: &Arc<SheetPlan>,
        org: &Org,
    ) -> Result<(), DemoError> {
        if let Err(error) =
            self.fill_sheet(plan, &plan.typed_values(), org).and_then(|()| self.submit_sheet(plan))
        {
            self.refusals.push(format!(
                "{}: {} {}: {error}",
                self.device.uid, plan.contract, plan.key.period
            ));
            return Ok(());
        }
        self.open_sheets.push(Arc::clone(plan));
        Ok(())
    }

    /// Types these values on the sheet.
    pub(super) fn fill_sheet(
        &mut self,
        plan: &SheetPlan,
        figures: &[(ElementCode, i64)],
        org: &Org,
    ) -> Result<(), DemoError> {
        let key = to_report_key_view(plan, org);
        let whole = figures.len() == plan.truth.len();
        let form = self.phone.blank_form(key.contract.clone())?;
        let is_word = |code: &str| form.iter().any(|cell| cell.element == code && cell.is_word);
        let mut events = figures.iter().filter(|(code, _)| !is_word(code.as_str()));
        let is_nil = whole && events.all(|(_, value)| *value == 0);
        // "Nothing occurred" in the cells of events; how much there is, is said.
        let entry = |(code, value): &(ElementCode, i64)| {
            let says_nil = is_nil && !is_word(code.as_str());
            let figure =
                if says_nil { CellFigure::Nil } else { CellFigure::Reported { value: *value } };
            CellEntry { element: code.to_string(), value: Some(figure) }
        };
        let saved = self.phone.save_cells(key, figures.iter().map(entry).collect(), None)?;
        self.command_count += u64::from(saved.is_some());
        let report = plan.key.id();
        self.unconfirmed_events.extend(
            figures.iter().map(|(code, value)| ReportEvent::Typed(report, code.clone(), *value)),
        );
        Ok(())
    }

    /// Submits the sheet for review.
    pub(super) fn submit_sheet(&mut self, plan: &SheetPlan) -> Result<(), DemoError> {
        let report = plan.key.id();
        self.phone.submit_report(report.to_string())?;
        self.command_count += 1;
        self.unconfirmed_events.push(ReportEvent::Sent(report));
        Ok(())
    }

    /// Whether commands wait for a sync.
    pub(super) fn has_unconfirmed_events(&self) -> bool {
        !self.unconfirmed_events.is_empty()
    }

    /// Syncs once; with `lose` the first response is lost and the sync is repeated. Returns the
    /// events that the server has acknowledged.
    pub(super) fn sync(&mut self, lose: bool) -> Result<Vec<ReportEvent>, DemoError> {
        if lose {
            let outbox = self.phone.outbox_status()?;
            self.lost_responses += 1;
            self.resent_commands += u64::from(outbox.waiting + outbox.sent);
            // The call fails or is cut short, as intended; its cost is unknown.
            let _ = self.phone.sync_with_fault(Some(0));
        }
        let done = self.phone.sync_once()?;
        self.sync_summaries.push(done);
        let outbox = self.phone.outbox_status()?;
        if outbox.refused > 0 {
            self.discard_refused_commands()?;
            return Ok(Vec::new());
        }
        if outbox.waiting + outbox.sent > 0 {
            return Ok(Vec::new());
        }
        Ok(std::mem::take(&mut self.unconfirmed_events))
    }

    /// Records refused commands, which count as failures in the final checks, and discards them.
    fn discard_refused_commands(&mut self) -> Result<(), DemoError> {
        self.unconfirmed_events.clear();
        for one in self.phone.refused_commands()? {
            let problems: Vec<&str> =
                one.problems.iter().map(|problem| problem.field.as_str()).collect();
            self.refusals
                .push(format!("{}: {:?} {} {problems:?}", self.device.uid, one.kind, one.reason));
            self.phone.discard_refused(one.number)?;
        }
        Ok(())
    }

    /// Corrects and resubmits returned sheets, and drops accepted ones from the list. True when a
    /// sync is needed.
    pub(super) fn correct_returned_sheets(&mut self, org: &Org) -> Result<bool, DemoError> {
        let mut again = false;
        for plan in std::mem::take(&mut self.open_sheets) {
            let status = self.phone.report(plan.key.id().to_string())?.map(|view| view.status);
            match status {
                Some(ReportStatus::Accepted | ReportStatus::Locked) => continue,
                Some(ReportStatus::Returned) => {
                    if plan.planted_error.is_some() {
                        self.fill_sheet(&plan, &plan.truth, org)?;
                    }
                    self.submit_sheet(&plan)?;
                    again = true;
                }
                Some(
                    ReportStatus::Blank
                    | ReportStatus::Draft
                    | ReportStatus::Waiting
                    | ReportStatus::Sent
                    | ReportStatus::Received
                    | ReportStatus::Conflict,
                )
                | None => {}
            }
            self.open_sheets.push(plan);
        }
        Ok(again)
    }

    /// Reviews one sheet of another unit: accepts it, or returns it once for a planted error that
    /// is noticed or where the plan says so. True when a decision was made.
    pub(super) fn review_sheet(
        &mut self,
        plan: &SheetPlan,
        asked_before: bool,
    ) -> Result<bool, DemoError> {
        let report = plan.key.id();
        let Some(view) = self.phone.report(report.to_string())? else { return Ok(false) };
        if view.status != ReportStatus::Received {
            return Ok(false);
        }
        let wrong = plan.planted_error.as_ref().is_some_and(|error| error.is_noticed);
        if (wrong || plan.is_questioned) && !asked_before {
            let (code, text) = if wrong {
                ("UNUSUAL_FIGURE", "Số liệu cao bất thường, đề nghị kiểm tra")
            } else {
                ("PLEASE_CONFIRM", "Đề nghị xác nhận")
            };
            self.phone.return_report(
                view.report_id,
                view.content_hash,
                code.to_owned(),
                text.to_owned(),
            )?;
            self.unconfirmed_events.push(ReportEvent::Returned(report));
        } else {
            self.phone.accept_report(view.report_id, view.content_hash)?;
            self.unconfirmed_events.push(ReportEvent::Accepted(report));
        }
        self.command_count += 1;
        Ok(true)
    }

    /// Whether the phone is online on `day`.
    pub(super) fn is_online(&self, day: Date) -> bool {
        self.device.is_online(day)
    }
}

/// The key of a sheet as the client's API takes it.
pub(super) fn to_report_key_view(plan: &SheetPlan, org: &Org) -> ReportKeyView {
    let period = &plan.key.period;
    ReportKeyView {
        contract: plan.contract.clone(),
        unit: org.unit(plan.key.unit).map_or_else(String::new, |unit| unit.uid.clone()),
        calendar: period.calendar.clone(),
        start_day: days_from_date(period.start),
        end_day: days_from_date(period.end),
        cut: period.cut,
    }
}

/// The number that a cell contributes to a sum; `None` for a missing one.
pub(super) fn counted_value(value: Option<CellFigure>) -> Option<i64> {
    match value {
        Some(CellFigure::Reported { value } | CellFigure::Carried { value }) => Some(value),
        Some(CellFigure::Nil) => Some(0),
        Some(
            CellFigure::MissingAwaitingSource
            | CellFigure::MissingNotCounted
            | CellFigure::MissingSeeNote,
        )
        | None => None,
    }
}
