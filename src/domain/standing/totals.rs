//! The one implementation of sums: of the night, the course of the year, drill-downs and
//! verification.
//!
//! ```text
//!  expected reports by contract, unit, day
//!  com-1  w34 ─ reported 3 ──┐
//!  com-1  w35 ─ missing ─────┼─> rows (units whose sums include it: com-1, dist-9, prov)
//!  com-1  w36 ─ not due yet  │   x windows (whole year, phase 1, ...)
//!
//!  flow   each report adds its own figure, or "missing"; a changed report subtracts its old
//!         figures and adds its new ones, so a nightly run costs only what changed
//!  stock  what each unit said last (`stocks`); computed anew when any word of the column changed
//! ```
//!
//! The sums are identical, to the byte, for every order of reports and corrections;
//! `tests/properties.rs` compares them with sums computed from scratch. Attribution is in
//! `attribution`, the days that count in `due_days`, the weight of what is missing in `expected`.

mod expected;
mod layout;
mod stocks;

use super::Coverage;
use super::aggregate::{
    ElementSum, ExpectedReport, ReportEntry, StandingInput, WindowSums, list_expected_reports,
};
use super::due_days::{DueDays, SummedWindow};
use crate::domain::org::UnitKind;
use crate::domain::report::ReportKey;
use crate::domain::report::cell::CellValue;
use crate::domain::report::element::{ElementCode, ElementKind};
use crate::domain::reporting::expectation::UnknownCalendar;
use crate::domain::reporting::period::Period;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::{ContractId, UnitId};
use expected::{ExpectedFigures, ExpectedFlow};
use jiff::civil::Date;
use layout::contract_layouts;
pub(super) use layout::{ContractLayout, LayoutColumn};
use rustc_hash::FxHashMap as HashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

/// The sums of one campaign over several windows, as of one day.
#[derive(Debug, Clone)]
pub struct CampaignTotals {
    day: Date,
    unit_rows: Arc<HashMap<UnitId, usize>>,
    element_columns: Arc<HashMap<ElementCode, usize>>,
    pub(super) layouts: Vec<ContractLayout>,
    pub(super) tracked: Vec<TrackedReport>,
    /// Index into `tracked` by report key; filled at the first change.
    index_by_key: HashMap<TrackedReportKey, usize>,
    /// Range in `tracked` of one unit under one contract, by day.
    range_by_unit: HashMap<(usize, UnitId), Range<usize>>,
    expected: ExpectedFigures,
    windows: Vec<(SummedWindow, WindowSums)>,
    /// A stock has changed since the stocks were computed.
    stocks_changed: bool,
}

type TrackedReportKey = (ContractId, UnitId, Date, Date, u8);

/// An expected report, due now or later, and its content.
#[derive(Debug, Clone)]
pub(super) struct TrackedReport {
    pub(super) layout: usize,
    pub(super) unit: UnitId,
    pub(super) start: Date,
    pub(super) end: Date,
    pub(super) cut: u8,
    /// The number of days from `start` to `end`.
    days: i32,
    /// The day after its whole period.
    pub(super) whole_end: Date,
    pub(super) rows: Vec<usize>,
    pub(super) indeterminate_units: Vec<UnitId>,
    /// The windows that contain its period.
    pub(super) windows: Vec<WindowMembership>,
    /// Waived as long as it is not accepted.
    pub(super) waived: bool,
    pub(super) received: Option<ReceivedFigures>,
}

/// A window that contains the period of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WindowMembership {
    /// Its place among the windows.
    pub(super) window: usize,
    /// Whether the report is due and within the days judged; if not, its figures are only known.
    pub(super) counted: bool,
}

