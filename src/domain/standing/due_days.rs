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
use super::judge::attested_elements;
use crate::domain::campaign::Campaign;
use crate::domain::report::element::ElementCode;
use crate::domain::report::form::Contract;
use crate::domain::reporting::window::DateWindow;
use crate::domain::target_rule::Target;
use jiff::ToSpan;
use jiff::civil::Date;
use rustc_hash::FxHashMap as HashMap;
use std::collections::{BTreeMap, BTreeSet};

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

/// The days through which each contract of a campaign is judged, as of the input's day.
pub(super) struct DueDays<'a> {
    input: &'a StandingInput<'a>,
    contracts: Vec<DueContract<'a>>,
    /// The contract under which each element is reported.
    by_element: HashMap<&'a ElementCode, usize>,
    /// For contracts that some target reads together: the day after the last one that counts.
    common: BTreeMap<Vec<usize>, Date>,
}

/// One contract of the campaign.
struct DueContract<'a> {
    contract: &'a Contract,
    /// The days on which a period that all units owe ends, due or not.
    cut_offs: BTreeSet<Date>,
    /// The day after the last one that counts.
    through: Date,
    /// The day after the last one in the campaign on which a unit owes it; `None` if none ever
    /// does.
    owed_until: Option<Date>,
}

impl<'a> DueDays<'a> {
    pub(super) fn new(input: &'a StandingInput<'a>) -> Self {
        let codes = &input.campaign.contracts;
        let contracts = input.catalogue.contracts.iter();
        let contracts: Vec<DueContract<'_>> = contracts
            .filter(|contract| codes.contains(&contract.code))
            .map(|contract| DueContract::new(input, contract))
            .collect();
        let mut by_element: HashMap<&ElementCode, usize> = HashMap::default();
        for (at, one) in contracts.iter().enumerate() {
            let form = input.catalogue.form(&one.contract.form);
            for code in form.iter().flat_map(|form| &form.elements) {
                by_element.entry(code).or_insert(at);
            }
        }
        let mut days = Self { input, contracts, by_element, common: BTreeMap::new() };
        for line in &input.campaign.targets {
            let together = days.contracts_of(&target_elements(input.campaign, &line.formula));
            if together.len() > 1 && !days.common.contains_key(&together) {
                let through = days.common_through(&together);
                days.common.insert(together, through);
            }
        }
        days
    }

    /// The day after the last one through which a target over several contracts is judged; `None`
    /// for a target over one contract, which is judged through its own.
    pub(super) fn common_through_of(&self, formula: &Target) -> Option<Date> {
        let contracts = self.contracts_of(&target_elements(self.input.campaign, formula));
        let several = contracts.len() > 1;
        several.then(|| {
            let known = self.common.get(&contracts).copied();
            known.unwrap_or_else(|| self.common_through(&contracts))
        })
    }

    /// The day after the last one through which any contract is judged.
    pub(super) fn latest_through(&self) -> Date {
        let latest = self.contracts.iter().map(|one| one.through).max();
        latest.unwrap_or(campaign_days(self.input).start)
    }

