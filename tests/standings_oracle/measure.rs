//! The figures of one comparison: its value, what missing reports may add to it, and its base.

use crate::figures::{Judged, Reading};
use crate::fraction::{Frac, most_likely_at_most};
use crate::judge::Court;
use crate::verdict::{Stop, Threshold};
use thidua::domain::report::element::ElementCode;
use thidua::domain::standing::JudgementState;
use thidua::domain::target_rule::{
    Baseline, ChangeMode, Comparison, Expr, Measure, TargetBound, TermSign,
};

/// The measure itself, without the change around it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Plain<'a> {
    Count(&'a Expr),
    Stock(&'a Expr),
    Rate { num: &'a Expr, per: u64, den: &'a Expr },
    Ratio { num: &'a Expr, den: &'a Expr },
}

pub(crate) type Change = (Baseline, ChangeMode);

pub(crate) fn plain(measure: &Measure) -> (Plain<'_>, Option<Change>) {
    match measure {
        Measure::Count(expr) => (Plain::Count(expr), None),
        Measure::Stock(expr) => (Plain::Stock(expr), None),
        Measure::Ratio { num, den, .. } => (Plain::Ratio { num, den }, None),
        Measure::Rate { num, per, den } => (Plain::Rate { num, per: *per, den }, None),
        Measure::Change { measure, baseline, mode } => (plain(measure).0, Some((*baseline, *mode))),
    }
}

pub(crate) fn bound_of(bound: TargetBound) -> Frac {
    let shift = if bound.percent { 100 } else { 1 };
    Frac::scaled(bound.decimal.mantissa(), bound.decimal.scale()) / Frac::int(shift)
}

/// What was accepted, in the unit in which it is judged: cases of a rate, the share of a ratio.
#[derive(Debug, Clone)]
pub(crate) struct Current {
    pub(crate) reported: Frac,
    pub(crate) low: Frac,
    pub(crate) high: Frac,
    pub(crate) low_certain: bool,
    pub(crate) high_certain: bool,
    /// The measure's own value of one case.
    pub(crate) factor: Frac,
    /// The denominator of a ratio.
    pub(crate) below: Option<Frac>,
    pub(crate) missing: bool,
    pub(crate) holder_ended: bool,
}

impl Current {
    pub(crate) fn value(&self) -> Frac {
        self.reported * self.factor
    }
}

/// A figure of a past window, and the number of cases behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Past {
    pub(crate) value: Frac,
    pub(crate) cases: Option<Frac>,
}

const NO_FIGURES: Stop = (JudgementState::NoData, "NO_FIGURES");
const NO_BASELINE: Stop = (JudgementState::NoData, "NO_BASELINE");
const ZERO_DENOMINATOR: Stop = (JudgementState::NotApplicable, "ZERO_DENOMINATOR");
const HOLDER_ENDED: Stop = (JudgementState::Undetermined, "HOLDER_ENDED");

