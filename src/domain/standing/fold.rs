//! Accepted cells up the hierarchy, in one view of the organisation.
//!
//! Sums only: a flow adds up over periods and units, a stock is the last accepted word of each unit, what is not accepted
//! is missing and never zero. Independent of the order of reports. Knows no target.

use super::Coverage;
use super::place::{Placed, placed};
use super::totals::Totals;
use crate::domain::baseline::Baselines;
use crate::domain::calendar::Calendars;
use crate::domain::campaign::Campaign;
use crate::domain::cell::{CellValue, Cells, ElementNo};
use crate::domain::element::ElementCode;
use crate::domain::expectation::{Expectation, UnknownCalendar, expectations};
use crate::domain::form::{Catalogue, Contract};
use crate::domain::ids::UnitId;
use crate::domain::org::{Org, View};
use crate::domain::report::ReportKey;
use crate::domain::target::Missing;
use crate::domain::window::Window;
use jiff::civil::Date;
use rustc_hash::FxHashMap as HashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A report as the fold needs it.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// What it answers.
    pub key: &'a ReportKey,
    /// Sent at least once and not a draft: submitted, returned, accepted or locked.
    pub received: bool,
    /// Accepted or locked: its figures are official.
    pub accepted: bool,
    /// Whether it came late.
    pub late: bool,
    /// What it says.
    pub cells: &'a Cells,
}

/// Everything that standings follow from.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The organisation in time.
    pub org: &'a Org,
    /// Reporting calendars.
    pub calendars: &'a Calendars,
    /// Elements, forms and contracts.
    pub catalogue: &'a Catalogue,
    /// The campaign.
    pub campaign: &'a Campaign,
    /// Figures of the past.
    pub baselines: &'a Baselines,
    /// Codes of the elements by their short number.
    pub numbers: &'a BTreeMap<ElementNo, ElementCode>,
    /// Reports under the campaign's contracts, in any order; others are ignored.
    pub reports: &'a [Entry<'a>],
    /// Periods that end on this day or before it are over.
    pub today: Date,
    /// In which structure figures are summed.
    pub view: View,
}

/// One element at one unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Sum of accepted figures, scaled.
    pub(super) value: i64,
    /// Accepted figures behind it.
    pub(super) figures: u32,
    /// What is not in.
    pub(super) missing: Missing,
}

/// Sums of one window.
#[derive(Debug, Clone, Default)]
pub struct Folded {
    /// A row a unit, a column an element.
    tallies: Vec<Tally>,
    rows: Arc<HashMap<UnitId, usize>>,
    columns: Arc<HashMap<ElementCode, usize>>,
    /// By contract, a row a unit.
    coverage: BTreeMap<String, Vec<Coverage>>,
    /// The day after the last period that is over, by contract.
    until: BTreeMap<String, Date>,
    /// Units of which the view cannot say what they have.
    torn: BTreeSet<UnitId>,
}

impl Folded {
    /// Nothing yet, at any of these units, of any of these elements.
    pub(super) fn empty(rows: &Arc<HashMap<UnitId, usize>>, columns: &Arc<HashMap<ElementCode, usize>>) -> Self {
        Self {
            tallies: vec![Tally::default(); rows.len() * columns.len()],
            rows: Arc::clone(rows),
            columns: Arc::clone(columns),
            ..Self::default()
        }
    }

    /// The accepted figure of an element at a unit or above it; `None` where there is none.
    #[must_use]
    pub fn value(&self, unit: UnitId, element: &ElementCode) -> Option<i64> {
        self.tally(unit, element).filter(|tally| tally.figures > 0).map(|tally| tally.value)
    }

    /// How complete the reports of one contract are at a unit or above it.
    #[must_use]
    pub fn coverage(&self, unit: UnitId, contract: &str) -> Coverage {
        let row = self.rows.get(&unit).zip(self.coverage.get(contract));
        row.map(|(row, of)| of[*row]).unwrap_or_default()
    }

    /// `None` where nothing is in and nothing is missing.
    pub(super) fn tally(&self, unit: UnitId, element: &ElementCode) -> Option<&Tally> {
        let (row, column) = (self.rows.get(&unit)?, self.columns.get(element)?);
        self.tallies.get(row * self.columns.len() + column).filter(|tally| **tally != Tally::default())
    }

    pub(super) fn is_torn(&self, unit: UnitId) -> bool {
        self.torn.contains(&unit)
    }

    pub(super) fn until(&self, contract: &str) -> Option<Date> {
        self.until.get(contract).copied()
    }

