//! Sums that follow the reports one by one: a changed report takes its old figures out of every sum on which they stood and puts its new
//! ones in, so that a night costs what changed.
//!
//! ```text
//!  due reports, by contract, unit, day          rows: places on whose sums each stands        windows
//!  com-1  w34 ─ said 3 ─────────────┐           com-1, dist-9, prov                           whole year
//!  com-1  w35 ─ missing ────────────┼─ flows: each adds its own figure, or "not in"           phase 1 ...
//!  com-1  w36 ─ not over yet        │  stocks: the last word of the unit alone; told anew when any of its reports changes
//! ```
//!
//! The sums are the same, to the byte, in whatever order reports came and however often they were corrected; `tests/laws.rs` compares
//! them with sums made from nothing. Knows no target and no store; where a report counts is `place`'s, what is owed is `expectation`'s.

use super::Coverage;
use super::fold::{Entry, Folded, Input, Owed, Tally, owed};
use crate::domain::baseline::Base;
use crate::domain::cell::{CellValue, ElementNo};
use crate::domain::element::{ElementCode, ElementKind};
use crate::domain::expectation::UnknownCalendar;
use crate::domain::ids::{ContractId, UnitId};
use crate::domain::ratio::Ratio;
use crate::domain::report::ReportKey;
use crate::domain::target::Missing;
use crate::domain::time::days_from_date;
use crate::domain::window::Window;
use jiff::civil::Date;
use rustc_hash::FxHashMap as HashMap;
use std::ops::Range;
use std::sync::Arc;

/// The sums of one campaign over several windows, as of one day.
#[derive(Debug, Clone)]
pub struct Totals {
    day: Date,
    contracts: Vec<Sheet>,
    dues: Vec<Due>,
    /// Where the report that answers for this is among `dues`; told at the first change.
    at: HashMap<Answer, usize>,
    /// The dues of one unit under one contract, by day.
    of_unit: HashMap<(usize, UnitId), Range<usize>>,
    windows: Vec<(Window, Folded)>,
    stocks: HashMap<(usize, UnitId, usize), Stand>,
}

type Answer = (ContractId, UnitId, Date, Date, u8);

/// What a report under one contract holds, in the form's order.
#[derive(Debug, Clone)]
struct Sheet {
    id: ContractId,
    code: String,
    calendar: String,
    lines: Vec<Line>,
}

/// One element of a form.
#[derive(Debug, Clone, Copy)]
struct Line {
    /// Its place in the catalogue.
    column: usize,
    /// The short number by which cells name it.
    number: Option<ElementNo>,
    stock: bool,
}

/// A report that is or will be owed, and what it says.
#[derive(Debug, Clone)]
struct Due {
    sheet: usize,
    unit: UnitId,
    start: Date,
    end: Date,
    cut: u8,
    /// The day on which its whole period is over, and it counts.
    counts_on: Date,
    rows: Vec<usize>,
    torn: Vec<UnitId>,
    /// The windows in which it lies.
    within: Vec<usize>,
    said: Option<Said>,
}

/// What a received report says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    accepted: bool,
    late: bool,
    nil: bool,
    figures: Vec<Option<i64>>,
}

/// The last word of a unit about a stock, as it stands in the sums.
#[derive(Debug, Clone)]
struct Stand {
    rows: Vec<usize>,
    tally: Tally,
}

/// Whether something is put into sums or taken out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

impl Totals {
    /// The sums of what `input` holds. No piece of a period lies across the edge of a window that a campaign judges
    /// ([`crate::domain::calendar::Calendars::with_campaigns`]), so each belongs to a window whole or not at all.
    ///
    /// # Errors
    /// A contract names a calendar that does not exist.
    pub fn of(input: &Input<'_>, windows: &[Window]) -> Result<Self, UnknownCalendar> {
        let rows: HashMap<UnitId, usize> =
            input.org.units().iter().enumerate().map(|(at, unit)| (unit.id, at)).collect();
        let columns: HashMap<ElementCode, usize> =
            input.catalogue.elements.iter().enumerate().map(|(at, one)| (one.code.clone(), at)).collect();
        let (rows, columns) = (Arc::new(rows), Arc::new(columns));
        let mut totals = Self {
            day: input.today,
            contracts: sheets(input, &columns),
            dues: Vec::new(),
            at: HashMap::default(),
            of_unit: HashMap::default(),
            windows: windows.iter().map(|window| (*window, Folded::empty(&rows, &columns))).collect(),
            stocks: HashMap::default(),
        };
        let (start, end) = (windows.iter().map(|one| one.start).min(), windows.iter().map(|one| one.end).max());
        if let Some((start, end)) = start.zip(end) {
            owed(input, Window { start, end })?.iter().for_each(|owed| totals.know(owed, &rows));
            // They are kept from one night to the next, and no more will come.
            totals.dues.shrink_to_fit();
        }
        let over: Vec<usize> = (0..totals.dues.len()).filter(|at| totals.is_over(*at)).collect();
        totals.begin(input, &over);
        Ok(totals)
    }

