//! The figures of one unit as a [`FigureSource`].
//!
//! A past figure of a unit exists only if it is complete for every unit that counts below it.

use super::aggregate::{StandingInput, WindowSums};
use super::attribution::UnitOrigins;
use super::each_units::list_each_units;
use super::judge::{comparison_coverage, stage_of_window};
use crate::domain::org::{Hierarchy, UnitKind};
use crate::domain::report::element::{DefinitionComparability, Element, ElementCode};
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::baseline::BaselineValue;
use crate::domain::support::ids::UnitId;
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::{
    Attestation, Baseline, Comparability, Comparison, CourseDays, EachFigures, EachUnits,
    FigureSource, FormulaIdentifier, MissingReports, OwnTerms, TargetWindow,
};
use jiff::civil::Date;

/// One unit's figures.
pub(super) struct UnitFigures<'a> {
    pub(super) input: &'a StandingInput<'a>,
    pub(super) unit: UnitId,
    /// The window used where a target names none.
    pub(super) default_window: DateWindow,
    /// Sums of every window named by the targets.
    pub(super) window_sums: &'a [(DateWindow, WindowSums)],
    /// Attribution of past figures, in a view of one day.
    pub(super) origins: Option<&'a UnitOrigins>,
    /// Judged although it did not live the whole window: a unit of `by each` without a base.
    pub(super) by_exposure: bool,
}

/// The days of a window of the grammar; `None` if the campaign does not have it.
pub(super) fn resolve_window(
    input: &StandingInput<'_>,
    default: DateWindow,
    window: Option<&TargetWindow>,
) -> Option<DateWindow> {
    match window {
        None => Some(default),
        Some(TargetWindow::Legal) => Some(input.campaign.legal_window),
        Some(TargetWindow::Phase(no)) => input
            .campaign
            .phases
            .iter()
            .find(|phase| u16::from(phase.no) == *no)
            .map(|phase| phase.window),
        Some(TargetWindow::Dates(start, end)) => DateWindow::new(*start, *end),
        Some(TargetWindow::Milestone(_)) => None,
    }
}

