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
//! A campaign's owner that has closed keeps, in AS_WAS, what the units that were wholly made of its
//! own report afterwards ([`LegacyScope`]).
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

/// What a campaign's owner is after it has closed: the units on its last day, and what they became.
pub(super) struct LegacyScope {
    pub(super) owner: UnitId,
    /// The owner's last day.
    last_day: Date,
    units: BTreeSet<UnitId>,
}

impl LegacyScope {
    /// `None` if the owner has no end after the campaign's first day, and in a view of one day,
    /// where the owner is what it is on that day.
    pub(super) fn from_input(input: &StandingInput<'_>) -> Option<Self> {
        let owner = input.campaign.owner_id();
        let end = input.org.unit(owner)?.lifetime().to;
        let closes = input.campaign.measurement_window.start < end && end != Date::MAX;
        if !closes || input.view.structure_day().is_some() {
            return None;
        }
        let last_day = end.yesterday().ok()?;
        let units = input.org.subtree(owner, Hierarchy::Command, last_day).into_iter().collect();
        Some(Self { owner, last_day, units })
    }

    /// Adds the owner to the attribution of a figure of `unit` for days after the owner's.
    fn extend(&self, org: &Org, unit: UnitId, start: Date, attribution: &mut FigureAttribution) {
        if start <= self.last_day {
            return;
        }
        let parts = candidate_units(org, self.last_day, unit, start);
        match parts.intersection(&self.units).count() {
            0 => {}
            inside if inside == parts.len() => attribution.counting_units.push(self.owner),
            _ => attribution.indeterminate_units.push(self.owner),
        }
    }
}

/// The one unit that the campaign's owner is in the view: itself; in a view of a day on which it is
/// not open, the unit that it became or was made of, if that is one.
pub(super) fn owner_in_view(input: &StandingInput<'_>) -> Option<UnitId> {
    let (org, owner) = (input.org, input.campaign.owner_id());
    match input.view.structure_day() {
        Some(day) if !org.is_open_on(owner, day) => {
            let first = input.campaign.measurement_window.start;
            let heirs = candidate_units(org, day, owner, first);
            heirs.first().copied().filter(|_| heirs.len() == 1)
        }
        Some(_) | None => Some(owner),
    }
}

/// Attributes a figure of `unit` for the days from `start` on, also to an owner that has closed.
pub(super) fn attribute_in_scope(
    input: &StandingInput<'_>,
    legacy: Option<&LegacyScope>,
    (unit, start): (UnitId, Date),
) -> FigureAttribution {
    let mut attribution = attribute_figure(input.org, input.view, unit, start);
    if let Some(legacy) = legacy {
        legacy.extend(input.org, unit, start, &mut attribution);
    }
    attribution
}

/// Attributes a figure of `unit` for the days from `start` on.
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