/// Content of a received report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReceivedFigures {
    pub(super) accepted: bool,
    pub(super) late: bool,
    pub(super) nil: bool,
    pub(super) figures: Vec<Option<i64>>,
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
        windows: &[SummedWindow],
    ) -> Result<Self, UnknownCalendar> {
        let units = input.org.units().iter().map(|unit| unit.id).collect::<Vec<_>>();
        Self::compute_rows(input, windows, &units)
    }

    /// The sums of some units only.
    ///
    /// # Errors
    /// A contract names a calendar that does not exist.
    pub(super) fn compute_rows(
        input: &StandingInput<'_>,
        windows: &[SummedWindow],
        units: &[UnitId],
    ) -> Result<Self, UnknownCalendar> {
        let rows: HashMap<UnitId, usize> =
            units.iter().enumerate().map(|(at, unit)| (*unit, at)).collect();
        let elements = input.catalogue.elements.iter().enumerate();
        let columns: HashMap<ElementCode, usize> =
            elements.map(|(at, one)| (one.code.clone(), at)).collect();
        let mut totals = Self {
            day: input.today,
            layouts: contract_layouts(input, &columns),
            unit_rows: Arc::new(rows),
            element_columns: Arc::new(columns),
            tracked: Vec::new(),
            index_by_key: HashMap::default(),
            range_by_unit: HashMap::default(),
            expected: ExpectedFigures::default(),
            windows: Vec::new(),
            stocks_changed: false,
        };
        // A stock is judged by what was said before its window, too.
        let judged = input.campaign.judged_windows();
        let all = || windows.iter().map(|one| &one.window).chain(&judged);
        let (start, end) = (all().map(|one| one.start).min(), all().map(|one| one.end).max());
        if let Some((start, end)) = start.zip(end) {
            let expected = list_expected_reports(input, DateWindow { start, end })?;
            // The totals stay in memory between nightly runs, and no further report is added.
            totals.tracked.reserve_exact(expected.len());
            expected.into_iter().for_each(|one| totals.track_report(input, one));
        }
        totals.expected = ExpectedFigures::read(input, totals.expected_columns());
        totals.start_windows(input, windows);
        Ok(totals)
    }

    /// The day as of which periods are due.
    #[must_use]
    pub fn day(&self) -> Date {
        self.day
    }

    /// The sums of each window.
    #[must_use]
    pub fn windows(&self) -> &[(SummedWindow, WindowSums)] {
        &self.windows
    }

    /// Replaces the content of a report; [`Self::settle`] brings the stocks up to date afterwards.
    /// A report that is not expected changes nothing.
    pub fn upsert_report(&mut self, entry: &ReportEntry<'_>) {
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
        self.stocks_changed |= layout.columns.iter().any(|one| one.stock);
        self.apply_reports(at..at + 1, SumOperation::Subtract);
        self.tracked[at].received = received;
        self.apply_reports(at..at + 1, SumOperation::Add);
    }

    /// Computes the stocks anew if any of them changed.
    pub fn settle(&mut self, input: &StandingInput<'_>) {
        if self.stocks_changed && !planted!("stock-not-told-anew") {
            self.settle_stocks(input);
        }
        self.stocks_changed = false;
    }

    /// Advances to the input's day, on which these windows are judged. An earlier day changes
    /// nothing.
    pub(super) fn advance(&mut self, input: &StandingInput<'_>, windows: &[SummedWindow]) {
        if self.day < input.today {
            self.day = input.today;
            self.start_windows(input, windows);
        }
        self.settle(input);
    }

    /// Sums all tracked reports over these windows, from nothing.
    fn start_windows(&mut self, input: &StandingInput<'_>, windows: &[SummedWindow]) {
        let due = DueDays::new(input);
        let empty = |summed: &SummedWindow| {
            let through = self.layouts.iter().filter_map(|layout| {
                let end = due.contract_through_with(&layout.code, summed.through)?;
                Some((layout.code.clone(), end))
            });
            let through: BTreeMap<String, Date> = through.collect();
            (*summed, WindowSums::empty(&self.unit_rows, &self.element_columns, through))
        };
        self.windows = windows.iter().map(empty).collect();
        let own: Vec<Date> = self
            .layouts
            .iter()
            .map(|layout| due.contract_through(&layout.code).unwrap_or(Date::MIN))
            .collect();
        for at in 0..self.tracked.len() {
            let memberships = self.memberships(&own, at);
            for one in memberships.iter().filter(|one| one.counted) {
                let report = &self.tracked[at];
                let code = &self.layouts[report.layout].code;
                for kind in [ElementKind::Flow, ElementKind::EventFlag] {
                    let sums = &mut self.windows[one.window].1;
                    sums.add_indeterminate(code, kind, &report.indeterminate_units);
                }
            }
            self.tracked[at].windows = memberships;
        }
        for run in self.unit_runs() {
            self.apply_reports(run, SumOperation::Add);
        }
        self.settle_stocks(input);
    }

    /// The windows of a report; `own` is the day after the last one that counts, by layout.
    fn memberships(&self, own: &[Date], at: usize) -> Vec<WindowMembership> {
        let report = &self.tracked[at];
        let due = report.whole_end <= own[report.layout];
        let within = |(window, (summed, _)): (usize, &(SummedWindow, WindowSums))| {
            let inside = summed.window.start <= report.start && report.end <= summed.window.end;
            let judged = summed.through.is_none_or(|through| report.end <= through);
            inside.then_some(WindowMembership { window, counted: due && judged })
        };
        self.windows.iter().enumerate().filter_map(within).collect()
    }

    /// Each unit that owes a form, at each level at which it does, with each of its elements.
    fn expected_columns(&self) -> Vec<(UnitId, UnitKind, usize)> {
        let owing = self.range_by_unit.iter().flat_map(|((layout, unit), range)| {
            let layout = &self.layouts[*layout];
            let moves = !layout.levels.changes.is_empty();
            let further = if moves { range.clone() } else { range.start..range.start };
            let days = std::iter::once(range.start).chain(further).map(|at| self.tracked[at].start);
            let levels: BTreeSet<UnitKind> = days.map(|day| layout.level_on(day)).collect();
            levels.into_iter().flat_map(move |level| {
                layout.columns.iter().map(move |one| (*unit, level, one.column))
            })
        });
        owing.collect()
    }

    fn track_report(&mut self, input: &StandingInput<'_>, expected_report: ExpectedReport<'_>) {
        let (expected, at) = (&expected_report.expected, self.tracked.len());
        let Some(layout) = self.layouts.iter().position(|layout| layout.id == expected.contract)
        else {
            return;
        };
        let period = &expected.period;
        self.range_by_unit.entry((layout, expected.unit)).or_insert(at..at).end = at + 1;
        self.tracked.push(TrackedReport {
            layout,
            unit: expected.unit,
            start: period.start,
            end: period.end,
            cut: period.cut,
            days: period.days(),
            whole_end: expected.whole_period.end,
            rows: self.rows_of(&expected_report.counting_units),
            indeterminate_units: expected_report.indeterminate_units,
            windows: Vec::new(),
            waived: !input.waivers.is_empty()
                && input.waivers.contains(&expected.report_key().id()),
            received: expected_report
                .report
                .map(|entry| ReceivedFigures::from_entry(entry, &self.layouts[layout])),
        });
    }

    pub(super) fn rows_of(&self, units: &[UnitId]) -> Vec<usize> {
        units.iter().filter_map(|unit| self.unit_rows.get(unit).copied()).collect()
    }

    /// Runs of reports of one unit at one level under one contract that have the same rows.
    fn unit_runs(&self) -> Vec<Range<usize>> {
        let is_same_run = |one: &TrackedReport, next: &TrackedReport| {
            let layout = &self.layouts[one.layout];
            (one.layout, one.unit) == (next.layout, next.unit)
                && one.rows == next.rows
                && layout.level_on(one.start) == layout.level_on(next.start)
        };
        let mut end = 0;
        let runs = self.tracked.chunk_by(is_same_run).map(|run| {
            let start = end;
            end += run.len();
            start..end
        });
        runs.collect()
    }

    /// Adds the flows and the coverage of a run of reports, or subtracts them. They have the same
    /// level and rows, so that each row changes once for all of them.
    fn apply_reports(&mut self, run: Range<usize>, operation: SumOperation) {
        let reports = &self.tracked[run];
        let Some(TrackedReport { layout, unit, rows, start, .. }) = reports.first() else { return };
        let layout = &self.layouts[*layout];
        let level = layout.level_on(*start);
        let adds = operation == SumOperation::Add;
        for (window, (_, sums)) in self.windows.iter_mut().enumerate() {
            let inside = |counted: bool| -> Vec<&TrackedReport> {
                let membership = WindowMembership { window, counted };
                reports.iter().filter(|one| one.windows.contains(&membership)).collect()
            };
            let (counted, known) = (inside(true), inside(false));
            if counted.is_empty() && known.is_empty() {
                continue;
            }
            let covered = counted.iter().map(|one| one.coverage());
            let covered = covered.fold(Coverage::default(), Coverage::combined_with);
            sums.apply_coverage(&layout.code, rows, covered, adds);
            for (nth, LayoutColumn { column, .. }) in layout.flows() {
                let expected = self.expected.flow(*unit, level, *column);
                let mut sum = ElementSum::default();
                counted.iter().for_each(|one| one.add_flow(&mut sum, nth, expected));
                known.iter().for_each(|one| one.add_known(&mut sum, nth));
                sums.apply_sum(rows, *column, sum, adds);
            }
        }
    }
}

