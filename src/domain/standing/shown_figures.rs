//! The two figures that every surface shows for a comparison: before and now. They are read from
//! the judgement, with the decimals of the elements, and nothing is computed beside it.

use super::drilldown::find_member;
use super::{Judgement, JudgementState, StandingFigure};
use crate::domain::campaign::Campaign;
use crate::domain::report::form::Catalogue;
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::{Comparison, Expr, Measure, TermSign};

/// A figure for display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownFigure {
    /// A count, or a level.
    Count(Ratio),
    /// Numerator and denominator of a ratio or rate.
    Fraction(Ratio, Ratio),
    /// Numerator and denominator are zero: there is nothing to divide.
    NoData,
}

/// The figures of a comparison before and now; `None`: there is none, or it cannot be compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ShownFigures {
    /// Before: to the same cut-off while the window runs, of the whole window afterwards.
    pub before: Option<ShownFigure>,
    /// Now, as accepted.
    pub now: Option<ShownFigure>,
}

/// The comparison with this code, as judgements name it: `T1`, or a member, `T3b`. `None` for a
/// combination or an attestation.
#[must_use]
pub fn find_comparison<'a>(campaign: &'a Campaign, code: &str) -> Option<&'a Comparison> {
    let mut targets = campaign.targets.iter();
    targets.find_map(|line| find_member(&line.code, &line.formula, code))?.comparison()
}

impl Judgement {
    /// What is shown of this judgement of `comparison`.
    #[must_use]
    pub fn shown_figures(
        &self,
        comparison: Option<&Comparison>,
        catalogue: &Catalogue,
    ) -> ShownFigures {
        let Some(comparison) = comparison else { return ShownFigures::default() };
        let comparable = self.state != JudgementState::NotComparable;
        let shown = match quotient(&comparison.measure) {
            Some(parts) => ShownFigures {
                before: self.fraction(parts, |figure| figure.baseline_now, catalogue),
                now: self.fraction(parts, |figure| figure.value, catalogue),
            },
            None => {
                let adds = self.value.filter(|_| self.state == JudgementState::Contribution);
                let count = |ratio: Option<Ratio>| ratio.map(ShownFigure::Count);
                // Without any figure nothing is known; that is not a count of zero.
                let known = self.figures.iter().any(|figure| figure.value.is_some());
                ShownFigures {
                    before: count(self.count_before),
                    now: count(self.count_now.or(adds)).filter(|_| known),
                }
            }
        };
        ShownFigures { before: shown.before.filter(|_| comparable), ..shown }
    }

    fn fraction(
        &self,
        (num, den): (&Expr, &Expr),
        pick: fn(&StandingFigure) -> Option<i64>,
        catalogue: &Catalogue,
    ) -> Option<ShownFigure> {
        let above = num.elements().len();
        let num = sum_terms(num, self.figures.get(..above)?, pick, catalogue)?;
        let den = sum_terms(den, self.figures.get(above..)?, pick, catalogue)?;
        let nothing = num.is_zero() && den.is_zero();
        Some(if nothing { ShownFigure::NoData } else { ShownFigure::Fraction(num, den) })
    }
}

/// Numerator and denominator; `None` for a count or a stock.
fn quotient(measure: &Measure) -> Option<(&Expr, &Expr)> {
    match measure {
        Measure::Ratio { num, den, .. } | Measure::Rate { num, den, .. } => Some((num, den)),
        Measure::Change { measure, .. } => quotient(measure),
        Measure::Count(_) | Measure::Stock(_) => None,
    }
}

fn sum_terms(
    expr: &Expr,
    figures: &[StandingFigure],
    pick: fn(&StandingFigure) -> Option<i64>,
    catalogue: &Catalogue,
) -> Option<Ratio> {
    let mut sum = Ratio::ZERO;
    for ((sign, code), figure) in expr.terms().zip(figures) {
        let scale = catalogue.element(code).map_or(0, |element| element.scale);
        let value = Ratio::from_scaled(pick(figure)?, scale)?;
        sum = match sign {
            TermSign::Plus => sum.checked_add(value)?,
            TermSign::Minus => sum.checked_sub(value)?,
        };
    }
    Some(sum)
}
