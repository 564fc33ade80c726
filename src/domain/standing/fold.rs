//! Accepted cells up the hierarchy, in one view of the organisation.
//!
//! Sums only: a flow adds up over periods and units, a stock is the last accepted word of each unit, what is not accepted
//! is missing and never zero. Independent of the order of reports. Knows no target.

use super::Coverage;
use super::place::{Placed, placed};
use crate::domain::baseline::{Base, Baselines};
use crate::domain::calendar::Calendars;
use crate::domain::campaign::Campaign;
use crate::domain::cell::{CellValue, Cells, ElementNo};
use crate::domain::element::{Element, ElementCode, ElementKind};
use crate::domain::expectation::{Expectation, UnknownCalendar, expectations};
use crate::domain::form::{Catalogue, Contract};
use crate::domain::ids::UnitId;
use crate::domain::org::{Org, View};
use crate::domain::ratio::Ratio;
use crate::domain::report::ReportKey;
use crate::domain::target::Missing;
use crate::domain::window::Window;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
#[derive(Debug, Clone, Copy, Default)]
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
    tallies: Vec<Option<Tally>>,
    rows: Arc<HashMap<UnitId, usize>>,
    columns: Arc<HashMap<ElementCode, usize>>,
    /// By contract, a row a unit.
    coverage: BTreeMap<String, Vec<Option<Coverage>>>,
    /// The day after the last period that is over, by contract.
    until: BTreeMap<String, Date>,
    /// Units of which the view cannot say what they have.
    torn: BTreeSet<UnitId>,
}

impl Folded {
    /// The accepted figure of an element at a unit or above it; `None` where there is none.
    #[must_use]
    pub fn value(&self, unit: UnitId, element: &ElementCode) -> Option<i64> {
        self.tally(unit, element).filter(|tally| tally.figures > 0).map(|tally| tally.value)
    }

    /// How complete the reports of one contract are at a unit or above it.
    #[must_use]
    pub fn coverage(&self, unit: UnitId, contract: &str) -> Coverage {
        let row = self.rows.get(&unit).zip(self.coverage.get(contract));
        row.and_then(|(row, of)| of[*row]).unwrap_or_default()
    }

    pub(super) fn tally(&self, unit: UnitId, element: &ElementCode) -> Option<&Tally> {
        let (row, column) = (self.rows.get(&unit)?, self.columns.get(element)?);
        self.tallies.get(row * self.columns.len() + column)?.as_ref()
    }

    pub(super) fn is_torn(&self, unit: UnitId) -> bool {
        self.torn.contains(&unit)
    }

    pub(super) fn until(&self, contract: &str) -> Option<Date> {
        self.until.get(contract).copied()
    }
}

/// Sums what was accepted for the periods of `window` that are over.
///
/// # Errors
/// A contract names a calendar that does not exist.
pub fn fold(input: &Input<'_>, window: Window) -> Result<Folded, UnknownCalendar> {
    Ok(fold_each(input, &[window])?.pop().unwrap_or_default())
}

/// The sums of several windows, from one look at what is owed. No piece of a period lies across the edge of a window that a campaign judges
/// ([`crate::domain::calendar::Calendars::with_campaigns`]), so each belongs to a window whole or not at all.
///
/// # Errors
/// A contract names a calendar that does not exist.
pub(super) fn fold_each(input: &Input<'_>, windows: &[Window]) -> Result<Vec<Folded>, UnknownCalendar> {
    let (start, end) = (windows.iter().map(|window| window.start).min(), windows.iter().map(|window| window.end).max());
    let Some((start, end)) = start.zip(end) else { return Ok(Vec::new()) };
    let owed = owed(input, Window { start, end })?;
    let places = Places::of(input);
    let rows: Vec<Vec<usize>> = owed.iter().map(|owed| places.rows(&owed.path)).collect();
    let fold = |window: &Window| {
        let mut folding = Folding::new(input, &places);
        let within = owed.iter().zip(&rows).filter(|(owed, _)| owed.expected.period.within(window.start, window.end));
        within.for_each(|(owed, rows)| folding.take(owed, rows));
        folding.done()
    };
    Ok(windows.iter().map(fold).collect())
}

