//! An organisation under change: facts that may disagree until the last change of a day is in.
//!
//! Knows how each act alters facts; whether the result holds is asked of `check`, once, at the end.

use super::change::{Act, Change, Description};
use super::{Edge, Fact, Finding, Fraction, Hierarchy, Lineage, LineageKind, Org, OrgFacts, Span, Unit, Version};
use crate::domain::broken::Broken;
use crate::domain::ids::UnitId;
use jiff::civil::Date;
use std::collections::BTreeMap;

pub(super) struct Draft {
    units: BTreeMap<UnitId, Unit>,
    edges: Vec<Edge>,
    lineage: Vec<Lineage>,
    found: Vec<Finding>,
}

impl Draft {
    pub(super) fn of(org: &Org) -> Self {
        let OrgFacts { units, edges, lineage } = org.facts().clone();
        Self { units: units.into_iter().map(|unit| (unit.id, unit)).collect(), edges, lineage, found: Vec::new() }
    }

    pub(super) fn make(&mut self, change: &Change) {
        let day = change.effective;
        match &change.act {
            Act::Create { uid, unit, parents } => self.create(uid, unit, parents, day),
            Act::Rename { unit, to } => self.rename(*unit, to, day),
            Act::Reparent { unit, hierarchy, parent } => self.reparent(*unit, *hierarchy, *parent, day),
            Act::Merge { from, into } => {
                for unit in from.iter().copied().filter(|unit| unit != into) {
                    self.close(unit, day);
                    self.follow(change, LineageKind::Merge, unit, *into, Fraction::ONE, &change.legal_basis);
                }
            }
            Act::Split { from, into } => {
                if into.iter().all(|(unit, _)| unit != from) {
                    self.close(*from, day);
                }
                for (unit, weight) in into {
                    self.follow(change, LineageKind::Split, *from, *unit, *weight, &change.legal_basis);
                }
            }
            Act::Dissolve { unit } => self.close(*unit, day),
            Act::TransferFunction { from, to, function } => {
                let basis = format!("{}: {function}", change.legal_basis);
                for (unit, weight) in to {
                    self.follow(change, LineageKind::TransferFunction, *from, *unit, *weight, &basis);
                }
            }
        }
    }

    pub(super) fn finish(self) -> Result<Org, Vec<Finding>> {
        let units = self.units.into_values().filter(|unit| !unit.versions.is_empty()).collect();
        let judged = Org::new(OrgFacts { units, edges: self.edges, lineage: self.lineage });
        match (judged, self.found) {
            (Ok(org), found) if found.is_empty() => Ok(org),
            (Ok(_), found) => Err(found),
            (Err(more), mut found) => {
                found.extend(more);
                Err(found)
            }
        }
    }

    fn create(&mut self, uid: &str, unit: &Description, parents: &[(Hierarchy, UnitId)], day: Date) {
        let id = UnitId::named(uid);
        if self.units.contains_key(&id) {
            let vi = format!("mã {uid} đã dùng cho một đơn vị khác; hãy chọn mã mới");
            let en = format!("code {uid} stands for a unit already; choose a new one");
            return self.refuse(id, "SAME_UNIT_TWICE", uid, vi, en);
        }
        let span = Span::since(day);
        self.units.insert(id, Unit::new(uid, version(unit, span)));
        let edges =
            parents.iter().map(|(hierarchy, parent)| Edge { child: id, parent: *parent, hierarchy: *hierarchy, span });
        self.edges.extend(edges);
    }

    fn rename(&mut self, id: UnitId, to: &Description, day: Date) {
        let Some(unit) = self.open_unit(id, day) else { return };
        let Some(at) = unit.versions.iter().position(|version| version.span.contains(day)) else { return };
        let old = unit.versions[at].span;
        let new = version(to, Span::new(day, old.to));
        unit.versions[at].span.to = day;
        unit.versions.insert(at + 1, new);
        unit.versions.retain(|version| !version.span.is_empty());
    }

    fn reparent(&mut self, id: UnitId, hierarchy: Hierarchy, parent: Option<UnitId>, day: Date) {
        let Some(end) = self.open_unit(id, day).map(|unit| unit.span().to) else { return };
        let own = |edge: &&mut Edge| edge.child == id && edge.hierarchy == hierarchy;
        let mut until = end;
        for edge in self.edges.iter_mut().filter(own) {
            if edge.span.contains(day) {
                until = edge.span.to;
                edge.span.to = day;
            } else if edge.span.from > day {
                until = until.min(edge.span.from);
            }
        }
        // A parent that closed on this day took its edge's end with it: the new parent holds as long as the unit itself.
        let until = if until > day { until } else { end };
        self.edges.retain(|edge| !edge.span.is_empty());
        let new = parent.map(|parent| Edge { child: id, parent, hierarchy, span: Span::new(day, until) });
        self.edges.extend(new);
    }

    fn close(&mut self, id: UnitId, day: Date) {
        let Some(unit) = self.open_unit(id, day) else { return };
        unit.versions.retain(|version| version.span.from < day);
        if let Some(last) = unit.versions.last_mut() {
            last.span.to = last.span.to.min(day);
        }
        for edge in self.edges.iter_mut().filter(|edge| edge.child == id || edge.parent == id) {
            edge.span.to = edge.span.to.min(day);
        }
        self.edges.retain(|edge| !edge.span.is_empty());
    }

    fn follow(&mut self, change: &Change, kind: LineageKind, from: UnitId, to: UnitId, weight: Fraction, basis: &str) {
        let basis = basis.to_owned();
        self.lineage.push(Lineage { effective: change.effective, kind, from, to, weight, basis });
    }

    /// The unit, if it exists on `day`; else a finding.
    fn open_unit(&mut self, id: UnitId, day: Date) -> Option<&mut Unit> {
        let open = self.units.get(&id).is_some_and(|unit| unit.open_on(day));
        if !open {
            let uid = self.units.get(&id).map_or_else(|| id.to_string(), |unit| unit.uid.clone());
            let vi = format!("{uid} không tồn tại ngày {day}; hãy sửa ngày hiệu lực hoặc mã đơn vị");
            let en = format!("{uid} does not exist on {day}; mend the effective day or the unit");
            self.refuse(id, "NOT_OPEN", &uid, vi, en);
            return None;
        }
        self.units.get_mut(&id)
    }

    fn refuse(&mut self, id: UnitId, code: &'static str, uid: &str, vi: String, en: String) {
        let broken = Broken::refuses(code, format!("unit.{uid}"), vi, en);
        self.found.push(Finding { fact: Fact::Unit(id), broken });
    }
}

fn version(unit: &Description, span: Span) -> Version {
    let Description { name, kind, local_kind, code, note } = unit.clone();
    Version { span, name, kind, local_kind, code, note }
}
