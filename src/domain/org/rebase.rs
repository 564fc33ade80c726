//! Re-basing: baselines of closed units computed for their successors, base(s) = Σ w · base(p).
//!
//! Exact if every weight is a whole number, else derived: the weights are stated and whole numbers
//! are rounded by largest remainder. A predecessor without a base is listed; it does not count as
//! zero.

use super::fraction::round_by_largest_remainder;
use super::{Fraction, FractionError, Org};
use crate::domain::support::ids::UnitId;
use crate::domain::support::string_enum::string_enum;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

string_enum! {
    /// How a re-based figure was computed.
    RebaseQuality {
        /// Sum of whole predecessors.
        Exact = "EXACT",
        /// Sum of parts of predecessors by stated weights.
        Derived = "DERIVED",
    }
}

/// The base of one unit after re-basing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebasedBaseline {
    /// The unit.
    pub unit: UnitId,
    /// The exact figure.
    pub base: Fraction,
    /// The figure to print: rounded so that the sum over all units is the sum of the old bases.
    pub rounded: i64,
    /// Exact or derived.
    pub quality: RebaseQuality,
    /// Predecessor, weight and base of each part; by id.
    pub parts: Vec<(UnitId, Fraction, i64)>,
    /// Predecessors without a base: if there is one, the base must not be used.
    pub without_baseline: Vec<UnitId>,
}

/// All bases after re-basing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RebaseResult {
    /// One for each unit that now has a base, by uid.
    pub baselines: Vec<RebasedBaseline>,
    /// Bases of units that closed without a successor.
    pub unassigned: Vec<(UnitId, i64)>,
}

impl Org {
    /// Computes the bases of the units open on `to` from those of the units open on the earlier day
    /// `from`.
    pub fn rebase_baselines(
        &self,
        bases: &BTreeMap<UnitId, i64>,
        from: Date,
        to: Date,
    ) -> Result<RebaseResult, FractionError> {
        let mut parts: BTreeMap<UnitId, Vec<(UnitId, Fraction, i64)>> = BTreeMap::new();
        let mut unassigned = Vec::new();
        for (unit, base) in bases {
            let successors = self.trace_successors(*unit, from, to)?;
            if successors.is_empty() {
                unassigned.push((*unit, *base));
            }
            for (successor, weight) in successors {
                parts.entry(successor).or_default().push((*unit, weight, *base));
            }
        }
        let mut rebased = Vec::with_capacity(parts.len());
        // In order of uids, so that ties of remainders are broken the same way on every machine.
        for successor in self.open_units_on(to) {
            let Some(parts) = parts.remove(&successor.id) else { continue };
            let mut base = Fraction::ZERO;
            for (_, weight, value) in &parts {
                base = base.try_add(weight.try_mul(Fraction::from_integer(*value))?)?;
            }
            let exact = parts.iter().all(|(_, weight, _)| weight.is_integer());
            let quality = if exact { RebaseQuality::Exact } else { RebaseQuality::Derived };
            let without_baseline = self.predecessors_without_base(successor.id, bases, from, to);
            rebased.push(RebasedBaseline {
                unit: successor.id,
                base,
                rounded: 0,
                quality,
                parts,
                without_baseline,
            });
        }
        let exact: Vec<Fraction> = rebased.iter().map(|rebased| rebased.base).collect();
        for (rebased, whole) in rebased.iter_mut().zip(round_by_largest_remainder(&exact)?) {
            rebased.rounded = i64::try_from(whole).map_err(|_| FractionError::Overflow)?;
        }
        Ok(RebaseResult { baselines: rebased, unassigned })
    }

    fn predecessors_without_base(
        &self,
        successor: UnitId,
        bases: &BTreeMap<UnitId, i64>,
        from: Date,
        to: Date,
    ) -> Vec<UnitId> {
        let origins: BTreeSet<UnitId> = self.trace_predecessors(successor, to, from);
        origins.into_iter().filter(|origin| !bases.contains_key(origin)).collect()
    }
}
