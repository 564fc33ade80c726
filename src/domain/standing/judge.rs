//! Judges every target at every unit and builds the published judgements. Comparisons are judged in
//! `target_rule`.

use super::aggregate::StandingInput;
use super::attribution::UnitOrigins;
use super::due_days::{DueDays, SummedWindow};
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
    Comparison, Evaluation, EvaluationTerms, StandingStage, Target, ZeroBasePolicy,
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
    CampaignTotals::compute(input, &list_summed_windows(input))
}

/// Brings sums up to the input's day after reports were changed.
pub fn advance_totals(input: &StandingInput<'_>, totals: &mut CampaignTotals) {
    totals.advance(input, &list_summed_windows(input));
}

/// Every window that a target or an attestation reads, with the day through which its contracts are
/// judged together.
pub(super) fn list_summed_windows(input: &StandingInput<'_>) -> Vec<SummedWindow> {
    let (campaign, due) = (input.campaign, DueDays::new(input));
    let phases = campaign.phases.iter().map(|phase| phase.window);
    let defaults: Vec<DateWindow> =
        std::iter::once(campaign.measurement_window).chain(phases).collect();
    let mut all: BTreeSet<SummedWindow> =
        defaults.iter().map(|window| SummedWindow::whole(*window)).collect();
    for comparison in campaign.targets.iter().flat_map(|line| line.formula.comparisons()) {
        let named = defaults
            .iter()
            .filter_map(|default| resolve_window(input, *default, comparison.window.as_ref()));
        all.extend(named.map(|window| due.summed_window(window, comparison.measure.elements())));
    }
    all.into_iter().collect()
}

/// Judges the standings from sums as of the input's day.
#[must_use]
pub fn judge_standings_from_totals(
    input: &StandingInput<'_>,
    totals: &CampaignTotals,
    definition_version: i64,
) -> Vec<Standing> {
    let (window_sums, origins) = (totals.windows(), UnitOrigins::from_input(input));
    let due = DueDays::new(input);
    let mut all = Vec::new();
    for (phase, window) in judged_phases(input) {
        for (unit, kind) in judged_units(input, window) {
            let figures = UnitFigures {
                input,
                due: &due,
                unit,
                default_window: window,
                window_sums,
                origins: origins.as_ref(),
            };
            for line in &input.campaign.targets {
                let stage = target_stage(&figures, &line.formula);
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

/// A combination closes with its last member.
fn target_stage(figures: &UnitFigures<'_>, formula: &Target) -> StandingStage {
    let duties: Vec<ElementCode> = attested_elements(figures.input.campaign, formula).collect();
    let attested = (!duties.is_empty()).then(|| figures.stage(figures.default_window, &duties));
    let compared = formula.comparisons().into_iter().filter_map(|comparison| {
        let window =
            resolve_window(figures.input, figures.default_window, comparison.window.as_ref())?;
        Some(figures.stage(window, comparison.measure.elements()))
    });
    let none = || figures.stage(figures.default_window, []);
    compared.chain(attested).min().unwrap_or_else(none)
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

/// Coverage of a target: the reports of every contract that delivers one of its elements, over the
/// windows of the target.
fn target_coverage(figures: &UnitFigures<'_>, line: &CampaignTarget) -> Coverage {
    let mut read: BTreeSet<(SummedWindow, &str)> = BTreeSet::new();
    let mut add = |window: DateWindow, elements: Vec<&ElementCode>| {
        let summed = figures.due.summed_window(window, elements.iter().copied());
        for code in elements {
            let contract = figures.due.contract_of(code);
            read.extend(contract.map(|contract| (summed, contract.code.as_str())));
        }
    };
    for comparison in line.formula.comparisons() {
        let named =
            resolve_window(figures.input, figures.default_window, comparison.window.as_ref());
        if let Some(window) = named {
            add(window, comparison.measure.elements());
        }
    }
    let duties: Vec<ElementCode> =
        attested_elements(figures.input.campaign, &line.formula).collect();
    duties.iter().for_each(|code| add(figures.default_window, vec![code]));
    let sums = |of: SummedWindow| {
        figures.window_sums.iter().find(|(window, _)| *window == of).map(|(_, sums)| sums)
    };
    read.into_iter()
        .filter_map(|(window, contract)| Some(sums(window)?.coverage(figures.unit, contract)))
        .fold(Coverage::default(), Coverage::combined_with)
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
        let elements = comparison.measure.elements();
        elements.into_iter().map(|code| self.standing_figure(code, comparison)).collect()
    }

    fn standing_figure(&self, code: &ElementCode, comparison: &Comparison) -> StandingFigure {
        let (figures, baseline) = (self.figures, comparison.measure.baseline());
        let value =
            figures.sums_of(comparison).and_then(|(_, sums)| sums.value(figures.unit, code));
        let window =
            resolve_window(figures.input, figures.default_window, comparison.window.as_ref());
        let full = baseline.and_then(|of| figures.baseline_window(&of, window?));
        let now = baseline.and_then(|of| figures.baseline_window_to_date(code, &of, comparison));
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
