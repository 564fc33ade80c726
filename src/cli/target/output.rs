//! An evaluation, or a chance, as JSON: always the same keys in the same order, null where a key does not apply.
//!
//! Knows shapes only.

use crate::domain::lang::Lang;
use crate::domain::ratio::Ratio;
use crate::domain::target::{Evaluation, Luck, Pace};
use serde_json::{Value, json};

/// Decimals of a rational that is printed as a decimal.
const PLACES: u8 = 4;

pub(super) fn evaluation(one: &Evaluation, lang: Lang) -> Value {
    let reasons: Vec<&str> = one.reasons.iter().map(|reason| reason.as_str()).collect();
    let members: Vec<Value> = one.members.iter().map(|member| evaluation(member, lang)).collect();
    json!({
        "target": one.target,
        "stage": one.stage.as_str(),
        "verdict": one.verdict.map(|verdict| verdict.as_str()),
        "value": one.value.map(|value| value.to_string()),
        "display": one.display,
        "limit": one.limit,
        "failures": one.failures.map(|failures| json!({"allowed": failures.allowed, "left": failures.left})),
        "interval": one.interval.map(|(lo, hi)| json!({"lo": number(lo), "hi": number(hi)})),
        "tier": one.tier.map(|tier| tier.as_str()),
        "pace": one.pace.map(pace),
        "members": members,
        "reasons": reasons,
        "text": one.text(lang),
    })
}

fn pace(pace: Pace) -> Value {
    json!({
        "state": pace.state.map(|state| state.as_str()),
        "allowed_to_date": pace.allowed_to_date.and_then(|allowed| allowed.shortest(PLACES)),
        "rest_change": pace.rest_change.and_then(|change| change.shortest(PLACES)),
        "forecast": pace.forecast.and_then(|forecast| forecast.rounded(0)).and_then(|text| text.parse::<i64>().ok()),
        "p_meet": pace.p_meet.map(|hundredths| f64::from(hundredths) / 100.0),
    })
}

/// A whole number as a number, any other as its exact text.
fn number(value: Ratio) -> Value {
    value.as_whole().map_or_else(|| json!(value.to_string()), |whole| json!(whole))
}

pub(super) fn luck(one: &Luck, lang: Lang) -> Value {
    let rounded = |chance: f64| (chance * 10_000.0).round() / 10_000.0;
    let members: Vec<Value> = one.members.iter().map(|member| luck(member, lang)).collect();
    json!({
        "target": one.target,
        "p_met_by_chance": rounded(one.independent),
        "p_met_together": rounded(one.together),
        "limit": one.limit,
        "members": members,
        "text": one.text(lang),
    })
}
