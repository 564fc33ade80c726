//! How a comparison stands while its window runs: like for like with the same cut-off of the base window.
//!
//! The state is exact. The forecast is not a judgement: a Gamma(50, 50) prior on the ratio to the base, seen so far, and a
//! Poisson rest give a negative binomial. Knows no date: the caller decides what "to date" is.

use super::ast::{Baseline, Comparator, Expr, Sign};
use super::compare::{Case, weigh};
use super::evaluation::{Counts, Evaluation, Pace};
use super::need::{Judged, Need};
use super::read::{Halt, Level};
use super::show;
use super::spread;
use super::verdict::{PaceState, Reason, Verdict};
use crate::domain::ratio::Ratio;

/// Weight of the prior: so many cases as good as seen with the ratio one.
const PRIOR: i64 = 50;

/// How the base ran, in cases: all of it, and up to the same cut-off.
#[derive(Clone, Copy)]
struct Course {
    whole: Ratio,
    to_date: Ratio,
}

impl Course {
    fn share(self) -> Option<Ratio> {
        self.to_date.over(self.whole)
    }

    fn rest(self) -> Option<Ratio> {
        self.whole.minus(self.to_date).map(|rest| rest.max(Ratio::ZERO))
    }
}

pub(super) fn judge(case: &Case<'_>, out: &mut Evaluation) -> Result<(), Halt> {
    let (expr, flow) = match case.plan.level {
        Level::Count(expr) => (expr, true),
        Level::Rate { num, .. } => (num, true),
        Level::Stock(expr) | Level::Ratio { num: expr, .. } => (expr, false),
    };
    if !flow {
        return level(case, out);
    }
    let course = course(case, expr);
    values(case, course, out);
    let grows_only =
        matches!(case.plan.level, Level::Count(_)) && expr.rest.iter().all(|(sign, _)| *sign == Sign::Plus);
    if grows_only && lost(case) {
        out.pace = Some(forecast(case, course, PaceState::AlreadyMissed, out.limit));
        return Ok(());
    }
    let state = state_of_flow(case, course)?;
    out.pace = Some(if grows_only {
        forecast(case, course, state, out.limit)
    } else {
        Pace { state: Some(state), allowed_to_date: allowed(case, course).map(|need| need.at), ..Pace::default() }
    });
    Ok(())
}

/// A stock or a share has no course: it is held against what it must be at the end, as it stands.
fn level(case: &Case<'_>, out: &mut Evaluation) -> Result<(), Halt> {
    let to_date = match (case.plan.change, case.plan.level) {
        (Some((baseline, _)), Level::Ratio { .. }) => case.reader.before_to_date(case.plan.level, baseline).ok(),
        (Some(_) | None, _) => None,
    };
    show::value(case, to_date.or(case.base).map(|base| base.value), out);
    let state = state(weigh(case, case.need)?);
    out.pace = Some(Pace { state: Some(state), ..Pace::default() });
    Ok(())
}

fn state(judged: Judged) -> PaceState {
    if judged == Judged::Holds { PaceState::OnPace } else { PaceState::Behind }
}

/// The counts only grow, and have grown past what can still meet.
fn lost(case: &Case<'_>) -> bool {
    let span = case.current.span;
    match case.need.cmp {
        Comparator::AtMost | Comparator::Less => !case.need.meets(span.lo),
        Comparator::Equal => span.lo > case.need.at,
        Comparator::AtLeast | Comparator::Greater => false,
    }
}

fn course(case: &Case<'_>, expr: &Expr) -> Option<Course> {
    let fixed = match case.plan.change {
        Some((baseline @ Baseline::Fixed(_), _)) => Some(baseline),
        Some((
            Baseline::SameWindowPriorYear | Baseline::StatYear(_) | Baseline::CalendarYear(_) | Baseline::MeanPrior(_),
            _,
        ))
        | None => None,
    };
    let baseline = case.plan.change.map_or(&Baseline::SameWindowPriorYear, |(baseline, _)| baseline);
    let (whole, to_date) = case.reader.course(expr, baseline)?;
    let course = Course { whole, to_date };
    if fixed.is_none() {
        return Some(course);
    }
    // A fixed base takes only its course over the year from the figures of the past.
    let base = case.base?.value.over(case.current.factor)?;
    Some(Course { whole: base, to_date: base.times(course.share()?)? })
}

