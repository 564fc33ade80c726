//! What a unit adds to a target that is not judged there: a value without a verdict.

use super::ast::Comparison;
use super::comparison_figures::{ComparisonReader, DecomposedMeasure, PlainMeasure};
use super::figure_source::{EvaluationTerms, FigureSource};
use crate::domain::support::ratio::Ratio;

/// What a unit adds to a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contribution {
    /// The count, stock, share or rate of the unit itself; never a change.
    pub value: Option<Ratio>,
    /// The value for display; empty if there is none.
    pub display: String,
    /// The count as reported, and with what missing reports are likely to contain; only if reports
    /// are missing.
    pub interval: Option<(Ratio, Ratio)>,
}

impl Comparison {
    /// What the unit of these figures adds.
    #[must_use]
    pub fn contribution(&self, figures: &dyn FigureSource) -> Contribution {
        let terms = EvaluationTerms::for_stage(super::StandingStage::Running);
        let reader = ComparisonReader { comparison: self, figures, terms: &terms };
        let Ok(decomposed) = DecomposedMeasure::from_measure(&self.measure) else {
            return Contribution::default();
        };
        let Ok(current) = reader.read_current(decomposed.measure) else {
            return Contribution::default();
        };
        let Ok(value) = current.value() else { return Contribution::default() };
        let share = matches!(decomposed.measure, PlainMeasure::Ratio { .. });
        let interval = (current.missing && current.parts.is_none())
            .then_some((current.interval.low, current.interval.high));
        Contribution { value: Some(value), display: format_value(value, share), interval }
    }
}

fn format_value(value: Ratio, share: bool) -> String {
    let shown = if share { value.checked_mul(Ratio::from_integer(100)) } else { Some(value) };
    let text =
        shown.and_then(|value| value.format_shortest(2)).unwrap_or_else(|| value.to_string());
    if share { format!("{text} %") } else { text }
}
