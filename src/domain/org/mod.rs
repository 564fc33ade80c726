//! The organisation over time: units, their parents and their successors on each day.
//!
//! History is never rewritten: figures stay with the unit that reported them, and `structure_view`
//! computes for which unit they count. Every query has a date.

mod change;
mod check;
mod code_change;
mod derive;
mod draft;
mod edge;
mod fraction;
mod handover;
mod index;
mod lineage;
mod name_folding;
#[cfg(test)]
mod property_tests;
mod rebase;
mod stock_handover;
mod structure_view;
mod succession;
mod unit;

pub use change::{
    OrgAction, OrgChange, OrgChangeKind, OrgChangeState, OrgHistory, UnitDescription,
};
pub use check::{OrgFactRef, OrgViolation};
pub use code_change::{CodeChange, find_code_changes};
pub use edge::{Hierarchy, UnitParent};
pub(crate) use fraction::round_by_largest_remainder;
pub use fraction::{Fraction, FractionError};
pub use handover::{
    HandoverImbalance, HandoverLine, HandoverSide, StockFlow, Stocks, check_handover,
};
pub use lineage::{LineageKind, UnitLineage};
pub use rebase::{RebaseQuality, RebaseResult, RebasedBaseline};
pub use stock_handover::{HandoverState, StockHandover, check_stock_handover};
pub use structure_view::{AttributedSums, ReportedFigure, StructureView, UnitAttribution};
pub use unit::{DaySpan, GSO, OfficialCode, Unit, UnitKind, UnitVersion};

use crate::domain::support::ids::UnitId;
use index::OrgIndex;
use jiff::civil::Date;
use name_folding::fold_name;
use std::sync::Arc;

/// The facts of an organisation as plain lists, as in files and tables.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrgFacts {
    /// All units, past, present and announced.
    pub units: Vec<Unit>,
    /// All parents.
    pub edges: Vec<UnitParent>,
    /// All lines of lineage.
    pub lineage: Vec<UnitLineage>,
}

/// An organisation whose facts are consistent. Immutable; cloning increments a reference count.
#[derive(Clone, Default)]
pub struct Org {
    inner: Arc<OrgInner>,
}

#[derive(Default)]
struct OrgInner {
    facts: OrgFacts,
    index: OrgIndex,
}

impl Org {
    /// Checks the facts, in any order, and builds the organisation; returns every violation.
    pub fn new(mut facts: OrgFacts) -> Result<Self, Vec<OrgViolation>> {
        facts.units.sort_by(|a, b| a.uid.cmp(&b.uid));
        facts.units.iter_mut().for_each(|unit| unit.versions.sort_by_key(|version| version.days));
        facts.edges.sort_by_key(|edge| (edge.hierarchy, edge.child, edge.days));
        facts.lineage.sort_by(|a, b| {
            (a.effective_day, a.from, a.to, &a.basis).cmp(&(
                b.effective_day,
                b.from,
                b.to,
                &b.basis,
            ))
        });
        let found = check::check_facts(&facts, &OrgIndex::build(&facts));
        if !found.is_empty() {
            return Err(found);
        }
        merge_adjacent_edges(&mut facts.edges);
        let index = OrgIndex::build(&facts);
        Ok(Self { inner: Arc::new(OrgInner { facts, index }) })
    }

    /// The facts in a fixed order: units by uid, edges by hierarchy and child, lineage by date.
    #[must_use]
    pub fn facts(&self) -> &OrgFacts {
        &self.inner.facts
    }

    /// All units, past, present and announced, by uid.
    #[must_use]
    pub fn units(&self) -> &[Unit] {
        &self.inner.facts.units
    }

    /// All lines of lineage, by date.
    #[must_use]
    pub fn lineage(&self) -> &[UnitLineage] {
        &self.inner.facts.lineage
    }

    /// The unit with this id.
    #[must_use]
    pub fn unit(&self, id: UnitId) -> Option<&Unit> {
        self.inner.index.units.get(&id).and_then(|at| self.inner.facts.units.get(*at))
    }

