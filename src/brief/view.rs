//! The figures of the page as rows of text, the same for page and workbook: each target, and each comparison inside it.
//!
//! Computes no verdict: it says what was judged. Knows no layout.

use super::chart::Pace;
use super::words::{self, Group};
use crate::app::morning::Morning;
use crate::domain::campaign::{Pair, TargetLine};
use crate::domain::element::ElementCode;
use crate::domain::lang::Lang;
use crate::domain::ratio::Ratio;
use crate::domain::standing::{Judgement, JudgementState};
use crate::domain::target::{Baseline, Comparator, Comparison, Expr, Measure, Mode, Target};
use crate::domain::time::days_from_date;
use jiff::ToSpan;

/// One target of the campaign as it stands.
pub(super) struct Row<'a> {
    pub(super) target: &'a TargetLine,
    pub(super) text: &'a str,
    pub(super) group: Group,
    pub(super) state: &'static str,
    /// What decides it, at most two sentences.
    pub(super) headline: Vec<String>,
    pub(super) why: Vec<&'static str>,
    pub(super) lines: Vec<Line>,
    /// Name, before, now of what is read beside it.
    pub(super) beside: Vec<[String; 3]>,
}

/// One comparison of a target.
pub(super) struct Line {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) before: String,
    pub(super) now: String,
    pub(super) value: String,
    pub(super) needed: String,
    pub(super) state: JudgementState,
    /// Slack, chance, and what is small: whole sentences.
    pub(super) says: Vec<String>,
    pub(super) pace: Option<Pace>,
}

pub(super) fn rows(morning: &Morning, lang: Lang) -> Vec<Row<'_>> {
    let targets = morning.campaign.targets.iter();
    targets.filter_map(|target| row(morning, target, lang)).collect()
}

fn row<'a>(morning: &Morning, target: &'a TargetLine, lang: Lang) -> Option<Row<'a>> {
    let judgement = &morning.own.standings.get(&target.code)?.judgement;
    let mut lines = Vec::new();
    collect(morning, judgement, &target.formula, lang, &mut lines);
    let mut why = words::reasons(judgement, lang);
    if why.is_empty() {
        why = lines_why(judgement, lang);
    }
    let group = Group::of(judgement.state);
    Some(Row {
        headline: headline(group, &lines, &why, lang),
        target,
        text: lang.pick(&target.text_vi, &target.text_en),
        group,
        state: words::state(judgement.state, lang),
        why,
        lines,
        beside: target.pairs.iter().map(|pair| beside(morning, pair, lang)).collect(),
    })
}

/// The figures of the comparison that decides, or else the reason why nobody can say.
fn headline(group: Group, lines: &[Line], why: &[&'static str], lang: Lang) -> Vec<String> {
    let decides = lines.iter().filter(|line| Group::of(line.state) == group && !line.now.is_empty());
    let figures = decides.map(|line| {
        let code = if lines.len() > 1 { format!("{}: ", line.code) } else { String::new() };
        lang.pick(
            format!("{code}hiện {}, cần {}", line.now, line.needed),
            format!("{code}{} now, {} needed", line.now, line.needed),
        )
    });
    match group {
        Group::Good | Group::Behind | Group::Missed => figures.take(2).collect(),
        Group::Open => why.first().map(|why| (*why).to_owned()).into_iter().collect(),
    }
}

/// The reasons of the members, each once.
fn lines_why(judgement: &Judgement, lang: Lang) -> Vec<&'static str> {
    let mut all: Vec<&'static str> = Vec::new();
    for member in &judgement.members {
        let own = words::reasons(member, lang);
        all.extend(own.into_iter().chain(lines_why(member, lang)).filter(|why| !all.contains(why)).collect::<Vec<_>>());
    }
    all
}

fn collect(morning: &Morning, judgement: &Judgement, formula: &Target, lang: Lang, into: &mut Vec<Line>) {
    if judgement.members.is_empty() {
        into.push(line(morning, judgement, formula, lang));
    }
    for (member, formula) in judgement.members.iter().zip(formula.members()) {
        collect(morning, member, formula, lang, into);
    }
}

fn line(morning: &Morning, judgement: &Judgement, formula: &Target, lang: Lang) -> Line {
    let comparison = match formula {
        Target::Compare(comparison) => Some(comparison),
        Target::Milestone(_) | Target::Attest(_) | Target::All(_) | Target::Any(_) | Target::Tier { .. } => None,
    };
    let (before, now) = counts(judgement, comparison, lang);
    let attested = lang.pick("Xác nhận đã thực hiện", "Attested as done").to_owned();
    Line {
        code: judgement.code.clone(),
        name: comparison.map_or(attested, |one| measure_name(morning, &one.measure, lang)),
        before,
        now,
        value: words::figure(&judgement.display, lang),
        needed: needed(judgement, comparison, lang),
        state: judgement.state,
        says: says(morning, judgement, comparison, lang),
        pace: comparison.and_then(|one| pace(morning, judgement, one, lang)),
    }
}

