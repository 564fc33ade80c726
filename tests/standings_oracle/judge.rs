//! One target at one unit: the order of checks is that of the decision page and of the domain page.

use crate::bases::Bridge;
use crate::each::Named;
use crate::figures::Judged;
use crate::fraction::Frac;
use crate::ledger::Scene;
use crate::measure::{Change, Current, Past, Plain, bound_of, plain, threshold_of};
use crate::places::is_summed;
use crate::verdict::{Rule, Stop, Threshold, Verdict, combine};
use jiff::civil::Date;
use std::collections::BTreeSet;
use thidua::domain::campaign::CampaignTarget;
use thidua::domain::report::element::{ElementCode, ElementKind};
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::standing::JudgementState;
use thidua::domain::support::ids::UnitId;
use thidua::domain::target_rule::{
    Baseline, ChangeMode, Comparator, Comparison, Expr, StandingStage, Target, TargetWindow,
    TermSign, ZeroBasePolicy,
};

/// What is judged: one target at one unit in one row.
#[derive(Clone)]
pub(crate) struct Court<'a> {
    pub(crate) scene: &'a Scene<'a>,
    pub(crate) line: &'a CampaignTarget,
    pub(crate) unit: UnitId,
    /// The window of the row.
    pub(crate) window: DateWindow,
    /// The contracts of the whole target, and the end through which it is judged.
    pub(crate) contracts: &'a BTreeSet<String>,
    pub(crate) judged_end: Option<Date>,
    /// Judged as one of many units: enough exposure stands for a whole window.
    pub(crate) by_exposure: bool,
}

/// Everything about one comparison that does not depend on its stage.
struct Case<'a> {
    measure: Plain<'a>,
    change: Option<Change>,
    judged: Judged,
    current: Current,
    base: Option<Past>,
    /// In the unit of `current`.
    threshold: Threshold,
    from_zero: bool,
}

