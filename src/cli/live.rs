//! `thidua standings --live`: official figures as they are this moment, and beside them what they would be if all that is sent were accepted.
//!
//! For a desk. No phone shows this: the next figure must not be weighed against the target.

use super::ctx::{Ctx, Desk};
use super::failure::Outcome;
use super::standings::{coverage_json, covered, judgement_json, number};
use crate::domain::campaign::Campaign;
use crate::domain::ids::UnitId;
use crate::domain::org::View;
use crate::domain::standing::{Judgement, Standing};
use serde_json::{Value, json};

pub(super) fn live(ctx: &Ctx, desk: &Desk, campaign: &Campaign, (unit, phase): (UnitId, u8)) -> Outcome {
    let of_unit = |mut all: Vec<Standing>| {
        all.retain(|one| one.unit == unit && one.phase == phase);
        all
    };
    let official = of_unit(desk.app.judge_now(campaign, View::AsWas)?.standings);
    let provisional = of_unit(desk.app.judge_provisional(campaign)?.standings);
    let say = &ctx.say;
    let both = || official.iter().zip(&provisional);
    if say.json {
        let pair = |(official, provisional): (&Standing, &Standing)| {
            json!({
                "official": judgement_json(&official.judgement),
                "provisional": judgement_json(&provisional.judgement),
                "coverage": coverage_json(&official.coverage),
            })
        };
        say.line(format!("{:#}", Value::Array(both().map(pair).collect())));
        return Ok(());
    }
    let mut rows = Vec::new();
    both().for_each(|(one, other)| rows_of(ctx, 0, (&one.judgement, &other.judgement), &mut rows));
    let headings = [
        say.pick("chỉ tiêu", "target"),
        say.pick("đã duyệt", "accepted"),
        say.pick("giá trị", "value"),
        say.pick("trạng thái", "state"),
        say.pick("nếu duyệt hết", "if all accepted"),
        say.pick("giá trị", "value"),
        say.pick("trạng thái", "state"),
    ];
    say.table(&headings, &rows);
    if let Some(one) = official.first() {
        say.line(covered(say, &one.coverage));
    }
    say.line(say.pick(
        "cột phải là tạm tính, không ai công bố; kết quả chính thức là của đêm",
        "the right half is provisional and published by nobody; official is what the night publishes",
    ));
    Ok(())
}

fn rows_of(ctx: &Ctx, depth: usize, (official, provisional): (&Judgement, &Judgement), rows: &mut Vec<Vec<String>>) {
    let figures = |judgement: &Judgement| {
        let texts: Vec<String> = judgement.figures.iter().map(|one| number(one.value)).collect();
        texts.join("/")
    };
    let half = |judgement: &Judgement| {
        [figures(judgement), judgement.display.clone(), judgement.state.text(ctx.say.lang).to_owned()]
    };
    let name = format!("{}{}", "  ".repeat(depth), official.code);
    rows.push([name].into_iter().chain(half(official)).chain(half(provisional)).collect());
    for pair in official.members.iter().zip(&provisional.members) {
        rows_of(ctx, depth + 1, pair, rows);
    }
}