    /// A period of this contract that ends here is over.
    pub(super) fn reach(&mut self, contract: &str, end: Date, torn: &[UnitId]) {
        match self.until.get_mut(contract) {
            Some(until) => *until = (*until).max(end),
            None => drop(self.until.insert(contract.to_owned(), end)),
        }
        self.torn.extend(torn);
    }

    /// Puts one report into the coverage of these rows, or takes it out.
    pub(super) fn cover(&mut self, contract: &str, rows: &[usize], one: Coverage, adds: bool) {
        if !self.coverage.contains_key(contract) {
            self.coverage.insert(contract.to_owned(), vec![Coverage::default(); self.rows.len()]);
        }
        let Some(coverage) = self.coverage.get_mut(contract) else { return };
        for row in rows {
            coverage[*row] = if adds { coverage[*row].and(one) } else { coverage[*row].without(one) };
        }
    }

    /// Puts one figure into the sums of these rows, or takes it out.
    pub(super) fn add(&mut self, rows: &[usize], column: usize, one: Tally, adds: bool) {
        for row in rows {
            let tally = &mut self.tallies[row * self.columns.len() + column];
            *tally = if adds { tally.and(one) } else { tally.without(one) };
        }
    }
}

impl Tally {
    fn and(self, other: Self) -> Self {
        let missing = self.missing.plus(other.missing);
        Self { value: self.value + other.value, figures: self.figures + other.figures, missing }
    }

    fn without(self, other: Self) -> Self {
        let missing = self.missing.minus(other.missing);
        Self { value: self.value - other.value, figures: self.figures - other.figures, missing }
    }
}

/// Sums what was accepted for the periods of `window` that are over.
///
/// # Errors
/// A contract names a calendar that does not exist.
pub fn fold(input: &Input<'_>, window: Window) -> Result<Folded, UnknownCalendar> {
    let totals = Totals::of(input, &[window])?;
    Ok(totals.windows().iter().map(|(_, folded)| folded.clone()).next().unwrap_or_default())
}

/// One report that is or will be owed, and what came of it.
pub(super) struct Owed<'a> {
    pub(super) contract: &'a Contract,
    pub(super) expected: Expectation,
    pub(super) key: ReportKey,
    /// The units on whose sums it stands, the lowest first.
    pub(super) path: Vec<UnitId>,
    /// The units of which the view cannot say whether it stands on theirs.
    pub(super) torn: Vec<UnitId>,
    /// What was received.
    pub(super) entry: Option<&'a Entry<'a>>,
}

/// What the campaign's contracts owe for the periods of `window`, by contract, then unit (uid), then day: sums and single reports are both
/// read from this.
pub(super) fn owed<'a>(input: &Input<'a>, window: Window) -> Result<Vec<Owed<'a>>, UnknownCalendar> {
    let codes = &input.campaign.contracts;
    let contracts = input.catalogue.contracts.iter().filter(|contract| codes.contains(&contract.code));
    let mut all = Vec::new();
    for contract in contracts {
        let id = contract.id();
        let ours = input.reports.iter().filter(|entry| entry.key.contract == id && entry.received);
        let reports: HashMap<Answers<'_>, &Entry<'_>> = ours.map(|entry| (answers(entry.key), entry)).collect();
        let expected = expectations(input.org, input.calendars, std::slice::from_ref(contract), window)?;
        for expected in expected {
            let key = expected.key();
            let Placed { path, torn } = placed(input.org, input.view, expected.unit, expected.period.start);
            let entry = reports.get(&answers(&key)).copied();
            all.push(Owed { contract, expected, key, path, torn, entry });
        }
    }
    Ok(all)
}

/// What a report under one contract answers, as a key that costs no digest: unit, calendar, days, piece.
type Answers<'a> = (UnitId, &'a str, Date, Date, u8);

fn answers(key: &ReportKey) -> Answers<'_> {
    let ReportKey { unit, period, .. } = key;
    (*unit, period.calendar.as_str(), period.start, period.end, period.cut)
}

impl Owed<'_> {
    /// The accepted figures, by code.
    pub(super) fn official(&self, numbers: &BTreeMap<ElementNo, ElementCode>) -> BTreeMap<ElementCode, CellValue> {
        let cells = self.entry.filter(|entry| entry.accepted).map(|entry| entry.cells);
        let code = |(number, value): (&ElementNo, &CellValue)| Some((numbers.get(number)?.clone(), *value));
        cells.into_iter().flatten().filter_map(code).collect()
    }
}
