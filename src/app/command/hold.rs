//! Decides whether a command waits: because its base is missing, or because its author's grant was
//! lost. Stores it on the desk of a unit.
//!
//! ```text
//! base missing  -> HELD on the desk -> the base arrives -> runs in its device's order
//!                                                       -> refused: stays, with the reason
//! grant lost    -> HELD on the desk (hand-over box) -> the unit head applies or discards it
//! ```

use super::context::{CommandContext, CommandEffect, CommandReport, RawCommand};
use crate::app::error::Result;
use crate::domain::access::permission::{Actor, Grant, UnitPath, action, authorize};
use crate::domain::report::attachment::{HeldCommand, HeldReason, HeldState};
use crate::domain::report::command::{Command, CommandBody, Verdict};
use crate::domain::support::ids::{HeldCommandId, ReportId, UnitId, derive_id};
use crate::domain::support::limits::HELD_COMMANDS_MAX;
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::store::WriteTx;
use crate::store::held_command::WaitingCommand;
use crate::store::write_tx::AuditContext;
use jiff::civil::Date;

/// The desk on which a pushed command waits because its base is missing, or because an earlier
/// command of its device waits for the same report; `None`: it runs now.
pub(super) fn find_desk_without_base(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    command: &Command,
    (raw, report, waiting): (RawCommand, &CommandReport, &[WaitingCommand]),
) -> Result<Option<UnitPath>> {
    let is_blocked = waiting.iter().any(|waiting| {
        Some(waiting.device) == ctx.actor.device && waiting.reason == HeldReason::UnknownBase
    });
    if !is_blocked && !is_base_missing(tx, report, raw.has_lost_history, command)? {
        return Ok(None);
    }
    find_desk(tx, ctx.actor, true, command, report.unit())
}

/// The desk to which a pushed command is handed over that was refused because its author lost the
/// grant; `None`: the refusal stands. `report_unit` is the unit of its report, if there is one.
pub(super) fn find_handover_desk(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    command: &Command,
    report_unit: Option<UnitId>,
) -> Result<Option<UnitPath>> {
    let former = former_actor(tx, ctx)?;
    let is_same = former == *ctx.actor;
    find_desk(tx, &former, is_same, command, report_unit)
}

/// Whether the base of the command is missing. Without a loss of history only a save can have a
/// missing base.
pub(super) fn is_base_missing(
    tx: &mut WriteTx,
    report: &CommandReport,
    lossy: bool,
    command: &Command,
) -> Result<bool> {
    Ok(match &command.body {
        CommandBody::SaveCells(save) | CommandBody::ProposeAmendment { save, .. } => {
            report.revision() < save.base_revision
        }
        CommandBody::SubmitReport { .. } | CommandBody::AddComment { .. } => {
            lossy && report.stored.is_none()
        }
        CommandBody::ReturnReport { content_hash: seen, .. }
        | CommandBody::AcceptReport { content_hash: seen, .. } => {
            let Some(present) = &report.stored else { return Ok(lossy) };
            lossy
                && present.report.content_hash() != *seen
                && !tx.has_replaced_content(report.id, *seen)?
        }
        CommandBody::SettleConflict { .. }
        | CommandBody::SettleHeld { .. }
        | CommandBody::SettleProposal { .. }
        | CommandBody::TakePart(_) => false,
    })
}

/// The unit on whose desk a command of this actor would be held; `None` when the actor may not
/// write there. `is_author`: whether the actor is the author with the grants of today.
pub(super) fn find_desk(
    tx: &mut WriteTx,
    actor: &Actor,
    is_author: bool,
    command: &Command,
    report_unit: Option<UnitId>,
) -> Result<Option<UnitPath>> {
    let today = tx.now().local_date();
    let unit = match &command.body {
        CommandBody::SaveCells(save) | CommandBody::ProposeAmendment { save, .. } => {
            Some(save.key.unit)
        }
        CommandBody::SubmitReport { acting_unit, .. } => Some(report_unit.unwrap_or(*acting_unit)),
        CommandBody::ReturnReport { .. }
        | CommandBody::AcceptReport { .. }
        | CommandBody::AddComment { .. } => {
            report_unit.or_else(|| actor.active_grants_on(today).min().map(|grant| grant.unit))
        }
        CommandBody::SettleConflict { .. }
        | CommandBody::SettleHeld { .. }
        | CommandBody::SettleProposal { .. }
        | CommandBody::TakePart(_) => None,
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
        | CommandBody::AddComment { .. } => is_author,
        CommandBody::SettleConflict { .. }
        | CommandBody::SettleHeld { .. }
        | CommandBody::SettleProposal { .. }
        | CommandBody::TakePart(_) => false,
    };
    Ok(may.then_some(unit_path))
}

/// Whether a refusal may come from a lost grant.
pub(super) fn is_permission_refusal(refusal: &Refusal) -> bool {
    matches!(refusal.reason, RefusalReason::Denied | RefusalReason::NotFound)
}

/// The actor with all grants that it ever held.
fn former_actor(tx: &mut WriteTx, ctx: &CommandContext) -> Result<Actor> {
    let today = tx.now().local_date();
    let ended = ctx.actor.grants.iter().filter(|grant| grant.to <= today);
    let mut grants: Vec<_> = ended.map(|grant| Grant { to: Date::MAX, ..*grant }).collect();
    grants.extend(tx.former_grants(ctx.actor.account)?);
    Ok(Actor { grants, ..ctx.actor.clone() })
}

/// Stores a pushed command on the desk of a unit until it can run.
pub(super) fn hold_command(
    tx: &mut WriteTx,
    ctx: &CommandContext,
    raw: RawCommand,
    (unit_path, report): (&UnitPath, ReportId),
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
