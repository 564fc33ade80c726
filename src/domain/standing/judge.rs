//! Judges every target at every unit and builds the published judgements. Comparisons are judged in
//! `target_rule`.

use super::aggregate::StandingInput;
use super::attribution::UnitOrigins;
use super::totals::CampaignTotals;
use super::unit_figures::{UnitFigures, resolve_window};
use super::{Coverage, Judgement, JudgementState, Standing, StandingFigure};
use crate::domain::campaign::{Campaign, CampaignTarget};
use crate::domain::org::UnitKind;
use crate::domain::report::element::ElementCode;
use crate::domain::reporting::expectation::UnknownCalendar;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::UnitId;
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::{
    Baseline, Comparison, Evaluation, EvaluationTerms, StandingStage, Target, TargetWindow,
    ZeroBasePolicy,
};
use std::collections::BTreeSet;

/// The standings of every unit on every target, over the campaign's measurement window (phase 0)
/// and over each phase that has begun, by phase, unit (uid) and target, summed in the structure of
/// the view.
///
/// # Errors
/// A contract names a calendar that does not exist.
pub fn judge_standings(
    input: &StandingInput<'_>,
    definition_version: i64,
) -> Result<Vec<Standing>, UnknownCalendar> {
    Ok(judge_standings_from_totals(input, &compute_totals(input)?, definition_version))
}

/// The sums from which the standings are judged, over every window that the campaign or one of its
/// targets names.
///
/// # Errors
/// A contract names a calendar that does not exist.
pub fn compute_totals(input: &StandingInput<'_>) -> Result<CampaignTotals, UnknownCalendar> {
    let campaign = input.campaign;
    let comparisons = campaign.targets.iter().flat_map(|line| line.formula.comparisons());
    let whole = campaign.measurement_window;
    let named = comparisons
        .filter_map(|comparison| resolve_window(input, whole, comparison.window.as_ref()));
    let phases = campaign.phases.iter().map(|phase| phase.window);
    let windows: BTreeSet<DateWindow> = std::iter::once(whole).chain(phases).chain(named).collect();
    CampaignTotals::compute(input, &windows.into_iter().collect::<Vec<_>>())
}

/// Judges the standings from sums as of the input's day.
#[must_use]
pub fn judge_standings_from_totals(
    input: &StandingInput<'_>,
    totals: &CampaignTotals,
    definition_version: i64,
) -> Vec<Standing> {
    let (window_sums, origins) = (totals.windows(), UnitOrigins::from_input(input));
    let mut all = Vec::new();
    for (phase, window) in judged_phases(input) {
        let stage = stage_of_window(input, window);
        for (unit, kind) in judged_units(input, window) {
            let figures = UnitFigures {
                input,
                unit,
                default_window: window,
                window_sums,
                origins: origins.as_ref(),
            };
            for line in &input.campaign.targets {
                let coverage = target_coverage(&figures, line);
                all.push(Standing {
                    campaign: input.campaign.id(),
                    phase,
                    unit,
                    view: input.view.into(),
                    stage,
                    definition_version,
                    judgement: judge_target(
                        &figures,
                        kind,
                        line,
                        &evaluation_terms(line, stage, coverage),
                    ),
                    coverage,
                });
            }
        }
    }
    all
}

/// The judged windows: the whole campaign as phase 0, and each phase that has begun.
fn judged_phases(input: &StandingInput<'_>) -> Vec<(u8, DateWindow)> {
    let begun = input.campaign.phases.iter().filter(|phase| phase.window.start < input.today);
    let phases = begun.map(|phase| (phase.no, phase.window));
    std::iter::once((0, input.campaign.measurement_window)).chain(phases).collect()
}

fn stage_of_window(input: &StandingInput<'_>, window: DateWindow) -> StandingStage {
    if input.campaign.status.is_final() {
        StandingStage::Final
    } else if input.today < window.end {
        StandingStage::Running
    } else {
        StandingStage::Closed
    }
}

