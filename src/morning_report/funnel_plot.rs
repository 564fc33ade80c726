//! Funnel plot of the lower units: each unit is a point over its number of cases, between the
//! limits of chance.
//!
//! It replaces a league table: points have official codes and are drawn in code order. The limits
//! are computed in `domain::standing::funnel_limits`.

use super::target_rows::{self, measure_name};
use super::texts;
use crate::app::morning_report::{MorningReport, UnitSummary};
use crate::domain::report::element::ElementCode;
use crate::domain::standing::funnel_limits::{FunnelZone, classify_count, compute_limits};
use crate::domain::standing::{Judgement, JudgementState, ShownFigure};
use crate::domain::support::message::message;
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::{Comparator, Comparison, Measure, Target, TermSign};
use crate::i18n::Lang;
use maud::{Markup, html};
use std::fmt::Write as _;

/// Minimum number of cases over all units.
const CASES_MIN: i64 = 20;
/// With more points than these only those outside the limits have their codes beside them.
const LABELS_MAX: usize = 12;
const PLOT_SIZE: (f64, f64) = (420.0, 210.0);
/// Left, top, right, bottom.
const PLOT_MARGIN: (f64, f64, f64, f64) = (44.0, 10.0, 14.0, 26.0);

/// One unit in one funnel plot.
pub(super) struct FunnelPoint {
    pub(super) code: String,
    /// For display: `11 → 17` or `22/24 (91.7 %)`.
    pub(super) figures: String,
    pub(super) position: Option<FunnelZone>,
    hits: i64,
    cases: i64,
}

/// One measure over the lower units.
pub(super) struct FunnelPlot {
    pub(super) code: String,
    pub(super) name: String,
    /// What the horizontal axis counts, as in `ca`.
    unit: String,
    /// Whether shares are this year's part of both years; otherwise plain shares.
    pub(super) change: bool,
    pub(super) points: Vec<FunnelPoint>,
    share: Option<Ratio>,
}

/// A funnel plot for every measure that has enough data.
pub(super) fn build_funnels(morning: &MorningReport, lang: Lang) -> Vec<FunnelPlot> {
    let mut all = Vec::new();
    for target in &morning.campaign.targets {
        collect_funnels(morning, &target.code, &target.code, &target.formula, lang, &mut all);
    }
    all
}

fn collect_funnels(
    morning: &MorningReport,
    target: &str,
    code: &str,
    formula: &Target,
    lang: Lang,
    into: &mut Vec<FunnelPlot>,
) {
    if let Target::Compare(comparison) = formula
        && comparison.cmp != Comparator::Equal
    {
        into.extend(build_funnel(morning, target, code, comparison, lang));
    }
    for (member, letter) in formula.members().into_iter().zip('a'..='z') {
        collect_funnels(morning, target, &format!("{code}{letter}"), member, lang, into);
    }
}

fn build_funnel(
    morning: &MorningReport,
    target: &str,
    code: &str,
    comparison: &Comparison,
    lang: Lang,
) -> Option<FunnelPlot> {
    let change = match &comparison.measure {
        Measure::Change { measure: of, .. } if matches!(**of, Measure::Count(_)) => true,
        Measure::Ratio { .. } => false,
        Measure::Change { .. } | Measure::Count(_) | Measure::Stock(_) | Measure::Rate { .. } => {
            return None;
        }
    };
    let points: Vec<FunnelPoint> = morning
        .child_units
        .iter()
        .filter_map(|line| {
            let judgement = line.standings.get(target)?.judgement.find_member(code)?;
            build_point(morning, line, (judgement, comparison), lang)
        })
        .collect();
    let (hits, cases) =
        points.iter().fold((0, 0), |sum, one| (sum.0 + one.hits, sum.1 + one.cases));
    if points.iter().filter(|point| point.cases > 0).count() < 2 || cases < CASES_MIN {
        return None;
    }
    // If the hits are not a subset of the cases (cases of last year solved now), there are no
    // chance limits.
    let part_of = points.iter().all(|point| point.hits <= point.cases);
    let share = Ratio::new(hits.into(), cases.into()).filter(|_| part_of);
    let placed = |mut point: FunnelPoint| {
        point.position = share.and_then(|share| classify_count(point.hits, point.cases, share));
        point
    };
    let points = points.into_iter().map(placed).collect();
    Some(FunnelPlot {
        code: code.to_owned(),
        name: measure_name(morning, &comparison.measure, lang),
        unit: target_rows::unit_of_count(morning, &axis_elements(&comparison.measure)).to_owned(),
        change,
        points,
        share,
    })
}