    /// The unit with this text code; later codes joined by `continue` are included.
    #[must_use]
    pub fn unit_by_uid(&self, uid: &str) -> Option<&Unit> {
        self.inner.index.uids.get(uid).and_then(|id| self.unit(*id))
    }

    /// Whether the unit exists on `day`.
    #[must_use]
    pub fn is_open_on(&self, id: UnitId, day: Date) -> bool {
        self.unit(id).is_some_and(|unit| unit.is_open_on(day))
    }

    /// The units that exist on `day`, by uid.
    pub fn open_units_on(&self, day: Date) -> impl Iterator<Item = &Unit> {
        self.units().iter().filter(move |unit| unit.is_open_on(day))
    }

    /// The units of one kind that exist on `day`, by uid.
    pub fn units_of_kind_on(&self, kind: UnitKind, day: Date) -> impl Iterator<Item = &Unit> {
        self.units()
            .iter()
            .filter(move |unit| unit.version_on(day).is_some_and(|version| version.kind == kind))
    }

    /// Name, kind and code of the unit on `day`; `None` if it does not exist then.
    #[must_use]
    pub fn version_on(&self, id: UnitId, day: Date) -> Option<&UnitVersion> {
        self.unit(id).and_then(|unit| unit.version_on(day))
    }

    /// The kind of the unit on `day`; `None` if it does not exist then.
    #[must_use]
    pub fn kind_on(&self, id: UnitId, day: Date) -> Option<UnitKind> {
        self.version_on(id, day).map(|version| version.kind)
    }

    /// The name on `day`, or the nearest one; empty for an unknown unit.
    #[must_use]
    pub fn nearest_name(&self, id: UnitId, day: Date) -> &str {
        self.unit(id).map_or("", |unit| unit.nearest_name(day))
    }

    /// The unit that held an official code on `day`. Codes are reused, so a date is required.
    #[must_use]
    pub fn unit_by_official_code(&self, system: &str, code: &str, day: Date) -> Option<UnitId> {
        let key = OfficialCode { system: system.to_owned(), code: code.to_owned() };
        let held = self.inner.index.codes.get(&key)?;
        held.iter().find(|(span, _)| span.contains(day)).map(|(_, unit)| *unit)
    }

    /// The parent on `day`; `None` for a root and for a unit that does not exist then.
    #[must_use]
    pub fn parent(&self, id: UnitId, hierarchy: Hierarchy, day: Date) -> Option<UnitId> {
        self.parent_history(id, hierarchy)
            .iter()
            .find(|(span, _)| span.contains(day))
            .map(|(_, parent)| *parent)
    }

    /// All parents of the unit over time, by their first day.
    #[must_use]
    pub fn parent_history(&self, id: UnitId, hierarchy: Hierarchy) -> &[(DaySpan, UnitId)] {
        self.inner.index.parents.get(&(hierarchy, id)).map_or(&[], Vec::as_slice)
    }

    /// The units directly below on `day`, by uid.
    #[must_use]
    pub fn children(&self, id: UnitId, hierarchy: Hierarchy, day: Date) -> Vec<UnitId> {
        let below = self.inner.index.children.get(&(hierarchy, id)).map_or(&[][..], Vec::as_slice);
        let on_day = below.iter().filter(|(span, _)| span.contains(day)).map(|(_, child)| *child);
        let mut children: Vec<UnitId> = on_day.collect();
        children.sort_by_key(|child| self.inner.index.units.get(child));
        children
    }

    /// The ancestors on `day`, from the parent to the root.
    #[must_use]
    pub fn ancestors(&self, id: UnitId, hierarchy: Hierarchy, day: Date) -> Vec<UnitId> {
        std::iter::successors(self.parent(id, hierarchy, day), |above| {
            self.parent(*above, hierarchy, day)
        })
        .collect()
    }

    /// The path from the root to the unit, both included; empty if the unit does not exist on
    /// `day`.
    #[must_use]
    pub fn path_from_root(&self, id: UnitId, hierarchy: Hierarchy, day: Date) -> Vec<UnitId> {
        if !self.is_open_on(id, day) {
            return Vec::new();
        }
        let mut path = self.ancestors(id, hierarchy, day);
        path.reverse();
        path.push(id);
        path
    }