/// What must hold by now: the threshold, shrunk to the part of the base that had come by the same cut-off.
fn allowed(case: &Case<'_>, course: Option<Course>) -> Option<Need> {
    if case.from_zero {
        return Some(case.need);
    }
    let course = course?;
    let at = case.need.at.times(course.share()?)?;
    // Where nothing had come by now, nothing is late: a strict comparison with zero would say so.
    let cmp = match case.need.cmp {
        Comparator::Less if course.to_date.is_zero() => Comparator::AtMost,
        Comparator::Greater if course.to_date.is_zero() => Comparator::AtLeast,
        cmp @ (Comparator::Less
        | Comparator::AtMost
        | Comparator::Equal
        | Comparator::AtLeast
        | Comparator::Greater) => cmp,
    };
    Some(Need { cmp, at })
}

fn state_of_flow(case: &Case<'_>, course: Option<Course>) -> Result<PaceState, Halt> {
    if let Some(need) = allowed(case, course) {
        return weigh(case, need).map(state);
    }
    match case.plan.change {
        // Only what has come is known of a plain bound: it is kept, or not yet reached.
        None | Some((Baseline::Fixed(_), _)) => weigh(case, case.need).map(state),
        Some((
            Baseline::SameWindowPriorYear | Baseline::StatYear(_) | Baseline::CalendarYear(_) | Baseline::MeanPrior(_),
            _,
        )) => Err(Halt { verdict: Verdict::Undetermined, reason: Reason::NoBaselineToDate }),
    }
}

/// Value, display and counts against the same cut-off.
fn values(case: &Case<'_>, course: Option<Course>, out: &mut Evaluation) {
    let base = match (case.base, course) {
        (Some(base), Some(course)) => course.share().and_then(|share| base.value.times(share)),
        (Some(_) | None, Some(_) | None) => None,
    };
    if case.plan.change.is_some() && out.counts.is_some() {
        out.counts = Some(Counts::of(base, case.current.reported));
    }
    show::value(case, base, out);
}

fn forecast(case: &Case<'_>, course: Option<Course>, state: PaceState, limit: Option<i64>) -> Pace {
    let need = allowed(case, course).filter(|_| !case.from_zero);
    let mut pace = Pace { state: Some(state), allowed_to_date: need.map(|need| need.at), ..Pace::default() };
    let lost = state == PaceState::AlreadyMissed;
    if lost {
        pace.p_meet = Some(0);
    }
    let (Some(course), Some(limit)) = (course, limit) else { return pace };
    let Some(rest) = course.rest().filter(|_| !course.whole.is_zero()) else { return pace };
    let now = case.current.reported;
    let budget = Ratio::whole(limit).minus(now);
    let change = budget.filter(|_| !lost).and_then(|budget| budget.minus(rest)?.over(rest));
    // Nothing can fall by more than all of it.
    pace.rest_change = change.filter(|change| *change >= Ratio::whole(-1));
    let expected = expected_rest(course, now, rest);
    pace.forecast = expected.and_then(|expected| now.plus(expected));
    if !lost {
        pace.p_meet = expected.zip(budget).and_then(|(expected, budget)| chance(case.need, now, expected, budget));
    }
    pace
}

/// The rest of the base, times the mean of the ratio as seen so far.
fn expected_rest(course: Course, now: Ratio, rest: Ratio) -> Option<Ratio> {
    let prior = Ratio::whole(PRIOR);
    rest.times(prior.plus(now)?.over(prior.plus(course.to_date)?)?)
}

fn chance(need: Need, now: Ratio, expected: Ratio, budget: Ratio) -> Option<u8> {
    let shape = Ratio::whole(PRIOR).plus(now)?.approximately();
    let at_most = |limit: i128| {
        spread::negative_binomial_at_most(shape, expected.approximately(), i64::try_from(limit).unwrap_or(i64::MAX))
    };
    let chance = match need.cmp {
        Comparator::AtMost | Comparator::Less => at_most(budget.floor())?,
        Comparator::AtLeast | Comparator::Greater => 1.0 - at_most(budget.ceil() - 1)?,
        Comparator::Equal => at_most(budget.floor())? - at_most(budget.ceil() - 1)?,
    };
    let hundredths = (chance * 100.0).round();
    // 0 and 100 are for what is certain.
    Some(if expected.is_zero() { hundredths as u8 } else { hundredths.clamp(1.0, 99.0) as u8 })
}
