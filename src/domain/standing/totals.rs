//! Incremental sums: a changed report subtracts its old figures from every sum that includes them
//! and adds its new ones, so a nightly run costs only what changed.
//!
//! ```text
//!  expected reports by contract, unit, day
//!  com-1  w34 ─ reported 3 ──┐
//!  com-1  w35 ─ missing ─────┼─> rows (units whose sums include it: com-1, dist-9, prov)
//!  com-1  w36 ─ not over yet │   x windows (whole year, phase 1, ...)
//!
//!  flow   each report adds its own figure, or "missing"
//!  stock  only the unit's latest figure counts; recomputed when any of its reports changes
//! ```
//!
//! The sums are identical, to the byte, for every order of reports and corrections;
//! `tests/properties.rs` compares them with sums computed from scratch. Attribution is in
//! `attribution`, expected reports in `domain::reporting::expectation`.

use super::Coverage;
use super::aggregate::{
    ElementSum, ExpectedReport, ReportEntry, StandingInput, WindowSums, list_expected_reports,
};
use crate::domain::campaign::word_of;
use crate::domain::report::ReportKey;
use crate::domain::report::cell::{CellValue, ElementNumber};
use crate::domain::report::element::{ElementCode, ElementKind};
use crate::domain::reporting::expectation::UnknownCalendar;
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::baseline::BaselineValue;
use crate::domain::support::ids::{ContractId, UnitId};
use crate::domain::support::ratio::Ratio;
use crate::domain::support::time::days_from_date;
use crate::domain::target_rule::MissingReports;
use jiff::civil::Date;
use rustc_hash::FxHashMap as HashMap;
use std::ops::Range;
use std::sync::Arc;

/// The sums of one campaign over several windows, as of one day.
#[derive(Debug, Clone)]
pub struct CampaignTotals {
    day: Date,
    layouts: Vec<ContractLayout>,
    tracked: Vec<TrackedReport>,
    /// Index into `tracked` by report key; filled at the first change.
    index_by_key: HashMap<TrackedReportKey, usize>,
    /// Range in `tracked` of one unit under one contract, by day.
    range_by_unit: HashMap<(usize, UnitId), Range<usize>>,
    windows: Vec<(DateWindow, WindowSums)>,
    stock_contributions: HashMap<(usize, UnitId, usize), StockContribution>,
}

type TrackedReportKey = (ContractId, UnitId, Date, Date, u8);

/// Columns of the reports under one contract, in the form's order.
#[derive(Debug, Clone)]
struct ContractLayout {
    id: ContractId,
    code: String,
    calendar: String,
    columns: Vec<LayoutColumn>,
}

/// One element of a form.
#[derive(Debug, Clone, Copy)]
struct LayoutColumn {
    /// Index in the catalogue.
    column: usize,
    /// The short number of the element in cells.
    number: Option<ElementNumber>,
    stock: bool,
    /// Whether a nil report leaves it to be answered.
    word: bool,
}

/// An expected report, due now or later, and its content.
#[derive(Debug, Clone)]
struct TrackedReport {
    layout: usize,
    unit: UnitId,
    start: Date,
    end: Date,
    cut: u8,
    /// The day on which its whole period is over and the report starts to count.
    counts_on: Date,
    rows: Vec<usize>,
    indeterminate_units: Vec<UnitId>,
    /// Indexes of the windows that contain its period.
    windows: Vec<usize>,
    received: Option<ReceivedFigures>,
}

/// Content of a received report.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ReceivedFigures {
    accepted: bool,
    late: bool,
    nil: bool,
    figures: Vec<Option<i64>>,
}

/// The latest figure of a unit's stock, as included in the sums.
#[derive(Debug, Clone)]
struct StockContribution {
    rows: Vec<usize>,
    sum: ElementSum,
}

/// Whether a value is added to sums or subtracted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SumOperation {
    Add,
    Subtract,
}

