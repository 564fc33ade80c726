//! Commands that a device exported before it was revoked: the head of their unit takes them into
//! the hand-over box, once per device and number. The device itself still sends nothing (S19).

use super::context::CommandReport;
use super::hold::{find_desk, next_held_id};
use crate::app::App;
use crate::app::error::Result;
use crate::domain::access::permission::{
    Actor, AuthorizationError, Grant, Role, UnitPath, action, authorize,
};
use crate::domain::report::attachment::{HeldCommand, HeldReason, HeldState};
use crate::domain::report::command::{Command, CommandBody, Verdict};
use crate::domain::support::ids::{AccountId, DeviceId, ReportId, UnitId};
use crate::domain::support::limits::HELD_COMMANDS_MAX;
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::store::WriteTx;
use crate::store::recorded_command::RecordedCommand;
use crate::store::write_tx::AuditContext;
use jiff::civil::Date;

/// The device that exported the commands, from its verified certificate.
#[derive(Debug, Clone)]
pub struct ExportingDevice {
    /// The device.
    pub device: DeviceId,
    /// Its account.
    pub account: AccountId,
    /// The unit for which it acted.
    pub unit: UnitId,
    /// Its roles there.
    pub roles: Vec<Role>,
    /// Whether the file of revocations lists it; a restored database may not know that.
    pub is_in_revocation_file: bool,
}

/// A command of the file.
#[derive(Debug, Clone)]
pub struct ImportedCommand {
    /// Its number on its device, from 1.
    pub number: u64,
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The decoded command, or why it cannot be decoded.
    pub command: std::result::Result<Command, Refusal>,
}

/// The result of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandImport {
    /// The device is not revoked and sends its commands itself: nothing was imported.
    DeviceNotRevoked,
    /// The commands were examined.
    Imported {
        /// Numbers that are now in the hand-over box.
        held: Vec<u64>,
        /// Numbers that were received or imported before.
        known: Vec<u64>,
        /// Numbers that were not imported, each with the reason.
        refused: Vec<(u64, RefusalReason)>,
    },
}

impl App {
    /// Takes commands into the hand-over box of their units as the act of the account `head`, which
    /// needs the right to settle held commands there. All in one transaction; repeating it changes
    /// nothing.
    pub fn import_commands(
        &self,
        head: AccountId,
        exporter: &ExportingDevice,
        commands: &[ImportedCommand],
    ) -> Result<CommandImport> {
        self.store().write("command.import", self.now(), |tx| {
            let known_device = tx.device(exporter.device)?;
            let is_revoked = known_device.as_ref().is_some_and(|known| known.revoked_at.is_some());
            if !is_revoked && !exporter.is_in_revocation_file {
                return Ok(CommandImport::DeviceNotRevoked);
            }
            let head = Actor { account: head, device: None, grants: tx.grants(head)? };
            let author = exporting_author(tx, exporter)?;
            let (mut held, mut known, mut refused) = (Vec::new(), Vec::new(), Vec::new());
            for imported in commands {
                match self.import_command(tx, &head, &author, imported)? {
                    Ok(true) => held.push(imported.number),
                    Ok(false) => known.push(imported.number),
                    Err(reason) => refused.push((imported.number, reason)),
                }
            }
            Ok(CommandImport::Imported { held, known, refused })
        })
    }

    /// Holds one command; `false` if the database has it already, or the reason of a refusal.
    fn import_command(
        &self,
        tx: &mut WriteTx,
        head: &Actor,
        author: &Actor,
        imported: &ImportedCommand,
    ) -> Result<std::result::Result<bool, RefusalReason>> {
        let Some(device) = author.device else { return Ok(Err(RefusalReason::Denied)) };
        if let Some(recorded) = tx.recorded_command(device, imported.number)? {
            let is_same = recorded.hash == imported.hash;
            return Ok(if is_same { Ok(false) } else { Err(RefusalReason::ContentChanged) });
        }
        let command = match &imported.command {
            Ok(command) if is_handed_over(&command.body) => command,
            Ok(_) => return Ok(Err(RefusalReason::Denied)),
            Err(refusal) => return Ok(Err(refusal.reason)),
        };
        let reference = self.reference(tx)?;
        let report = CommandReport::load_for(tx, &reference, &command.body)?;
        let Some(unit_path) = find_desk(tx, author, true, command, report.unit())? else {
            return Ok(Err(RefusalReason::Denied));
        };
        match authorize::<action::SettleHeld>(head, &unit_path, tx.now().local_date()) {
            Ok(_) => {}
            Err(AuthorizationError::NotVisible) => return Ok(Err(RefusalReason::NotFound)),
            Err(_) => return Ok(Err(RefusalReason::Denied)),
        }
        if tx.count_waiting_commands(device)? >= HELD_COMMANDS_MAX {
            return Ok(Err(RefusalReason::TooMany));
        }
        hold_imported(tx, head, (device, &unit_path, report.id), imported)?;
        Ok(Ok(true))
    }
}

/// Stores the held command, and its row under (device, number), which makes the import happen once.
fn hold_imported(
    tx: &mut WriteTx,
    head: &Actor,
    (device, unit_path, report): (DeviceId, &UnitPath, ReportId),
    imported: &ImportedCommand,
) -> Result<()> {
    let record = HeldCommand {
        report,
        reason: HeldReason::GrantLost,
        command: imported.bytes.clone(),
        state: HeldState::Open,
        refusal: None,
    };
    let id = next_held_id(tx, &imported.bytes)?;
    let audit = AuditContext::from_actor(head, "command.import");
    let put = tx.insert_held_command(&audit, unit_path, (id, device, imported.number), &record)?;
    let row = RecordedCommand {
        number: imported.number,
        hash: imported.hash,
        verdict: Verdict::Held,
        reason: None,
        commit_seq: 0,
        revision: put.revision,
    };
    Ok(tx.insert_command(device, &row)?)
}

/// Only what a reporter enters is handed over to another person; a reviewer's decision is not.
fn is_handed_over(body: &CommandBody) -> bool {
    match body {
        CommandBody::SaveCells(_)
        | CommandBody::ProposeAmendment { .. }
        | CommandBody::SubmitReport { .. } => true,
        CommandBody::ReturnReport { .. }
        | CommandBody::AcceptReport { .. }
        | CommandBody::AddComment { .. }
        | CommandBody::SettleConflict { .. }
        | CommandBody::SettleHeld { .. }
        | CommandBody::SettleProposal { .. }
        | CommandBody::TakePart(_) => false,
    }
}

/// The author with every role that the account holds or held: the roles may have ended, and a
/// restored database may lack them.
fn exporting_author(tx: &mut WriteTx, exporter: &ExportingDevice) -> Result<Actor> {
    let unlimited = |grant: Grant| Grant { from: Date::MIN, to: Date::MAX, ..grant };
    let certified = exporter.roles.iter().map(|role| Grant {
        role: *role,
        unit: exporter.unit,
        from: Date::MIN,
        to: Date::MAX,
    });
    let mut grants: Vec<Grant> = certified.collect();
    grants.extend(tx.grants(exporter.account)?.into_iter().map(unlimited));
    grants.extend(tx.former_grants(exporter.account)?);
    Ok(Actor { account: exporter.account, device: Some(exporter.device), grants })
}
