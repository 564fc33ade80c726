//! The day through which figures are judged (M5): a period counts once its grace is over, on one
//! day for all units under a contract.
//!
//! ```text
//!  contract due 3 days after the period, grace 4:   July ends 31/7, its grace on 7/8
//!  as of 7/8   judged through 30/6
//!  as of 8/8   judged through 31/7
//! ```
//!
//! Figures of several contracts are judged through the latest day on which a due period of each
//! ends, so that numerator and denominator speak of the same days.

use super::aggregate::StandingInput;
use crate::domain::org::UnitKind;
use crate::domain::report::form::Contract;
use crate::domain::reporting::period::Period;
use crate::domain::reporting::window::DateWindow;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// The days over which figures are summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SummedWindow {
    /// The window.
    pub window: DateWindow,
    /// The day after the last one that counts, where several contracts are judged together; `None`:
    /// each contract through its own last due period.
    pub through: Option<Date>,
}

impl SummedWindow {
    /// Each contract through its own last due period.
    #[must_use]
    pub fn whole(window: DateWindow) -> Self {
        Self { window, through: None }
    }
}

/// The first day after the grace of a period that ends before `end`.
fn grace_end(contract: &Contract, end: Date) -> Date {
    let days = i64::from(contract.due_days) + i64::from(contract.grace_days);
    end.saturating_add(days.days())
}

/// Whether a whole period that ends before `end` is due as of the input's day. Once the campaign is
/// concluded, every period is.
pub(super) fn is_due(input: &StandingInput<'_>, contract: &Contract, end: Date) -> bool {
    input.campaign.status.is_final() || grace_end(contract, end) <= input.today
}

/// The day after the last one through which a contract is judged; the first day of the campaign if
/// nothing is due yet.
pub(super) fn contract_through(input: &StandingInput<'_>, contract: &Contract) -> Date {
    due_cut_offs(input, contract).last().copied().unwrap_or(campaign_days(input).start)
}

/// The day after the last one through which all of these contracts are judged. A contract that no
/// unit owes any more does not hold it back.
pub(super) fn common_through(input: &StandingInput<'_>, contracts: &[&Contract]) -> Date {
    let first = campaign_days(input).start;
    let latest = contracts.iter().map(|contract| contract_through(input, contract)).max();
    let owed: Vec<&&Contract> = contracts
        .iter()
        .filter(|contract| latest.is_some_and(|day| is_owed_before(input, contract, day)))
        .collect();
    let mut common: Option<BTreeSet<Date>> = None;
    for contract in owed {
        let ends = due_cut_offs(input, contract);
        common = Some(match common {
            Some(so_far) => so_far.intersection(&ends).copied().collect(),
            None => ends,
        });
    }
    common.and_then(|days| days.last().copied()).unwrap_or(first)
}

/// Whether any unit owes reports under the contract on the day before `end`.
pub(super) fn is_owed_before(input: &StandingInput<'_>, contract: &Contract, end: Date) -> bool {
    let day = end.yesterday().unwrap_or(end);
    input.org.units_of_kind_on(UnitKind::from(contract.level), day).next().is_some()
}

/// The days on which a due piece that all units owe ends.
fn due_cut_offs(input: &StandingInput<'_>, contract: &Contract) -> BTreeSet<Date> {
    let over = whole_periods(input, contract).into_iter();
    let due = over.filter(|period| is_due(input, contract, period.end));
    cut_offs(input, contract, due)
}

/// The days on which a piece that all units owe ends, due or not.
pub(super) fn all_cut_offs(input: &StandingInput<'_>, contract: &Contract) -> BTreeSet<Date> {
    cut_offs(input, contract, whole_periods(input, contract).into_iter())
}

fn whole_periods(input: &StandingInput<'_>, contract: &Contract) -> Vec<Period> {
    let calendar = input.calendars.get(&contract.calendar);
    calendar.map_or_else(Vec::new, |calendar| calendar.periods_in(campaign_days(input)))
}

/// The ends of these periods, and the days inside on which all units' periods are cut.
fn cut_offs(
    input: &StandingInput<'_>,
    contract: &Contract,
    periods: impl Iterator<Item = Period>,
) -> BTreeSet<Date> {
    let days = campaign_days(input);
    let mut ends = BTreeSet::new();
    for period in periods {
        let whole = DateWindow { start: period.start, end: period.end };
        let served = contract.serves.iter();
        ends.extend(served.filter_map(|code| input.calendars.cut_offs_in(code, whole)).flatten());
        if let Some(campaign) = input.calendars.campaign_days(&contract.code) {
            ends.extend(campaign.cut_offs.iter().filter(|day| whole.contains(**day)));
        }
        ends.insert(period.end);
    }
    ends.retain(|day| days.start < *day);
    ends
}

/// All days that any window of the campaign contains.
fn campaign_days(input: &StandingInput<'_>) -> DateWindow {
    let windows = input.campaign.judged_windows();
    let start = windows.iter().map(|window| window.start).min();
    let end = windows.iter().map(|window| window.end).max();
    DateWindow {
        start: start.unwrap_or(input.campaign.measurement_window.start),
        end: end.unwrap_or(input.campaign.measurement_window.end),
    }
}
