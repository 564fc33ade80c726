//! The figures that an evaluation reads, and an in-memory implementation.
//!
//! The caller has already chosen the unit and the structure view.

use super::ast::{Baseline, Comparison, EachUnits, FormulaIdentifier};
use super::each::EachFigures;
use super::missing_bound;
use super::pace_course::{CourseDays, PaceCourse};
use super::verdict::{Comparability, StandingStage};
use crate::domain::report::element::ElementCode;
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::ZeroBasePolicy;
use std::collections::BTreeMap;

/// The figures of one unit, as one comparison reads them: in its window, and through the day on
/// which a due period of each of its contracts ends. `None` means absent, which is never zero.
pub trait FigureSource {
    /// Sum of all accepted figures through the last day judged; of a stock what was said last.
    fn current_value(&self, element: &ElementCode, comparison: &Comparison) -> Option<Ratio>;

    /// Accepted figures of periods in the window that are not due yet; not part of
    /// [`Self::current_value`].
    fn value_before_due(&self, _element: &ElementCode, _comparison: &Comparison) -> Ratio {
        Ratio::ZERO
    }

    /// The missing reports that contain this element.
    fn missing_reports(&self, element: &ElementCode, comparison: &Comparison) -> MissingReports;

    /// The figure of the whole base window. For `fixed(...)` only the course over the year is read.
    fn baseline_value(
        &self,
        element: &ElementCode,
        baseline: &Baseline,
        comparison: &Comparison,
    ) -> Option<Ratio>;

    /// The figure of the base window up to the current cut-off.
    fn baseline_value_to_date(
        &self,
        element: &ElementCode,
        baseline: &Baseline,
        comparison: &Comparison,
    ) -> Option<Ratio>;

    /// Whether the element's current and past figures measure the same thing.
    fn comparability(&self, element: &ElementCode, comparison: &Comparison) -> Comparability;

    /// Whether the element has the same definition in the window and in its base. Baseline values
    /// are already bridged.
    fn definition_comparability(
        &self,
        _element: &ElementCode,
        _baseline: &Baseline,
        _comparison: &Comparison,
    ) -> Comparability {
        Comparability::Exact
    }

    /// Attestation state of a duty.
    fn attestation(&self, duty: &FormulaIdentifier) -> Option<Attestation>;

    /// Attestation state of a milestone.
    fn milestone_attestation(&self, milestone: &FormulaIdentifier) -> Option<Attestation>;

    /// Stage and coverage of a comparison with a window of its own; `None`: those of the target.
    fn own_terms(&self, _comparison: &Comparison) -> Option<OwnTerms> {
        None
    }

    /// Whether the sum of an element is beyond 64 bits.
    fn is_too_large(&self, _element: &ElementCode, _comparison: &Comparison) -> bool {
        false
    }

    /// The units of `by each` at and below the unit, in code order; `None` if the unit is one of
    /// them, so that it is judged for itself.
    fn each_units(
        &self,
        _units: &EachUnits,
        _comparison: &Comparison,
    ) -> Option<Vec<EachFigures<'_>>> {
        None
    }

    /// The days of the window, and those of them whose reports are due; `None`: unknown.
    fn course_days(&self, _comparison: &Comparison) -> Option<CourseDays> {
        None
    }
}

/// Stage and coverage of one comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnTerms {
    /// Stage of the comparison's window.
    pub stage: StandingStage,
    /// Accepted share of the reports expected in it.
    pub coverage: Ratio,
    /// Accepted share of what the reports are expected to weigh.
    pub weight: Ratio,
}

/// Reports that have not been received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MissingReports {
    /// Number of reports.
    pub count: u32,
    /// The most that they are likely to contain in total: the sum of
    /// [`missing_bound::upper_bound`].
    pub max_cases: u64,
    /// Units among them that ended, whose stock nobody alive owes in their place.
    pub ended_holders: u32,
    /// What they are expected to contain in total, in millionths, each report rounded up.
    pub expected_millionths: u64,
}

impl MissingReports {
    /// Adds one report whose expected count is `expected`.
    #[must_use]
    pub fn with_report(self, expected: Ratio) -> Self {
        Self {
            count: self.count.saturating_add(1),
            max_cases: self.max_cases.saturating_add(missing_bound::upper_bound(expected)),
            ended_holders: self.ended_holders,
            expected_millionths: self.expected_millionths.saturating_add(millionths(expected)),
        }
    }

    /// The sum of both.
    #[must_use]
    pub fn combined_with(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_add(other.count),
            max_cases: self.max_cases.saturating_add(other.max_cases),
            ended_holders: self.ended_holders.saturating_add(other.ended_holders),
            expected_millionths: self.expected_millionths.saturating_add(other.expected_millionths),
        }
    }

    /// Subtracts reports that are included in `self`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_sub(other.count),
            max_cases: self.max_cases.saturating_sub(other.max_cases),
            ended_holders: self.ended_holders.saturating_sub(other.ended_holders),
            expected_millionths: self.expected_millionths.saturating_sub(other.expected_millionths),
        }
    }

    /// What they are expected to contain in total.
    #[must_use]
    pub fn expected(self) -> Option<Ratio> {
        Ratio::new(i128::from(self.expected_millionths), MILLION.into())
    }
}