impl CampaignTotals {
    /// Computes the sums of `input`. Periods are cut at the edges of the windows that a campaign
    /// judges ([`crate::domain::reporting::calendar::Calendars::with_campaigns`]), so each piece lies wholly
    /// inside or outside of a window.
    ///
    /// # Errors
    /// A contract names a calendar that does not exist.
    pub fn compute(
        input: &StandingInput<'_>,
        windows: &[DateWindow],
    ) -> Result<Self, UnknownCalendar> {
        let rows: HashMap<UnitId, usize> =
            input.org.units().iter().enumerate().map(|(at, unit)| (unit.id, at)).collect();
        let columns: HashMap<ElementCode, usize> = input
            .catalogue
            .elements
            .iter()
            .enumerate()
            .map(|(at, one)| (one.code.clone(), at))
            .collect();
        let (rows, columns) = (Arc::new(rows), Arc::new(columns));
        let mut totals = Self {
            day: input.today,
            layouts: contract_layouts(input, &columns),
            tracked: Vec::new(),
            index_by_key: HashMap::default(),
            range_by_unit: HashMap::default(),
            windows: windows
                .iter()
                .map(|window| (*window, WindowSums::empty(&rows, &columns)))
                .collect(),
            stock_contributions: HashMap::default(),
        };
        let (start, end) =
            (windows.iter().map(|one| one.start).min(), windows.iter().map(|one| one.end).max());
        if let Some((start, end)) = start.zip(end) {
            list_expected_reports(input, DateWindow { start, end })?
                .iter()
                .for_each(|expected_report| totals.track_report(expected_report, &rows));
            // The totals stay in memory between nightly runs, and no further report is added.
            totals.tracked.shrink_to_fit();
        }
        let over: Vec<usize> = (0..totals.tracked.len()).filter(|at| totals.is_over(*at)).collect();
        totals.activate_reports(input, &over);
        Ok(totals)
    }

    /// The day up to which periods are over.
    #[must_use]
    pub fn day(&self) -> Date {
        self.day
    }

    /// The sums of each window.
    #[must_use]
    pub fn windows(&self) -> &[(DateWindow, WindowSums)] {
        &self.windows
    }

    /// Replaces the content of a report. A report that is not expected changes nothing.
    pub fn upsert_report(&mut self, input: &StandingInput<'_>, entry: &ReportEntry<'_>) {
        let ReportKey { contract, unit, period } = entry.key;
        if self.index_by_key.is_empty() {
            self.index_by_key = self
                .tracked
                .iter()
                .enumerate()
                .map(|(at, report)| (report.key(&self.layouts), at))
                .collect();
        }
        let Some(at) = self
            .index_by_key
            .get(&(*contract, *unit, period.start, period.end, period.cut))
            .copied()
        else {
            return;
        };
        let layout = &self.layouts[self.tracked[at].layout];
        if layout.calendar != period.calendar {
            return;
        }
        let received = entry.received.then(|| ReceivedFigures::from_entry(entry, layout));
        if received == self.tracked[at].received {
            return;
        }
        if !self.is_over(at) {
            self.tracked[at].received = received;
            return;
        }
        self.apply_report(input, at, SumOperation::Subtract);
        self.tracked[at].received = received;
        self.apply_report(input, at, SumOperation::Add);
        if !planted!("stock-not-told-anew") {
            self.recompute_stocks(self.tracked[at].layout, self.tracked[at].unit);
        }
    }

    /// Advances to a later day: periods that are over by then count. An earlier day changes
    /// nothing.
    pub fn advance_to(&mut self, input: &StandingInput<'_>, day: Date) {
        let before = self.day;
        self.day = day.max(before);
        let newly: Vec<usize> = (0..self.tracked.len())
            .filter(|at| before < self.tracked[*at].counts_on && self.is_over(*at))
            .collect();
        self.activate_reports(input, &newly);
    }

    fn is_over(&self, at: usize) -> bool {
        self.tracked[at].counts_on <= self.day
    }

