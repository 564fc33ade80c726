//! Figures of one comparison: sums of elements now and before, with what missing reports may add.
//!
//! Knows which figures a measure needs; judges nothing. Whatever stops a judgement is a [`Halt`].

use super::ast::{Baseline, Comparison, Expr, Measure, Mode, Sign};
use super::figures::{Figures, Terms};
use super::need::Span;
use super::verdict::{Comparability, Reason, Verdict};
use crate::domain::element::ElementCode;
use crate::domain::ratio::Ratio;

/// No judgement can be made, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Halt {
    pub(super) verdict: Verdict,
    pub(super) reason: Reason,
}

pub(super) const TOO_LARGE: Halt = Halt { verdict: Verdict::Undetermined, reason: Reason::TooLarge };

/// A measure that is not a change.
#[derive(Debug, Clone, Copy)]
pub(super) enum Level<'a> {
    Count(&'a Expr),
    Stock(&'a Expr),
    Rate { num: &'a Expr, per: u64, den: &'a Expr },
    Ratio { num: &'a Expr, den: &'a Expr },
}

/// The measure of a comparison, with the change taken apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan<'a> {
    pub(super) level: Level<'a>,
    pub(super) change: Option<(&'a Baseline, Mode)>,
}

impl<'a> Plan<'a> {
    pub(super) fn of(measure: &'a Measure) -> Result<Self, Halt> {
        match measure {
            Measure::Change { of, baseline, mode } => {
                let inner = Self::of(of)?;
                if inner.change.is_some() {
                    return Err(Halt { verdict: Verdict::NoData, reason: Reason::NestedChange });
                }
                Ok(Self { change: Some((baseline, *mode)), ..inner })
            }
            Measure::Count(expr) => Ok(Self { level: Level::Count(expr), change: None }),
            Measure::Stock(expr) => Ok(Self { level: Level::Stock(expr), change: None }),
            Measure::Rate { num, per, den } => Ok(Self { level: Level::Rate { num, per: *per, den }, change: None }),
            Measure::Ratio { num, den, basis: _ } => Ok(Self { level: Level::Ratio { num, den }, change: None }),
        }
    }
}

/// What is measured now, in the unit in which it is judged: cases for counts, stocks and rates, a share for ratios.
#[derive(Debug, Clone, Copy)]
pub(super) struct Current {
    /// As reported.
    pub(super) reported: Ratio,
    /// With what is missing.
    pub(super) span: Span,
    /// What one unit of it is in the measure's own value: per/denominator for a rate, else one.
    pub(super) factor: Ratio,
    /// Numerator and denominator of a ratio.
    pub(super) parts: Option<(Ratio, Ratio)>,
    /// Some report that should hold one of the elements is not in.
    pub(super) missing: bool,
}

impl Current {
    /// The measure's own value, as reported.
    pub(super) fn value(&self) -> Result<Ratio, Halt> {
        self.reported.times(self.factor).ok_or(TOO_LARGE)
    }
}

/// A figure of the past.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before {
    /// In the measure's own value.
    pub(super) value: Ratio,
    /// How many cases it rests on, where that is known.
    pub(super) size: Option<Ratio>,
}

/// Reads the figures of one comparison.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) comparison: &'a Comparison,
    pub(super) figures: &'a dyn Figures,
    pub(super) terms: &'a Terms,
}

impl<'a> Reader<'a> {
    /// Whether now and before measure the same thing; the worst of the elements.
    pub(super) fn comparability(&self) -> Comparability {
        let Comparison { measure, window, .. } = self.comparison;
        let baseline = measure.baseline();
        let one = |code| {
            let defined = |of| self.figures.definition(code, &of, window.as_ref());
            self.figures.comparability(code).max(baseline.map_or(Comparability::Exact, defined))
        };
        measure.elements().into_iter().map(one).max().unwrap_or(Comparability::Exact)
    }

    pub(super) fn current(&self, level: Level<'a>) -> Result<Current, Halt> {
        match level {
            Level::Count(expr) | Level::Stock(expr) => self.counted(expr, Ratio::ONE),
            Level::Rate { num, per, den } => {
                let below = self.counted(den, Ratio::ONE)?;
                let per = Ratio::whole(i64::try_from(per).map_err(|_| TOO_LARGE)?);
                let factor = per.over(some_cases(below.reported)?).ok_or(TOO_LARGE)?;
                let mut current = self.counted(num, factor)?;
                let known = !below.missing;
                current.span.lo_sure &= known;
                current.span.hi_sure &= known;
                Ok(Current { missing: current.missing || below.missing, ..current })
            }
            Level::Ratio { num, den } => {
                let (above, below) = (self.counted(num, Ratio::ONE)?, self.counted(den, Ratio::ONE)?);
                let share = above.reported.over(some_cases(below.reported)?).ok_or(TOO_LARGE)?;
                let missing = above.missing || below.missing;
                let sure = !missing && self.terms.coverage >= Ratio::ONE;
                let span = Span { lo: share, hi: share, lo_sure: sure, hi_sure: sure };
                let parts = Some((above.reported, below.reported));
                Ok(Current { reported: share, span, factor: Ratio::ONE, parts, missing })
            }
        }
    }

