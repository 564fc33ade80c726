//! Values for a screen: never rounded across the bound, never a percentage of zero.
//!
//! Knows no language: digits, `%` and an arrow only.

use super::ast::Mode;
use super::compare::Case;
use super::evaluation::Evaluation;
use super::read::Level;
use crate::domain::ratio::Ratio;

/// Decimals on a screen.
const PLACES: u8 = 2;

/// Fills in value and display, the change against `base`.
pub(super) fn value(case: &Case<'_>, base: Option<Ratio>, out: &mut Evaluation) {
    let Ok(now) = case.current.value() else { return };
    if case.from_zero {
        return;
    }
    let change = case.plan.change.map(|(_, mode)| mode);
    let value = match (change, base) {
        (None, _) => Some(now),
        (Some(_), None) => None,
        (Some(Mode::Absolute), Some(base)) => now.minus(base),
        (Some(Mode::Relative), Some(base)) => now.minus(base).and_then(|rise| rise.over(base)),
    };
    match (value, base) {
        (Some(value), _) => {
            out.value = Some(value);
            out.display = display(case, change, value);
        }
        (None, Some(base)) => from_to(base, now, out),
        (None, None) => {}
    }
}

fn display(case: &Case<'_>, change: Option<Mode>, value: Ratio) -> Option<String> {
    let bound = case.reader.comparison.bound;
    let bound = bound.decimal.ratio(if bound.percent { 2 } else { 0 });
    let share = matches!(case.plan.level, Level::Ratio { .. }) || change == Some(Mode::Relative);
    if !share {
        return if value.den() == 1 { Some(value.to_string()) } else { value.rounded_apart(PLACES, bound) };
    }
    let hundred = Ratio::whole(100);
    Some(format!("{} %", value.times(hundred)?.rounded_apart(PLACES, bound.times(hundred)?)?))
}

/// Counts instead of a percentage: `0 → 2`.
pub(super) fn from_to(before: Ratio, now: Ratio, out: &mut Evaluation) {
    let text = |value: Ratio| value.shortest(PLACES).unwrap_or_else(|| value.to_string());
    out.display = Some(format!("{} → {}", text(before), text(now)));
}