impl UnitFigures<'_> {
    pub(super) fn sums_of(
        &self,
        window: Option<&TargetWindow>,
    ) -> Option<(DateWindow, &WindowSums)> {
        let window = resolve_window(self.input, self.default_window, window)?;
        self.window_sums.iter().find(|(of, _)| *of == window).map(|(of, sums)| (*of, sums))
    }

    fn element(&self, code: &ElementCode) -> Option<&Element> {
        self.input.catalogue.element(code)
    }

    /// A past figure, scaled, over a past window.
    pub(super) fn sum_baseline(&self, code: &ElementCode, window: DateWindow) -> Option<i64> {
        let (element, org) = (self.element(code)?, self.input.org);
        let kind = UnitKind::from(element.level);
        let first = self.input.campaign.measurement_window.start;
        let counting: Vec<UnitId> =
            if let Some((origins, day)) = self.origins.zip(self.input.view.structure_day()) {
                origins.units_wholly_within(
                    kind,
                    &org.subtree(self.unit, Hierarchy::Command, day).into_iter().collect(),
                )?
            } else if org.is_open_on(self.unit, first) {
                let below = org.subtree(self.unit, Hierarchy::Command, first);
                below.into_iter().filter(|unit| org.kind_on(*unit, first) == Some(kind)).collect()
            } else {
                self.whole_predecessors(first)?
            };
        if counting.is_empty() {
            return None;
        }
        counting
            .into_iter()
            .map(|unit| self.input.baselines.value_of(unit, element, window))
            .map(BaselineValue::value)
            .sum()
    }

    /// The units of the first day that merged wholly into this one; `None` if some did so only in
    /// part.
    fn whole_predecessors(&self, first: Date) -> Option<Vec<UnitId>> {
        let org = self.input.org;
        let opened_on = org.unit(self.unit)?.lifetime().from;
        let from = org.trace_predecessors(self.unit, opened_on, first);
        let whole = |unit: &UnitId| {
            let successors = org.trace_successors(*unit, first, opened_on);
            successors.is_ok_and(|successors| successors.len() == 1 && successors[0].0 == self.unit)
        };
        from.iter().all(whole).then(|| from.into_iter().collect())
    }

    /// The past days against which a whole window is compared.
    pub(super) fn baseline_window(
        &self,
        baseline: &Baseline,
        window: DateWindow,
    ) -> Option<DateWindow> {
        let day = |year: u16, month, day| Date::new(i16::try_from(year).ok()?, month, day).ok();
        match baseline {
            Baseline::SameWindowPriorYear => {
                let shifted = window.one_year_earlier();
                // Both ends of an official window are inclusive; a window of a year and a day,
                // shifted, would overlap itself by one day.
                DateWindow::new(shifted.start, shifted.end.min(window.start))
            }
            Baseline::StatYear(year) => {
                DateWindow::new(day(year.checked_sub(1)?, 12, 15)?, day(*year, 12, 15)?)
            }
            Baseline::CalendarYear(year) => {
                DateWindow::new(day(*year, 1, 1)?, day(year.checked_add(1)?, 1, 1)?)
            }
            // A fixed base has no figures of its own; the mean of several years has no single
            // window.
            Baseline::Fixed(_) => self.baseline_window(&Baseline::SameWindowPriorYear, window),
            Baseline::MeanPrior(_) => None,
        }
    }

    /// The part of the baseline window that corresponds to the finished part of `window`; only the
    /// same window a year before has one.
    pub(super) fn baseline_window_to_date(
        &self,
        code: &ElementCode,
        baseline: &Baseline,
        window: Option<&TargetWindow>,
    ) -> Option<DateWindow> {
        match baseline {
            Baseline::SameWindowPriorYear | Baseline::Fixed(_) => {}
            Baseline::StatYear(_) | Baseline::CalendarYear(_) | Baseline::MeanPrior(_) => {
                return None;
            }
        }
        let (window, sums) = self.sums_of(window)?;
        let contract = self.input.catalogue.contract_for_element(code)?;
        let over =
            DateWindow::new(window.start, sums.last_period_end(&contract.code)?.min(window.end))?;
        let whole = self.baseline_window(baseline, window)?;
        let shifted = over.one_year_earlier();
        DateWindow::new(shifted.start, shifted.end.min(whole.end))
    }

    /// The mean of the same days over the prior years; `None` if one of them is unknown.
    fn mean_prior(&self, code: &ElementCode, years: u8, window: DateWindow) -> Option<Ratio> {
        let (mut sum, mut of) = (0_i64, window);
        for _ in 0..years {
            let shifted = of.one_year_earlier();
            of = DateWindow::new(shifted.start, shifted.end.min(of.start))?;
            sum = sum.checked_add(self.sum_baseline(code, of)?)?;
        }
        self.to_ratio(code, sum)?.checked_div(Ratio::from_integer(years.into()))
    }

    /// Compares the element's definition in the finished days with that in the base; `None`: no
    /// base window.
    fn definition_bridge(
        &self,
        code: &ElementCode,
        baseline: &Baseline,
        window: Option<&TargetWindow>,
    ) -> Option<DefinitionComparability> {
        let window = resolve_window(self.input, self.default_window, window)?;
        let base = self.baseline_window(baseline, window)?;
        let over = DateWindow { start: window.start, end: window.end.min(self.input.today) };
        Some(self.element(code)?.compare_definitions(base, over))
    }

    /// A past figure converted to the current definition.
    fn apply_bridge(
        &self,
        code: &ElementCode,
        baseline: &Baseline,
        window: Option<&TargetWindow>,
        value: i64,
    ) -> Option<Ratio> {
        let value = self.to_ratio(code, value)?;
        match self.definition_bridge(code, baseline, window) {
            Some(DefinitionComparability::Scaled(factor)) => value.checked_mul(factor),
            None | Some(DefinitionComparability::Same | DefinitionComparability::NotComparable) => {
                Some(value)
            }
        }
    }

    fn to_ratio(&self, code: &ElementCode, value: i64) -> Option<Ratio> {
        Ratio::from_scaled(value, self.element(code)?.scale)
    }
}