    /// The day up to which periods are over.
    #[must_use]
    pub fn day(&self) -> Date {
        self.day
    }

    /// The sums of each window.
    #[must_use]
    pub fn windows(&self) -> &[(Window, Folded)] {
        &self.windows
    }

    /// Takes what a report says now in place of what it said before. One that nobody owes changes nothing.
    pub fn put(&mut self, input: &Input<'_>, entry: &Entry<'_>) {
        let ReportKey { contract, unit, period } = entry.key;
        if self.at.is_empty() {
            self.at = self.dues.iter().enumerate().map(|(at, due)| (due.answer(&self.contracts), at)).collect();
        }
        let Some(at) = self.at.get(&(*contract, *unit, period.start, period.end, period.cut)).copied() else { return };
        let sheet = &self.contracts[self.dues[at].sheet];
        if sheet.calendar != period.calendar {
            return;
        }
        let said = entry.received.then(|| Said::of(entry, sheet));
        if said == self.dues[at].said {
            return;
        }
        if !self.is_over(at) {
            self.dues[at].said = said;
            return;
        }
        self.count(input, at, Way::Out);
        self.dues[at].said = said;
        self.count(input, at, Way::In);
        if !planted!("stock-not-told-anew") {
            self.stand_all(self.dues[at].sheet, self.dues[at].unit);
        }
    }

    /// Goes on to a later day: periods that are over by then count. Sums never go back to an earlier day: nothing is done.
    pub fn advance(&mut self, input: &Input<'_>, day: Date) {
        let before = self.day;
        self.day = day.max(before);
        let newly: Vec<usize> =
            (0..self.dues.len()).filter(|at| before < self.dues[*at].counts_on && self.is_over(*at)).collect();
        self.begin(input, &newly);
    }

    fn is_over(&self, at: usize) -> bool {
        self.dues[at].counts_on <= self.day
    }

    fn know(&mut self, owed: &Owed<'_>, rows: &HashMap<UnitId, usize>) {
        let (expected, at) = (&owed.expected, self.dues.len());
        let Some(sheet) = self.contracts.iter().position(|sheet| sheet.id == expected.contract) else { return };
        let period = &expected.period;
        let within =
            |(at, (window, _)): (usize, &(Window, Folded))| period.within(window.start, window.end).then_some(at);
        self.of_unit.entry((sheet, expected.unit)).or_insert(at..at).end = at + 1;
        self.dues.push(Due {
            sheet,
            unit: expected.unit,
            start: period.start,
            end: period.end,
            cut: period.cut,
            counts_on: expected.whole.end,
            rows: owed.path.iter().filter_map(|unit| rows.get(unit).copied()).collect(),
            torn: owed.torn.clone(),
            within: self.windows.iter().enumerate().filter_map(within).collect(),
            said: owed.entry.map(|entry| Said::of(entry, &self.contracts[sheet])),
        });
    }

    /// These count from now on.
    fn begin(&mut self, input: &Input<'_>, these: &[usize]) {
        let mut stocks: Vec<(usize, UnitId)> = Vec::new();
        for at in these {
            let due = &self.dues[*at];
            for window in &due.within {
                self.windows[*window].1.reach(&self.contracts[due.sheet].code, due.end, &due.torn);
            }
            if stocks.last() != Some(&(due.sheet, due.unit)) {
                stocks.push((due.sheet, due.unit));
            }
            self.count(input, *at, Way::In);
        }
        stocks.into_iter().for_each(|(sheet, unit)| self.stand_all(sheet, unit));
    }

    /// Puts the flows and the coverage of one report in, or takes them out.
    fn count(&mut self, input: &Input<'_>, at: usize, way: Way) {
        let due = &self.dues[at];
        let sheet = &self.contracts[due.sheet];
        let covered = coverage_of(due.said.as_ref());
        for window in &due.within {
            self.windows[*window].1.cover(&sheet.code, &due.rows, covered, way == Way::In);
        }
        for (nth, line) in sheet.lines.iter().enumerate().filter(|(_, line)| !line.stock) {
            let one = match due.figure(nth).or(planted!("missing-is-zero").then_some(0)) {
                Some(value) => Tally { value, figures: 1, missing: Missing::default() },
                None => Tally { missing: Missing::default().and(likely(input, due, line)), ..Tally::default() },
            };
            for window in &due.within {
                self.windows[*window].1.add(&due.rows, line.column, one, way == Way::In);
            }
        }
    }

