//! Sums accepted cells up the hierarchy, in one structure view.
//!
//! A flow adds up over periods and units; a stock is each unit's latest accepted value; what is not
//! accepted is missing and never zero. The result does not depend on the order of reports, nor on
//! targets.

use super::Coverage;
use super::attribution::{FigureAttribution, attribute_figure};
use super::totals::CampaignTotals;
use crate::domain::campaign::Campaign;
use crate::domain::org::{Org, StructureView};
use crate::domain::report::ReportKey;
use crate::domain::report::cell::{CellValue, Cells, ElementNumber};
use crate::domain::report::element::ElementCode;
use crate::domain::report::form::{Catalogue, Contract};
use crate::domain::reporting::calendar::Calendars;
use crate::domain::reporting::expectation::{Expectation, UnknownCalendar, compute_expectations};
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::baseline::Baselines;
use crate::domain::support::ids::UnitId;
use crate::domain::target_rule::MissingReports;
use jiff::civil::Date;
use rustc_hash::FxHashMap as HashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A report as the aggregation reads it.
#[derive(Debug, Clone, Copy)]
pub struct ReportEntry<'a> {
    /// The contract, unit and period of the report.
    pub key: &'a ReportKey,
    /// Sent at least once and not a draft: submitted, returned, accepted or locked.
    pub received: bool,
    /// Accepted or locked: its figures are official.
    pub accepted: bool,
    /// Whether it was received after its due day.
    pub late: bool,
    /// Its figures.
    pub cells: &'a Cells,
}

/// Everything that determines the standings.
#[derive(Debug, Clone, Copy)]
pub struct StandingInput<'a> {
    /// The organisation with its history.
    pub org: &'a Org,
    /// Reporting calendars.
    pub calendars: &'a Calendars,
    /// Elements, forms and contracts.
    pub catalogue: &'a Catalogue,
    /// The campaign.
    pub campaign: &'a Campaign,
    /// Figures of the past.
    pub baselines: &'a Baselines,
    /// Element codes by short number.
    pub numbers: &'a BTreeMap<ElementNumber, ElementCode>,
    /// Reports under the campaign's contracts, in any order; others are ignored.
    pub reports: &'a [ReportEntry<'a>],
    /// Periods that end on or before this day are over.
    pub today: Date,
    /// The structure in which figures are summed.
    pub view: StructureView,
}

/// Sum of one element at one unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ElementSum {
    /// Sum of accepted figures, scaled.
    pub(super) value: i64,
    /// Number of accepted figures in the sum.
    pub(super) figure_count: u32,
    /// Reports that are missing from the sum.
    pub(super) missing: MissingReports,
}

/// Sums over one window.
#[derive(Debug, Clone, Default)]
pub struct WindowSums {
    /// One row per unit, one column per element.
    sums: Vec<ElementSum>,
    unit_rows: Arc<HashMap<UnitId, usize>>,
    element_columns: Arc<HashMap<ElementCode, usize>>,
    /// One row per unit, for each contract.
    coverage: BTreeMap<String, Vec<Coverage>>,
    /// The day after the last finished period, by contract.
    last_period_ends: BTreeMap<String, Date>,
    /// Units whose sums the view cannot determine.
    indeterminate_units: BTreeSet<UnitId>,
}

impl WindowSums {
    /// Empty sums for these units and elements.
    pub(super) fn empty(
        rows: &Arc<HashMap<UnitId, usize>>,
        columns: &Arc<HashMap<ElementCode, usize>>,
    ) -> Self {
        Self {
            sums: vec![ElementSum::default(); rows.len() * columns.len()],
            unit_rows: Arc::clone(rows),
            element_columns: Arc::clone(columns),
            ..Self::default()
        }
    }

    /// The accepted figure of an element at a unit, including the units below it; `None` if there
    /// is none.
    #[must_use]
    pub fn value(&self, unit: UnitId, element: &ElementCode) -> Option<i64> {
        self.element_sum(unit, element).filter(|sum| sum.figure_count > 0).map(|sum| sum.value)
    }

    /// Coverage of one contract's reports at a unit, including the units below it.
    #[must_use]
    pub fn coverage(&self, unit: UnitId, contract: &str) -> Coverage {
        let row = self.unit_rows.get(&unit).zip(self.coverage.get(contract));
        row.map(|(row, of)| of[*row]).unwrap_or_default()
    }

    /// `None` if nothing was received and nothing is missing.
    pub(super) fn element_sum(&self, unit: UnitId, element: &ElementCode) -> Option<&ElementSum> {
        let (row, column) = (self.unit_rows.get(&unit)?, self.element_columns.get(element)?);
        self.sums
            .get(row * self.element_columns.len() + column)
            .filter(|sum| **sum != ElementSum::default())
    }

    pub(super) fn is_indeterminate(&self, unit: UnitId) -> bool {
        self.indeterminate_units.contains(&unit)
    }

    pub(super) fn last_period_end(&self, contract: &str) -> Option<Date> {
        self.last_period_ends.get(contract).copied()
    }