pub(super) fn element_name(morning: &Morning, code: &ElementCode, lang: Lang) -> String {
    let element = morning.reference.catalogue.element(code);
    element.map_or_else(|| code.to_string(), |one| lang.pick(one.name_vi.clone(), one.name_en.clone()))
}

fn expr_name(morning: &Morning, expr: &Expr, lang: Lang) -> String {
    let names: Vec<String> = expr.elements().into_iter().map(|code| element_name(morning, code, lang)).collect();
    names.join(" + ")
}

pub(super) fn measure_name(morning: &Morning, measure: &Measure, lang: Lang) -> String {
    match measure {
        Measure::Count(expr) | Measure::Stock(expr) => expr_name(morning, expr, lang),
        Measure::Ratio { num, den, .. } | Measure::Rate { num, den, .. } => {
            format!("{} / {}", expr_name(morning, num, lang), expr_name(morning, den, lang))
        }
        Measure::Change { of, .. } => measure_name(morning, of, lang),
    }
}

/// Sums above and below the line of a plain share.
pub(super) fn parts(judgement: &Judgement, measure: &Measure) -> Option<(i64, i64)> {
    let Measure::Ratio { num, .. } = measure else { return None };
    let above = num.elements().len();
    let sum = |figures: &[crate::domain::standing::StandingFigure]| -> Option<i64> {
        figures.iter().map(|figure| figure.value).sum()
    };
    Some((sum(judgement.figures.get(..above)?)?, sum(judgement.figures.get(above..)?)?))
}

fn counts(judgement: &Judgement, comparison: Option<&Comparison>, lang: Lang) -> (String, String) {
    if let Some((num, den)) = comparison.and_then(|one| parts(judgement, &one.measure)) {
        return (String::new(), format!("{num}/{den}"));
    }
    let known = |ratio: Option<Ratio>| if ratio.is_some() { words::count(ratio, lang) } else { String::new() };
    (known(judgement.count_before), known(judgement.count_now))
}

fn sign(cmp: Comparator) -> &'static str {
    match cmp {
        Comparator::Greater => ">",
        Comparator::AtLeast => "≥",
        Comparator::Equal => "=",
        Comparator::AtMost => "≤",
        Comparator::Less => "<",
    }
}

fn needed(judgement: &Judgement, comparison: Option<&Comparison>, lang: Lang) -> String {
    let Some(comparison) = comparison else { return lang.pick("xác nhận", "attested").to_owned() };
    let whole = |cmp| match cmp {
        Comparator::Less | Comparator::AtMost => "≤",
        Comparator::Greater | Comparator::AtLeast => "≥",
        Comparator::Equal => "=",
    };
    if let Some(limit) = judgement.limit_now {
        // Where nothing had come by now last year, nothing now is as it must be.
        let sign = if limit.is_zero() { whole(comparison.cmp) } else { sign(comparison.cmp) };
        let now = words::count(Some(limit), lang);
        return lang.pick(format!("{sign} {now} đến nay"), format!("{sign} {now} by now"));
    }
    if let Some(limit) = judgement.limit {
        let sign_of_count = whole(comparison.cmp);
        return lang.pick(format!("{sign_of_count} {limit} cuối kỳ"), format!("{sign_of_count} {limit} at the end"));
    }
    let percent = if comparison.bound.percent { " %" } else { "" };
    format!("{} {}{percent}", sign(comparison.cmp), words::figure(&comparison.bound.decimal.to_string(), lang))
}

fn says(morning: &Morning, judgement: &Judgement, comparison: Option<&Comparison>, lang: Lang) -> Vec<String> {
    let mut says = Vec::new();
    let Some(comparison) = comparison else { return says };
    let now = judgement.count_now.and_then(Ratio::as_whole);
    let falls = matches!(comparison.cmp, Comparator::Less | Comparator::AtMost);
    let flow = matches!(&comparison.measure, Measure::Change { of, .. } if matches!(**of, Measure::Count(_)));
    if let (Some(limit), Some(now), true, true) = (judgement.limit, now, falls, flow) {
        let element = comparison.measure.elements().first().and_then(|code| morning.reference.catalogue.element(code));
        let unit = element.map_or("", |element| element.unit_of_count.as_str());
        says.push(words::budget(limit, now, unit, lang));
    }
    if let (Some(allowed), Some(left)) = (judgement.failures_allowed, judgement.failures_left) {
        says.push(words::failures(allowed, left, lang));
    }
    says.extend(judgement.percent_to_meet.and_then(|percent| words::chance(percent, lang)));
    says.extend(small(judgement, lang));
    says
}

