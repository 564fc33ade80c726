//! Rows of text for page and workbook: each target and each of its comparisons. Verdicts are read,
//! never computed.

use super::pace_chart::PaceChart;
use super::texts::{self, StateGroup};
use crate::app::morning_report::MorningReport;
use crate::domain::campaign::{CampaignTarget, TargetPair};
use crate::domain::report::element::ElementCode;
use crate::domain::standing::{Judgement, JudgementState};
use crate::domain::support::message::message;
use crate::domain::support::ratio::Ratio;
use crate::domain::support::time::days_from_date;
use crate::domain::target_rule::{
    Baseline, ChangeMode, Comparator, Comparison, Expr, Measure, Target,
};
use crate::i18n::Lang;
use jiff::ToSpan;

/// The row of one target.
pub(super) struct TargetRow<'a> {
    pub(super) target: &'a CampaignTarget,
    pub(super) text: &'a str,
    pub(super) group: StateGroup,
    pub(super) state: String,
    /// What decides the target, at most two sentences.
    pub(super) headline: Vec<String>,
    pub(super) reasons: Vec<String>,
    pub(super) comparisons: Vec<ComparisonRow>,
    /// Name, before and now of the counts that are read together with it.
    pub(super) paired_counts: Vec<[String; 3]>,
}

/// One comparison of a target.
pub(super) struct ComparisonRow {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) before: String,
    pub(super) now: String,
    pub(super) value: String,
    pub(super) needed: String,
    pub(super) state: JudgementState,
    /// Whole sentences: slack, chance, and small numbers.
    pub(super) remarks: Vec<String>,
    pub(super) pace: Option<PaceChart>,
}

pub(super) fn build_target_rows(morning: &MorningReport, lang: Lang) -> Vec<TargetRow<'_>> {
    let targets = morning.campaign.targets.iter();
    targets.filter_map(|target| build_target_row(morning, target, lang)).collect()
}

fn build_target_row<'a>(
    morning: &MorningReport,
    target: &'a CampaignTarget,
    lang: Lang,
) -> Option<TargetRow<'a>> {
    let standing = morning.unit.standings.get(&target.code)?;
    let (judgement, elsewhere) = (&standing.judgement, standing.phase != morning.phase);
    let mut lines = Vec::new();
    collect_comparisons(morning, judgement, &target.formula, lang, &mut lines);
    if elsewhere {
        // The courses are those of the phase.
        lines.iter_mut().for_each(|line| line.pace = None);
    }
    let mut reasons = texts::reason_texts(judgement, lang);
    if reasons.is_empty() {
        reasons = member_reason_texts(judgement, lang);
    }
    if let Some(each) = &judgement.each {
        let name = |unit| morning.reference.org.nearest_name(unit, morning.today).to_owned();
        reasons.insert(0, each.message(name).text(lang));
    }
    let group = StateGroup::from_state(judgement.state);
    Some(TargetRow {
        headline: headline_texts(group, &lines, &reasons, lang),
        target,
        text: lang.pick(&target.text_vi, &target.text_en),
        group,
        state: if elsewhere {
            lang.say(message!("target-rows-whole-campaign", state => judgement.state.message()))
        } else {
            texts::state_text(judgement.state, lang)
        },
        reasons,
        comparisons: lines,
        paired_counts: target
            .pairs
            .iter()
            .map(|pair| paired_count_texts(morning, pair, lang))
            .collect(),
    })
}

/// The figures of the deciding comparisons; the first reason if the target is undecided.
fn headline_texts(
    group: StateGroup,
    lines: &[ComparisonRow],
    reasons: &[String],
    lang: Lang,
) -> Vec<String> {
    let decides = lines
        .iter()
        .filter(|line| StateGroup::from_state(line.state) == group && !line.now.is_empty());
    let figures = decides.map(|line| {
        let code = if lines.len() > 1 { format!("{}: ", line.code) } else { String::new() };
        lang.say(message!("target-rows-now-needed", code, now = line.now, needed = line.needed))
    });
    match group {
        StateGroup::Good | StateGroup::Behind | StateGroup::Missed => figures.take(2).collect(),
        StateGroup::Undecided => reasons.first().cloned().into_iter().collect(),
    }
}

/// The reasons of the members, without duplicates.
fn member_reason_texts(judgement: &Judgement, lang: Lang) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for member in &judgement.members {
        let own = texts::reason_texts(member, lang);
        all.extend(
            own.into_iter()
                .chain(member_reason_texts(member, lang))
                .filter(|reasons| !all.contains(reasons))
                .collect::<Vec<_>>(),
        );
    }
    all
}

fn collect_comparisons(
    morning: &MorningReport,
    judgement: &Judgement,
    formula: &Target,
    lang: Lang,
    into: &mut Vec<ComparisonRow>,
) {
    if judgement.members.is_empty() {
        into.push(build_comparison_row(morning, judgement, formula, lang));
    }
    for (member, formula) in judgement.members.iter().zip(formula.members()) {
        collect_comparisons(morning, member, formula, lang, into);
    }
}

