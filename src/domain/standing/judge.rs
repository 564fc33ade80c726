//! Every target at every unit, judged.
//!
//! Knows which unit counts what, and turns evaluations into what is published; how a comparison is judged is `target`'s.

use super::figures::{UnitFigures, resolve};
use super::fold::Input;
use super::place::Origins;
use super::totals::Totals;
use super::{Coverage, Judgement, JudgementState, Standing, StandingFigure};
use crate::domain::campaign::{Campaign, TargetLine, ZeroBase};
use crate::domain::element::ElementCode;
use crate::domain::expectation::UnknownCalendar;
use crate::domain::ids::UnitId;
use crate::domain::org::UnitKind;
use crate::domain::ratio::Ratio;
use crate::domain::target::{Baseline, Comparison, Evaluation, Stage, Target, Terms, Window as When};
use crate::domain::window::Window;
use std::collections::BTreeSet;

/// The standings of every unit on every target of the campaign, over its whole measurement window (phase 0) and over each phase that has
/// begun, by phase, unit (uid) and target, summed in the structure of the view.
///
/// # Errors
/// A contract names a calendar that does not exist.
pub fn standings(input: &Input<'_>, definition_version: i64) -> Result<Vec<Standing>, UnknownCalendar> {
    Ok(standings_of(input, &totals(input)?, definition_version))
}

/// The sums that the campaign's standings are judged from: of every window that it or one of its targets names, each once.
///
/// # Errors
/// A contract names a calendar that does not exist.
pub fn totals(input: &Input<'_>) -> Result<Totals, UnknownCalendar> {
    let campaign = input.campaign;
    let comparisons = campaign.targets.iter().flat_map(|line| line.formula.comparisons());
    let whole = campaign.measurement_window;
    let named = comparisons.filter_map(|comparison| resolve(input, whole, comparison.window.as_ref()));
    let phases = campaign.phases.iter().map(|phase| phase.window);
    let windows: BTreeSet<Window> = std::iter::once(whole).chain(phases).chain(named).collect();
    Totals::of(input, &windows.into_iter().collect::<Vec<_>>())
}

/// The standings that follow from sums as of the input's day.
#[must_use]
pub fn standings_of(input: &Input<'_>, totals: &Totals, definition_version: i64) -> Vec<Standing> {
    let (folded, origins) = (totals.windows(), Origins::of(input));
    let mut all = Vec::new();
    for (phase, window) in spans(input) {
        let stage = stage(input, window);
        for (unit, kind) in units(input, window) {
            let figures = UnitFigures { input, unit, window, folded, origins: origins.as_ref() };
            for line in &input.campaign.targets {
                let coverage = coverage(&figures, line);
                all.push(Standing {
                    campaign: input.campaign.id(),
                    phase,
                    unit,
                    view: input.view.into(),
                    stage,
                    definition_version,
                    judgement: judge(&figures, kind, line, &terms(line, stage, coverage)),
                    coverage,
                });
            }
        }
    }
    all
}

/// What is judged: the whole campaign as phase 0, and each phase that has begun.
fn spans(input: &Input<'_>) -> Vec<(u8, Window)> {
    let begun = input.campaign.phases.iter().filter(|phase| phase.window.start < input.today);
    let phases = begun.map(|phase| (phase.no, phase.window));
    std::iter::once((0, input.campaign.measurement_window)).chain(phases).collect()
}

fn stage(input: &Input<'_>, window: Window) -> Stage {
    if input.campaign.status.is_final() {
        Stage::Final
    } else if input.today < window.end {
        Stage::Running
    } else {
        Stage::Closed
    }
}

/// The units that existed on some day that is over, with their kind at the end; in the structure of one day those of that day.
fn units(input: &Input<'_>, window: Window) -> Vec<(UnitId, UnitKind)> {
    if let Some(day) = input.view.day() {
        let kind = |unit: &crate::domain::org::Unit| input.org.kind_on(unit.id, day).map(|kind| (unit.id, kind));
        return input.org.units_on(day).filter_map(kind).filter(|(_, kind)| *kind != UnitKind::Cluster).collect();
    }
    let lived = |unit: &crate::domain::org::Unit| {
        let life = unit.span();
        let last = unit.versions.last()?;
        let begun = life.from < input.today.min(window.end) && window.start < life.to;
        (begun && last.kind != UnitKind::Cluster).then_some((unit.id, last.kind))
    };
    input.org.units().iter().filter_map(lived).collect()
}

fn terms(line: &TargetLine, stage: Stage, coverage: Coverage) -> Terms {
    let usual = Terms::at(stage);
    Terms {
        coverage: coverage.share(),
        coverage_min: line.coverage_min.and_then(|share| Ratio::scaled(share.into(), 3)).unwrap_or(usual.coverage_min),
        min_base: line.min_base.map(|least| Ratio::whole(least.into())),
        zero_base: line.zero_base.unwrap_or(ZeroBase::MaintainZero),
        ..usual
    }
}

/// Reports behind a target: those of every contract that brings in one of its elements.
fn coverage(figures: &UnitFigures<'_>, line: &TargetLine) -> Coverage {
    let catalogue = figures.input.catalogue;
    let elements = elements(figures, &line.formula);
    let contracts: BTreeSet<&str> =
        elements.iter().filter_map(|code| catalogue.counted_by(code)).map(|contract| contract.code.as_str()).collect();
    let Some((_, folded)) = figures.folded(None) else { return Coverage::default() };
    contracts.into_iter().map(|code| folded.coverage(figures.unit, code)).fold(Coverage::default(), Coverage::and)
}

