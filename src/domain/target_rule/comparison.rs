//! Judges one comparison: threshold, limit, value, and the verdict once the window is over.
//!
//! The order of checks is that of the domain page: comparability, figures, denominators, zero base,
//! small base, then the comparison. The pace of a running window is in `pace`.

use super::ast::{ChangeMode, Comparator, Comparison};
use super::comparison_figures::{
    ComparisonReader, CurrentFigure, DecomposedMeasure, EvaluationStop, NO_FIGURES, PlainMeasure,
    PriorFigure, TOO_LARGE,
};
use super::display;
use super::evaluation::{CaseCounts, Evaluation, FailureAllowance};
use super::figure_source::{EvaluationTerms, FigureSource};
use super::pace;
use super::threshold::{Threshold, ThresholdOutcome};
use super::verdict::{Comparability, StandingStage, TargetVerdict, VerdictReason};
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::ZeroBasePolicy;

pub(super) fn evaluate_comparison(
    comparison: &Comparison,
    figures: &dyn FigureSource,
    terms: &EvaluationTerms,
    out: &mut Evaluation,
) {
    let reader = ComparisonReader { comparison, figures, terms };
    if let Err(stop) = judge_comparison(&reader, out) {
        out.stop(stop);
    }
}

/// The inputs of a comparison that do not depend on its stage.
pub(super) struct ComparisonCase<'a> {
    pub(super) reader: ComparisonReader<'a>,
    pub(super) decomposed: DecomposedMeasure<'a>,
    pub(super) current: CurrentFigure,
    pub(super) base: Option<PriorFigure>,
    /// In the unit of `current`.
    pub(super) threshold: Threshold,
    /// The base is zero, so no percentage is shown.
    pub(super) from_zero_base: bool,
}

fn judge_comparison(
    reader: &ComparisonReader<'_>,
    out: &mut Evaluation,
) -> Result<(), EvaluationStop> {
    match reader.worst_comparability() {
        Comparability::Broken => {
            return Err(EvaluationStop {
                verdict: TargetVerdict::NotComparable,
                reason: VerdictReason::BrokenComparability,
            });
        }
        Comparability::Bridged => out.add_reason(VerdictReason::Bridged),
        Comparability::Exact => {}
    }
    let decomposed = DecomposedMeasure::from_measure(&reader.comparison.measure)?;
    let current = read_current_or_known(reader, decomposed.measure)?;
    if !current.partly_known {
        return judge_figures(reader, decomposed, current, out);
    }
    // What is known before it is due decides a loss and nothing else.
    judge_figures(reader, decomposed, current, out).map_err(|_| {
        *out = Evaluation::new(std::mem::take(&mut out.target), out.stage);
        NO_FIGURES
    })
}

fn judge_figures<'a>(
    reader: &ComparisonReader<'a>,
    decomposed: DecomposedMeasure<'a>,
    current: CurrentFigure,
    out: &mut Evaluation,
) -> Result<(), EvaluationStop> {
    if current.missing && current.parts.is_none() {
        out.interval = Some((current.interval.low, current.interval.high));
    }
    let base = decomposed
        .change
        .map(|(baseline, _)| reader.read_baseline(decomposed.measure, baseline))
        .transpose()?;
    out.counts = count_cases(&decomposed, &current, base);
    let (threshold, from_zero) =
        resolve_threshold(reader, &decomposed, base, current.value()?, out)?;
    let at = threshold.value.checked_div(current.factor).ok_or(TOO_LARGE)?;
    let case = ComparisonCase {
        reader: *reader,
        decomposed,
        current,
        base,
        threshold: Threshold { value: at, ..threshold },
        from_zero_base: from_zero,
    };
    set_limits(&case, out);
    if !from_zero {
        check_base_size(&case, out)?;
    }
    if reader.terms.stage == StandingStage::Running {
        return pace::judge_pace(&case, out);
    }
    let base = case.base.map(|base| base.value);
    display::set_value(&case, base, out);
    set_verdict(&case, out)
}

