//! The probability that a target is met by chance alone when nothing changes. Shown to the person
//! who sets the target.
//!
//! Counts are modelled as Poisson around the base, the cases of a share as binomial around the
//! bound. The results are probabilities and never verdicts, so floats are allowed.

use super::ast::{Baseline, ChangeMode, Comparator, Comparison, Target, TargetUnits};
use super::comparison_figures::{DecomposedMeasure, PlainMeasure};
use super::distribution;
use super::threshold::Threshold;
use crate::domain::report::element::ElementCode;
use crate::domain::support::message::{Message, message};
use crate::domain::support::ratio::Ratio;

/// Probability that a target is met by chance alone.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetChance {
    /// Canonical text of the target.
    pub target: String,
    /// Probability if the members are independent; 0 to 1.
    pub independent: f64,
    /// Probability if the members are fully correlated; equals `independent` for a single target.
    pub correlated: f64,
    /// Expected number of cases, for a single target.
    pub base: Option<Ratio>,
    /// The last whole number that meets the target, for a single target on counts.
    pub limit: Option<i64>,
    /// The true share assumed for the cases of a ratio.
    pub share: Option<Ratio>,
    /// Results for the members of a combination.
    pub members: Vec<Self>,
}

/// Why no chance can be computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChanceError {
    /// The base of this element is missing.
    NoBase(ElementCode),
    /// Attestations, rates and changes of shares have no known chance model.
    Unsupported(String),
    /// The base is above one million cases.
    TooLarge,
}

impl ChanceError {
    /// The reason and the next step, for a person.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::NoBase(code) => message!("chance-base-not-given-add", code),
            Self::Unsupported(target) => message!("chance-chance-cannot-told-use", target),
            Self::TooLarge => message!("chance-base-too-large-most"),
        }
    }
}

impl Target {
    /// Computes the probability that this target is met by chance alone. `base` gives each
    /// element's expected number of cases.
    ///
    /// For a ratio, the base is the number of cases in the denominator, and its true share is
    /// assumed to equal the bound.
    pub fn compute_chance(
        &self,
        base: &dyn Fn(&ElementCode) -> Option<Ratio>,
    ) -> Result<TargetChance, ChanceError> {
        match self {
            Self::Compare(comparison) => comparison_chance(comparison, base),
            Self::Milestone(_) | Self::Attest(_) => Err(ChanceError::Unsupported(self.to_string())),
            Self::All(_) => self.compute_members_chance(
                base,
                |chances| chances.product(),
                |chances| chances.fold(1.0, f64::min),
            ),
            Self::Any(_) => self.compute_members_chance(
                base,
                |chances| 1.0 - chances.map(|chance| 1.0 - chance).product::<f64>(),
                |chances| chances.fold(0.0, f64::max),
            ),
            Self::Tier { .. } => {
                let floor = |chances: &mut dyn Iterator<Item = f64>| chances.next().unwrap_or(0.0);
                self.compute_members_chance(base, floor, floor)
            }
        }
    }

    fn compute_members_chance(
        &self,
        base: &dyn Fn(&ElementCode) -> Option<Ratio>,
        independent: impl Fn(&mut dyn Iterator<Item = f64>) -> f64,
        together: impl Fn(&mut dyn Iterator<Item = f64>) -> f64,
    ) -> Result<TargetChance, ChanceError> {
        let members = self
            .members()
            .into_iter()
            .map(|member| member.compute_chance(base))
            .collect::<Result<Vec<TargetChance>, _>>()?;
        Ok(TargetChance {
            target: self.to_string(),
            independent: independent(&mut members.iter().map(|member| member.independent)),
            correlated: together(&mut members.iter().map(|member| member.correlated)),
            base: None,
            limit: None,
            share: None,
            members,
        })
    }
}

fn comparison_chance(
    comparison: &Comparison,
    base: &dyn Fn(&ElementCode) -> Option<Ratio>,
) -> Result<TargetChance, ChanceError> {
    let unsupported = || ChanceError::Unsupported(comparison.to_string());
    // The chance that every unit meets it needs the base of every unit.
    if matches!(comparison.units, Some(TargetUnits::Each(_))) {
        return Err(unsupported());
    }
    let decomposed =
        DecomposedMeasure::from_measure(&comparison.measure).map_err(|_| unsupported())?;
    let bound = comparison.bound.decimal.to_ratio(if comparison.bound.percent { 2 } else { 0 });
    match decomposed.measure {
        PlainMeasure::Count(expr) | PlainMeasure::Stock(expr)
            if expr.rest.iter().all(|(sign, _)| sign.as_str() == "+") =>
        {
            let expected = sum_bases(&expr.elements(), base)?;
            let at = resolve_chance_threshold(&decomposed, bound, expected)
                .ok_or(ChanceError::TooLarge)?;
            count_chance(comparison, expected, Threshold { cmp: comparison.cmp, value: at })
        }
        PlainMeasure::Ratio { den, .. } if decomposed.change.is_none() => {
            share_chance(comparison, sum_bases(&den.elements(), base)?, bound)
        }
        PlainMeasure::Count(_)
        | PlainMeasure::Stock(_)
        | PlainMeasure::Rate { .. }
        | PlainMeasure::Ratio { .. } => Err(unsupported()),
    }
}

