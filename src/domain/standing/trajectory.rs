//! Course of a measure, period by period, next to last year's; the data of the pace charts.
//!
//! The figures are those of `aggregate`, in order of time; the last point is the judged figure.

use super::aggregate::StandingInput;
use super::attribution::{UnitOrigins, attribute_figure};
use super::unit_figures::{UnitFigures, resolve_window};
use crate::domain::campaign::Campaign;
use crate::domain::report::element::{ElementCode, ElementKind};
use crate::domain::report::form::Contract;
use crate::domain::reporting::expectation::{UnknownCalendar, compute_expectations};
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::{ReportId, UnitId};
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::{Baseline, ChangeMode, Comparison, Expr, Measure, TermSign};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// A measure up to the end of one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrajectoryPoint {
    /// The day after the period's last day.
    pub until: Date,
    /// Accepted so far; `None` after the day of the run, and where nothing is accepted yet.
    pub now: Option<Ratio>,
    /// The baseline to the same cut-off a year before, if any.
    pub before: Option<Ratio>,
}

/// Running totals of one unit by the end of each finished period.
pub struct UnitTrajectories<'a> {
    input: &'a StandingInput<'a>,
    unit: UnitId,
    window: DateWindow,
    totals: BTreeMap<Date, BTreeMap<ElementCode, i64>>,
    /// Period ends by contract, including future periods.
    period_ends: BTreeMap<String, BTreeSet<Date>>,
    origins: Option<UnitOrigins>,
}

impl<'a> UnitTrajectories<'a> {
    /// Adds up the accepted figures of `unit`, including the units below it, over `window`.
    ///
    /// # Errors
    /// A contract names a calendar that does not exist.
    pub fn compute(
        input: &'a StandingInput<'a>,
        unit: UnitId,
        window: DateWindow,
    ) -> Result<Self, UnknownCalendar> {
        let contracts = campaign_contracts(input);
        let owed = compute_expectations(input.org, input.calendars, &contracts, window)?;
        let reports: BTreeMap<ReportId, _> =
            input.reports.iter().map(|entry| (entry.key.id(), entry)).collect();
        let mut ends: BTreeMap<String, BTreeSet<Date>> = BTreeMap::new();
        let mut figures: BTreeMap<Date, Vec<(UnitId, ElementCode, i64)>> = BTreeMap::new();
        for expected in &owed {
            let Some(contract) =
                contracts.iter().find(|contract| contract.id() == expected.contract)
            else {
                continue;
            };
            ends.entry(contract.code.clone()).or_default().insert(expected.period.end);
            let below =
                attribute_figure(input.org, input.view, expected.unit, expected.period.start)
                    .counting_units
                    .contains(&unit);
            let entry = reports
                .get(&expected.report_key().id())
                .filter(|entry| below && entry.received && entry.accepted);
            let (Some(entry), true) = (entry, expected.whole_period.end <= input.today) else {
                continue;
            };
            for (number, cell) in entry.cells {
                if let (Some(code), Some(figure)) = (input.numbers.get(number), cell.figure()) {
                    figures.entry(expected.period.end).or_default().push((
                        expected.unit,
                        code.clone(),
                        figure,
                    ));
                }
            }
        }
        Ok(Self {
            input,
            unit,
            window,
            totals: totals_by_period_end(input, figures),
            period_ends: ends,
            origins: UnitOrigins::from_input(input),
        })
    }

    /// The course of one comparison over its window; empty if the target names another window than
    /// this one.
    #[must_use]
    pub fn trajectory_points(&self, comparison: &Comparison) -> Vec<TrajectoryPoint> {
        let first = comparison.measure.elements().into_iter().next();
        let contract = first.and_then(|code| self.input.catalogue.contract_for_element(code));
        let ends = contract.and_then(|contract| self.period_ends.get(&contract.code));
        let (Some(ends), Some(window)) =
            (ends, resolve_window(self.input, self.window, comparison.window.as_ref()))
        else {
            return Vec::new();
        };
        if window != self.window {
            return Vec::new();
        }
        let figures = self.unit_figures(window);
        let point = |until: &Date| {
            let over = self.totals.range(..=*until).next_back().map(|(_, totals)| totals);
            let past = *until <= self.input.today;
            let now = over.filter(|_| past).and_then(|totals| {
                measure_value(&comparison.measure, &|code| {
                    self.to_ratio(code, totals.get(code).copied()?)
                })
            });
            TrajectoryPoint {
                until: *until,
                now,
                before: self.baseline_to_date(&figures, &comparison.measure, *until),
            }
        };
        ends.iter().map(point).collect()
    }

