//! The rules for the facts of an organisation on every day: one parent for each unit, no cycle,
//! weights that sum to 1.
//!
//! The check returns every violation. A violation names the fact; its line in a file is added by
//! `files`.

use super::fraction::WEIGHT_DENOMINATOR_MAX;
use super::index::OrgIndex;
use super::{DaySpan, Fraction, Hierarchy, OrgFacts, Unit, UnitKind, UnitLineage, UnitParent};
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::{Message, message};
use crate::domain::support::violation::Violation;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// The fact of a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrgFactRef {
    /// A unit or one of its versions.
    Unit(UnitId),
    /// An edge to a parent.
    Edge(UnitParent),
    /// A line from the first unit to the second.
    Lineage(UnitId, UnitId),
}

/// A violation and the fact that causes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgViolation {
    /// The fact.
    pub fact: OrgFactRef,
    /// The rule, the reason and the next step.
    pub violation: Violation,
}

pub(super) fn check_facts(facts: &OrgFacts, index: &OrgIndex) -> Vec<OrgViolation> {
    let mut checker = OrgChecker { facts, index, violations: Vec::new() };
    checker.check_units();
    checker.check_codes();
    checker.check_edges();
    checker.check_parents();
    checker.check_cycles();
    checker.check_lineage();
    checker.check_weights();
    checker.violations
}

struct OrgChecker<'a> {
    facts: &'a OrgFacts,
    index: &'a OrgIndex,
    violations: Vec<OrgViolation>,
}

