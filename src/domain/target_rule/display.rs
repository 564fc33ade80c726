//! Formats values for display: never rounded across the bound, never a percentage of zero.
//!
//! The output is language-neutral: digits, `%` and an arrow only.

use super::ast::ChangeMode;
use super::comparison::ComparisonCase;
use super::comparison_figures::PlainMeasure;
use super::evaluation::Evaluation;
use crate::domain::support::ratio::Ratio;

/// Decimals shown.
const DISPLAY_DECIMALS: u8 = 2;

/// Sets `value` and `display`; a change is computed against `base`.
pub(super) fn set_value(case: &ComparisonCase<'_>, base: Option<Ratio>, out: &mut Evaluation) {
    let Ok(now) = case.current.value() else { return };
    if case.from_zero_base {
        return;
    }
    let change = case.decomposed.change.map(|(_, mode)| mode);
    let value = match (change, base) {
        (None, _) => Some(now),
        (Some(_), None) => None,
        (Some(ChangeMode::Absolute), Some(base)) => now.checked_sub(base),
        (Some(ChangeMode::Relative), Some(base)) => {
            now.checked_sub(base).and_then(|rise| rise.checked_div(base))
        }
    };
    match (value, base) {
        (Some(value), _) => {
            out.value = Some(value);
            out.display = format_value(case, change, value);
        }
        (None, Some(base)) => set_change_text(base, now, out),
        (None, None) => {}
    }
}

fn format_value(
    case: &ComparisonCase<'_>,
    change: Option<ChangeMode>,
    value: Ratio,
) -> Option<String> {
    let bound = case.reader.comparison.bound;
    let bound = bound.decimal.to_ratio(if bound.percent { 2 } else { 0 });
    let share = matches!(case.decomposed.measure, PlainMeasure::Ratio { .. })
        || change == Some(ChangeMode::Relative);
    if !share {
        return if value.den() == 1 {
            Some(value.to_string())
        } else {
            value.format_rounded_distinct(DISPLAY_DECIMALS, bound)
        };
    }
    let hundred = Ratio::from_integer(100);
    Some(format!(
        "{} %",
        value
            .checked_mul(hundred)?
            .format_rounded_distinct(DISPLAY_DECIMALS, bound.checked_mul(hundred)?)?
    ))
}

/// Sets the display to counts instead of a percentage: `0 → 2`.
pub(super) fn set_change_text(before: Ratio, now: Ratio, out: &mut Evaluation) {
    let text =
        |value: Ratio| value.format_shortest(DISPLAY_DECIMALS).unwrap_or_else(|| value.to_string());
    out.display = Some(format!("{} → {}", text(before), text(now)));
}
