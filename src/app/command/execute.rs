//! The step of each command: authorise, apply the domain's rule, store. A pushed command and a
//! unary call run the same step.

use super::context::{CommandContext, CommandEffect, CommandReport};
use super::propose;
use crate::app::error::Result;
use crate::app::waiver;
use crate::domain::access::permission::{Actor, Permit, Role, UnitPath, action, authorize};
use crate::domain::report::attachment::{Comment, Conflict};
use crate::domain::report::cell::CellChange;
use crate::domain::report::command::{Command, CommandBody, ReportRules, Verdict};
use crate::domain::report::form::EarlyReports;
use crate::domain::report::free_text;
use crate::domain::report::{
    ConflictBranch, ContentHash, NoteChange, Report, ReportKey, ReviewQuestion, SaveCells,
};
use crate::domain::reporting::expectation::{Expectation, judge_lateness};
use crate::domain::support::ids::{CommentId, ConflictId, DeviceId, ReportId, UnitId, derive_id};
use crate::domain::support::reason::RefusalReason;
use crate::store::WriteTx;
use crate::store::write_rights::WritesConflict;
use jiff::civil::Date;

/// Runs one command now. `report` is the report that it concerns, read after the last write.
pub(super) fn execute(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    command: &Command,
    report: CommandReport,
) -> Result<CommandEffect> {
    match &command.body {
        CommandBody::SaveCells(save) => save_cells(tx, ctx, save, report),
        CommandBody::SubmitReport { rules, .. } => submit_report(tx, ctx, report, *rules),
        CommandBody::ReturnReport { content_hash: seen, question, .. } => {
            return_report(tx, ctx, report, *seen, question)
        }
        CommandBody::AcceptReport { content_hash: seen, .. } => {
            accept_report(tx, ctx, report, *seen)
        }
        CommandBody::AddComment { comment, text, .. } => {
            add_comment(tx, ctx, report, *comment, text)
        }
        CommandBody::SettleConflict { conflict, take_branch } => {
            settle_conflict(tx, ctx, report, (*conflict, *take_branch))
        }
        CommandBody::ProposeAmendment { save, reason } => {
            propose::propose_amendment(tx, ctx, save, reason, report)
        }
        // `run` performs these: they concern no report of their own, and are never held.
        CommandBody::SettleProposal { .. }
        | CommandBody::SettleHeld { .. }
        | CommandBody::TakePart(_) => Err(RefusalReason::Denied.into()),
    }
}

fn save_cells(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    save: &SaveCells,
    report: CommandReport,
) -> Result<CommandEffect> {
    let unit_path = tx.unit_path(save.key.unit)?;
    let today = tx.now().local_date();
    let permit: Permit<action::SaveReport> = authorize(ctx.actor, &unit_path, today)?;
    let CommandReport { id, stored } = report;
    if let Some(filed) = stored.as_ref().filter(|filed| filed.report.is_amended_only_by_proposal())
    {
        return propose::store_proposal(tx, ctx, &permit, filed, save, "");
    }
    check_period(ctx, &save.key, today)?;
    let shape = ctx.reference.form_schema(save.key.contract).ok_or(RefusalReason::NotExpected)?;
    let before = stored.as_ref().map_or(0, |filed| filed.revision);
    let last = tx.last_writer(id)?;
    let saved =
        Report::apply_save(stored.map(|filed| filed.report), save, unit_path.acting_unit, shape)?;
    let put = tx.put_report(&permit, &saved.report, &ctx.reference.unit_numbers)?;
    tx.add_author(id, ctx.actor.account)?;
    let has_conflict = !saved.branches.is_empty();
    put_branches(tx, ctx, &permit, (&save.key, put.revision), saved.branches)?;
    let other_revision =
        if last.device == ctx.actor.device { last.other_device_revision } else { before };
    let verdict = match (has_conflict, other_revision > save.base_revision) {
        (true, _) => Verdict::Conflict,
        (false, true) => Verdict::Merged,
        (false, false) => Verdict::Applied,
    };
    Ok(CommandEffect { verdict, record: id.0, revision: put.revision })
}

/// Stores the values that were not taken, for the head of the unit.
pub(super) fn put_branches<A: WritesConflict>(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    permit: &Permit<A>,
    (key, revision): (&ReportKey, i64),
    branches: Vec<ConflictBranch>,
) -> Result<()> {
    let report = key.id();
    for (index, branch) in branches.into_iter().enumerate() {
        let conflict = Conflict { report, branch, settled: None };
        let id = derive_conflict_id(ctx, report, revision, index);
        tx.put_conflict(permit, id, &conflict, key)?;
    }
    Ok(())
}

