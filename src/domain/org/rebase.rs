//! Re-basing: what the baselines of closed units are for their successors, base(s) = Σ w · base(p).
//!
//! Exact when every weight is a whole one, else derived, with the weights stated and whole numbers by largest remainder.
//! A predecessor without a base is named: nothing becomes zero. Knows no target.

use super::{BadFraction, Fraction, Org, largest_remainder};
use crate::domain::ids::UnitId;
use crate::domain::worded::worded;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

worded! {
    /// How a re-based figure came about.
    BaseQuality {
        /// Whole predecessors added up.
        Exact = "EXACT",
        /// Parts of predecessors by stated weights.
        Derived = "DERIVED",
    }
}

/// The base of one unit after re-basing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebased {
    /// The unit that has it.
    pub unit: UnitId,
    /// The exact figure.
    pub base: Fraction,
    /// The figure to print: whole numbers over all units sum to what the old bases sum to.
    pub whole: i64,
    /// Exact or derived.
    pub quality: BaseQuality,
    /// From which unit, by which weight, out of which base; by id.
    pub parts: Vec<(UnitId, Fraction, i64)>,
    /// Predecessors that have no base: while one is missing the base is not to be used.
    pub missing: Vec<UnitId>,
}

/// All bases after re-basing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rebase {
    /// One for each unit that has a base now, by uid.
    pub units: Vec<Rebased>,
    /// Bases of units that are gone without anybody to follow.
    pub unplaced: Vec<(UnitId, i64)>,
}

impl Org {
    /// Carries bases of units of the day `from` on to the units of the later day `to`.
    pub fn rebase(&self, bases: &BTreeMap<UnitId, i64>, from: Date, to: Date) -> Result<Rebase, BadFraction> {
        let mut parts: BTreeMap<UnitId, Vec<(UnitId, Fraction, i64)>> = BTreeMap::new();
        let mut unplaced = Vec::new();
        for (unit, base) in bases {
            let carried = self.carried_on(*unit, from, to)?;
            if carried.is_empty() {
                unplaced.push((*unit, *base));
            }
            for (heir, weight) in carried {
                parts.entry(heir).or_default().push((*unit, weight, *base));
            }
        }
        let mut rebased = Vec::with_capacity(parts.len());
        // In the order of uids, so that ties of remainders fall the same way everywhere.
        for heir in self.units_on(to) {
            let Some(parts) = parts.remove(&heir.id) else { continue };
            let mut base = Fraction::ZERO;
            for (_, weight, value) in &parts {
                base = base.plus(weight.times(Fraction::whole(*value))?)?;
            }
            let exact = parts.iter().all(|(_, weight, _)| weight.is_whole());
            let quality = if exact { BaseQuality::Exact } else { BaseQuality::Derived };
            let missing = self.without_base(heir.id, bases, from, to);
            rebased.push(Rebased { unit: heir.id, base, whole: 0, quality, parts, missing });
        }
        let exact: Vec<Fraction> = rebased.iter().map(|rebased| rebased.base).collect();
        for (rebased, whole) in rebased.iter_mut().zip(largest_remainder(&exact)?) {
            rebased.whole = i64::try_from(whole).map_err(|_| BadFraction::TooFine)?;
        }
        Ok(Rebase { units: rebased, unplaced })
    }

    fn without_base(&self, heir: UnitId, bases: &BTreeMap<UnitId, i64>, from: Date, to: Date) -> Vec<UnitId> {
        let origins: BTreeSet<UnitId> = self.came_from(heir, to, from);
        origins.into_iter().filter(|origin| !bases.contains_key(origin)).collect()
    }
}
