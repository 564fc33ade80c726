//! Views: for which unit a reported figure counts, as things were, as they are on a day, or frozen at a start.
//!
//! Figures stay with the unit that reported them; a view maps them and is named on every output. Where the map would need a
//! guess it answers NOT_COMPARABLE and names the unit. Knows no figure's meaning.

use super::{BadFraction, Fraction, Hierarchy, Org, Unit, UnitKind, UnitLineage};
use crate::domain::ids::UnitId;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The structure in which figures are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StructureView {
    /// Each figure under the structure of its own days.
    AsWas,
    /// All figures under the structure of one day, usually today.
    AsIs(Date),
    /// All figures under the structure of the campaign's start.
    Frozen(Date),
}

impl StructureView {
    /// Reads the printed form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let day = |name: &str| {
            text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')')?.parse::<Date>().ok()
        };
        match text {
            "AS_WAS" => Some(Self::AsWas),
            _ => day("AS_IS").map(Self::AsIs).or_else(|| day("FROZEN").map(Self::Frozen)),
        }
    }

    /// The one day whose structure is used; `None` when each figure keeps its own.
    #[must_use]
    pub fn structure_day(self) -> Option<Date> {
        match self {
            Self::AsWas => None,
            Self::AsIs(day) | Self::Frozen(day) => Some(day),
        }
    }
}

impl fmt::Display for StructureView {
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
pub enum UnitAttribution {
    /// Whole and exactly for this unit.
    Whole(UnitId),
    /// In parts with stated weights: a derived figure. The weights sum to 1, or to less when the rest has no unit of this
    /// level above it.
    Weighted(Vec<(UnitId, Fraction)>),
    /// It straddles these units and nothing says how much of it belongs to which.
    NotComparable(Vec<UnitId>),
    /// The structure has no unit of this level there.
    NoUnit,
}

/// A figure as it was reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportedFigure {
    /// The unit that reported it.
    pub unit: UnitId,
    /// First day of the period it was reported for.
    pub start: Date,
    /// Its value, scaled.
    pub value: i64,
}

/// Figures added up in one view at one level. Every figure is in exactly one of the parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributedSums {
    /// Sum for each unit; whole unless a unit was split.
    pub by_unit: BTreeMap<UnitId, Fraction>,
    /// Sums of units whose figures straddle units of this level.
    pub not_comparable: BTreeMap<UnitId, i64>,
    /// Sum of figures, and parts of figures, that no unit of this level stands above.
    pub unattributed: Fraction,
}

impl Org {
    /// For whom a figure that `unit` reported for days from `start` on counts at `level`.
    pub fn attribute_figure(
        &self,
        view: StructureView,
        unit: UnitId,
        start: Date,
        level: UnitKind,
    ) -> Result<UnitAttribution, BadFraction> {
        // A period that begins before its unit does (figures of other systems, not cut) counts from the unit's first day.
        let start = self.unit(unit).map_or(start, |u| start.max(u.lifetime().from));
        let day = view.structure_day().unwrap_or(start);
        if start <= day {
            let parts = self.trace_successors(unit, start, day)?;
            let ancestors = parts
                .into_iter()
                .map(|(unit, weight)| (self.self_or_ancestor_of_kind(unit, level, day), weight));
            return merge_parts(ancestors);
        }
        let origins = self.trace_predecessors(unit, start, day);
        let ancestors: BTreeSet<Option<UnitId>> =
            origins.iter().map(|unit| self.self_or_ancestor_of_kind(*unit, level, day)).collect();
        let candidates: Vec<UnitId> = ancestors.iter().copied().flatten().collect();
        Ok(match (candidates.as_slice(), ancestors.len()) {
            ([], _) => UnitAttribution::NoUnit,
            ([one], 1) => UnitAttribution::Whole(*one),
            _ => UnitAttribution::NotComparable(candidates),
        })
    }

