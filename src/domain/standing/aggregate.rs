//! Sums accepted cells up the hierarchy, in one structure view.
//!
//! A flow adds up over periods and units; a stock is what each unit said last; what is not accepted
//! is missing and never zero. The result does not depend on the order of reports, nor on
//! targets.

use super::Coverage;
use super::attribution::{Attribution, FigureAttribution};
use super::due_days::SummedWindow;
use super::totals::CampaignTotals;
use crate::domain::campaign::Campaign;
use crate::domain::org::{Org, StockHandover, StructureView};
use crate::domain::report::ReportKey;
use crate::domain::report::cell::{Cells, ElementNumber};
use crate::domain::report::element::{ElementCode, ElementKind};
use crate::domain::report::form::Catalogue;
use crate::domain::reporting::calendar::Calendars;
use crate::domain::reporting::expectation::{Expectation, UnknownCalendar, compute_expectations};
use crate::domain::reporting::period::Period;
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::baseline::Baselines;
use crate::domain::support::ids::{ReportId, UnitId};
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
    /// Reports whose absence is waived; one that was accepted is no longer waived.
    pub waivers: &'a BTreeSet<ReportId>,
    /// Signed hand-overs of stocks, by day.
    pub handovers: &'a [StockHandover],
    /// Reports under the campaign's contracts, in any order; others are ignored.
    pub reports: &'a [ReportEntry<'a>],
    /// The day as of which is judged: periods whose grace is over by then count.
    pub today: Date,
    /// The structure in which figures are summed.
    pub view: StructureView,
}

/// The waivers of an input without any.
pub static NO_WAIVERS: BTreeSet<ReportId> = BTreeSet::new();

/// Sum of one element at one unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ElementSum {
    /// Sum of accepted figures, scaled.
    pub(super) value: i128,
    /// Number of accepted figures in the sum.
    pub(super) figure_count: u32,
    /// Reports that are missing from the sum.
    pub(super) missing: MissingReports,
    /// Accepted figures of periods that are not due yet, scaled; not part of the sum.
    pub(super) before_due: i128,
    /// What all reports of the sum are expected to weigh, in the unit of [`Self::accepted_weight`].
    pub(super) due_weight: i128,
    /// What the accepted ones of them are expected to weigh.
    pub(super) accepted_weight: i128,
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
    /// The day after the last one that counts, by contract.
    through: BTreeMap<String, Date>,
    /// Units whose flows or stocks under a contract the view cannot determine.
    indeterminate_units: BTreeMap<(String, ElementKind), BTreeSet<UnitId>>,
}

impl WindowSums {
    /// Empty sums for these units and elements.
    pub(super) fn empty(
        rows: &Arc<HashMap<UnitId, usize>>,
        columns: &Arc<HashMap<ElementCode, usize>>,
        through: BTreeMap<String, Date>,
    ) -> Self {
        let no_reports = vec![Coverage::default(); rows.len()];
        Self {
            sums: vec![ElementSum::default(); rows.len() * columns.len()],
            unit_rows: Arc::clone(rows),
            element_columns: Arc::clone(columns),
            coverage: through.keys().map(|code| (code.clone(), no_reports.clone())).collect(),
            through,
            ..Self::default()
        }
    }

