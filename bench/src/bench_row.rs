//! A result row of the bench: product, ceiling and their ratio, each a median with its spread.

use serde::Serialize;

/// Several runs of one measurement, in one unit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct BenchMeasure {
    /// The median.
    pub(crate) median: f64,
    /// Largest over smallest run: the noise of the machine.
    pub(crate) spread: f64,
}

impl BenchMeasure {
    /// Computed from these runs; all zero if there are none.
    #[must_use]
    pub(crate) fn from_runs(mut runs: Vec<f64>) -> Self {
        runs.sort_by(f64::total_cmp);
        let (Some(low), Some(high)) = (runs.first(), runs.last()) else {
            return Self { median: 0.0, spread: 1.0 };
        };
        Self { median: runs[runs.len() / 2], spread: if *low > 0.0 { high / low } else { 1.0 } }
    }
}

/// One line of the result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct BenchRow {
    /// What was measured.
    pub(crate) name: String,
    /// The whole product path.
    pub(crate) product: BenchMeasure,
    /// The minimal equivalent, in the same run.
    pub(crate) ceiling: Option<BenchMeasure>,
    /// Unit of both.
    pub(crate) unit: &'static str,
    /// Product over ceiling.
    pub(crate) ratio: Option<f64>,
    /// CPU share of other processes in the meantime, in percent; none if a measured server is among
    /// them.
    pub(crate) other_load_percent: Option<f64>,
    /// The target value, as text.
    pub(crate) goal: &'static str,
    /// Additional observations.
    pub(crate) note: String,
}

impl BenchRow {
    /// A row with a ceiling.
    #[must_use]
    pub(crate) fn with_ceiling(
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

    /// A row without a ceiling.
    #[must_use]
    pub(crate) fn without_ceiling(
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

    /// Adds a note.
    #[must_use]
    pub(crate) fn with_note(self, note: String) -> Self {
        Self { note, ..self }
    }

    /// One line for a terminal, under [`ROW_TABLE_HEADER`].
    #[must_use]
    pub(crate) fn to_table_line(&self) -> String {
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

/// Header of the row table.
pub(crate) const ROW_TABLE_HEADER: &str = "row                                  product    ceiling unit       ratio  spread  foreign  aim";

fn format_number(value: f64) -> String {
    match value {
        value if value >= 10_000.0 => format!("{:.1} k", value / 1000.0),
        value if value >= 100.0 => format!("{value:.0}"),
        value => format!("{value:.2}"),
    }
}