/// One id for each branch; the same when the command runs again.
fn derive_conflict_id(
    ctx: &CommandContext,
    report: ReportId,
    revision: i64,
    index: usize,
) -> ConflictId {
    let device = ctx.actor.device.unwrap_or(DeviceId([0; 16]));
    let parts: [&[u8]; 5] = [
        &report.0,
        &device.0,
        &ctx.command_number.to_be_bytes(),
        &revision.to_be_bytes(),
        &(index as u64).to_be_bytes(),
    ];
    ConflictId(derive_id("conflict", &parts))
}

pub(super) fn check_period(
    ctx: &CommandContext,
    key: &ReportKey,
    today: Date,
) -> Result<Expectation> {
    let expected = ctx.reference.expectation(key).ok_or(RefusalReason::NotExpected)?;
    if today < key.period.start {
        return Err(RefusalReason::PeriodNotOpen.into());
    }
    if ctx.reference.is_every_campaign_concluded(key) {
        return Err(RefusalReason::PeriodClosed.into());
    }
    Ok(expected)
}

/// Refuses a submission before the last day of the sheet; the day is that of the receipt. An app
/// that does not know the reason gets the one that it knows.
pub(super) fn check_period_over(
    ctx: &CommandContext,
    expected: &Expectation,
    today: Date,
    rules: ReportRules,
) -> Result<()> {
    let contract = ctx.reference.contract(expected.contract);
    let early = contract.map_or(EarlyReports::Refused, |contract| contract.early);
    expected.check_period_over(today, early).map_err(|reason| {
        if rules.knows_words() { reason } else { RefusalReason::PeriodNotOpen }.into()
    })
}

/// The report and its unit, if the caller may read it. An unreadable report gives NOT_FOUND.
fn require_visible_report(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    report: CommandReport,
) -> Result<(Report, UnitPath)> {
    let filed = report.stored.ok_or(RefusalReason::NotFound)?;
    let unit_path = tx.unit_path(filed.report.key.unit)?;
    let today = tx.now().local_date();
    let seen = if filed.report.state.is_sent() {
        authorize::<action::ReadReport>(ctx.actor, &unit_path, today).is_ok()
    } else {
        authorize::<action::ReadDesk>(ctx.actor, &unit_path, today).is_ok()
    };
    if !seen {
        return Err(RefusalReason::NotFound.into());
    }
    ctx.check_not_expired(&filed.report.key, today)?;
    Ok((filed.report, unit_path))
}

fn submit_report(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    report: CommandReport,
    rules: ReportRules,
) -> Result<CommandEffect> {
    let id = report.id;
    let (report, unit_path) = require_visible_report(tx, ctx, report)?;
    let now = tx.now();
    let today = now.local_date();
    let permit: Permit<action::SubmitReport> = authorize(ctx.actor, &unit_path, today)?;
    let expected = check_period(ctx, &report.key, today)?;
    let shape = ctx.reference.form_schema(report.key.contract).ok_or(RefusalReason::NotExpected)?;
    check_period_over(ctx, &expected, today, rules)?;
    if rules.knows_words() {
        report.check_stocks_said(shape)?;
    }
    let late = judge_lateness(&expected, now, ctx.captured).is_late();
    let sent = report.submit(unit_path.acting_unit, shape, today, late)?;
    let put = tx.put_report(&permit, &sent, &ctx.reference.unit_numbers)?;
    tx.add_author(id, ctx.actor.account)?;
    Ok(CommandEffect { verdict: Verdict::Applied, record: id.0, revision: put.revision })
}

fn return_report(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    report: CommandReport,
    seen: ContentHash,
    question: &ReviewQuestion,
) -> Result<CommandEffect> {
    let id = report.id;
    let (report, unit_path) = require_visible_report(tx, ctx, report)?;
    let permit: Permit<action::ReturnReport> =
        authorize(ctx.actor, &unit_path, tx.now().local_date())?;
    if let Some(reason) = free_text::check_free_text(&question.text) {
        return Err(reason.into());
    }
    let returned = report.return_with_question(seen, question.clone())?;
    let put = tx.put_report(&permit, &returned, &ctx.reference.unit_numbers)?;
    Ok(CommandEffect { verdict: Verdict::Applied, record: id.0, revision: put.revision })
}

