//! The data of a unit's morning report: the published standings of one run and the figures behind
//! them.
//!
//! Reads only, for a caller that may read the unit's standings. Units are in code order and never
//! sorted by result.

use super::morning_cache::MorningSource;
use super::run_changes::RunChanges;
use super::runs::{RunSnapshot, load_run_snapshot};
use super::standing::{to_report_entry, unknown_calendar_error};
use super::unsent_reports::{UnsentReports, find_unsent_reports};
use super::{App, AppError, ReferenceSnapshot, Result};
use crate::domain::access::permission::{Actor, action, authorize};
use crate::domain::campaign::{Campaign, TargetPair};
use crate::domain::org::Hierarchy;
use crate::domain::quality::Finding;
use crate::domain::report::element::ElementCode;
use crate::domain::reporting::expectation::UnknownCalendar;
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::baseline::{BaselineRow, Baselines};
use crate::domain::standing::{
    Coverage, JudgementState, ReportEntry, Standing, StandingInput, StandingRun, TrajectoryPoint,
    UnitTrajectories, WindowSums, aggregate_reports,
};
use crate::domain::support::ids::{CampaignId, RunId, UnitId};
use crate::domain::support::message::message;
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::violation::Violation;
use crate::domain::target_rule::Target;
use crate::store::ReadTx;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The word in the source of invented figures.
const SYNTHETIC_MARKER: &str = "SYNTHETIC";

/// The request of a morning report.
#[derive(Debug, Clone, Copy)]
pub struct MorningReportRequest {
    /// The campaign.
    pub campaign: CampaignId,
    /// The phase; 0 for the whole campaign.
    pub phase: u8,
    /// The unit; `None`: the root.
    pub unit: Option<UnitId>,
    /// An earlier run; `None`: the latest.
    pub run: Option<RunId>,
}

/// The unit itself or a unit directly below it.
#[derive(Debug, Clone)]
pub struct UnitSummary {
    /// The unit.
    pub unit: UnitId,
    /// Its permanent code; lists are sorted by it.
    pub uid: String,
    /// Its official code on the day of the run, else the permanent one.
    pub code: String,
    /// Its name on the day of the run.
    pub name: String,
    /// Its standings by the code of the target.
    pub standings: BTreeMap<String, Standing>,
    /// How complete its reports are, by contract.
    pub coverage: BTreeMap<String, Coverage>,
}

/// A data-quality question with the name of its unit.
#[derive(Debug, Clone)]
pub struct MorningReportQuestion {
    /// Code of the unit.
    pub unit_uid: String,
    /// Its name.
    pub unit_name: String,
    /// The question.
    pub finding: Finding,
}

/// The complete data of the page.
#[derive(Debug, Clone)]
pub struct MorningReport {
    /// Units, forms and campaigns.
    pub reference: Arc<ReferenceSnapshot>,
    /// The campaign.
    pub campaign: Campaign,
    /// The phase whose standings these are; 0 for the whole campaign.
    pub phase: u8,
    /// The measured days.
    pub window: DateWindow,
    /// The day of the run: periods that end on it or earlier are over.
    pub today: Date,
    /// The run.
    pub run: StandingRun,
    /// Whether an earlier run than the latest was asked for.
    pub is_earlier: bool,
    /// The audit chain at the cut of the run: it proves what was written until then.
    pub audit_chain: [u8; 32],
    /// The unit itself.
    pub unit: UnitSummary,
    /// The units directly below that report or aggregate reports, in code order.
    pub child_units: Vec<UnitSummary>,
    /// Trajectories of the comparisons of each target, by the code of target or member, over the
    /// window of its standing.
    pub trajectories: BTreeMap<String, Vec<TrajectoryPoint>>,
    /// Plain counts that are presented with the targets.
    pub plain_counts: BTreeMap<ElementCode, TrajectoryPoint>,
    /// Reports that were not sent: missing ones and those that are not due yet.
    pub unsent: UnsentReports,
    /// Changes since the previous run; `None` at the first run.
    pub changes: Option<RunChanges>,
    /// Data-quality questions of the unit itself, and shared ones of units below; in code order.
    pub questions: Vec<MorningReportQuestion>,
    /// Whether the figures are invented, according to their source.
    pub is_synthetic: bool,
}

