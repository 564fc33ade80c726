//! The people of the demo: one phone each, the real engine with a database of its own.
//!
//! Knows how a person types, sends, corrects and reviews, by the plan of the synthetic province; every act is told to the
//! books only once the server has answered. Sees the server through the phone alone.

use super::DemoError;
use super::generator::plan::{Device, Plan};
use crate::client::facade::{CellEntry, Figure, Phone, ReportKey, ReportStatus, SyncSummary};
use crate::domain::element::ElementCode;
use crate::domain::ids::ReportId;
use crate::domain::org::Org;
use crate::domain::time::days_from_date;
use jiff::civil::Date;
use std::sync::Arc;

/// Something that happened, for the books.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// A figure stands on a sheet.
    Typed(ReportId, ElementCode, i64),
    /// The server has the sheet.
    Sent(ReportId),
    /// The server has the reviewer's question.
    Returned(ReportId),
    /// The server has the reviewer's yes.
    Accepted(ReportId),
}

/// One phone with whoever holds it.
pub(super) struct Person {
    pub(super) device: Device,
    pub(super) phone: Phone,
    /// Sheets typed here that are not accepted yet.
    pub(super) open: Vec<Arc<Plan>>,
    /// What is to be told to the books once the outbox is empty.
    told: Vec<Act>,
    /// What each sync cost, in order.
    pub(super) syncs: Vec<SyncSummary>,
    /// Commands typed here.
    pub(super) commands: u64,
    /// Answers lost on purpose.
    pub(super) lost: u64,
    /// What the server refused, which it never should.
    pub(super) refused: Vec<String>,
    /// Commands whose answer was lost, sent again.
    pub(super) again: u64,
}

impl Person {
    pub(super) fn new(device: Device, phone: Phone) -> Self {
        Self {
            device,
            phone,
            open: Vec::new(),
            told: Vec::new(),
            syncs: Vec::new(),
            commands: 0,
            lost: 0,
            refused: Vec::new(),
            again: 0,
        }
    }

    /// Fills in a sheet as it is first typed, and sends it off; without signal it waits in the phone.
    pub(super) fn report(&mut self, plan: &Arc<Plan>, org: &Org) -> Result<(), DemoError> {
        if let Err(error) = self.fill(plan, &plan.typed(), org).and_then(|()| self.submit(plan)) {
            self.refused.push(format!("{}: {} {}: {error}", self.device.uid, plan.contract, plan.key.period));
            return Ok(());
        }
        self.open.push(Arc::clone(plan));
        Ok(())
    }

    /// Types these figures on the sheet.
    pub(super) fn fill(&mut self, plan: &Plan, figures: &[(ElementCode, i64)], org: &Org) -> Result<(), DemoError> {
        let key = key_of(plan, org);
        let whole = figures.len() == plan.truth.len();
        let saved = if whole && figures.iter().all(|(_, value)| *value == 0) {
            self.phone.save_nil(key)?
        } else {
            let entry = |(code, value): &(ElementCode, i64)| CellEntry {
                element: code.to_string(),
                value: Some(Figure::Reported(*value)),
            };
            self.phone.save_cells(key, figures.iter().map(entry).collect(), None)?
        };
        self.commands += u64::from(saved.is_some());
        let report = plan.key.id();
        self.told.extend(figures.iter().map(|(code, value)| Act::Typed(report, code.clone(), *value)));
        Ok(())
    }

    /// Sends the sheet for review.
    pub(super) fn submit(&mut self, plan: &Plan) -> Result<(), DemoError> {
        let report = plan.key.id();
        self.phone.submit(report.to_string())?;
        self.commands += 1;
        self.told.push(Act::Sent(report));
        Ok(())
    }

    /// Whether something waits here for signal.
    pub(super) fn waits(&self) -> bool {
        !self.told.is_empty()
    }

    /// Syncs; with `lose` the first answer is lost on the way and everything is asked again. Gives what may be told now.
    pub(super) fn sync(&mut self, lose: bool) -> Result<Vec<Act>, DemoError> {
        if lose {
            let outbox = self.phone.outbox()?;
            self.lost += 1;
            self.again += u64::from(outbox.waiting + outbox.sent);
            // The call fails or is cut short, as it is meant to; what it cost is not known.
            let _ = self.phone.sync_cut(Some(0));
        }
        let done = self.phone.sync_once()?;
        self.syncs.push(done);
        let outbox = self.phone.outbox()?;
        if outbox.refused > 0 {
            self.give_up()?;
            return Ok(Vec::new());
        }
        if outbox.waiting + outbox.sent > 0 {
            return Ok(Vec::new());
        }
        Ok(std::mem::take(&mut self.told))
    }

    /// The server refused what it must not: noted for the end, where it counts as a failure, and put aside.
    fn give_up(&mut self) -> Result<(), DemoError> {
        self.told.clear();
        for one in self.phone.refused()? {
            let problems: Vec<&str> = one.problems.iter().map(|problem| problem.field.as_str()).collect();
            self.refused.push(format!("{}: {:?} {} {problems:?}", self.device.uid, one.kind, one.reason));
            self.phone.discard(one.number)?;
        }
        Ok(())
    }

    /// Looks at the own sheets: what was sent back is mended and sent again, what was accepted is done with. True when
    /// something has to be synced.
    pub(super) fn mend(&mut self, org: &Org) -> Result<bool, DemoError> {
        let mut again = false;
        for plan in std::mem::take(&mut self.open) {
            let status = self.phone.report(plan.key.id().to_string())?.map(|view| view.status);
            match status {
                Some(ReportStatus::Accepted | ReportStatus::Locked) => continue,
                Some(ReportStatus::Returned) => {
                    if plan.slip.is_some() {
                        self.fill(&plan, &plan.truth, org)?;
                    }
                    self.submit(&plan)?;
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
            self.open.push(plan);
        }
        Ok(again)
    }

    /// Reads one sheet of another unit and says yes, or asks back: once about a planted error that is noticed, once where the
    /// plan says so. True when a decision was made.
    pub(super) fn review(&mut self, plan: &Plan, asked_before: bool) -> Result<bool, DemoError> {
        let report = plan.key.id();
        let Some(view) = self.phone.report(report.to_string())? else { return Ok(false) };
        if view.status != ReportStatus::Received {
            return Ok(false);
        }
        let wrong = plan.slip.as_ref().is_some_and(|slip| slip.noticed);
        if (wrong || plan.asked) && !asked_before {
            let (code, text) = if wrong {
                ("UNUSUAL_FIGURE", "Số liệu cao bất thường, đề nghị kiểm tra")
            } else {
                ("PLEASE_CONFIRM", "Đề nghị xác nhận")
            };
            self.phone.send_back(view.report_id, view.content_hash, code.to_owned(), text.to_owned())?;
            self.told.push(Act::Returned(report));
        } else {
            self.phone.accept(view.report_id, view.content_hash)?;
            self.told.push(Act::Accepted(report));
        }
        self.commands += 1;
        Ok(true)
    }

    /// Whether the phone has signal on `day`.
    pub(super) fn online(&self, day: Date) -> bool {
        self.device.online(day)
    }
}

/// The key of a sheet as apps write it.
pub(super) fn key_of(plan: &Plan, org: &Org) -> ReportKey {
    let period = &plan.key.period;
    ReportKey {
        contract: plan.contract.clone(),
        unit: org.unit(plan.key.unit).map_or_else(String::new, |unit| unit.uid.clone()),
        calendar: period.calendar.clone(),
        start_day: days_from_date(period.start),
        end_day: days_from_date(period.end),
        cut: period.cut,
    }
}
