//! The table of a campaign's targets at one unit, from published standings. Must not compute
//! verdicts.

use crate::cli::standing_format::shown_text;
use crate::domain::campaign::{Campaign, CampaignTarget, TargetPair};
use crate::domain::report::form::Catalogue;
use crate::domain::standing::{Judgement, JudgementState, Standing};
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::{Message, message};
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::{Comparator, Comparison, Target};
use crate::i18n::Lang;

/// Width of the column with the target's text.
const TARGET_COLUMN_WIDTH: usize = 46;

/// All lines, targets in the order of the campaign.
pub(super) fn target_lines(
    campaign: &Campaign,
    standings: &[Standing],
    unit: UnitId,
    (lang, catalogue): (Lang, &Catalogue),
) -> Vec<String> {
    let head = ["target", "last-year", "now", "needed", "state"]
        .map(|column| lang.text(&format!("target-table-{column}")));
    let mut lines = vec![format_row(head[0], head[1], head[2], head[3], head[4])];
    for target in &campaign.targets {
        let found =
            standings.iter().find(|one| one.unit == unit && one.judgement.code == target.code);
        if let Some(standing) = found {
            let words = lang.pick(&target.text_vi, &target.text_en);
            let texts = (lang, catalogue);
            push_judgement_lines(&standing.judgement, &target.formula, words, 0, texts, &mut lines);
            lines.extend(guard_text(target, lang));
        }
    }
    lines
}

fn format_row(words: &str, before: &str, now: &str, needed: &str, state: &str) -> String {
    let words: String = if words.chars().count() > TARGET_COLUMN_WIDTH {
        words.chars().take(TARGET_COLUMN_WIDTH - 1).chain(['…']).collect()
    } else {
        words.to_owned()
    };
    format!(" {words:<TARGET_COLUMN_WIDTH$} {before:>9} {now:>9}  {needed:<18} {state}")
        .trim_end()
        .to_owned()
}

fn push_judgement_lines(
    judgement: &Judgement,
    formula: &Target,
    words: &str,
    depth: usize,
    (lang, catalogue): (Lang, &Catalogue),
    lines: &mut Vec<String>,
) {
    let indent = "  ".repeat(depth);
    let name = if depth == 0 {
        format!("{} {words}", judgement.code)
    } else {
        format!("{indent}{} {words}", judgement.code)
    };
    let comparison = formula.comparison();
    let shown = judgement.shown_figures(comparison, catalogue);
    let [before, now] = [shown.before, shown.now].map(|one| shown_text(one, Some(lang)));
    lines.push(format_row(
        &name,
        &before,
        &now,
        &needed_text(judgement, formula, lang),
        &state_text(judgement, lang),
    ));
    lines.extend(
        remark_lines(judgement, formula, lang)
            .into_iter()
            .map(|text| format!("    {indent}{text}")),
    );
    for (member, formula) in judgement.members.iter().zip(formula.members()) {
        let words = formula.to_string().replace(" vs same_window_prior_year, rel", "");
        push_judgement_lines(member, formula, &words, depth + 1, (lang, catalogue), lines);
    }
}

fn state_text(judgement: &Judgement, lang: Lang) -> String {
    let text = judgement.state.message().text(lang);
    let zero = judgement.reasons.iter().any(|reason| reason == "ZERO_BASE");
    if zero {
        format!("{text} ({})", lang.text("target-table-last-year-0"))
    } else {
        text.to_owned()
    }
}

fn needed_text(judgement: &Judgement, formula: &Target, lang: Lang) -> String {
    if let Some(now) = judgement.limit_now {
        let sign = sign_of(formula);
        return lang.say(message!(
            "target-table-to-date",
            sign,
            now = lang.limit(now, judgement.count_now)
        ));
    }
    if let Some(limit) = judgement.limit {
        let limit = lang.count(limit);
        return lang.say(message!("target-table-end", sign = sign_of(formula), limit));
    }
    match formula {
        Target::Compare(comparison) => {
            let percent = if comparison.bound.percent { " %" } else { "" };
            let bound = lang.numbers(&comparison.bound.decimal.to_string());
            format!("{} {bound}{percent}", comparison.cmp)
        }
        Target::All(_) => lang.text("target-table-all").to_owned(),
        Target::Any(_) => lang.text("target-table-any").to_owned(),
        Target::Tier { .. } => lang.text("target-table-floor-stretch").to_owned(),
        Target::Attest(_) | Target::Milestone(_) => lang.text("target-table-attested").to_owned(),
    }
}

