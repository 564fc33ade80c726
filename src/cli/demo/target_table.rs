//! The table of a campaign's targets at one unit, from published standings. Must not compute
//! verdicts.

use crate::domain::campaign::{Campaign, CampaignTarget, TargetPair};
use crate::domain::standing::{Judgement, JudgementState, Standing};
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::message;
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::{Comparator, Comparison, Measure, Target};
use crate::i18n::Lang;

/// Width of the column with the target's text.
const TARGET_COLUMN_WIDTH: usize = 46;

/// All lines, targets in the order of the campaign.
pub(super) fn target_lines(
    campaign: &Campaign,
    standings: &[Standing],
    unit: UnitId,
    lang: Lang,
) -> Vec<String> {
    let head = ["target", "last-year", "now", "needed", "state"]
        .map(|column| lang.text(&format!("target-table-{column}")));
    let mut lines = vec![format_row(head[0], head[1], head[2], head[3], head[4])];
    for target in &campaign.targets {
        let found =
            standings.iter().find(|one| one.unit == unit && one.judgement.code == target.code);
        if let Some(standing) = found {
            let words = lang.pick(&target.text_vi, &target.text_en);
            push_judgement_lines(&standing.judgement, &target.formula, words, 0, lang, &mut lines);
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
    lang: Lang,
    lines: &mut Vec<String>,
) {
    let indent = "  ".repeat(depth);
    let name = if depth == 0 {
        format!("{} {words}", judgement.code)
    } else {
        format!("{indent}{} {words}", judgement.code)
    };
    let (before, now) = counts_text(judgement, formula);
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
        push_judgement_lines(member, formula, &words, depth + 1, lang, lines);
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

fn counts_text(judgement: &Judgement, formula: &Target) -> (String, String) {
    let whole = |ratio: Option<Ratio>| {
        ratio.and_then(Ratio::to_integer).map_or_else(String::new, |count| count.to_string())
    };
    match ratio_element_counts(formula) {
        Some((above, below)) => {
            let sum = |count: usize, skip: usize| -> i64 {
                judgement
                    .figures
                    .iter()
                    .skip(skip)
                    .take(count)
                    .filter_map(|figure| figure.value)
                    .sum()
            };
            (String::new(), format!("{}/{}", sum(above, 0), sum(below, above)))
        }
        None => (whole(judgement.count_before), whole(judgement.count_now)),
    }
}

/// Numbers of elements above and below the fraction line, where the target is a plain ratio.
fn ratio_element_counts(formula: &Target) -> Option<(usize, usize)> {
    let Target::Compare(comparison) = formula else { return None };
    match &comparison.measure {
        Measure::Ratio { num, den, .. } => Some((num.elements().len(), den.elements().len())),
        Measure::Count(_) | Measure::Stock(_) | Measure::Rate { .. } | Measure::Change { .. } => {
            None
        }
    }
}

fn is_ceiling(formula: &Target) -> bool {
    let falls =
        |comparison: &Comparison| matches!(comparison.cmp, Comparator::Less | Comparator::AtMost);
    matches!(formula, Target::Compare(comparison) if falls(comparison))
}

fn needed_text(judgement: &Judgement, formula: &Target, lang: Lang) -> String {
    let sign = if is_ceiling(formula) { "<=" } else { ">=" };
    if let Some(now) = judgement.limit_now {
        let now = now.format_rounded(1).unwrap_or_default();
        let now = lang.pick(now.replace('.', ","), now);
        return lang.say(message!("target-table-by-now", sign, now));
    }
    if let Some(limit) = judgement.limit {
        return lang.say(message!("target-table-end", sign, limit));
    }
    match formula {
        Target::Compare(comparison) => {
            let percent = if comparison.bound.percent { " %" } else { "" };
            format!("{} {}{percent}", comparison.cmp, comparison.bound.decimal)
        }
        Target::All(_) => lang.text("target-table-all").to_owned(),
        Target::Any(_) => lang.text("target-table-any").to_owned(),
        Target::Tier { .. } => lang.text("target-table-floor-stretch").to_owned(),
        Target::Attest(_) | Target::Milestone(_) => lang.text("target-table-attested").to_owned(),
    }
}

/// Remarks below the row.
fn remark_lines(judgement: &Judgement, formula: &Target, lang: Lang) -> Vec<String> {
    let mut lines = Vec::new();
    let mut said = Vec::new();
    if !judgement.display.is_empty()
        && !matches!(formula, Target::All(_) | Target::Any(_) | Target::Tier { .. })
    {
        said.push(lang.pick(judgement.display.replace('.', ","), judgement.display.clone()));
    }
    if let (Some(allowed), Some(remaining)) = (judgement.failures_allowed, judgement.failures_left)
    {
        said.push(remaining_failures_text(allowed, remaining, lang));
    }
    if let (Some(limit), Some(now)) = (
        judgement.limit.filter(|_| judgement.limit_now.is_some()),
        judgement.count_now.and_then(Ratio::to_integer),
    ) {
        let rest = (limit - now).max(0);
        said.push(match is_ceiling(formula) {
            true => lang.say(message!("target-table-meet-year-most-more", limit, max = rest)),
            false => lang.say(message!("target-table-least-still-to-come", limit, rest)),
        });
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
    let whole = |ratio: Option<Ratio>| {
        ratio.and_then(Ratio::to_integer).map_or_else(|| "-".to_owned(), |count| count.to_string())
    };
    let counts = format!("{} -> {}", whole(judgement.count_before), whole(judgement.count_now));
    let small = judgement.reasons.iter().any(|reason| reason == "SMALL_BASE");
    let usual = judgement.variation.is_none_or(|variation| variation.abs() < 300);
    let words = match (small, usual) {
        (true, _) => lang.text("target-table-too-few-percentage"),
        (false, true) => lang.text("target-table-within-usual-variation"),
        (false, false) => lang.text("target-table-beyond-usual-variation-worth"),
    };
    let is_unknown =
        judgement.state == JudgementState::NotComparable || judgement.count_now.is_none();
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