fn sum_bases(
    codes: &[&ElementCode],
    base: &dyn Fn(&ElementCode) -> Option<Ratio>,
) -> Result<Ratio, ChanceError> {
    codes.iter().try_fold(Ratio::ZERO, |sum, code| {
        let one = base(code).ok_or_else(|| ChanceError::NoBase((*code).clone()))?;
        sum.checked_add(one).ok_or(ChanceError::TooLarge)
    })
}

fn resolve_chance_threshold(
    decomposed: &DecomposedMeasure<'_>,
    bound: Ratio,
    expected: Ratio,
) -> Option<Ratio> {
    let Some((baseline, mode)) = decomposed.change else { return Some(bound) };
    let before = match baseline {
        Baseline::Fixed(fixed) => fixed.decimal.to_ratio(if fixed.percent { 2 } else { 0 }),
        Baseline::SameWindowPriorYear
        | Baseline::StatYear(_)
        | Baseline::CalendarYear(_)
        | Baseline::MeanPrior(_) => expected,
    };
    match mode {
        ChangeMode::Relative if before.is_zero() => Some(Ratio::ZERO),
        ChangeMode::Relative => bound.checked_add(Ratio::ONE)?.checked_mul(before),
        ChangeMode::Absolute => before.checked_add(bound),
    }
}

fn count_chance(
    comparison: &Comparison,
    expected: Ratio,
    threshold: Threshold,
) -> Result<TargetChance, ChanceError> {
    // From a zero base, zero must stay: a strict decrease is judged as the zero-base policy does.
    let threshold = if expected.is_zero() && threshold.is_ceiling() {
        Threshold { cmp: Comparator::AtMost, value: threshold.value.max(Ratio::ZERO) }
    } else {
        threshold
    };
    let at_most =
        |limit| distribution::poisson_cdf(expected.to_f64(), limit).ok_or(ChanceError::TooLarge);
    let chance = threshold_chance(threshold, at_most)?;
    Ok(TargetChance {
        base: Some(expected),
        limit: threshold.limit(),
        ..single_chance(comparison, chance)
    })
}

fn share_chance(
    comparison: &Comparison,
    cases: Ratio,
    bound: Ratio,
) -> Result<TargetChance, ChanceError> {
    let whole = cases.to_integer().filter(|cases| *cases >= 0).ok_or(ChanceError::TooLarge)?;
    let share = bound.max(Ratio::ZERO).min(Ratio::ONE);
    let at = bound.checked_mul(cases).ok_or(ChanceError::TooLarge)?;
    let at_most = |limit| {
        distribution::binomial_cdf(whole, share.to_f64(), limit).ok_or(ChanceError::TooLarge)
    };
    let chance = if whole == 0 {
        0.0
    } else {
        threshold_chance(Threshold { cmp: comparison.cmp, value: at }, at_most)?
    };
    Ok(TargetChance { base: Some(cases), share: Some(share), ..single_chance(comparison, chance) })
}

fn single_chance(comparison: &Comparison, chance: f64) -> TargetChance {
    TargetChance {
        target: comparison.to_string(),
        independent: chance,
        correlated: chance,
        base: None,
        limit: None,
        share: None,
        members: Vec::new(),
    }
}

fn threshold_chance(
    threshold: Threshold,
    at_most: impl Fn(i64) -> Result<f64, ChanceError>,
) -> Result<f64, ChanceError> {
    let Some(limit) = threshold.limit() else { return Ok(0.0) };
    match threshold.cmp {
        Comparator::AtMost | Comparator::Less => at_most(limit),
        Comparator::AtLeast | Comparator::Greater => Ok(1.0 - at_most(limit - 1)?),
        Comparator::Equal => Ok(at_most(limit)? - at_most(limit - 1)?),
    }
}

impl TargetChance {
    /// The message for the person who sets the target.
    #[must_use]
    pub fn message(&self) -> Message {
        let chance = format_percent(self.independent);
        if !self.members.is_empty() {
            let together = format_percent(self.correlated);
            let range = if chance == together {
                Message::verbatim(chance)
            } else {
                message!("chance-if-they-move-independently", chance, together)
            };
            return message!("chance-though-nothing-really-changed", range => range);
        }
        let base = self.base.and_then(|base| base.format_shortest(2)).unwrap_or_default();
        if let Some(share) = self
            .share
            .and_then(|share| share.checked_mul(Ratio::from_integer(100))?.format_shortest(2))
        {
            return message!("chance-cases-true-share-exactly", base, share, chance);
        }
        let limit = self.limit.map_or_else(|| message!("chance-none"), Message::verbatim);
        message!("chance-if-nothing-really-changed", base, limit => limit, chance)
    }
}

/// One decimal; never "0" or "100" for a probability that is neither.
fn format_percent(chance: f64) -> String {
    let percent = chance * 100.0;
    if percent > 0.0 && percent < 0.05 {
        "< 0.1 %".to_owned()
    } else if (99.95..100.0).contains(&percent) {
        "> 99.9 %".to_owned()
    } else {
        format!("{percent:.1} %")
    }
}
