//! Held commands: commands whose base is missing, and commands of an author whose grant was lost.
//!
//! ```text
//! base missing  -> HELD on the desk -> the base arrives -> runs in its device's order
//!                                                       -> refused: stays, with the reason
//! grant lost    -> HELD on the desk (hand-over box) -> the unit head applies or discards it
//! ```

use super::error::{AppError, Result};
use super::report::{self, CommandContext, CommandEffect};
use crate::domain::access::permission::{Actor, Permit, UnitPath, action, authorize};
use crate::domain::report::attachment::{HeldCommand, HeldReason, HeldState};
use crate::domain::report::command::{Command, CommandBody, Verdict};
use crate::domain::support::ids::{HeldCommandId, ReportId, derive_id};
use crate::domain::support::limits::HELD_COMMANDS_MAX;
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::store::WriteTx;
use crate::store::held_command::WaitingCommand;
use crate::store::recorded_command::RecordedCommand;
use crate::store::write_tx::AuditContext;
use std::cell::Cell;
use std::collections::BTreeSet;

/// A command as a device pushed it. Only such a command can be held.
#[derive(Debug, Clone, Copy)]
pub struct RawCommand<'a> {
    /// The bytes of the command as received.
    pub bytes: &'a [u8],
    /// Whether this database lost commits once: then a command may name data that is not here yet.
    pub has_lost_history: bool,
    /// Whether any command is held; set when one is added.
    pub has_waiting: &'a Cell<bool>,
}

/// Runs or holds a command. Afterwards runs the commands that waited for its report, as far as
/// possible.
pub(super) fn run_or_hold(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    command: &Command,
) -> Result<CommandEffect> {
    let Some(report) = target_report(tx, &command.body)? else {
        return report::apply_command(tx, ctx, command);
    };
    let device = ctx.actor.device;
    let before = if ctx.raw.is_none_or(|raw| raw.has_waiting.get()) {
        tx.commands_waiting_for(report)?
    } else {
        Vec::new()
    };
    if let Some(raw) = ctx.raw {
        let is_blocked = before.iter().any(|waiting| {
            Some(waiting.device) == device && waiting.reason == HeldReason::UnknownBase
        });
        if (is_blocked || is_base_missing(tx, ctx, raw.has_lost_history, command)?)
            && let Some(unit_path) = find_desk(tx, ctx.actor, ctx, command)?
        {
            return hold_command(tx, ctx, raw, &unit_path, report, HeldReason::UnknownBase);
        }
    }
    let effect = match (report::apply_command(tx, ctx, command), ctx.raw) {
        (Err(AppError::Refused(refusal)), Some(raw)) if is_permission_refusal(&refusal) => {
            let former = former_actor(tx, ctx)?;
            match find_desk(tx, &former, ctx, command)? {
                Some(unit_path) => {
                    return hold_command(tx, ctx, raw, &unit_path, report, HeldReason::GrantLost);
                }
                None => return Err(refusal.into()),
            }
        }
        (done, _) => done?,
    };
    if !before.is_empty() {
        release_waiting_commands(tx, ctx, report)?;
    }
    Ok(effect)
}

/// The report of a command.
pub(super) fn target_report(tx: &mut WriteTx, body: &CommandBody) -> Result<Option<ReportId>> {
    Ok(match body {
        CommandBody::SaveCells(save) => Some(save.key.id()),
        CommandBody::SubmitReport { report, .. }
        | CommandBody::ReturnReport { report, .. }
        | CommandBody::AcceptReport { report, .. }
        | CommandBody::AddComment { report, .. } => Some(*report),
        CommandBody::ProposeAmendment { save, .. } => Some(save.key.id()),
        CommandBody::SettleConflict { conflict, .. } => {
            tx.conflict(*conflict)?.map(|conflict| conflict.report)
        }
        CommandBody::SettleHeld { .. } | CommandBody::SettleProposal { .. } => None,
    })
}

/// Whether the base of the command is missing. Without a loss of history only a save can have a
/// missing base.
fn is_base_missing(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    lossy: bool,
    command: &Command,
) -> Result<bool> {
    let units = &ctx.reference.unit_numbers;
    Ok(match &command.body {
        CommandBody::SaveCells(save) | CommandBody::ProposeAmendment { save, .. } => {
            tx.report_revision(save.key.id())? < save.base_revision
        }
        CommandBody::SubmitReport { report, .. } | CommandBody::AddComment { report, .. } => {
            lossy && tx.report(*report, units)?.is_none()
        }
        CommandBody::ReturnReport { report, content_hash: seen, .. }
        | CommandBody::AcceptReport { report, content_hash: seen } => {
            let Some(present) = tx.report(*report, units)? else { return Ok(lossy) };
            lossy
                && present.report.content_hash() != *seen
                && !tx.has_sent_content(*report, *seen, units)?
        }
        CommandBody::SettleConflict { .. }
        | CommandBody::SettleHeld { .. }
        | CommandBody::SettleProposal { .. } => false,
    })
}