/// The elements that the horizontal axis counts: of a ratio the denominator.
fn axis_elements(measure: &Measure) -> Vec<&ElementCode> {
    match measure {
        Measure::Ratio { den, .. } => den.elements(),
        Measure::Change { .. } | Measure::Count(_) | Measure::Stock(_) | Measure::Rate { .. } => {
            measure.elements()
        }
    }
}

/// A unit's point from its published standing; `None` where its years cannot be compared, or its
/// figures are no whole counts. A unit without any case has a line in the table and no point.
fn build_point(
    morning: &MorningReport,
    line: &UnitSummary,
    (judgement, comparison): (&Judgement, &Comparison),
    lang: Lang,
) -> Option<FunnelPoint> {
    use JudgementState as S;
    if matches!(judgement.state, S::NotComparable | S::NotCountedHere) {
        return None;
    }
    let figures = judgement.shown_figures(Some(comparison), &morning.reference.catalogue);
    let now = texts::shown_text(figures.now, lang);
    let (hits, cases, text) = match figures.now? {
        ShownFigure::NoData => (0, 0, now),
        ShownFigure::Fraction(num, den) => {
            let percent = judgement.display.ends_with('%');
            let beside = percent.then(|| format!(" ({})", lang.numbers(&judgement.display)));
            (num.to_integer()?, den.to_integer()?, now + &beside.unwrap_or_default())
        }
        ShownFigure::Count(count) => {
            let before = count_before(morning, judgement, comparison)?;
            let hits = count.to_integer()?;
            (hits, hits.checked_add(before)?, format!("{} → {now}", lang.count(before)))
        }
    };
    Some(FunnelPoint { code: line.code.clone(), figures: text, position: None, hits, cases })
}

/// Last year's count: as judged, else the sum of the figures of a unit that is not judged.
fn count_before(
    morning: &MorningReport,
    judgement: &Judgement,
    comparison: &Comparison,
) -> Option<i64> {
    if let Some(before) = judgement.count_before {
        return before.to_integer();
    }
    let Measure::Change { measure, .. } = &comparison.measure else { return None };
    let Measure::Count(expr) = &**measure else { return None };
    expr.terms().zip(&judgement.figures).try_fold(0_i64, |sum, ((sign, code), figure)| {
        let scale = morning.reference.catalogue.element(code)?.scale;
        let value = Ratio::from_scaled(figure.baseline_now?, scale)?.to_integer()?;
        match sign {
            TermSign::Plus => sum.checked_add(value),
            TermSign::Minus => sum.checked_sub(value),
        }
    })
}

impl FunnelPlot {
    /// The units outside the limits of chance, on either side, in code order.
    pub(super) fn unusual_points(&self) -> impl Iterator<Item = &FunnelPoint> {
        let is_unusual = |point: &&FunnelPoint| {
            matches!(point.position, Some(FunnelZone::Outside95 | FunnelZone::Outside998))
        };
        self.points.iter().filter(is_unusual)
    }

    /// Height of a share in the plot; of a change, as a multiple of last year.
    fn plot_height(&self, hits: f64, cases: f64) -> f64 {
        let share = hits / cases.max(1.0);
        if self.change { (share / (1.0 - share).max(0.05)).min(4.0) } else { share }
    }

