//! `thidua score`: the score sheets of the units below one unit, from the last night's standings; writes nothing.
//!
//! Units are listed by their code. Ranks and bands inside a cluster are the council's and are not printed.

use super::campaign;
use super::ctx::{Ctx, Desk};
use super::failure::{Failure, Outcome};
use crate::app::morning::{UnitLine, Wanted};
use crate::domain::campaign::Campaign;
use crate::domain::quality::FindingState;
use crate::domain::ratio::Ratio;
use crate::domain::scoring::{Ground, Node, Sheet, score};
use crate::domain::standing::Coverage;
use crate::files::score::{Plan, UnitLines, read};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// `thidua score`
#[derive(Debug, clap::Args)]
#[command(after_help = "Ví dụ / Examples:
  thidua score --campaign A
  thidua score --campaign A --plan score.toml --unit dist-842 --json")]
pub(super) struct Args {
    /// Mã phong trào; bỏ trống khi chỉ có một · Code of the campaign; may be left out when there is only one.
    #[arg(long)]
    campaign: Option<String>,
    /// Kế hoạch chấm điểm · Scoring plan (default: every promised target with equal weight).
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Chỉ một đơn vị · Only this unit.
    #[arg(long)]
    unit: Option<String>,
}

pub(super) fn run(ctx: &Ctx, args: &Args) -> Outcome {
    let desk = ctx.desk()?;
    let reference = desk.reference()?;
    let campaign = campaign::find(&reference, args.campaign.as_deref())?;
    let plan = plan(ctx, args, campaign)?;
    let unit = args.unit.as_deref().map(|code| super::access::unit_id(&desk, code)).transpose()?;
    let morning = desk.app.morning(&desk.actor, &Wanted { campaign: campaign.id(), phase: 0, unit })?;
    let units: Vec<&UnitLine> = if unit.is_some() { vec![&morning.own] } else { morning.below.iter().collect() };
    let mut sheets = Vec::new();
    for line in units {
        let sheet = sheet(&desk, campaign, &plan, line)?;
        sheets.push((line, sheet));
    }
    if ctx.say.json {
        let list: Vec<Value> = sheets.iter().map(|(line, sheet)| sheet_json(&line.uid, sheet)).collect();
        ctx.say.line(format!("{:#}", Value::Array(list)));
    } else {
        shown(ctx, &sheets);
    }
    Ok(())
}

fn plan(ctx: &Ctx, args: &Args, campaign: &Campaign) -> Outcome<Plan> {
    let Some(path) = &args.plan else {
        return Ok(Plan { tree: Node::of_targets(campaign), units: BTreeMap::new() });
    };
    let text = super::files::read(path)?;
    let plan = read(&super::files::name(path), &text).map_err(|faults| {
        let first = faults.first().map_or_else(String::new, |fault| fault.text(ctx.say.lang.as_str() == "vi"));
        Failure::new("BAD_PLAN", first.clone(), first)
    })?;
    match plan.tree.check(campaign).first() {
        None => Ok(plan),
        Some(bad) => Err(Failure::new("BAD_PLAN", format!("kế hoạch chấm điểm: {bad}"), format!("the plan: {bad}"))),
    }
}

fn sheet(desk: &Desk, campaign: &Campaign, plan: &Plan, line: &UnitLine) -> Outcome<Sheet> {
    let UnitLines { persons, documented, own, cluster } = plan.units.get(&line.uid).cloned().unwrap_or_default();
    let findings = desk.app.findings(&desk.actor, Some(line.unit))?;
    let ground = Ground {
        judgements: line.standings.iter().map(|(code, standing)| (code.as_str(), &standing.judgement)).collect(),
        coverage: line.coverage.values().copied().fold(Coverage::default(), Coverage::and),
        persons,
        under_question: findings.iter().any(|(one, _)| one.state == FindingState::Escalated),
        documented,
        own,
        cluster,
    };
    score(&plan.tree, campaign, &ground).ok_or_else(|| {
        Failure::new("TOO_LARGE", "số quá lớn để tính chính xác".to_owned(), "the numbers are too large".to_owned())
    })
}

fn points(ratio: Option<Ratio>) -> String {
    ratio.and_then(|ratio| ratio.rounded(2)).unwrap_or_else(|| "-".to_owned())
}

fn shown(ctx: &Ctx, sheets: &[(&UnitLine, Sheet)]) {
    let say = &ctx.say;
    let mut rows = Vec::new();
    for (unit, sheet) in sheets {
        for line in &sheet.lines {
            let remark = match (&line.cluster, line.not_applicable, line.system) {
                (Some(decided), _, _) => format!("{} ({})", decided.reason, decided.post),
                (None, true, _) => {
                    say.pick("không áp dụng, đã chia trọng số", "not applicable, weight shared out").to_owned()
                }
                (None, false, None) => say.pick("chờ số liệu", "waiting for figures").to_owned(),
                (None, false, Some(_)) => String::new(),
            };
            let cluster = line.cluster.as_ref().map(|decided| decided.points);
            let scores = [Some(line.weight), line.own, line.system, cluster].map(points);
            rows.push([vec![unit.uid.clone(), line.code.clone()], scores.to_vec(), vec![remark]].concat());
        }
        let refused: Vec<&str> = sheet.refused.iter().map(|why| why.text(say.lang)).collect();
        let remark = match (refused.is_empty(), sheet.total) {
            (false, _) => refused.join("; "),
            (true, None) => say.pick("chờ số liệu", "waiting for figures").to_owned(),
            (true, Some(_)) if sheet.provisional => say.pick("tạm tính", "provisional").to_owned(),
            (true, Some(_)) => String::new(),
        };
        let blank = || "".to_owned();
        rows.push(vec![unit.uid.clone(), "=".to_owned(), blank(), blank(), points(sheet.total), blank(), remark]);
    }
    let headings = say.lang.pick(
        ["đơn vị", "tiêu chí", "tối đa", "tự chấm", "hệ thống", "cụm", "ghi chú"],
        ["unit", "criterion", "most", "self", "system", "cluster", "remark"],
    );
    say.rows(&headings, &headings, &rows);
    say.line(say.pick(
        "Theo thứ tự mã; đây không phải là xếp hạng. Tham gia thi đua là tự nguyện.",
        "In the order of codes; this is not a ranking. Taking part in emulation is voluntary.",
    ));
}

fn sheet_json(uid: &str, sheet: &Sheet) -> Value {
    let text = |ratio: Option<Ratio>| ratio.map(|ratio| ratio.to_string());
    let lines: Vec<Value> = sheet
        .lines
        .iter()
        .map(|line| {
            json!({
                "code": line.code,
                "most": line.weight.to_string(),
                "self": text(line.own),
                "system": text(line.system),
                "cluster": line.cluster.as_ref().map(|one| json!({ "points": one.points.to_string(), "reason": one.reason, "post": one.post })),
                "not_applicable": line.not_applicable,
            })
        })
        .collect();
    let refused: Vec<&str> = sheet.refused.iter().map(|why| why.as_str()).collect();
    json!({
        "unit": uid,
        "lines": lines,
        "shared_out": sheet.shared_out.to_string(),
        "no_score_because": refused,
        "total": text(sheet.total),
        "provisional": sheet.provisional,
    })
}
