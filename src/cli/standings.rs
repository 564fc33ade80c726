//! `thidua standings`: how the targets stand, as the last night published it, or judged this moment with `--now`.
//!
//! Judged from accepted figures alone. Units are listed by their code: no ranking is made here.

use super::campaign;
use super::ctx::{Ctx, Desk};
use super::failure::{Failure, Outcome};
use super::live;
use super::say::Say;
use super::why::{Asked, why};
use crate::domain::campaign::Campaign;
use crate::domain::ids::UnitId;
use crate::domain::org::View;
use crate::domain::standing::{Coverage, Judgement, JudgementState, Standing};
use crate::domain::target::{Reason, Stage};
use serde_json::{Value, json};

/// `thidua standings`
#[derive(Debug, clap::Args)]
#[command(after_help = "Ví dụ / Examples:
  thidua standings
  thidua standings --campaign A --unit dist-842
  thidua standings --why T3b
  thidua standings --view AS_IS --unit com-29242-2
  thidua standings --live --unit dist-842
  thidua standings --now --csv > standings.csv")]
pub(super) struct Args {
    /// Mã phong trào; bỏ trống khi chỉ có một · Code of the campaign; may be left out when there is only one.
    #[arg(long)]
    campaign: Option<String>,
    /// Mã đơn vị (mặc định: toàn đơn vị) · Code of the unit (default: the whole authority).
    #[arg(long)]
    unit: Option<String>,
    /// Số liệu đằng sau một chỉ tiêu · The figures and reports behind one target, as in T3b.
    #[arg(long, value_name = "TARGET")]
    why: Option<String>,
    /// Tính ngay bây giờ, không ghi · Judge this moment instead of reading the last night; writes nothing.
    #[arg(long)]
    now: bool,
    /// Ngay lúc này: số chính thức, bên cạnh là nếu duyệt hết báo cáo đã gửi · This moment: official figures, and beside them what they would
    /// be if all that is sent were accepted; writes nothing.
    #[arg(long, conflicts_with_all = ["csv", "why", "view"])]
    live: bool,
    /// Đợt; 0 là cả phong trào · The phase; 0 is the whole campaign.
    #[arg(long, default_value_t = 0)]
    phase: u8,
    /// Góc nhìn: AS_WAS (như đã công bố), AS_IS, AS_IS(2025-07-01), FROZEN; khác AS_WAS thì tính ngay · In which structure figures are
    /// summed: as it was in each period, as it is today or on a day, as it was when the campaign began. Other than AS_WAS: judged this moment.
    #[arg(long, value_name = "VIEW", default_value = "AS_WAS")]
    view: String,
    /// Mọi đơn vị và đợt, dạng CSV · Every unit and phase, as CSV.
    #[arg(long, conflicts_with = "why")]
    csv: bool,
}

pub(super) fn run(ctx: &Ctx, args: &Args) -> Outcome {
    let desk = ctx.desk()?;
    let reference = desk.reference()?;
    let campaign = campaign::find(&reference, args.campaign.as_deref())?;
    let view = view(&args.view, campaign, desk.app.now().local_date())?;
    if args.live {
        return live::live(ctx, &desk, campaign, (asked_unit(&desk, args)?, args.phase));
    }
    let now = args.now || view != View::AsWas;
    let mut standings = read(&desk, campaign, now.then_some(view))?;
    let uid = |unit: UnitId| reference.org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone());
    standings.sort_by_key(|one| (one.phase, uid(one.unit), one.judgement.code.clone()));
    if args.csv {
        return all(&ctx.say, &standings, &uid);
    }
    let unit = asked_unit(&desk, args)?;
    standings.retain(|one| one.unit == unit && one.phase == args.phase);
    match &args.why {
        Some(code) => {
            let asked = Asked { desk: &desk, reference: &reference, campaign, now: now.then_some(view) };
            why(ctx, &asked, &standings, code)
        }
        None => shown(&ctx.say, &standings, &uid),
    }
}

fn asked_unit(desk: &Desk, args: &Args) -> Outcome<UnitId> {
    match &args.unit {
        Some(code) => super::access::unit_id(desk, code),
        None => Ok(desk.app.store().read(|tx| desk.app.root(tx))?.unwrap_or(UnitId([0; 16]))),
    }
}

/// AS_IS and FROZEN may name their day; else today, and the day on which the campaign began.
fn view(text: &str, campaign: &Campaign, today: jiff::civil::Date) -> Outcome<View> {
    let wanted = text.to_uppercase();
    let found = match wanted.as_str() {
        "AS_IS" => Some(View::AsIs(today)),
        "FROZEN" => Some(View::Frozen(campaign.measurement_window.start)),
        other => View::parse(other),
    };
    found.ok_or_else(|| {
        let known = "AS_WAS | AS_IS | AS_IS(2025-07-01) | FROZEN";
        Failure::usage(
            format!("không có góc nhìn {text}; cần {known}"),
            format!("there is no view {text}; expected {known}"),
        )
    })
}

fn read(desk: &Desk, campaign: &Campaign, now: Option<View>) -> Outcome<Vec<Standing>> {
    let standings = match now {
        Some(view) => desk.app.judge_now(campaign, view)?.standings,
        None => desk.app.standings(&desk.actor, campaign.id())?,
    };
    if standings.is_empty() {
        let code = &campaign.code;
        return Err(Failure::new(
            "NO_STANDINGS",
            format!("phong trào {code} chưa có kết quả; hãy chạy: thidua jobs run aggregate"),
            format!("campaign {code} has no standings yet; run: thidua jobs run aggregate"),
        ));
    }
    Ok(standings)
}