    fn height_label(&self, height: f64, lang: Lang) -> String {
        if !self.change {
            return format!("{:.0} %", height * 100.0);
        }
        let percent = format!("{:+.0} %", (height - 1.0) * 100.0);
        if (height - 1.0).abs() < 0.005 {
            lang.text("funnel-plot-as-last-year").to_owned()
        } else {
            lang.numbers(&percent)
        }
    }
}

struct FunnelScale {
    cases: f64,
    low: f64,
    high: f64,
}

impl FunnelScale {
    fn from_funnel(funnel: &FunnelPlot) -> Self {
        let cases = funnel.points.iter().map(|point| point.cases as f64).fold(1.0, f64::max);
        let heights = || {
            let drawn = funnel.points.iter().filter(|point| point.cases > 0);
            drawn.map(|point| funnel.plot_height(point.hits as f64, point.cases as f64))
        };
        let high = heights().fold(if funnel.change { 2.0 } else { 1.0 }, f64::max);
        let low = if funnel.change { 0.0 } else { heights().fold(0.8, f64::min) - 0.05 };
        Self { cases: cases * 1.08, low: low.max(0.0), high }
    }

    fn x(&self, cases: f64) -> f64 {
        PLOT_MARGIN.0 + (PLOT_SIZE.0 - PLOT_MARGIN.0 - PLOT_MARGIN.2) * cases / self.cases
    }

    fn y(&self, height: f64) -> f64 {
        let part = (height.clamp(self.low, self.high) - self.low) / (self.high - self.low);
        PLOT_MARGIN.1 + (PLOT_SIZE.1 - PLOT_MARGIN.1 - PLOT_MARGIN.3) * (1.0 - part)
    }
}

pub(super) fn render_funnel(funnel: &FunnelPlot, lang: Lang) -> Markup {
    if funnel.share.is_none() {
        return html! { p.soft { (lang.text("funnel-plot-no-funnel-what-counts")) } };
    }
    let scale = FunnelScale::from_funnel(funnel);
    let centre = funnel.share.map(|share| funnel.plot_height(share.to_f64(), 1.0));
    let description = lang.say(message!("funnel-plot-funnel-plot-table-below", name = funnel.name));
    let axis = if funnel.change {
        lang.say(message!("funnel-plot-cases-both-years", unit = funnel.unit))
    } else {
        lang.say(message!("funnel-plot-cases", unit = funnel.unit))
    };
    html! {
        svg.funnel viewBox=(format!("0 0 {} {}", PLOT_SIZE.0, PLOT_SIZE.1)) role="img" aria-label=(description) {
            title { (description) }
            @for tick in axis_ticks(funnel, &scale) {
                line.grid x1=(PLOT_MARGIN.0) x2=(PLOT_SIZE.0 - PLOT_MARGIN.2) y1=(format_coordinate(scale.y(tick))) y2=(format_coordinate(scale.y(tick))) {}
                text.tick x=(PLOT_MARGIN.0 - 4.0) y=(format_coordinate(scale.y(tick) + 3.0)) text-anchor="end" { (tick_label(funnel, tick)) }
            }
            @if let Some(centre) = centre {
                line.centre x1=(PLOT_MARGIN.0) x2=(PLOT_SIZE.0 - PLOT_MARGIN.2) y1=(format_coordinate(scale.y(centre))) y2=(format_coordinate(scale.y(centre))) {}
                text.goal x=(PLOT_SIZE.0 - PLOT_MARGIN.2) y=(format_coordinate(scale.y(centre) - 4.0)) text-anchor="end" {
                    (lang.text("funnel-plot-all-together")) (funnel.height_label(centre, lang))
                }
            }
            @for (class, path) in limit_paths(funnel, &scale) { path class=(class) d=(path) {} }
            (render_points(funnel, &scale))
            text.tick x=(PLOT_SIZE.0 - PLOT_MARGIN.2) y=(PLOT_SIZE.1 - 4.0) text-anchor="end" { (axis) " →" }
        }
    }
}

fn format_coordinate(value: f64) -> String {
    format!("{value:.1}")
}

