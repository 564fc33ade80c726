//! Pace of a comparison while its window runs, measured against the same cut-off of the base
//! window.
//!
//! The state is exact. The forecast is not a verdict: a Gamma(50, 50) prior on the ratio to the
//! base, the cases observed so far, and a Poisson rest give a negative binomial. The caller decides
//! what "to date" is.

use super::ast::{Baseline, Comparator, Expr, TermSign};
use super::comparison::{ComparisonCase, judge_threshold};
use super::comparison_figures::{EvaluationStop, NO_FIGURES, PlainMeasure};
use super::display;
use super::distribution;
use super::evaluation::{CaseCounts, EvaluatedPace, Evaluation};
use super::pace_course::PaceCourse;
use super::threshold::{Threshold, ThresholdOutcome};
use super::verdict::{PaceState, TargetVerdict, VerdictReason};
use crate::domain::support::ratio::Ratio;

/// Weight of the prior: number of pseudo-cases at ratio one.
const PRIOR_WEIGHT: i64 = 50;

/// Cases of the base window: in total, and up to the same cut-off.
#[derive(Clone, Copy)]
struct BaselineTrajectory {
    whole: Ratio,
    to_date: Ratio,
}

impl BaselineTrajectory {
    fn share_to_date(self) -> Option<Ratio> {
        self.to_date.checked_div(self.whole)
    }

    fn remainder(self) -> Option<Ratio> {
        self.whole.checked_sub(self.to_date).map(|remainder| remainder.max(Ratio::ZERO))
    }
}

pub(super) fn judge_pace(
    case: &ComparisonCase<'_>,
    out: &mut Evaluation,
) -> Result<(), EvaluationStop> {
    let (expr, flow) = match case.decomposed.measure {
        PlainMeasure::Count(expr) => (expr, true),
        PlainMeasure::Rate { num, .. } => (num, true),
        PlainMeasure::Stock(expr) | PlainMeasure::Ratio { num: expr, .. } => (expr, false),
    };
    if !flow {
        return judge_level(case, out);
    }
    let trajectory = resolve_trajectory(case, expr);
    set_values(case, trajectory, out);
    let grows_only = matches!(case.decomposed.measure, PlainMeasure::Count(_))
        && expr.rest.iter().all(|(sign, _)| *sign == TermSign::Plus);
    let is_passed_by_due = is_passed_by(case, case.current.interval.low);
    // A sum that lacks the due figure of an element decides nothing itself.
    let is_open = case.current.partly_known && is_passed_by_due;
    if grows_only && !is_open && is_already_missed(case) {
        if !is_passed_by_due {
            out.add_reason(VerdictReason::BeforeDue);
        }
        out.pace = Some(build_forecast(case, trajectory, PaceState::AlreadyMissed, out.limit));
        return Ok(());
    }
    if case.current.partly_known {
        return Err(NO_FIGURES);
    }
    let state = judge_flow(case, trajectory)?;
    out.pace = Some(if grows_only {
        build_forecast(case, trajectory, state, out.limit)
    } else {
        EvaluatedPace {
            state: Some(state),
            allowed_to_date: threshold_to_date(case, trajectory).map(|threshold| threshold.value),
            ..EvaluatedPace::default()
        }
    });
    Ok(())
}

/// A stock or a share has no course: its current value is compared with the final threshold.
fn judge_level(case: &ComparisonCase<'_>, out: &mut Evaluation) -> Result<(), EvaluationStop> {
    let to_date = match (case.decomposed.change, case.decomposed.measure) {
        (Some((baseline, _)), PlainMeasure::Ratio { .. }) => {
            case.reader.read_baseline_to_date(case.decomposed.measure, baseline).ok()
        }
        (Some(_) | None, _) => None,
    };
    display::set_value(case, to_date.or(case.base).map(|base| base.value), out);
    let state = to_pace_state(judge_threshold(case, case.threshold)?);
    out.pace = Some(EvaluatedPace { state: Some(state), ..EvaluatedPace::default() });
    Ok(())
}

fn to_pace_state(judged: ThresholdOutcome) -> PaceState {
    if judged == ThresholdOutcome::Holds { PaceState::OnPace } else { PaceState::Behind }
}

