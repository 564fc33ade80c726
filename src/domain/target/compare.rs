//! One comparison judged: threshold, limit, value, and the verdict once the window is over.
//!
//! The order matters and is that of the domain page: comparability, figures, denominators, zero base, small base, and only
//! then the comparison. What is said while the window runs is in `pace`.

use super::ast::{Comparator, Comparison, Mode};
use super::evaluation::{Counts, Evaluation, Failures};
use super::figures::{Figures, Terms};
use super::need::{Judged, Need};
use super::pace;
use super::read::{Before, Current, Halt, Level, Plan, Reader, TOO_LARGE};
use super::show;
use super::verdict::{Comparability, Reason, Stage, Verdict};
use crate::domain::campaign::ZeroBase;
use crate::domain::ratio::Ratio;

pub(super) fn evaluate(comparison: &Comparison, figures: &dyn Figures, terms: &Terms, out: &mut Evaluation) {
    let reader = Reader { comparison, figures, terms };
    if let Err(halt) = judge(&reader, out) {
        out.halt(halt);
    }
}

/// All that is known of a comparison before its stage matters.
pub(super) struct Case<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) plan: Plan<'a>,
    pub(super) current: Current,
    pub(super) base: Option<Before>,
    /// In the unit of `current`.
    pub(super) need: Need,
    /// The base is zero and stays out of every percentage.
    pub(super) from_zero: bool,
}

fn judge(reader: &Reader<'_>, out: &mut Evaluation) -> Result<(), Halt> {
    match reader.comparability() {
        Comparability::Broken => {
            return Err(Halt { verdict: Verdict::NotComparable, reason: Reason::BrokenComparability });
        }
        Comparability::Bridged => out.because(Reason::Bridged),
        Comparability::Exact => {}
    }
    let plan = Plan::of(&reader.comparison.measure)?;
    let current = reader.current(plan.level)?;
    if current.missing && current.parts.is_none() {
        out.interval = Some((current.span.lo, current.span.hi));
    }
    let base = plan.change.map(|(baseline, _)| reader.before(plan.level, baseline)).transpose()?;
    out.counts = counts(&plan, &current, base);
    let (threshold, from_zero) = threshold(reader, &plan, base, current.value()?, out)?;
    let at = threshold.at.over(current.factor).ok_or(TOO_LARGE)?;
    let case = Case { reader: *reader, plan, current, base, need: Need { at, ..threshold }, from_zero };
    limits(&case, out);
    if !from_zero {
        large_enough(&case, out)?;
    }
    if reader.terms.stage == Stage::Running {
        return pace::judge(&case, out);
    }
    let base = case.base.map(|base| base.value);
    show::value(&case, base, out);
    verdict(&case, out)
}

/// The condition on the measure's own value, and whether it comes from the policy for a zero base.
fn threshold(
    reader: &Reader<'_>,
    plan: &Plan<'_>,
    base: Option<Before>,
    now: Ratio,
    out: &mut Evaluation,
) -> Result<(Need, bool), Halt> {
    let Comparison { cmp, bound, .. } = reader.comparison;
    let bound = bound.decimal.ratio(if bound.percent { 2 } else { 0 });
    let (Some((_, mode)), Some(Before { value: base, .. })) = (plan.change, base) else {
        return Ok((Need { cmp: *cmp, at: bound }, false));
    };
    let at = match mode {
        Mode::Relative => bound.plus(Ratio::ONE).and_then(|factor| factor.times(base)),
        Mode::Absolute => base.plus(bound),
    };
    let need = Need { cmp: *cmp, at: at.ok_or(TOO_LARGE)? };
    if mode == Mode::Relative && base.is_negative() {
        return Err(Halt { verdict: Verdict::NotApplicable, reason: Reason::NegativeBase });
    }
    // A difference has a meaning from zero too, unless it asks for less than nothing.
    let less_than_nothing = need.is_ceiling() && !need.meets(Ratio::ZERO);
    if !base.is_zero() || (mode == Mode::Absolute && !less_than_nothing) {
        return Ok((need, false));
    }
    show::from_to(base, now, out);
    let reduces = need.is_ceiling() || (need.cmp == Comparator::Equal && bound <= Ratio::ZERO);
    if reduces && reader.terms.zero_base == ZeroBase::MaintainZero {
        out.because(Reason::ZeroBase);
        return Ok((Need { cmp: Comparator::AtMost, at: Ratio::ZERO }, true));
    }
    Err(Halt { verdict: Verdict::NotApplicable, reason: Reason::ZeroBase })
}

