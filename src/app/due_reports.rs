//! Reports that are due within two days or late, and were not sent. For an operator who reminds
//! units by telephone. A late report stays in the list, also after its grace, until it is sent or
//! every campaign that counts it is concluded.
//!
//! The latest first, then by unit code. The list is not stored: a stored list would record who was
//! late. A device reminds its own user.

use super::standing::unknown_calendar_error;
use super::{App, Result};
use crate::domain::access::permission::{Actor, action, authorize};
use crate::domain::reporting::expectation::{Expectation, compute_expectations};
use crate::domain::reporting::period::Period;
use crate::domain::support::ids::{ReportId, UnitId};
use jiff::civil::Date;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// A due report with the texts that a list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportReminder {
    /// The code of the unit that owes it.
    pub unit_uid: String,
    /// The name of the unit today.
    pub unit_name: String,
    /// The code of the contract.
    pub contract: String,
    /// Its period.
    pub period: Period,
    /// The first day on which it is late.
    pub due_day: Date,
    /// Days by which it is late: 1 on its first late day, 0 before.
    pub days_late: u32,
}

impl App {
    /// [`App::due_reports`] of one unit and those under it today, or of all.
    ///
    /// # Errors
    /// The database failed.
    pub fn due_report_list(
        &self,
        actor: &Actor,
        unit: Option<UnitId>,
    ) -> Result<Vec<ReportReminder>> {
        let (reference, today) = (self.current_reference()?, self.now().local_date());
        let org = &reference.org;
        let requested = unit.map(|unit| org.effective_descendants(unit, today));
        let mut due = self.due_reports(actor)?;
        due.retain(|one| requested.as_ref().is_none_or(|asked| asked.contains(&one.unit)));
        let line = |one: Expectation| ReportReminder {
            unit_uid: org.unit(one.unit).map_or_else(String::new, |unit| unit.uid.clone()),
            unit_name: org.nearest_name(one.unit, today).to_owned(),
            contract: reference
                .contract(one.contract)
                .map_or_else(String::new, |contract| contract.code.clone()),
            days_late: one.days_late(today),
            due_day: one.due_day,
            period: one.period,
        };
        Ok(due.into_iter().map(line).collect())
    }

    /// The due reports of visible units: by days of lateness, most first, then unit code, contract
    /// and day.
    pub fn due_reports(&self, actor: &Actor) -> Result<Vec<Expectation>> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let sent: BTreeSet<ReportId> = tx
                .reports_in_states(&super::standing::SENT_STATES, &reference.unit_numbers)?
                .iter()
                .map(|one| one.report.key.id())
                .collect();
            let mut found: Vec<Expectation> = Vec::new();
            for campaign in reference.judged_campaigns() {
                let contracts = reference.catalogue.contracts_with_codes(&campaign.contracts);
                let window = campaign.measurement_window;
                let expected =
                    compute_expectations(&reference.org, &reference.calendars, &contracts, window);
                let due = expected.map_err(|unknown| unknown_calendar_error(&unknown))?.into_iter();
                found.extend(due.filter(|one| {
                    let key = one.report_key();
                    one.is_due_for_reminder(today)
                        && !sent.contains(&key.id())
                        && !reference.is_every_campaign_concluded(&key)
                }));
            }
            let mut seen = Vec::new();
            for one in found {
                if authorize::<action::ReadReport>(actor, &tx.unit_path(one.unit)?, today).is_ok() {
                    seen.push(one);
                }
            }
            let code =
                |one: &Expectation| reference.org.unit(one.unit).map(|unit| unit.uid.clone());
            seen.sort_by_cached_key(|one| {
                (Reverse(one.days_late(today)), code(one), one.contract, one.period.start)
            });
            // Two campaigns may count the same report.
            seen.dedup_by(|a, b| {
                (a.contract, a.unit, &a.period) == (b.contract, b.unit, &b.period)
            });
            Ok(seen)
        })
    }
}
