//! Allocation: how the limit of the owner becomes limits of units, and how shares pass on when
//! units merge or split.
//!
//! ```text
//!  SAME_RATE      the same bound at each unit; nothing is shared and nothing adds up
//!  PROPORTIONAL   the last whole number that meets, shared over the bases by largest remainder
//!  table          numbers of the file, which add up to the last whole number that meets
//! ```

use crate::domain::org::{Fraction, FractionError, Org, round_by_largest_remainder};
use crate::domain::support::ids::UnitId;
use crate::domain::target_rule::{Baseline, Comparison, Measure, Target, TermSign};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// How units below the owner get limits of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetAllocation {
    /// The same bound at each unit; for relative changes and ratios.
    SameRate,
    /// Shared over the bases at approval.
    Proportional,
    /// Given unit by unit.
    Table(Vec<AllocatedPart>),
}

impl TargetAllocation {
    /// The words of the file, beside a table.
    pub const WORDS: [&'static str; 2] = ["SAME_RATE", "PROPORTIONAL"];
}

/// A unit's part in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocatedPart {
    /// Uid of the unit.
    pub unit_uid: String,
    /// Its limit.
    pub limit: u32,
}

/// A unit's share of a target, frozen at approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllocatedShare {
    /// Code of the target.
    pub target: String,
    /// Uid of the unit.
    pub unit_uid: String,
    /// Its limit.
    pub limit: u32,
    /// The base over which it was shared; `None` for a table.
    pub base: Option<i64>,
    /// The day as of which the unit is meant.
    pub day: Date,
}

/// A limit and its base, at a unit that holds shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnitShare {
    /// The limit.
    pub limit: i64,
    /// The base; `None` if one of the shares has none.
    pub base: Option<i64>,
}

/// The one comparison of a formula whose limit can be shared: a count or a stock that only adds, or
/// its change against the prior year or a fixed number.
#[must_use]
pub fn shareable_comparison(formula: &Target) -> Option<&Comparison> {
    let Target::Compare(comparison) = formula else { return None };
    let plain = match &comparison.measure {
        Measure::Change {
            measure,
            baseline: Baseline::SameWindowPriorYear | Baseline::Fixed(_),
            ..
        } => measure,
        measure @ (Measure::Count(_)
        | Measure::Stock(_)
        | Measure::Ratio { .. }
        | Measure::Rate { .. }
        | Measure::Change { .. }) => measure,
    };
    let (Measure::Count(expr) | Measure::Stock(expr)) = plain else { return None };
    let adds_only = expr.rest.iter().all(|(sign, _)| *sign == TermSign::Plus);
    (adds_only && comparison.units.is_none()).then_some(comparison)
}

/// Shares a whole number over bases by largest remainder; ties go to the earlier one. `None` if the
/// bases are all zero or too large.
#[must_use]
pub fn share_over_bases(limit: i64, bases: &[i64]) -> Option<Vec<i64>> {
    let total: i128 = bases.iter().map(|base| i128::from(*base)).sum();
    let parts: Option<Vec<Fraction>> = bases
        .iter()
        .map(|base| Fraction::new(i128::from(limit) * i128::from(*base), total))
        .collect();
    let whole = round_by_largest_remainder(&parts?).ok()?;
    whole.into_iter().map(|part| i64::try_from(part).ok()).collect()
}

/// The shares of one target at the units of `day`: an heir takes whole shares, and a split shares
/// again by the weights of its lineage, ties by uid.
///
/// # Errors
/// Weights that cannot be computed exactly.
pub fn shares_on(
    shares: &[&AllocatedShare],
    org: &Org,
    day: Date,
) -> Result<BTreeMap<UnitId, UnitShare>, FractionError> {
    let mut held: BTreeMap<UnitId, UnitShare> = BTreeMap::new();
    for share in shares {
        let unit = UnitId::from_code(&share.unit_uid);
        let mut heirs = org.trace_successors(unit, share.day, day.max(share.day))?;
        heirs.sort_by(|(a, _), (b, _)| unit_uid(org, *a).cmp(unit_uid(org, *b)));
        let limits = split(share.limit.into(), &heirs)?;
        let bases = share.base.map(|base| split(base, &heirs)).transpose()?;
        for (at, (heir, _)) in heirs.iter().enumerate() {
            let base = bases.as_ref().map(|bases| bases[at]);
            let part = UnitShare { limit: limits[at], base };
            held.entry(*heir).and_modify(|sum| *sum = sum.plus(part)).or_insert(part);
        }
    }
    Ok(held)
}

fn unit_uid(org: &Org, unit: UnitId) -> &str {
    org.unit(unit).map_or("", |unit| unit.uid.as_str())
}

fn split(whole: i64, heirs: &[(UnitId, Fraction)]) -> Result<Vec<i64>, FractionError> {
    let parts: Vec<Fraction> = heirs
        .iter()
        .map(|(_, weight)| weight.try_mul(Fraction::from_integer(whole)))
        .collect::<Result<_, _>>()?;
    let parts = round_by_largest_remainder(&parts)?;
    Ok(parts.into_iter().map(|part| i64::try_from(part).unwrap_or(i64::MAX)).collect())
}

impl UnitShare {
    /// The sum of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            limit: self.limit.saturating_add(other.limit),
            base: self.base.zip(other.base).map(|(a, b)| a.saturating_add(b)),
        }
    }
}