impl MorningReport {
    /// The window over which a standing is judged.
    #[must_use]
    pub fn window_of(&self, standing: &Standing) -> DateWindow {
        let phases = &self.campaign.phases;
        let phase = phases.iter().find(|phase| phase.no == standing.phase);
        phase.map_or(self.campaign.measurement_window, |phase| phase.window)
    }
}

impl App {
    /// The data of a unit's morning report.
    ///
    /// # Errors
    /// `NOT_FOUND` for an unknown campaign, a unit that is not visible, or a campaign without a
    /// run.
    pub fn morning_report(
        &self,
        actor: &Actor,
        request: &MorningReportRequest,
    ) -> Result<MorningReport> {
        self.store().read(|tx| {
            let source = match request.run {
                None => self.load_latest_run(tx, request)?,
                Some(run) => self.load_earlier_run(tx, request, run)?,
            };
            let campaign = source.reference.campaign(request.campaign).cloned();
            let campaign = campaign.ok_or(RefusalReason::NotFound)?;
            check_phase(&campaign, request.phase)?;
            let unit_path = tx.unit_path(source.unit)?;
            let today = source.run.cut_at.local_date();
            if authorize::<action::ReadStanding>(actor, &unit_path, self.now().local_date())
                .is_err()
            {
                return Err(RefusalReason::NotFound.into());
            }
            let kept = match self.morning_cache.find(&source) {
                Some(kept) => kept,
                None => {
                    let built = MorningReportBuilder { source: source.clone(), campaign, today };
                    let built = Arc::new(built.build(tx)?);
                    self.morning_cache.keep(source.clone(), Arc::clone(&built));
                    built
                }
            };
            let questions = match source.earlier {
                None => load_questions(tx, &source, today)?,
                Some(_) => Vec::new(),
            };
            Ok(MorningReport { questions, ..MorningReport::clone(&kept) })
        })
    }

    fn load_latest_run(
        &self,
        tx: &mut ReadTx,
        request: &MorningReportRequest,
    ) -> Result<MorningSource> {
        let reference = self.reference(tx)?;
        let run = tx.latest_run(request.campaign)?.ok_or(RefusalReason::NotFound)?;
        let (unit, baselines) = (self.requested_unit(tx, request)?, tx.baselines()?.into());
        let phase = request.phase;
        Ok(MorningSource { reference, baselines, run, unit, phase, earlier: None })
    }

    fn load_earlier_run(
        &self,
        tx: &mut ReadTx,
        request: &MorningReportRequest,
        run: RunId,
    ) -> Result<MorningSource> {
        let published = load_run_snapshot(tx, request.campaign, run)?;
        let RunSnapshot { reference, baselines, run, standings } = published;
        let (unit, phase) = (self.requested_unit(tx, request)?, request.phase);
        let (reference, baselines) = (Arc::new(reference), baselines.into());
        let earlier = Some(standings.into());
        Ok(MorningSource { reference, baselines, run, unit, phase, earlier })
    }

    fn requested_unit(&self, tx: &mut ReadTx, request: &MorningReportRequest) -> Result<UnitId> {
        match request.unit {
            Some(unit) => Ok(unit),
            None => self.root_unit(tx)?.ok_or_else(AppError::no_organisation),
        }
    }
}

/// Phase 0 is the whole campaign.
fn check_phase(campaign: &Campaign, phase: u8) -> Result<()> {
    if phase == 0 || campaign.phases.iter().any(|one| one.no == phase) {
        return Ok(());
    }
    let text = message!("morning-report-campaign-no-phase", code = campaign.code, phase);
    Err(AppError::Violations(vec![Violation::error("NO_PHASE", "phase", text)]))
}

type TargetCourses = BTreeMap<String, Vec<TrajectoryPoint>>;
type PlainCounts = BTreeMap<ElementCode, TrajectoryPoint>;