fn accept_report(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    report: CommandReport,
    seen: ContentHash,
) -> Result<CommandEffect> {
    let id = report.id;
    let (report, unit_path) = require_visible_report(tx, ctx, report)?;
    let permit: Permit<action::AcceptReport> =
        authorize(ctx.actor, &unit_path, tx.now().local_date())?;
    if tx.is_author(id, ctx.actor.account)? {
        return Err(RefusalReason::OwnReport.into());
    }
    let accepted = report.accept(seen)?;
    let put = tx.put_report(&permit, &accepted, &ctx.reference.unit_numbers)?;
    waiver::lapse_waiver(tx, &permit, id, &ctx.reference.unit_numbers)?;
    Ok(CommandEffect { verdict: Verdict::Applied, record: id.0, revision: put.revision })
}

fn add_comment(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    report: CommandReport,
    comment: CommentId,
    text: &str,
) -> Result<CommandEffect> {
    let id = report.id;
    let (report, unit_path) = require_visible_report(tx, ctx, report)?;
    let today = tx.now().local_date();
    let permit: Permit<action::CommentReport> = authorize(ctx.actor, &unit_path, today)?;
    if !report.state.is_sent() {
        return Err(RefusalReason::WorkflowForbids.into());
    }
    if let Some(reason) = free_text::check_free_text(text) {
        return Err(reason.into());
    }
    if tx.has_comment(comment)? {
        return Err(RefusalReason::CommentExists.into());
    }
    let (unit, role) = author_role(ctx.actor, &unit_path, today);
    let comment_record =
        Comment { report: id, unit, role, text: text.to_owned(), received_day: today };
    let put =
        tx.put_comment(&permit, comment, &comment_record, &report, &ctx.reference.unit_numbers)?;
    Ok(CommandEffect { verdict: Verdict::Applied, record: comment.0, revision: put.revision })
}

/// The unit and role of a comment: a comment is attributed to a role, not to a person.
fn author_role(actor: &Actor, unit_path: &UnitPath, today: Date) -> (UnitId, Role) {
    use crate::domain::access::permission::{Action, ActionMarker as _};
    debug_assert_eq!(action::CommentReport::ACTION, Action::CommentReport);
    actor
        .active_grants_on(today)
        .find(|grant| {
            Action::CommentReport
                .allowed()
                .contains(&(grant.role, unit_path.relation_to(grant.unit)))
        })
        .map_or((unit_path.acting_unit, Role::Reporter), |grant| (grant.unit, grant.role))
}

fn settle_conflict(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    report: CommandReport,
    (id, take_branch): (ConflictId, bool),
) -> Result<CommandEffect> {
    let conflict = tx.conflict(id)?.ok_or(RefusalReason::NotFound)?;
    let (report, unit_path) = require_visible_report(tx, ctx, report)?;
    let today = tx.now().local_date();
    let permit: Permit<action::SettleConflict> = authorize(ctx.actor, &unit_path, today)?;
    if conflict.settled.is_some() {
        return Err(RefusalReason::ConflictSettled.into());
    }
    let key = report.key.clone();
    let mut revision = 0;
    if take_branch {
        check_period(ctx, &report.key, today)?;
        let shape =
            ctx.reference.form_schema(report.key.contract).ok_or(RefusalReason::NotExpected)?;
        let save = branch_to_save(&conflict.branch, &report, unit_path.acting_unit);
        let saved = Report::apply_save(Some(report), &save, unit_path.acting_unit, shape)?;
        revision = tx.put_report(&permit, &saved.report, &ctx.reference.unit_numbers)?.revision;
        tx.add_author(conflict.report, ctx.actor.account)?;
    }
    let settled = Conflict { settled: Some(take_branch), ..conflict };
    let put = tx.put_conflict(&permit, id, &settled, &key)?;
    Ok(CommandEffect {
        verdict: Verdict::Applied,
        record: id.0,
        revision: revision.max(put.revision),
    })
}

/// The save that replaces the present value by the branch's value.
fn branch_to_save(branch: &ConflictBranch, report: &Report, acting_unit: UnitId) -> SaveCells {
    let (changes, note) = match branch {
        ConflictBranch::Cell { element, mine, .. } => {
            let base = report.cells.get(element).copied();
            (vec![CellChange { element: *element, mine: *mine, base }], None)
        }
        ConflictBranch::Note { mine, .. } => {
            (Vec::new(), Some(NoteChange { mine: mine.clone(), base: report.note.clone() }))
        }
    };
    SaveCells { key: report.key.clone(), acting_unit, changes, note, base_revision: 0 }
}