fn build_comparison_row(
    morning: &MorningReport,
    judgement: &Judgement,
    formula: &Target,
    lang: Lang,
) -> ComparisonRow {
    let comparison = match formula {
        Target::Compare(comparison) => Some(comparison),
        Target::Milestone(_)
        | Target::Attest(_)
        | Target::All(_)
        | Target::Any(_)
        | Target::Tier { .. } => None,
    };
    let (before, now) = count_texts(judgement, comparison, lang);
    let attested = lang.text("target-rows-attested-as-done").to_owned();
    ComparisonRow {
        code: judgement.code.clone(),
        name: comparison.map_or(attested, |one| measure_name(morning, &one.measure, lang)),
        before,
        now,
        value: texts::format_decimal(&judgement.display, lang),
        needed: needed_text(judgement, comparison, lang),
        state: judgement.state,
        remarks: remark_texts(morning, judgement, comparison, lang),
        pace: comparison.and_then(|one| build_pace_chart(morning, judgement, one, lang)),
    }
}

pub(super) fn element_name(morning: &MorningReport, code: &ElementCode, lang: Lang) -> String {
    let element = morning.reference.catalogue.element(code);
    element
        .map_or_else(|| code.to_string(), |one| lang.pick(one.name_vi.clone(), one.name_en.clone()))
}

fn expr_name(morning: &MorningReport, expr: &Expr, lang: Lang) -> String {
    let names: Vec<String> =
        expr.elements().into_iter().map(|code| element_name(morning, code, lang)).collect();
    names.join(" + ")
}

pub(super) fn measure_name(morning: &MorningReport, measure: &Measure, lang: Lang) -> String {
    match measure {
        Measure::Count(expr) | Measure::Stock(expr) => expr_name(morning, expr, lang),
        Measure::Ratio { num, den, .. } | Measure::Rate { num, den, .. } => {
            format!("{} / {}", expr_name(morning, num, lang), expr_name(morning, den, lang))
        }
        Measure::Change { measure: of, .. } => measure_name(morning, of, lang),
    }
}

/// Sums of numerator and denominator of a plain ratio.
pub(super) fn ratio_parts(judgement: &Judgement, measure: &Measure) -> Option<(i64, i64)> {
    let Measure::Ratio { num, .. } = measure else { return None };
    let above = num.elements().len();
    let sum = |figures: &[crate::domain::standing::StandingFigure]| -> Option<i64> {
        figures.iter().map(|figure| figure.value).sum()
    };
    Some((sum(judgement.figures.get(..above)?)?, sum(judgement.figures.get(above..)?)?))
}

fn count_texts(
    judgement: &Judgement,
    comparison: Option<&Comparison>,
    lang: Lang,
) -> (String, String) {
    if let Some((num, den)) = comparison.and_then(|one| ratio_parts(judgement, &one.measure)) {
        return (String::new(), format!("{num}/{den}"));
    }
    let known = |ratio: Option<Ratio>| {
        if ratio.is_some() { texts::format_count(ratio, lang) } else { String::new() }
    };
    (known(judgement.count_before), known(judgement.count_now))
}

fn comparator_symbol(cmp: Comparator) -> &'static str {
    match cmp {
        Comparator::Greater => ">",
        Comparator::AtLeast => "≥",
        Comparator::Equal => "=",
        Comparator::AtMost => "≤",
        Comparator::Less => "<",
    }
}

fn needed_text(judgement: &Judgement, comparison: Option<&Comparison>, lang: Lang) -> String {
    let Some(comparison) = comparison else {
        return lang.text("target-rows-attested").to_owned();
    };
    let whole = |cmp| match cmp {
        Comparator::Less | Comparator::AtMost => "≤",
        Comparator::Greater | Comparator::AtLeast => "≥",
        Comparator::Equal => "=",
    };
    if let Some(limit) = judgement.limit_now {
        // If last year's count was zero up to now, a zero count now is enough.
        let sign =
            if limit.is_zero() { whole(comparison.cmp) } else { comparator_symbol(comparison.cmp) };
        let now = texts::format_count(Some(limit), lang);
        return lang.say(message!("target-rows-now", sign, now));
    }
    if let Some(limit) = judgement.limit {
        let sign_of_count = whole(comparison.cmp);
        return lang.say(message!("target-rows-end", sign_of_count, limit));
    }
    let percent = if comparison.bound.percent { " %" } else { "" };
    format!(
        "{} {}{percent}",
        comparator_symbol(comparison.cmp),
        texts::format_decimal(&comparison.bound.decimal.to_string(), lang)
    )
}