    /// Adds figures up at one level; nothing is lost, whatever the view.
    pub fn sum_figures(
        &self,
        view: StructureView,
        level: UnitKind,
        figures: &[ReportedFigure],
    ) -> Result<AttributedSums, BadFraction> {
        let (by_unit, straddling) = (BTreeMap::new(), BTreeMap::new());
        let mut tally =
            AttributedSums { by_unit, not_comparable: straddling, unattributed: Fraction::ZERO };
        for ReportedFigure { unit, start, value } in figures.iter().copied() {
            let parts = match self.attribute_figure(view, unit, start, level)? {
                UnitAttribution::Whole(unit) => vec![(unit, Fraction::ONE)],
                UnitAttribution::Weighted(parts) => parts,
                UnitAttribution::NotComparable(_) => {
                    *tally.not_comparable.entry(unit).or_default() += value;
                    continue;
                }
                UnitAttribution::NoUnit => Vec::new(),
            };
            let (value, mut rest) = (Fraction::from_integer(value), Fraction::from_integer(value));
            for (unit, weight) in parts {
                let part = weight.try_mul(value)?;
                rest = rest.try_add(part.negate())?;
                let sum = tally.by_unit.entry(unit).or_insert(Fraction::ZERO);
                *sum = sum.try_add(part)?;
            }
            tally.unattributed = tally.unattributed.try_add(rest)?;
        }
        Ok(tally)
    }

    /// The units open on `on` whose figures cannot be shown at `level` in the structure of `structure`, because what they
    /// are made of lay under different units of that level; by uid.
    #[must_use]
    pub fn units_not_comparable(&self, structure: Date, level: UnitKind, on: Date) -> Vec<UnitId> {
        let is_not_comparable = |id: &UnitId| {
            let counts = self.attribute_figure(StructureView::Frozen(structure), *id, on, level);
            matches!(counts, Ok(UnitAttribution::NotComparable(_)))
        };
        self.open_units_on(on).map(|unit| unit.id).filter(is_not_comparable).collect()
    }

    /// Whether no line of succession leaves or enters the set; else the successors at which one does.
    pub fn check_closed_under_lineage(&self, scope: &BTreeSet<UnitId>) -> Result<(), Vec<UnitId>> {
        let crosses = |line: &&UnitLineage| {
            line.kind.is_succession() && scope.contains(&line.from) != scope.contains(&line.to)
        };
        let crossing: BTreeSet<UnitId> =
            self.lineage().iter().filter(crosses).map(|line| line.to).collect();
        if crossing.is_empty() { Ok(()) } else { Err(crossing.into_iter().collect()) }
    }

    /// The units of `to` that together are exactly what the given units were on `from` (a "legacy scope"); else the
    /// units of `to` that are made of something else too.
    pub fn equivalent_units(
        &self,
        units: &BTreeSet<UnitId>,
        from: Date,
        to: Date,
    ) -> Result<Vec<UnitId>, Vec<UnitId>> {
        let successors =
            units.iter().filter_map(|unit| self.trace_successors(*unit, from, to).ok()).flatten();
        let scope: BTreeSet<UnitId> = successors.map(|(unit, _)| unit).collect();
        let foreign = |unit: &UnitId| {
            self.trace_predecessors(*unit, to, from).iter().any(|origin| !units.contains(origin))
        };
        let straddling: Vec<UnitId> = scope.iter().copied().filter(foreign).collect();
        if straddling.is_empty() { Ok(scope.into_iter().collect()) } else { Err(straddling) }
    }