    fn track_report(
        &mut self,
        expected_report: &ExpectedReport<'_>,
        rows: &HashMap<UnitId, usize>,
    ) {
        let (expected, at) = (&expected_report.expected, self.tracked.len());
        let Some(layout) = self.layouts.iter().position(|layout| layout.id == expected.contract)
        else {
            return;
        };
        let period = &expected.period;
        let within = |(at, (window, _)): (usize, &(DateWindow, WindowSums))| {
            period.is_within(window.start, window.end).then_some(at)
        };
        self.range_by_unit.entry((layout, expected.unit)).or_insert(at..at).end = at + 1;
        self.tracked.push(TrackedReport {
            layout,
            unit: expected.unit,
            start: period.start,
            end: period.end,
            cut: period.cut,
            counts_on: expected.whole_period.end,
            rows: expected_report
                .counting_units
                .iter()
                .filter_map(|unit| rows.get(unit).copied())
                .collect(),
            indeterminate_units: expected_report.indeterminate_units.clone(),
            windows: self.windows.iter().enumerate().filter_map(within).collect(),
            received: expected_report
                .report
                .map(|entry| ReceivedFigures::from_entry(entry, &self.layouts[layout])),
        });
    }

    /// Starts to count these reports.
    fn activate_reports(&mut self, input: &StandingInput<'_>, these: &[usize]) {
        let mut stocks: Vec<(usize, UnitId)> = Vec::new();
        for at in these {
            let report = &self.tracked[*at];
            for window in &report.windows {
                self.windows[*window].1.close_period(
                    &self.layouts[report.layout].code,
                    report.end,
                    &report.indeterminate_units,
                );
            }
            if stocks.last() != Some(&(report.layout, report.unit)) {
                stocks.push((report.layout, report.unit));
            }
            self.apply_report(input, *at, SumOperation::Add);
        }
        stocks.into_iter().for_each(|(layout, unit)| self.recompute_stocks(layout, unit));
    }

    /// Adds the flows and the coverage of one report, or subtracts them.
    fn apply_report(&mut self, input: &StandingInput<'_>, at: usize, operation: SumOperation) {
        let report = &self.tracked[at];
        let layout = &self.layouts[report.layout];
        let covered = report_coverage(report.received.as_ref());
        for window in &report.windows {
            self.windows[*window].1.apply_coverage(
                &layout.code,
                &report.rows,
                covered,
                operation == SumOperation::Add,
            );
        }
        for (nth, layout_column) in
            layout.columns.iter().enumerate().filter(|(_, layout_column)| !layout_column.stock)
        {
            let one = match report.official_figure(nth).or(planted!("missing-is-zero").then_some(0))
            {
                Some(value) => {
                    ElementSum { value, figure_count: 1, missing: MissingReports::default() }
                }
                None => ElementSum {
                    missing: MissingReports::default().with_report(expected_figure(
                        input,
                        report,
                        layout_column,
                    )),
                    ..ElementSum::default()
                },
            };
            for window in &report.windows {
                self.windows[*window].1.apply_sum(
                    &report.rows,
                    layout_column.column,
                    one,
                    operation == SumOperation::Add,
                );
            }
        }
    }

    /// Recomputes the stocks of one unit under one contract.
    fn recompute_stocks(&mut self, layout: usize, unit: UnitId) {
        let Some(range) = self.range_by_unit.get(&(layout, unit)).cloned() else { return };
        for nth in 0..self.layouts[layout].columns.len() {
            let LayoutColumn { column, stock: true, .. } = self.layouts[layout].columns[nth] else {
                continue;
            };
            for window in 0..self.windows.len() {
                let new = self.latest_stock(range.clone(), window, nth);
                let sums = &mut self.windows[window].1;
                if let Some(old) = self.stock_contributions.remove(&(window, unit, column)) {
                    sums.apply_sum(&old.rows, column, old.sum, false);
                }
                if let Some(new) = new {
                    sums.apply_sum(&new.rows, column, new.sum, true);
                    self.stock_contributions.insert((window, unit, column), new);
                }
            }
        }
    }