struct MorningReportBuilder {
    source: MorningSource,
    campaign: Campaign,
    today: Date,
}

impl MorningReportBuilder {
    /// The report without its questions.
    fn build(self, tx: &mut ReadTx) -> Result<MorningReport> {
        let MorningSource { reference, baselines: rows, run, unit, phase, earlier } =
            self.source.clone();
        let standings = match &earlier {
            Some(published) => published.to_vec(),
            None => tx.standings(
                self.campaign.id(),
                &reference.unit_numbers,
                &reference.element_numbers,
            )?,
        };
        // A unit that did not exist in the phase is presented over the whole campaign.
        let judged = |one: &Standing| one.unit == unit && one.phase == phase;
        let phase = if standings.iter().any(judged) { phase } else { 0 };
        let of_phase =
            self.campaign.phases.iter().find(|one| one.no == phase).map(|one| one.window);
        let window = of_phase.unwrap_or(self.campaign.measurement_window);
        let stored_reports = tx.reports_at_cut(run.cut_seq, &reference.unit_numbers)?;
        let reports: Vec<ReportEntry<'_>> =
            stored_reports.iter().map(|stored| to_report_entry(&stored.report)).collect();
        let baselines = Baselines::new(&*rows);
        let input = reference.standing_input(&self.campaign, &baselines, &reports, self.today);
        let unknown = |unknown: UnknownCalendar| unknown_calendar_error(&unknown);
        let aggregates = aggregate_reports(&input, window).map_err(unknown)?;
        let selected = select_standings(unit, phase, &standings);
        let (trajectories, plain_counts) =
            self.collect_courses(&input, &selected, window).map_err(unknown)?;
        let unsent = find_unsent_reports(&input, unit, window).map_err(unknown)?;
        let own: Vec<&Standing> = selected.values().collect();
        let changes =
            super::run_changes::find_changes_since_previous_run(tx, &run, &input, unit, &own)?;
        let unit_summary =
            |unit: UnitId| self.build_unit_summary(unit, phase, &standings, &aggregates);
        let children = reference.org.children(unit, Hierarchy::Command, self.today);
        let mut child_units: Vec<UnitSummary> = children.into_iter().map(unit_summary).collect();
        child_units.retain(|child| !child.coverage.is_empty());
        child_units.sort_by(|one, other| one.uid.cmp(&other.uid));
        Ok(MorningReport {
            unit: unit_summary(unit),
            child_units,
            trajectories,
            plain_counts,
            unsent,
            changes,
            questions: Vec::new(),
            phase,
            window,
            today: self.today,
            audit_chain: tx.last_commit_up_to(run.cut_seq)?.1,
            is_synthetic: rows
                .iter()
                .any(|row: &BaselineRow| row.source.contains(SYNTHETIC_MARKER)),
            reference,
            campaign: self.campaign,
            run,
            is_earlier: earlier.is_some(),
        })
    }

    /// The course of each target over the window of its standing, and the counts that are read
    /// beside the targets over `window`.
    fn collect_courses(
        &self,
        input: &StandingInput<'_>,
        selected: &BTreeMap<String, Standing>,
        window: DateWindow,
    ) -> std::result::Result<(TargetCourses, PlainCounts), UnknownCalendar> {
        let here = UnitTrajectories::compute(input, self.source.unit, window)?;
        let campaign = &self.campaign;
        let (mut courses, whole_window) = (TargetCourses::new(), campaign.measurement_window);
        let elsewhere = selected.values().any(|one| one.phase == 0) && window != whole_window;
        let whole = elsewhere
            .then(|| UnitTrajectories::compute(input, self.source.unit, whole_window))
            .transpose()?;
        for target in &campaign.targets {
            let in_whole = selected.get(&target.code).is_some_and(|one| one.phase == 0);
            let over = whole.as_ref().filter(|_| in_whole).unwrap_or(&here);
            // The course of a target that was closed early ends where its row does.
            if target.judged_window(over.window()) != Some(over.window()) {
                continue;
            }
            let line = (&target.formula, over);
            collect_member_trajectories(&target.code, &target.formula, line, &mut courses);
        }
        Ok((courses, collect_plain_counts(campaign, &here)))
    }

