//! Reads the figures of one comparison: sums of elements now and before, with the range that
//! missing reports allow. An [`EvaluationStop`] ends the evaluation.

use super::ast::{Baseline, ChangeMode, Comparison, Expr, Measure, TermSign};
use super::figure_source::{EvaluationTerms, FigureSource};
use super::threshold::ValueInterval;
use super::verdict::{Comparability, StandingStage, TargetVerdict, VerdictReason};
use crate::domain::report::element::ElementCode;
use crate::domain::support::ratio::Ratio;

/// Ends an evaluation without a judgement, with the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EvaluationStop {
    pub(super) verdict: TargetVerdict,
    pub(super) reason: VerdictReason,
}

pub(super) const TOO_LARGE: EvaluationStop =
    EvaluationStop { verdict: TargetVerdict::Undetermined, reason: VerdictReason::TooLarge };

pub(super) const NO_FIGURES: EvaluationStop =
    EvaluationStop { verdict: TargetVerdict::NoData, reason: VerdictReason::NoFigures };

/// A measure that is not a change.
#[derive(Debug, Clone, Copy)]
pub(super) enum PlainMeasure<'a> {
    Count(&'a Expr),
    Stock(&'a Expr),
    Rate { num: &'a Expr, per: u64, den: &'a Expr },
    Ratio { num: &'a Expr, den: &'a Expr },
}

/// The measure of a comparison, with the change separated from the plain measure.
#[derive(Debug, Clone, Copy)]
pub(super) struct DecomposedMeasure<'a> {
    pub(super) measure: PlainMeasure<'a>,
    pub(super) change: Option<(&'a Baseline, ChangeMode)>,
}

impl<'a> DecomposedMeasure<'a> {
    pub(super) fn from_measure(measure: &'a Measure) -> Result<Self, EvaluationStop> {
        match measure {
            Measure::Change { measure: of, baseline, mode } => {
                let inner = Self::from_measure(of)?;
                if inner.change.is_some() {
                    return Err(EvaluationStop {
                        verdict: TargetVerdict::NoData,
                        reason: VerdictReason::NestedChange,
                    });
                }
                Ok(Self { change: Some((baseline, *mode)), ..inner })
            }
            Measure::Count(expr) => Ok(Self { measure: PlainMeasure::Count(expr), change: None }),
            Measure::Stock(expr) => Ok(Self { measure: PlainMeasure::Stock(expr), change: None }),
            Measure::Rate { num, per, den } => {
                Ok(Self { measure: PlainMeasure::Rate { num, per: *per, den }, change: None })
            }
            Measure::Ratio { num, den, basis: _ } => {
                Ok(Self { measure: PlainMeasure::Ratio { num, den }, change: None })
            }
        }
    }
}

/// The current figure, in the unit in which it is judged: cases for counts, stocks and rates, a
/// share for ratios.
#[derive(Debug, Clone, Copy)]
pub(super) struct CurrentFigure {
    /// As reported.
    pub(super) reported: Ratio,
    /// Range including missing reports.
    pub(super) interval: ValueInterval,
    /// Value of one unit in the measure's own value: per/denominator for a rate, otherwise one.
    pub(super) factor: Ratio,
    /// Numerator and denominator of a ratio.
    pub(super) parts: Option<(Ratio, Ratio)>,
    /// At least one report that contains one of the elements is missing.
    pub(super) missing: bool,
    /// A unit ended, and nobody alive owes its stock in its place.
    pub(super) holder_ended: bool,
    /// What is known of periods that are not due yet; not part of `reported`.
    pub(super) before_due: Ratio,
    /// The due figure of some element is not known: `reported` is the least that it can be.
    pub(super) partly_known: bool,
}

impl CurrentFigure {
    /// The measure's own value, as reported.
    pub(super) fn value(&self) -> Result<Ratio, EvaluationStop> {
        self.reported.checked_mul(self.factor).ok_or(TOO_LARGE)
    }
}

/// A figure of a past window.
#[derive(Debug, Clone, Copy)]
pub(super) struct PriorFigure {
    /// In the measure's own value.
    pub(super) value: Ratio,
    /// Number of cases behind it, if known.
    pub(super) case_count: Option<Ratio>,
}

/// Reads the figures of one comparison.
#[derive(Clone, Copy)]
pub(super) struct ComparisonReader<'a> {
    pub(super) comparison: &'a Comparison,
    pub(super) figures: &'a dyn FigureSource,
    pub(super) terms: &'a EvaluationTerms,
}