fn render_points(funnel: &FunnelPlot, scale: &FunnelScale) -> Markup {
    let position = |point: &FunnelPoint| {
        let (hits, cases) = (point.hits as f64, point.cases as f64);
        (scale.x(cases), scale.y(funnel.plot_height(hits, cases)))
    };
    let drawn = || funnel.points.iter().filter(|point| point.cases > 0);
    let label_all = drawn().count() <= LABELS_MAX;
    // A label takes the first free position around its point, in code order.
    let mut taken: Vec<(f64, f64)> = Vec::new();
    let mut label = |(x, y): (f64, f64)| {
        let corners =
            [(5.0, -3.0), (5.0, 10.0), (-24.0, -3.0), (-24.0, 10.0), (5.0, -13.0), (5.0, 20.0)];
        let free = |at: &(f64, f64)| {
            taken.iter().all(|other| (at.0 - other.0).abs() > 21.0 || (at.1 - other.1).abs() > 9.0)
        };
        let at = corners
            .map(|(right, down)| (x + right, y + down))
            .into_iter()
            .find(free)
            .unwrap_or((x + 5.0, y - 3.0));
        taken.push(at);
        at
    };
    html! {
        @for point in drawn() {
            @let (x, y) = position(point);
            circle class=(point_class(point)) cx=(format_coordinate(x)) cy=(format_coordinate(y)) r="3.5" { title { (point.code) } }
            @if label_all || point_class(point) != "usual" {
                @let (left, base) = label((x, y));
                text.last x=(format_coordinate(left)) y=(format_coordinate(base)) { (point.code) }
            }
        }
    }
}

fn point_class(point: &FunnelPoint) -> &'static str {
    match point.position {
        Some(FunnelZone::Outside95) => "watch",
        Some(FunnelZone::Outside998) => "ask",
        Some(FunnelZone::WithinLimits | FunnelZone::TooFewCases) | None => "usual",
    }
}

fn axis_ticks(funnel: &FunnelPlot, scale: &FunnelScale) -> Vec<f64> {
    let step = if funnel.change {
        0.5
    } else if scale.high - scale.low > 0.5 {
        0.2
    } else {
        0.1
    };
    let first = (scale.low / step).ceil() as i64;
    let last = (scale.high / step).floor() as i64;
    (first..=last).map(|tick| tick as f64 * step).collect()
}

fn tick_label(funnel: &FunnelPlot, tick: f64) -> String {
    if funnel.change {
        format!("{:+.0} %", (tick - 1.0) * 100.0)
    } else {
        format!("{:.0} %", tick * 100.0)
    }
}

/// The four limits as paths over the number of cases; points outside the plot are left out.
fn limit_paths(funnel: &FunnelPlot, scale: &FunnelScale) -> Vec<(&'static str, String)> {
    let Some(share) = funnel.share else { return Vec::new() };
    let most = scale.cases as i64;
    let step = (most / 80).max(1);
    let mut paths = [const { String::new() }; 4];
    let mut inside = [false; 4];
    for cases in (1..=most).filter(|cases| cases % step == 0) {
        let Some(limits) = compute_limits(cases, share) else { continue };
        let counts =
            [limits.limits_95.0, limits.limits_95.1, limits.limits_998.0, limits.limits_998.1];
        for (at, count) in counts.into_iter().enumerate() {
            let height = funnel.plot_height(count as f64, cases as f64);
            let drawn = (scale.low..=scale.high).contains(&height);
            if drawn {
                let to = if inside[at] { 'L' } else { 'M' };
                // Writing into a String cannot fail.
                let _ =
                    write!(paths[at], "{to}{:.1} {:.1}", scale.x(cases as f64), scale.y(height));
            }
            inside[at] = drawn;
        }
    }
    ["limit", "limit", "limit rare", "limit rare"]
        .into_iter()
        .zip(paths)
        .filter(|(_, path)| !path.is_empty())
        .collect()
}

pub(super) fn position_text(point: &FunnelPoint, lang: Lang) -> &'static str {
    if point.cases == 0 {
        return "";
    }
    point.position.map_or("", |position| texts::funnel_position_text(position, lang))
}