    /// Records that a period of this contract has ended on `end`.
    pub(super) fn close_period(&mut self, contract: &str, end: Date, indeterminate: &[UnitId]) {
        match self.last_period_ends.get_mut(contract) {
            Some(until) => *until = (*until).max(end),
            None => drop(self.last_period_ends.insert(contract.to_owned(), end)),
        }
        self.indeterminate_units.extend(indeterminate);
    }

    /// Adds one report to the coverage of these rows, or subtracts it.
    pub(super) fn apply_coverage(
        &mut self,
        contract: &str,
        rows: &[usize],
        one: Coverage,
        adds: bool,
    ) {
        if !self.coverage.contains_key(contract) {
            self.coverage
                .insert(contract.to_owned(), vec![Coverage::default(); self.unit_rows.len()]);
        }
        let Some(coverage) = self.coverage.get_mut(contract) else { return };
        for row in rows {
            coverage[*row] =
                if adds { coverage[*row].combined_with(one) } else { coverage[*row].without(one) };
        }
    }

    /// Adds one figure to the sums of these rows, or subtracts it.
    pub(super) fn apply_sum(&mut self, rows: &[usize], column: usize, one: ElementSum, adds: bool) {
        for row in rows {
            let sum = &mut self.sums[row * self.element_columns.len() + column];
            *sum = if adds { sum.combined_with(one) } else { sum.without(one) };
        }
    }
}

impl ElementSum {
    fn combined_with(self, other: Self) -> Self {
        let missing = self.missing.combined_with(other.missing);
        Self {
            value: self.value + other.value,
            figure_count: self.figure_count + other.figure_count,
            missing,
        }
    }

    fn without(self, other: Self) -> Self {
        let missing = self.missing.without(other.missing);
        Self {
            value: self.value - other.value,
            figure_count: self.figure_count - other.figure_count,
            missing,
        }
    }
}

/// Sums what was accepted for the finished periods of `window`.
///
/// # Errors
/// A contract names a calendar that does not exist.
pub fn aggregate_reports(
    input: &StandingInput<'_>,
    window: DateWindow,
) -> Result<WindowSums, UnknownCalendar> {
    let totals = CampaignTotals::compute(input, &[window])?;
    Ok(totals.windows().iter().map(|(_, sums)| sums.clone()).next().unwrap_or_default())
}

/// One expected report, due now or later, and what was received for it.
pub(super) struct ExpectedReport<'a> {
    pub(super) contract: &'a Contract,
    pub(super) expected: Expectation,
    pub(super) key: ReportKey,
    /// The units whose sums include it, the lowest first.
    pub(super) counting_units: Vec<UnitId>,
    /// The units for which the view cannot determine whether their sums include it.
    pub(super) indeterminate_units: Vec<UnitId>,
    /// The received report, if any.
    pub(super) report: Option<&'a ReportEntry<'a>>,
}

/// Reports that the campaign's contracts require for the periods of `window`, by contract, then
/// unit (uid), then day. Sums and drill-downs are both computed from this list.
pub(super) fn list_expected_reports<'a>(
    input: &StandingInput<'a>,
    window: DateWindow,
) -> Result<Vec<ExpectedReport<'a>>, UnknownCalendar> {
    let codes = &input.campaign.contracts;
    let contracts =
        input.catalogue.contracts.iter().filter(|contract| codes.contains(&contract.code));
    let mut all = Vec::new();
    for contract in contracts {
        let id = contract.id();
        let received =
            input.reports.iter().filter(|entry| entry.key.contract == id && entry.received);
        let reports: HashMap<UnitPeriodKey<'_>, &ReportEntry<'_>> =
            received.map(|entry| (unit_period_key(entry.key), entry)).collect();
        let expected = compute_expectations(
            input.org,
            input.calendars,
            std::slice::from_ref(contract),
            window,
        )?;
        for expected in expected {
            let key = expected.report_key();
            let FigureAttribution { counting_units, indeterminate_units } =
                attribute_figure(input.org, input.view, expected.unit, expected.period.start);
            let entry = reports.get(&unit_period_key(&key)).copied();
            all.push(ExpectedReport {
                contract,
                expected,
                key,
                counting_units,
                indeterminate_units,
                report: entry,
            });
        }
    }
    Ok(all)
}

/// Unit, calendar, days and piece of a report under one contract: a map key that needs no digest.
type UnitPeriodKey<'a> = (UnitId, &'a str, Date, Date, u8);

fn unit_period_key(key: &ReportKey) -> UnitPeriodKey<'_> {
    let ReportKey { unit, period, .. } = key;
    (*unit, period.calendar.as_str(), period.start, period.end, period.cut)
}

impl ExpectedReport<'_> {
    /// The accepted figures, by element code.
    pub(super) fn official_figures(&self, input: &StandingInput<'_>) -> BTreeMap<ElementCode, i64> {
        let cells = self.report.filter(|entry| entry.accepted).map(|entry| entry.cells);
        let figure = |(number, value): (&ElementNumber, &CellValue)| {
            let element = input.catalogue.element(input.numbers.get(number)?)?;
            Some((element.code.clone(), value.figure_of(element.kind)?))
        };
        cells.into_iter().flatten().filter_map(figure).collect()
    }
}