fn counts(plan: &Plan<'_>, current: &Current, base: Option<Before>) -> Option<Counts> {
    let counted = matches!(plan.level, Level::Count(_) | Level::Stock(_));
    if !counted {
        let few = |cases: Ratio| cases <= Ratio::whole(20);
        let cases = current.parts.map_or(current.reported, |(_, below)| below);
        return few(cases).then_some(Counts::of(None, cases));
    }
    Some(Counts::of(base.map(|base| base.value), current.reported))
}

/// The last whole number that meets, and how many failures a ratio allows.
fn limits(case: &Case<'_>, out: &mut Evaluation) {
    let Need { cmp, at } = case.need;
    match (case.current.parts, case.plan.change) {
        (None, _) => out.limit = case.need.limit(),
        // The numerator of a share that is bounded from above is itself the count that may not grow.
        (Some((_, below)), None) if case.need.is_ceiling() => {
            out.limit = at.times(below).and_then(|at| Need { cmp, at }.limit());
        }
        (Some((above, below)), None) => out.failures = failures(case.need, above, below),
        (Some(_), Some(_)) => {}
    }
}

fn failures(need: Need, above: Ratio, below: Ratio) -> Option<Failures> {
    let everything = need.cmp == Comparator::Equal && need.at == Ratio::ONE;
    if !need.is_floor() && !everything {
        return None;
    }
    let cases = below.as_whole()?;
    let least = Need { at: need.at.times(below)?, ..need }.limit()?;
    let allowed = cases.checked_sub(least).filter(|allowed| *allowed >= 0)?;
    let failed = i64::try_from(below.minus(above)?.ceil().max(0)).ok()?;
    Some(Failures { allowed, left: allowed.checked_sub(failed)? })
}

/// Below the least base there is no verdict, only the counts.
fn large_enough(case: &Case<'_>, out: &mut Evaluation) -> Result<(), Halt> {
    let (Some((_, mode)), Some(base)) = (case.plan.change, case.base) else { return Ok(()) };
    let percent = mode == Mode::Relative && !case.reader.comparison.bound.decimal.is_zero();
    let usual = percent.then_some(Ratio::whole(Terms::MIN_BASE));
    let Some(least) = case.reader.terms.min_base.or(usual) else { return Ok(()) };
    if base.size.is_none_or(|size| size >= least) {
        return Ok(());
    }
    show::from_to(base.value, case.current.value()?, out);
    Err(Halt { verdict: Verdict::NotApplicable, reason: Reason::SmallBase })
}

/// Whether anything that should be known is not, and nobody has signed for it.
pub(super) fn incomplete(case: &Case<'_>) -> bool {
    case.current.missing || case.reader.terms.coverage < Ratio::ONE
}

/// What may be said of `need`: a statement that missing reports could overturn needs enough of them in.
pub(super) fn weigh(case: &Case<'_>, need: Need) -> Result<Judged, Halt> {
    let Terms { coverage, coverage_min, waived, stage, .. } = case.reader.terms;
    let judged = need.judge(case.current.span);
    let open = |reason| Err(Halt { verdict: Verdict::Undetermined, reason });
    match judged {
        Judged::Fails { proven: true } => Ok(judged),
        Judged::Open => open(Reason::MissingReports),
        Judged::Holds | Judged::Fails { proven: false } => match stage {
            Stage::Final if incomplete(case) && !waived => open(Reason::MissingReports),
            Stage::Running | Stage::Closed if coverage < coverage_min => open(Reason::LowCoverage),
            Stage::Running | Stage::Closed | Stage::Final => Ok(judged),
        },
    }
}

fn verdict(case: &Case<'_>, out: &mut Evaluation) -> Result<(), Halt> {
    let judged = weigh(case, case.need)?;
    let proven = matches!(judged, Judged::Fails { proven: true });
    out.verdict = Some(if judged == Judged::Holds { Verdict::Met } else { Verdict::Missed });
    if incomplete(case) && !proven {
        out.because(if case.reader.terms.stage == Stage::Final { Reason::Waived } else { Reason::Provisional });
    }
    Ok(())
}
