//! What changed since the run before, and because of which reports: what that run published, and the reports as they were at its cut.
//!
//! Knows no page and judges nothing.

use super::Result;
use super::runs::definitions;
use super::standing::entry_of;
use crate::domain::ids::UnitId;
use crate::domain::org::Hierarchy;
use crate::domain::standing::{
    Entry, Input, Judgement, MovedReport, MovedTarget, Run, Standing, moved_reports, moved_targets,
};
use crate::domain::time::date_from_days;
use crate::store::ReadTx;
use crate::store::runs::unpack_standings;
use jiff::civil::Date;

/// The difference between a run and the one before it.
#[derive(Debug, Clone)]
pub struct Changes {
    /// The day of the run before.
    pub since: Date,
    /// Its cut.
    pub cut: i64,
    /// Targets that are judged otherwise or have other figures.
    pub targets: Vec<MovedTarget>,
    /// Reports of the unit and below it whose official figures moved, by the unit's code, then day.
    pub reports: Vec<MovedReport>,
}

/// What moved at `unit` since the run before the one that `input` and `own` are of; `None` at the first run.
pub(super) fn since(
    tx: &mut ReadTx,
    run: &Run,
    input: &Input<'_>,
    unit: UnitId,
    own: &[&Standing],
) -> Result<Option<Changes>> {
    let Some(kept) = tx.manifest_before(run.campaign, run.number.into())? else { return Ok(None) };
    let (definitions, _) = definitions(tx, &kept)?;
    let published = unpack_standings(&kept.standings, &definitions.units, &definitions.elements)?;
    let (since, cut) = (date_from_days(kept.day), kept.cut);
    let filed = tx.filed_at(cut, &definitions.units)?;
    let reports: Vec<Entry<'_>> = filed.iter().map(|filed| entry_of(&filed.report)).collect();
    let before = |now: &Standing| -> Option<&Judgement> {
        let same = published.iter().find(|one| one.id() == now.id());
        same.map(|one| &one.judgement)
    };
    let moved = own.iter().filter_map(|now| Some(moved_targets(before(now)?, &now.judgement)));
    let mut targets: Vec<MovedTarget> = moved.flatten().collect();
    targets.sort_by(|one, other| one.code.cmp(&other.code));
    let mut moved_reports = moved_reports(&reports, input.reports, input.numbers);
    let org = input.org;
    moved_reports.retain(|moved| {
        let (of, day) = (moved.key.unit, moved.key.period.start);
        of == unit || org.ancestors(of, Hierarchy::Command, day).contains(&unit)
    });
    moved_reports.sort_by_cached_key(|moved| {
        (org.unit(moved.key.unit).map(|unit| unit.uid.clone()), moved.key.period.start, moved.key.contract)
    });
    Ok(Some(Changes { since, cut, targets, reports: moved_reports }))
}
