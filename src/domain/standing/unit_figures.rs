//! The figures of one unit as a [`FigureSource`].
//!
//! A past figure of a unit exists only if it is complete for every unit that counts below it.

use super::Coverage;
use super::aggregate::{StandingInput, WindowSums};
use super::attribution::{UnitOrigins, legacy_owner};
use super::due_days::{DueDays, SummedWindow, target_elements};
use super::each_units::{is_judged_by_exposure, last_judged_day, list_each_units};
use super::unit_judge::is_level_summed;
use crate::domain::campaign::CampaignTarget;
use crate::domain::org::{Hierarchy, UnitKind};
use crate::domain::report::element::{DefinitionComparability, Element, ElementCode, ElementKind};
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::baseline::BaselineValue;
use crate::domain::support::ids::UnitId;
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::{
    Attestation, Baseline, Comparability, Comparison, CourseDays, EachFigures, EachUnits,
    FigureSource, FormulaIdentifier, MissingReports, OwnTerms, StandingStage, TargetWindow,
};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// One unit's figures for one target.
#[derive(Clone, Copy)]
pub(super) struct UnitFigures<'a> {
    pub(super) input: &'a StandingInput<'a>,
    pub(super) due: &'a DueDays<'a>,
    /// The target; `None` for figures of no target.
    pub(super) line: Option<&'a CampaignTarget>,
    /// The day after the last one that counts, if the target is over several contracts.
    pub(super) common_through: Option<Date>,
    pub(super) unit: UnitId,
    /// The window used where a target names none.
    pub(super) default_window: DateWindow,
    /// Sums of every window named by the targets.
    pub(super) window_sums: &'a [(SummedWindow, WindowSums)],
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
    /// The sums that a comparison reads.
    pub(super) fn sums_of(&self, comparison: &Comparison) -> Option<(DateWindow, &WindowSums)> {
        self.sums_over(self.window_of(comparison)?)
    }

    /// The target's sums over a window.
    pub(super) fn sums_over(&self, window: DateWindow) -> Option<(DateWindow, &WindowSums)> {
        let summed = SummedWindow { window, through: self.common_through };
        self.window_sums.iter().find(|(of, _)| *of == summed).map(|(_, sums)| (window, sums))
    }

    fn window_of(&self, comparison: &Comparison) -> Option<DateWindow> {
        resolve_window(self.input, self.default_window, comparison.window.as_ref())
    }

    /// The finished part of a window as a comparison judges it: through the last due day of the
    /// element's contract.
    fn judged_days(&self, code: &ElementCode, comparison: &Comparison) -> Option<DateWindow> {
        let (window, sums) = self.sums_of(comparison)?;
        let contract = self.due.contract_of(code)?;
        DateWindow::new(window.start, sums.through(&contract.code)?.min(window.end))
    }

    /// The day after the last one through which these elements are judged.
    pub(super) fn through<'e>(&self, elements: impl IntoIterator<Item = &'e ElementCode>) -> Date {
        let own = elements.into_iter().filter_map(|code| self.due.through(code)).min();
        self.common_through.or(own).unwrap_or(self.input.today)
    }

    /// The day after the last one of a window through which a comparison is judged.
    pub(super) fn judged_end(&self, window: DateWindow, comparison: &Comparison) -> Date {
        self.through(comparison.measure.elements()).min(window.end)
    }

    /// The stage of a window for figures of these elements: it runs until all its periods are due.
    pub(super) fn stage<'e>(
        &self,
        window: DateWindow,
        elements: impl IntoIterator<Item = &'e ElementCode>,
    ) -> StandingStage {
        if self.input.campaign.status.is_final() {
            StandingStage::Final
        } else if self.through(elements) < window.end {
            StandingStage::Running
        } else {
            StandingStage::Closed
        }
    }

    fn element(&self, code: &ElementCode) -> Option<&Element> {
        self.input.catalogue.element(code)
    }

    /// The levels at which the elements of a comparison are counted: of a flow on all days of its
    /// window, of a stock on the last one judged.
    pub(super) fn counted_levels(&self, comparison: &Comparison) -> Vec<UnitKind> {
        let elements = comparison.measure.elements().into_iter();
        elements.flat_map(|code| self.counted_levels_of(code, comparison)).collect()
    }

    fn counted_levels_of(&self, code: &ElementCode, comparison: &Comparison) -> Vec<UnitKind> {
        let window = self.window_of(comparison).unwrap_or(self.default_window);
        if self.element(code).is_none_or(|one| one.kind != ElementKind::Stock) {
            return self.levels_within(code, window);
        }
        let last = last_judged_day(self.judged_end(window, comparison), window);
        self.levels_within(code, DateWindow { start: last, end: last.saturating_add(1.day()) })
    }

    /// Whether the element was counted above this unit on some of the days, so that the unit has
    /// only a part of its figures.
    fn is_partly_counted(&self, code: &ElementCode, comparison: &Comparison) -> bool {
        let levels = self.counted_levels_of(code, comparison);
        if levels.len() < 2 {
            return false;
        }
        let day = self.input.view.structure_day().unwrap_or(self.input.today);
        let unit = self.input.org.unit(self.unit);
        let kind = unit.and_then(|unit| unit.nearest_version(day)).map(|version| version.kind);
        let is_summed = |level: &UnitKind| kind.is_some_and(|kind| is_level_summed(kind, *level));
        levels.iter().any(is_summed) && !levels.iter().all(is_summed)
    }

    /// The levels at which an element is counted on the days of a window.
    pub(super) fn levels_within(&self, code: &ElementCode, window: DateWindow) -> Vec<UnitKind> {
        let element = self.element(code).into_iter();
        let levels = element.flat_map(|element| element.levels.within(window));
        levels.map(|(_, level)| level.into()).collect()
    }

    /// A past figure, scaled, over a past window.
    pub(super) fn sum_baseline(&self, code: &ElementCode, window: DateWindow) -> Option<i64> {
        let (element, org) = (self.element(code)?, self.input.org);
        let first = self.input.campaign.measurement_window.start;
        let kind = UnitKind::from(element.levels.on(first));
        let counting: Vec<UnitId> =
            if let Some((origins, day)) = self.origins.zip(self.input.view.structure_day()) {
                origins.units_wholly_within(
                    kind,
                    &org.subtree(self.unit, Hierarchy::Command, day).into_iter().collect(),
                )?
            } else {
                let own = org.is_open_on(self.unit, first);
                let of = if own { vec![self.unit] } else { self.whole_predecessors(first)? };
                let below = of.iter().flat_map(|one| org.subtree(*one, Hierarchy::Command, first));
                below.filter(|unit| org.kind_on(*unit, first) == Some(kind)).collect()
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

    /// The part of the baseline window that corresponds to the finished part of the window; only
    /// the same window a year before has one.
    pub(super) fn baseline_window_to_date(
        &self,
        code: &ElementCode,
        baseline: &Baseline,
        comparison: &Comparison,
    ) -> Option<DateWindow> {
        match baseline {
            Baseline::SameWindowPriorYear | Baseline::Fixed(_) => {}
            Baseline::StatYear(_) | Baseline::CalendarYear(_) | Baseline::MeanPrior(_) => {
                return None;
            }
        }
        let over = self.judged_days(code, comparison)?;
        let whole = self.baseline_window(baseline, self.window_of(comparison)?)?;
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
        self.ratio_from_scaled(code, sum)?.checked_div(Ratio::from_integer(years.into()))
    }

    /// Compares the element's definition in the finished days with that in the base; `None`: no
    /// base window.
    fn definition_bridge(
        &self,
        code: &ElementCode,
        baseline: &Baseline,
        comparison: &Comparison,
    ) -> Option<DefinitionComparability> {
        let base = self.baseline_window(baseline, self.window_of(comparison)?)?;
        let over = self.judged_days(code, comparison)?;
        Some(self.element(code)?.compare_definitions(base, over))
    }

    /// A past figure converted to the current definition.
    fn apply_bridge(
        &self,
        code: &ElementCode,
        baseline: &Baseline,
        comparison: &Comparison,
        value: i64,
    ) -> Option<Ratio> {
        let value = self.ratio_from_scaled(code, value)?;
        match self.definition_bridge(code, baseline, comparison) {
            Some(DefinitionComparability::Scaled(factor)) => value.checked_mul(factor),
            None | Some(DefinitionComparability::Same | DefinitionComparability::NotComparable) => {
                Some(value)
            }
        }
    }

    /// The accepted share of the reports under all contracts of the target, over the window of one
    /// of its comparisons.
    pub(super) fn report_share(&self, comparison: &Comparison) -> Ratio {
        let sums = self.window_of(comparison).and_then(|window| self.sums_over(window));
        let (Some(line), Some((_, sums))) = (self.line, sums) else { return Ratio::ONE };
        let elements = target_elements(self.input.campaign, &line.formula);
        let contracts = elements.iter().filter_map(|code| self.due.contract_of(code));
        let codes: BTreeSet<&str> = contracts.map(|contract| contract.code.as_str()).collect();
        let coverage = codes.into_iter().map(|code| sums.coverage(self.unit, code));
        coverage.fold(Coverage::default(), Coverage::combined_with).accepted_share()
    }

    /// The accepted share of what the reports of a comparison are expected to weigh, by the element
    /// that lacks most; of a ratio the denominator is weighed (M2).
    pub(super) fn weight_share(&self, comparison: &Comparison) -> Ratio {
        let Some((_, sums)) = self.sums_of(comparison) else { return Ratio::ONE };
        let weight = |code: &ElementCode| {
            let sum = sums.element_sum(self.unit, code)?;
            Ratio::new(sum.accepted_weight, sum.due_weight)
        };
        let weights = comparison.measure.weighed_elements().into_iter().filter_map(weight);
        weights.fold(Ratio::ONE, Ratio::min)
    }

    /// Whether units owed the element and none does on the last day judged.
    fn is_owed_no_more(&self, code: &ElementCode, comparison: &Comparison) -> bool {
        self.judged_days(code, comparison)
            .is_some_and(|days| self.due.is_owed_no_more(code, days.end))
    }

    fn ratio_from_scaled(&self, code: &ElementCode, value: i64) -> Option<Ratio> {
        Ratio::from_scaled(value, self.element(code)?.scale)
    }
}

impl FigureSource for UnitFigures<'_> {
    fn current_value(&self, element: &ElementCode, comparison: &Comparison) -> Option<Ratio> {
        let value = self.sums_of(comparison)?.1.value(self.unit, element)?;
        self.ratio_from_scaled(element, value)
    }

    fn value_before_due(&self, element: &ElementCode, comparison: &Comparison) -> Ratio {
        let sums = self.sums_of(comparison);
        let known = sums.and_then(|(_, sums)| sums.element_sum(self.unit, element));
        let known = known.and_then(|sum| i64::try_from(sum.before_due).ok());
        known.and_then(|known| self.ratio_from_scaled(element, known)).unwrap_or(Ratio::ZERO)
    }

    fn missing_reports(&self, element: &ElementCode, comparison: &Comparison) -> MissingReports {
        let sums = self.sums_of(comparison);
        let sum = sums.and_then(|(_, sums)| sums.element_sum(self.unit, element));
        sum.map_or_else(MissingReports::default, |sum| sum.missing)
    }

    fn baseline_value(
        &self,
        element: &ElementCode,
        baseline: &Baseline,
        comparison: &Comparison,
    ) -> Option<Ratio> {
        let whole = self.window_of(comparison)?;
        if let Baseline::MeanPrior(years) = baseline {
            return self.mean_prior(element, *years, whole);
        }
        let of = self.baseline_window(baseline, whole)?;
        self.apply_bridge(element, baseline, comparison, self.sum_baseline(element, of)?)
    }

    fn baseline_value_to_date(
        &self,
        element: &ElementCode,
        baseline: &Baseline,
        comparison: &Comparison,
    ) -> Option<Ratio> {
        let of = self.baseline_window_to_date(element, baseline, comparison)?;
        self.apply_bridge(element, baseline, comparison, self.sum_baseline(element, of)?)
    }

    fn definition_comparability(
        &self,
        element: &ElementCode,
        baseline: &Baseline,
        comparison: &Comparison,
    ) -> Comparability {
        match self.definition_bridge(element, baseline, comparison) {
            None | Some(DefinitionComparability::Same) => Comparability::Exact,
            Some(DefinitionComparability::Scaled(_)) => Comparability::Bridged,
            Some(DefinitionComparability::NotComparable) => Comparability::Broken,
        }
    }

    /// A unit has only partial figures if the element was counted above it on some days, in AS_WAS
    /// also if it did not exist on all days judged. In a view of one day it has all of them unless
    /// it is indeterminate.
    fn comparability(&self, element: &ElementCode, comparison: &Comparison) -> Comparability {
        let contract = self.due.contract_of(element);
        let read = contract.zip(self.element(element)).zip(self.sums_of(comparison));
        let indeterminate = read.is_some_and(|((contract, element), (_, sums))| {
            sums.is_indeterminate(self.unit, &contract.code, element.kind)
        });
        let is_partial = self.is_partly_counted(element, comparison);
        if indeterminate || is_partial || self.is_owed_no_more(element, comparison) {
            return Comparability::Broken;
        }
        let (Some(window), None) = (self.window_of(comparison), self.origins) else {
            return Comparability::Exact;
        };
        let end = self.judged_days(element, comparison).map_or(window.start, |days| days.end);
        let is_legacy = legacy_owner(self.input).is_some_and(|(owner, _)| owner == self.unit);
        let lifetime = self.input.org.unit(self.unit).map(|unit| unit.lifetime());
        let whole = lifetime.is_some_and(|lifetime| {
            lifetime.from <= window.start && (end <= lifetime.to || is_legacy)
        });
        let is_exact = whole || self.by_exposure || is_judged_by_exposure(self, comparison);
        if is_exact { Comparability::Exact } else { Comparability::Broken }
    }

    fn attestation(&self, duty: &FormulaIdentifier) -> Option<Attestation> {
        let duty = self.input.campaign.duty(duty.as_str())?;
        let element = duty.element.as_ref()?;
        let (_, sums) = self.sums_over(self.default_window)?;
        let done = sums.value(self.unit, element).unwrap_or(0);
        Some(Attestation { done: u32::try_from(done).unwrap_or(0), required: duty.due })
    }

    fn milestone_attestation(&self, _milestone: &FormulaIdentifier) -> Option<Attestation> {
        None
    }

    fn own_terms(&self, comparison: &Comparison) -> Option<OwnTerms> {
        let stage = self.stage(self.window_of(comparison)?, comparison.measure.elements());
        let (coverage, weight) = (self.report_share(comparison), self.weight_share(comparison));
        Some(OwnTerms { stage, coverage, weight })
    }

    fn is_too_large(&self, element: &ElementCode, comparison: &Comparison) -> bool {
        let sums = self.sums_of(comparison);
        let sum = sums.and_then(|(_, sums)| sums.element_sum(self.unit, element));
        sum.is_some_and(|sum| i64::try_from(sum.value).is_err())
    }

    fn each_units(
        &self,
        units: &EachUnits,
        comparison: &Comparison,
    ) -> Option<Vec<EachFigures<'_>>> {
        list_each_units(self, units, comparison)
    }

    fn course_days(&self, comparison: &Comparison) -> Option<CourseDays> {
        let window = self.window_of(comparison)?;
        Some(CourseDays { window, due_end: self.judged_end(window, comparison) })
    }
}
