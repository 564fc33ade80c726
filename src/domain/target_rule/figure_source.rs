//! What an evaluation asks the world for, and a plain sheet that answers.
//!
//! Knows no unit: whoever asks has already chosen one, and its view of the organisation.

use super::ast::{Baseline, FormulaIdentifier, TargetWindow};
use super::missing_bound;
use super::verdict::{Comparability, StandingStage};
use crate::domain::element::ElementCode;
use crate::domain::ratio::Ratio;
use crate::domain::target_rule::ZeroBasePolicy;
use std::collections::BTreeMap;

/// The figures of one unit. `None` is "not there", which is never zero.
pub trait FigureSource {
    /// Sum of all reported, in the target's window as far as it has gone; a stock's latest value.
    fn current_value(&self, element: &ElementCode, window: Option<&TargetWindow>) -> Option<Ratio>;

    /// The reports that should hold this element and are not in.
    fn missing_reports(
        &self,
        element: &ElementCode,
        window: Option<&TargetWindow>,
    ) -> MissingReports;

    /// The figure of the whole base window. Not asked for `fixed(...)`, except for its course over the year.
    fn baseline_value(
        &self,
        element: &ElementCode,
        baseline: &Baseline,
        window: Option<&TargetWindow>,
    ) -> Option<Ratio>;

    /// The figure of the base window up to the same cut-off as now.
    fn baseline_value_to_date(
        &self,
        element: &ElementCode,
        baseline: &Baseline,
        window: Option<&TargetWindow>,
    ) -> Option<Ratio>;

    /// Whether the element's figures of now and before measure the same thing.
    fn comparability(&self, element: &ElementCode) -> Comparability;

    /// Whether the element was defined alike in the window and in its base; `before` has what a bridge makes of the base.
    fn definition_comparability(
        &self,
        _element: &ElementCode,
        _baseline: &Baseline,
        _window: Option<&TargetWindow>,
    ) -> Comparability {
        Comparability::Exact
    }

    /// How far a duty is attested.
    fn attestation(&self, duty: &FormulaIdentifier) -> Option<Attestation>;

    /// How far a milestone is reached.
    fn milestone_attestation(&self, milestone: &FormulaIdentifier) -> Option<Attestation>;
}

/// Reports that are not in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MissingReports {
    /// How many.
    pub count: u32,
    /// The most that they are likely to hold together: the sum of [`missing::at_most`].
    pub max_cases: u64,
}

impl MissingReports {
    /// With one more report, whose count is expected to be `expected`.
    #[must_use]
    pub fn with_report(self, expected: Ratio) -> Self {
        Self {
            count: self.count.saturating_add(1),
            max_cases: self.max_cases.saturating_add(missing_bound::upper_bound(expected)),
        }
    }

    /// Both together.
    #[must_use]
    pub fn combined_with(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_add(other.count),
            max_cases: self.max_cases.saturating_add(other.max_cases),
        }
    }

    /// Without some that are among them.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_sub(other.count),
            max_cases: self.max_cases.saturating_sub(other.max_cases),
        }
    }
}

/// Attested by so many of those who must attest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attestation {
    /// Have attested.
    pub done: u32,
    /// Must attest.
    pub required: u32,
}

/// How a target is to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvaluationTerms {
    /// How far window and figures have come.
    pub stage: StandingStage,
    /// Share of the expected reports (and of the baseline's weight) that is in, 0 to 1.
    pub coverage: Ratio,
    /// Least coverage for a verdict that missing reports could overturn.
    pub coverage_min: Ratio,
    /// Below this base there is no verdict. `None`: 10 where a percentage is asked for, none where only less or more is.
    pub min_base: Option<Ratio>,
    /// What a reduction from zero means.
    pub zero_base: ZeroBasePolicy,
    /// Somebody entitled to it has signed that the missing reports are accepted as missing.
    pub waived: bool,
}

impl EvaluationTerms {
    /// Least coverage unless the campaign says otherwise: 95 %.
    pub const COVERAGE_MIN: (i128, i128) = (19, 20);
    /// Smallest base of a percentage unless the campaign says otherwise.
    pub const MIN_BASE: i64 = 10;

    /// The usual terms at a stage, everything reported.
    #[must_use]
    pub fn for_stage(stage: StandingStage) -> Self {
        let (num, den) = Self::COVERAGE_MIN;
        Self {
            stage,
            coverage: Ratio::ONE,
            coverage_min: Ratio::new(num, den).unwrap_or(Ratio::ONE),
            min_base: None,
            zero_base: ZeroBasePolicy::MaintainZero,
            waived: false,
        }
    }
}

/// Figures written down one by one, whatever the window.
#[derive(Debug, Clone, Default)]
pub struct StaticFigures {
    /// Reported.
    pub current: BTreeMap<ElementCode, Ratio>,
    /// Not in.
    pub missing: BTreeMap<ElementCode, MissingReports>,
    /// Whole base window.
    pub baseline: BTreeMap<ElementCode, Ratio>,
    /// Base window to the same cut-off.
    pub baseline_to_date: BTreeMap<ElementCode, Ratio>,
    /// Where not exact.
    pub comparability: BTreeMap<ElementCode, Comparability>,
    /// Duties by name.
    pub attestations: BTreeMap<FormulaIdentifier, Attestation>,
    /// Milestones by name.
    pub milestones: BTreeMap<FormulaIdentifier, Attestation>,
}

impl FigureSource for StaticFigures {
    fn current_value(&self, element: &ElementCode, _: Option<&TargetWindow>) -> Option<Ratio> {
        self.current.get(element).copied()
    }

    fn missing_reports(&self, element: &ElementCode, _: Option<&TargetWindow>) -> MissingReports {
        self.missing.get(element).copied().unwrap_or_default()
    }

    fn baseline_value(
        &self,
        element: &ElementCode,
        _: &Baseline,
        _: Option<&TargetWindow>,
    ) -> Option<Ratio> {
        self.baseline.get(element).copied()
    }

    fn baseline_value_to_date(
        &self,
        element: &ElementCode,
        _: &Baseline,
        _: Option<&TargetWindow>,
    ) -> Option<Ratio> {
        self.baseline_to_date.get(element).copied()
    }

    fn comparability(&self, element: &ElementCode) -> Comparability {
        self.comparability.get(element).copied().unwrap_or(Comparability::Exact)
    }

    fn attestation(&self, duty: &FormulaIdentifier) -> Option<Attestation> {
        self.attestations.get(duty).copied()
    }

    fn milestone_attestation(&self, milestone: &FormulaIdentifier) -> Option<Attestation> {
        self.milestones.get(milestone).copied()
    }
}
