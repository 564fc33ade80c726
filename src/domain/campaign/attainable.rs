//! Whether any figures could meet or miss a comparison: one that all figures meet, or none can,
//! judges nobody.
//!
//! Only what follows from the ranges of the elements and from the rules of their form is used.

use crate::domain::report::element::ElementCode;
use crate::domain::report::form::Catalogue;
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::{
    ChangeMode, Comparator, Comparison, Expr, FormRuleExpr, Measure, TermSign,
};
use std::cmp::Ordering;

/// What figures can do to a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attainability {
    /// All figures meet it.
    Always,
    /// No figures meet it.
    Never,
    /// Some do and some do not, as far as can be said.
    Open,
}

/// The ends of what a measure can be; `None`: no end is known.
struct MeasureRange {
    low: Option<Ratio>,
    high: Option<Ratio>,
}

pub(super) fn attainability(comparison: &Comparison, catalogue: &Catalogue) -> Attainability {
    let range = measure_range(&comparison.measure, catalogue);
    let bound = comparison.bound.decimal.to_ratio(if comparison.bound.percent { 2 } else { 0 });
    let low = range.low.map(|low| low.cmp(&bound));
    let high = range.high.map(|high| high.cmp(&bound));
    let (is_always, is_never) = match comparison.cmp {
        Comparator::AtLeast => {
            (matches!(low, Some(Ordering::Equal | Ordering::Greater)), high == Some(Ordering::Less))
        }
        Comparator::Greater => {
            (low == Some(Ordering::Greater), matches!(high, Some(Ordering::Less | Ordering::Equal)))
        }
        Comparator::AtMost => {
            (matches!(high, Some(Ordering::Less | Ordering::Equal)), low == Some(Ordering::Greater))
        }
        Comparator::Less => {
            (high == Some(Ordering::Less), matches!(low, Some(Ordering::Equal | Ordering::Greater)))
        }
        Comparator::Equal => {
            (false, low == Some(Ordering::Greater) || high == Some(Ordering::Less))
        }
    };
    match (is_always, is_never) {
        (true, _) => Attainability::Always,
        (_, true) => Attainability::Never,
        (false, false) => Attainability::Open,
    }
}

fn measure_range(measure: &Measure, catalogue: &Catalogue) -> MeasureRange {
    let from_zero = |known: bool| MeasureRange { low: known.then_some(Ratio::ZERO), high: None };
    match measure {
        Measure::Count(sum) | Measure::Stock(sum) => from_zero(is_never_negative(sum, catalogue)),
        Measure::Rate { num, den, .. } => {
            from_zero(is_never_negative(num, catalogue) && is_never_negative(den, catalogue))
        }
        Measure::Ratio { num, den, .. } => {
            let known = is_never_negative(num, catalogue) && is_never_negative(den, catalogue);
            let is_part = known && is_part_of(num, den, catalogue);
            MeasureRange { high: is_part.then_some(Ratio::ONE), ..from_zero(known) }
        }
        // A figure falls by its whole at most.
        Measure::Change { measure, mode: ChangeMode::Relative, .. } => {
            let falls_to_zero = measure_range(measure, catalogue).low == Some(Ratio::ZERO);
            let low = falls_to_zero.then(|| Ratio::from_integer(-1));
            MeasureRange { low, high: None }
        }
        Measure::Change { mode: ChangeMode::Absolute, .. } => from_zero(false),
    }
}

fn is_never_negative(sum: &Expr, catalogue: &Catalogue) -> bool {
    let min = |code: &ElementCode| catalogue.element(code).map(|element| element.min);
    sum.terms()
        .all(|(sign, code)| sign == TermSign::Plus && min(code).is_some_and(|least| least >= 0))
}

/// Whether a rule of a form says that `num` is at most `den`.
fn is_part_of(num: &Expr, den: &Expr, catalogue: &Catalogue) -> bool {
    let says = |rule: &FormRuleExpr| match rule.cmp {
        Comparator::AtMost | Comparator::Less => rule.left == *num && rule.right == *den,
        Comparator::AtLeast | Comparator::Greater => rule.left == *den && rule.right == *num,
        Comparator::Equal => false,
    };
    num == den || catalogue.forms.iter().flat_map(|form| &form.rules).any(says)
}