impl<'a> ComparisonReader<'a> {
    /// The worst comparability, over the elements, of the current and the base window.
    pub(super) fn worst_comparability(&self) -> Comparability {
        let (comparison, measure) = (self.comparison, &self.comparison.measure);
        let baseline = measure.baseline();
        let one = |code| {
            let defined = |of| self.figures.definition_comparability(code, &of, comparison);
            self.figures
                .comparability(code, comparison)
                .max(baseline.map_or(Comparability::Exact, defined))
        };
        measure.elements().into_iter().map(one).max().unwrap_or(Comparability::Exact)
    }

    pub(super) fn read_current(
        &self,
        level: PlainMeasure<'a>,
    ) -> Result<CurrentFigure, EvaluationStop> {
        match level {
            PlainMeasure::Count(expr) | PlainMeasure::Stock(expr) => {
                self.sum_counts(expr, Ratio::ONE)
            }
            PlainMeasure::Rate { num, per, den } => {
                let below = self.sum_counts(den, Ratio::ONE)?;
                let per = Ratio::from_integer(i64::try_from(per).map_err(|_| TOO_LARGE)?);
                let factor = per.checked_div(require_positive(below.reported)?).ok_or(TOO_LARGE)?;
                let mut current = self.sum_counts(num, factor)?;
                let known = !below.missing;
                current.interval.low_certain &= known;
                current.interval.high_certain &= known;
                Ok(CurrentFigure {
                    missing: current.missing || below.missing,
                    holder_ended: current.holder_ended || below.holder_ended,
                    ..current
                })
            }
            PlainMeasure::Ratio { num, den } => {
                let (above, below) =
                    (self.sum_counts(num, Ratio::ONE)?, self.sum_counts(den, Ratio::ONE)?);
                let share = above
                    .reported
                    .checked_div(require_positive(below.reported)?)
                    .ok_or(TOO_LARGE)?;
                let missing = above.missing || below.missing;
                let certain = !missing && self.terms.coverage >= Ratio::ONE;
                let (low, high) = match self.waived_parts(num, den)? {
                    Some(waived) => waived_shares((above.reported, below.reported), waived)?,
                    None => (share, share),
                };
                let interval =
                    ValueInterval { low, high, low_certain: certain, high_certain: certain };
                Ok(CurrentFigure {
                    reported: share,
                    interval,
                    factor: Ratio::ONE,
                    parts: Some((above.reported, below.reported)),
                    missing,
                    holder_ended: above.holder_ended || below.holder_ended,
                    before_due: Ratio::ZERO,
                    partly_known: false,
                })
            }
        }
    }

    /// At the final stage: what the waived reports add to numerator and denominator if all their
    /// cases count in both; `None` if none is waived. Reports that hold only the numerator add what
    /// they are expected to hold.
    fn waived_parts(
        &self,
        num: &Expr,
        den: &Expr,
    ) -> Result<Option<(Ratio, Ratio)>, EvaluationStop> {
        if self.terms.stage != StandingStage::Final || !self.terms.waived {
            return Ok(None);
        }
        let expected =
            |code: &ElementCode| self.figures.missing_reports(code, self.comparison).expected();
        let sum = |expr| sum_terms(expr, expected, VerdictReason::TooLarge);
        let below = sum(den)?.max(Ratio::ZERO);
        Ok(Some((sum(num)?.max(below), below)))
    }

    /// A sum of counts, with the range that missing reports allow.
    fn sum_counts(&self, expr: &Expr, factor: Ratio) -> Result<CurrentFigure, EvaluationStop> {
        let comparison = self.comparison;
        if expr.terms().any(|(_, code)| self.figures.is_too_large(code, comparison)) {
            return Err(TOO_LARGE);
        }
        let reported = sum_terms(
            expr,
            |code| self.figures.current_value(code, comparison),
            VerdictReason::NoFigures,
        )
        .map_err(|stop| self.stop_for_ended_holder(expr).unwrap_or(stop))?;
        self.with_missing_reports(expr, factor, reported)
    }

