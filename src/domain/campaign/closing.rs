//! Targets that an amendment closes before the campaign ends (CLOSE_EARLY).
//!
//! ```text
//!  last_day = 2025-02-23  judged over the days up to 23/2, as every window is: running until all
//!                         its reports are due, closed from then
//!  afterwards             its row is judged from the same days each night, so it stays; phases
//!                         that begin later, and units that open later, have no row
//! ```
//!
//! A target is closed where a period of each of its contracts ends: no report is cut for it.

use super::{Campaign, CampaignTarget};
use crate::domain::org::Org;
use crate::domain::report::form::{Catalogue, Contract};
use crate::domain::reporting::calendar::Calendars;
use crate::domain::reporting::expectation::{Expectation, compute_expectations};
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::message::message;
use crate::domain::support::violation::Violation;
use jiff::ToSpan;
use jiff::civil::Date;

/// So many days before a refused day another one is looked for.
const DAYS_SEARCHED: i64 = 62;

impl Campaign {
    /// The targets whose last day lies inside a report of some unit.
    #[must_use]
    pub fn check_closing_days(
        &self,
        org: &Org,
        calendars: &Calendars,
        catalogue: &Catalogue,
    ) -> Vec<Violation> {
        let mut violations = Vec::new();
        for target in &self.targets {
            let Some(last) = target.last_day else { continue };
            let contracts = self.contracts_of_target(target, catalogue);
            let window = DateWindow {
                start: last.saturating_sub(DAYS_SEARCHED.days()),
                end: last.saturating_add(2.days()),
            };
            // A contract with an unknown calendar is refused elsewhere.
            let Ok(owed) = compute_expectations(org, calendars, &contracts, window) else {
                continue;
            };
            let Some(cut) = cut_report(&owed, last) else { continue };
            let unit = org.unit(cut.unit).map_or_else(String::new, |unit| unit.uid.clone());
            let (from, to) = (cut.period.start, cut.period.window().last_day());
            let mut earlier = (1..DAYS_SEARCHED).map(|days| last.saturating_sub(days.days()));
            let text = match earlier.find(|day| cut_report(&owed, *day).is_none()) {
                Some(day) => {
                    message!("check-target-last-day-cuts", last, unit, from, to, day)
                }
                None => message!("check-target-last-day-cuts-all", last, unit, from, to),
            };
            let at = format!("targets.{}", target.code);
            violations.push(Violation::error("LAST_DAY_INSIDE_PERIOD", at, text));
        }
        violations
    }

    /// The contracts under which the elements of a target are reported.
    fn contracts_of_target(&self, target: &CampaignTarget, catalogue: &Catalogue) -> Vec<Contract> {
        let mut elements = target.formula.elements();
        let duties = self.duties.iter().filter(|duty| target.formula.attests_duty(&duty.code));
        elements.extend(duties.filter_map(|duty| duty.element.clone()));
        let of_target = |contract: &Contract| {
            let form = catalogue.form(&contract.form);
            form.is_some_and(|form| form.elements.iter().any(|code| elements.contains(code)))
        };
        let mut contracts = catalogue.contracts_with_codes(&self.contracts);
        contracts.retain(of_target);
        contracts
    }
}

/// A report that covers this day and the next one.
fn cut_report(owed: &[Expectation], last: Date) -> Option<&Expectation> {
    owed.iter().find(|one| one.period.start <= last && last < one.period.window().last_day())
}