    /// A sum of counts, and how far missing reports may move it.
    fn counted(&self, expr: &Expr, factor: Ratio) -> Result<Current, Halt> {
        let window = self.comparison.window.as_ref();
        let reported = sum(expr, |code| self.figures.now(code, window), Reason::NoFigures)?;
        let unlisted = self.terms.coverage < Ratio::ONE;
        let mut span = Span { lo: reported, hi: reported, lo_sure: true, hi_sure: true };
        let mut missing = false;
        for (sign, code) in expr.terms() {
            let gap = self.figures.missing(code, window);
            let (here, most) = (gap.reports > 0, i64::try_from(gap.at_most).map_err(|_| TOO_LARGE)?);
            missing |= here;
            match sign {
                Sign::Plus => {
                    span.hi = span.hi.plus(Ratio::whole(most)).ok_or(TOO_LARGE)?;
                    span.hi_sure &= !here && !unlisted;
                }
                Sign::Minus => {
                    span.lo = span.lo.minus(Ratio::whole(most)).ok_or(TOO_LARGE)?;
                    span.lo_sure &= !here && !unlisted;
                }
            }
        }
        Ok(Current { reported, span, factor, parts: None, missing })
    }

    /// The whole base window, or a fixed figure.
    pub(super) fn before(&self, level: Level<'a>, baseline: &Baseline) -> Result<Before, Halt> {
        if let Baseline::Fixed(bound) = baseline {
            let value = bound.decimal.ratio(if bound.percent { 2 } else { 0 });
            let counted = matches!(level, Level::Count(_) | Level::Stock(_));
            return Ok(Before { value, size: counted.then_some(value) });
        }
        let window = self.comparison.window.as_ref();
        level_before(level, |code| self.figures.before(code, baseline, window), Reason::NoBaseline)
    }

    /// The base window up to the same cut-off.
    pub(super) fn before_to_date(&self, level: Level<'a>, baseline: &Baseline) -> Result<Before, Halt> {
        let window = self.comparison.window.as_ref();
        let figure = |code: &ElementCode| self.figures.before_to_date(code, baseline, window);
        level_before(level, figure, Reason::NoBaselineToDate)
    }

    /// How the counts ran in the base window: all of it, and to the same cut-off.
    pub(super) fn course(&self, expr: &Expr, baseline: &Baseline) -> Option<(Ratio, Ratio)> {
        let window = self.comparison.window.as_ref();
        let whole = sum(expr, |code| self.figures.before(code, baseline, window), Reason::NoBaseline).ok()?;
        let figure = |code: &ElementCode| self.figures.before_to_date(code, baseline, window);
        let to_date = sum(expr, figure, Reason::NoBaselineToDate).ok()?;
        Some((whole, to_date))
    }
}

fn level_before(
    level: Level<'_>,
    figure: impl Fn(&ElementCode) -> Option<Ratio>,
    absent: Reason,
) -> Result<Before, Halt> {
    match level {
        Level::Count(expr) | Level::Stock(expr) => {
            let value = sum(expr, figure, absent)?;
            Ok(Before { value, size: Some(value) })
        }
        Level::Rate { num, per, den } => {
            let (above, below) = (sum(num, &figure, absent)?, some_cases(sum(den, &figure, absent)?)?);
            let per = Ratio::whole(i64::try_from(per).map_err(|_| TOO_LARGE)?);
            let value = above.over(below).and_then(|share| share.times(per)).ok_or(TOO_LARGE)?;
            Ok(Before { value, size: Some(above) })
        }
        Level::Ratio { num, den } => {
            let (above, below) = (sum(num, &figure, absent)?, some_cases(sum(den, &figure, absent)?)?);
            Ok(Before { value: above.over(below).ok_or(TOO_LARGE)?, size: Some(below) })
        }
    }
}

/// A denominator must be above zero.
fn some_cases(denominator: Ratio) -> Result<Ratio, Halt> {
    if denominator > Ratio::ZERO {
        return Ok(denominator);
    }
    Err(Halt { verdict: Verdict::NotApplicable, reason: Reason::ZeroDenominator })
}

fn sum(expr: &Expr, figure: impl Fn(&ElementCode) -> Option<Ratio>, absent: Reason) -> Result<Ratio, Halt> {
    let halt = Halt {
        verdict: if absent == Reason::NoBaselineToDate { Verdict::Undetermined } else { Verdict::NoData },
        reason: absent,
    };
    expr.terms().try_fold(Ratio::ZERO, |sum, (sign, code)| {
        let value = figure(code).ok_or(halt)?;
        let sum = match sign {
            Sign::Plus => sum.plus(value),
            Sign::Minus => sum.minus(value),
        };
        sum.ok_or(TOO_LARGE)
    })
}
