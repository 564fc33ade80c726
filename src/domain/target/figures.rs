//! What an evaluation asks the world for, and a plain sheet that answers.
//!
//! Knows no unit: whoever asks has already chosen one, and its view of the organisation.

use super::ast::{Baseline, Name, Window};
use super::missing;
use super::verdict::{Comparability, Stage};
use crate::domain::campaign::ZeroBase;
use crate::domain::element::ElementCode;
use crate::domain::ratio::Ratio;
use std::collections::BTreeMap;

/// The figures of one unit. `None` is "not there", which is never zero.
pub trait Figures {
    /// Sum of all reported, in the target's window as far as it has gone; a stock's latest value.
    fn now(&self, element: &ElementCode, window: Option<&Window>) -> Option<Ratio>;

    /// The reports that should hold this element and are not in.
    fn missing(&self, element: &ElementCode, window: Option<&Window>) -> Missing;

    /// The figure of the whole base window. Not asked for `fixed(...)`, except for its course over the year.
    fn before(&self, element: &ElementCode, baseline: &Baseline, window: Option<&Window>) -> Option<Ratio>;

    /// The figure of the base window up to the same cut-off as now.
    fn before_to_date(&self, element: &ElementCode, baseline: &Baseline, window: Option<&Window>) -> Option<Ratio>;

    /// Whether the element's figures of now and before measure the same thing.
    fn comparability(&self, element: &ElementCode) -> Comparability;

    /// Whether the element was defined alike in the window and in its base; `before` has what a bridge makes of the base.
    fn definition(&self, _element: &ElementCode, _baseline: &Baseline, _window: Option<&Window>) -> Comparability {
        Comparability::Exact
    }

    /// How far a duty is attested.
    fn attested(&self, duty: &Name) -> Option<Attested>;

    /// How far a milestone is reached.
    fn milestone(&self, milestone: &Name) -> Option<Attested>;
}

/// Reports that are not in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Missing {
    /// How many.
    pub reports: u32,
    /// The most that they are likely to hold together: the sum of [`missing::at_most`].
    pub at_most: u64,
}

impl Missing {
    /// With one more report, whose count is expected to be `expected`.
    #[must_use]
    pub fn and(self, expected: Ratio) -> Self {
        Self {
            reports: self.reports.saturating_add(1),
            at_most: self.at_most.saturating_add(missing::at_most(expected)),
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            reports: self.reports.saturating_add(other.reports),
            at_most: self.at_most.saturating_add(other.at_most),
        }
    }

    /// Without some that are among them.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            reports: self.reports.saturating_sub(other.reports),
            at_most: self.at_most.saturating_sub(other.at_most),
        }
    }
}

/// Attested by so many of those who must attest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attested {
    /// Have attested.
    pub done: u32,
    /// Must attest.
    pub of: u32,
}

/// How a target is to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// How far window and figures have come.
    pub stage: Stage,
    /// Share of the expected reports (and of the baseline's weight) that is in, 0 to 1.
    pub coverage: Ratio,
    /// Least coverage for a verdict that missing reports could overturn.
    pub coverage_min: Ratio,
    /// Below this base there is no verdict. `None`: 10 where a percentage is asked for, none where only less or more is.
    pub min_base: Option<Ratio>,
    /// What a reduction from zero means.
    pub zero_base: ZeroBase,
    /// Somebody entitled to it has signed that the missing reports are accepted as missing.
    pub waived: bool,
}

impl Terms {
    /// Least coverage unless the campaign says otherwise: 95 %.
    pub const COVERAGE_MIN: (i128, i128) = (19, 20);
    /// Smallest base of a percentage unless the campaign says otherwise.
    pub const MIN_BASE: i64 = 10;

    /// The usual terms at a stage, everything reported.
    #[must_use]
    pub fn at(stage: Stage) -> Self {
        let (num, den) = Self::COVERAGE_MIN;
        Self {
            stage,
            coverage: Ratio::ONE,
            coverage_min: Ratio::new(num, den).unwrap_or(Ratio::ONE),
            min_base: None,
            zero_base: ZeroBase::MaintainZero,
            waived: false,
        }
    }
}

/// Figures written down one by one, whatever the window.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// Reported.
    pub now: BTreeMap<ElementCode, Ratio>,
    /// Not in.
    pub missing: BTreeMap<ElementCode, Missing>,
    /// Whole base window.
    pub before: BTreeMap<ElementCode, Ratio>,
    /// Base window to the same cut-off.
    pub before_to_date: BTreeMap<ElementCode, Ratio>,
    /// Where not exact.
    pub comparability: BTreeMap<ElementCode, Comparability>,
    /// Duties by name.
    pub attested: BTreeMap<Name, Attested>,
    /// Milestones by name.
    pub milestones: BTreeMap<Name, Attested>,
}

impl Figures for Sheet {
    fn now(&self, element: &ElementCode, _: Option<&Window>) -> Option<Ratio> {
        self.now.get(element).copied()
    }

    fn missing(&self, element: &ElementCode, _: Option<&Window>) -> Missing {
        self.missing.get(element).copied().unwrap_or_default()
    }

    fn before(&self, element: &ElementCode, _: &Baseline, _: Option<&Window>) -> Option<Ratio> {
        self.before.get(element).copied()
    }

    fn before_to_date(&self, element: &ElementCode, _: &Baseline, _: Option<&Window>) -> Option<Ratio> {
        self.before_to_date.get(element).copied()
    }

    fn comparability(&self, element: &ElementCode) -> Comparability {
        self.comparability.get(element).copied().unwrap_or(Comparability::Exact)
    }

    fn attested(&self, duty: &Name) -> Option<Attested> {
        self.attested.get(duty).copied()
    }

    fn milestone(&self, milestone: &Name) -> Option<Attested> {
        self.milestones.get(milestone).copied()
    }
}
