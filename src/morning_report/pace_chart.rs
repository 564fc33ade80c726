//! Chart of a target's pace: this year against last year and the allowed values. Inline SVG without
//! script and without style attributes; coordinates are floats.

use crate::i18n::Lang;
use maud::{Markup, html};
use std::fmt::Write as _;

/// Width and height of the drawing in its own units.
const CHART_SIZE: (f64, f64) = (300.0, 96.0);
/// Left, top, right, bottom.
const CHART_MARGIN: (f64, f64, f64, f64) = (38.0, 12.0, 60.0, 15.0);

/// Data of the chart. Days run from 0 to `days`; an unknown value is left out.
pub(super) struct PaceChart {
    pub(super) days: f64,
    pub(super) now: Vec<(f64, f64)>,
    pub(super) before: Vec<(f64, f64)>,
    pub(super) allowed: Vec<(f64, f64)>,
    /// The limit at the end, as text.
    pub(super) goal: Option<String>,
    /// Day, value and text of the limit to date.
    pub(super) limit_now: Option<(f64, f64, String)>,
    /// Labels of the two ends of the time axis.
    pub(super) axis_labels: [String; 2],
    /// The last value as displayed elsewhere on the page: never rounded across the bound.
    pub(super) last_label: String,
    /// Whether values are shares instead of counts.
    pub(super) percent: bool,
    /// Text alternative of the picture.
    pub(super) description: String,
    /// Language of the numbers on the axis.
    pub(super) lang: Lang,
}

pub(super) fn render_pace_chart(pace: &PaceChart) -> Markup {
    let scale = PaceChartScale::from_chart(pace);
    let last = pace.now.last();
    let goal = pace.allowed.last();
    let (of_last, of_goal) =
        separate_labels(last.map(|one| scale.y(one.1)), goal.map(|one| scale.y(one.1)));
    html! {
        svg.pace viewBox=(format!("0 0 {} {}", CHART_SIZE.0, CHART_SIZE.1)) role="img" aria-label=(pace.description) {
            title { (pace.description) }
            @for tick in scale.ticks() {
                line.grid x1=(CHART_MARGIN.0) x2=(CHART_SIZE.0 - CHART_MARGIN.2) y1=(format_coordinate(scale.y(tick))) y2=(format_coordinate(scale.y(tick))) {}
                text.tick x=(CHART_MARGIN.0 - 4.0) y=(format_coordinate(scale.y(tick) + 3.0)) text-anchor="end" { (scale.tick_label(tick)) }
            }
            text.tick x=(CHART_MARGIN.0) y=(CHART_SIZE.1 - 4.0) { (pace.axis_labels[0]) }
            text.tick x=(CHART_SIZE.0 - CHART_MARGIN.2) y=(CHART_SIZE.1 - 4.0) text-anchor="end" { (pace.axis_labels[1]) }
            @if pace.before.len() > 1 { path.before d=(scale.svg_path(&pace.before)) {} }
            @if pace.allowed.len() > 1 { path.allowed d=(scale.svg_path(&pace.allowed)) {} }
            @if let Some(goal) = &pace.goal {
                text.goal x=(CHART_SIZE.0 - CHART_MARGIN.2 + 3.0) y=(format_coordinate(of_goal)) { (goal) }
            }
            @if let Some((day, limit, text)) = &pace.limit_now {
                path.limit-now d=(scale.limit_mark(*day, *limit)) { title { (text) } }
            }
            @if pace.now.len() > 1 { path.now d=(scale.svg_path(&pace.now)) {} }
            @if let Some(last) = last {
                circle.now cx=(format_coordinate(scale.x(last.0))) cy=(format_coordinate(scale.y(last.1))) r="3" {}
                text.last x=(format_coordinate(scale.x(last.0) + 5.0)) y=(format_coordinate(of_last)) { (pace.last_label) }
            }
        }
    }
}

/// Vertical positions of the two labels at the right end: next to their points, without overlap.
fn separate_labels(last: Option<f64>, goal: Option<f64>) -> (f64, f64) {
    const LINE: f64 = 11.0;
    let (last, goal) = (last.unwrap_or_default() + 3.0, goal.unwrap_or_default() + 3.0);
    if (last - goal).abs() >= LINE {
        return (last, goal);
    }
    let (middle, half) = (f64::midpoint(last, goal), LINE / 2.0);
    if last <= goal { (middle - half, middle + half) } else { (middle + half, middle - half) }
}

/// One decimal is finer than any screen resolution.
fn format_coordinate(value: f64) -> String {
    format!("{value:.1}")
}

struct PaceChartScale {
    days: f64,
    low: f64,
    high: f64,
    percent: bool,
    lang: Lang,
}

impl PaceChartScale {
    fn from_chart(pace: &PaceChart) -> Self {
        let limit_now = pace.limit_now.as_ref().map(|(_, limit, _)| *limit);
        let drawn = || pace.now.iter().chain(&pace.before).chain(&pace.allowed);
        let all = || drawn().map(|point| point.1).chain(limit_now);
        let high = all().fold(0.0, f64::max);
        // A count starts at zero; for a share or a stock far above zero the axis starts near its
        // values.
        let low = all().fold(f64::INFINITY, f64::min);
        let near = low > high * 0.5 && low.is_finite();
        let (low, high) =
            if near { (low - (high - low).max(high * 0.04), high) } else { (0.0, high) };
        Self {
            days: pace.days.max(1.0),
            low,
            high: if high > low { high } else { low + 1.0 },
            percent: pace.percent,
            lang: pace.lang,
        }
    }

    fn x(&self, day: f64) -> f64 {
        CHART_MARGIN.0 + (CHART_SIZE.0 - CHART_MARGIN.0 - CHART_MARGIN.2) * day / self.days
    }

    fn y(&self, value: f64) -> f64 {
        let height = CHART_SIZE.1 - CHART_MARGIN.1 - CHART_MARGIN.3;
        CHART_MARGIN.1 + height * (1.0 - (value - self.low) / (self.high - self.low))
    }

    fn ticks(&self) -> [f64; 2] {
        [self.low, self.high]
    }

    fn tick_label(&self, value: f64) -> String {
        let text = if self.percent {
            format!("{:.0} %", value * 100.0)
        } else if self.high - self.low < 5.0 && value.fract() != 0.0 {
            format!("{value:.1}")
        } else {
            format!("{value:.0}")
        };
        self.lang.numbers(&text)
    }

    /// A short level line at the limit to date.
    fn limit_mark(&self, day: f64, limit: f64) -> String {
        const HALF: f64 = 7.0;
        let (x, y) = (self.x(day), self.y(limit));
        format!("M{:.1} {y:.1}L{:.1} {y:.1}", x - HALF, x + HALF)
    }

    fn svg_path(&self, points: &[(f64, f64)]) -> String {
        let mut path = String::new();
        for (at, (day, value)) in points.iter().enumerate() {
            let to = if at == 0 { 'M' } else { 'L' };
            // Writing into a String cannot fail.
            let _ = write!(path, "{to}{:.1} {:.1}", self.x(*day), self.y(*value));
        }
        path
    }
}