    /// Nothing is said, because the unit that said it ended and nobody took its stock over.
    fn stop_for_ended_holder(&self, expr: &Expr) -> Option<EvaluationStop> {
        let reason = VerdictReason::HolderEnded;
        let ended = |code: &ElementCode| {
            self.figures.missing_reports(code, self.comparison).ended_holders > 0
        };
        let any = expr.terms().any(|(_, code)| ended(code));
        any.then_some(EvaluationStop { verdict: TargetVerdict::Undetermined, reason })
    }

    /// A sum of counts that lacks the due figure of some element: what is due of the others, and
    /// what is known before it is due. `None` if nothing is known early, or if it can fall again.
    pub(super) fn read_known(&self, level: PlainMeasure<'a>) -> Option<CurrentFigure> {
        let PlainMeasure::Count(expr) = level else { return None };
        let due = |code: &ElementCode| self.figures.current_value(code, self.comparison);
        let known = |code: &ElementCode| Some(due(code).unwrap_or(Ratio::ZERO));
        let reported = sum_terms(expr, known, VerdictReason::TooLarge).ok()?;
        let current = self.with_missing_reports(expr, Ratio::ONE, reported).ok()?;
        (!self.sum_before_due(expr)?.is_zero())
            .then_some(CurrentFigure { partly_known: true, ..current })
    }

    /// `None` for a sum with a negative term, which can fall again.
    fn sum_before_due(&self, expr: &Expr) -> Option<Ratio> {
        expr.terms().try_fold(Ratio::ZERO, |sum, (sign, code)| match sign {
            TermSign::Plus => sum.checked_add(self.figures.value_before_due(code, self.comparison)),
            TermSign::Minus => None,
        })
    }

    fn with_missing_reports(
        &self,
        expr: &Expr,
        factor: Ratio,
        reported: Ratio,
    ) -> Result<CurrentFigure, EvaluationStop> {
        let comparison = self.comparison;
        let unlisted = self.terms.coverage < Ratio::ONE;
        let mut interval =
            ValueInterval { low: reported, high: reported, low_certain: true, high_certain: true };
        let (mut missing, mut holder_ended) = (false, false);
        for (sign, code) in expr.terms() {
            let missing_reports = self.figures.missing_reports(code, comparison);
            let (here, most) = (
                missing_reports.count > 0,
                i64::try_from(missing_reports.max_cases).map_err(|_| TOO_LARGE)?,
            );
            missing |= here;
            holder_ended |= missing_reports.ended_holders > 0;
            match sign {
                TermSign::Plus => {
                    interval.high =
                        interval.high.checked_add(Ratio::from_integer(most)).ok_or(TOO_LARGE)?;
                    interval.high_certain &= !here && !unlisted;
                }
                TermSign::Minus => {
                    interval.low =
                        interval.low.checked_sub(Ratio::from_integer(most)).ok_or(TOO_LARGE)?;
                    interval.low_certain &= !here && !unlisted;
                }
            }
        }
        Ok(CurrentFigure {
            reported,
            interval,
            factor,
            parts: None,
            missing,
            holder_ended,
            before_due: self.sum_before_due(expr).unwrap_or(Ratio::ZERO),
            partly_known: false,
        })
    }

    /// The figure of the whole base window, or the fixed base.
    pub(super) fn read_baseline(
        &self,
        level: PlainMeasure<'a>,
        baseline: &Baseline,
    ) -> Result<PriorFigure, EvaluationStop> {
        if let Baseline::Fixed(bound) = baseline {
            let value = bound.decimal.to_ratio(if bound.percent { 2 } else { 0 });
            let counted = matches!(level, PlainMeasure::Count(_) | PlainMeasure::Stock(_));
            return Ok(PriorFigure { value, case_count: counted.then_some(value) });
        }
        let comparison = self.comparison;
        read_prior_figure(
            level,
            |code| self.figures.baseline_value(code, baseline, comparison),
            VerdictReason::NoBaseline,
        )
    }

