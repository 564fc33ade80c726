//! The rows of the standings: which target is judged at which unit in which window, on which sums.
//! The judgement of a row is in `unit_judge`.

use super::aggregate::StandingInput;
use super::allocated_limits::AllocatedLimits;
use super::attribution::{UnitOrigins, legacy_owner, owner_in_view};
use super::due_days::{DueDays, SummedWindow};
use super::totals::CampaignTotals;
use super::unit_figures::{UnitFigures, resolve_window};
use super::unit_judge::UnitJudge;
use super::{Coverage, JudgementState, Standing};
use crate::domain::campaign::{Campaign, CampaignTarget};
use crate::domain::org::UnitKind;
use crate::domain::report::element::ElementCode;
use crate::domain::reporting::expectation::UnknownCalendar;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::UnitId;
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::{EvaluationTerms, StandingStage, Target, ZeroBasePolicy};
use jiff::civil::Date;
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
fn list_summed_windows(input: &StandingInput<'_>) -> Vec<SummedWindow> {
    let (campaign, due) = (input.campaign, DueDays::new(input));
    let phases = campaign.phases.iter().map(|phase| phase.window);
    let defaults: Vec<DateWindow> =
        std::iter::once(campaign.measurement_window).chain(phases).collect();
    let mut all: BTreeSet<SummedWindow> =
        defaults.iter().map(|window| SummedWindow::whole(*window)).collect();
    for line in &campaign.targets {
        let through = due.common_through_of(&line.formula);
        let comparisons = line.formula.comparisons();
        for default in &defaults {
            let Some(default) = line.judged_window(*default) else { continue };
            let named = comparisons.iter().filter_map(|comparison| {
                resolve_window(input, default, comparison.window.as_ref())
            });
            let windows = named.chain([default]);
            all.extend(windows.map(|window| SummedWindow { window, through }));
        }
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
    let (due, owner) = (DueDays::new(input), owner_in_view(input));
    let mut all = Vec::new();
    for (phase, window) in judged_phases(input) {
        let limits = AllocatedLimits::new(input, &due, window);
        for (unit, kind) in judged_units(input, window) {
            for line in input.campaign.targets_of_phase(phase) {
                let Some(window) = closed_window(input, line, (unit, window)) else { continue };
                let figures = UnitFigures {
                    input,
                    due: &due,
                    line: Some(line),
                    common_through: due.common_through_of(&line.formula),
                    unit,
                    default_window: window,
                    window_sums,
                    origins: origins.as_ref(),
                    by_exposure: false,
                };
                let judge = UnitJudge { figures: &figures, kind, phase, limits: &limits, owner };
                let stage = target_stage(&figures, &line.formula);
                let coverage = target_coverage(&figures, line);
                let judgement = judge.judge_line(line, &evaluation_terms(line, stage, coverage));
                // A row that is never judged stays the same record as the days go by.
                let is_counted = judgement.state != JudgementState::NotCountedHere;
                let through = judged_through(&figures, &line.formula).filter(|_| is_counted);
                all.push(Standing {
                    campaign: input.campaign.id(),
                    phase,
                    unit,
                    view: input.view.into(),
                    stage,
                    definition_version,
                    judged_through: through,
                    judgement,
                    coverage,
                });
            }
        }
    }
    all
}

/// The days of a window in which a target is judged at a unit; `None` if the target was closed
/// before the window, or before the unit was there.
fn closed_window(
    input: &StandingInput<'_>,
    line: &CampaignTarget,
    (unit, window): (UnitId, DateWindow),
) -> Option<DateWindow> {
    let judged = line.judged_window(window)?;
    let later = || input.org.unit(unit).is_some_and(|one| judged.end <= one.lifetime().from);
    let is_closed = judged != window && input.view.structure_day().is_none();
    (!(is_closed && later())).then_some(judged)
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

/// The last day judged; of a combination that of the member judged furthest.
fn judged_through(figures: &UnitFigures<'_>, formula: &Target) -> Option<Date> {
    let compared = formula.comparisons().into_iter().filter_map(|comparison| {
        let window =
            resolve_window(figures.input, figures.default_window, comparison.window.as_ref())?;
        Some((window.start, figures.judged_end(window, comparison)))
    });
    let window = figures.default_window;
    let duties: Vec<ElementCode> = attested_elements(figures.input.campaign, formula).collect();
    let attested =
        (!duties.is_empty()).then(|| (window.start, figures.through(&duties).min(window.end)));
    let ends = compared.chain(attested).filter(|(start, end)| start < end).map(|(_, end)| end);
    ends.max()?.yesterday().ok()
}

/// Units that existed on some finished day of the window, and an owner that closed, with their
/// latest kind; in a view of one day the units open on that day.
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
    let legacy = legacy_owner(input);
    let existed = |unit: &crate::domain::org::Unit| {
        let lifetime = unit.lifetime();
        let last = unit.versions.last()?;
        let lived = lifetime.from < input.today.min(window.end) && window.start < lifetime.to;
        let begun = lived || legacy.is_some_and(|(owner, _)| owner == unit.id);
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
        course: line.pace.clone(),
        course_bound: line.formula.comparison().map(|comparison| comparison.bound.to_ratio()),
        ..usual
    }
}

/// Coverage of a target: the reports of every contract that delivers one of its elements, over the
/// windows of the target.
fn target_coverage(figures: &UnitFigures<'_>, line: &CampaignTarget) -> Coverage {
    let mut read: BTreeSet<(DateWindow, &str)> = BTreeSet::new();
    let contract = |code: &ElementCode| Some(figures.due.contract_of(code)?.code.as_str());
    for comparison in line.formula.comparisons() {
        let named =
            resolve_window(figures.input, figures.default_window, comparison.window.as_ref());
        let Some(window) = named else { continue };
        let contracts = comparison.measure.elements().into_iter().filter_map(contract);
        read.extend(contracts.map(|contract| (window, contract)));
    }
    let duties = attested_elements(figures.input.campaign, &line.formula);
    read.extend(
        duties.filter_map(|code| contract(&code)).map(|code| (figures.default_window, code)),
    );
    // A window inside another one adds no report to it.
    let is_inside = |(one, contract): &(DateWindow, &str)| {
        read.iter().any(|(other, of)| {
            of == contract && other != one && other.start <= one.start && one.end <= other.end
        })
    };
    read.iter()
        .filter(|one| !is_inside(one))
        .filter_map(|(window, contract)| {
            Some(figures.sums_over(*window)?.1.coverage(figures.unit, contract))
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