    /// The unit and all its descendants on `day`, parents before children; empty if it does not
    /// exist then.
    #[must_use]
    pub fn subtree(&self, id: UnitId, hierarchy: Hierarchy, day: Date) -> Vec<UnitId> {
        let mut found: Vec<UnitId> = self.is_open_on(id, day).then_some(id).into_iter().collect();
        let mut next = 0;
        while let Some(unit) = found.get(next).copied() {
            found.extend(self.children(unit, hierarchy, day));
            next += 1;
        }
        found
    }

    /// The unit itself or its nearest ancestor with this kind on `day`.
    #[must_use]
    pub fn self_or_ancestor_of_kind(
        &self,
        id: UnitId,
        kind: UnitKind,
        day: Date,
    ) -> Option<UnitId> {
        let above = self.ancestors(id, Hierarchy::Command, day);
        std::iter::once(id).chain(above).find(|unit| self.kind_on(*unit, day) == Some(kind))
    }

    /// Lineage lines from the unit to its successors, by date.
    pub fn lineage_from(&self, id: UnitId) -> impl Iterator<Item = &UnitLineage> {
        let at = self.inner.index.lineage_from.get(&id).map_or(&[][..], Vec::as_slice);
        at.iter().filter_map(|at| self.inner.facts.lineage.get(*at))
    }

    /// Lineage lines from predecessors to the unit, by date.
    pub fn lineage_to(&self, id: UnitId) -> impl Iterator<Item = &UnitLineage> {
        let at = self.inner.index.lineage_to.get(&id).map_or(&[][..], Vec::as_slice);
        at.iter().filter_map(|at| self.inner.facts.lineage.get(*at))
    }

    /// The days at which periods of this unit are cut: its first and last bound, and each change of
    /// its kind or of its COMMAND parent, but not of its name or code.
    #[must_use]
    pub fn period_cut_days(&self, id: UnitId) -> Vec<Date> {
        let Some(unit) = self.unit(id) else { return Vec::new() };
        let span = unit.lifetime();
        let kinds = unit
            .versions
            .windows(2)
            .filter(|pair| pair[0].kind != pair[1].kind)
            .map(|pair| pair[1].days.from);
        let parents = self
            .parent_history(id, Hierarchy::Command)
            .iter()
            .flat_map(|(span, _)| [span.from, span.to]);
        let mut days: Vec<Date> = kinds.chain(parents).chain([span.from, span.to]).collect();
        days.retain(|day| *day != Date::MIN && *day != Date::MAX);
        days.sort_unstable();
        days.dedup();
        days
    }

    /// Units below `parent` whose name on `day` is a spelling variant of `name` ([`fold_name`]).
    /// They are suggestions: a person must choose, units are never matched by name automatically.
    #[must_use]
    pub fn suggest_by_name(&self, parent: UnitId, name: &str, day: Date) -> Vec<UnitId> {
        let requested = fold_name(name);
        let below = self.subtree(parent, Hierarchy::Command, day);
        let same = |id: &UnitId| {
            self.version_on(*id, day).is_some_and(|version| fold_name(&version.name) == requested)
        };
        below.into_iter().filter(same).collect()
    }
}

impl PartialEq for Org {
    fn eq(&self, other: &Self) -> bool {
        self.inner.facts == other.inner.facts
    }
}

impl Eq for Org {}

impl std::fmt::Debug for Org {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let facts = self.facts();
        write!(
            f,
            "Org({} units, {} edges, {} lines)",
            facts.units.len(),
            facts.edges.len(),
            facts.lineage.len()
        )
    }
}

/// Joins adjacent edges of one child and one parent, so that equal organisations have equal facts.
fn merge_adjacent_edges(edges: &mut Vec<UnitParent>) {
    edges.dedup_by(|later, earlier| {
        let same = (later.child, later.parent, later.hierarchy)
            == (earlier.child, earlier.parent, earlier.hierarchy);
        let touch = same && earlier.days.to == later.days.from;
        if touch {
            earlier.days.to = later.days.to;
        }
        touch
    });
}
