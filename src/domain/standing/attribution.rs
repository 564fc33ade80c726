//! Where a figure counts: on whose sums it stands, in one view.
//!
//! ```text
//!  AS_WAS         the reporting unit and those above it, as they were when the period began
//!  AS_IS, FROZEN  the units of the view's day that it became, or was made of, and those above them:
//!
//!      com-1 ─┐                                   one unit: it, dist-9, prov
//!      com-2 ─┴─> com-7 under dist-9              several, com-3 under dist-1 and com-4 under dist-2:
//!                                                 prov has the figure whole; the four below it are torn
//! ```
//!
//! Knows no figure. Nothing is guessed: what is torn has no whole figure in this view, and its standings say NOT_COMPARABLE.

use super::aggregate::StandingInput;
use crate::domain::ids::UnitId;
use crate::domain::org::{Hierarchy, Org, StructureView, UnitKind};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Where the figures of one unit from one day on count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FigureAttribution {
    /// Units that have the figure whole, the lowest first.
    pub(super) counting_units: Vec<UnitId>,
    /// Units that may have a part of it and nobody can say which.
    pub(super) indeterminate_units: Vec<UnitId>,
}

/// Where a figure of `unit` for days from `start` on counts.
pub(super) fn attribute_figure(
    org: &Org,
    view: StructureView,
    unit: UnitId,
    start: Date,
) -> FigureAttribution {
    let Some(day) = view.structure_day() else {
        return FigureAttribution {
            counting_units: unit_and_ancestors(org, unit, start),
            indeterminate_units: Vec::new(),
        };
    };
    let mut paths = candidate_units(org, day, unit, start)
        .into_iter()
        .map(|one| unit_and_ancestors(org, one, day));
    let Some(first) = paths.next() else { return FigureAttribution::default() };
    let (mut path, mut torn) = (first, Vec::new());
    for other in paths {
        let (both, only): (Vec<UnitId>, Vec<UnitId>) =
            path.iter().partition(|one| other.contains(one));
        torn.extend(only);
        torn.extend(other.iter().filter(|one| !path.contains(one)));
        path = both;
    }
    FigureAttribution { counting_units: path, indeterminate_units: torn }
}

fn unit_and_ancestors(org: &Org, unit: UnitId, day: Date) -> Vec<UnitId> {
    std::iter::once(unit).chain(org.ancestors(unit, Hierarchy::Command, day)).collect()
}

/// The units of `day` that what `unit` was on `start` became, or may be made of.
fn candidate_units(org: &Org, day: Date, unit: UnitId, start: Date) -> BTreeSet<UnitId> {
    if start <= day {
        // Weights that cannot be reckoned with are refused where the organisation is imported.
        let carried = org.trace_successors(unit, start, day).unwrap_or_default();
        return carried.into_iter().map(|(unit, _)| unit).collect();
    }
    org.trace_predecessors(unit, start, day)
}

/// For the units that stood on the campaign's first day: where their past counts in the view.
pub(super) struct UnitOrigins {
    by_kind: BTreeMap<UnitKind, Vec<(UnitId, BTreeSet<UnitId>)>>,
}

impl UnitOrigins {
    /// `None` for AS_WAS, in which every unit's past is its own.
    pub(super) fn from_input(input: &StandingInput<'_>) -> Option<Self> {
        let (day, first) = (input.view.structure_day()?, input.campaign.measurement_window.start);
        let mut by_kind: BTreeMap<UnitKind, Vec<(UnitId, BTreeSet<UnitId>)>> = BTreeMap::new();
        for unit in input.org.open_units_on(first) {
            if let Some(kind) = input.org.kind_on(unit.id, first) {
                by_kind
                    .entry(kind)
                    .or_default()
                    .push((unit.id, candidate_units(input.org, day, unit.id, first)));
            }
        }
        Some(Self { by_kind })
    }

    /// The units of this kind whose past is that of `below` in whole; `None` if some lie in it only in part.
    pub(super) fn units_wholly_within(
        &self,
        kind: UnitKind,
        below: &BTreeSet<UnitId>,
    ) -> Option<Vec<UnitId>> {
        let mut whole = Vec::new();
        for (unit, parts) in self.by_kind.get(&kind).into_iter().flatten() {
            match parts.intersection(below).count() {
                0 => {}
                inside if inside == parts.len() => whole.push(*unit),
                _ => return None,
            }
        }
        Some(whole)
    }
}
