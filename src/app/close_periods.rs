//! Closing periods: an accepted report whose grace is over is locked; after that only a granted
//! proposal changes it.
//!
//! A report that was not sent can still be sent late.

use super::App;
use super::error::{AppError, Result};
use crate::domain::access::permission::{Actor, Permit, action, authorize};
use crate::domain::report::workflow::ReportState;
use crate::domain::support::ids::ReportId;
use crate::store::WriteTx;
use jiff::civil::Date;

/// Number of reports locked in one transaction, so that other writes can run in between.
const REPORTS_PER_TRANSACTION: usize = 200;

impl App {
    /// Locks every accepted report whose grace is over on `day`; returns how many. Each transaction
    /// checks with `verify_lease` that the caller still holds the job's lease.
    pub fn close_periods(
        &self,
        actor: &Actor,
        day: Date,
        verify_lease: impl Fn(&mut WriteTx) -> Result<bool>,
    ) -> Result<usize> {
        let due = self.reports_past_grace(day)?;
        let mut locked = 0;
        for chunk in due.chunks(REPORTS_PER_TRANSACTION) {
            locked += self.store().write("job.close_periods", self.now(), |tx| {
                if !verify_lease(tx)? {
                    return Err(AppError::LeaseLost);
                }
                self.lock_reports(tx, actor, chunk)
            })?;
        }
        Ok(locked)
    }

    fn reports_past_grace(&self, day: Date) -> Result<Vec<ReportId>> {
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let lines = tx.report_summaries(&[ReportState::Accepted], &[])?;
            let mut due = Vec::new();
            for summary in lines.into_iter().filter(|summary| summary.end <= day) {
                let Some(filed) = tx.report(summary.id, &reference.unit_numbers)? else { continue };
                if reference
                    .expectation(&filed.report.key)
                    .is_some_and(|expected| expected.grace_end_day <= day)
                {
                    due.push(summary.id);
                }
            }
            Ok(due)
        })
    }

    fn lock_reports(&self, tx: &mut WriteTx, actor: &Actor, reports: &[ReportId]) -> Result<usize> {
        let unit_path = self.root_unit_path(tx)?;
        let permit: Permit<action::RunJob> = authorize(actor, &unit_path, tx.now().local_date())?;
        let reference = self.reference(tx)?;
        let mut locked = 0;
        for id in reports {
            // A report that changed after the read is checked again on the next day.
            let found = tx.report(*id, &reference.unit_numbers)?;
            if let Some(next) = found.and_then(|filed| filed.report.lock()) {
                locked +=
                    usize::from(tx.put_report(&permit, &next, &reference.unit_numbers)?.changed);
            }
        }
        Ok(locked)
    }
}