fn sign_of(formula: &Target) -> &'static str {
    let falls =
        |comparison: &Comparison| matches!(comparison.cmp, Comparator::Less | Comparator::AtMost);
    let is_ceiling = matches!(formula, Target::Compare(comparison) if falls(comparison));
    if is_ceiling { "<=" } else { ">=" }
}

/// Remarks below the row.
fn remark_lines(judgement: &Judgement, formula: &Target, lang: Lang) -> Vec<String> {
    let mut lines = Vec::new();
    let mut said = Vec::new();
    if !judgement.display.is_empty()
        && !matches!(formula, Target::All(_) | Target::Any(_) | Target::Tier { .. })
    {
        said.push(lang.numbers(&judgement.display));
    }
    if let (Some(allowed), Some(remaining)) = (judgement.failures_allowed, judgement.failures_left)
    {
        said.push(remaining_failures_text(allowed, remaining, lang));
    }
    if let (Some(limit), Some(now)) = (
        judgement.limit.filter(|_| judgement.limit_now.is_some() && sign_of(formula) == "<="),
        judgement.count_now.and_then(Ratio::to_integer),
    ) {
        said.push(lang.say(message!(
            "target-table-meet-year-most-more",
            limit = lang.count(limit),
            max = lang.count(limit.saturating_sub(now).max(0))
        )));
    }
    // A figure without a verdict reads like a success: say why there is none.
    if judgement.state == JudgementState::Undetermined && judgement.members.is_empty() {
        let reason = judgement.reasons.first();
        said.extend(reason.map(|code| lang.say(Message::of_code("verdict-reason", code))));
    }
    if !said.is_empty() {
        lines.push(said.join("; "));
    }
    if let Some(percent) = judgement.percent_to_meet.filter(|percent| (1..100).contains(percent)) {
        let missing = judgement.reasons.iter().any(|reason| reason == "MISSING_REPORTS");
        let missing =
            if missing { lang.text("target-table-reports-still-missing-can") } else { "" };
        lines.push(lang.say(message!("target-table-p-meet-about-0", percent, missing)));
    }
    lines
}

fn remaining_failures_text(allowed: i64, remaining: i64, lang: Lang) -> String {
    if allowed == 0 && remaining >= 0 {
        lang.text("target-table-not-one-may-left").to_owned()
    } else if remaining >= 0 {
        lang.say(message!("target-table-failures-may-still-come", remaining, allowed))
    } else {
        lang.say(message!("target-table-may-stay-open-too", allowed, remaining = -remaining))
    }
}

/// The counts that are printed beside a target so that it cannot be met by not counting.
fn guard_text(line: &CampaignTarget, lang: Lang) -> Option<String> {
    let pairs: Vec<String> = line
        .pairs
        .iter()
        .map(|pair| match pair {
            TargetPair::Target(code) => code.clone(),
            TargetPair::Count(element) => element.to_string(),
        })
        .collect();
    (!pairs.is_empty())
        .then(|| format!("    {} {}", lang.text("target-table-read"), pairs.join(", ")))
}

/// A change of a count compared with its random variation.
pub(super) struct ChanceComparison {
    /// `34 -> 31`.
    pub(super) counts: String,
    /// The comparison as text.
    pub(super) text: String,
    /// Whether the change is within usual variation.
    pub(super) is_usual_variation: bool,
}

/// Compares the change of a judgement's count with random variation.
pub(super) fn compare_with_chance(judgement: &Judgement, lang: Lang) -> ChanceComparison {
    let whole =
        |ratio: Option<Ratio>| ratio.map_or_else(|| "-".to_owned(), |count| lang.ratio(count));
    let counts = format!("{} -> {}", whole(judgement.count_before), whole(judgement.count_now));
    let small = judgement.reasons.iter().any(|reason| reason == "SMALL_BASE");
    let usual = judgement.variation.is_none_or(|variation| variation.abs() < 300);
    let words = match (small, usual) {
        (true, _) => lang.text("target-table-too-few-percentage"),
        (false, true) => lang.text("target-table-within-usual-variation"),
        (false, false) => lang.text("target-table-beyond-usual-variation-worth"),
    };
    // Without both counts there is no change to speak of.
    let is_unknown = judgement.state == JudgementState::NotComparable
        || judgement.count_now.is_none()
        || judgement.count_before.is_none();
    ChanceComparison {
        counts,
        text: if is_unknown {
            judgement.state.message().text(lang).to_owned()
        } else {
            words.to_owned()
        },
        is_usual_variation: usual,
    }
}
