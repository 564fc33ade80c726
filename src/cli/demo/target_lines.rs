//! The lines of a campaign's targets at one unit, from published standings.
//!
//! Knows judgements and how to say them; computes no verdict.

use crate::domain::campaign::{Campaign, Pair, TargetLine};
use crate::domain::ids::UnitId;
use crate::domain::lang::Lang;
use crate::domain::ratio::Ratio;
use crate::domain::standing::{Judgement, JudgementState, Standing};
use crate::domain::target::{Measure, Target};

/// Width of the column with the target's words.
const WORDS: usize = 46;

/// Every line, targets in the order of the campaign.
pub(super) fn all(campaign: &Campaign, standings: &[Standing], unit: UnitId, lang: Lang) -> Vec<String> {
    let head = lang.pick(
        ["chỉ tiêu", "năm trước", "hiện nay", "cần đạt", "trạng thái"],
        ["target", "last year", "now", "needed", "state"],
    );
    let mut lines = vec![row(head[0], head[1], head[2], head[3], head[4])];
    for target in &campaign.targets {
        let found = standings.iter().find(|one| one.unit == unit && one.judgement.code == target.code);
        if let Some(standing) = found {
            let words = lang.pick(&target.text_vi, &target.text_en);
            of(&standing.judgement, &target.formula, words, 0, lang, &mut lines);
            lines.extend(beside(target, lang));
        }
    }
    lines
}

fn row(words: &str, before: &str, now: &str, needed: &str, state: &str) -> String {
    let words: String = if words.chars().count() > WORDS {
        words.chars().take(WORDS - 1).chain(['…']).collect()
    } else {
        words.to_owned()
    };
    format!(" {words:<WORDS$} {before:>9} {now:>9}  {needed:<18} {state}").trim_end().to_owned()
}

fn of(judgement: &Judgement, formula: &Target, words: &str, depth: usize, lang: Lang, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    let name =
        if depth == 0 { format!("{} {words}", judgement.code) } else { format!("{indent}{} {words}", judgement.code) };
    let (before, now) = counts(judgement, formula);
    lines.push(row(&name, &before, &now, &needed(judgement, formula, lang), &state(judgement, lang)));
    lines.extend(more(judgement, formula, lang).into_iter().map(|text| format!("    {indent}{text}")));
    for (member, formula) in judgement.members.iter().zip(formula.members()) {
        let words = formula.to_string().replace(" vs same_window_prior_year, rel", "");
        of(member, formula, &words, depth + 1, lang, lines);
    }
}

fn state(judgement: &Judgement, lang: Lang) -> String {
    let text = judgement.state.text(lang);
    let zero = judgement.reasons.iter().any(|reason| reason == "ZERO_BASE");
    if zero { format!("{text} ({})", lang.pick("năm trước là 0", "last year was 0")) } else { text.to_owned() }
}

fn counts(judgement: &Judgement, formula: &Target) -> (String, String) {
    let whole =
        |ratio: Option<Ratio>| ratio.and_then(Ratio::as_whole).map_or_else(String::new, |count| count.to_string());
    match ratio_of(formula) {
        Some((above, below)) => {
            let sum = |count: usize, skip: usize| -> i64 {
                judgement.figures.iter().skip(skip).take(count).filter_map(|figure| figure.value).sum()
            };
            (String::new(), format!("{}/{}", sum(above, 0), sum(below, above)))
        }
        None => (whole(judgement.count_before), whole(judgement.count_now)),
    }
}

/// Numbers of elements above and below the line, where the target is a plain ratio.
fn ratio_of(formula: &Target) -> Option<(usize, usize)> {
    let Target::Compare(comparison) = formula else { return None };
    match &comparison.measure {
        Measure::Ratio { num, den, .. } => Some((num.elements().len(), den.elements().len())),
        Measure::Count(_) | Measure::Stock(_) | Measure::Rate { .. } | Measure::Change { .. } => None,
    }
}

fn needed(judgement: &Judgement, formula: &Target, lang: Lang) -> String {
    if let Some(now) = judgement.limit_now {
        let now = now.rounded(1).unwrap_or_default();
        return lang.pick(format!("<= {} đến nay", now.replace('.', ",")), format!("<= {now} by now"));
    }
    if let Some(limit) = judgement.limit {
        return lang.pick(format!("<= {limit} cuối kỳ"), format!("<= {limit} at end"));
    }
    match formula {
        Target::Compare(comparison) => {
            let percent = if comparison.bound.percent { " %" } else { "" };
            format!("{} {}{percent}", comparison.cmp, comparison.bound.decimal)
        }
        Target::All(_) => lang.pick("tất cả", "all of").to_owned(),
        Target::Any(_) => lang.pick("một trong số", "any of").to_owned(),
        Target::Tier { .. } => lang.pick("sàn, phấn đấu", "floor, stretch").to_owned(),
        Target::Attest(_) | Target::Milestone(_) => lang.pick("xác nhận", "attested").to_owned(),
    }
}