impl Court<'_> {
    pub(crate) fn reading(&self, code: &ElementCode, judged: Judged) -> Reading {
        self.scene.read(self.unit, code, judged)
    }

    pub(crate) fn current(&self, measure: Plain<'_>, judged: Judged) -> Result<Current, Stop> {
        match measure {
            Plain::Count(expr) | Plain::Stock(expr) => self.sum(expr, judged),
            Plain::Rate { num, per, den } => {
                let below = self.sum(den, judged)?;
                if below.reported <= Frac::ZERO {
                    return Err(ZERO_DENOMINATOR);
                }
                let above = self.sum(num, judged)?;
                Ok(Current {
                    factor: Frac::int(i64::try_from(per).unwrap()) / below.reported,
                    low_certain: above.low_certain && !below.missing,
                    high_certain: above.high_certain && !below.missing,
                    missing: above.missing || below.missing,
                    holder_ended: above.holder_ended || below.holder_ended,
                    ..above
                })
            }
            Plain::Ratio { num, den } => {
                let (above, below) = (self.sum(num, judged)?, self.sum(den, judged)?);
                if below.reported <= Frac::ZERO {
                    return Err(ZERO_DENOMINATOR);
                }
                let missing = above.missing || below.missing;
                let certain = !missing && self.report_share(judged) == Frac::ONE;
                let share = above.reported / below.reported;
                Ok(Current {
                    reported: share,
                    low: share,
                    high: share,
                    low_certain: certain,
                    high_certain: certain,
                    factor: Frac::ONE,
                    below: Some(below.reported),
                    missing,
                    holder_ended: above.holder_ended || below.holder_ended,
                })
            }
        }
    }

    fn sum(&self, expr: &Expr, judged: Judged) -> Result<Current, Stop> {
        let complete = self.report_share(judged) == Frac::ONE;
        let mut sum = Current {
            reported: Frac::ZERO,
            low: Frac::ZERO,
            high: Frac::ZERO,
            low_certain: true,
            high_certain: true,
            factor: Frac::ONE,
            below: None,
            missing: false,
            holder_ended: false,
        };
        for (sign, code) in expr.terms() {
            let reading = self.reading(code, judged);
            let absent = if reading.holder_ended { HOLDER_ENDED } else { NO_FIGURES };
            let known = reading.known.ok_or(absent)?;
            let most: Frac = reading.missing.iter().copied().map(most_likely_at_most).sum();
            let certain = reading.missing.is_empty() && complete;
            sum.missing |= !reading.missing.is_empty();
            sum.holder_ended |= reading.holder_ended;
            match sign {
                TermSign::Plus => {
                    sum.reported = sum.reported + known;
                    (sum.low, sum.high) = (sum.low + known, sum.high + known + most);
                    sum.high_certain &= certain;
                }
                TermSign::Minus => {
                    sum.reported = sum.reported - known;
                    (sum.low, sum.high) = (sum.low - known - most, sum.high - known);
                    sum.low_certain &= certain;
                }
            }
        }
        Ok(sum)
    }

    pub(crate) fn whole_base(
        &self,
        measure: Plain<'_>,
        baseline: &Baseline,
        judged: Judged,
    ) -> Result<Past, Stop> {
        if let Baseline::Fixed(bound) = baseline {
            let value = bound_of(*bound);
            let is_counted = matches!(measure, Plain::Count(_) | Plain::Stock(_));
            return Ok(Past { value, cases: is_counted.then_some(value) });
        }
        past(measure, |code| self.scene.base(self.unit, code, baseline, judged), NO_BASELINE)
    }

    pub(crate) fn base_so_far(
        &self,
        measure: Plain<'_>,
        baseline: &Baseline,
        judged: Judged,
    ) -> Option<Past> {
        let figure =
            |code: &ElementCode| self.scene.base_to_date(self.unit, code, baseline, judged);
        past(measure, figure, NO_BASELINE).ok()
    }

    /// The cases of the base: in the whole window, and through the days judged.
    pub(crate) fn course(
        &self,
        expr: &Expr,
        baseline: &Baseline,
        judged: Judged,
    ) -> Option<(Frac, Frac)> {
        let whole = signed(expr, |code| self.scene.base(self.unit, code, baseline, judged))?;
        let figure =
            |code: &ElementCode| self.scene.base_to_date(self.unit, code, baseline, judged);
        Some((whole, signed(expr, figure)?))
    }
}

fn past(
    measure: Plain<'_>,
    figure: impl Fn(&ElementCode) -> Option<Frac>,
    absent: Stop,
) -> Result<Past, Stop> {
    let sum = |expr: &Expr| signed(expr, &figure).ok_or(absent);
    let positive = |value: Frac| (value > Frac::ZERO).then_some(value).ok_or(ZERO_DENOMINATOR);
    Ok(match measure {
        Plain::Count(expr) | Plain::Stock(expr) => {
            let value = sum(expr)?;
            Past { value, cases: Some(value) }
        }
        Plain::Rate { num, per, den } => {
            let (above, below) = (sum(num)?, positive(sum(den)?)?);
            let per = Frac::int(i64::try_from(per).unwrap());
            Past { value: above / below * per, cases: Some(above) }
        }
        Plain::Ratio { num, den } => {
            let (above, below) = (sum(num)?, positive(sum(den)?)?);
            Past { value: above / below, cases: Some(below) }
        }
    })
}

fn signed(expr: &Expr, figure: impl Fn(&ElementCode) -> Option<Frac>) -> Option<Frac> {
    expr.terms().try_fold(Frac::ZERO, |sum, (sign, code)| {
        let value = figure(code)?;
        Some(match sign {
            TermSign::Plus => sum + value,
            TermSign::Minus => sum - value,
        })
    })
}

/// The threshold on the measure's own value, and whether it is that of a zero base.
pub(crate) fn threshold_of(
    comparison: &Comparison,
    change: Option<Change>,
    base: Option<Past>,
    maintains_zero: bool,
) -> Result<(Threshold, bool), Stop> {
    let (cmp, bound) = (comparison.cmp, bound_of(comparison.bound));
    let Some(((_, mode), base)) = change.zip(base) else {
        return Ok((Threshold { cmp, at: bound }, false));
    };
    let relative = mode == ChangeMode::Relative;
    let at = if relative { base.value * (Frac::ONE + bound) } else { base.value + bound };
    let threshold = Threshold { cmp, at };
    if relative && base.value < Frac::ZERO {
        return Err((JudgementState::NotApplicable, "NEGATIVE_BASE"));
    }
    let is_impossible = threshold.is_ceiling() && !threshold.is_met_by(Frac::ZERO);
    if !base.value.is_zero() || (!relative && !is_impossible) {
        return Ok((threshold, false));
    }
    let reduces = threshold.is_ceiling() || (!threshold.is_floor() && bound <= Frac::ZERO);
    if reduces && maintains_zero {
        let cmp = thidua::domain::target_rule::Comparator::AtMost;
        return Ok((Threshold { cmp, at: Frac::ZERO }, true));
    }
    Err((JudgementState::NotApplicable, "ZERO_BASE"))
}