/// The current figure; while the window runs and some element has none that is due, what is known
/// already.
fn read_current_or_known<'a>(
    reader: &ComparisonReader<'a>,
    measure: PlainMeasure<'a>,
) -> Result<CurrentFigure, EvaluationStop> {
    reader.read_current(measure).or_else(|stop| {
        let early = stop == NO_FIGURES && reader.terms.stage == StandingStage::Running;
        let known = early.then(|| reader.read_known(measure)).flatten();
        known.ok_or(stop)
    })
}

/// The threshold on the measure's own value, and whether it comes from the zero-base policy.
fn resolve_threshold(
    reader: &ComparisonReader<'_>,
    decomposed: &DecomposedMeasure<'_>,
    base: Option<PriorFigure>,
    now: Ratio,
    out: &mut Evaluation,
) -> Result<(Threshold, bool), EvaluationStop> {
    let Comparison { cmp, bound, .. } = reader.comparison;
    let bound = bound.decimal.to_ratio(if bound.percent { 2 } else { 0 });
    let (Some((_, mode)), Some(PriorFigure { value: base, .. })) = (decomposed.change, base) else {
        return Ok((Threshold { cmp: *cmp, value: bound }, false));
    };
    let at = match mode {
        ChangeMode::Relative => {
            bound.checked_add(Ratio::ONE).and_then(|factor| factor.checked_mul(base))
        }
        ChangeMode::Absolute => base.checked_add(bound),
    };
    let threshold = Threshold { cmp: *cmp, value: at.ok_or(TOO_LARGE)? };
    if mode == ChangeMode::Relative && base.is_negative() {
        return Err(EvaluationStop {
            verdict: TargetVerdict::NotApplicable,
            reason: VerdictReason::NegativeBase,
        });
    }
    // An absolute difference is valid from zero too, unless it requires a negative value.
    let less_than_nothing = threshold.is_ceiling() && !threshold.is_met_by(Ratio::ZERO);
    if !base.is_zero() || (mode == ChangeMode::Absolute && !less_than_nothing) {
        return Ok((threshold, false));
    }
    display::set_change_text(base, now, out);
    let reduces =
        threshold.is_ceiling() || (threshold.cmp == Comparator::Equal && bound <= Ratio::ZERO);
    if reduces && reader.terms.zero_base == ZeroBasePolicy::MaintainZero {
        out.add_reason(VerdictReason::ZeroBase);
        return Ok((Threshold { cmp: Comparator::AtMost, value: Ratio::ZERO }, true));
    }
    Err(EvaluationStop { verdict: TargetVerdict::NotApplicable, reason: VerdictReason::ZeroBase })
}

fn count_cases(
    decomposed: &DecomposedMeasure<'_>,
    current: &CurrentFigure,
    base: Option<PriorFigure>,
) -> Option<CaseCounts> {
    let counted = matches!(decomposed.measure, PlainMeasure::Count(_) | PlainMeasure::Stock(_));
    if !counted {
        let few = |cases: Ratio| cases <= Ratio::from_integer(20);
        let cases = current.parts.map_or(current.reported, |(_, below)| below);
        return few(cases).then_some(CaseCounts::from_counts(None, cases));
    }
    Some(CaseCounts::from_counts(base.map(|base| base.value), current.reported))
}

/// Sets the last whole number that meets the target, and the failures that a ratio allows.
fn set_limits(case: &ComparisonCase<'_>, out: &mut Evaluation) {
    let Threshold { cmp, value: at } = case.threshold;
    match (case.current.parts, case.decomposed.change) {
        (None, _) => out.limit = case.threshold.limit(),
        // For a share with an upper bound, the limit is the numerator itself.
        (Some((_, below)), None) if case.threshold.is_ceiling() => {
            out.limit = at.checked_mul(below).and_then(|at| Threshold { cmp, value: at }.limit());
        }
        (Some((above, below)), None) => {
            out.failures = failure_allowance(case.threshold, above, below)
        }
        (Some(_), Some(_)) => {}
    }
}

