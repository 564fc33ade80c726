//! Structure views: the unit for which a reported figure counts, in the structure of its own days,
//! of another day, or of a fixed start.
//!
//! Figures stay with the unit that reported them; a view maps them and is printed with every
//! output. Where the mapping is ambiguous the result is NOT_COMPARABLE and names the unit.

use super::{Fraction, FractionError, Hierarchy, Org, Unit, UnitKind, UnitLineage};
use crate::domain::support::ids::UnitId;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The structure used to present figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StructureView {
    /// Each figure in the structure of its own days.
    AsWas,
    /// All figures in the structure of one day, usually today.
    AsIs(Date),
    /// All figures in the structure of the campaign's start.
    Frozen(Date),
}

impl StructureView {
    /// Parses the printed form.
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

    /// The day whose structure is used; `None` if each figure has its own.
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

/// The units of one level for which a figure counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitAttribution {
    /// Entirely for this unit.
    Whole(UnitId),
    /// In parts with stated weights: a derived figure. The weights sum to 1, or to less if a part
    /// has no unit of this level above it.
    Weighted(Vec<(UnitId, Fraction)>),
    /// The figure covers parts of these units in unknown proportions.
    NotComparable(Vec<UnitId>),
    /// The structure has no unit of this level above the figure's unit.
    NoUnit,
}

/// A figure as reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportedFigure {
    /// The unit that reported it.
    pub unit: UnitId,
    /// First day of the period it was reported for.
    pub start: Date,
    /// Its scaled value.
    pub value: i64,
}

/// Sums of figures in one view at one level. Every figure is in exactly one of the parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributedSums {
    /// Sum for each unit; a whole number unless a unit was split.
    pub by_unit: BTreeMap<UnitId, Fraction>,
    /// Sums by reporting unit of the figures that are not comparable at this level.
    pub not_comparable: BTreeMap<UnitId, i64>,
    /// Sum of the figures, and parts of figures, without a unit of this level above them.
    pub unattributed: Fraction,
}

impl Org {
    /// The units of `level` for which a figure counts that `unit` reported for days from `start`
    /// on.
    pub fn attribute_figure(
        &self,
        view: StructureView,
        unit: UnitId,
        start: Date,
        level: UnitKind,
    ) -> Result<UnitAttribution, FractionError> {
        // A period that begins before its unit (uncut figures of other systems) counts from the
        // unit's first day.
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

    /// Sums figures at one level; the total is the same in every view.
    pub fn sum_figures(
        &self,
        view: StructureView,
        level: UnitKind,
        figures: &[ReportedFigure],
    ) -> Result<AttributedSums, FractionError> {
        let (by_unit, not_comparable) = (BTreeMap::new(), BTreeMap::new());
        let mut sums = AttributedSums { by_unit, not_comparable, unattributed: Fraction::ZERO };
        for ReportedFigure { unit, start, value } in figures.iter().copied() {
            let parts = match self.attribute_figure(view, unit, start, level)? {
                UnitAttribution::Whole(unit) => vec![(unit, Fraction::ONE)],
                UnitAttribution::Weighted(parts) => parts,
                UnitAttribution::NotComparable(_) => {
                    *sums.not_comparable.entry(unit).or_default() += value;
                    continue;
                }
                UnitAttribution::NoUnit => Vec::new(),
            };
            let (value, mut rest) = (Fraction::from_integer(value), Fraction::from_integer(value));
            for (unit, weight) in parts {
                let part = weight.try_mul(value)?;
                rest = rest.try_add(part.negate())?;
                let sum = sums.by_unit.entry(unit).or_insert(Fraction::ZERO);
                *sum = sum.try_add(part)?;
            }
            sums.unattributed = sums.unattributed.try_add(rest)?;
        }
        Ok(sums)
    }

    /// The units open on `on` whose figures cannot be presented at `level` in the structure of
    /// `structure`, because they were formed from parts of different units of that level; by uid.
    #[must_use]
    pub fn units_not_comparable(&self, structure: Date, level: UnitKind, on: Date) -> Vec<UnitId> {
        let is_not_comparable = |id: &UnitId| {
            let counts = self.attribute_figure(StructureView::Frozen(structure), *id, on, level);
            matches!(counts, Ok(UnitAttribution::NotComparable(_)))
        };
        self.open_units_on(on).map(|unit| unit.id).filter(is_not_comparable).collect()
    }

    /// Whether no line of succession crosses the boundary of the set; else the successors of the
    /// lines that do.
    pub fn check_closed_under_lineage(&self, scope: &BTreeSet<UnitId>) -> Result<(), Vec<UnitId>> {
        let crosses = |line: &&UnitLineage| {
            line.kind.is_succession() && scope.contains(&line.from) != scope.contains(&line.to)
        };
        let crossing: BTreeSet<UnitId> =
            self.lineage().iter().filter(crosses).map(|line| line.to).collect();
        if crossing.is_empty() { Ok(()) } else { Err(crossing.into_iter().collect()) }
    }

    /// The units of `to` that together equal the given units of `from` (a "legacy scope"); else the
    /// units of `to` that also contain something else.
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

    /// The successors on `day` (not before `start`) of `unit` as it was on `start`, with weights
    /// that sum to 1. A dissolved unit counts for its last parent; the result is empty if the last
    /// of these has closed without a successor.
    pub fn trace_successors(
        &self,
        unit: UnitId,
        start: Date,
        day: Date,
    ) -> Result<Vec<(UnitId, Fraction)>, FractionError> {
        let mut done: BTreeMap<UnitId, Fraction> = BTreeMap::new();
        let Some(lifetime) = self.unit(unit).map(Unit::lifetime) else { return Ok(Vec::new()) };
        let start = start.max(lifetime.from).min(day_before(lifetime.to));
        let mut open = if start <= day { vec![(unit, start, Fraction::ONE)] } else { Vec::new() };
        // Every step goes to a later day, or to a parent on the same day; there are no cycles, so
        // it ends.
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

    /// The lines of the first succession of `unit` after `at` and up to `day`; of several bases on
    /// that day the first.
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

    /// The units of `day` (before `start`) from which `unit`, as it was on `start`, may be formed.
    /// A newly created unit counts as a part of its first parent.
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

/// Joins parts that have the same unit above them.
fn merge_parts(
    parts: impl Iterator<Item = (Option<UnitId>, Fraction)>,
) -> Result<UnitAttribution, FractionError> {
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