impl FigureSource for UnitFigures<'_> {
    fn current_value(&self, element: &ElementCode, window: Option<&TargetWindow>) -> Option<Ratio> {
        let value = self.sums_of(window)?.1.value(self.unit, element)?;
        self.to_ratio(element, value)
    }

    fn missing_reports(
        &self,
        element: &ElementCode,
        window: Option<&TargetWindow>,
    ) -> MissingReports {
        let sum = self.sums_of(window).and_then(|(_, sums)| sums.element_sum(self.unit, element));
        sum.map_or_else(MissingReports::default, |sum| sum.missing)
    }

    fn baseline_value(
        &self,
        element: &ElementCode,
        baseline: &Baseline,
        window: Option<&TargetWindow>,
    ) -> Option<Ratio> {
        let whole = resolve_window(self.input, self.default_window, window)?;
        if let Baseline::MeanPrior(years) = baseline {
            return self.mean_prior(element, *years, whole);
        }
        let of = self.baseline_window(baseline, whole)?;
        self.apply_bridge(element, baseline, window, self.sum_baseline(element, of)?)
    }

    fn baseline_value_to_date(
        &self,
        element: &ElementCode,
        baseline: &Baseline,
        window: Option<&TargetWindow>,
    ) -> Option<Ratio> {
        let of = self.baseline_window_to_date(element, baseline, window)?;
        self.apply_bridge(element, baseline, window, self.sum_baseline(element, of)?)
    }

    fn definition_comparability(
        &self,
        element: &ElementCode,
        baseline: &Baseline,
        window: Option<&TargetWindow>,
    ) -> Comparability {
        match self.definition_bridge(element, baseline, window) {
            None | Some(DefinitionComparability::Same) => Comparability::Exact,
            Some(DefinitionComparability::Scaled(_)) => Comparability::Bridged,
            Some(DefinitionComparability::NotComparable) => Comparability::Broken,
        }
    }

    /// AS_WAS: a unit that did not exist on all finished days has only partial figures. In a view
    /// of one day a unit has all of them unless it is indeterminate.
    fn comparability(&self, _element: &ElementCode) -> Comparability {
        if self.window_sums.iter().any(|(_, sums)| sums.is_indeterminate(self.unit)) {
            return Comparability::Broken;
        }
        if self.origins.is_some() {
            return Comparability::Exact;
        }
        let lifetime = self.input.org.unit(self.unit).map(|unit| unit.lifetime());
        let whole = lifetime.is_some_and(|lifetime| {
            lifetime.from <= self.default_window.start
                && self.input.today.min(self.default_window.end) <= lifetime.to
        });
        if whole || self.by_exposure { Comparability::Exact } else { Comparability::Broken }
    }

    fn attestation(&self, duty: &FormulaIdentifier) -> Option<Attestation> {
        let duty = self.input.campaign.duty(duty.as_str())?;
        let done = self.sums_of(None)?.1.value(self.unit, duty.element.as_ref()?).unwrap_or(0);
        Some(Attestation { done: u32::try_from(done).unwrap_or(0), required: duty.due })
    }

    fn milestone_attestation(&self, _milestone: &FormulaIdentifier) -> Option<Attestation> {
        None
    }

    fn own_terms(&self, comparison: &Comparison) -> Option<OwnTerms> {
        comparison.window.as_ref()?;
        let window = resolve_window(self.input, self.default_window, comparison.window.as_ref())?;
        Some(OwnTerms {
            stage: stage_of_window(self.input, window),
            coverage: comparison_coverage(self, comparison).accepted_share(),
        })
    }

    fn each_units(
        &self,
        units: &EachUnits,
        comparison: &Comparison,
    ) -> Option<Vec<EachFigures<'_>>> {
        list_each_units(self, units, comparison)
    }

    fn course_days(&self, window: Option<&TargetWindow>) -> Option<CourseDays> {
        let window = resolve_window(self.input, self.default_window, window)?;
        Some(CourseDays { window, due_end: self.input.today })
    }
}