/// The rows of a target and, indented, of its members.
fn rows_of(judgement: &Judgement, depth: usize, standing: &Standing, unit: &str, rows: &mut Vec<Vec<String>>) {
    let figures = |pick: fn(&crate::domain::standing::StandingFigure) -> Option<i64>| {
        let texts: Vec<String> = judgement.figures.iter().map(|one| number(pick(one))).collect();
        texts.join("/")
    };
    rows.push(vec![
        standing.phase.to_string(),
        unit.to_owned(),
        format!("{}{}", "  ".repeat(depth), judgement.code),
        figures(|one| one.baseline_now),
        figures(|one| one.value),
        judgement.display.clone(),
        judgement.limit.map_or_else(String::new, |limit| limit.to_string()),
        judgement.state.as_str().to_owned(),
        judgement.reasons.join(" "),
        standing.view.as_str().to_owned(),
        standing.stage.as_str().to_owned(),
    ]);
    judgement.members.iter().for_each(|member| rows_of(member, depth + 1, standing, unit, rows));
}

pub(super) fn number(figure: Option<i64>) -> String {
    figure.map_or_else(|| "-".to_owned(), |figure| figure.to_string())
}

const KEYS: [&str; 11] =
    ["phase", "unit", "target", "last_year", "now", "value", "limit", "state", "reasons", "view", "stage"];

fn shown(say: &Say, standings: &[Standing], uid: &dyn Fn(UnitId) -> String) -> Outcome {
    if say.json {
        let list: Vec<Value> = standings.iter().map(|one| standing_json(one, uid)).collect();
        say.line(format!("{:#}", Value::Array(list)));
        return Ok(());
    }
    let mut rows = Vec::new();
    standings.iter().for_each(|one| rows_of(&one.judgement, 0, one, &uid(one.unit), &mut rows));
    // Codes are for files; a person reads words.
    for row in &mut rows {
        row[7] = JudgementState::parse(&row[7]).map_or("", |state| state.text(say.lang)).to_owned();
        row[8] = reasons(say, row[8].split(' '));
        row.truncate(9);
    }
    let headings = [
        say.pick("đợt", "phase"),
        say.pick("đơn vị", "unit"),
        say.pick("chỉ tiêu", "target"),
        say.pick("năm trước", "last year"),
        say.pick("nay", "now"),
        say.pick("giá trị", "value"),
        say.pick("giới hạn", "limit"),
        say.pick("trạng thái", "state"),
        say.pick("vì", "because"),
    ];
    say.table(&headings, &rows);
    if let Some(one) = standings.first() {
        let stage = match one.stage {
            Stage::Running => say.pick("đang diễn ra", "running"),
            Stage::Closed => say.pick("đã hết hạn, số liệu sơ bộ", "over, figures preliminary"),
            Stage::Final => say.pick("chính thức", "final"),
        };
        say.line(format!("{} {}; {stage}", say.pick("góc nhìn", "view"), one.view));
        say.line(covered(say, &one.coverage));
    }
    Ok(())
}

pub(super) fn covered(say: &Say, coverage: &Coverage) -> String {
    let Coverage { expected, received, nil, late, accepted, missing } = coverage;
    say.lang.pick(
        format!("báo cáo: cần {expected}, nhận {received} (không phát sinh {nil}), chậm {late}, đã duyệt {accepted}, thiếu {missing}; thiếu không phải là 0"),
        format!("reports: expected {expected}, received {received} (nil {nil}), late {late}, accepted {accepted}, missing {missing}; missing is not zero"),
    )
}

/// Why, in words.
pub(super) fn reasons<'a>(say: &Say, codes: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<&str> = codes.into_iter().filter_map(Reason::parse).map(|reason| reason.text(say.lang)).collect();
    words.join("; ")
}

fn all(say: &Say, standings: &[Standing], uid: &dyn Fn(UnitId) -> String) -> Outcome {
    let mut rows = Vec::new();
    for one in standings {
        rows_of(&one.judgement, 0, one, &uid(one.unit), &mut rows);
    }
    say.line(KEYS.join(","));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| quoted(cell.trim())).collect();
        say.line(cells.join(","));
    }
    Ok(())
}

/// A field of CSV; codes and figures of ours never begin a formula.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

fn standing_json(one: &Standing, uid: &dyn Fn(UnitId) -> String) -> Value {
    json!({
        "unit": uid(one.unit),
        "phase": one.phase,
        "view": one.view.as_str(),
        "stage": one.stage.as_str(),
        "judgement": judgement_json(&one.judgement),
        "coverage": coverage_json(&one.coverage),
    })
}

pub(super) fn coverage_json(coverage: &Coverage) -> Value {
    let Coverage { expected, received, nil, late, accepted, missing } = coverage;
    json!({ "expected": expected, "received": received, "nil": nil, "late": late, "accepted": accepted, "missing": missing })
}

pub(super) fn judgement_json(judged: &Judgement) -> Value {
    let figures: Vec<Value> = judged
        .figures
        .iter()
        .map(|one| {
            json!({ "element": one.element.to_string(), "value": one.value, "baseline_now": one.baseline_now, "baseline_full": one.baseline_full })
        })
        .collect();
    let members: Vec<Value> = judged.members.iter().map(judgement_json).collect();
    json!({
        "code": judged.code,
        "state": judged.state.as_str(),
        "reasons": judged.reasons,
        "display": judged.display,
        "limit": judged.limit,
        "failures_left": judged.failures_left,
        "percent_to_meet": judged.percent_to_meet,
        "figures": figures,
        "members": members,
    })
}