/// Whether counts that can only grow have passed the last value that meets the target, with what is
/// known of periods that are not due yet.
fn is_already_missed(case: &ComparisonCase<'_>) -> bool {
    let known = case.current.interval.low.checked_add(case.current.before_due);
    known.is_some_and(|known| is_passed_by(case, known))
}

fn is_passed_by(case: &ComparisonCase<'_>, count: Ratio) -> bool {
    match case.threshold.cmp {
        Comparator::AtMost | Comparator::Less => !case.threshold.is_met_by(count),
        Comparator::Equal => count > case.threshold.value,
        Comparator::AtLeast | Comparator::Greater => false,
    }
}

fn resolve_trajectory(case: &ComparisonCase<'_>, expr: &Expr) -> Option<BaselineTrajectory> {
    let fixed = match case.decomposed.change {
        Some((baseline @ Baseline::Fixed(_), _)) => Some(baseline),
        Some((
            Baseline::SameWindowPriorYear
            | Baseline::StatYear(_)
            | Baseline::CalendarYear(_)
            | Baseline::MeanPrior(_),
            _,
        ))
        | None => None,
    };
    let baseline =
        case.decomposed.change.map_or(&Baseline::SameWindowPriorYear, |(baseline, _)| baseline);
    let (whole, to_date) = case.reader.read_baseline_trajectory(expr, baseline)?;
    let trajectory = BaselineTrajectory { whole, to_date };
    if fixed.is_none() {
        return Some(trajectory);
    }
    // A fixed base takes only its course over the year from past figures.
    let base = case.base?.value.checked_div(case.current.factor)?;
    Some(BaselineTrajectory {
        whole: base,
        to_date: base.checked_mul(trajectory.share_to_date()?)?,
    })
}

/// What must hold now: the threshold scaled by the share of the base reached at the same cut-off.
fn threshold_to_date(
    case: &ComparisonCase<'_>,
    trajectory: Option<BaselineTrajectory>,
) -> Option<Threshold> {
    if case.from_zero_base {
        return Some(case.threshold);
    }
    if let Some(course) = &case.reader.terms.course {
        return threshold_by_course(case, course);
    }
    let known = trajectory.and_then(|trajectory| Some((trajectory, trajectory.share_to_date()?)));
    let Some((trajectory, share)) = known else {
        return threshold_by_course(case, &PaceCourse::Linear);
    };
    let at = case.threshold.value.checked_mul(share)?;
    // If the base is zero up to now, a strict comparison with zero would report every unit as late.
    let cmp = match case.threshold.cmp {
        Comparator::Less if trajectory.to_date.is_zero() => Comparator::AtMost,
        Comparator::Greater if trajectory.to_date.is_zero() => Comparator::AtLeast,
        cmp @ (Comparator::Less
        | Comparator::AtMost
        | Comparator::Equal
        | Comparator::AtLeast
        | Comparator::Greater) => cmp,
    };
    Some(Threshold { cmp, value: at })
}

/// What must hold now by a course over the days of the window; only floors without a past base have
/// one.
fn threshold_by_course(case: &ComparisonCase<'_>, course: &PaceCourse) -> Option<Threshold> {
    let plain = matches!(case.decomposed.change, None | Some((Baseline::Fixed(_), _)));
    if !plain || !case.threshold.is_floor() {
        return None;
    }
    let days = case.reader.figures.course_days(case.reader.comparison)?;
    let bound = case.threshold.value;
    let value = bound
        .checked_mul(course.due_share(case.reader.terms.course_bound.unwrap_or(bound), days)?)?;
    // Before anything is due, a strict comparison with zero would report every unit as late.
    let cmp = if value.is_zero() { Comparator::AtLeast } else { case.threshold.cmp };
    Some(Threshold { cmp, value })
}