/// What a reader should know beside the row.
fn more(judgement: &Judgement, formula: &Target, lang: Lang) -> Vec<String> {
    let mut lines = Vec::new();
    let mut said = Vec::new();
    if !judgement.display.is_empty() && !matches!(formula, Target::All(_) | Target::Any(_) | Target::Tier { .. }) {
        said.push(lang.pick(judgement.display.replace('.', ","), judgement.display.clone()));
    }
    if let (Some(allowed), Some(left)) = (judgement.failures_allowed, judgement.failures_left) {
        said.push(slack(allowed, left, lang));
    }
    if let (Some(limit), Some(now)) =
        (judgement.limit.filter(|_| judgement.limit_now.is_some()), judgement.count_now.and_then(Ratio::as_whole))
    {
        said.push(lang.pick(
            format!("để đạt mức {limit} cả năm: nhiều nhất {} nữa", (limit - now).max(0)),
            format!("to meet the year's {limit}: at most {} more", (limit - now).max(0)),
        ));
    }
    if !said.is_empty() {
        lines.push(said.join("; "));
    }
    if let Some(percent) = judgement.percent_to_meet.filter(|percent| (1..100).contains(percent)) {
        let missing = judgement.reasons.iter().any(|reason| reason == "MISSING_REPORTS");
        let missing = if missing {
            lang.pick(
                " Báo cáo còn thiếu chỉ có thể làm xấu đi.",
                " Reports still missing can make this worse, not better.",
            )
        } else {
            ""
        };
        lines.push(lang.pick(
            format!("Khả năng đạt khoảng {percent} %.{missing}"),
            format!("P(meet) about 0.{percent:02}.{missing}"),
        ));
    }
    lines
}

fn slack(allowed: i64, left: i64, lang: Lang) -> String {
    if allowed == 0 && left >= 0 {
        lang.pick("không được sót trường hợp nào", "not one may be left out").to_owned()
    } else if left >= 0 {
        lang.pick(
            format!("còn được phép {left} trong {allowed} vụ không đạt"),
            format!("{left} of {allowed} failures may still come"),
        )
    } else {
        lang.pick(
            format!("được phép {allowed} vụ không đạt; thừa {}", -left),
            format!("{allowed} may stay open; {} too many", -left),
        )
    }
}

/// What is printed beside a target so that it cannot be met by not counting.
fn beside(line: &TargetLine, lang: Lang) -> Option<String> {
    let pairs: Vec<String> = line
        .pairs
        .iter()
        .map(|pair| match pair {
            Pair::Target(code) => code.clone(),
            Pair::Count(element) => element.to_string(),
        })
        .collect();
    (!pairs.is_empty()).then(|| format!("    {} {}", lang.pick("đọc cùng:", "read with:"), pairs.join(", ")))
}

/// A change of a count against what counts vary by themselves.
pub(super) struct AgainstChance {
    /// `34 -> 31`.
    pub(super) counts: String,
    /// In words.
    pub(super) words: String,
    /// No larger than usual variation.
    pub(super) usual: bool,
}

/// See [`AgainstChance`].
pub(super) fn against_chance(judgement: &Judgement, lang: Lang) -> AgainstChance {
    let whole = |ratio: Option<Ratio>| {
        ratio.and_then(Ratio::as_whole).map_or_else(|| "-".to_owned(), |count| count.to_string())
    };
    let counts = format!("{} -> {}", whole(judgement.count_before), whole(judgement.count_now));
    let small = judgement.reasons.iter().any(|reason| reason == "SMALL_BASE");
    let usual = judgement.variation.is_none_or(|variation| variation.abs() < 300);
    let words = match (small, usual) {
        (true, _) => lang.pick("quá ít để tính phần trăm", "too few for a percentage"),
        (false, true) => lang.pick("trong mức dao động thường thấy", "within usual variation"),
        (false, false) => lang.pick("ngoài mức dao động thường thấy: cần xem", "beyond usual variation: worth a look"),
    };
    let state = judgement.state == JudgementState::NotComparable;
    AgainstChance { counts, words: if state { judgement.state.text(lang).to_owned() } else { words.to_owned() }, usual }
}
