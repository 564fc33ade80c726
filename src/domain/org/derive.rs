//! Takes an organisation apart again: what was known before a day, and the changes that made the rest of it.
//!
//! Files hold states, people decide changes; this is the bridge from the first to the second.

use super::change::{Act, Change, Description};
use super::{Finding, Fraction, Hierarchy, Lineage, LineageKind, Org, OrgFacts, Span, Unit, Version};
use crate::domain::ids::UnitId;
use crate::domain::time::Instant;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

impl Org {
    /// The organisation as it would go on if nothing changed from `day` on: whatever began on or after that day is left
    /// out, whatever ends on or after it is open.
    pub fn before(&self, day: Date) -> Result<Self, Vec<Finding>> {
        let OrgFacts { mut units, mut edges, mut lineage } = self.facts().clone();
        let reopen = |span: &mut Span| {
            if span.to >= day {
                span.to = Date::MAX;
            }
        };
        for unit in &mut units {
            unit.versions.retain(|version| version.span.from < day);
            unit.versions.iter_mut().for_each(|version| reopen(&mut version.span));
        }
        units.retain(|unit| !unit.versions.is_empty());
        edges.retain(|edge| edge.span.from < day);
        edges.iter_mut().for_each(|edge| reopen(&mut edge.span));
        lineage.retain(|line| line.effective < day);
        Self::new(OrgFacts { units, edges, lineage })
    }

    /// The days from `first` on, on which anything in the organisation changes.
    #[must_use]
    pub fn change_days_from(&self, first: Date) -> Vec<Date> {
        let facts = self.facts();
        let versions = facts.units.iter().flat_map(|unit| &unit.versions).map(|version| version.span);
        let spans = versions.chain(facts.edges.iter().map(|edge| edge.span));
        let days = spans.flat_map(|span| [span.from, span.to]).chain(facts.lineage.iter().map(|line| line.effective));
        let days: BTreeSet<Date> = days.filter(|day| *day >= first && *day != Date::MAX).collect();
        days.into_iter().collect()
    }

    /// The changes effective on `day` that lead from the state before it to the state after it, as learned of at
    /// `recorded`. The basis is that of the lineage; changes without lineage take the first basis of the day.
    #[must_use]
    pub fn changes_on(&self, day: Date, recorded: Instant) -> Vec<Change> {
        let lines: Vec<&Lineage> = self.lineage().iter().filter(|line| line.effective == day).collect();
        let first_basis =
            lines.iter().map(|line| line.basis.as_str()).find(|basis| !basis.contains(": ")).unwrap_or("");
        let change = |basis: &str, act| Change { effective: day, legal_basis: basis.to_owned(), recorded, act };
        let mut changes: Vec<Change> = self.created_on(day).map(|act| change(first_basis, act)).collect();
        changes.extend(successions(&lines).into_iter().map(|(basis, act)| change(&basis, act)));
        let closed =
            |unit: &&Unit| unit.span().to == day && !lines.iter().any(|l| l.from == unit.id && l.kind.succeeds());
        let dissolved = self.units().iter().filter(closed).map(|unit| Act::Dissolve { unit: unit.id });
        changes.extend(dissolved.map(|act| change(first_basis, act)));
        let going_on = self.units().iter().filter(|unit| unit.span().from < day && unit.open_on(day));
        changes.extend(going_on.flat_map(|unit| self.altered_on(unit, day)).map(|act| change(first_basis, act)));
        changes
    }

    fn created_on(&self, day: Date) -> impl Iterator<Item = Act> {
        let begun = self.units().iter().filter(move |unit| unit.span().from == day);
        begun.filter_map(move |unit| {
            let parent = |h: &Hierarchy| self.parent(unit.id, *h, day).map(|parent| (*h, parent));
            let parents = Hierarchy::ALL.iter().filter_map(parent).collect();
            Some(Act::Create { uid: unit.uid.clone(), unit: described(unit.versions.first()?), parents })
        })
    }

    fn altered_on(&self, unit: &Unit, day: Date) -> Vec<Act> {
        let renamed = unit.versions.iter().find(|version| version.span.from == day);
        let mut acts: Vec<Act> =
            renamed.map(|version| Act::Rename { unit: unit.id, to: described(version) }).into_iter().collect();
        let eve = day.yesterday().unwrap_or(Date::MIN);
        for hierarchy in Hierarchy::ALL.iter().copied() {
            let parent = self.parent(unit.id, hierarchy, day);
            if parent != self.parent(unit.id, hierarchy, eve) {
                acts.push(Act::Reparent { unit: unit.id, hierarchy, parent });
            }
        }
        acts
    }
}

fn described(version: &Version) -> Description {
    let Version { name, kind, local_kind, code, note, span: _ } = version.clone();
    Description { name, kind, local_kind, code, note }
}

/// Mergers by successor and basis, splits and transfers by predecessor and basis.
fn successions(lines: &[&Lineage]) -> Vec<(String, Act)> {
    let mut mergers: BTreeMap<(&str, UnitId), Vec<UnitId>> = BTreeMap::new();
    type Divided<'a> = BTreeMap<(&'a str, UnitId, LineageKind), Vec<(UnitId, Fraction)>>;
    let mut parts = Divided::new();
    for line in lines {
        match line.kind {
            LineageKind::Merge => mergers.entry((&line.basis, line.to)).or_default().push(line.from),
            LineageKind::Split | LineageKind::TransferFunction => {
                parts.entry((&line.basis, line.from, line.kind)).or_default().push((line.to, line.weight));
            }
        }
    }
    let merge = |((basis, into), from): ((&str, UnitId), Vec<UnitId>)| (basis.to_owned(), Act::Merge { from, into });
    let mut acts: Vec<(String, Act)> = mergers.into_iter().map(merge).collect();
    for ((basis, from, kind), to) in parts {
        let (legal, function) = basis.rsplit_once(": ").unwrap_or((basis, ""));
        acts.push(match kind {
            LineageKind::TransferFunction => {
                (legal.to_owned(), Act::TransferFunction { from, to, function: function.to_owned() })
            }
            LineageKind::Split | LineageKind::Merge => (basis.to_owned(), Act::Split { from, into: to }),
        });
    }
    acts
}