impl<'a> OrgChecker<'a> {
    fn unit(&self, id: UnitId) -> Option<&'a Unit> {
        self.index.units.get(&id).and_then(|at| self.facts.units.get(*at))
    }

    fn uid_of(&self, id: UnitId) -> String {
        self.unit(id).map_or_else(|| id.to_string(), |unit| unit.uid.clone())
    }

    fn push_violation(&mut self, fact: OrgFactRef, code: &'static str, message: Message) {
        let at = match fact {
            OrgFactRef::Unit(id) => format!("unit.{}", self.uid_of(id)),
            OrgFactRef::Edge(edge) => format!("parent.{}", self.uid_of(edge.child)),
            OrgFactRef::Lineage(from, to) => {
                format!("lineage.{}.{}", self.uid_of(from), self.uid_of(to))
            }
        };
        self.violations.push(OrgViolation { fact, violation: Violation::error(code, at, message) });
    }

    fn check_units(&mut self) {
        let mut seen = BTreeSet::new();
        for unit in &self.facts.units {
            for uid in std::iter::once(&unit.uid)
                .chain(&unit.aliases)
                .filter(|uid| !seen.insert(uid.as_str()))
            {
                let text = message!("check-code-stands-two-units", uid);
                self.push_violation(OrgFactRef::Unit(unit.id), "SAME_UNIT_TWICE", text);
            }
            let whole = !unit.versions.is_empty()
                && unit.versions.iter().all(|version| !version.days.is_empty());
            let tiled = unit.versions.windows(2).all(|pair| pair[0].days.to == pair[1].days.from);
            if !whole || !tiled {
                let text = message!("check-versions-must-follow-each");
                self.push_violation(OrgFactRef::Unit(unit.id), "VERSIONS_DO_NOT_TILE", text);
            }
        }
    }

    fn check_codes(&mut self) {
        for (code, holders) in &self.index.codes {
            let mut holders = holders.clone();
            holders.sort_unstable();
            let overlap = holders
                .windows(2)
                .find(|pair| pair[0].1 != pair[1].1 && pair[0].0.overlaps(&pair[1].0));
            let Some([(_, first), (span, second)]) = overlap else { continue };
            let (first, code) = (self.uid_of(*first), &code.code);
            let text = message!("check-code-held-too-during", code, first, span);
            self.push_violation(OrgFactRef::Unit(*second), "CODE_HELD_TWICE", text);
        }
        self.violations.sort_by(|a, b| a.violation.path.cmp(&b.violation.path));
    }

    fn check_edges(&mut self) {
        for edge in &self.facts.edges {
            let fact = OrgFactRef::Edge(*edge);
            let (Some(child), Some(parent)) = (self.unit(edge.child), self.unit(edge.parent))
            else {
                let text = message!("check-unit-parent-not-among");
                self.push_violation(fact, "UNKNOWN_UNIT", text);
                continue;
            };
            if edge.child == edge.parent || edge.days.is_empty() {
                let text = message!("check-no-unit-stands-under");
                self.push_violation(fact, "BAD_PARENT", text);
                continue;
            }
            for unit in
                [child, parent].into_iter().filter(|unit| !unit.lifetime().covers(&edge.days))
            {
                let (uid, life, span) = (&unit.uid, unit.lifetime(), edge.days);
                let text = message!("check-exists-during-only-which", uid, life, span);
                self.push_violation(fact, "PARENT_OUTSIDE_LIFE", text);
            }
        }
    }

    /// At most one parent a day in each hierarchy, and exactly one in COMMAND except for provinces
    /// and clusters.
    fn check_parents(&mut self) {
        for pair in self.facts.edges.windows(2) {
            let (one, two) = (pair[0], pair[1]);
            if (one.child, one.hierarchy) == (two.child, two.hierarchy)
                && one.days.overlaps(&two.days)
            {
                let (first, span) = (self.uid_of(one.parent), one.days);
                let text = message!("check-parent-during-already-there", first, span);
                self.push_violation(OrgFactRef::Edge(two), "TWO_PARENTS", text);
            }
        }
        for unit in &self.facts.units {
            let Some(day) = self.first_day_without_parent(unit) else { continue };
            let text = message!("check-no-command-parent-from", day);
            self.push_violation(OrgFactRef::Unit(unit.id), "NO_PARENT", text);
        }
    }

    fn first_day_without_parent(&self, unit: &Unit) -> Option<Date> {
        let edges =
            self.index.parents.get(&(Hierarchy::Command, unit.id)).map_or(&[][..], Vec::as_slice);
        let needs = unit.versions.iter().filter(|version| match version.kind {
            UnitKind::Province | UnitKind::Cluster => false,
            UnitKind::District | UnitKind::Commune | UnitKind::Department => true,
        });
        needs.filter_map(|version| find_first_gap(version.days, edges)).next()
    }

    fn check_cycles(&mut self) {
        for edge in &self.facts.edges {
            let day = edge.days.from;
            let above = |id: &UnitId| {
                let parents = self.index.parents.get(&(edge.hierarchy, *id))?;
                parents.iter().find(|(span, _)| span.contains(day)).map(|(_, parent)| *parent)
            };
            let mut chain =
                std::iter::successors(Some(edge.parent), above).take(self.facts.units.len() + 1);
            if edge.child != edge.parent && chain.any(|id| id == edge.child) {
                let text = message!("check-from-unit-stands-under", day);
                self.push_violation(OrgFactRef::Edge(*edge), "RING_OF_PARENTS", text);
            }
        }
    }

    fn check_lineage(&mut self) {
        for line in &self.facts.lineage {
            let fact = OrgFactRef::Lineage(line.from, line.to);
            let (Some(from), Some(to)) = (self.unit(line.from), self.unit(line.to)) else {
                let text = message!("check-predecessor-successor-not-among");
                self.push_violation(fact, "UNKNOWN_UNIT", text);
                continue;
            };
            let day = line.effective_day;
            let was_there = from.lifetime().from < day && day <= from.lifetime().to;
            let closed = from.lifetime().to == day;
            // A merged unit closes; a split unit may continue as one of its own successors.
            let ended = if line.kind.is_succession() {
                closed || self.has_retained_part(line)
            } else {
                was_there
            };
            if !was_there || !ended || !to.is_open_on(day) {
                let text = message!("check-predecessor-must-end-successor", day);
                self.push_violation(fact, "LINEAGE_DATE", text);
            }
        }
    }

    fn has_retained_part(&self, line: &UnitLineage) -> bool {
        let is_retained = |l: &&UnitLineage| {
            l.from == line.from && l.to == line.from && l.effective_day == line.effective_day
        };
        self.facts.lineage.iter().any(|l| is_retained(&l))
    }

    fn check_weights(&mut self) {
        let mut sums: BTreeMap<(UnitId, &str), (Option<Fraction>, UnitId)> = BTreeMap::new();
        for line in &self.facts.lineage {
            let is_valid =
                line.weight > Fraction::ZERO && line.weight.den() <= WEIGHT_DENOMINATOR_MAX;
            let (sum, _) =
                sums.entry((line.from, &line.basis)).or_insert((Some(Fraction::ZERO), line.to));
            *sum = sum.filter(|_| is_valid).and_then(|sum| sum.try_add(line.weight).ok());
        }
        for ((from, basis), (sum, to)) in
            sums.into_iter().filter(|(_, (sum, _))| *sum != Some(Fraction::ONE))
        {
            let presented = sum.map_or_else(|| "?".to_owned(), |sum| sum.to_string());
            let text = message!("check-weights-under-sum-must", basis, presented);
            self.push_violation(OrgFactRef::Lineage(from, to), "WEIGHTS_DO_NOT_SUM_TO_1", text);
        }
    }
}

/// The first day of `span` that no edge covers; edges are sorted by their first day.
fn find_first_gap(span: DaySpan, edges: &[(DaySpan, UnitId)]) -> Option<Date> {
    let covered = edges
        .iter()
        .fold(span.from, |day, (edge, _)| if edge.contains(day) { edge.to } else { day });
    (covered < span.to).then_some(covered)
}