/// Units that existed on some finished day of the window, with their latest kind; in a view of one
/// day the units open on that day.
fn judged_units(input: &StandingInput<'_>, window: DateWindow) -> Vec<(UnitId, UnitKind)> {
    if let Some(day) = input.view.structure_day() {
        let kind = |unit: &crate::domain::org::Unit| {
            input.org.kind_on(unit.id, day).map(|kind| (unit.id, kind))
        };
        return input
            .org
            .open_units_on(day)
            .filter_map(kind)
            .filter(|(_, kind)| *kind != UnitKind::Cluster)
            .collect();
    }
    let existed = |unit: &crate::domain::org::Unit| {
        let lifetime = unit.lifetime();
        let last = unit.versions.last()?;
        let begun = lifetime.from < input.today.min(window.end) && window.start < lifetime.to;
        (begun && last.kind != UnitKind::Cluster).then_some((unit.id, last.kind))
    };
    input.org.units().iter().filter_map(existed).collect()
}

fn evaluation_terms(
    line: &CampaignTarget,
    stage: StandingStage,
    coverage: Coverage,
) -> EvaluationTerms {
    let usual = EvaluationTerms::for_stage(stage);
    EvaluationTerms {
        coverage: coverage.accepted_share(),
        waived: coverage.is_waived(),
        coverage_min: line
            .coverage_min
            .and_then(|share| Ratio::from_scaled(share.into(), 3))
            .unwrap_or(usual.coverage_min),
        min_base: line.min_base.map(|least| Ratio::from_integer(least.into())),
        zero_base: line.zero_base.unwrap_or(ZeroBasePolicy::MaintainZero),
        ..usual
    }
}

/// Coverage of a target: the reports of every contract that delivers one of its elements.
fn target_coverage(figures: &UnitFigures<'_>, line: &CampaignTarget) -> Coverage {
    let catalogue = figures.input.catalogue;
    let elements = formula_elements(figures, &line.formula);
    let contracts: BTreeSet<&str> = elements
        .iter()
        .filter_map(|code| catalogue.contract_for_element(code))
        .map(|contract| contract.code.as_str())
        .collect();
    let Some((_, window_sums)) = figures.sums_of(None) else { return Coverage::default() };
    contracts
        .into_iter()
        .map(|code| window_sums.coverage(figures.unit, code))
        .fold(Coverage::default(), Coverage::combined_with)
}

/// The elements of a formula, including those of its duties.
fn formula_elements(figures: &UnitFigures<'_>, formula: &Target) -> BTreeSet<ElementCode> {
    formula
        .elements()
        .into_iter()
        .chain(attested_elements(figures.input.campaign, formula))
        .collect()
}

/// The elements that prove the duties attested by a formula.
pub(super) fn attested_elements(
    campaign: &Campaign,
    formula: &Target,
) -> impl Iterator<Item = ElementCode> {
    let duties = campaign.duties.iter().filter(|duty| formula.attests_duty(&duty.code));
    duties.filter_map(|duty| duty.element.clone())
}

fn judge_target(
    figures: &UnitFigures<'_>,
    kind: UnitKind,
    line: &CampaignTarget,
    terms: &EvaluationTerms,
) -> Judgement {
    let evaluation = line.formula.evaluate(figures, terms);
    let unit_judge = UnitJudge { figures, kind };
    unit_judge.build_judgement(&line.code, &line.formula, &evaluation)
}

struct UnitJudge<'a> {
    figures: &'a UnitFigures<'a>,
    kind: UnitKind,
}

