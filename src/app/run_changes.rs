//! The changes since the previous run and the reports that caused them, from the manifest of that
//! run and the reports at its cut.

use super::Result;
use super::runs::load_definitions;
use super::standing::to_report_entry;
use crate::domain::org::Hierarchy;
use crate::domain::standing::{
    Judgement, ReportEntry, ReportMovement, Standing, StandingInput, StandingRun, TargetMovement,
    find_report_movements, find_target_movements,
};
use crate::domain::support::ids::{StandingId, UnitId};
use crate::domain::support::time::date_from_days;
use crate::store::ReadTx;
use crate::store::run_manifest::decode_standings;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The difference between a run and the previous one.
#[derive(Debug, Clone)]
pub struct RunChanges {
    /// The day of the previous run.
    pub previous_day: Date,
    /// Its cut.
    pub previous_cut_seq: i64,
    /// Targets with another judgement or other figures.
    pub targets: Vec<TargetMovement>,
    /// Reports of the unit and of units below it whose official figures changed, by the unit's
    /// code, then day.
    pub reports: Vec<ReportMovement>,
}

/// The changes at `unit` since the run before `run`; `None` at the first run.
pub(super) fn find_changes_since_previous_run(
    tx: &mut ReadTx,
    run: &StandingRun,
    input: &StandingInput<'_>,
    unit: UnitId,
    standings: &[&Standing],
) -> Result<Option<RunChanges>> {
    let Some(manifest) = tx.run_manifest_before(run.campaign, run.number.into())? else {
        return Ok(None);
    };
    let (definitions, _) = load_definitions(tx, &manifest)?;
    let published = decode_standings(
        &manifest.standings,
        &definitions.unit_numbers,
        &definitions.element_numbers,
    )?;
    let (since, cut) = (date_from_days(manifest.as_of_day), manifest.cut_seq);
    let stored_reports = tx.reports_at_cut(cut, &definitions.unit_numbers)?;
    let reports: Vec<ReportEntry<'_>> =
        stored_reports.iter().map(|stored| to_report_entry(&stored.report)).collect();
    let judgements: BTreeMap<StandingId, &Judgement> =
        published.iter().map(|one| (one.id(), &one.judgement)).collect();
    let before = |now: &Standing| judgements.get(&now.id()).copied();
    let moved = standings
        .iter()
        .filter_map(|now| Some(find_target_movements(before(now)?, &now.judgement)));
    let mut targets: Vec<TargetMovement> = moved.flatten().collect();
    targets.sort_by(|one, other| one.code.cmp(&other.code));
    let mut moved_reports = find_report_movements(&reports, input.reports, input.numbers);
    let org = input.org;
    moved_reports.retain(|moved| {
        let (of, day) = (moved.key.unit, moved.key.period.start);
        of == unit || org.ancestors(of, Hierarchy::Command, day).contains(&unit)
    });
    moved_reports.sort_by_cached_key(|moved| {
        (
            org.unit(moved.key.unit).map(|unit| unit.uid.clone()),
            moved.key.period.start,
            moved.key.contract,
        )
    });
    Ok(Some(RunChanges {
        previous_day: since,
        previous_cut_seq: cut,
        targets,
        reports: moved_reports,
    }))
}
