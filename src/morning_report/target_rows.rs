//! Rows of text for page and workbook: each target and each of its comparisons. Verdicts are read,
//! never computed.

use super::pace_chart::PaceChart;
use super::texts;
use crate::app::morning_report::MorningReport;
use crate::domain::campaign::{CampaignTarget, TargetPair};
use crate::domain::report::element::ElementCode;
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::{
    Judgement, JudgementState, ShownFigure, StateGroup, TrajectoryPoint,
};
use crate::domain::support::message::message;
use crate::domain::support::ratio::Ratio;
use crate::domain::support::time::days_from_date;
use crate::domain::target_rule::{
    Baseline, ChangeMode, Comparator, Comparison, Expr, Measure, Target,
};
use crate::i18n::Lang;

/// The row of one target.
pub(super) struct TargetRow<'a> {
    pub(super) target: &'a CampaignTarget,
    pub(super) text: &'a str,
    pub(super) group: StateGroup,
    pub(super) state: String,
    /// Through which day it is judged.
    pub(super) judged_through: String,
    /// What decides the target, at most two sentences.
    pub(super) headline: Vec<String>,
    /// How the units of `by each` were judged.
    pub(super) each: Option<String>,
    pub(super) reasons: Vec<String>,
    pub(super) comparisons: Vec<ComparisonRow>,
    /// Name, before and now of the counts that are read together with it.
    pub(super) paired_counts: Vec<[String; 3]>,
}

/// One comparison of a target.
pub(super) struct ComparisonRow {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) before: Option<ShownFigure>,
    pub(super) now: Option<ShownFigure>,
    /// The judged value; empty if it is the count itself.
    pub(super) value: String,
    /// The limit to date, and that of the end.
    pub(super) needed: Vec<String>,
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
    let source = RowSource { morning, window: morning.window_of(standing), lang };
    source.collect_comparisons(judgement, &target.formula, &mut lines);
    let mut reasons = texts::reason_texts(judgement, lang);
    if reasons.is_empty() {
        reasons = member_reason_texts(judgement, lang);
    }
    let name = |unit| morning.reference.org.nearest_name(unit, morning.today).to_owned();
    let group = judgement.state.group();
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
        judged_through: texts::judged_through_text(standing.judged_through, lang),
        each: judgement.each.as_ref().map(|each| each.message(name).text(lang)),
        reasons,
        comparisons: lines,
        paired_counts: target
            .pairs
            .iter()
            .map(|pair| paired_count_texts(morning, pair, lang))
            .collect(),
    })
}

/// The figures of the deciding comparisons, what the unit adds where it is not judged, and the
/// first reason of an undecided target.
fn headline_texts(
    group: StateGroup,
    lines: &[ComparisonRow],
    reasons: &[String],
    lang: Lang,
) -> Vec<String> {
    let decides = lines.iter().filter(|line| line.state.group() == group && line.now.is_some());
    let figures = decides.map(|line| {
        let code = if lines.len() > 1 { format!("{}: ", line.code) } else { String::new() };
        let now = line.now_with_percent(lang);
        if group == StateGroup::NotJudged {
            return lang.say(message!("target-rows-adds", code, now));
        }
        let needed = line.needed.first().cloned().unwrap_or_default();
        lang.say(message!("target-rows-now-needed", code, now, needed))
    });
    let figures: Vec<String> = figures.take(2).collect();
    match group {
        StateGroup::Good | StateGroup::Behind | StateGroup::Missed => figures,
        StateGroup::NotJudged if !figures.is_empty() => figures,
        StateGroup::Undecided | StateGroup::NotJudged => {
            reasons.first().cloned().into_iter().collect()
        }
    }
}

impl ComparisonRow {
    /// The figure now; of a fraction with its percentage beside it.
    fn now_with_percent(&self, lang: Lang) -> String {
        let now = texts::shown_text(self.now, lang);
        match self.now {
            Some(ShownFigure::Fraction(..)) if self.value.ends_with('%') => {
                format!("{now} ({})", self.value)
            }
            Some(_) | None => now,
        }
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

/// What the rows of one target are built from.
#[derive(Clone, Copy)]
struct RowSource<'a> {
    morning: &'a MorningReport,
    /// The window of the target's standing.
    window: DateWindow,
    lang: Lang,
}

impl RowSource<'_> {
    fn collect_comparisons(
        self,
        judgement: &Judgement,
        formula: &Target,
        into: &mut Vec<ComparisonRow>,
    ) {
        if judgement.members.is_empty() {
            into.push(self.build_row(judgement, formula));
        }
        for (member, formula) in judgement.members.iter().zip(formula.members()) {
            self.collect_comparisons(member, formula, into);
        }
    }

