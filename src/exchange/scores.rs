//! Score sheets of units by a plan from a file, on the last published standings. Writes nothing.
//!
//! Units are in code order. The council decides ranks and bands inside a cluster; nothing here may
//! sort units by their points.

use crate::app::morning_report::{MorningReportRequest, UnitSummary};
use crate::app::{App, AppError, Result};
use crate::domain::access::permission::{Actor, action};
use crate::domain::campaign::Campaign;
use crate::domain::quality::FindingState;
use crate::domain::scoring::{CriteriaError, Criterion, ScoreInput, ScoreSheet, score_unit};
use crate::domain::standing::Coverage;
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::message;
use crate::domain::support::violation::Violation;
use crate::files::campaign_set::NamedText;
use crate::files::diagnostic::FileDiagnostic;
use crate::files::scoring_plan::{ScoringPlan, UnitScoreInputs, read_scoring_plan};
use std::collections::BTreeMap;

/// What is scored.
#[derive(Debug, Clone, Copy)]
pub struct ScoreRequest<'a> {
    /// The code of the campaign; `None`: the only one.
    pub campaign: Option<&'a str>,
    /// The plan; `None`: every promised target with equal weight.
    pub plan: Option<&'a NamedText>,
    /// One unit; `None`: those directly below the root.
    pub unit: Option<UnitId>,
}

/// The score sheet of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitScore {
    /// The code of the unit.
    pub unit_uid: String,
    /// Its sheet.
    pub sheet: ScoreSheet,
}

/// The sheets by the code of the unit; `Err` lists what is wrong with the plan.
pub type ScoreOutcome = std::result::Result<Vec<UnitScore>, Vec<FileDiagnostic>>;

/// Computes score sheets. A sheet depends on open questions about the unit's figures: of the units
/// below the root only those are scored whose questions the caller may read.
///
/// # Errors
/// NOT_FOUND: no run is published, or the standings of the unit may not be read; the violations
/// `UNKNOWN_CAMPAIGN` and `TOO_LARGE`.
pub fn evaluate_scores(
    app: &App,
    actor: &Actor,
    request: ScoreRequest<'_>,
) -> Result<ScoreOutcome> {
    app.check_may_at::<action::ReadStanding>(actor, request.unit)?;
    let reference = app.current_reference()?;
    let found = reference.find_campaign(request.campaign);
    let campaign = found.map_err(|violation| AppError::Violations(vec![violation]))?;
    let plan = match read_plan(request.plan, campaign) {
        Ok(plan) => plan,
        Err(faults) => return Ok(Err(faults)),
    };
    let (id, unit) = (campaign.id(), request.unit);
    let morning = app
        .morning_report(actor, &MorningReportRequest { campaign: id, phase: 0, unit, run: None })?;
    let units = if unit.is_some() { vec![morning.unit] } else { morning.child_units };
    let mut scores = Vec::new();
    for line in units {
        if app.check_may_at::<action::ReadFinding>(actor, Some(line.unit)).is_ok() {
            let sheet = score_line(app, actor, (campaign, &plan), &line)?;
            scores.push(UnitScore { unit_uid: line.uid, sheet });
        }
    }
    Ok(Ok(scores))
}

fn read_plan(
    file: Option<&NamedText>,
    campaign: &Campaign,
) -> std::result::Result<ScoringPlan, Vec<FileDiagnostic>> {
    let Some(NamedText { name, text }) = file else {
        return Ok(ScoringPlan { tree: Criterion::from_targets(campaign), units: BTreeMap::new() });
    };
    let plan = read_scoring_plan(name, text)?;
    let bad = |bad: &CriteriaError| {
        let violation = Violation::error("BAD_PLAN", "leaves", message!("score-plan", bad));
        FileDiagnostic::at_start(name, violation)
    };
    let faults: Vec<FileDiagnostic> = plan.tree.validate(campaign).iter().map(bad).collect();
    if faults.is_empty() { Ok(plan) } else { Err(faults) }
}

fn score_line(
    app: &App,
    actor: &Actor,
    (campaign, plan): (&Campaign, &ScoringPlan),
    line: &UnitSummary,
) -> Result<ScoreSheet> {
    let UnitScoreInputs { persons, documented, self_scores, cluster_scores } =
        plan.units.get(&line.uid).cloned().unwrap_or_default();
    let findings = app.visible_findings(actor, Some(line.unit))?;
    let judgements = line.standings.iter();
    let coverage = line.coverage.values().copied();
    let input = ScoreInput {
        judgements: judgements.map(|(code, one)| (code.as_str(), &one.judgement)).collect(),
        coverage: coverage.fold(Coverage::default(), Coverage::combined_with),
        persons,
        under_question: findings.iter().any(|(one, _)| one.state == FindingState::Escalated),
        documented_values: documented,
        self_scores,
        cluster_overrides: cluster_scores,
    };
    score_unit(&plan.tree, campaign, &input).ok_or_else(|| {
        let text = message!("score-numbers-too-large");
        AppError::Violations(vec![Violation::error("TOO_LARGE", line.uid.clone(), text)])
    })
}