/// What few cases cannot say.
fn small(judgement: &Judgement, lang: Lang) -> Option<String> {
    let few = |ratio: Option<Ratio>| ratio.is_some_and(|count| count <= Ratio::whole(20));
    let usual = judgement.variation.is_some_and(|variation| variation.abs() < 300);
    match (few(judgement.count_now) || few(judgement.count_before), usual) {
        (true, _) => {
            Some(lang.pick("Số nhỏ: thêm hay bớt một vụ đã khác hẳn.", "Small numbers: one more or less changes it."))
        }
        (false, true) => Some(lang.pick(
            "Chênh lệch so với năm trước còn trong mức dao động thường thấy.",
            "The difference from last year is within usual variation.",
        )),
        (false, false) => None,
    }
    .map(str::to_owned)
}

fn beside(morning: &Morning, pair: &Pair, lang: Lang) -> [String; 3] {
    match pair {
        Pair::Target(code) => [code.clone(), String::new(), String::new()],
        Pair::Count(code) => {
            let point = morning.beside.get(code);
            let count = |pick: fn(&crate::domain::standing::CoursePoint) -> Option<Ratio>| {
                words::count(point.and_then(pick), lang)
            };
            [element_name(morning, code, lang), count(|point| point.before), count(|point| point.now)]
        }
    }
}

fn pace(morning: &Morning, judgement: &Judgement, comparison: &Comparison, lang: Lang) -> Option<Pace> {
    let points = morning.courses.get(&judgement.code)?;
    let start = days_from_date(morning.window.start);
    let days = |day: jiff::civil::Date| f64::from(days_from_date(day) - start);
    let drawn = |pick: fn(&crate::domain::standing::CoursePoint) -> Option<Ratio>| -> Vec<(f64, f64)> {
        points.iter().filter_map(|point| Some((days(point.until), pick(point)?.approximately()))).collect()
    };
    let (now, before) = (drawn(|point| point.now), drawn(|point| point.before));
    if now.is_empty() {
        return None;
    }
    let percent = matches!(comparison.measure, Measure::Ratio { .. });
    let end = days(morning.window.end);
    let last = morning.window.end.saturating_sub(1.day());
    let name = measure_name(morning, &comparison.measure, lang);
    let state = words::state(judgement.state, lang);
    Some(Pace {
        allowed: allowed(judgement, comparison, &before, end),
        days: end,
        ends: [words::day(morning.window.start, lang), words::day(last, lang)],
        last: last_label(judgement, percent, lang),
        percent,
        words: lang.pick(
            format!("Biểu đồ tiến độ: {name}. Nay {}, {state}.", words::figure(&judgement.display, lang)),
            format!("Chart of the pace: {name}. Now {}, {state}.", judgement.display),
        ),
        now,
        before,
    })
}

fn last_label(judgement: &Judgement, percent: bool, lang: Lang) -> String {
    if percent { words::figure(&judgement.display, lang) } else { words::count(judgement.count_now, lang) }
}

/// What is allowed day by day: last year's course shrunk to the limit; of a stock or a share the bound itself.
fn allowed(judgement: &Judgement, comparison: &Comparison, before: &[(f64, f64)], end: f64) -> Vec<(f64, f64)> {
    let level = |value: f64| vec![(0.0, value), (end, value)];
    match &comparison.measure {
        Measure::Change { of, baseline: Baseline::SameWindowPriorYear, mode: Mode::Relative | Mode::Absolute } => {
            let (Some(limit), Some(last)) = (judgement.limit, before.last()) else { return Vec::new() };
            let limit = Ratio::whole(limit).approximately();
            match **of {
                Measure::Count(_) if last.1 > 0.0 => {
                    before.iter().map(|(day, value)| (*day, value * limit / last.1)).collect()
                }
                Measure::Count(_)
                | Measure::Stock(_)
                | Measure::Ratio { .. }
                | Measure::Rate { .. }
                | Measure::Change { .. } => level(limit),
            }
        }
        Measure::Change { .. } => {
            judgement.limit.map(|limit| level(Ratio::whole(limit).approximately())).unwrap_or_default()
        }
        Measure::Count(_) | Measure::Stock(_) | Measure::Ratio { .. } | Measure::Rate { .. } => {
            judgement.bound.map(|bound| level(bound.approximately())).unwrap_or_default()
        }
    }
}
