//! Figures, coverage, reasons and judgements as text and as JSON, for all outputs of standings.

use super::output::Output;
use crate::domain::report::element::ElementCode;
use crate::domain::report::form::Catalogue;
use crate::domain::standing::{Coverage, Judgement, ShownFigure, Standing, StandingFigure};
use crate::domain::support::message::message;
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::VerdictReason;
use crate::i18n::Lang;
use serde_json::{Value, json};

/// Decimals of a figure in a file, at most.
const FILE_DECIMALS: u8 = 6;

/// A stored figure as the language writes it.
pub(super) fn figure_text(lang: Lang, figure: Option<i64>, scale: u8) -> String {
    figure.map_or_else(|| "-".to_owned(), |figure| lang.figure(figure, scale))
}

/// A stored figure as JSON: a whole number, or a text with a point where the element has decimals.
pub(super) fn figure_json(figure: Option<i64>, scale: u8) -> Value {
    match figure {
        None => Value::Null,
        Some(figure) if scale == 0 => json!(figure),
        Some(figure) => Value::from(plain_figure(figure, scale)),
    }
}

/// A stored figure for files: with a point, and without separators.
pub(super) fn plain_figure(figure: i64, scale: u8) -> String {
    let decimal = Ratio::from_scaled(figure, scale).and_then(|one| one.format_shortest(scale));
    decimal.unwrap_or_else(|| figure.to_string())
}

/// A figure before or now: with `lang` for people, else for files.
pub(super) fn shown_text(figure: Option<ShownFigure>, lang: Option<Lang>) -> String {
    let plain =
        |ratio: Ratio| ratio.format_shortest(FILE_DECIMALS).unwrap_or_else(|| ratio.to_string());
    let text = |ratio: Ratio| lang.map_or_else(|| plain(ratio), |lang| lang.ratio(ratio));
    match figure {
        None => String::new(),
        Some(ShownFigure::Count(count)) => text(count),
        Some(ShownFigure::Fraction(num, den)) => format!("{}/{}", text(num), text(den)),
        Some(ShownFigure::NoData) => lang.map_or("", |lang| lang.text("figure-no-data")).to_owned(),
    }
}

pub(super) fn scale_of(catalogue: &Catalogue, element: &ElementCode) -> u8 {
    catalogue.element(element).map_or(0, |element| element.scale)
}

pub(super) fn coverage_text(output: &Output, coverage: &Coverage) -> String {
    let Coverage { expected, received, nil, late, accepted, missing, waived } = coverage;
    let [expected, received, nil, late, accepted, missing] =
        [expected, received, nil, late, accepted, missing].map(|count| output.lang.count(count));
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

/// A standing as JSON; `unit` is the code of its unit.
pub(super) fn standing_json(one: &Standing, unit: &str, catalogue: &Catalogue) -> Value {
    json!({
        "unit": unit,
        "phase": one.phase,
        "view": one.view.as_str(),
        "stage": one.stage.as_str(),
        "judged_through": one.judged_through.map(|day| day.to_string()),
        "judgement": judgement_json(&one.judgement, catalogue),
        "coverage": coverage_json(&one.coverage),
    })
}

/// Fractions are texts, as in `-1/20`; figures are in the unit of their element.
pub(super) fn judgement_json(judged: &Judgement, catalogue: &Catalogue) -> Value {
    let figure = |one: &StandingFigure| {
        let json = |figure: Option<i64>| figure_json(figure, scale_of(catalogue, &one.element));
        json!({
            "element": one.element.to_string(),
            "value": json(one.value),
            "baseline_now": json(one.baseline_now),
            "baseline_full": json(one.baseline_full),
        })
    };
    let figures: Vec<Value> = judged.figures.iter().map(figure).collect();
    let members: Vec<Value> =
        judged.members.iter().map(|member| judgement_json(member, catalogue)).collect();
    let fraction = |ratio: Option<Ratio>| ratio.map(|ratio| ratio.to_string());
    json!({
        "code": judged.code,
        "state": judged.state.as_str(),
        "group": judged.state.group().as_str(),
        "reasons": judged.reasons,
        "display": judged.display,
        "value": fraction(judged.value),
        "bound": fraction(judged.bound),
        "limit": judged.limit,
        "limit_now": fraction(judged.limit_now),
        "failures_left": judged.failures_left,
        "percent_to_meet": judged.percent_to_meet,
        "figures": figures,
        "members": members,
        "each": judged.each.as_ref().map(|each| json!({ "met": each.met, "judged": each.judged })),
    })
}