    fn build_row(self, judgement: &Judgement, formula: &Target) -> ComparisonRow {
        let Self { morning, window, lang } = self;
        let comparison = formula.comparison();
        let figures = judgement.shown_figures(comparison, &morning.reference.catalogue);
        let attested = lang.text("target-rows-attested-as-done").to_owned();
        let value = match &judgement.each {
            Some(each) => {
                let (met, judged) = (lang.count(each.met), lang.count(each.judged));
                lang.say(message!("each-met-of-judged", met, judged))
            }
            None => lang.numbers(&judgement.display),
        };
        let is_count = value == texts::shown_text(figures.now, lang);
        ComparisonRow {
            code: judgement.code.clone(),
            name: comparison.map_or(attested, |one| measure_name(morning, &one.measure, lang)),
            before: figures.before,
            now: figures.now,
            value: if is_count { String::new() } else { value },
            needed: needed_texts(judgement, comparison, lang),
            state: judgement.state,
            remarks: remark_texts(morning, judgement, comparison, lang),
            pace: comparison
                .and_then(|one| build_pace_chart(morning, window, (judgement, one), lang)),
        }
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

fn comparator_symbol(cmp: Comparator) -> &'static str {
    match cmp {
        Comparator::Greater => ">",
        Comparator::AtLeast => "≥",
        Comparator::Equal => "=",
        Comparator::AtMost => "≤",
        Comparator::Less => "<",
    }
}

/// What is needed to date and at the end; else the bound of the formula.
fn needed_texts(judgement: &Judgement, comparison: Option<&Comparison>, lang: Lang) -> Vec<String> {
    if judgement.state.group() == StateGroup::NotJudged && judgement.limit.is_none() {
        return Vec::new();
    }
    let Some(comparison) = comparison else {
        return vec![lang.text("target-rows-attested").to_owned()];
    };
    let whole = match comparison.cmp {
        Comparator::Less | Comparator::AtMost => "≤",
        Comparator::Greater | Comparator::AtLeast => "≥",
        Comparator::Equal => "=",
    };
    let mut needed = Vec::new();
    if let Some(limit) = judgement.limit_now {
        // If last year's count was zero up to now, a zero count now is enough.
        let sign = if limit.is_zero() { whole } else { comparator_symbol(comparison.cmp) };
        let now = lang.limit(limit, judgement.count_now);
        needed.push(lang.say(message!("target-rows-now", sign, now)));
    }
    if let Some(limit) = judgement.limit {
        let limit = lang.count(limit);
        needed.push(lang.say(message!("target-rows-end", sign_of_count = whole, limit)));
    }
    if needed.is_empty() {
        needed.push(bound_text(comparison, lang));
    }
    needed
}

fn bound_text(comparison: &Comparison, lang: Lang) -> String {
    let percent = if comparison.bound.percent { " %" } else { "" };
    let bound = lang.numbers(&comparison.bound.decimal.to_string());
    format!("{} {bound}{percent}", comparator_symbol(comparison.cmp))
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
            let count = |pick: fn(&TrajectoryPoint) -> Option<Ratio>| {
                texts::shown_text(point.and_then(pick).map(ShownFigure::Count), lang)
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
    window: DateWindow,
    (judgement, comparison): (&Judgement, &Comparison),
    lang: Lang,
) -> Option<PaceChart> {
    let points = morning.trajectories.get(&judgement.code)?;
    let start = days_from_date(window.start);
    let days = |day: jiff::civil::Date| f64::from(days_from_date(day) - start);
    let drawn = |pick: fn(&TrajectoryPoint) -> Option<Ratio>| -> Vec<(f64, f64)> {
        let points = points.iter();
        points.filter_map(|point| Some((days(point.until), pick(point)?.to_f64()))).collect()
    };
    let (now, mut before) = (drawn(|point| point.now), drawn(|point| point.before));
    let last = *now.last()?;
    if judgement.state == JudgementState::NotComparable {
        before.clear();
    }
    let percent = matches!(comparison.measure, Measure::Ratio { .. });
    let name = measure_name(morning, &comparison.measure, lang);
    let state = texts::state_text(judgement.state, lang);
    let allowed = allowed_points(judgement, comparison, &before, days(window.end));
    let goal = match judgement.limit {
        Some(limit) => lang.count(limit),
        None => bound_label(comparison, lang),
    };
    Some(PaceChart {
        goal: allowed.last().map(|_| goal),
        allowed,
        limit_now: judgement.limit_now.map(|limit| {
            let text = lang.limit(limit, judgement.count_now);
            (last.0, limit.to_f64(), text)
        }),
        days: days(window.end),
        axis_labels: [window.start, window.last_day()].map(|day| texts::format_day(day, lang)),
        last_label: last_value_label(morning, (judgement, comparison), lang),
        percent,
        description: lang.say(message!(
            "target-rows-chart-pace-now",
            name,
            now = lang.numbers(&judgement.display),
            state
        )),
        now,
        before,
        lang,
    })
}

fn bound_label(comparison: &Comparison, lang: Lang) -> String {
    let percent = if comparison.bound.percent { " %" } else { "" };
    format!("{}{percent}", lang.numbers(&comparison.bound.decimal.to_string()))
}

/// The last value as it stands in the row: of a ratio its percentage, else the figure.
fn last_value_label(
    morning: &MorningReport,
    (judgement, comparison): (&Judgement, &Comparison),
    lang: Lang,
) -> String {
    let percent = matches!(comparison.measure, Measure::Ratio { .. });
    // The display of `by each` counts units; the course is that of all of them together.
    if percent && judgement.display.ends_with('%') {
        return lang.numbers(&judgement.display);
    }
    let figures = judgement.shown_figures(Some(comparison), &morning.reference.catalogue);
    texts::shown_text(figures.now, lang)
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
