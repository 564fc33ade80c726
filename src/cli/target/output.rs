//! An evaluation or a chance as JSON: always the same keys in the same order, null where a key does
//! not apply.

use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::{EvaluatedPace, Evaluation, TargetChance};
use crate::i18n::Lang;
use serde_json::{Value, json};

/// Decimals of a rational that is printed as a decimal.
const DECIMALS: u8 = 4;

pub(super) fn evaluation_json(one: &Evaluation, lang: Lang) -> Value {
    let reasons: Vec<&str> = one.reasons.iter().map(|reason| reason.as_str()).collect();
    let members: Vec<Value> =
        one.members.iter().map(|member| evaluation_json(member, lang)).collect();
    json!({
        "target": one.target,
        "stage": one.stage.as_str(),
        "verdict": one.verdict.map(|verdict| verdict.as_str()),
        "value": one.value.map(|value| value.to_string()),
        "display": one.display,
        "limit": one.limit,
        "failures": one.failures.map(|failures| json!({"allowed": failures.allowed, "left": failures.remaining})),
        "interval": one.interval.map(|(lo, hi)| json!({"lo": ratio_json(lo), "hi": ratio_json(hi)})),
        "tier": one.tier.map(|tier| tier.as_str()),
        "pace": one.pace.map(pace_json),
        "members": members,
        "reasons": reasons,
        "text": one.message().text(lang),
    })
}

fn pace_json(pace: EvaluatedPace) -> Value {
    json!({
        "state": pace.state.map(|state| state.as_str()),
        "allowed_to_date": pace.allowed_to_date.and_then(|allowed| allowed.format_shortest(DECIMALS)),
        "rest_change": pace.rest_change.and_then(|change| change.format_shortest(DECIMALS)),
        "forecast": pace.forecast.and_then(|forecast| forecast.format_rounded(0)).and_then(|text| text.parse::<i64>().ok()),
        "p_meet": pace.percent_to_meet.map(|hundredths| f64::from(hundredths) / 100.0),
    })
}

/// A whole number as a JSON number, any other as its exact text.
fn ratio_json(value: Ratio) -> Value {
    value.to_integer().map_or_else(|| json!(value.to_string()), |whole| json!(whole))
}

pub(super) fn chance_json(one: &TargetChance, lang: Lang) -> Value {
    let rounded = |chance: f64| (chance * 10_000.0).round() / 10_000.0;
    let members: Vec<Value> = one.members.iter().map(|member| chance_json(member, lang)).collect();
    json!({
        "target": one.target,
        "p_met_by_chance": rounded(one.independent),
        "p_met_together": rounded(one.correlated),
        "limit": one.limit,
        "members": members,
        "text": one.message().text(lang),
    })
}
