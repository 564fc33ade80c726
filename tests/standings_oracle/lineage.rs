//! What became of a unit, and what it was made of: a walk over the days on which anything changed.

use jiff::civil::Date;
use std::collections::BTreeSet;
use thidua::domain::org::{Hierarchy, Org, StructureView, UnitLineage};
use thidua::domain::support::ids::UnitId;

pub(crate) fn day_before(day: Date) -> Date {
    day.yesterday().unwrap_or(Date::MIN)
}

pub(crate) fn with_ancestors(org: &Org, unit: UnitId, day: Date) -> BTreeSet<UnitId> {
    let mut all = BTreeSet::from([unit]);
    let mut at = unit;
    while let Some(above) = org.parent(at, Hierarchy::Command, day) {
        all.insert(above);
        at = above;
    }
    all
}

/// The unit and everything below it on this day.
pub(crate) fn below(org: &Org, unit: UnitId, day: Date) -> BTreeSet<UnitId> {
    let open = org.units().iter().filter(|one| one.is_open_on(day));
    open.map(|one| one.id).filter(|one| with_ancestors(org, *one, day).contains(&unit)).collect()
}

/// The successions out of a unit on a day, of one basis only.
fn successions(org: &Org, unit: UnitId, day: Date) -> Vec<&UnitLineage> {
    let on_day = |line: &&UnitLineage| {
        line.from == unit && line.effective_day == day && line.kind.is_succession()
    };
    let basis = org.lineage().iter().filter(on_day).map(|line| &line.basis).min();
    org.lineage().iter().filter(on_day).filter(|line| Some(&line.basis) == basis).collect()
}

/// The days on which a unit begins or ends, or passes on.
pub(crate) fn change_days(org: &Org) -> BTreeSet<Date> {
    let lines = org.lineage().iter().map(|line| line.effective_day);
    let lives = org.units().iter().flat_map(|unit| [unit.lifetime().from, unit.lifetime().to]);
    lines.chain(lives).collect()
}

/// The organisation with its days of change.
#[derive(Clone, Copy)]
pub(crate) struct History<'a> {
    pub(crate) org: &'a Org,
    pub(crate) days: &'a BTreeSet<Date>,
}

/// The units of `day` that `unit`, as of an earlier `start`, became; what is dissolved counts for
/// its last parent.
pub(crate) fn became(of: History<'_>, unit: UnitId, start: Date, day: Date) -> BTreeSet<UnitId> {
    let mut now = BTreeSet::from([unit]);
    for change in of.days.iter().filter(|one| start < **one && **one <= day) {
        now = now.into_iter().flat_map(|one| next_units(of.org, one, *change)).collect();
    }
    now
}

fn next_units(org: &Org, unit: UnitId, day: Date) -> BTreeSet<UnitId> {
    let lines = successions(org, unit, day);
    if !lines.is_empty() {
        return lines.into_iter().map(|line| line.to).collect();
    }
    if org.is_open_on(unit, day) {
        return BTreeSet::from([unit]);
    }
    let last_parent = org.parent(unit, Hierarchy::Command, day_before(day));
    last_parent.map(|parent| next_units(org, parent, day)).unwrap_or_default()
}

/// The units of `day` that `unit`, as of a later `start`, may be made of; what was created without
/// predecessors is a part of its first parent.
pub(crate) fn made_of(of: History<'_>, unit: UnitId, start: Date, day: Date) -> BTreeSet<UnitId> {
    let mut then = BTreeSet::from([unit]);
    for change in of.days.iter().rev().filter(|one| day < **one && **one <= start) {
        then = then.into_iter().flat_map(|one| previous_units(of.org, one, *change)).collect();
    }
    then
}

fn previous_units(org: &Org, unit: UnitId, day: Date) -> BTreeSet<UnitId> {
    let lines = org
        .lineage()
        .iter()
        .filter(|line| line.to == unit && line.effective_day == day && line.kind.is_succession());
    let mut from: BTreeSet<UnitId> = lines.map(|line| line.from).collect();
    let was_there = org.is_open_on(unit, day_before(day));
    if from.is_empty() && !was_there {
        let parent = org.parent(unit, Hierarchy::Command, day);
        return parent.map(|parent| previous_units(org, parent, day)).unwrap_or_default();
    }
    if was_there {
        from.insert(unit);
    }
    from
}

/// The units whose sums include a figure that `unit` reported on `day`, and those of which the view
/// cannot tell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    pub(crate) certain: BTreeSet<UnitId>,
    pub(crate) doubtful: BTreeSet<UnitId>,
}

pub(crate) fn place_of(of: History<'_>, view: StructureView, unit: UnitId, day: Date) -> Place {
    let org = of.org;
    let Some(structure) = view.structure_day() else {
        return Place { certain: with_ancestors(org, unit, day), doubtful: BTreeSet::new() };
    };
    let candidates = if day <= structure {
        became(of, unit, day, structure)
    } else {
        made_of(of, unit, day, structure)
    };
    let paths: Vec<BTreeSet<UnitId>> =
        candidates.into_iter().map(|one| with_ancestors(org, one, structure)).collect();
    let any: BTreeSet<UnitId> = paths.iter().flatten().copied().collect();
    let (certain, doubtful) =
        any.into_iter().partition(|unit| paths.iter().all(|path| path.contains(unit)));
    Place { certain, doubtful }
}

/// Whether one of the units to which `unit` passed on within these days, at any remove, is one of
/// those meant from the day on which it took over.
pub(crate) fn passed_on(
    org: &Org,
    unit: UnitId,
    (since, until): (Date, Date),
    is_meant: &dyn Fn(UnitId, Date) -> bool,
) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![(unit, since)]);
    while let Some((one, since)) = open.pop() {
        for line in org.lineage().iter().filter(|line| {
            line.from == one
                && line.to != one
                && line.kind.is_succession()
                && since <= line.effective_day
                && line.effective_day <= until
        }) {
            if is_meant(line.to, line.effective_day) {
                return true;
            }
            if seen.insert((line.to, line.effective_day)) {
                open.push((line.to, line.effective_day));
            }
        }
    }
    false
}
