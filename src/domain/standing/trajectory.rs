//! Course of a measure, period by period, next to last year's; the data of the pace charts.
//!
//! The sums are those of `totals`, one for each day on which a period ends; the last point is the
//! judged figure.

use super::aggregate::{StandingInput, WindowSums};
use super::attribution::UnitOrigins;
use super::due_days::{DueDays, SummedWindow, target_elements};
use super::totals::CampaignTotals;
use super::unit_figures::{UnitFigures, resolve_window};
use crate::domain::report::element::{DefinitionComparability, ElementCode, ElementKind};
use crate::domain::reporting::expectation::UnknownCalendar;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::UnitId;
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::{Baseline, Comparison, Expr, Measure, Target, TermSign};
use jiff::civil::Date;

/// A measure up to the end of one period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrajectoryPoint {
    /// The day after the period's last day.
    pub until: Date,
    /// Accepted so far; `None` after the last due period, and where nothing is accepted yet.
    pub now: Option<Ratio>,
    /// The baseline to the same cut-off a year before, if any.
    pub before: Option<Ratio>,
}

/// The sums of one unit by the end of each due period.
pub struct UnitTrajectories<'a> {
    input: &'a StandingInput<'a>,
    due: DueDays<'a>,
    unit: UnitId,
    window: DateWindow,
    totals: CampaignTotals,
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
        let due = DueDays::new(input);
        let days = due.all_due_ends(window);
        let summed = |day: Date| SummedWindow { window, through: Some(day) };
        let windows: Vec<SummedWindow> = days.into_iter().map(summed).collect();
        Ok(Self {
            input,
            due,
            unit,
            window,
            totals: CampaignTotals::compute_rows(input, &windows, &[unit])?,
            origins: UnitOrigins::from_input(input),
        })
    }

    /// The days over which it runs.
    #[must_use]
    pub fn window(&self) -> DateWindow {
        self.window
    }

    /// The course of one comparison of a target over its window; empty if it names another window
    /// than this one.
    #[must_use]
    pub fn trajectory_points(
        &self,
        line: &Target,
        comparison: &Comparison,
    ) -> Vec<TrajectoryPoint> {
        let window = resolve_window(self.input, self.window, comparison.window.as_ref());
        if window != Some(self.window) {
            return Vec::new();
        }
        let elements = comparison.measure.elements();
        let own = elements.into_iter().filter_map(|code| self.due.through(code)).min();
        let Some(through) = self.due.common_through_of(line).or(own) else { return Vec::new() };
        let point = |until: &Date| TrajectoryPoint {
            until: *until,
            now: self
                .sums_until(*until)
                .filter(|_| *until <= through)
                .and_then(|sums| self.measure_in(sums, &comparison.measure)),
            before: self.baseline_to_date(&comparison.measure, *until, through),
        };
        let together = target_elements(self.input.campaign, line);
        self.due.period_ends(self.window, &together).iter().map(point).collect()
    }

    /// One element by the end of the last due period, with its baseline to the same cut-off.
    #[must_use]
    pub fn latest_point(&self, code: &ElementCode) -> Option<TrajectoryPoint> {
        let through = self.due.through(code)?;
        let until = *self.due.period_ends(self.window, [code]).range(..=through).next_back()?;
        let expr = Expr { first: code.clone(), rest: Vec::new() };
        let stock = self.input.catalogue.element(code)?.kind == ElementKind::Stock;
        let measure = if stock { Measure::Stock(expr) } else { Measure::Count(expr) };
        let now = self.sums_until(until).and_then(|sums| self.measure_in(sums, &measure));
        let before = self.base_of(&measure, until, through).filter(|_| self.is_whole(code, until));
        Some(TrajectoryPoint { until, now, before })
    }

    fn sums_until(&self, day: Date) -> Option<&WindowSums> {
        let windows = self.totals.windows();
        windows.iter().find(|(of, _)| of.through == Some(day)).map(|(_, sums)| sums)
    }

    fn measure_in(&self, sums: &WindowSums, measure: &Measure) -> Option<Ratio> {
        measure_value(measure, &|code| self.to_ratio(code, sums.value(self.unit, code)?))
    }

    fn unit_figures(&self) -> UnitFigures<'_> {
        let Self { input, due, unit, origins, .. } = self;
        UnitFigures {
            by_exposure: false,
            input,
            due,
            line: None,
            common_through: None,
            unit: *unit,
            default_window: self.window,
            window_sums: &[],
            origins: origins.as_ref(),
        }
    }

    fn baseline_to_date(&self, measure: &Measure, until: Date, through: Date) -> Option<Ratio> {
        let Measure::Change { measure: of, baseline: Baseline::SameWindowPriorYear, .. } = measure
        else {
            return None;
        };
        self.base_of(of, until, through)
    }

    /// Whether the unit lived all days of the window so far; a stock needs the last of them only.
    fn is_whole(&self, code: &ElementCode, until: Date) -> bool {
        let stock =
            self.input.catalogue.element(code).is_some_and(|one| one.kind == ElementKind::Stock);
        let begun = if stock { until } else { self.window.start };
        let lifetime = self.input.org.unit(self.unit).map(|unit| unit.lifetime());
        lifetime.is_some_and(|lifetime| lifetime.from <= begun && until <= lifetime.to)
    }

    /// A measure a year before, up to the same cut-off, in the definitions that are judged: those
    /// of the days through `through`.
    fn base_of(&self, measure: &Measure, until: Date, through: Date) -> Option<Ratio> {
        let figures = self.unit_figures();
        let whole = figures.baseline_window(&Baseline::SameWindowPriorYear, self.window)?;
        let shifted = DateWindow::new(self.window.start, until)?.one_year_earlier();
        let over = DateWindow::new(shifted.start, shifted.end.min(whole.end))?;
        let judged = DateWindow::new(self.window.start, through.min(self.window.end));
        measure_value(measure, &|code| {
            let value = self.to_ratio(code, figures.sum_baseline(code, over)?)?;
            let element = self.input.catalogue.element(code)?;
            match judged.map(|judged| element.compare_definitions(whole, judged)) {
                Some(DefinitionComparability::Scaled(factor)) => value.checked_mul(factor),
                Some(DefinitionComparability::NotComparable) => None,
                Some(DefinitionComparability::Same) | None => Some(value),
            }
        })
    }

    fn to_ratio(&self, code: &ElementCode, value: i64) -> Option<Ratio> {
        Ratio::from_scaled(value, self.input.catalogue.element(code)?.scale)
    }
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
