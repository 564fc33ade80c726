//! Reports that an agency's system sends: its figures become a submission that people review. What
//! people entered is never overwritten: where both differ, the head of the unit settles; what
//! people accepted changes by a proposal only.

use super::context::{CommandContext, CommandReport};
use super::execute::{check_period, check_period_over, put_branches};
use super::propose;
use crate::app::error::Result;
use crate::domain::access::permission::{Permit, action, authorize};
use crate::domain::report::cell::{CellChange, CellValue, Cells, ElementNumber};
use crate::domain::report::command::{ReportRules, Verdict};
use crate::domain::report::workflow::ReportStep;
use crate::domain::report::{NoteChange, Report, ReportKey, SaveCells};
use crate::domain::reporting::expectation::judge_lateness;
use crate::domain::support::ids::{ReportId, UnitId};
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::string_enum::string_enum;
use crate::store::WriteTx;
use crate::store::report::StoredReport;

string_enum! {
    /// What became of a delivered report.
    DeliveryVerdict {
        /// It did not exist, and waits for its reviewer now.
        Created = "CREATED",
        /// It has the delivered content, and waits for its reviewer.
        Changed = "CHANGED",
        /// It had this content before.
        Unchanged = "UNCHANGED",
        /// It is accepted and other than delivered: a reviewer decides on a proposal.
        Proposed = "PROPOSED",
        /// People entered other figures: the head of the unit settles which stand.
        Conflict = "CONFLICT",
    }
}

/// The delivered content of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredContent {
    /// The report.
    pub key: ReportKey,
    /// The cells.
    pub cells: Vec<(ElementNumber, CellValue)>,
    /// The note; `None`: the sender says nothing of the one that is there.
    pub note: Option<String>,
    /// Label of the sending system's account.
    pub source: String,
}

/// A verdict with the report and its revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryOutcome {
    /// What became of it.
    pub verdict: DeliveryVerdict,
    /// The report.
    pub report: ReportId,
    /// The report's revision afterwards, or the proposal's.
    pub revision: i64,
    /// Cells and note that this system had sent before. What people entered is not told to it.
    pub before: Option<(Cells, String)>,
}

impl DeliveryOutcome {
    fn new(verdict: DeliveryVerdict, report: ReportId, revision: i64) -> Self {
        Self { verdict, report, revision, before: None }
    }
}

/// Stores a delivered report.
pub(in crate::app) fn deliver_report(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    content: &DeliveredContent,
) -> Result<DeliveryOutcome> {
    let unit_path = tx.unit_path(content.key.unit)?;
    let today = tx.now().local_date();
    let permit: Permit<action::DeliverReport> = authorize(ctx.actor, &unit_path, today)?;
    let id = content.key.id();
    let CommandReport { stored, .. } = CommandReport::load(tx, ctx.reference, id)?;
    if let Some(stored) = stored.as_ref().filter(|stored| is_same(&stored.report, content)) {
        let (verdict, revision) = (DeliveryVerdict::Unchanged, stored.revision);
        return Ok(DeliveryOutcome::new(verdict, id, revision));
    }
    let is_own = stored.is_none() || tx.is_only_author(id, ctx.actor.account)?;
    let save = to_save(content, stored.as_ref(), is_own, unit_path.acting_unit);
    if let Some(official) =
        stored.as_ref().filter(|stored| stored.report.is_amended_only_by_proposal())
    {
        let effect = propose::store_proposal(tx, ctx, &permit, official, &save, "")?;
        let is_held = effect.verdict == Verdict::Held;
        let verdict = if is_held { DeliveryVerdict::Proposed } else { DeliveryVerdict::Unchanged };
        return Ok(DeliveryOutcome::new(verdict, id, effect.revision));
    }
    let verdict =
        if stored.is_none() { DeliveryVerdict::Created } else { DeliveryVerdict::Changed };
    let own = stored.as_ref().filter(|_| is_own).map(|stored| &stored.report);
    let before = own.map(|report| (report.cells.clone(), report.note.clone()));
    let outcome = save_and_submit(tx, ctx, &permit, (content, save), stored, verdict)?;
    Ok(DeliveryOutcome { before, ..outcome })
}

fn save_and_submit(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    permit: &Permit<action::DeliverReport>,
    (content, save): (&DeliveredContent, SaveCells),
    stored: Option<StoredReport>,
    verdict: DeliveryVerdict,
) -> Result<DeliveryOutcome> {
    let (now, id) = (tx.now(), content.key.id());
    let expected = check_period(ctx, &content.key, now.local_date())?;
    let shape =
        ctx.reference.form_schema(content.key.contract).ok_or(RefusalReason::NotExpected)?;
    let saved =
        Report::apply_save(stored.map(|stored| stored.report), &save, save.acting_unit, shape)?;
    if !saved.branches.is_empty() {
        let put = tx.put_report(permit, &saved.report, &ctx.reference.unit_numbers)?;
        put_branches(tx, ctx, permit, (&content.key, put.revision), saved.branches)?;
        tx.add_author(id, ctx.actor.account)?;
        let (verdict, revision) = (DeliveryVerdict::Conflict, put.revision);
        return Ok(DeliveryOutcome::new(verdict, id, revision));
    }
    check_period_over(ctx, &expected, now.local_date(), ReportRules::CURRENT)?;
    saved.report.check_stocks_said(shape)?;
    let late = judge_lateness(&expected, now, None).is_late();
    let waits_already = saved.report.state.next_state(ReportStep::Submit).is_none();
    let mut sent = if waits_already {
        saved.report
    } else {
        saved.report.submit(save.acting_unit, shape, now.local_date(), late)?
    };
    sent.source.clone_from(&content.source);
    let put = tx.put_report(permit, &sent, &ctx.reference.unit_numbers)?;
    tx.add_author(id, ctx.actor.account)?;
    Ok(DeliveryOutcome::new(verdict, id, put.revision))
}

/// Whether the report was sent with exactly this content.
fn is_same(report: &Report, content: &DeliveredContent) -> bool {
    report.state.is_sent()
        && content.note.as_ref().is_none_or(|note| report.note == *note)
        && report.cells.len() == content.cells.len()
        && content.cells.iter().all(|(element, value)| report.cells.get(element) == Some(value))
}

/// The save that brings the content: over the system's own figures as a correction, over those of
/// people as the value of an author who did not see them.
fn to_save(
    content: &DeliveredContent,
    stored: Option<&StoredReport>,
    is_own: bool,
    acting_unit: UnitId,
) -> SaveCells {
    let seen = stored.filter(|_| is_own);
    let change = |(element, value): &(ElementNumber, CellValue)| CellChange {
        element: *element,
        mine: Some(*value),
        base: seen.and_then(|stored| stored.report.cells.get(element).copied()),
    };
    // An empty note says nothing about one that others wrote.
    let note = content.note.as_ref().filter(|note| is_own || !note.is_empty());
    let note = note.map(|note| NoteChange {
        mine: note.clone(),
        base: seen.map_or_else(String::new, |stored| stored.report.note.clone()),
    });
    SaveCells {
        key: content.key.clone(),
        acting_unit,
        changes: content.cells.iter().map(change).collect(),
        note,
        base_revision: stored.map_or(0, |stored| stored.revision),
    }
}