/// The elements of a formula, those of its duties among them.
fn elements(figures: &UnitFigures<'_>, formula: &Target) -> BTreeSet<ElementCode> {
    formula.elements().into_iter().chain(attested(figures.input.campaign, formula)).collect()
}

/// The elements by which the duties that a formula attests are shown.
pub(super) fn attested(campaign: &Campaign, formula: &Target) -> impl Iterator<Item = ElementCode> {
    let duties = campaign.duties.iter().filter(|duty| formula.names_duty(&duty.code));
    duties.filter_map(|duty| duty.element.clone())
}

fn judge(figures: &UnitFigures<'_>, kind: UnitKind, line: &TargetLine, terms: &Terms) -> Judgement {
    let evaluation = line.formula.evaluate(figures, terms);
    let place = Place { figures, kind };
    place.judgement(&line.code, &line.formula, &evaluation)
}

struct Place<'a> {
    figures: &'a UnitFigures<'a>,
    kind: UnitKind,
}

impl Place<'_> {
    fn judgement(&self, code: &str, formula: &Target, evaluation: &Evaluation) -> Judgement {
        let comparison = match formula {
            Target::Compare(comparison) => Some(comparison),
            Target::Attest(_) | Target::Milestone(_) | Target::All(_) | Target::Any(_) | Target::Tier { .. } => None,
        };
        let members = formula.members().into_iter().zip(&evaluation.members).zip('a'..='z');
        let members = members.map(|((formula, of), letter)| self.judgement(&format!("{code}{letter}"), formula, of));
        let members: Vec<Judgement> = members.collect();
        if !self.counts(formula) {
            return Judgement::not_counted_here(code, members);
        }
        let pace = evaluation.pace.unwrap_or_default();
        let interval = evaluation.interval.filter(|_| comparison.is_some_and(|one| !one.measure.is_change()));
        Judgement {
            code: code.to_owned(),
            state: state(evaluation),
            reasons: reasons(evaluation),
            value: evaluation.value,
            value_low: interval.map(|(low, _)| low),
            value_high: interval.map(|(_, high)| high),
            bound: comparison.map(|one| one.bound.decimal.ratio(if one.bound.percent { 2 } else { 0 })),
            limit: evaluation.limit,
            limit_now: pace.allowed_to_date,
            failures_allowed: evaluation.failures.map(|failures| failures.allowed),
            failures_left: evaluation.failures.map(|failures| failures.left),
            display: evaluation.display.clone().unwrap_or_default(),
            rest_change: pace.rest_change,
            forecast: pace.forecast,
            percent_to_meet: pace.p_meet,
            tier: evaluation.tier,
            count_before: evaluation.counts.and_then(|counts| counts.before),
            count_now: evaluation.counts.map(|counts| counts.now),
            variation: evaluation.counts.and_then(|counts| counts.z),
            figures: comparison.map(|one| self.behind(one)).unwrap_or_default(),
            members,
        }
    }

    /// Whether every element is counted at this unit or below it.
    fn counts(&self, formula: &Target) -> bool {
        let (catalogue, comparisons) = (self.figures.input.catalogue, formula.comparisons());
        let attests = comparisons.is_empty();
        let counted = |code: &ElementCode| {
            let level = catalogue.element(code).map(|element| UnitKind::from(element.level));
            // A duty is due in all, not a part of it at each unit.
            level.is_none_or(|level| if attests { self.kind == UnitKind::Province } else { reaches(self.kind, level) })
        };
        let mut named = comparisons.iter().flat_map(|comparison| comparison.measure.elements());
        named.all(counted) && attested(self.figures.input.campaign, formula).all(|code| counted(&code))
    }

    fn behind(&self, comparison: &Comparison) -> Vec<StandingFigure> {
        let (baseline, when) = (comparison.measure.baseline(), comparison.window.as_ref());
        comparison.measure.elements().into_iter().map(|code| self.figure(code, baseline, when)).collect()
    }

    fn figure(&self, code: &ElementCode, baseline: Option<Baseline>, when: Option<&When>) -> StandingFigure {
        let figures = self.figures;
        let value = figures.folded(when).and_then(|(_, folded)| folded.value(figures.unit, code));
        let full = baseline.and_then(|of| figures.base_window(&of, resolve(figures.input, figures.window, when)?));
        let now = baseline.and_then(|of| figures.base_to_date(code, &of, when));
        StandingFigure {
            element: code.clone(),
            value,
            baseline_now: now.and_then(|window| figures.base(code, window)),
            baseline_full: full.and_then(|window| figures.base(code, window)),
        }
    }
}

/// Whether a unit of this kind sums what is counted at `level`.
fn reaches(kind: UnitKind, level: UnitKind) -> bool {
    match kind {
        UnitKind::Province => true,
        UnitKind::District => matches!(level, UnitKind::District | UnitKind::Commune),
        UnitKind::Commune | UnitKind::Department | UnitKind::Cluster => kind == level,
    }
}

fn state(evaluation: &Evaluation) -> JudgementState {
    match (evaluation.verdict, evaluation.pace_state()) {
        (Some(verdict), _) => verdict.into(),
        (None, Some(pace)) => pace.into(),
        (None, None) => JudgementState::Undetermined,
    }
}

fn reasons(evaluation: &Evaluation) -> Vec<String> {
    let codes: BTreeSet<&str> = evaluation.reasons.iter().map(|reason| reason.as_str()).collect();
    codes.into_iter().map(str::to_owned).collect()
}