fn failure_allowance(threshold: Threshold, above: Ratio, below: Ratio) -> Option<FailureAllowance> {
    let everything = threshold.cmp == Comparator::Equal && threshold.value == Ratio::ONE;
    if !threshold.is_floor() && !everything {
        return None;
    }
    let cases = below.to_integer()?;
    let least = Threshold { value: threshold.value.checked_mul(below)?, ..threshold }.limit()?;
    let allowed = cases.checked_sub(least).filter(|allowed| *allowed >= 0)?;
    let failed = i64::try_from(below.checked_sub(above)?.ceil().max(0)).ok()?;
    Some(FailureAllowance { allowed, remaining: allowed.checked_sub(failed)? })
}

/// Below the minimum base there is no verdict, only the counts.
fn check_base_size(case: &ComparisonCase<'_>, out: &mut Evaluation) -> Result<(), EvaluationStop> {
    let (Some((_, mode)), Some(base)) = (case.decomposed.change, case.base) else {
        return check_denominator_size(case, out);
    };
    let percent = mode == ChangeMode::Relative && !case.reader.comparison.bound.decimal.is_zero();
    let usual = percent.then_some(Ratio::from_integer(EvaluationTerms::MIN_BASE));
    let Some(least) = case.reader.terms.min_base.or(usual) else { return Ok(()) };
    if base.case_count.is_none_or(|size| size >= least) {
        return Ok(());
    }
    display::set_change_text(base.value, case.current.value()?, out);
    Err(EvaluationStop { verdict: TargetVerdict::NotApplicable, reason: VerdictReason::SmallBase })
}

/// A plain ratio has a minimum only if the target gives one.
fn check_denominator_size(
    case: &ComparisonCase<'_>,
    out: &mut Evaluation,
) -> Result<(), EvaluationStop> {
    let (Some((_, below)), Some(least)) = (case.current.parts, case.reader.terms.min_base) else {
        return Ok(());
    };
    if below >= least {
        return Ok(());
    }
    display::set_value(case, None, out);
    Err(EvaluationStop { verdict: TargetVerdict::NotApplicable, reason: VerdictReason::SmallBase })
}

/// Whether a report is missing or the coverage is below one. Waivers are not considered.
pub(super) fn is_incomplete(case: &ComparisonCase<'_>) -> bool {
    case.current.missing || case.reader.terms.coverage < Ratio::ONE
}

/// Judges `need`. A statement that missing reports could overturn requires enough coverage.
pub(super) fn judge_threshold(
    case: &ComparisonCase<'_>,
    threshold: Threshold,
) -> Result<ThresholdOutcome, EvaluationStop> {
    let EvaluationTerms { coverage, weight, coverage_min, waived, stage, .. } = case.reader.terms;
    let judged = threshold.judge_interval(case.current.interval);
    let open = |reason| Err(EvaluationStop { verdict: TargetVerdict::Undetermined, reason });
    let must_be_complete = *stage == StandingStage::Final && !waived;
    match judged {
        ThresholdOutcome::Fails { proven: true } => Ok(judged),
        _ if case.current.holder_ended => open(VerdictReason::HolderEnded),
        ThresholdOutcome::Undecided => open(VerdictReason::MissingReports),
        ThresholdOutcome::Holds | ThresholdOutcome::Fails { proven: false } => {
            if must_be_complete && is_incomplete(case) {
                open(VerdictReason::MissingReports)
            } else if coverage.min(weight) < coverage_min {
                open(VerdictReason::LowCoverage)
            } else {
                Ok(judged)
            }
        }
    }
}

fn set_verdict(case: &ComparisonCase<'_>, out: &mut Evaluation) -> Result<(), EvaluationStop> {
    let is_final = case.reader.terms.stage == StandingStage::Final;
    let judged = judge_threshold(case, case.threshold);
    if judged.is_err() && is_final && case.reader.terms.waived && is_incomplete(case) {
        out.add_reason(VerdictReason::Waived);
    }
    let judged = judged?;
    let proven = matches!(judged, ThresholdOutcome::Fails { proven: true });
    out.verdict = Some(if judged == ThresholdOutcome::Holds {
        TargetVerdict::Met
    } else {
        TargetVerdict::Missed
    });
    if is_incomplete(case) && !proven {
        out.add_reason(if is_final { VerdictReason::Waived } else { VerdictReason::Provisional });
    }
    Ok(())
}
