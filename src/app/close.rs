//! Closing periods: an accepted report whose grace is over is locked; from then on only a granted proposal changes it.
//!
//! Nothing else ends here: a report that is not in may still come, late. Knows no schedule.

use super::App;
use super::error::{AppError, Result};
use crate::domain::ids::ReportId;
use crate::domain::permission::{Actor, Permit, UnitPath, action, authorize};
use crate::domain::workflow::State;
use crate::store::WriteTx;
use jiff::civil::Date;

/// Reports locked in one transaction: others write in between.
const AT_ONCE: usize = 200;

impl App {
    /// Locks every accepted report whose grace is over on `day`; how many. Each transaction also checks `holds`: the fencing token of the
    /// caller.
    pub fn close_periods(
        &self,
        actor: &Actor,
        day: Date,
        holds: impl Fn(&mut WriteTx) -> Result<bool>,
    ) -> Result<usize> {
        let due = self.over_by(day)?;
        let mut locked = 0;
        for part in due.chunks(AT_ONCE) {
            locked += self.store().write("job.close_periods", self.now(), |tx| {
                if !holds(tx)? {
                    return Err(AppError::LeaseLost);
                }
                self.lock_reports(tx, actor, part)
            })?;
        }
        Ok(locked)
    }

    fn over_by(&self, day: Date) -> Result<Vec<ReportId>> {
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let lines = tx.report_lines(&[State::Accepted], &[])?;
            let mut due = Vec::new();
            for line in lines.into_iter().filter(|line| line.end <= day) {
                let Some(filed) = tx.report(line.id, &reference.units)? else { continue };
                if reference.expectation(&filed.report.key).is_some_and(|expected| expected.grace_end <= day) {
                    due.push(line.id);
                }
            }
            Ok(due)
        })
    }

    fn lock_reports(&self, tx: &mut WriteTx, actor: &Actor, reports: &[ReportId]) -> Result<usize> {
        let root = self.root(tx)?.ok_or_else(AppError::no_organisation)?;
        let place = UnitPath { unit: root, acting: root, above: Vec::new() };
        let permit: Permit<action::RunJob> = authorize(actor, &place, tx.now().local_date())?;
        let reference = self.reference(tx)?;
        let mut locked = 0;
        for id in reports {
            // What was changed since it was read is looked at again tomorrow.
            let found = tx.report(*id, &reference.units)?;
            if let Some(next) = found.and_then(|filed| filed.report.lock()) {
                locked += usize::from(tx.put_report(&permit, &next, &reference.units)?.changed);
            }
        }
        Ok(locked)
    }
}