    fn build_unit_summary(
        &self,
        unit: UnitId,
        phase: u8,
        standings: &[Standing],
        aggregates: &WindowSums,
    ) -> UnitSummary {
        let org = &self.source.reference.org;
        let coverage = self
            .campaign
            .contracts
            .iter()
            .map(|code| (code.clone(), aggregates.coverage(unit, code)));
        let version = org.unit(unit).and_then(|unit| unit.nearest_version(self.today));
        UnitSummary {
            unit,
            code: match version.and_then(|version| version.code.as_ref()) {
                Some(official) => official.code.clone(),
                None => org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone()),
            },
            uid: org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone()),
            name: org.nearest_name(unit, self.today).to_owned(),
            standings: select_standings(unit, phase, standings),
            coverage: coverage.filter(|(_, coverage)| coverage.expected > 0).collect(),
        }
    }
}

/// The questions to the unit itself, and shared ones to units below it.
fn load_questions(
    tx: &mut ReadTx,
    source: &MorningSource,
    today: Date,
) -> Result<Vec<MorningReportQuestion>> {
    let MorningSource { reference, unit: subject, .. } = source;
    let mut questions = Vec::new();
    for (finding, _) in tx.findings(&reference.unit_numbers, &reference.element_numbers)? {
        let own = finding.unit == *subject;
        let below = finding.shared && tx.unit_path(finding.unit)?.ancestors.contains(subject);
        if let Some(unit) = reference.org.unit(finding.unit).filter(|_| own || below) {
            let (unit_uid, unit_name) = (unit.uid.clone(), unit.nearest_name(today).to_owned());
            questions.push(MorningReportQuestion { unit_uid, unit_name, finding });
        }
    }
    questions
        .sort_by_cached_key(|one| (one.unit_uid.clone(), one.finding.asked_day, one.finding.id()));
    Ok(questions)
}

/// The standings of a unit in a phase, by target. A target that is judged only over the whole
/// campaign is shown as judged there.
fn select_standings(unit: UnitId, phase: u8, standings: &[Standing]) -> BTreeMap<String, Standing> {
    let of_unit = || standings.iter().filter(|one| one.unit == unit);
    let code = |one: &Standing| one.judgement.code.clone();
    let in_phase = of_unit().filter(|one| one.phase == phase);
    let mut selected: BTreeMap<String, Standing> =
        in_phase.map(|one| (code(one), one.clone())).collect();
    let adds_only = |one: &Standing| one.judgement.state == JudgementState::Contribution;
    for whole in of_unit().filter(|one| one.phase == 0) {
        let here = selected.get(&whole.judgement.code);
        if here.is_none_or(|here| adds_only(here) && !adds_only(whole)) {
            selected.insert(code(whole), whole.clone());
        }
    }
    selected
}

fn collect_plain_counts(campaign: &Campaign, trajectories: &UnitTrajectories<'_>) -> PlainCounts {
    let pairs = campaign.targets.iter().flat_map(|target| &target.pairs);
    let counted = pairs.filter_map(|pair| match pair {
        TargetPair::Count(code) => Some((code.clone(), trajectories.latest_point(code)?)),
        TargetPair::Target(_) => None,
    });
    counted.collect()
}

/// Members are named as judgements name them: `T3a`, `T3b`; `line` is the whole target.
fn collect_member_trajectories(
    code: &str,
    formula: &Target,
    (line, trajectories): (&Target, &UnitTrajectories<'_>),
    into: &mut TargetCourses,
) {
    if let Target::Compare(comparison) = formula {
        into.insert(code.to_owned(), trajectories.trajectory_points(line, comparison));
    }
    for (member, letter) in formula.members().into_iter().zip('a'..='z') {
        let member_code = format!("{code}{letter}");
        collect_member_trajectories(&member_code, member, (line, trajectories), into);
    }
}
