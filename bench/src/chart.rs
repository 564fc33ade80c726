//! Chart of growth: one panel per figure, one line per size of the province, both axes logarithmic,
//! so that a constant cost is a flat line.

use crate::growth::{COMMUNE_COUNTS, GrowthPoint, WEEK_COUNTS};

const PANEL_SIZE: (f64, f64) = (300.0, 190.0);
const MARGIN: (f64, f64) = (56.0, 34.0);
const COLOURS: [&str; 3] = ["#2a78b8", "#c2571a", "#3b8a3e"];

/// A heading and the value of a point that it shows.
type ChartPanel = (&'static str, fn(&GrowthPoint) -> f64);

const PANELS: [ChartPanel; 6] = [
    ("push of one report, ms", |point| point.push_ms),
    ("sync, nothing new, ms", |point| point.empty_sync_ms),
    ("sync, one new report, ms", |point| point.one_report_sync_ms),
    ("night after 50 changes, ms", |point| point.incremental_aggregate_ms),
    ("night, everything anew, ms", |point| point.full_aggregate_ms),
    ("database, bytes a report", |point| point.database_bytes as f64 / point.reports.max(1) as f64),
];

/// The whole chart as SVG.
#[must_use]
pub(crate) fn render_chart(points: &[GrowthPoint]) -> String {
    let (wide, high) = (PANEL_SIZE.0 * 3.0, PANEL_SIZE.1 * 2.0 + 30.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide} {high}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"{wide}\" height=\"{high}\" fill=\"#fff\"/>\n"
    );
    for (at, (heading, value_of)) in PANELS.iter().enumerate() {
        let corner = ((at % 3) as f64 * PANEL_SIZE.0, (at / 3) as f64 * PANEL_SIZE.1);
        svg.push_str(&render_panel(points, heading, *value_of, corner));
    }
    for (at, (units, colour)) in COMMUNE_COUNTS.iter().zip(COLOURS).enumerate() {
        let (x, y) = (MARGIN.0 + at as f64 * 120.0, high - 10.0);
        svg.push_str(&format!(
            "<text x=\"{x}\" y=\"{y}\" fill=\"{colour}\">&#9632; {units} communes</text>\n"
        ));
    }
    svg.push_str("</svg>\n");
    svg
}

fn render_panel(
    points: &[GrowthPoint],
    heading: &str,
    value_of: fn(&GrowthPoint) -> f64,
    corner: (f64, f64),
) -> String {
    let values: Vec<f64> = points.iter().map(value_of).filter(|value| *value > 0.0).collect();
    // Whole decades, at least one.
    let low = values.iter().copied().fold(f64::INFINITY, f64::min).log10().floor();
    let high = values.iter().copied().fold(0.0, f64::max).log10().ceil().max(low + 1.0);
    let (left, top) = (corner.0 + MARGIN.0, corner.1 + MARGIN.1);
    let (wide, tall) = (PANEL_SIZE.0 - MARGIN.0 - 16.0, PANEL_SIZE.1 - MARGIN.1 - 30.0);
    let last = WEEK_COUNTS[WEEK_COUNTS.len() - 1] as f64;
    let x = |weeks: usize| left + wide * (weeks as f64).ln() / last.ln();
    let y = |value: f64| top + tall * (high - value.log10()) / (high - low);
    let mut svg = format!(
        "<text x=\"{left}\" y=\"{}\" font-weight=\"bold\">{heading}</text>\n",
        corner.1 + 20.0
    );
    let mut decade = low;
    while decade <= high {
        let (value, at) = (10f64.powf(decade), y(10f64.powf(decade)));
        svg.push_str(&format!(
            "<path d=\"M{left} {at:.1}h{wide}\" stroke=\"#ddd\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>\n",
            left - 6.0,
            at + 4.0
        ));
        decade += 1.0;
    }
    for weeks in WEEK_COUNTS {
        let under = top + tall + 16.0;
        svg.push_str(&format!(
            "<text x=\"{:.1}\" y=\"{under}\" text-anchor=\"middle\">{weeks} wk</text>\n",
            x(weeks)
        ));
    }
    for (units, colour) in COMMUNE_COUNTS.iter().zip(COLOURS) {
        let of_size =
            points.iter().filter(|point| point.communes == *units && value_of(point) > 0.0);
        let line: Vec<String> = of_size
            .map(|point| format!("{:.1},{:.1}", x(point.weeks), y(value_of(point))))
            .collect();
        svg.push_str(&format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n",
            line.join(" ")
        ));
    }
    svg
}
