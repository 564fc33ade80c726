//! Attribution of a figure to units: whose sums include it, in one structure view.
//!
//! ```text
//!  AS_WAS         the reporting unit and its ancestors, as of the start of the period
//!  AS_IS, FROZEN  the units of the view's day that it became, or was made of, and their ancestors:
//!
//!      com-1 ─┐                      became one unit: com-7, dist-9 and prov include the figure
//!      com-2 ─┴─> com-7 in dist-9
//!
//!      com-5 ─┬─> com-3 in dist-1      became several: prov includes the figure;
//!             └─> com-4 in dist-2      the four units below it are indeterminate
//! ```
//!
//! An owner that closes in its campaign keeps, in AS_WAS, what the units made wholly of its own say
//! afterwards: its legacy scope (R11).
//!
//! Nothing is estimated: an indeterminate unit has no complete figure in this view, and its
//! standings are NOT_COMPARABLE.

use super::aggregate::StandingInput;
use crate::domain::org::{Hierarchy, Org, StructureView, UnitKind};
use crate::domain::support::ids::UnitId;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Attribution of one unit's figures from one day on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FigureAttribution {
    /// Units whose sums include the whole figure, the lowest first.
    pub(super) counting_units: Vec<UnitId>,
    /// Units that may have a part of the figure that cannot be determined.
    pub(super) indeterminate_units: Vec<UnitId>,
}

/// The rule of attribution of one campaign in one view.
pub(super) struct Attribution<'a> {
    org: &'a Org,
    view: StructureView,
    legacy: Option<LegacyScope>,
}

/// What belonged to an owner on its last day.
struct LegacyScope {
    owner: UnitId,
    last_day: Date,
    units: BTreeSet<UnitId>,
}

impl<'a> Attribution<'a> {
    pub(super) fn new(input: &StandingInput<'a>) -> Self {
        let legacy = legacy_owner(input).map(|(owner, last_day)| {
            let below = input.org.subtree(owner, Hierarchy::Command, last_day);
            LegacyScope { owner, last_day, units: below.into_iter().collect() }
        });
        Self { org: input.org, view: input.view, legacy }
    }

    /// The owner, if it closes in the campaign.
    pub(super) fn legacy_owner(&self) -> Option<UnitId> {
        self.legacy.as_ref().map(|legacy| legacy.owner)
    }

    /// Attributes a figure of `unit` for the days from `start` on.
    pub(super) fn of_figure(&self, unit: UnitId, start: Date) -> FigureAttribution {
        let mut attribution = attribute_figure(self.org, self.view, unit, start);
        let Some(legacy) = self.legacy.as_ref().filter(|legacy| legacy.last_day < start) else {
            return attribution;
        };
        let parts = self.org.trace_predecessors(unit, start, legacy.last_day);
        if parts.is_subset(&legacy.units) {
            attribution.counting_units.push(legacy.owner);
        } else if !parts.is_disjoint(&legacy.units) {
            attribution.indeterminate_units.push(legacy.owner);
        }
        attribution
    }
}

/// In the structure of each period: the owner and its last day, if it closes in the campaign.
pub(super) fn legacy_owner(input: &StandingInput<'_>) -> Option<(UnitId, Date)> {
    let owner = input.campaign.owner_id();
    let end = input.org.unit(owner)?.lifetime().to;
    let closes = input.campaign.measurement_window.start < end && end != Date::MAX;
    let as_was = input.view.structure_day().is_none();
    (as_was && closes).then_some((owner, end.yesterday().ok()?))
}

/// The owner; in a view of one day on which it is closed, the one unit that it became.
pub(super) fn owner_in_view(input: &StandingInput<'_>) -> Option<UnitId> {
    let (owner, first) = (input.campaign.owner_id(), input.campaign.measurement_window.start);
    match input.view.structure_day() {
        Some(day) if input.org.is_open_on(owner, first) && !input.org.is_open_on(owner, day) => {
            let heirs = candidate_units(input.org, day, owner, first);
            heirs.first().copied().filter(|_| heirs.len() == 1)
        }
        Some(_) | None => Some(owner),
    }
}

fn attribute_figure(
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
    let (mut counting, mut indeterminate) = (first, Vec::new());
    for other in paths {
        let (both, only): (Vec<UnitId>, Vec<UnitId>) =
            counting.iter().partition(|one| other.contains(one));
        indeterminate.extend(only);
        indeterminate.extend(other.iter().filter(|one| !counting.contains(one)));
        counting = both;
    }
    FigureAttribution { counting_units: counting, indeterminate_units: indeterminate }
}

fn unit_and_ancestors(org: &Org, unit: UnitId, day: Date) -> Vec<UnitId> {
    std::iter::once(unit).chain(org.ancestors(unit, Hierarchy::Command, day)).collect()
}

/// The units of `day` that `unit` (as of `start`) became, or is made of.
fn candidate_units(org: &Org, day: Date, unit: UnitId, start: Date) -> BTreeSet<UnitId> {
    if start <= day {
        // Weights that cannot be computed exactly are rejected when the organisation is imported.
        let carried = org.trace_successors(unit, start, day).unwrap_or_default();
        return carried.into_iter().map(|(unit, _)| unit).collect();
    }
    org.trace_predecessors(unit, start, day)
}

/// For each unit open on the campaign's first day: the units of the view that its past counts for.
pub(super) struct UnitOrigins {
    by_kind: BTreeMap<UnitKind, Vec<(UnitId, BTreeSet<UnitId>)>>,
}

impl UnitOrigins {
    /// `None` for AS_WAS, where each unit keeps its own past.
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

    /// The units of this kind whose past lies wholly within `below`; `None` if some lie in it only
    /// in part.
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
