//! Figures, coverage, reasons and judgements as text and as JSON, for all outputs of standings.

use super::output::Output;
use crate::domain::standing::{Coverage, Judgement};
use crate::domain::support::message::message;
use crate::domain::target_rule::VerdictReason;
use serde_json::{Value, json};

pub(super) fn figure_text(figure: Option<i64>) -> String {
    figure.map_or_else(|| "-".to_owned(), |figure| figure.to_string())
}

pub(super) fn coverage_text(output: &Output, coverage: &Coverage) -> String {
    let Coverage { expected, received, nil, late, accepted, missing, waived } = coverage;
    let text = output.lang.say(message!(
        "standing-format-reports-expected-received-nil",
        expected,
        received,
        nil,
        late,
        accepted,
        missing
    ));
    if *waived == 0 {
        return text;
    }
    format!("{text}; {}", output.lang.say(message!("standing-format-waived", waived)))
}

/// The reasons as text.
pub(super) fn reasons_text<'a>(
    output: &Output,
    codes: impl IntoIterator<Item = &'a str>,
) -> String {
    let words: Vec<String> = codes
        .into_iter()
        .filter_map(VerdictReason::parse)
        .map(|reason| reason.message().text(output.lang))
        .collect();
    words.join("; ")
}

pub(super) fn coverage_json(coverage: &Coverage) -> Value {
    let Coverage { expected, received, nil, late, accepted, missing, waived } = coverage;
    json!({ "expected": expected, "received": received, "nil": nil, "late": late, "accepted": accepted, "missing": missing, "waived": waived })
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
        "each": judged.each.as_ref().map(|each| json!({ "met": each.met, "judged": each.judged })),
    })
}