    /// Tells the stocks of one unit under one contract anew.
    fn stand_all(&mut self, sheet: usize, unit: UnitId) {
        let Some(range) = self.of_unit.get(&(sheet, unit)).cloned() else { return };
        for nth in 0..self.contracts[sheet].lines.len() {
            let Line { column, stock: true, .. } = self.contracts[sheet].lines[nth] else { continue };
            for window in 0..self.windows.len() {
                let new = self.last_word(range.clone(), window, nth);
                let folded = &mut self.windows[window].1;
                if let Some(old) = self.stocks.remove(&(window, unit, column)) {
                    folded.add(&old.rows, column, old.tally, false);
                }
                if let Some(new) = new {
                    folded.add(&new.rows, column, new.tally, true);
                    self.stocks.insert((window, unit, column), new);
                }
            }
        }
    }

    /// The last word of one unit about one stock: where its last period counts, and the newest figure up to then.
    fn last_word(&self, range: Range<usize>, window: usize, nth: usize) -> Option<Stand> {
        let over = range.filter(|at| self.is_over(*at)).map(|at| &self.dues[at]);
        let mut last: Option<(&Due, Option<i64>)> = None;
        for due in over.filter(|due| due.within.contains(&window)) {
            let figure = due.figure(nth);
            match last {
                Some((before, _)) if due.end < before.end => {}
                Some((_, value)) => last = Some((due, figure.or(value))),
                None => last = Some((due, figure)),
            }
        }
        let (due, value) = last?;
        let stale = due.figure(nth).is_none();
        let missing = if stale { Missing::default().and(Ratio::ZERO) } else { Missing::default() };
        let tally = Tally { value: value.unwrap_or(0), figures: u32::from(value.is_some()), missing };
        Some(Stand { rows: due.rows.clone(), tally })
    }
}

impl Due {
    fn answer(&self, sheets: &[Sheet]) -> Answer {
        (sheets[self.sheet].id, self.unit, self.start, self.end, self.cut)
    }

    /// The official figure of a line.
    fn figure(&self, nth: usize) -> Option<i64> {
        self.said.as_ref().filter(|said| said.accepted)?.figures[nth]
    }
}

impl Said {
    fn of(entry: &Entry<'_>, sheet: &Sheet) -> Self {
        let figure = |line: &Line| entry.cells.get(&line.number?)?.figure();
        Self {
            accepted: entry.accepted,
            late: entry.late,
            nil: entry.cells.values().all(|cell| *cell == CellValue::Nil),
            figures: sheet.lines.iter().map(figure).collect(),
        }
    }
}

fn sheets(input: &Input<'_>, columns: &HashMap<ElementCode, usize>) -> Vec<Sheet> {
    let numbers: HashMap<&ElementCode, ElementNo> =
        input.numbers.iter().map(|(number, code)| (code, *number)).collect();
    let line = |code: &ElementCode| {
        let column = *columns.get(code)?;
        let stock = input.catalogue.elements[column].kind == ElementKind::Stock;
        Some(Line { column, number: numbers.get(code).copied(), stock })
    };
    let sheet = |contract: &crate::domain::form::Contract| {
        let form = input.catalogue.form(&contract.form).map_or(&[][..], |form| &form.elements);
        Sheet {
            id: contract.id(),
            code: contract.code.clone(),
            calendar: contract.calendar.clone(),
            lines: form.iter().filter_map(line).collect(),
        }
    };
    input.catalogue.contracts.iter().map(sheet).collect()
}

/// What a missing report most likely holds: the unit's part of last year, by days; nothing where there is no last year.
fn likely(input: &Input<'_>, due: &Due, line: &Line) -> Ratio {
    let base = input.campaign.base_window();
    let whole = match input.baselines.of(due.unit, &input.catalogue.elements[line.column], base) {
        Base::Known { value, .. } => value,
        Base::Partial | Base::None => return Ratio::ZERO,
    };
    let days = days_from_date(due.end) - days_from_date(due.start);
    Ratio::new(i128::from(whole.max(0)) * i128::from(days), i128::from(base.days().max(1))).unwrap_or(Ratio::ZERO)
}

fn coverage_of(said: Option<&Said>) -> Coverage {
    let Some(said) = said else {
        return Coverage { expected: 1, missing: 1, ..Coverage::default() };
    };
    Coverage {
        expected: 1,
        received: 1,
        nil: u32::from(said.nil),
        late: u32::from(said.late),
        accepted: u32::from(said.accepted),
        missing: 0,
    }
}
