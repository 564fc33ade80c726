//! The present place of a unit: the scopes that contain its records, and the unit that acts for it
//! once it is closed.
//!
//! A closed unit belongs under its successor, a dissolved one under its last parent. The results
//! contain only units that are open today.

use super::{Hierarchy, Org, UnitLineage};
use crate::domain::support::ids::UnitId;
use jiff::civil::Date;
use std::cmp::Reverse;

impl Org {
    /// The units, open today, whose scopes also contain the records of `id`: for an open unit its
    /// COMMAND ancestors, for a closed one its successor and that unit's ancestors; from below
    /// upwards, without `id` itself.
    #[must_use]
    pub fn effective_ancestors(&self, id: UnitId, today: Date) -> Vec<UnitId> {
        if self.is_open_on(id, today) {
            return self.ancestors(id, Hierarchy::Command, today);
        }
        let Some(successor) = self.acting_unit(id, today) else { return Vec::new() };
        let mut found = vec![successor];
        found.extend(self.ancestors(successor, Hierarchy::Command, today));
        found
    }

    /// The unit that signs for `id` today: itself while open, else the open unit at the end of its
    /// succession. `None` for a unit that is unknown, not yet open, or closed without a successor.
    #[must_use]
    pub fn acting_unit(&self, id: UnitId, today: Date) -> Option<UnitId> {
        let mut at = id;
        // Each step moves to another unit; more steps than units would be a cycle.
        for _ in 0..=self.units().len() {
            let unit = self.unit(at)?;
            if unit.is_open_on(today) {
                return Some(at);
            }
            if today < unit.lifetime().from {
                return None;
            }
            at = self.successor(at)?;
        }
        None
    }

    /// The one unit that takes over when `id` closes: the successor with the greatest weight (of
    /// equal ones the first by uid), else the last COMMAND parent; `None` if the unit has no end.
    #[must_use]
    pub fn successor(&self, id: UnitId) -> Option<UnitId> {
        let end = self.unit(id)?.lifetime().to;
        let closing = |line: &&UnitLineage| {
            line.kind.is_succession() && line.effective_day == end && line.to != id
        };
        let uid = |line: &UnitLineage| self.unit(line.to).map(|unit| unit.uid.as_str());
        let successor = self
            .lineage_from(id)
            .filter(closing)
            .max_by_key(|line| (line.weight, Reverse(uid(line))));
        let last_parent =
            || self.parent_history(id, Hierarchy::Command).iter().find(|(span, _)| span.to == end);
        (end != Date::MAX).then_some(())?;
        successor.map(|line| line.to).or_else(|| last_parent().map(|(_, parent)| *parent))
    }

    /// The unit and every unit, open or closed, whose records belong to its scopes today, by uid.
    #[must_use]
    pub fn effective_descendants(&self, id: UnitId, today: Date) -> Vec<UnitId> {
        let ids = self.units().iter().map(|unit| unit.id);
        ids.filter(|unit| *unit == id || self.effective_ancestors(*unit, today).contains(&id))
            .collect()
    }
}