const MILLION: i64 = 1_000_000;

/// A count that is not negative in millionths, rounded up.
fn millionths(count: Ratio) -> u64 {
    let scaled = count.checked_mul(Ratio::from_integer(MILLION)).map(Ratio::ceil);
    scaled.map_or(u64::MAX, |scaled| u64::try_from(scaled.max(0)).unwrap_or(u64::MAX))
}

/// Number of attestations, of those required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attestation {
    /// Attestations received.
    pub done: u32,
    /// Attestations required.
    pub required: u32,
}

/// The conditions under which a target is evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluationTerms {
    /// Stage of the window and its figures.
    pub stage: StandingStage,
    /// Accepted share of the expected reports, 0 to 1.
    pub coverage: Ratio,
    /// Accepted share of what they are expected to weigh, 0 to 1.
    pub weight: Ratio,
    /// Minimum of both for a verdict that missing reports could overturn.
    pub coverage_min: Ratio,
    /// Below this base, or this denominator of a ratio, there is no verdict. `None`: 10 for a
    /// percentage of change, no minimum otherwise.
    pub min_base: Option<Ratio>,
    /// What a reduction from zero means.
    pub zero_base: ZeroBasePolicy,
    /// Two authorised persons have signed for every missing report that it stays missing. Counts
    /// at the final stage: the demand for completeness ends; `coverage_min` and the range that the
    /// missing reports allow stay.
    pub waived: bool,
    /// The course that the target gives a running floor without a base; `None`: that of last year,
    /// else in equal parts over all days.
    pub course: Option<PaceCourse>,
    /// The bound that the milestones of the course belong to; `None`: the comparison's own.
    pub course_bound: Option<Ratio>,
}

impl EvaluationTerms {
    /// Default minimum coverage: 95 %.
    pub const COVERAGE_MIN: (i128, i128) = (19, 20);
    /// Default minimum base of a percentage.
    pub const MIN_BASE: i64 = 10;

    /// The default terms at a stage, with full coverage.
    #[must_use]
    pub fn for_stage(stage: StandingStage) -> Self {
        let (num, den) = Self::COVERAGE_MIN;
        Self {
            stage,
            coverage: Ratio::ONE,
            weight: Ratio::ONE,
            coverage_min: Ratio::new(num, den).unwrap_or(Ratio::ONE),
            min_base: None,
            zero_base: ZeroBasePolicy::MaintainZero,
            waived: false,
            course: None,
            course_bound: None,
        }
    }
}

/// Figures in memory, the same for every window.
#[derive(Debug, Clone, Default)]
pub struct StaticFigures {
    /// Reported figures.
    pub current: BTreeMap<ElementCode, Ratio>,
    /// Missing reports.
    pub missing: BTreeMap<ElementCode, MissingReports>,
    /// Figures of the whole base window.
    pub baseline: BTreeMap<ElementCode, Ratio>,
    /// Figures of the base window up to the same cut-off.
    pub baseline_to_date: BTreeMap<ElementCode, Ratio>,
    /// Comparability of elements that are not exact.
    pub comparability: BTreeMap<ElementCode, Comparability>,
    /// Duties by code.
    pub attestations: BTreeMap<FormulaIdentifier, Attestation>,
    /// Milestones by code.
    pub milestones: BTreeMap<FormulaIdentifier, Attestation>,
}

impl FigureSource for StaticFigures {
    fn current_value(&self, element: &ElementCode, _: &Comparison) -> Option<Ratio> {
        self.current.get(element).copied()
    }

    fn missing_reports(&self, element: &ElementCode, _: &Comparison) -> MissingReports {
        self.missing.get(element).copied().unwrap_or_default()
    }

    fn baseline_value(&self, element: &ElementCode, _: &Baseline, _: &Comparison) -> Option<Ratio> {
        self.baseline.get(element).copied()
    }

    fn baseline_value_to_date(
        &self,
        element: &ElementCode,
        _: &Baseline,
        _: &Comparison,
    ) -> Option<Ratio> {
        self.baseline_to_date.get(element).copied()
    }

    fn comparability(&self, element: &ElementCode, _: &Comparison) -> Comparability {
        self.comparability.get(element).copied().unwrap_or(Comparability::Exact)
    }

    fn attestation(&self, duty: &FormulaIdentifier) -> Option<Attestation> {
        self.attestations.get(duty).copied()
    }

    fn milestone_attestation(&self, milestone: &FormulaIdentifier) -> Option<Attestation> {
        self.milestones.get(milestone).copied()
    }
}
