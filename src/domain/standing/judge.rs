//! The rows of the standings: which target is judged at which unit in which window, on which sums.
//! The judgement of a row is in `unit_judge`.

use super::aggregate::StandingInput;
use super::allocated_limits::AllocatedLimits;
use super::attribution::UnitOrigins;
use super::totals::CampaignTotals;
use super::unit_figures::{UnitFigures, resolve_window};
use super::unit_judge::UnitJudge;
use super::{Coverage, Standing};
use crate::domain::campaign::{Campaign, CampaignTarget};
use crate::domain::org::UnitKind;
use crate::domain::report::element::ElementCode;
use crate::domain::reporting::expectation::UnknownCalendar;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::UnitId;
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::{
    Comparison, EvaluationTerms, FigureSource, StandingStage, Target, TargetWindow, ZeroBasePolicy,
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
        let limits = AllocatedLimits::new(input, window);
        for (unit, kind) in judged_units(input, window) {
            let figures = UnitFigures {
                input,
                unit,
                default_window: window,
                window_sums,
                origins: origins.as_ref(),
                by_exposure: false,
            };
            let judge = UnitJudge { figures: &figures, kind, phase, limits: &limits };
            for line in input.campaign.targets_of_phase(phase) {
                let coverage = target_coverage(&figures, line);
                all.push(Standing {
                    campaign: input.campaign.id(),
                    phase,
                    unit,
                    view: input.view.into(),
                    stage: line_stage(&figures, line, stage),
                    definition_version,
                    judgement: judge.judge_line(line, &evaluation_terms(line, stage, coverage)),
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

/// The stage of a target: of its earliest comparison, by the window of each.
fn line_stage(
    figures: &UnitFigures<'_>,
    line: &CampaignTarget,
    stage: StandingStage,
) -> StandingStage {
    let own =
        |comparison: &Comparison| figures.own_terms(comparison).map_or(stage, |terms| terms.stage);
    line.formula.comparisons().into_iter().map(own).min().unwrap_or(stage)
}

pub(super) fn stage_of_window(input: &StandingInput<'_>, window: DateWindow) -> StandingStage {
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
        coverage_min: line
            .coverage_min
            .and_then(|share| Ratio::from_scaled(share.into(), 3))
            .unwrap_or(usual.coverage_min),
        min_base: line.min_base.map(|least| Ratio::from_integer(least.into())),
        zero_base: line.zero_base.unwrap_or(ZeroBasePolicy::MaintainZero),
        course: line.pace.clone(),
        course_bound: match &line.formula {
            Target::Compare(comparison) => Some(comparison.bound.to_ratio()),
            Target::Milestone(_)
            | Target::Attest(_)
            | Target::All(_)
            | Target::Any(_)
            | Target::Tier { .. } => None,
        },
        ..usual
    }
}

/// Coverage of a target: the reports of every contract that delivers one of its elements.
fn target_coverage(figures: &UnitFigures<'_>, line: &CampaignTarget) -> Coverage {
    let comparisons = line.formula.comparisons();
    let measured = comparisons.iter().flat_map(|comparison| {
        let window = comparison.window.as_ref();
        comparison.measure.elements().into_iter().map(move |code| (window, code.clone()))
    });
    let attested = attested_elements(figures.input.campaign, &line.formula);
    coverage_over(figures, measured.chain(attested.map(|code| (None, code))))
}

/// Coverage of one comparison over its own window.
pub(super) fn comparison_coverage(figures: &UnitFigures<'_>, comparison: &Comparison) -> Coverage {
    let window = comparison.window.as_ref();
    let elements = comparison.measure.elements().into_iter();
    coverage_over(figures, elements.map(|code| (window, code.clone())))
}

/// The reports of every contract that delivers one of these elements, each once for each window.
fn coverage_over<'a>(
    figures: &UnitFigures<'_>,
    elements: impl Iterator<Item = (Option<&'a TargetWindow>, ElementCode)>,
) -> Coverage {
    let (input, catalogue) = (figures.input, figures.input.catalogue);
    let contract = |(window, code): (Option<&TargetWindow>, ElementCode)| {
        let contract = catalogue.contract_for_element(&code)?.code.as_str();
        Some((resolve_window(input, figures.default_window, window)?, contract))
    };
    let each: BTreeSet<(DateWindow, &str)> = elements.filter_map(contract).collect();
    each.into_iter()
        .filter_map(|(window, contract)| {
            let (_, sums) = figures.window_sums.iter().find(|(of, _)| *of == window)?;
            Some(sums.coverage(figures.unit, contract))
        })
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