impl TrackedReport {
    fn key(&self, layouts: &[ContractLayout]) -> TrackedReportKey {
        (layouts[self.layout].id, self.unit, self.start, self.end, self.cut)
    }

    /// The key of the report, which may not exist yet.
    pub(super) fn report_key(&self, layout: &ContractLayout) -> ReportKey {
        let period = Period {
            calendar: layout.calendar.clone(),
            start: self.start,
            end: self.end,
            cut: self.cut,
        };
        ReportKey { contract: layout.id, unit: self.unit, period }
    }

    /// The official figure in a column.
    pub(super) fn official_figure(&self, nth: usize) -> Option<i64> {
        self.received.as_ref().filter(|received| received.accepted)?.figures[nth]
    }

    /// Adds a due report to the sum of a flow.
    fn add_flow(&self, sum: &mut ElementSum, nth: usize, expected: ExpectedFlow) {
        let weight = expected.weight(self.days);
        sum.due_weight += weight;
        match self.official_figure(nth).or(planted!("missing-is-zero").then_some(0)) {
            Some(value) => {
                sum.value += i128::from(value);
                sum.figure_count += 1;
                sum.accepted_weight += weight;
            }
            None => sum.missing = sum.missing.with_report(expected.figure(self.days)),
        }
    }

    /// Adds what a report that is not due yet lets one know of a flow, if anything.
    fn add_known(&self, sum: &mut ElementSum, nth: usize) {
        sum.before_due += i128::from(self.official_figure(nth).unwrap_or(0));
    }

    fn coverage(&self) -> Coverage {
        let Some(received) = &self.received else {
            return Coverage {
                expected: 1,
                missing: 1,
                waived: u32::from(self.waived),
                ..Coverage::default()
            };
        };
        Coverage {
            expected: 1,
            received: 1,
            nil: u32::from(received.nil),
            late: u32::from(received.late),
            accepted: u32::from(received.accepted),
            missing: 0,
            waived: u32::from(self.waived && !received.accepted),
        }
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