    /// The accepted figure of an element at a unit, including the units below it; `None` if there
    /// is none, or if it exceeds 64 bits.
    #[must_use]
    pub fn value(&self, unit: UnitId, element: &ElementCode) -> Option<i64> {
        let sum = self.element_sum(unit, element).filter(|sum| sum.figure_count > 0)?;
        i64::try_from(sum.value).ok()
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

    /// Whether the view cannot determine a unit's figures of this kind under a contract.
    pub(super) fn is_indeterminate(&self, unit: UnitId, contract: &str, kind: ElementKind) -> bool {
        let key = (contract.to_owned(), kind);
        self.indeterminate_units.get(&key).is_some_and(|units| units.contains(&unit))
    }

    pub(super) fn add_indeterminate(
        &mut self,
        contract: &str,
        kind: ElementKind,
        units: &[UnitId],
    ) {
        if !units.is_empty() {
            let known = self.indeterminate_units.entry((contract.to_owned(), kind)).or_default();
            known.extend(units);
        }
    }

    /// The day after the last one that counts under a contract; may lie outside the window.
    pub(super) fn through(&self, contract: &str) -> Option<Date> {
        self.through.get(contract).copied()
    }

    /// Adds reports to the coverage of these rows, or subtracts them.
    pub(super) fn apply_coverage(
        &mut self,
        contract: &str,
        rows: &[usize],
        one: Coverage,
        adds: bool,
    ) {
        let Some(coverage) = self.coverage.get_mut(contract) else { return };
        for row in rows {
            coverage[*row] =
                if adds { coverage[*row].combined_with(one) } else { coverage[*row].without(one) };
        }
    }

    /// Adds a sum to the sums of these rows, or subtracts it.
    pub(super) fn apply_sum(&mut self, rows: &[usize], column: usize, one: ElementSum, adds: bool) {
        for row in rows {
            let sum = &mut self.sums[row * self.element_columns.len() + column];
            if adds { sum.add(&one) } else { sum.subtract(&one) }
        }
    }

    /// Empties one column.
    pub(super) fn clear_column(&mut self, column: usize) {
        let width = self.element_columns.len();
        self.sums
            .iter_mut()
            .skip(column)
            .step_by(width)
            .for_each(|sum| *sum = ElementSum::default());
    }
}

impl ElementSum {
    fn add(&mut self, other: &Self) {
        self.value += other.value;
        self.figure_count += other.figure_count;
        self.missing = self.missing.combined_with(other.missing);
        self.before_due += other.before_due;
        self.due_weight += other.due_weight;
        self.accepted_weight += other.accepted_weight;
    }

    fn subtract(&mut self, other: &Self) {
        self.value -= other.value;
        self.figure_count -= other.figure_count;
        self.missing = self.missing.without(other.missing);
        self.before_due -= other.before_due;
        self.due_weight -= other.due_weight;
        self.accepted_weight -= other.accepted_weight;
    }
}

/// Sums what was accepted for the due periods of `window`.
///
/// # Errors
/// A contract names a calendar that does not exist.
pub fn aggregate_reports(
    input: &StandingInput<'_>,
    window: DateWindow,
) -> Result<WindowSums, UnknownCalendar> {
    let totals = CampaignTotals::compute(input, &[SummedWindow::whole(window)])?;
    Ok(totals.windows().iter().map(|(_, sums)| sums.clone()).next().unwrap_or_default())
}

/// One expected report, due now or later, and what was received for it.
pub(super) struct ExpectedReport<'a> {
    pub(super) expected: Expectation,
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
    let attribution = Attribution::new(input);
    let mut all = Vec::new();
    for contract in contracts {
        let id = contract.id();
        let received =
            input.reports.iter().filter(|entry| entry.key.contract == id && entry.received);
        let reports: HashMap<UnitPeriodKey<'_>, &ReportEntry<'_>> = received
            .map(|entry| (unit_period_key(entry.key.unit, &entry.key.period), entry))
            .collect();
        let expected = compute_expectations(
            input.org,
            input.calendars,
            std::slice::from_ref(contract),
            window,
        )?;
        for expected in expected {
            let FigureAttribution { counting_units, indeterminate_units } =
                attribution.of_figure(expected.unit, expected.period.start);
            let entry = reports.get(&unit_period_key(expected.unit, &expected.period)).copied();
            all.push(ExpectedReport {
                expected,
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

fn unit_period_key(unit: UnitId, period: &Period) -> UnitPeriodKey<'_> {
    (unit, period.calendar.as_str(), period.start, period.end, period.cut)
}
