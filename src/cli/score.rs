//! `thidua score`: prints the score sheets of the units below one unit, from the last published
//! standings. Writes nothing.
//!
//! Units are in code order. The council decides ranks and bands inside a cluster; they must not be
//! printed.

use super::context::{CliContext, LocalApp};
use super::error::{CliError, CliResult};
use super::lookup::find_campaign;
use crate::app::morning_report::{MorningReportRequest, UnitSummary};
use crate::domain::campaign::Campaign;
use crate::domain::quality::FindingState;
use crate::domain::scoring::{Criterion, ScoreInput, ScoreSheet, score_unit};
use crate::domain::standing::Coverage;
use crate::domain::support::message::{Message, message};
use crate::domain::support::ratio::Ratio;
use crate::files::scoring_plan::{ScoringPlan, UnitScoreInputs, read_scoring_plan};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// `thidua score`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  thidua score --campaign A
  thidua score --campaign A --plan score.toml --unit dist-842 --json")]
pub(super) struct Args {
    /// Code of the campaign; may be left out when there is only one.
    #[arg(long)]
    campaign: Option<String>,
    /// Scoring plan (default: every promised target with equal weight).
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Only this unit.
    #[arg(long)]
    unit: Option<String>,
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let local_app = ctx.open_local_app()?;
    let reference = local_app.load_reference()?;
    let campaign = find_campaign(&reference, args.campaign.as_deref())?;
    let plan = load_plan(ctx, args, campaign)?;
    let unit = args
        .unit
        .as_deref()
        .map(|code| super::lookup::find_unit_id(&local_app, code))
        .transpose()?;
    let morning = local_app.app.morning_report(
        &local_app.actor,
        &MorningReportRequest { campaign: campaign.id(), phase: 0, unit },
    )?;
    let units: Vec<&UnitSummary> =
        if unit.is_some() { vec![&morning.unit] } else { morning.child_units.iter().collect() };
    let mut sheets = Vec::new();
    for line in units {
        let sheet = score_line(&local_app, campaign, &plan, line)?;
        sheets.push((line, sheet));
    }
    if ctx.output.json {
        let list: Vec<Value> =
            sheets.iter().map(|(line, sheet)| sheet_json(&line.uid, sheet)).collect();
        ctx.output.print_line(format!("{:#}", Value::Array(list)));
    } else {
        print_scores(ctx, &sheets);
    }
    Ok(())
}

fn load_plan(ctx: &CliContext, args: &Args, campaign: &Campaign) -> CliResult<ScoringPlan> {
    let Some(path) = &args.plan else {
        return Ok(ScoringPlan { tree: Criterion::from_targets(campaign), units: BTreeMap::new() });
    };
    let text = super::files::read_text(path)?;
    let plan = read_scoring_plan(&super::files::display_name(path), &text).map_err(|faults| {
        let first = faults.first().map_or_else(String::new, |fault| fault.to_text(ctx.output.lang));
        CliError::new("BAD_PLAN", Message::verbatim(first))
    })?;
    match plan.tree.validate(campaign).first() {
        None => Ok(plan),
        Some(bad) => Err(CliError::new("BAD_PLAN", message!("score-plan", bad))),
    }
}

fn score_line(
    local_app: &LocalApp,
    campaign: &Campaign,
    plan: &ScoringPlan,
    line: &UnitSummary,
) -> CliResult<ScoreSheet> {
    let UnitScoreInputs { persons, documented, self_scores: own, cluster_scores: cluster } =
        plan.units.get(&line.uid).cloned().unwrap_or_default();
    let findings = local_app.app.visible_findings(&local_app.actor, Some(line.unit))?;
    let ground = ScoreInput {
        judgements: line
            .standings
            .iter()
            .map(|(code, standing)| (code.as_str(), &standing.judgement))
            .collect(),
        coverage: line
            .coverage
            .values()
            .copied()
            .fold(Coverage::default(), Coverage::combined_with),
        persons,
        under_question: findings.iter().any(|(one, _)| one.state == FindingState::Escalated),
        documented_values: documented,
        self_scores: own,
        cluster_overrides: cluster,
    };
    score_unit(&plan.tree, campaign, &ground)
        .ok_or_else(|| CliError::new("TOO_LARGE", message!("score-numbers-too-large")))
}

fn points_text(ratio: Option<Ratio>) -> String {
    ratio.and_then(|ratio| ratio.format_rounded(2)).unwrap_or_else(|| "-".to_owned())
}

fn print_scores(ctx: &CliContext, sheets: &[(&UnitSummary, ScoreSheet)]) {
    let output = &ctx.output;
    let mut rows = Vec::new();
    for (unit, sheet) in sheets {
        for line in &sheet.lines {
            let remark = match (&line.cluster_override, line.not_applicable, line.system_score) {
                (Some(decided), _, _) => {
                    format!("{} ({})", decided.reason, decided.decided_by_post)
                }
                (None, true, _) => output.text("score-not-applicable-weight-shared").to_owned(),
                (None, false, None) => output.text("score-waiting-figures").to_owned(),
                (None, false, Some(_)) => String::new(),
            };
            let cluster = line.cluster_override.as_ref().map(|decided| decided.points);
            let scores =
                [Some(line.weight), line.self_score, line.system_score, cluster].map(points_text);
            rows.push(
                [vec![unit.uid.clone(), line.code.clone()], scores.to_vec(), vec![remark]].concat(),
            );
        }
        let refused: Vec<String> =
            sheet.exclusions.iter().map(|why| why.message().text(output.lang)).collect();
        let remark = match (refused.is_empty(), sheet.total) {
            (false, _) => refused.join("; "),
            (true, None) => output.text("score-waiting-figures").to_owned(),
            (true, Some(_)) if sheet.provisional => output.text("score-provisional").to_owned(),
            (true, Some(_)) => String::new(),
        };
        let blank = || "".to_owned();
        rows.push(vec![
            unit.uid.clone(),
            "=".to_owned(),
            blank(),
            blank(),
            points_text(sheet.total),
            blank(),
            remark,
        ]);
    }
    let keys = ["unit", "criterion", "most", "self", "system", "cluster", "remark"];
    let headings = keys.map(|column| output.text(&format!("score-column-{column}")));
    output.print_rows(&headings, &keys, &rows);
    output.print_line(output.text("score-order-codes-not-ranking"));
}

fn sheet_json(uid: &str, sheet: &ScoreSheet) -> Value {
    let text = |ratio: Option<Ratio>| ratio.map(|ratio| ratio.to_string());
    let lines: Vec<Value> = sheet
        .lines
        .iter()
        .map(|line| {
            json!({
                "code": line.code,
                "most": line.weight.to_string(),
                "self": text(line.self_score),
                "system": text(line.system_score),
                "cluster": line.cluster_override.as_ref().map(|one| json!({ "points": one.points.to_string(), "reason": one.reason, "post": one.decided_by_post })),
                "not_applicable": line.not_applicable,
            })
        })
        .collect();
    let refused: Vec<&str> = sheet.exclusions.iter().map(|why| why.as_str()).collect();
    json!({
        "unit": uid,
        "lines": lines,
        "shared_out": sheet.redistributed_weight.to_string(),
        "no_score_because": refused,
        "total": text(sheet.total),
        "provisional": sheet.provisional,
    })
}