    /// One element by the end of the last finished period, with its baseline to the same cut-off.
    #[must_use]
    pub fn latest_point(&self, code: &ElementCode) -> Option<TrajectoryPoint> {
        let contract = self.input.catalogue.contract_for_element(code)?;
        let until =
            *self.period_ends.get(&contract.code)?.range(..=self.input.today).next_back()?;
        let expr = Expr { first: code.clone(), rest: Vec::new() };
        let stock = self.input.catalogue.element(code)?.kind == ElementKind::Stock;
        let of = Box::new(if stock { Measure::Stock(expr) } else { Measure::Count(expr) });
        let measure = Measure::Change {
            measure: of,
            baseline: Baseline::SameWindowPriorYear,
            mode: ChangeMode::Relative,
        };
        let figures = self.unit_figures(self.window);
        let totals = self.totals.range(..=until).next_back().map(|(_, totals)| totals);
        let now = totals.and_then(|totals| self.to_ratio(code, totals.get(code).copied()?));
        Some(TrajectoryPoint {
            until,
            now,
            before: self.baseline_to_date(&figures, &measure, until),
        })
    }

    fn unit_figures(&self, window: DateWindow) -> UnitFigures<'_> {
        let Self { input, unit, origins, .. } = self;
        UnitFigures {
            by_exposure: false,
            input,
            unit: *unit,
            default_window: window,
            window_sums: &[],
            origins: origins.as_ref(),
        }
    }

    fn baseline_to_date(
        &self,
        figures: &UnitFigures<'_>,
        measure: &Measure,
        until: Date,
    ) -> Option<Ratio> {
        let Measure::Change { measure: of, baseline: Baseline::SameWindowPriorYear, .. } = measure
        else {
            return None;
        };
        let whole = figures.baseline_window(&Baseline::SameWindowPriorYear, self.window)?;
        let shifted = DateWindow::new(self.window.start, until)?.one_year_earlier();
        let over = DateWindow::new(shifted.start, shifted.end.min(whole.end))?;
        measure_value(of, &|code| self.to_ratio(code, figures.sum_baseline(code, over)?))
    }

    fn to_ratio(&self, code: &ElementCode, value: i64) -> Option<Ratio> {
        Ratio::from_scaled(value, self.input.catalogue.element(code)?.scale)
    }
}

fn campaign_contracts(input: &StandingInput<'_>) -> Vec<Contract> {
    let Campaign { contracts: codes, .. } = input.campaign;
    input
        .catalogue
        .contracts
        .iter()
        .filter(|contract| codes.contains(&contract.code))
        .cloned()
        .collect()
}

/// A flow adds up; a stock is each unit's latest accepted value.
fn totals_by_period_end(
    input: &StandingInput<'_>,
    figures: BTreeMap<Date, Vec<(UnitId, ElementCode, i64)>>,
) -> BTreeMap<Date, BTreeMap<ElementCode, i64>> {
    let mut flows: BTreeMap<ElementCode, i64> = BTreeMap::new();
    let mut stocks: BTreeMap<(ElementCode, UnitId), i64> = BTreeMap::new();
    let mut totals = BTreeMap::new();
    for (end, figures) in figures {
        for (unit, code, figure) in figures {
            match input.catalogue.element(&code).map(|element| element.kind) {
                Some(ElementKind::Stock) => {
                    stocks.insert((code, unit), figure);
                }
                Some(ElementKind::Flow | ElementKind::EventFlag) => {
                    *flows.entry(code).or_default() += figure
                }
                None => {}
            }
        }
        let mut all = flows.clone();
        stocks
            .iter()
            .for_each(|((code, _), figure)| *all.entry(code.clone()).or_default() += figure);
        totals.insert(end, all);
    }
    totals
}

fn measure_value(measure: &Measure, of: &dyn Fn(&ElementCode) -> Option<Ratio>) -> Option<Ratio> {
    match measure {
        Measure::Count(expr) | Measure::Stock(expr) => expr_value(expr, of),
        Measure::Ratio { num, den, .. } => expr_value(num, of)?.checked_div(expr_value(den, of)?),
        Measure::Rate { num, per, den } => expr_value(num, of)?
            .checked_mul(Ratio::from_integer(i64::try_from(*per).ok()?))?
            .checked_div(expr_value(den, of)?),
        Measure::Change { measure, .. } => measure_value(measure, of),
    }
}

fn expr_value(expr: &Expr, of: &dyn Fn(&ElementCode) -> Option<Ratio>) -> Option<Ratio> {
    expr.terms().try_fold(Ratio::ZERO, |sum, (sign, code)| match sign {
        TermSign::Plus => sum.checked_add(of(code)?),
        TermSign::Minus => sum.checked_sub(of(code)?),
    })
}
