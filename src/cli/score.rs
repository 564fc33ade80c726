//! `thidua score`: prints the score sheets of the units below one unit, from the last published
//! standings. Writes nothing.
//!
//! Units are in code order. The council decides ranks and bands inside a cluster; they must not be
//! printed.

use super::context::CliContext;
use super::error::{CliError, CliResult};
use super::files;
use crate::domain::scoring::ScoreSheet;
use crate::domain::support::ratio::Ratio;
use crate::exchange::scores::UnitScore;
use crate::files::campaign_set::NamedText;
use serde_json::{Value, json};
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
    let plan = args.plan.as_ref().map(|path| {
        let (name, text) = (files::display_name(path), files::read_text(path)?);
        Ok::<_, CliError>(NamedText { name, text })
    });
    let desk = ctx.open_desk()?;
    let sheets = desk.scores(args.campaign.as_deref(), plan.transpose()?, args.unit.as_deref())?;
    if ctx.output.json {
        let list: Vec<Value> =
            sheets.iter().map(|one| sheet_json(&one.unit_uid, &one.sheet)).collect();
        ctx.output.print_line(format!("{:#}", Value::Array(list)));
    } else {
        print_scores(ctx, &sheets);
    }
    Ok(())
}

fn points_text(ratio: Option<Ratio>) -> String {
    ratio.and_then(|ratio| ratio.format_rounded(2)).unwrap_or_else(|| "-".to_owned())
}

fn print_scores(ctx: &CliContext, sheets: &[UnitScore]) {
    let output = &ctx.output;
    let mut rows = Vec::new();
    for UnitScore { unit_uid, sheet } in sheets {
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
                [vec![unit_uid.clone(), line.code.clone()], scores.to_vec(), vec![remark]].concat(),
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
            unit_uid.clone(),
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