    /// The figure of the base window up to the same cut-off.
    pub(super) fn read_baseline_to_date(
        &self,
        level: PlainMeasure<'a>,
        baseline: &Baseline,
    ) -> Result<PriorFigure, EvaluationStop> {
        let comparison = self.comparison;
        let figure =
            |code: &ElementCode| self.figures.baseline_value_to_date(code, baseline, comparison);
        read_prior_figure(level, figure, VerdictReason::NoBaselineToDate)
    }

    /// Counts of the base window: in total, and up to the same cut-off.
    pub(super) fn read_baseline_trajectory(
        &self,
        expr: &Expr,
        baseline: &Baseline,
    ) -> Option<(Ratio, Ratio)> {
        let comparison = self.comparison;
        let whole = sum_terms(
            expr,
            |code| self.figures.baseline_value(code, baseline, comparison),
            VerdictReason::NoBaseline,
        )
        .ok()?;
        let figure =
            |code: &ElementCode| self.figures.baseline_value_to_date(code, baseline, comparison);
        let to_date = sum_terms(expr, figure, VerdictReason::NoBaselineToDate).ok()?;
        Some((whole, to_date))
    }
}

fn read_prior_figure(
    level: PlainMeasure<'_>,
    figure: impl Fn(&ElementCode) -> Option<Ratio>,
    absent: VerdictReason,
) -> Result<PriorFigure, EvaluationStop> {
    match level {
        PlainMeasure::Count(expr) | PlainMeasure::Stock(expr) => {
            let value = sum_terms(expr, figure, absent)?;
            Ok(PriorFigure { value, case_count: Some(value) })
        }
        PlainMeasure::Rate { num, per, den } => {
            let (above, below) = (
                sum_terms(num, &figure, absent)?,
                require_positive(sum_terms(den, &figure, absent)?)?,
            );
            let per = Ratio::from_integer(i64::try_from(per).map_err(|_| TOO_LARGE)?);
            let value = above
                .checked_div(below)
                .and_then(|share| share.checked_mul(per))
                .ok_or(TOO_LARGE)?;
            Ok(PriorFigure { value, case_count: Some(above) })
        }
        PlainMeasure::Ratio { num, den } => {
            let (above, below) = (
                sum_terms(num, &figure, absent)?,
                require_positive(sum_terms(den, &figure, absent)?)?,
            );
            Ok(PriorFigure {
                value: above.checked_div(below).ok_or(TOO_LARGE)?,
                case_count: Some(below),
            })
        }
    }
}

/// The lowest and the highest share with the waived reports in the denominator: none, or all, of
/// their numerator.
fn waived_shares(
    (above, below): (Ratio, Ratio),
    (more_above, more_below): (Ratio, Ratio),
) -> Result<(Ratio, Ratio), EvaluationStop> {
    let whole = require_positive(below.checked_add(more_below).ok_or(TOO_LARGE)?)?;
    let all = above.checked_add(more_above).ok_or(TOO_LARGE)?;
    Ok((above.checked_div(whole).ok_or(TOO_LARGE)?, all.checked_div(whole).ok_or(TOO_LARGE)?))
}

/// Rejects a denominator that is not positive.
fn require_positive(denominator: Ratio) -> Result<Ratio, EvaluationStop> {
    if denominator > Ratio::ZERO {
        return Ok(denominator);
    }
    Err(EvaluationStop {
        verdict: TargetVerdict::NotApplicable,
        reason: VerdictReason::ZeroDenominator,
    })
}

fn sum_terms(
    expr: &Expr,
    figure: impl Fn(&ElementCode) -> Option<Ratio>,
    absent: VerdictReason,
) -> Result<Ratio, EvaluationStop> {
    let stop = EvaluationStop {
        verdict: if absent == VerdictReason::NoBaselineToDate {
            TargetVerdict::Undetermined
        } else {
            TargetVerdict::NoData
        },
        reason: absent,
    };
    expr.terms().try_fold(Ratio::ZERO, |sum, (sign, code)| {
        let value = figure(code).ok_or(stop)?;
        let sum = match sign {
            TermSign::Plus => sum.checked_add(value),
            TermSign::Minus => sum.checked_sub(value),
        };
        sum.ok_or(TOO_LARGE)
    })
}