/// One report that is owed for a period that is over, and what came of it.
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

/// What the campaign's contracts owe for the periods of `window` that are over: sums and single reports are both read from this.
pub(super) fn owed<'a>(input: &Input<'a>, window: Window) -> Result<Vec<Owed<'a>>, UnknownCalendar> {
    let codes = &input.campaign.contracts;
    let contracts = input.catalogue.contracts.iter().filter(|contract| codes.contains(&contract.code));
    let mut all = Vec::new();
    for contract in contracts {
        let id = contract.id();
        let ours = input.reports.iter().filter(|entry| entry.key.contract == id && entry.received);
        let reports: HashMap<Answers<'_>, &Entry<'_>> = ours.map(|entry| (answers(entry.key), entry)).collect();
        let expected = expectations(input.org, input.calendars, std::slice::from_ref(contract), window)?;
        for expected in expected.into_iter().filter(|expected| expected.whole.end <= input.today) {
            let key = ReportKey { contract: expected.contract, unit: expected.unit, period: expected.period.clone() };
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

/// Numbers for units and elements, so that sums are added up in plain rows.
struct Places<'a> {
    units: Arc<HashMap<UnitId, usize>>,
    elements: Arc<HashMap<ElementCode, usize>>,
    /// What a sheet of each contract holds, in the form's order.
    lines: HashMap<&'a str, Vec<Line<'a>>>,
}

/// One element of a contract's form.
#[derive(Clone, Copy)]
struct Line<'a> {
    element: &'a Element,
    /// Its place in the catalogue.
    at: usize,
    /// The short number by which cells name it.
    number: Option<ElementNo>,
}

impl<'a> Places<'a> {
    fn of(input: &Input<'a>) -> Self {
        let numbers: HashMap<&ElementCode, ElementNo> =
            input.numbers.iter().map(|(number, code)| (code, *number)).collect();
        let elements = input.catalogue.elements.iter().enumerate();
        let known: HashMap<&ElementCode, Line<'a>> = elements
            .map(|(at, element)| (&element.code, Line { element, at, number: numbers.get(&element.code).copied() }))
            .collect();
        let mut lines = HashMap::new();
        for contract in &input.catalogue.contracts {
            let form = input.catalogue.form(&contract.form).map_or(&[][..], |form| &form.elements);
            lines.insert(contract.code.as_str(), form.iter().filter_map(|code| known.get(code).copied()).collect());
        }
        let units = input.org.units().iter().enumerate().map(|(at, unit)| (unit.id, at)).collect();
        let elements = input.catalogue.elements.iter().enumerate().map(|(at, one)| (one.code.clone(), at)).collect();
        Self { units: Arc::new(units), elements: Arc::new(elements), lines }
    }

    fn rows(&self, path: &[UnitId]) -> Vec<usize> {
        path.iter().filter_map(|unit| self.units.get(unit).copied()).collect()
    }
}

struct Folding<'a> {
    input: &'a Input<'a>,
    places: &'a Places<'a>,
    /// The last word of each counting unit about each stock.
    stocks: BTreeMap<(UnitId, usize), Stock>,
    folded: Folded,
}

struct Stock {
    rows: Vec<usize>,
    end: Date,
    value: Option<i64>,
    /// Whether the last period that is over is not accepted.
    stale: bool,
}

impl<'a> Folding<'a> {
    fn new(input: &'a Input<'a>, places: &'a Places<'a>) -> Self {
        let folded = Folded {
            tallies: vec![None; places.units.len() * places.elements.len()],
            rows: Arc::clone(&places.units),
            columns: Arc::clone(&places.elements),
            ..Folded::default()
        };
        Self { input, places, stocks: BTreeMap::new(), folded }
    }

