//! Views: for which unit a reported figure counts, as things were, as they are on a day, or frozen at a start.
//!
//! Figures stay with the unit that reported them; a view maps them and is named on every output. Where the map would need a
//! guess it answers NOT_COMPARABLE and names the unit. Knows no figure's meaning.

use super::{BadFraction, Fraction, Hierarchy, Lineage, Org, Unit, UnitKind};
use crate::domain::ids::UnitId;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The structure in which figures are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum View {
    /// Each figure under the structure of its own days.
    AsWas,
    /// All figures under the structure of one day, usually today.
    AsIs(Date),
    /// All figures under the structure of the campaign's start.
    Frozen(Date),
}

impl View {
    /// Reads the printed form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let day = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')')?.parse::<Date>().ok();
        match text {
            "AS_WAS" => Some(Self::AsWas),
            _ => day("AS_IS").map(Self::AsIs).or_else(|| day("FROZEN").map(Self::Frozen)),
        }
    }

    /// The one day whose structure is used; `None` when each figure keeps its own.
    #[must_use]
    pub fn day(self) -> Option<Date> {
        match self {
            Self::AsWas => None,
            Self::AsIs(day) | Self::Frozen(day) => Some(day),
        }
    }
}

impl fmt::Display for View {
    /// `AS_WAS`, `AS_IS(2025-07-01)`, `FROZEN(2024-08-19)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsWas => f.write_str("AS_WAS"),
            Self::AsIs(day) => write!(f, "AS_IS({day})"),
            Self::Frozen(day) => write!(f, "FROZEN({day})"),
        }
    }
}

/// For whom a figure counts at one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counts {
    /// Whole and exactly for this unit.
    For(UnitId),
    /// In parts with stated weights: a derived figure. The weights sum to 1, or to less when the rest has no unit of this
    /// level above it.
    Divided(Vec<(UnitId, Fraction)>),
    /// It straddles these units and nothing says how much of it belongs to which.
    NotComparable(Vec<UnitId>),
    /// The structure has no unit of this level there.
    Nowhere,
}

/// A figure as it was reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// The unit that reported it.
    pub unit: UnitId,
    /// First day of the period it was reported for.
    pub start: Date,
    /// Its value, scaled.
    pub value: i64,
}

/// Figures added up in one view at one level. Every figure is in exactly one of the parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Sum for each unit; whole unless a unit was split.
    pub by_unit: BTreeMap<UnitId, Fraction>,
    /// Sums of units whose figures straddle units of this level.
    pub straddling: BTreeMap<UnitId, i64>,
    /// Sum of figures, and parts of figures, that no unit of this level stands above.
    pub nowhere: Fraction,
}

impl Org {
    /// For whom a figure that `unit` reported for days from `start` on counts at `level`.
    pub fn counts_for(&self, view: View, unit: UnitId, start: Date, level: UnitKind) -> Result<Counts, BadFraction> {
        // A period that begins before its unit does (figures of other systems, not cut) counts from the unit's first day.
        let start = self.unit(unit).map_or(start, |u| start.max(u.span().from));
        let day = view.day().unwrap_or(start);
        if start <= day {
            let parts = self.carried_on(unit, start, day)?;
            let lifted = parts.into_iter().map(|(unit, weight)| (self.at_kind(unit, level, day), weight));
            return gather(lifted);
        }
        let origins = self.came_from(unit, start, day);
        let lifted: BTreeSet<Option<UnitId>> = origins.iter().map(|unit| self.at_kind(*unit, level, day)).collect();
        let known: Vec<UnitId> = lifted.iter().copied().flatten().collect();
        Ok(match (known.as_slice(), lifted.len()) {
            ([], _) => Counts::Nowhere,
            ([one], 1) => Counts::For(*one),
            _ => Counts::NotComparable(known),
        })
    }

    /// Adds figures up at one level; nothing is lost, whatever the view.
    pub fn tally(&self, view: View, level: UnitKind, figures: &[Figure]) -> Result<Tally, BadFraction> {
        let (by_unit, straddling) = (BTreeMap::new(), BTreeMap::new());
        let mut tally = Tally { by_unit, straddling, nowhere: Fraction::ZERO };
        for Figure { unit, start, value } in figures.iter().copied() {
            let parts = match self.counts_for(view, unit, start, level)? {
                Counts::For(unit) => vec![(unit, Fraction::ONE)],
                Counts::Divided(parts) => parts,
                Counts::NotComparable(_) => {
                    *tally.straddling.entry(unit).or_default() += value;
                    continue;
                }
                Counts::Nowhere => Vec::new(),
            };
            let (value, mut rest) = (Fraction::whole(value), Fraction::whole(value));
            for (unit, weight) in parts {
                let part = weight.times(value)?;
                rest = rest.plus(part.negated())?;
                let sum = tally.by_unit.entry(unit).or_insert(Fraction::ZERO);
                *sum = sum.plus(part)?;
            }
            tally.nowhere = tally.nowhere.plus(rest)?;
        }
        Ok(tally)
    }

    /// The units open on `on` whose figures cannot be shown at `level` in the structure of `structure`, because what they
    /// are made of lay under different units of that level; by uid.
    #[must_use]
    pub fn straddling(&self, structure: Date, level: UnitKind, on: Date) -> Vec<UnitId> {
        let straddles = |id: &UnitId| {
            let counts = self.counts_for(View::Frozen(structure), *id, on, level);
            matches!(counts, Ok(Counts::NotComparable(_)))
        };
        self.units_on(on).map(|unit| unit.id).filter(straddles).collect()
    }

