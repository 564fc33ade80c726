//! What a formula asks for: what it rewards, what it wants less of, and whose counting could bend it.
//!
//! Knows the tree of a target and marks of elements; knows no campaign.

use super::BaselineMethod;
use crate::domain::element::ElementCode;
use crate::domain::form::Catalogue;
use crate::domain::target::{Baseline, Comparator, Comparison, Expr, Measure, Sign, Target};
use std::collections::BTreeSet;

/// Which way a comparison pulls its measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pull {
    Up,
    Down,
}

fn pull(comparison: &Comparison) -> Pull {
    match comparison.cmp {
        Comparator::Greater | Comparator::AtLeast => Pull::Up,
        Comparator::AtMost | Comparator::Less => Pull::Down,
        // "= 0" and "= -5 %" ask for less, "= 100 %" for more.
        Comparator::Equal if comparison.bound.decimal.mantissa() <= 0 => Pull::Down,
        Comparator::Equal => Pull::Up,
    }
}

/// The measure itself, also where its change is asked for.
fn inner(measure: &Measure) -> &Measure {
    match measure {
        Measure::Change { of, .. } => inner(of),
        Measure::Count(_) | Measure::Stock(_) | Measure::Ratio { .. } | Measure::Rate { .. } => measure,
    }
}

/// Every baseline the formula names.
pub(super) fn baselines(target: &Target) -> Vec<Baseline> {
    let of = |comparison: &&Comparison| match &comparison.measure {
        Measure::Change { baseline, .. } => Some(*baseline),
        Measure::Count(_) | Measure::Stock(_) | Measure::Ratio { .. } | Measure::Rate { .. } => None,
    };
    target.comparisons().iter().filter_map(of).collect()
}

/// The methods of those baselines, each once.
pub(super) fn methods(target: &Target) -> BTreeSet<BaselineMethod> {
    baselines(target).into_iter().map(BaselineMethod::from).collect()
}

/// Whether some part of the formula is met more easily by counting less: a count or stock to be brought down, or a ratio
/// to be brought up.
pub(super) fn needs_pair(target: &Target) -> bool {
    target.comparisons().into_iter().any(|comparison| match inner(&comparison.measure) {
        Measure::Count(_) | Measure::Stock(_) | Measure::Rate { .. } => pull(comparison) == Pull::Down,
        Measure::Ratio { .. } => pull(comparison) == Pull::Up,
        Measure::Change { .. } => true,
    })
}

/// The elements of the measures that are to come down.
pub(super) fn reduced(target: &Target) -> BTreeSet<ElementCode> {
    let down = target.comparisons().into_iter().filter(|comparison| pull(comparison) == Pull::Down);
    down.flat_map(|comparison| comparison.measure.elements()).cloned().collect()
}

/// The first element below the line of a ratio to be brought up that the reporting unit itself can make smaller.
pub(super) fn bends(target: &Target, catalogue: &Catalogue) -> Option<ElementCode> {
    let shrinkable = |code: &&ElementCode| catalogue.element(code).is_some_and(|element| element.shrinkable);
    target.comparisons().into_iter().filter(|comparison| pull(comparison) == Pull::Up).find_map(|comparison| {
        let Measure::Ratio { den, .. } = inner(&comparison.measure) else { return None };
        den.elements().into_iter().find(shrinkable).cloned()
    })
}

/// Every element of which more makes the target easier to meet.
pub(super) fn rewarded(target: &Target) -> BTreeSet<ElementCode> {
    let mut found = BTreeSet::new();
    for comparison in target.comparisons() {
        let up = pull(comparison) == Pull::Up;
        match inner(&comparison.measure) {
            Measure::Count(expr) | Measure::Stock(expr) => found.extend(signed(expr, up)),
            Measure::Ratio { num, den, .. } | Measure::Rate { num, den, .. } => {
                found.extend(signed(num, up));
                found.extend(signed(den, !up));
            }
            // `inner` never answers with a change.
            Measure::Change { .. } => {}
        }
    }
    found
}

/// The elements of a sum that stand with `+` where more of it is wanted, with `-` where less is.
fn signed(expr: &Expr, up: bool) -> impl Iterator<Item = ElementCode> {
    let wanted = if up { Sign::Plus } else { Sign::Minus };
    expr.terms().filter(move |(sign, _)| *sign == wanted).map(|(_, code)| code.clone())
}