fn remark_texts(
    morning: &MorningReport,
    judgement: &Judgement,
    comparison: Option<&Comparison>,
    lang: Lang,
) -> Vec<String> {
    let mut remarks = Vec::new();
    let Some(comparison) = comparison else { return remarks };
    let now = judgement.count_now.and_then(Ratio::to_integer);
    let falls = matches!(comparison.cmp, Comparator::Less | Comparator::AtMost);
    let flow = matches!(&comparison.measure, Measure::Change { measure, .. } if matches!(**measure, Measure::Count(_)));
    if let (Some(limit), Some(now), true, true) = (judgement.limit, now, falls, flow) {
        let unit = unit_of_count(morning, &comparison.measure.elements());
        remarks.push(texts::remaining_cases_text(limit, now, unit, lang));
    }
    if let (Some(allowed), Some(remaining)) = (judgement.failures_allowed, judgement.failures_left)
    {
        remarks.push(texts::failures_text(allowed, remaining, lang));
    }
    remarks.extend(judgement.percent_to_meet.and_then(|percent| texts::chance_text(percent, lang)));
    let unit = unit_of_count(morning, &comparison.measure.elements());
    remarks.extend(small_numbers_text(judgement, unit, lang));
    remarks
}

/// The unit of one count of the first of these elements, as in `ca`.
pub(super) fn unit_of_count<'a>(morning: &'a MorningReport, elements: &[&ElementCode]) -> &'a str {
    let element = elements.first().and_then(|code| morning.reference.catalogue.element(code));
    element.map_or("", |element| element.unit_of_count.as_str())
}

/// A remark on small numbers or on usual variation.
fn small_numbers_text(judgement: &Judgement, unit: &str, lang: Lang) -> Option<String> {
    let few = |ratio: Option<Ratio>| ratio.is_some_and(|count| count <= Ratio::from_integer(20));
    let usual = judgement.variation.is_some_and(|variation| variation.abs() < 300);
    match (few(judgement.count_now) || few(judgement.count_before), usual) {
        (true, _) => Some(lang.say(message!("target-rows-small-numbers-one-more", unit))),
        (false, true) => Some(lang.text("target-rows-difference-from-last-year").to_owned()),
        (false, false) => None,
    }
}

fn paired_count_texts(morning: &MorningReport, pair: &TargetPair, lang: Lang) -> [String; 3] {
    match pair {
        TargetPair::Target(code) => [code.clone(), String::new(), String::new()],
        TargetPair::Count(code) => {
            let point = morning.plain_counts.get(code);
            let count = |pick: fn(&crate::domain::standing::TrajectoryPoint) -> Option<Ratio>| {
                texts::format_count(point.and_then(pick), lang)
            };
            [
                element_name(morning, code, lang),
                count(|point| point.before),
                count(|point| point.now),
            ]
        }
    }
}

fn build_pace_chart(
    morning: &MorningReport,
    judgement: &Judgement,
    comparison: &Comparison,
    lang: Lang,
) -> Option<PaceChart> {
    let points = morning.trajectories.get(&judgement.code)?;
    let start = days_from_date(morning.window.start);
    let days = |day: jiff::civil::Date| f64::from(days_from_date(day) - start);
    let drawn =
        |pick: fn(&crate::domain::standing::TrajectoryPoint) -> Option<Ratio>| -> Vec<(f64, f64)> {
            points
                .iter()
                .filter_map(|point| Some((days(point.until), pick(point)?.to_f64())))
                .collect()
        };
    let (now, before) = (drawn(|point| point.now), drawn(|point| point.before));
    if now.is_empty() {
        return None;
    }
    let percent = matches!(comparison.measure, Measure::Ratio { .. });
    let end = days(morning.window.end);
    let last = morning.window.end.saturating_sub(1.day());
    let name = measure_name(morning, &comparison.measure, lang);
    let state = texts::state_text(judgement.state, lang);
    Some(PaceChart {
        allowed: allowed_points(judgement, comparison, &before, end),
        days: end,
        axis_labels: [texts::format_day(morning.window.start, lang), texts::format_day(last, lang)],
        last_label: last_value_label(judgement, percent, lang),
        percent,
        description: lang.say(message!(
            "target-rows-chart-pace-now",
            name,
            now = texts::format_decimal(&judgement.display, lang),
            state
        )),
        now,
        before,
    })
}

fn last_value_label(judgement: &Judgement, percent: bool, lang: Lang) -> String {
    if percent {
        texts::format_decimal(&judgement.display, lang)
    } else {
        texts::format_count(judgement.count_now, lang)
    }
}

/// Allowed values by day: last year's course scaled to the limit; for a stock or a share the bound.
fn allowed_points(
    judgement: &Judgement,
    comparison: &Comparison,
    before: &[(f64, f64)],
    end: f64,
) -> Vec<(f64, f64)> {
    let level = |value: f64| vec![(0.0, value), (end, value)];
    match &comparison.measure {
        Measure::Change {
            measure: of,
            baseline: Baseline::SameWindowPriorYear,
            mode: ChangeMode::Relative | ChangeMode::Absolute,
        } => {
            let (Some(limit), Some(last)) = (judgement.limit, before.last()) else {
                return Vec::new();
            };
            let limit = Ratio::from_integer(limit).to_f64();
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
        Measure::Change { .. } => judgement
            .limit
            .map(|limit| level(Ratio::from_integer(limit).to_f64()))
            .unwrap_or_default(),
        Measure::Count(_) | Measure::Stock(_) | Measure::Ratio { .. } | Measure::Rate { .. } => {
            judgement.bound.map(|bound| level(bound.to_f64())).unwrap_or_default()
        }
    }
}