    /// Takes one report that is owed; `rows` are the places of the units on whose sums it stands.
    fn take(&mut self, owed: &Owed<'a>, rows: &[usize]) {
        let Owed { contract, expected, entry, .. } = owed;
        let code = contract.code.as_str();
        match self.folded.until.get_mut(code) {
            Some(until) => *until = (*until).max(expected.period.end),
            None => drop(self.folded.until.insert(code.to_owned(), expected.whole.end.max(expected.period.end))),
        }
        self.folded.torn.extend(&owed.torn);
        if !self.folded.coverage.contains_key(code) {
            self.folded.coverage.insert(code.to_owned(), vec![None; self.places.units.len()]);
        }
        let covered = coverage_of(*entry);
        let Some(coverage) = self.folded.coverage.get_mut(code) else { return };
        for at in rows {
            coverage[*at] = Some(coverage[*at].unwrap_or_default().and(covered));
        }
        let official = entry.filter(|entry| entry.accepted).map(|entry| entry.cells);
        let places = self.places;
        for line in places.lines.get(code).map_or(&[][..], Vec::as_slice) {
            let figure = line.number.and_then(|number| official?.get(&number)?.figure());
            match line.element.kind {
                ElementKind::Stock => self.stand(rows, expected, line.at, figure),
                ElementKind::Flow | ElementKind::EventFlag => self.flow(rows, expected, line, figure),
            }
        }
    }

    fn add(&mut self, rows: &[usize], element: usize, add: impl Fn(&mut Tally)) {
        let columns = self.places.elements.len();
        for row in rows {
            add(self.folded.tallies[row * columns + element].get_or_insert_default());
        }
    }

    fn flow(&mut self, rows: &[usize], expected: &Expectation, line: &Line<'_>, figure: Option<i64>) {
        match figure.or(planted!("missing-is-zero").then_some(0)) {
            Some(value) => self.add(rows, line.at, |tally| {
                tally.value += value;
                tally.figures += 1;
            }),
            None => {
                let likely = self.likely(expected, line.element);
                self.add(rows, line.at, |tally| tally.missing = tally.missing.and(likely));
            }
        }
    }

    /// What a missing report most likely holds: the unit's part of last year, by days; nothing where there is no last year.
    fn likely(&self, expected: &Expectation, element: &Element) -> Ratio {
        let base = self.input.campaign.base_window();
        let whole = match self.input.baselines.of(expected.unit, element, base) {
            Base::Known { value, .. } => value,
            Base::Partial | Base::None => return Ratio::ZERO,
        };
        let days = i128::from(expected.period.days());
        Ratio::new(i128::from(whole.max(0)) * days, i128::from(base.days().max(1))).unwrap_or(Ratio::ZERO)
    }

    fn stand(&mut self, rows: &[usize], expected: &Expectation, element: usize, figure: Option<i64>) {
        let end = expected.period.end;
        let new = || Stock { rows: rows.to_vec(), end: Date::MIN, value: None, stale: true };
        let stock = self.stocks.entry((expected.unit, element)).or_insert_with(new);
        if end < stock.end {
            return;
        }
        (stock.rows, stock.end, stock.stale) = (rows.to_vec(), end, figure.is_none());
        stock.value = figure.or(stock.value);
    }

    fn done(mut self) -> Folded {
        for ((_, element), stock) in std::mem::take(&mut self.stocks) {
            self.add(&stock.rows, element, |tally| {
                if let Some(value) = stock.value {
                    tally.value += value;
                    tally.figures += 1;
                }
                if stock.stale {
                    tally.missing = tally.missing.and(Ratio::ZERO);
                }
            });
        }
        self.folded
    }
}

fn coverage_of(received: Option<&Entry<'_>>) -> Coverage {
    let Some(entry) = received else {
        return Coverage { expected: 1, missing: 1, ..Coverage::default() };
    };
    let nil = entry.cells.values().all(|cell| *cell == CellValue::Nil);
    Coverage {
        expected: 1,
        received: 1,
        nil: u32::from(nil),
        late: u32::from(entry.late),
        accepted: u32::from(entry.accepted),
        missing: 0,
    }
}
