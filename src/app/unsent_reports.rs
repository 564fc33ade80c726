//! The reports of a morning page that were not sent: who to call first, and the periods that are
//! over and not due yet.
//!
//! A report is missing from the day from which its period is judged, the day after the grace (M5);
//! until then it is due. Lists are by reviewing unit in code order, then by lateness, then by unit
//! in code order: never a rank of units.

use crate::domain::campaign::completeness::reviewing_unit;
use crate::domain::org::Hierarchy;
use crate::domain::reporting::expectation::{Expectation, UnknownCalendar, compute_expectations};
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::StandingInput;
use crate::domain::support::ids::{ContractId, UnitId};
use jiff::civil::Date;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What was not sent by a unit and the units below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnsentReports {
    /// Missing reports by the unit that reviews them, in code order.
    pub missing: Vec<ReviewerCalls>,
    /// Periods that are over and not judged yet, the earliest due first.
    pub not_judged_yet: Vec<OpenPeriod>,
}

/// The missing reports that one unit reviews.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewerCalls {
    /// Code of the unit that reviews them.
    pub reviewer_uid: String,
    /// Its name on the day of the run.
    pub reviewer_name: String,
    /// Its missing reports, the latest first.
    pub periods: Vec<MissingPeriod>,
}

/// One period that units have not reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingPeriod {
    /// Code of the contract.
    pub contract: String,
    /// First and last day of the reports.
    pub days: (Date, Date),
    /// The last day on which they were in time.
    pub due_by: Date,
    /// Days by which they are late, from 1.
    pub days_late: u32,
    /// The units, in code order.
    pub units: Vec<UnsentUnit>,
}

/// A unit that has not sent a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsentUnit {
    /// Its permanent code.
    pub uid: String,
    /// Its name on the day of the run.
    pub name: String,
}

/// A period that is over and not judged yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPeriod {
    /// Code of the contract.
    pub contract: String,
    /// First and last day of the whole period.
    pub days: (Date, Date),
    /// The last day on which its reports are in time.
    pub due_by: Date,
    /// Reports owed.
    pub expected: u32,
    /// Reports that are in.
    pub received: u32,
}

impl UnsentReports {
    /// The number of missing reports.
    #[must_use]
    pub fn missing_count(&self) -> usize {
        let periods = self.missing.iter().flat_map(|calls| &calls.periods);
        periods.map(|period| period.units.len()).sum()
    }
}

/// Lateness first, then contract and days.
type PeriodOrder = (Reverse<u32>, String, Date, Date, Date);

/// What was not sent for the days of `window` by `unit` and the units below it.
pub(super) fn find_unsent_reports(
    input: &StandingInput<'_>,
    unit: UnitId,
    window: DateWindow,
) -> Result<UnsentReports, UnknownCalendar> {
    let contracts = input.catalogue.contracts_with_codes(&input.campaign.contracts);
    let codes: BTreeMap<ContractId, &str> =
        contracts.iter().map(|contract| (contract.id(), contract.code.as_str())).collect();
    let received: BTreeSet<_> =
        input.reports.iter().filter(|entry| entry.received).map(|entry| entry.key.id()).collect();
    let mut calls: BTreeMap<(String, UnitId), BTreeMap<PeriodOrder, BTreeMap<String, String>>> =
        BTreeMap::new();
    let mut open: BTreeMap<(Date, &str, Date), OpenPeriod> = BTreeMap::new();
    let uid = |unit: UnitId| input.org.unit(unit).map_or("", |unit| unit.uid.as_str()).to_owned();
    for expected in compute_expectations(input.org, input.calendars, &contracts, window)? {
        let above = input.org.ancestors(expected.unit, Hierarchy::Command, expected.period.start);
        let is_in_unit = expected.unit == unit || above.contains(&unit);
        let Some(contract) = codes.get(&expected.contract).filter(|_| is_in_unit) else { continue };
        let is_received = received.contains(&expected.report_key().id());
        if !is_judged(input, &expected) {
            add_open_period(&mut open, input.today, (contract, is_received), &expected);
        } else if !is_received {
            let reviewer = reviewing_unit(input.org, expected.unit, input.today);
            let (late, days) = (expected.days_late(input.today), report_days(&expected));
            let due_by = day_before(expected.due_day);
            let order = (Reverse(late), (*contract).to_owned(), days.0, days.1, due_by);
            let name = input.org.nearest_name(expected.unit, input.today).to_owned();
            let of_reviewer = calls.entry((uid(reviewer), reviewer)).or_default();
            of_reviewer.entry(order).or_default().insert(uid(expected.unit), name);
        }
    }
    let to_calls =
        |((reviewer_uid, reviewer), periods): (_, BTreeMap<PeriodOrder, _>)| ReviewerCalls {
            reviewer_uid,
            reviewer_name: input.org.nearest_name(reviewer, input.today).to_owned(),
            periods: periods.into_iter().map(to_missing_period).collect(),
        };
    Ok(UnsentReports {
        missing: calls.into_iter().map(to_calls).collect(),
        not_judged_yet: open.into_values().collect(),
    })
}

/// Whether its period is judged: the grace is over, or the campaign is concluded.
fn is_judged(input: &StandingInput<'_>, expected: &Expectation) -> bool {
    input.campaign.status.is_final() || expected.grace_end_day <= input.today
}

fn add_open_period<'a>(
    open: &mut BTreeMap<(Date, &'a str, Date), OpenPeriod>,
    today: Date,
    (contract, is_received): (&'a str, bool),
    expected: &Expectation,
) {
    let whole = expected.whole_period;
    if today < whole.end {
        return;
    }
    let key = (expected.due_day, contract, whole.start);
    let period = open.entry(key).or_insert_with(|| OpenPeriod {
        contract: contract.to_owned(),
        days: (whole.start, whole.last_day()),
        due_by: day_before(expected.due_day),
        expected: 0,
        received: 0,
    });
    period.expected += 1;
    period.received += u32::from(is_received);
}

fn to_missing_period((order, names): (PeriodOrder, BTreeMap<String, String>)) -> MissingPeriod {
    let (Reverse(days_late), contract, first, last, due_by) = order;
    let units = names.into_iter().map(|(uid, name)| UnsentUnit { uid, name }).collect();
    MissingPeriod { contract, days: (first, last), due_by, days_late, units }
}

fn report_days(expected: &Expectation) -> (Date, Date) {
    (expected.period.start, day_before(expected.period.end))
}

fn day_before(day: Date) -> Date {
    day.yesterday().unwrap_or(day)
}
