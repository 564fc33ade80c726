//! Queries on a tree that need no figures: the elements it names and the measures it contains.

use super::ast::{Baseline, Comparison, Expr, Measure, Target};
use crate::domain::report::element::ElementCode;
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
    /// The elements by whose expected figures the completeness of the measure is weighed: of a ratio
    /// those of the denominator.
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