impl UnitJudge<'_> {
    fn build_judgement(&self, code: &str, formula: &Target, evaluation: &Evaluation) -> Judgement {
        let comparison = match formula {
            Target::Compare(comparison) => Some(comparison),
            Target::Attest(_)
            | Target::Milestone(_)
            | Target::All(_)
            | Target::Any(_)
            | Target::Tier { .. } => None,
        };
        let members = formula.members().into_iter().zip(&evaluation.members).zip('a'..='z');
        let members = members.map(|((formula, of), letter)| {
            self.build_judgement(&format!("{code}{letter}"), formula, of)
        });
        let members: Vec<Judgement> = members.collect();
        if !self.is_counted_here(formula) {
            return Judgement::not_counted_here(code, members);
        }
        let pace = evaluation.pace.unwrap_or_default();
        let interval =
            evaluation.interval.filter(|_| comparison.is_some_and(|one| !one.measure.is_change()));
        Judgement {
            code: code.to_owned(),
            state: judgement_state(evaluation),
            reasons: reason_codes(evaluation),
            value: evaluation.value,
            value_low: interval.map(|(low, _)| low),
            value_high: interval.map(|(_, high)| high),
            bound: comparison
                .map(|one| one.bound.decimal.to_ratio(if one.bound.percent { 2 } else { 0 })),
            limit: evaluation.limit,
            limit_now: pace.allowed_to_date,
            failures_allowed: evaluation.failures.map(|failures| failures.allowed),
            failures_left: evaluation.failures.map(|failures| failures.remaining),
            display: evaluation.display.clone().unwrap_or_default(),
            rest_change: pace.rest_change,
            forecast: pace.forecast,
            percent_to_meet: pace.percent_to_meet,
            tier: evaluation.tier,
            count_before: evaluation.counts.and_then(|counts| counts.before),
            count_now: evaluation.counts.map(|counts| counts.now),
            variation: evaluation.counts.and_then(|counts| counts.z_hundredths),
            figures: comparison.map(|one| self.judgement_figures(one)).unwrap_or_default(),
            members,
        }
    }

    /// Whether every element is counted at this unit's level or below it.
    fn is_counted_here(&self, formula: &Target) -> bool {
        let (catalogue, comparisons) = (self.figures.input.catalogue, formula.comparisons());
        let attests = comparisons.is_empty();
        let counted = |code: &ElementCode| {
            let level = catalogue.element(code).map(|element| UnitKind::from(element.level));
            // A duty is due once in total, not in part at each unit.
            level.is_none_or(|level| {
                if attests {
                    self.kind == UnitKind::Province
                } else {
                    is_level_summed(self.kind, level)
                }
            })
        };
        let mut named = comparisons.iter().flat_map(|comparison| comparison.measure.elements());
        named.all(counted)
            && attested_elements(self.figures.input.campaign, formula).all(|code| counted(&code))
    }

    fn judgement_figures(&self, comparison: &Comparison) -> Vec<StandingFigure> {
        let (baseline, when) = (comparison.measure.baseline(), comparison.window.as_ref());
        comparison
            .measure
            .elements()
            .into_iter()
            .map(|code| self.standing_figure(code, baseline, when))
            .collect()
    }

    fn standing_figure(
        &self,
        code: &ElementCode,
        baseline: Option<Baseline>,
        when: Option<&TargetWindow>,
    ) -> StandingFigure {
        let figures = self.figures;
        let value = figures
            .sums_of(when)
            .and_then(|(_, window_sums)| window_sums.value(figures.unit, code));
        let full = baseline.and_then(|of| {
            figures
                .baseline_window(&of, resolve_window(figures.input, figures.default_window, when)?)
        });
        let now = baseline.and_then(|of| figures.baseline_window_to_date(code, &of, when));
        StandingFigure {
            element: code.clone(),
            value,
            baseline_now: now.and_then(|window| figures.sum_baseline(code, window)),
            baseline_full: full.and_then(|window| figures.sum_baseline(code, window)),
        }
    }
}

/// Whether a unit of this kind sums elements that are counted at `level`.
fn is_level_summed(kind: UnitKind, level: UnitKind) -> bool {
    match kind {
        UnitKind::Province => true,
        UnitKind::District => matches!(level, UnitKind::District | UnitKind::Commune),
        UnitKind::Commune | UnitKind::Department | UnitKind::Cluster => kind == level,
    }
}

fn judgement_state(evaluation: &Evaluation) -> JudgementState {
    match (evaluation.verdict, evaluation.pace_state()) {
        (Some(verdict), _) => verdict.into(),
        (None, Some(pace)) => pace.into(),
        (None, None) => JudgementState::Undetermined,
    }
}

fn reason_codes(evaluation: &Evaluation) -> Vec<String> {
    let codes: BTreeSet<&str> = evaluation.reasons.iter().map(|reason| reason.as_str()).collect();
    codes.into_iter().map(str::to_owned).collect()
}