    /// The contract under which an element is reported.
    pub(super) fn contract_of(&self, code: &ElementCode) -> Option<&'a Contract> {
        self.by_element.get(code).map(|at| self.contracts[*at].contract)
    }

    /// The day after the last one through which an element's contract is judged; `None` if it is
    /// not reported in the campaign.
    pub(super) fn through(&self, code: &ElementCode) -> Option<Date> {
        self.by_element.get(code).map(|at| self.contracts[*at].through)
    }

    /// The day after the last one through which a contract of the campaign is judged.
    pub(super) fn contract_through(&self, code: &str) -> Option<Date> {
        let contract = self.contracts.iter().find(|one| one.contract.code == code);
        contract.map(|one| one.through)
    }

    /// The day after the last one through which a contract is judged, in sums over the days through
    /// `common`: of a contract that nobody owes any more these are all of them.
    pub(super) fn contract_through_with(&self, code: &str, common: Option<Date>) -> Option<Date> {
        let contract = self.contracts.iter().find(|one| one.contract.code == code)?;
        let own = contract.through;
        Some(common.map_or(own, |end| if contract.is_over(end) { end } else { own.min(end) }))
    }

    /// Whether units owed the element in the campaign and none does on the day before `end`.
    pub(super) fn is_owed_no_more(&self, code: &ElementCode, end: Date) -> bool {
        let contract = self.by_element.get(code).map(|at| &self.contracts[*at]);
        contract.is_some_and(|one| one.owed_until.is_some_and(|until| until < end))
    }

    /// The days in a window on which a period of the contract of every one of these elements ends.
    pub(super) fn period_ends<'e>(
        &self,
        window: DateWindow,
        elements: impl IntoIterator<Item = &'e ElementCode>,
    ) -> BTreeSet<Date> {
        let ends = self.contracts_of(elements).into_iter().map(|at| {
            let mut ends = self.contracts[at].cut_offs.clone();
            // The last period may reach beyond the window; its piece ends with it.
            ends.insert(window.end);
            ends
        });
        let common = ends.reduce(|so_far, ends| so_far.intersection(&ends).copied().collect());
        let mut common = common.unwrap_or_default();
        common.retain(|day| window.start < *day && *day <= window.end);
        common
    }

    /// Every day in a window on which a due period of some contract ends.
    pub(super) fn all_due_ends(&self, window: DateWindow) -> BTreeSet<Date> {
        let mut days = BTreeSet::new();
        for one in &self.contracts {
            let ends = one.cut_offs.iter().copied().chain([window.end]);
            let inside = |day: &Date| window.start < *day && *day <= window.end;
            days.extend(ends.filter(inside).filter(|day| *day <= one.through));
        }
        days
    }

    /// The contracts of these elements, each once, in order.
    fn contracts_of<'e>(&self, elements: impl IntoIterator<Item = &'e ElementCode>) -> Vec<usize> {
        let found = elements.into_iter().filter_map(|code| self.by_element.get(code).copied());
        let mut contracts: Vec<usize> = found.collect();
        contracts.sort_unstable();
        contracts.dedup();
        contracts
    }

    /// The latest day on which a due period of each contract ends. A contract that no unit owes any
    /// more, and whose last period is due, does not hold it back.
    fn common_through(&self, contracts: &[usize]) -> Date {
        let of: Vec<&DueContract<'_>> = contracts.iter().map(|at| &self.contracts[*at]).collect();
        let candidates: BTreeSet<Date> = of.iter().flat_map(|one| one.due_ends()).collect();
        let is_common =
            |end: &&Date| of.iter().all(|one| one.is_over(**end) || one.is_due_end(**end));
        let last = candidates.iter().rev().find(is_common);
        last.copied().unwrap_or(campaign_days(self.input).start)
    }
}

impl<'a> DueContract<'a> {
    fn new(input: &StandingInput<'_>, contract: &'a Contract) -> Self {
        let days = campaign_days(input);
        let calendar = input.calendars.get(&contract.calendar);
        let periods = calendar.map_or_else(Vec::new, |calendar| calendar.periods_in(days));
        let due = periods.iter().rev().find(|period| is_due(input, contract, period.end));
        let through = due.map_or(days.start, |period| period.end);
        let mut cut_offs = BTreeSet::new();
        for period in &periods {
            let whole = DateWindow { start: period.start, end: period.end };
            let served = contract.serves.iter();
            let served = served.filter_map(|code| input.calendars.cut_offs_in(code, whole));
            cut_offs.extend(served.flatten());
            if let Some(campaign) = input.calendars.campaign_days(&contract.code) {
                cut_offs.extend(campaign.cut_offs.iter().filter(|day| whole.contains(**day)));
            }
            cut_offs.insert(period.end);
        }
        let periods_end = periods.last().map_or(days.start, |period| period.end);
        cut_offs.extend(contract.levels.change_days().filter(|day| *day < periods_end));
        cut_offs.retain(|day| days.start < *day);
        let units = input.org.units().iter();
        let owed = units.flat_map(|unit| unit.days_at_level(&contract.levels, days));
        let owed_until = owed.map(|owed| owed.end).max();
        Self { contract, cut_offs, through, owed_until }
    }

    fn due_ends(&self) -> impl Iterator<Item = Date> {
        self.cut_offs.range(..=self.through).copied()
    }

    fn is_due_end(&self, end: Date) -> bool {
        end <= self.through && self.cut_offs.contains(&end)
    }

    /// Whether all that was ever owed ends by `end` and is due.
    fn is_over(&self, end: Date) -> bool {
        self.owed_until.is_none_or(|until| until <= end && until <= self.through)
    }
}

/// The elements that a target names, and those that prove its duties.
pub(super) fn target_elements(campaign: &Campaign, formula: &Target) -> BTreeSet<ElementCode> {
    formula.elements().into_iter().chain(attested_elements(campaign, formula)).collect()
}

/// Whether a whole period that ends before `end` is due as of the input's day. Once the campaign is
/// concluded, every period is.
fn is_due(input: &StandingInput<'_>, contract: &Contract, end: Date) -> bool {
    let days = i64::from(contract.due_days) + i64::from(contract.grace_days);
    input.campaign.status.is_final() || end.saturating_add(days.days()) <= input.today
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