    /// The latest figure of one unit's stock: attributed as of its last period, with the newest
    /// figure up to then.
    fn latest_stock(
        &self,
        range: Range<usize>,
        window: usize,
        nth: usize,
    ) -> Option<StockContribution> {
        let over = range.filter(|at| self.is_over(*at)).map(|at| &self.tracked[at]);
        let mut last: Option<(&TrackedReport, Option<i64>)> = None;
        for report in over.filter(|report| report.windows.contains(&window)) {
            let figure = report.official_figure(nth);
            match last {
                Some((before, _)) if report.end < before.end => {}
                Some((_, value)) => last = Some((report, figure.or(value))),
                None => last = Some((report, figure)),
            }
        }
        let (report, value) = last?;
        let stale = report.official_figure(nth).is_none();
        let missing = if stale {
            MissingReports::default().with_report(Ratio::ZERO)
        } else {
            MissingReports::default()
        };
        let sum = ElementSum {
            value: value.unwrap_or(0),
            figure_count: u32::from(value.is_some()),
            missing,
        };
        Some(StockContribution { rows: report.rows.clone(), sum })
    }
}

impl TrackedReport {
    fn key(&self, layouts: &[ContractLayout]) -> TrackedReportKey {
        (layouts[self.layout].id, self.unit, self.start, self.end, self.cut)
    }

    /// The official figure in a column.
    fn official_figure(&self, nth: usize) -> Option<i64> {
        self.received.as_ref().filter(|received| received.accepted)?.figures[nth]
    }
}

impl ReceivedFigures {
    fn from_entry(entry: &ReportEntry<'_>, layout: &ContractLayout) -> Self {
        let cell = |column: &LayoutColumn| entry.cells.get(&column.number?);
        let figure = |column: &LayoutColumn| {
            let kind = if column.stock { ElementKind::Stock } else { ElementKind::Flow };
            cell(column)?.figure_of(kind)
        };
        let events = layout.columns.iter().filter(|column| !column.word);
        let mut events = events.filter_map(cell).peekable();
        Self {
            accepted: entry.accepted,
            late: entry.late,
            nil: events.peek().is_some() && events.all(|cell| *cell == CellValue::Nil),
            figures: layout.columns.iter().map(figure).collect(),
        }
    }
}

fn contract_layouts(
    input: &StandingInput<'_>,
    columns: &HashMap<ElementCode, usize>,
) -> Vec<ContractLayout> {
    let numbers: HashMap<&ElementCode, ElementNumber> =
        input.numbers.iter().map(|(number, code)| (code, *number)).collect();
    let layout_column = |code: &ElementCode| {
        let column = *columns.get(code)?;
        let element = &input.catalogue.elements[column];
        let stock = element.kind == ElementKind::Stock;
        let word = word_of(element, std::slice::from_ref(input.campaign)).is_some();
        Some(LayoutColumn { column, number: numbers.get(code).copied(), stock, word })
    };
    let layout = |contract: &crate::domain::report::form::Contract| {
        let form = input.catalogue.form(&contract.form).map_or(&[][..], |form| &form.elements);
        ContractLayout {
            id: contract.id(),
            code: contract.code.clone(),
            calendar: contract.calendar.clone(),
            columns: form.iter().filter_map(layout_column).collect(),
        }
    };
    input.catalogue.contracts.iter().map(layout).collect()
}

/// The expected content of a missing report: the unit's share of last year by days; zero without a
/// baseline of last year.
fn expected_figure(
    input: &StandingInput<'_>,
    report: &TrackedReport,
    layout_column: &LayoutColumn,
) -> Ratio {
    let base = input.campaign.base_window();
    let whole = match input.baselines.value_of(
        report.unit,
        &input.catalogue.elements[layout_column.column],
        base,
    ) {
        BaselineValue::Known { value, .. } => value,
        BaselineValue::Partial | BaselineValue::None => return Ratio::ZERO,
    };
    let days = days_from_date(report.end) - days_from_date(report.start);
    Ratio::new(i128::from(whole.max(0)) * i128::from(days), i128::from(base.days().max(1)))
        .unwrap_or(Ratio::ZERO)
}

fn report_coverage(received: Option<&ReceivedFigures>) -> Coverage {
    let Some(received) = received else {
        return Coverage { expected: 1, missing: 1, ..Coverage::default() };
    };
    Coverage {
        expected: 1,
        received: 1,
        nil: u32::from(received.nil),
        late: u32::from(received.late),
        accepted: u32::from(received.accepted),
        missing: 0,
    }
}
