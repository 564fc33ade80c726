//! What a formula asks for: which elements it rewards, which it wants reduced, and whose counting
//! could distort it.

use super::BaselineMethod;
use crate::domain::report::element::ElementCode;
use crate::domain::report::form::Catalogue;
use crate::domain::target_rule::{
    Baseline, Comparator, Comparison, Expr, Measure, Target, TermSign,
};
use std::collections::BTreeSet;

/// The direction in which a comparison drives its measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DesiredDirection {
    Up,
    Down,
}

fn desired_direction(comparison: &Comparison) -> DesiredDirection {
    match comparison.cmp {
        Comparator::Greater | Comparator::AtLeast => DesiredDirection::Up,
        Comparator::AtMost | Comparator::Less => DesiredDirection::Down,
        // "= 0" and "= -5 %" ask for less, "= 100 %" for more.
        Comparator::Equal if comparison.bound.decimal.mantissa() <= 0 => DesiredDirection::Down,
        Comparator::Equal => DesiredDirection::Up,
    }
}

/// The measure itself, or the measure inside a change.
fn unwrap_change(measure: &Measure) -> &Measure {
    match measure {
        Measure::Change { measure: of, .. } => unwrap_change(of),
        Measure::Count(_) | Measure::Stock(_) | Measure::Ratio { .. } | Measure::Rate { .. } => {
            measure
        }
    }
}

/// Every baseline the formula names.
pub(super) fn collect_baselines(target: &Target) -> Vec<Baseline> {
    let of = |comparison: &&Comparison| match &comparison.measure {
        Measure::Change { baseline, .. } => Some(*baseline),
        Measure::Count(_) | Measure::Stock(_) | Measure::Ratio { .. } | Measure::Rate { .. } => {
            None
        }
    };
    target.comparisons().iter().filter_map(of).collect()
}

/// The methods of those baselines, each once.
pub(super) fn baseline_methods(target: &Target) -> BTreeSet<BaselineMethod> {
    collect_baselines(target).into_iter().map(BaselineMethod::from).collect()
}

/// Whether a part of the formula is met more easily by counting less: a count or stock to be
/// reduced, or a ratio to be increased.
pub(super) fn needs_pair(target: &Target) -> bool {
    target.comparisons().into_iter().any(|comparison| match unwrap_change(&comparison.measure) {
        Measure::Count(_) | Measure::Stock(_) | Measure::Rate { .. } => {
            desired_direction(comparison) == DesiredDirection::Down
        }
        Measure::Ratio { .. } => desired_direction(comparison) == DesiredDirection::Up,
        Measure::Change { .. } => true,
    })
}

/// The elements of the measures to be reduced.
pub(super) fn reduced_elements(target: &Target) -> BTreeSet<ElementCode> {
    let down = target
        .comparisons()
        .into_iter()
        .filter(|comparison| desired_direction(comparison) == DesiredDirection::Down);
    down.flat_map(|comparison| comparison.measure.elements()).cloned().collect()
}

/// The first element in the denominator of a ratio to be increased that the reporting unit can make
/// smaller.
pub(super) fn shrinkable_denominator(
    target: &Target,
    catalogue: &Catalogue,
) -> Option<ElementCode> {
    let shrinkable =
        |code: &&ElementCode| catalogue.element(code).is_some_and(|element| element.shrinkable);
    target
        .comparisons()
        .into_iter()
        .filter(|comparison| desired_direction(comparison) == DesiredDirection::Up)
        .find_map(|comparison| {
            let Measure::Ratio { den, .. } = unwrap_change(&comparison.measure) else {
                return None;
            };
            den.elements().into_iter().find(shrinkable).cloned()
        })
}

/// Every element whose increase makes the target easier to meet.
pub(super) fn rewarded_elements(target: &Target) -> BTreeSet<ElementCode> {
    let mut elements = BTreeSet::new();
    for comparison in target.comparisons() {
        let up = desired_direction(comparison) == DesiredDirection::Up;
        match unwrap_change(&comparison.measure) {
            Measure::Count(expr) | Measure::Stock(expr) => {
                elements.extend(elements_with_sign(expr, up))
            }
            Measure::Ratio { num, den, .. } | Measure::Rate { num, den, .. } => {
                elements.extend(elements_with_sign(num, up));
                elements.extend(elements_with_sign(den, !up));
            }
            // [`unwrap_change`] never returns a change.
            Measure::Change { .. } => {}
        }
    }
    elements
}

/// The elements of a sum with `+` where more of the sum is wanted, with `-` where less is.
fn elements_with_sign(expr: &Expr, up: bool) -> impl Iterator<Item = ElementCode> {
    let requested = if up { TermSign::Plus } else { TermSign::Minus };
    expr.terms().filter(move |(sign, _)| *sign == requested).map(|(_, code)| code.clone())
}
