//! What changed since the run before, and because of which reports: both nights judged anew from what each had at its cut.
//!
//! Knows no page. The run before is found by the job's own history.

use super::standing::entry_of;
use super::{AppError, Reference, Result};
use crate::domain::ids::UnitId;
use crate::domain::org::Hierarchy;
use crate::domain::standing::{
    Entry, Input, Judgement, MovedReport, MovedTarget, Run, Standing, moved_reports, moved_targets, standings,
};
use crate::domain::time::Instant;
use crate::store::ReadTx;
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

/// How far back the job's history is looked through.
const HISTORY: i64 = 50;

/// The newest night before `run` that saw less.
fn night_before(tx: &mut ReadTx, run: &Run) -> Result<Option<(Date, i64)>> {
    let mut runs = tx.job_runs(Some("aggregate"), HISTORY)?;
    runs.retain(|one| one.state == "DONE" && one.cut.is_some_and(|cut| cut <= run.cut_seq));
    let newest = runs.into_iter().max_by_key(|one| one.slot);
    Ok(newest.and_then(|one| Some((Instant(one.slot).local_date(), one.cut?))))
}

/// What moved at `unit` since the night before the run that `input` and `own` are of; `None` before the second night.
pub(super) fn since(
    tx: &mut ReadTx,
    reference: &Reference,
    run: &Run,
    input: &Input<'_>,
    unit: UnitId,
    own: &[&Standing],
) -> Result<Option<Changes>> {
    let Some((since, cut)) = night_before(tx, run)? else { return Ok(None) };
    let filed = tx.filed_at(cut, &reference.units)?;
    let reports: Vec<Entry<'_>> = filed.iter().map(|filed| entry_of(&filed.report)).collect();
    let then = Input { reports: &reports, today: since, ..*input };
    let judged =
        standings(&then, 0).map_err(|unknown| AppError::Store(crate::store::Error::Damaged(unknown.to_string())))?;
    let before = |code: &str| -> Option<&Judgement> {
        judged.iter().find(|one| one.unit == unit && one.judgement.code == code).map(|one| &one.judgement)
    };
    let moved = own.iter().filter_map(|now| Some(moved_targets(before(&now.judgement.code)?, &now.judgement)));
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
