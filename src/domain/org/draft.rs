//! An organisation while changes are applied: its facts may be inconsistent until the last change
//! of a day.
//!
//! This module applies each action to the facts; `check` validates the result once, at the end.

use super::change::{OrgAction, OrgChange, UnitDescription};
use super::{
    DaySpan, Fraction, Hierarchy, LineageKind, Org, OrgFactRef, OrgFacts, OrgViolation, Unit,
    UnitLineage, UnitParent, UnitVersion,
};
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::{Message, message};
use crate::domain::support::violation::Violation;
use jiff::civil::Date;
use std::collections::BTreeMap;

pub(super) struct OrgDraft {
    units: BTreeMap<UnitId, Unit>,
    edges: Vec<UnitParent>,
    lineage: Vec<UnitLineage>,
    violations: Vec<OrgViolation>,
}

impl OrgDraft {
    pub(super) fn from_org(org: &Org) -> Self {
        let OrgFacts { units, edges, lineage } = org.facts().clone();
        Self {
            units: units.into_iter().map(|unit| (unit.id, unit)).collect(),
            edges,
            lineage,
            violations: Vec::new(),
        }
    }

    pub(super) fn apply_change(&mut self, change: &OrgChange) {
        let day = change.effective_day;
        match &change.action {
            OrgAction::Create { uid, unit, parents } => self.create_unit(uid, unit, parents, day),
            OrgAction::Rename { unit, to } => self.rename_unit(*unit, to, day),
            OrgAction::Reparent { unit, hierarchy, parent } => {
                self.reparent_unit(*unit, *hierarchy, *parent, day)
            }
            OrgAction::Merge { from, into } => {
                for unit in from.iter().copied().filter(|unit| unit != into) {
                    self.close_unit(unit, day);
                    self.add_lineage(
                        change,
                        LineageKind::Merge,
                        unit,
                        *into,
                        Fraction::ONE,
                        &change.legal_basis,
                    );
                }
            }
            OrgAction::Split { from, into } => {
                if into.iter().all(|(unit, _)| unit != from) {
                    self.close_unit(*from, day);
                }
                for (unit, weight) in into {
                    self.add_lineage(
                        change,
                        LineageKind::Split,
                        *from,
                        *unit,
                        *weight,
                        &change.legal_basis,
                    );
                }
            }
            OrgAction::Dissolve { unit } => self.close_unit(*unit, day),
            OrgAction::TransferFunction { from, to, function } => {
                let basis = format!("{}: {function}", change.legal_basis);
                for (unit, weight) in to {
                    self.add_lineage(
                        change,
                        LineageKind::TransferFunction,
                        *from,
                        *unit,
                        *weight,
                        &basis,
                    );
                }
            }
        }
    }

    pub(super) fn into_org(self) -> Result<Org, Vec<OrgViolation>> {
        let units = self.units.into_values().filter(|unit| !unit.versions.is_empty()).collect();
        let checked = Org::new(OrgFacts { units, edges: self.edges, lineage: self.lineage });
        match (checked, self.violations) {
            (Ok(org), violations) if violations.is_empty() => Ok(org),
            (Ok(_), violations) => Err(violations),
            (Err(others), mut violations) => {
                violations.extend(others);
                Err(violations)
            }
        }
    }

    fn create_unit(
        &mut self,
        uid: &str,
        unit: &UnitDescription,
        parents: &[(Hierarchy, UnitId)],
        day: Date,
    ) {
        let id = UnitId::from_code(uid);
        if self.units.contains_key(&id) {
            let text = message!("draft-code-stands-unit-already", uid);
            return self.push_violation(id, "SAME_UNIT_TWICE", uid, text);
        }
        let span = DaySpan::from_day(day);
        self.units.insert(id, Unit::new(uid, build_version(unit, span)));
        let edges = parents.iter().map(|(hierarchy, parent)| UnitParent {
            child: id,
            parent: *parent,
            hierarchy: *hierarchy,
            days: span,
        });
        self.edges.extend(edges);
    }

    fn rename_unit(&mut self, id: UnitId, to: &UnitDescription, day: Date) {
        let Some(unit) = self.find_open_unit(id, day) else { return };
        let Some(at) = unit.versions.iter().position(|version| version.days.contains(day)) else {
            return;
        };
        let old = unit.versions[at].days;
        let new = build_version(to, DaySpan::new(day, old.to));
        unit.versions[at].days.to = day;
        unit.versions.insert(at + 1, new);
        unit.versions.retain(|version| !version.days.is_empty());
    }

    fn reparent_unit(
        &mut self,
        id: UnitId,
        hierarchy: Hierarchy,
        parent: Option<UnitId>,
        day: Date,
    ) {
        let Some(end) = self.find_open_unit(id, day).map(|unit| unit.lifetime().to) else { return };
        let own = |edge: &&mut UnitParent| edge.child == id && edge.hierarchy == hierarchy;
        let mut until = end;
        for edge in self.edges.iter_mut().filter(own) {
            if edge.days.contains(day) {
                until = edge.days.to;
                edge.days.to = day;
            } else if edge.days.from > day {
                until = until.min(edge.days.from);
            }
        }
        // If the old parent closed on this day, its edge ended with it: the new edge lasts as long
        // as the unit itself.
        let until = if until > day { until } else { end };
        self.edges.retain(|edge| !edge.days.is_empty());
        let new = parent.map(|parent| UnitParent {
            child: id,
            parent,
            hierarchy,
            days: DaySpan::new(day, until),
        });
        self.edges.extend(new);
    }

    fn close_unit(&mut self, id: UnitId, day: Date) {
        let Some(unit) = self.find_open_unit(id, day) else { return };
        unit.versions.retain(|version| version.days.from < day);
        if let Some(last) = unit.versions.last_mut() {
            last.days.to = last.days.to.min(day);
        }
        for edge in self.edges.iter_mut().filter(|edge| edge.child == id || edge.parent == id) {
            edge.days.to = edge.days.to.min(day);
        }
        self.edges.retain(|edge| !edge.days.is_empty());
    }

    fn add_lineage(
        &mut self,
        change: &OrgChange,
        kind: LineageKind,
        from: UnitId,
        to: UnitId,
        weight: Fraction,
        basis: &str,
    ) {
        let basis = basis.to_owned();
        self.lineage.push(UnitLineage {
            effective_day: change.effective_day,
            kind,
            from,
            to,
            weight,
            basis,
        });
    }

    /// The unit if it exists on `day`; else adds a violation.
    fn find_open_unit(&mut self, id: UnitId, day: Date) -> Option<&mut Unit> {
        let open = self.units.get(&id).is_some_and(|unit| unit.is_open_on(day));
        if !open {
            let uid = self.units.get(&id).map_or_else(|| id.to_string(), |unit| unit.uid.clone());
            let text = message!("draft-does-not-exist-mend", uid, day);
            self.push_violation(id, "NOT_OPEN", &uid, text);
            return None;
        }
        self.units.get_mut(&id)
    }

    fn push_violation(&mut self, id: UnitId, code: &'static str, uid: &str, message: Message) {
        let violation = Violation::error(code, format!("unit.{uid}"), message);
        self.violations.push(OrgViolation { fact: OrgFactRef::Unit(id), violation });
    }
}

fn build_version(unit: &UnitDescription, span: DaySpan) -> UnitVersion {
    let UnitDescription { name, kind, local_kind, code, note } = unit.clone();
    UnitVersion { days: span, name, kind, local_kind, code, note }
}
