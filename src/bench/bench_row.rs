//! A row of the bench: product, ceiling and their ratio, each a median with its spread.
//!
//! Knows no path that is measured.

use serde::Serialize;

/// Several runs of one thing, in one unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchMeasure {
    /// The median.
    pub median: f64,
    /// Largest over smallest: how noisy the machine was.
    pub spread: f64,
}

impl BenchMeasure {
    /// Of these runs; all zero when there is none.
    #[must_use]
    pub fn from_runs(mut runs: Vec<f64>) -> Self {
        runs.sort_by(f64::total_cmp);
        let (Some(low), Some(high)) = (runs.first(), runs.last()) else {
            return Self { median: 0.0, spread: 1.0 };
        };
        Self { median: runs[runs.len() / 2], spread: if *low > 0.0 { high / low } else { 1.0 } }
    }
}

/// One line of the result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchRow {
    /// What was measured.
    pub name: String,
    /// The whole path.
    pub product: BenchMeasure,
    /// The bare thing, in the same run.
    pub ceiling: Option<BenchMeasure>,
    /// What both are counted in.
    pub unit: &'static str,
    /// Product over ceiling.
    pub ratio: Option<f64>,
    /// The share of the machine that others took meanwhile, in percent; none where a server that is measured is among the others.
    pub other_load_percent: Option<f64>,
    /// What is aimed at, in words.
    pub goal: &'static str,
    /// What else was seen.
    pub note: String,
}

impl BenchRow {
    /// A row with a ceiling of its own.
    #[must_use]
    pub fn with_ceiling(
        name: &str,
        unit: &'static str,
        product: BenchMeasure,
        ceiling: BenchMeasure,
        goal: &'static str,
    ) -> Self {
        let ratio = (ceiling.median > 0.0).then(|| product.median / ceiling.median);
        Self {
            name: name.to_owned(),
            product,
            ceiling: Some(ceiling),
            unit,
            ratio,
            other_load_percent: None,
            goal,
            note: String::new(),
        }
    }

    /// A row that stands alone.
    #[must_use]
    pub fn without_ceiling(
        name: &str,
        unit: &'static str,
        product: BenchMeasure,
        goal: &'static str,
    ) -> Self {
        Self {
            name: name.to_owned(),
            product,
            ceiling: None,
            unit,
            ratio: None,
            other_load_percent: None,
            goal,
            note: String::new(),
        }
    }

    /// With what else was seen.
    #[must_use]
    pub fn with_note(self, note: String) -> Self {
        Self { note, ..self }
    }

    /// As a line for a terminal, under [`HEAD`].
    #[must_use]
    pub fn to_table_line(&self) -> String {
        let ceiling = self
            .ceiling
            .as_ref()
            .map_or_else(|| "-".to_owned(), |measure| format_number(measure.median));
        let spread = self
            .ceiling
            .as_ref()
            .map_or(self.product.spread, |ceiling| ceiling.spread.max(self.product.spread));
        let ratio = self.ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
        let foreign =
            self.other_load_percent.map_or_else(|| "-".to_owned(), |share| format!("{share:.0} %"));
        let (name, product, unit, aim) =
            (&self.name, format_number(self.product.median), self.unit, self.goal);
        let mut line = format!(
            "{name:<34}{product:>11}{ceiling:>11} {unit:<10}{ratio:>6}{spread:>8.2}{foreign:>9}  {aim}"
        );
        if !self.note.is_empty() {
            line.push_str(&format!("\n    {}", self.note));
        }
        line
    }
}

/// The heading over the lines of rows.
pub const ROW_TABLE_HEADER: &str = "row                                  product    ceiling unit       ratio  spread  foreign  aim";

fn format_number(value: f64) -> String {
    match value {
        value if value >= 10_000.0 => format!("{:.1} k", value / 1000.0),
        value if value >= 100.0 => format!("{value:.0}"),
        value => format!("{value:.2}"),
    }
}