    /// The units of `day` (not before `start`) that what `unit` was on `start` has become, with weights that sum to 1. What
    /// was dissolved counts for its last parent; nothing at all when the last of these is gone without anybody to follow.
    pub fn trace_successors(
        &self,
        unit: UnitId,
        start: Date,
        day: Date,
    ) -> Result<Vec<(UnitId, Fraction)>, BadFraction> {
        let mut done: BTreeMap<UnitId, Fraction> = BTreeMap::new();
        let Some(lifetime) = self.unit(unit).map(Unit::lifetime) else { return Ok(Vec::new()) };
        let start = start.max(lifetime.from).min(day_before(lifetime.to));
        let mut open = if start <= day { vec![(unit, start, Fraction::ONE)] } else { Vec::new() };
        // Every step goes to a later day, or to a parent on the same day: it ends, as there are no rings.
        while let Some((unit, at, weight)) = open.pop() {
            let step = self.next_succession(unit, at, day);
            if let Some(first) = step.first() {
                let effective = first.effective_day;
                for line in step {
                    open.push((line.to, effective, weight.try_mul(line.weight)?));
                }
            } else if self.is_open_on(unit, day) {
                let sum = done.entry(unit).or_insert(Fraction::ZERO);
                *sum = sum.try_add(weight)?;
            } else if let Some((span, parent)) =
                self.parent_history(unit, Hierarchy::Command).last()
            {
                open.push((*parent, day_before(span.to), weight));
            }
        }
        Ok(done.into_iter().collect())
    }

    /// The lines of the first succession of `unit` after `at` and up to `day`; of several bases on that day the first.
    fn next_succession(&self, unit: UnitId, at: Date, day: Date) -> Vec<&UnitLineage> {
        let later = |line: &&UnitLineage| {
            line.kind.is_succession() && at < line.effective_day && line.effective_day <= day
        };
        let lines: Vec<&UnitLineage> = self.lineage_from(unit).filter(later).collect();
        let Some(first) =
            lines.iter().min_by_key(|line| (line.effective_day, &line.basis)).copied()
        else {
            return Vec::new();
        };
        let same = |line: &&UnitLineage| {
            line.effective_day == first.effective_day && line.basis == first.basis
        };
        lines.into_iter().filter(same).collect()
    }

    /// The units of `day` (before `start`) of which what `unit` was on `start` may be made; what was newly created is a part
    /// of its first parent.
    #[must_use]
    pub fn trace_predecessors(&self, unit: UnitId, start: Date, day: Date) -> BTreeSet<UnitId> {
        let mut done = BTreeSet::new();
        let mut open = vec![(unit, start)];
        while let Some((unit, at)) = open.pop() {
            let earlier = |line: &&UnitLineage| {
                line.kind.is_succession() && day < line.effective_day && line.effective_day <= at
            };
            let last = self.lineage_to(unit).filter(earlier).map(|line| line.effective_day).max();
            let Some(lifetime) = self.unit(unit).map(Unit::lifetime) else { continue };
            if let Some(last) = last {
                let lines = self
                    .lineage_to(unit)
                    .filter(|line| line.kind.is_succession() && line.effective_day == last);
                let others = lines.map(|line| line.from).filter(|from| *from != unit);
                open.extend(others.map(|from| (from, day_before(last))));
                if lifetime.from < last {
                    open.push((unit, day_before(last)));
                }
            } else if lifetime.contains(day) {
                done.insert(unit);
            } else if let Some((span, parent)) =
                self.parent_history(unit, Hierarchy::Command).first()
            {
                open.push((*parent, span.from));
            }
        }
        done
    }
}

/// Joins parts that ended under one unit.
fn merge_parts(
    parts: impl Iterator<Item = (Option<UnitId>, Fraction)>,
) -> Result<UnitAttribution, BadFraction> {
    let mut sums: BTreeMap<UnitId, Fraction> = BTreeMap::new();
    for (above, weight) in parts {
        let Some(above) = above else { continue };
        let sum = sums.entry(above).or_insert(Fraction::ZERO);
        *sum = sum.try_add(weight)?;
    }
    let parts: Vec<(UnitId, Fraction)> = sums.into_iter().collect();
    Ok(match parts.as_slice() {
        [] => UnitAttribution::NoUnit,
        [(one, weight)] if *weight == Fraction::ONE => UnitAttribution::Whole(*one),
        _ => UnitAttribution::Weighted(parts),
    })
}

fn day_before(day: Date) -> Date {
    day.yesterday().unwrap_or(Date::MIN)
}