/// The unit on whose desk a command of this actor would be held; `None` when the actor may not
/// write there.
pub(super) fn find_desk(
    tx: &mut WriteTx,
    actor: &Actor,
    ctx: &CommandContext,
    command: &Command,
) -> Result<Option<UnitPath>> {
    let today = tx.now().local_date();
    let unit = match &command.body {
        CommandBody::SaveCells(save) | CommandBody::ProposeAmendment { save, .. } => {
            Some(save.key.unit)
        }
        CommandBody::SubmitReport { report, acting_unit, .. } => {
            let report_unit =
                tx.report(*report, &ctx.reference.unit_numbers)?.map(|filed| filed.report.key.unit);
            Some(report_unit.unwrap_or(*acting_unit))
        }
        CommandBody::ReturnReport { report, .. }
        | CommandBody::AcceptReport { report, .. }
        | CommandBody::AddComment { report, .. } => {
            let report_unit =
                tx.report(*report, &ctx.reference.unit_numbers)?.map(|filed| filed.report.key.unit);
            report_unit.or_else(|| actor.active_grants_on(today).min().map(|grant| grant.unit))
        }
        CommandBody::SettleConflict { .. }
        | CommandBody::SettleHeld { .. }
        | CommandBody::SettleProposal { .. } => None,
    };
    let Some(unit) = unit else { return Ok(None) };
    let unit_path = tx.unit_path(unit)?;
    let may = match &command.body {
        CommandBody::SaveCells(_) | CommandBody::ProposeAmendment { .. } => {
            authorize::<action::SaveReport>(actor, &unit_path, today).is_ok()
        }
        CommandBody::SubmitReport { .. } => {
            authorize::<action::SubmitReport>(actor, &unit_path, today).is_ok()
        }
        // Commands of a reviewer wait for their report, but are not handed over to another person.
        CommandBody::ReturnReport { .. }
        | CommandBody::AcceptReport { .. }
        | CommandBody::AddComment { .. } => actor == ctx.actor,
        CommandBody::SettleConflict { .. }
        | CommandBody::SettleHeld { .. }
        | CommandBody::SettleProposal { .. } => false,
    };
    Ok(may.then_some(unit_path))
}

fn is_permission_refusal(refusal: &Refusal) -> bool {
    matches!(refusal.reason, RefusalReason::Denied | RefusalReason::NotFound)
}

/// The actor with all grants that it ever held.
fn former_actor(tx: &mut WriteTx, ctx: &CommandContext) -> Result<Actor> {
    let today = tx.now().local_date();
    let ended = ctx.actor.grants.iter().filter(|grant| grant.to <= today);
    let mut grants: Vec<_> = ended
        .map(|grant| crate::domain::access::permission::Grant {
            to: jiff::civil::Date::MAX,
            ..*grant
        })
        .collect();
    grants.extend(tx.former_grants(ctx.actor.account)?);
    Ok(Actor { grants, ..ctx.actor.clone() })
}

fn hold_command(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    raw: RawCommand,
    unit_path: &UnitPath,
    report: ReportId,
    reason: HeldReason,
) -> Result<CommandEffect> {
    let device = ctx.actor.device.ok_or(RefusalReason::Denied)?;
    if tx.count_waiting_commands(device)? >= HELD_COMMANDS_MAX {
        return Err(RefusalReason::TooMany.into());
    }
    let id = next_held_id(tx, raw.bytes)?;
    let held_record = HeldCommand {
        report,
        reason,
        command: raw.bytes.to_vec(),
        state: HeldState::Open,
        refusal: None,
    };
    let audit = AuditContext::from_actor(ctx.actor, "command.hold");
    let put =
        tx.insert_held_command(&audit, unit_path, (id, device, ctx.command_number), &held_record)?;
    raw.has_waiting.set(true);
    Ok(CommandEffect { verdict: Verdict::Held, record: id.0, revision: put.revision })
}

/// An id derived from the command's bytes and not from the device, so that figures cannot be linked
/// to a device.
pub(super) fn next_held_id(tx: &mut WriteTx, bytes: &[u8]) -> Result<HeldCommandId> {
    let mut attempt = 0u32;
    loop {
        let id = HeldCommandId(derive_id("held", &[bytes, &attempt.to_be_bytes()]));
        if tx.held_record(id)?.is_none() {
            return Ok(id);
        }
        attempt += 1;
    }
}

/// Runs the commands that wait for a report, in order, as far as possible; returns how many took
/// effect.
pub(super) fn release_waiting_commands(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    report: ReportId,
) -> Result<usize> {
    let mut released = 0;
    let mut refused = BTreeSet::new();
    loop {
        let mut blocked = BTreeSet::new();
        let mut next = None;
        for waiting in tx.commands_waiting_for(report)? {
            let open = waiting.reason == HeldReason::UnknownBase && !refused.contains(&waiting.id);
            if open
                && !blocked.contains(&waiting.device)
                && !is_base_missing(tx, ctx, true, &waiting.command)?
            {
                next = Some(waiting);
                break;
            }
            blocked.insert(waiting.device);
        }
        let Some(waiting) = next else { return Ok(released) };
        if run_held_command(tx, ctx, &waiting)? {
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
    match tx.with_savepoint(|tx| report::apply_command(tx, &author_ctx, &waiting.command)) {
        Ok(effect) => {
            finish_held_command(tx, waiting, effect.verdict, effect.revision)?;
            tx.delete_held_command(&audit, waiting.id)?;
            Ok(true)
        }
        Err(error) => {
            let refusal = report::into_refusal(error)?;
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

/// Applies a held command as the unit head's own, or discards it.
pub(super) fn settle_held_command(
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
        let effect = report::apply_command(
            tx,
            &CommandContext { captured: None, raw: None, ..*ctx },
            &waiting.command,
        )?;
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