fn judge_flow(
    case: &ComparisonCase<'_>,
    trajectory: Option<BaselineTrajectory>,
) -> Result<PaceState, EvaluationStop> {
    if let Some(threshold) = threshold_to_date(case, trajectory) {
        return judge_threshold(case, threshold).map(to_pace_state);
    }
    match case.decomposed.change {
        // A plain bound has no course: it either holds now or is not reached yet.
        None | Some((Baseline::Fixed(_), _)) => {
            judge_threshold(case, case.threshold).map(to_pace_state)
        }
        Some((
            Baseline::SameWindowPriorYear
            | Baseline::StatYear(_)
            | Baseline::CalendarYear(_)
            | Baseline::MeanPrior(_),
            _,
        )) => Err(EvaluationStop {
            verdict: TargetVerdict::Undetermined,
            reason: VerdictReason::NoBaselineToDate,
        }),
    }
}

/// Sets value, display and counts against the same cut-off.
fn set_values(
    case: &ComparisonCase<'_>,
    trajectory: Option<BaselineTrajectory>,
    out: &mut Evaluation,
) {
    let base = match (case.base, trajectory) {
        (Some(base), Some(trajectory)) => {
            trajectory.share_to_date().and_then(|share| base.value.checked_mul(share))
        }
        (Some(_) | None, Some(_) | None) => None,
    };
    if case.decomposed.change.is_some() && out.counts.is_some() {
        out.counts = Some(CaseCounts::from_counts(base, case.current.reported));
    }
    display::set_value(case, base, out);
}

fn build_forecast(
    case: &ComparisonCase<'_>,
    trajectory: Option<BaselineTrajectory>,
    state: PaceState,
    limit: Option<i64>,
) -> EvaluatedPace {
    let threshold = threshold_to_date(case, trajectory).filter(|_| !case.from_zero_base);
    let mut pace = EvaluatedPace {
        state: Some(state),
        allowed_to_date: threshold.map(|threshold| threshold.value),
        ..EvaluatedPace::default()
    };
    let already_missed = state == PaceState::AlreadyMissed;
    if already_missed {
        pace.percent_to_meet = Some(0);
    }
    let (Some(trajectory), Some(limit)) = (trajectory, limit) else { return pace };
    let Some(remainder) = trajectory.remainder().filter(|_| !trajectory.whole.is_zero()) else {
        return pace;
    };
    let now = case.current.reported;
    let budget = Ratio::from_integer(limit).checked_sub(now);
    let change = budget
        .filter(|_| !already_missed)
        .and_then(|budget| budget.checked_sub(remainder)?.checked_div(remainder));
    // A decrease of more than 100 % is impossible.
    pace.rest_change = change.filter(|change| *change >= Ratio::from_integer(-1));
    let expected = expected_remainder(trajectory, now, remainder);
    pace.forecast = expected.and_then(|expected| now.checked_add(expected));
    if !already_missed {
        pace.percent_to_meet = expected
            .zip(budget)
            .and_then(|(expected, budget)| chance_to_meet(case.threshold, now, expected, budget));
    }
    pace
}

/// The rest of the base, multiplied by the posterior mean of the ratio.
fn expected_remainder(
    trajectory: BaselineTrajectory,
    now: Ratio,
    remainder: Ratio,
) -> Option<Ratio> {
    let prior = Ratio::from_integer(PRIOR_WEIGHT);
    remainder
        .checked_mul(prior.checked_add(now)?.checked_div(prior.checked_add(trajectory.to_date)?)?)
}

fn chance_to_meet(threshold: Threshold, now: Ratio, expected: Ratio, budget: Ratio) -> Option<u8> {
    let shape = Ratio::from_integer(PRIOR_WEIGHT).checked_add(now)?.to_f64();
    let at_most = |limit: i128| {
        distribution::negative_binomial_cdf(
            shape,
            expected.to_f64(),
            i64::try_from(limit).unwrap_or(i64::MAX),
        )
    };
    let chance = match threshold.cmp {
        Comparator::AtMost | Comparator::Less => at_most(budget.floor())?,
        Comparator::AtLeast | Comparator::Greater => 1.0 - at_most(budget.ceil() - 1)?,
        Comparator::Equal => at_most(budget.floor())? - at_most(budget.ceil() - 1)?,
    };
    let hundredths = (chance * 100.0).round();
    // 0 and 100 are reserved for certainty.
    Some(if expected.is_zero() { hundredths as u8 } else { hundredths.clamp(1.0, 99.0) as u8 })
}
