//! Queries on a tree that need no figures: the elements it names and the measures it contains.

use super::ast::{
    Baseline, ChangeMode, Comparator, Comparison, Expr, FormulaIdentifier, Measure, Target,
    TargetBound,
};
use super::decimal::Decimal;
use super::threshold::Threshold;
use crate::domain::report::element::ElementCode;
use crate::domain::support::ratio::Ratio;
use std::collections::BTreeSet;

impl Target {
    /// The code of every element in the target.
    #[must_use]
    pub fn elements(&self) -> BTreeSet<ElementCode> {
        self.comparisons()
            .iter()
            .flat_map(|comparison| comparison.measure.elements())
            .cloned()
            .collect()
    }

    /// Whether the target contains an attestation of this duty.
    #[must_use]
    pub fn attests_duty(&self, code: &str) -> bool {
        match self {
            Self::Attest(duty) => duty.as_str() == code,
            Self::Compare(_) | Self::Milestone(_) => false,
            Self::All(_) | Self::Any(_) | Self::Tier { .. } => {
                self.members().into_iter().any(|member| member.attests_duty(code))
            }
        }
    }

    /// Every duty that it attests, in text order.
    #[must_use]
    pub fn attested_duties(&self) -> Vec<&FormulaIdentifier> {
        match self {
            Self::Attest(duty) => vec![duty],
            Self::Compare(_) | Self::Milestone(_) => Vec::new(),
            Self::All(_) | Self::Any(_) | Self::Tier { .. } => {
                self.members().into_iter().flat_map(Self::attested_duties).collect()
            }
        }
    }

    /// Every comparison in the tree, in text order.
    #[must_use]
    pub fn comparisons(&self) -> Vec<&Comparison> {
        match self {
            Self::Compare(comparison) => vec![comparison],
            Self::Milestone(_) | Self::Attest(_) => Vec::new(),
            Self::All(_) | Self::Any(_) | Self::Tier { .. } => {
                self.members().into_iter().flat_map(Self::comparisons).collect()
            }
        }
    }

    /// The comparison that it is; `None` for a combination, a milestone or an attestation.
    #[must_use]
    pub fn comparison(&self) -> Option<&Comparison> {
        match self {
            Self::Compare(comparison) => Some(comparison),
            Self::Attest(_)
            | Self::Milestone(_)
            | Self::All(_)
            | Self::Any(_)
            | Self::Tier { .. } => None,
        }
    }

    /// The direct members of a combination, floor before stretch; empty for an atomic target.
    #[must_use]
    pub fn members(&self) -> Vec<&Self> {
        match self {
            Self::Compare(_) | Self::Milestone(_) | Self::Attest(_) => Vec::new(),
            Self::All(members) | Self::Any(members) => members.iter().collect(),
            Self::Tier { floor, stretch } => vec![floor, stretch],
        }
    }
}

impl Comparison {
    /// The last whole number that meets it, against a base if it is a change. `None`: no whole
    /// number meets it, or a change has no base.
    #[must_use]
    pub fn last_whole_number(&self, base: Option<Ratio>) -> Option<i64> {
        let bound = self.bound.to_ratio();
        let value = match &self.measure {
            Measure::Change { mode: ChangeMode::Relative, .. } => {
                bound.checked_add(Ratio::ONE)?.checked_mul(base?)?
            }
            Measure::Change { mode: ChangeMode::Absolute, .. } => base?.checked_add(bound)?,
            Measure::Count(_)
            | Measure::Stock(_)
            | Measure::Ratio { .. }
            | Measure::Rate { .. } => bound,
        };
        Threshold { cmp: self.cmp, value }.limit()
    }

    /// Whether a lower value is worse.
    #[must_use]
    pub fn is_floor(&self) -> bool {
        matches!(self.cmp, Comparator::AtLeast | Comparator::Greater)
    }

    /// The same count or stock against a whole number, for a unit with a limit of its own.
    #[must_use]
    pub fn with_limit(&self, limit: i64) -> Option<Self> {
        let measure = match &self.measure {
            Measure::Change { measure, .. } => (**measure).clone(),
            measure @ (Measure::Count(_)
            | Measure::Stock(_)
            | Measure::Ratio { .. }
            | Measure::Rate { .. }) => measure.clone(),
        };
        let cmp = match self.cmp {
            Comparator::Less | Comparator::AtMost => Comparator::AtMost,
            Comparator::Greater | Comparator::AtLeast => Comparator::AtLeast,
            Comparator::Equal => Comparator::Equal,
        };
        let bound = TargetBound { decimal: Decimal::new(limit, 0)?, percent: false };
        Some(Self { measure, cmp, bound, ..self.clone() })
    }
}

impl TargetBound {
    /// Its value; a percentage is a hundredth.
    #[must_use]
    pub fn to_ratio(self) -> Ratio {
        self.decimal.to_ratio(if self.percent { 2 } else { 0 })
    }
}

impl Measure {
    /// Whether the measure compares now with before.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.baseline().is_some()
    }

    /// The baseline of a change; `None` for any other measure.
    #[must_use]
    pub fn baseline(&self) -> Option<Baseline> {
        match self {
            Self::Change { baseline, .. } => Some(*baseline),
            Self::Count(_) | Self::Stock(_) | Self::Ratio { .. } | Self::Rate { .. } => None,
        }
    }

    /// Every element in the measure, numerator first.
    #[must_use]
    pub fn elements(&self) -> Vec<&ElementCode> {
        match self {
            Self::Count(expr) | Self::Stock(expr) => expr.elements(),
            Self::Ratio { num, den, .. } | Self::Rate { num, den, .. } => {
                num.elements().into_iter().chain(den.elements()).collect()
            }
            Self::Change { measure: of, .. } => of.elements(),
        }
    }
}

impl Measure {
    /// The elements by whose expected figures the completeness of the measure is weighed: of a
    /// ratio those of the denominator.
    #[must_use]
    pub fn weighed_elements(&self) -> Vec<&ElementCode> {
        match self {
            Self::Count(expr) | Self::Stock(expr) => expr.elements(),
            Self::Ratio { den, .. } => den.elements(),
            Self::Rate { num, .. } => num.elements(),
            Self::Change { measure: of, .. } => of.weighed_elements(),
        }
    }
}

impl Expr {
    /// Every element in the sum, in text order.
    #[must_use]
    pub fn elements(&self) -> Vec<&ElementCode> {
        self.terms().map(|(_, code)| code).collect()
    }
}
