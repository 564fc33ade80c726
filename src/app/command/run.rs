//! Runs one command: holds it if it must wait, else runs its step, then the held commands that
//! waited for its report.

use super::context::{CommandContext, CommandEffect, CommandReport};
use super::execute::execute;
use super::hold::{self, find_desk_without_base, find_handover_desk, is_base_missing};
use super::participate;
use super::propose::settle_proposal;
use crate::app::error::{AppError, Result};
use crate::domain::access::permission::{Actor, Permit, action, authorize};
use crate::domain::report::attachment::{HeldCommand, HeldReason, HeldState};
use crate::domain::report::command::{Command, CommandBody, Verdict};
use crate::domain::support::ids::{HeldCommandId, ReportId};
use crate::domain::support::reason::RefusalReason;
use crate::store::WriteTx;
use crate::store::held_command::WaitingCommand;
use crate::store::recorded_command::RecordedCommand;
use crate::store::write_tx::AuditContext;
use std::collections::BTreeSet;

/// Runs one command, or holds it until it can run. Afterwards runs the commands that waited for its
/// report, as far as possible.
pub(in crate::app) fn run_command(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    command: &Command,
) -> Result<CommandEffect> {
    match &command.body {
        CommandBody::SettleHeld { held, apply } => settle_held_command(tx, ctx, *held, *apply),
        CommandBody::SettleProposal { proposal, content_hash: seen, grant } => {
            settle_proposal(tx, ctx, *proposal, *seen, *grant)
        }
        CommandBody::TakePart(part) => participate::take_part(tx, ctx, part),
        CommandBody::SaveCells(_)
        | CommandBody::SubmitReport { .. }
        | CommandBody::ReturnReport { .. }
        | CommandBody::AcceptReport { .. }
        | CommandBody::AddComment { .. }
        | CommandBody::SettleConflict { .. }
        | CommandBody::ProposeAmendment { .. } => run_or_hold(tx, ctx, command),
    }
}

/// Runs or holds a command that concerns one report.
fn run_or_hold(tx: &mut WriteTx, ctx: &CommandContext, command: &Command) -> Result<CommandEffect> {
    let report = CommandReport::load_for(tx, ctx.reference, &command.body)?;
    let (id, unit) = (report.id, report.unit());
    let waiting = if ctx.raw.is_none_or(|raw| raw.has_waiting) {
        tx.commands_waiting_for(id)?
    } else {
        Vec::new()
    };
    if let Some(raw) = ctx.raw
        && let Some(desk) = find_desk_without_base(tx, ctx, command, (raw, &report, &waiting))?
    {
        return hold::hold_command(tx, ctx, raw, (&desk, id), HeldReason::UnknownBase);
    }
    let effect = match (execute(tx, ctx, command, report), ctx.raw) {
        (Err(AppError::Refused(refusal)), Some(raw)) if hold::is_permission_refusal(&refusal) => {
            let Some(desk) = find_handover_desk(tx, ctx, command, unit)? else {
                return Err(refusal.into());
            };
            return hold::hold_command(tx, ctx, raw, (&desk, id), HeldReason::GrantLost);
        }
        (done, _) => done?,
    };
    if !waiting.is_empty() {
        release_waiting_commands(tx, ctx, id)?;
    }
    Ok(effect)
}

/// Runs the commands that wait for a report, in order, as far as possible; returns how many took
/// effect.
pub(in crate::app) fn release_waiting_commands(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    report: ReportId,
) -> Result<usize> {
    let mut released = 0;
    let mut refused = BTreeSet::new();
    loop {
        let present = CommandReport::load(tx, ctx.reference, report)?;
        let mut blocked = BTreeSet::new();
        let mut next = None;
        for waiting in tx.commands_waiting_for(report)? {
            let open = waiting.reason == HeldReason::UnknownBase && !refused.contains(&waiting.id);
            if open
                && !blocked.contains(&waiting.device)
                && !is_base_missing(tx, &present, true, &waiting.command)?
            {
                next = Some(waiting);
                break;
            }
            blocked.insert(waiting.device);
        }
        let Some(waiting) = next else { return Ok(released) };
        if run_held_command(tx, ctx, &waiting, present)? {
            released += 1;
        } else {
            refused.insert(waiting.id);
        }
    }
}

/// Runs one held command as its author; `false` when it is refused: it stays held, with the reason.
fn run_held_command(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    waiting: &WaitingCommand,
    report: CommandReport,
) -> Result<bool> {
    let Some(device) = tx.device(waiting.device)? else { return Ok(false) };
    let grants = tx.grants(device.account)?;
    let author = Actor { account: device.account, device: Some(waiting.device), grants };
    let author_ctx = CommandContext {
        actor: &author,
        command_number: waiting.number,
        captured: None,
        raw: None,
        ..*ctx
    };
    let audit = AuditContext::from_actor(&author, "command.release");
    match tx.with_savepoint(|tx| execute(tx, &author_ctx, &waiting.command, report)) {
        Ok(effect) => {
            finish_held_command(tx, waiting, effect.verdict, effect.revision)?;
            tx.delete_held_command(&audit, waiting.id)?;
            Ok(true)
        }
        Err(error) => {
            let refusal = error.into_refusal()?;
            let Some(held_record) = tx.held_record(waiting.id)? else { return Ok(false) };
            let unit_path = tx.unit_path(waiting.unit)?;
            tx.put_held_record(
                &audit,
                &unit_path,
                waiting.id,
                &HeldCommand { refusal: Some(refusal.reason), ..held_record },
            )?;
            Ok(false)
        }
    }
}

/// Applies a held command as the unit head's own, or discards it.
fn settle_held_command(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    id: HeldCommandId,
    apply: bool,
) -> Result<CommandEffect> {
    let held_record = tx.held_record(id)?.ok_or(RefusalReason::NotFound)?;
    let waiting = tx.held_command(id)?.ok_or(RefusalReason::NotFound)?;
    let unit_path = tx.unit_path(waiting.unit)?;
    let permit: Permit<action::SettleHeld> =
        authorize(ctx.actor, &unit_path, tx.now().local_date())?;
    if !waiting.is_waiting {
        return Err(RefusalReason::HeldSettled.into());
    }
    let mut verdict = Verdict::Rejected;
    let mut revision = 0;
    if apply {
        let head_ctx = CommandContext { captured: None, raw: None, ..*ctx };
        let report = CommandReport::load(tx, ctx.reference, waiting.report)?;
        let effect = execute(tx, &head_ctx, &waiting.command, report)?;
        (verdict, revision) = (effect.verdict, effect.revision);
        if let Some(author) = tx.device(waiting.device)? {
            tx.add_author(waiting.report, author.account)?;
        }
    }
    finish_held_command(tx, &waiting, verdict, revision)?;
    let state = if apply { HeldState::Applied } else { HeldState::Discarded };
    let put = tx.put_settled_record(&permit, id, &HeldCommand { state, ..held_record })?;
    release_waiting_commands(tx, ctx, waiting.report)?;
    Ok(CommandEffect { verdict: Verdict::Applied, record: id.0, revision: put.revision })
}

/// Gives a command that is no longer held its verdict.
fn finish_held_command(
    tx: &mut WriteTx,
    waiting: &WaitingCommand,
    verdict: Verdict,
    revision: i64,
) -> Result<()> {
    let outcome = RecordedCommand {
        number: waiting.number,
        hash: [0; 32],
        verdict,
        reason: None,
        commit_seq: 0,
        revision,
    };
    Ok(tx.finish_held_command(waiting.id, &outcome, waiting.device)?)
}
