//! Derives changes from an organisation: its state before a day and the changes after it.
//!
//! Files contain states, decisions are changes; this module converts the first to the second.

use super::change::{OrgAction, OrgChange, UnitDescription};
use super::{
    DaySpan, Fraction, Hierarchy, LineageKind, Org, OrgFacts, OrgViolation, Unit, UnitLineage,
    UnitVersion,
};
use crate::domain::support::ids::UnitId;
use crate::domain::support::time::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

impl Org {
    /// The organisation without changes from `day` on: what begins on or after that day is omitted,
    /// what ends on or after it is open.
    pub fn state_before(&self, day: Date) -> Result<Self, Vec<OrgViolation>> {
        let OrgFacts { mut units, mut edges, mut lineage } = self.facts().clone();
        let reopen = |span: &mut DaySpan| {
            if span.to >= day {
                span.to = Date::MAX;
            }
        };
        for unit in &mut units {
            unit.versions.retain(|version| version.days.from < day);
            unit.versions.iter_mut().for_each(|version| reopen(&mut version.days));
        }
        units.retain(|unit| !unit.versions.is_empty());
        edges.retain(|edge| edge.days.from < day);
        edges.iter_mut().for_each(|edge| reopen(&mut edge.days));
        lineage.retain(|line| line.effective_day < day);
        Self::new(OrgFacts { units, edges, lineage })
    }

    /// The days from `first` on, on which the organisation changes.
    #[must_use]
    pub fn change_days_from(&self, first: Date) -> Vec<Date> {
        let facts = self.facts();
        let versions =
            facts.units.iter().flat_map(|unit| &unit.versions).map(|version| version.days);
        let spans = versions.chain(facts.edges.iter().map(|edge| edge.days));
        let days = spans
            .flat_map(|span| [span.from, span.to])
            .chain(facts.lineage.iter().map(|line| line.effective_day));
        let days: BTreeSet<Date> = days.filter(|day| *day >= first && *day != Date::MAX).collect();
        days.into_iter().collect()
    }

    /// The changes effective on `day`, recorded at `recorded`. Their basis is that of the lineage;
    /// changes without lineage get the first basis of the day.
    #[must_use]
    pub fn changes_on(&self, day: Date, recorded: Timestamp) -> Vec<OrgChange> {
        let lines: Vec<&UnitLineage> =
            self.lineage().iter().filter(|line| line.effective_day == day).collect();
        let first_basis = lines
            .iter()
            .map(|line| line.basis.as_str())
            .find(|basis| !basis.contains(": "))
            .unwrap_or("");
        let change = |basis: &str, action| OrgChange {
            effective_day: day,
            legal_basis: basis.to_owned(),
            recorded_at: recorded,
            action,
        };
        let mut changes: Vec<OrgChange> =
            self.create_actions_on(day).map(|action| change(first_basis, action)).collect();
        changes.extend(
            succession_actions(&lines).into_iter().map(|(basis, action)| change(&basis, action)),
        );
        let closed = |unit: &&Unit| {
            unit.lifetime().to == day
                && !lines.iter().any(|l| l.from == unit.id && l.kind.is_succession())
        };
        let dissolved =
            self.units().iter().filter(closed).map(|unit| OrgAction::Dissolve { unit: unit.id });
        changes.extend(dissolved.map(|action| change(first_basis, action)));
        let continuing =
            self.units().iter().filter(|unit| unit.lifetime().from < day && unit.is_open_on(day));
        changes.extend(
            continuing
                .flat_map(|unit| self.alter_actions_on(unit, day))
                .map(|action| change(first_basis, action)),
        );
        changes
    }

    fn create_actions_on(&self, day: Date) -> impl Iterator<Item = OrgAction> {
        let begun = self.units().iter().filter(move |unit| unit.lifetime().from == day);
        begun.filter_map(move |unit| {
            let parent = |h: &Hierarchy| self.parent(unit.id, *h, day).map(|parent| (*h, parent));
            let parents = Hierarchy::ALL.iter().filter_map(parent).collect();
            Some(OrgAction::Create {
                uid: unit.uid.clone(),
                unit: describe_version(unit.versions.first()?),
                parents,
            })
        })
    }

    fn alter_actions_on(&self, unit: &Unit, day: Date) -> Vec<OrgAction> {
        let renamed = unit.versions.iter().find(|version| version.days.from == day);
        let mut actions: Vec<OrgAction> = renamed
            .map(|version| OrgAction::Rename { unit: unit.id, to: describe_version(version) })
            .into_iter()
            .collect();
        let previous_day = day.yesterday().unwrap_or(Date::MIN);
        for hierarchy in Hierarchy::ALL.iter().copied() {
            let parent = self.parent(unit.id, hierarchy, day);
            if parent != self.parent(unit.id, hierarchy, previous_day) {
                actions.push(OrgAction::Reparent { unit: unit.id, hierarchy, parent });
            }
        }
        actions
    }
}

fn describe_version(version: &UnitVersion) -> UnitDescription {
    let UnitVersion { name, kind, local_kind, code, note, days: _ } = version.clone();
    UnitDescription { name, kind, local_kind, code, note }
}

/// Mergers by successor and basis; splits and transfers by predecessor and basis.
fn succession_actions(lines: &[&UnitLineage]) -> Vec<(String, OrgAction)> {
    let mut mergers: BTreeMap<(&str, UnitId), Vec<UnitId>> = BTreeMap::new();
    type SplitParts<'a> = BTreeMap<(&'a str, UnitId, LineageKind), Vec<(UnitId, Fraction)>>;
    let mut parts = SplitParts::new();
    for line in lines {
        match line.kind {
            LineageKind::Merge => {
                mergers.entry((&line.basis, line.to)).or_default().push(line.from)
            }
            LineageKind::Split | LineageKind::TransferFunction => {
                parts
                    .entry((&line.basis, line.from, line.kind))
                    .or_default()
                    .push((line.to, line.weight));
            }
        }
    }
    let merge = |((basis, into), from): ((&str, UnitId), Vec<UnitId>)| {
        (basis.to_owned(), OrgAction::Merge { from, into })
    };
    let mut actions: Vec<(String, OrgAction)> = mergers.into_iter().map(merge).collect();
    for ((basis, from, kind), to) in parts {
        let (legal, function) = basis.rsplit_once(": ").unwrap_or((basis, ""));
        actions.push(match kind {
            LineageKind::TransferFunction => (
                legal.to_owned(),
                OrgAction::TransferFunction { from, to, function: function.to_owned() },
            ),
            LineageKind::Split | LineageKind::Merge => {
                (basis.to_owned(), OrgAction::Split { from, into: to })
            }
        });
    }
    actions
}