    /// Whether no line of succession leaves or enters the set; else the successors at which one does.
    pub fn closed_under_lineage(&self, scope: &BTreeSet<UnitId>) -> Result<(), Vec<UnitId>> {
        let crosses = |line: &&Lineage| line.kind.succeeds() && scope.contains(&line.from) != scope.contains(&line.to);
        let crossing: BTreeSet<UnitId> = self.lineage().iter().filter(crosses).map(|line| line.to).collect();
        if crossing.is_empty() { Ok(()) } else { Err(crossing.into_iter().collect()) }
    }

    /// The units of `to` that together are exactly what the given units were on `from` (a "legacy scope"); else the
    /// units of `to` that are made of something else too.
    pub fn legacy_scope(&self, units: &BTreeSet<UnitId>, from: Date, to: Date) -> Result<Vec<UnitId>, Vec<UnitId>> {
        let carried = units.iter().filter_map(|unit| self.carried_on(*unit, from, to).ok()).flatten();
        let scope: BTreeSet<UnitId> = carried.map(|(unit, _)| unit).collect();
        let foreign = |unit: &UnitId| self.came_from(*unit, to, from).iter().any(|origin| !units.contains(origin));
        let straddling: Vec<UnitId> = scope.iter().copied().filter(foreign).collect();
        if straddling.is_empty() { Ok(scope.into_iter().collect()) } else { Err(straddling) }
    }

    /// The units of `day` (not before `start`) that what `unit` was on `start` has become, with weights that sum to 1. What
    /// was dissolved counts for its last parent; nothing at all when the last of these is gone without anybody to follow.
    pub fn carried_on(&self, unit: UnitId, start: Date, day: Date) -> Result<Vec<(UnitId, Fraction)>, BadFraction> {
        let mut done: BTreeMap<UnitId, Fraction> = BTreeMap::new();
        let Some(life) = self.unit(unit).map(Unit::span) else { return Ok(Vec::new()) };
        let start = start.max(life.from).min(before(life.to));
        let mut open = if start <= day { vec![(unit, start, Fraction::ONE)] } else { Vec::new() };
        // Every step goes to a later day, or to a parent on the same day: it ends, as there are no rings.
        while let Some((unit, at, weight)) = open.pop() {
            let step = self.next_lines(unit, at, day);
            if let Some(first) = step.first() {
                let effective = first.effective;
                for line in step {
                    open.push((line.to, effective, weight.times(line.weight)?));
                }
            } else if self.open_on(unit, day) {
                let sum = done.entry(unit).or_insert(Fraction::ZERO);
                *sum = sum.plus(weight)?;
            } else if let Some((span, parent)) = self.parents_ever(unit, Hierarchy::Command).last() {
                open.push((*parent, before(span.to), weight));
            }
        }
        Ok(done.into_iter().collect())
    }

    /// The lines of the first succession of `unit` after `at` and up to `day`; of several bases on that day the first.
    fn next_lines(&self, unit: UnitId, at: Date, day: Date) -> Vec<&Lineage> {
        let later = |line: &&Lineage| line.kind.succeeds() && at < line.effective && line.effective <= day;
        let lines: Vec<&Lineage> = self.lines_from(unit).filter(later).collect();
        let Some(first) = lines.iter().min_by_key(|line| (line.effective, &line.basis)).copied() else {
            return Vec::new();
        };
        let same = |line: &&Lineage| line.effective == first.effective && line.basis == first.basis;
        lines.into_iter().filter(same).collect()
    }

    /// The units of `day` (before `start`) of which what `unit` was on `start` may be made; what was newly created is a part
    /// of its first parent.
    #[must_use]
    pub fn came_from(&self, unit: UnitId, start: Date, day: Date) -> BTreeSet<UnitId> {
        let mut done = BTreeSet::new();
        let mut open = vec![(unit, start)];
        while let Some((unit, at)) = open.pop() {
            let earlier = |line: &&Lineage| line.kind.succeeds() && day < line.effective && line.effective <= at;
            let last = self.lines_into(unit).filter(earlier).map(|line| line.effective).max();
            let Some(life) = self.unit(unit).map(Unit::span) else { continue };
            if let Some(last) = last {
                let lines = self.lines_into(unit).filter(|line| line.kind.succeeds() && line.effective == last);
                let others = lines.map(|line| line.from).filter(|from| *from != unit);
                open.extend(others.map(|from| (from, before(last))));
                if life.from < last {
                    open.push((unit, before(last)));
                }
            } else if life.contains(day) {
                done.insert(unit);
            } else if let Some((span, parent)) = self.parents_ever(unit, Hierarchy::Command).first() {
                open.push((*parent, span.from));
            }
        }
        done
    }
}

/// Joins parts that ended under one unit.
fn gather(parts: impl Iterator<Item = (Option<UnitId>, Fraction)>) -> Result<Counts, BadFraction> {
    let mut sums: BTreeMap<UnitId, Fraction> = BTreeMap::new();
    for (above, weight) in parts {
        let Some(above) = above else { continue };
        let sum = sums.entry(above).or_insert(Fraction::ZERO);
        *sum = sum.plus(weight)?;
    }
    let parts: Vec<(UnitId, Fraction)> = sums.into_iter().collect();
    Ok(match parts.as_slice() {
        [] => Counts::Nowhere,
        [(one, weight)] if *weight == Fraction::ONE => Counts::For(*one),
        _ => Counts::Divided(parts),
    })
}

fn before(day: Date) -> Date {
    day.yesterday().unwrap_or(Date::MIN)
}