impl Court<'_> {
    pub(crate) fn judged(&self, window: Option<&TargetWindow>) -> Judged {
        let campaign = self.scene.input.campaign;
        let window = match window {
            None => self.window,
            Some(TargetWindow::Legal) => campaign.legal_window,
            Some(TargetWindow::Phase(no)) => {
                campaign.phases.iter().find(|one| u16::from(one.no) == *no).unwrap().window
            }
            Some(TargetWindow::Dates(start, end)) => DateWindow { start: *start, end: *end },
            Some(TargetWindow::Milestone(_)) => unreachable!("refused at check"),
        };
        Judged::new(window, self.judged_end)
    }

    pub(crate) fn stage(&self, judged: Judged) -> StandingStage {
        if self.scene.input.campaign.status.is_final() {
            StandingStage::Final
        } else if judged.is_over() {
            StandingStage::Closed
        } else {
            StandingStage::Running
        }
    }

    /// The stage of a combination is that of the member that closes last.
    pub(crate) fn stage_of(&self, formula: &Target) -> StandingStage {
        let windows = windows_of(formula);
        let is_open = |window: &Option<&TargetWindow>| {
            self.stage(self.judged(*window)) == StandingStage::Running
        };
        if windows.iter().any(is_open) {
            return StandingStage::Running;
        }
        self.stage(self.judged(windows[0]))
    }

    pub(crate) fn judge(&self, formula: &Target) -> Verdict {
        let rule = match formula {
            Target::Compare(comparison) => return self.judge_comparison(comparison),
            Target::Attest(duty) => return self.judge_duty(duty.as_str()),
            Target::Milestone(_) => unreachable!("refused at check"),
            Target::All(_) => Rule::All,
            Target::Any(_) => Rule::Any,
            Target::Tier { .. } => Rule::Tier,
        };
        let members: Vec<Verdict> =
            formula.members().into_iter().map(|member| self.judge(member)).collect();
        let running = self.stage_of(formula) == StandingStage::Running;
        Verdict { members: members.clone(), ..Verdict::of(combine(rule, running, &members)) }
    }

    fn judge_duty(&self, code: &str) -> Verdict {
        let duty = self.scene.input.campaign.duty(code).unwrap();
        let judged = self.judged(None);
        let done = self.reading(duty.element.as_ref().unwrap(), judged).known;
        let done = done.unwrap_or(Frac::ZERO);
        let due = Frac::int(duty.due.into());
        let mut verdict = Verdict::of(JudgementState::Undetermined);
        verdict.value = (duty.due > 0).then(|| done / due);
        match (self.stage(judged) == StandingStage::Running, done >= due) {
            (true, true) => verdict.state = JudgementState::OnPace,
            (true, false) => verdict.stop((JudgementState::Undetermined, "NOT_ATTESTED")),
            (false, true) => verdict.state = JudgementState::Met,
            (false, false) => verdict.stop((JudgementState::Missed, "NOT_ATTESTED")),
        }
        verdict
    }

    pub(crate) fn judge_comparison(&self, comparison: &Comparison) -> Verdict {
        if let Some(Named::Counted | Named::Level(_) | Named::Kind(_)) = Named::by(comparison) {
            return self.judge_each(comparison);
        }
        let mut verdict = Verdict::of(JudgementState::Undetermined);
        if let Err(stop) = self.try_judge(comparison, &mut verdict) {
            verdict.stop(stop);
        }
        verdict
    }

    fn try_judge(&self, comparison: &Comparison, out: &mut Verdict) -> Result<(), Stop> {
        let judged = self.judged(comparison.window.as_ref());
        self.check_comparable(comparison, judged)?;
        let (measure, change) = plain(&comparison.measure);
        if let Some(lost) = self.lost_before_due(comparison, judged) {
            return Err(lost);
        }
        let current = self.current(measure, judged)?;
        if current.missing && current.below.is_none() && change.is_none() {
            out.interval = Some((current.low, current.high));
        }
        let base = change.map(|(baseline, _)| self.whole_base(measure, &baseline, judged));
        let base = base.transpose()?;
        let (threshold, from_zero) = threshold_of(comparison, change, base, self.maintains_zero())?;
        let threshold = Threshold { at: threshold.at / current.factor, ..threshold };
        out.limit = match (current.below, change) {
            (None, _) => threshold.limit(),
            (Some(below), None) if threshold.is_ceiling() => {
                Threshold { at: threshold.at * below, ..threshold }.limit()
            }
            (Some(_), _) => None,
        };
        if !from_zero {
            self.check_size(comparison, change, base, &current)?;
        }
        let case = Case { measure, change, judged, current, base, threshold, from_zero };
        if self.stage(judged) == StandingStage::Running {
            return self.judge_running(&case, out);
        }
        out.value = value_against(&case, case.base.map(|base| base.value));
        let holds = self.judge_threshold(&case, case.threshold)?;
        out.state = if holds { JudgementState::Met } else { JudgementState::Missed };
        Ok(())
    }

    fn maintains_zero(&self) -> bool {
        self.line.zero_base.unwrap_or(ZeroBasePolicy::MaintainZero) == ZeroBasePolicy::MaintainZero
    }

    /// What does not measure the same thing is not compared (R13, R14, M5).
    fn check_comparable(&self, comparison: &Comparison, judged: Judged) -> Result<(), Stop> {
        let broken = (JudgementState::NotComparable, "BROKEN_COMPARABILITY");
        let (scene, baseline) = (self.scene, comparison.measure.baseline());
        let elements = comparison.measure.elements();
        let definition_broke = |code: &&ElementCode| {
            baseline.is_some_and(|of| scene.bridge(code, &of, judged) == Bridge::Broken)
        };
        let is_unclear = |code: &&ElementCode| {
            self.reading(code, judged).doubtful
                || self.is_partly_counted(code, judged)
                || scene.is_owed_no_more(&scene.contract_of(code), judged)
        };
        let is_whole = self.is_whole(judged)
            || (self.by_exposure && baseline.is_none() && self.is_exposed(self.unit, judged));
        if !is_whole || elements.iter().any(definition_broke) || elements.iter().any(is_unclear) {
            return Err(broken);
        }
        Ok(())
    }

    /// Whether the figures of some days, and not of all, are counted above this unit.
    fn is_partly_counted(&self, code: &ElementCode, judged: Judged) -> bool {
        let scene = self.scene;
        let unit = scene.org().unit(self.unit).unwrap();
        let day = scene.input.view.structure_day().unwrap_or(scene.input.today);
        let own = unit.nearest_version(day).unwrap().kind;
        let kinds = scene.kinds_counting(code, judged);
        let here = kinds.iter().filter(|kind| is_summed(own, **kind)).count();
        0 < here && here < kinds.len()
    }

    /// In the structure of each period, a unit has all figures only if it lived on all days judged.
    fn is_whole(&self, judged: Judged) -> bool {
        if self.scene.input.view.structure_day().is_some() {
            return true;
        }
        let life = self.scene.org().unit(self.unit).unwrap().lifetime();
        let is_legacy = self.scene.legacy_owner().is_some_and(|(owner, _)| owner == self.unit);
        life.from <= judged.window.start && (judged.end <= life.to || is_legacy)
    }

    /// Whether the unit lived on at least 75 % of the days judged.
    pub(crate) fn is_exposed(&self, unit: UnitId, judged: Judged) -> bool {
        if self.scene.input.view.structure_day().is_some() {
            return true;
        }
        let life = self.scene.org().unit(unit).unwrap().lifetime();
        let (start, end) = (life.from.max(judged.window.start), life.to.min(judged.end));
        let lived = if start < end { crate::figures::days_between(start, end) } else { 0 };
        lived * 4 >= judged.days() * 3
    }

    /// Accepted figures that are not due yet can lose a count that only grows, and nothing else.
    fn lost_before_due(&self, comparison: &Comparison, judged: Judged) -> Option<Stop> {
        let (measure, change) = plain(&comparison.measure);
        let Plain::Count(expr) = measure else { return None };
        if self.stage(judged) != StandingStage::Running || !self.only_grows(expr) {
            return None;
        }
        let readings: Vec<_> = expr.terms().map(|(_, code)| self.reading(code, judged)).collect();
        let due: Frac = readings.iter().filter_map(|reading| reading.known).sum();
        let with_early = due + readings.iter().map(|reading| reading.early).sum();
        let base = change.map(|(baseline, _)| self.whole_base(measure, &baseline, judged));
        let base = base.transpose().ok()?;
        let (threshold, from_zero) =
            threshold_of(comparison, change, base, self.maintains_zero()).ok()?;
        let small = !from_zero && self.is_small(comparison, change, base);
        let lost = !small && threshold.is_lost_at(with_early) && !threshold.is_lost_at(due);
        lost.then_some((JudgementState::AlreadyMissed, "BEFORE_DUE"))
    }

    fn only_grows(&self, expr: &Expr) -> bool {
        expr.terms().all(|(sign, code)| {
            let element = self.scene.element(code);
            sign == TermSign::Plus && element.min >= 0 && element.kind != ElementKind::Stock
        })
    }

    /// Below its least base a change has no verdict; a ratio only if the target says so (M7).
    fn check_size(
        &self,
        comparison: &Comparison,
        change: Option<Change>,
        base: Option<Past>,
        current: &Current,
    ) -> Result<(), Stop> {
        let small = (JudgementState::NotApplicable, "SMALL_BASE");
        let least = self.line.min_base.map(|least| Frac::int(least.into()));
        let few = |below: Frac| least.is_some_and(|least| below < least);
        let is_small = self.is_small(comparison, change, base)
            || (change.is_none() && current.below.is_some_and(few));
        if is_small { Err(small) } else { Ok(()) }
    }

    fn is_small(
        &self,
        comparison: &Comparison,
        change: Option<Change>,
        base: Option<Past>,
    ) -> bool {
        let Some(((_, mode), base)) = change.zip(base) else { return false };
        let percent = mode == ChangeMode::Relative && !bound_of(comparison.bound).is_zero();
        let least = self.line.min_base.map(|least| Frac::int(least.into()));
        let least = least.or(percent.then_some(Frac::int(10)));
        base.cases.zip(least).is_some_and(|(cases, least)| cases < least)
    }

    /// Whether the threshold holds. What missing reports could overturn needs enough coverage, and
    /// at the end all reports.
    fn judge_threshold(&self, case: &Case<'_>, threshold: Threshold) -> Result<bool, Stop> {
        let Current { low, high, low_certain, high_certain, .. } = case.current;
        let (is_lost, is_proven) = match threshold.cmp {
            Comparator::AtMost | Comparator::Less => (!threshold.is_met_by(low), low_certain),
            Comparator::AtLeast | Comparator::Greater => (!threshold.is_met_by(high), high_certain),
            Comparator::Equal if threshold.at < low => (true, low_certain),
            Comparator::Equal => (threshold.at > high, high_certain),
        };
        let holds = threshold.is_met_by(low) && threshold.is_met_by(high);
        if is_lost && is_proven {
            return Ok(false);
        }
        if case.current.holder_ended {
            return Err((JudgementState::Undetermined, "HOLDER_ENDED"));
        }
        if !is_lost && !holds {
            return Err((JudgementState::Undetermined, "MISSING_REPORTS"));
        }
        let incomplete = case.current.missing || self.report_share(case.judged) < Frac::ONE;
        if self.stage(case.judged) == StandingStage::Final && incomplete {
            return Err((JudgementState::Undetermined, "MISSING_REPORTS"));
        }
        let share = self.report_share(case.judged).min(self.weight_share(case));
        if share < self.coverage_min() {
            return Err((JudgementState::Undetermined, "LOW_COVERAGE"));
        }
        Ok(holds)
    }

    fn coverage_min(&self) -> Frac {
        Frac::new(self.line.coverage_min.unwrap_or(950).into(), 1000)
    }

    /// Accepted share of the reports that are due under the target's contracts.
    pub(crate) fn report_share(&self, judged: Judged) -> Frac {
        let coverage = self.scene.coverage(self.unit, self.contracts, &[judged]);
        if coverage.expected == 0 {
            return Frac::ONE;
        }
        Frac::new(coverage.accepted.into(), coverage.expected.into())
    }

    /// Least accepted share of the expected weight over the elements; of a ratio its denominators.
    fn weight_share(&self, case: &Case<'_>) -> Frac {
        let (Plain::Count(expr)
        | Plain::Stock(expr)
        | Plain::Rate { num: expr, .. }
        | Plain::Ratio { den: expr, .. }) = case.measure;
        let share = |code: &ElementCode| {
            let (accepted, all) = self.reading(code, case.judged).weight;
            if all.is_zero() { Frac::ONE } else { accepted / all }
        };
        expr.terms().map(|(_, code)| share(code)).min().unwrap_or(Frac::ONE)
    }

    fn judge_running(&self, case: &Case<'_>, out: &mut Verdict) -> Result<(), Stop> {
        let expr = match case.measure {
            Plain::Count(expr) | Plain::Rate { num: expr, .. } => expr,
            Plain::Stock(_) | Plain::Ratio { .. } => return self.judge_level(case, out),
        };
        let course = self.course_of(case, expr);
        let base =
            case.base.zip(course).and_then(|(base, course)| Some(base.value * share(course)?));
        out.value = value_against(case, base);
        let counted = matches!(case.measure, Plain::Count(_)) && self.only_grows(expr);
        let threshold = self.threshold_now(case, course);
        let stated = threshold.filter(|_| !(counted && case.from_zero));
        out.limit_now = stated.map(|threshold| threshold.at);
        if counted && case.threshold.is_lost_at(case.current.low) {
            out.state = JudgementState::AlreadyMissed;
            return Ok(());
        }
        let compared = match case.change {
            None | Some((Baseline::Fixed(_), _)) => Some(threshold.unwrap_or(case.threshold)),
            Some(_) => threshold,
        };
        let no_base = (JudgementState::Undetermined, "NO_BASELINE_TO_DATE");
        let holds = self.judge_threshold(case, compared.ok_or(no_base)?)?;
        out.state = if holds { JudgementState::OnPace } else { JudgementState::Behind };
        Ok(())
    }

    /// A stock or a share has no course: it is compared with the threshold of the end.
    fn judge_level(&self, case: &Case<'_>, out: &mut Verdict) -> Result<(), Stop> {
        let so_far = match (case.change, case.measure) {
            (Some((baseline, _)), Plain::Ratio { .. }) => {
                self.base_so_far(case.measure, &baseline, case.judged)
            }
            (Some(_) | None, _) => None,
        };
        out.value = value_against(case, so_far.or(case.base).map(|base| base.value));
        let holds = self.judge_threshold(case, case.threshold)?;
        out.state = if holds { JudgementState::OnPace } else { JudgementState::Behind };
        Ok(())
    }

    /// The base in whole and through the days judged, in the unit of the current figure.
    fn course_of(&self, case: &Case<'_>, expr: &Expr) -> Option<(Frac, Frac)> {
        let baseline = case.change.map_or(Baseline::SameWindowPriorYear, |(baseline, _)| baseline);
        let course = self.course(expr, &baseline, case.judged)?;
        if !matches!(baseline, Baseline::Fixed(_)) {
            return Some(course);
        }
        let base = case.base?.value / case.current.factor;
        Some((base, base * share(course)?))
    }

    /// What must hold by now: the share of the base's course, or of a floor without one the share
    /// of the days (M6).
    fn threshold_now(&self, case: &Case<'_>, course: Option<(Frac, Frac)>) -> Option<Threshold> {
        if case.from_zero {
            return Some(case.threshold);
        }
        let threshold = case.threshold;
        if let Some((course, share)) = course.and_then(|course| Some((course, share(course)?))) {
            // While the base is zero, a strict bound of zero is not yet missed.
            let cmp = match (threshold.cmp, course.1.is_zero()) {
                (Comparator::Less, true) => Comparator::AtMost,
                (Comparator::Greater, true) => Comparator::AtLeast,
                (cmp, _) => cmp,
            };
            return Some(Threshold { cmp, at: threshold.at * share });
        }
        let plain = matches!(case.change, None | Some((Baseline::Fixed(_), _)));
        let all = crate::figures::days_between(case.judged.window.start, case.judged.window.end);
        let days = Frac::new(case.judged.days().into(), all.into());
        (plain && threshold.is_floor())
            .then_some(Threshold { at: threshold.at * days, ..threshold })
    }
}

fn share((whole, to_date): (Frac, Frac)) -> Option<Frac> {
    (!whole.is_zero()).then(|| to_date / whole)
}

/// The published value; a change is against `base`, and no percentage of zero exists.
fn value_against(case: &Case<'_>, base: Option<Frac>) -> Option<Frac> {
    let now = case.current.value();
    match case.change {
        _ if case.from_zero => None,
        None => Some(now),
        Some((_, ChangeMode::Absolute)) => base.map(|base| now - base),
        Some((_, ChangeMode::Relative)) => {
            base.filter(|base| !base.is_zero()).map(|base| (now - base) / base)
        }
    }
}

/// The windows that the members of a formula name.
pub(crate) fn windows_of(formula: &Target) -> Vec<Option<&TargetWindow>> {
    match formula {
        Target::Compare(comparison) => vec![comparison.window.as_ref()],
        Target::Attest(_) | Target::Milestone(_) => vec![None],
        Target::All(_) | Target::Any(_) | Target::Tier { .. } => {
            formula.members().into_iter().flat_map(windows_of).collect()
        }
    }
}
