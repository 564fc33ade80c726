//! Commands that are stored but not applied: the record in the unit's desk scope, and a row with
//! the sender and the command.
//!
//! Contains no rule: `app` decides whether a command waits and when it runs.

use super::backend::with_conn;
use super::error::{Error, Result};
use super::read_tx::{ReadTx, to_byte_array};
use super::recorded_command::RecordedCommand;
use super::schema::{command, former_grant, held_command};
use super::write_rights::PermitUnit;
use super::write_tx::{AuditContext, PutOutcome, WriteTx};
use crate::domain::access::permission::{Grant, Permit, Role, UnitPath, action};
use crate::domain::access::scope::{RecordKind, Scope};
use crate::domain::report::attachment::{HeldCommand, HeldPlace, HeldReason};
use crate::domain::report::command::Command;
use crate::domain::support::ids::{AccountId, DeviceId, HeldCommandId, ReportId, UnitId};
use crate::wire::command as commands;
use crate::wire::record;
use diesel::prelude::*;
use jiff::civil::Date;

/// A held command and its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingCommand {
    /// Id of its record.
    pub id: HeldCommandId,
    /// The device that sent it.
    pub device: DeviceId,
    /// Its number on that device.
    pub number: u64,
    /// The report that it is about.
    pub report: ReportId,
    /// The unit for which it was written.
    pub unit: UnitId,
    /// Whether it is still waiting.
    pub is_waiting: bool,
    /// Why it is held.
    pub reason: HeldReason,
    /// The command; when it runs, it is signed for the unit that then acts for the report's unit.
    pub command: Command,
}

/// The number of a reason in the table.
fn reason_number(reason: HeldReason) -> i16 {
    match reason {
        HeldReason::UnknownBase => 1,
        HeldReason::GrantLost => 2,
    }
}

type HeldCommandRow = (Vec<u8>, Vec<u8>, i64, Vec<u8>, Vec<u8>, i16, i16, Vec<u8>);

impl ReadTx<'_> {
    /// The record of a held command.
    pub fn held_record(&mut self, id: HeldCommandId) -> Result<Option<HeldCommand>> {
        let Some(stored) = self.record(RecordKind::Held, &id.0)? else { return Ok(None) };
        Ok(Some(record::decode_held(&stored.bytes)?))
    }

    /// The held command with this id; one that was applied because its parent arrived is deleted.
    pub fn held_command(&mut self, id: HeldCommandId) -> Result<Option<WaitingCommand>> {
        let row: Option<HeldCommandRow> = select_held_commands()
            .filter(held_command::id.eq(id.0.to_vec()))
            .first(self.settled_conn())
            .optional()?;
        row.map(to_waiting_command).transpose()
    }

    /// The commands that wait for this report, in order of arrival.
    pub fn commands_waiting_for(&mut self, report: ReportId) -> Result<Vec<WaitingCommand>> {
        let rows: Vec<HeldCommandRow> = select_held_commands()
            .filter(held_command::report.eq(report.0.to_vec()))
            .filter(held_command::is_waiting.eq(1i16))
            .order((held_command::held_at, held_command::device, held_command::command_number))
            .load(self.settled_conn())?;
        rows.into_iter().map(to_waiting_command).collect()
    }

    /// Where the command with this number of a device waits; `None` if it does not.
    pub fn held_place(&mut self, device: DeviceId, number: u64) -> Result<Option<HeldPlace>> {
        let row: Option<HeldCommandRow> = select_held_commands()
            .filter(held_command::device.eq(device.0.to_vec()))
            .filter(held_command::command_number.eq(number as i64))
            .filter(held_command::is_waiting.eq(1i16))
            .first(self.settled_conn())
            .optional()?;
        let Some(row) = row else { return Ok(None) };
        let WaitingCommand { unit, reason, .. } = to_waiting_command(row)?;
        Ok(Some(HeldPlace { unit: self.unit_path(unit)?.acting_unit, reason }))
    }

    /// Ids of the held commands that were written for this unit.
    pub(crate) fn held_ids_of_unit(&mut self, unit: UnitId) -> Result<Vec<HeldCommandId>> {
        let ids: Vec<Vec<u8>> = held_command::table
            .filter(held_command::unit.eq(&unit.0[..]))
            .order(held_command::id)
            .select(held_command::id)
            .load(self.conn()?)?;
        ids.iter().map(|id| Ok(HeldCommandId(to_byte_array(id)?))).collect()
    }

    /// The reports for which commands wait.
    pub fn reports_with_waiting_commands(&mut self) -> Result<Vec<ReportId>> {
        let waiting = held_command::table.filter(held_command::is_waiting.eq(1i16));
        let ids: Vec<Vec<u8>> = waiting
            .order(held_command::report)
            .select(held_command::report)
            .distinct()
            .load(self.conn()?)?;
        ids.iter().map(|id| Ok(ReportId(to_byte_array(id)?))).collect()
    }

    /// Whether any command waits.
    pub fn has_waiting_commands(&mut self) -> Result<bool> {
        let one: Option<Vec<u8>> = with_conn!(self.settled_conn(), |conn| held_command::table
            .filter(held_command::is_waiting.eq(1i16))
            .select(held_command::id)
            .first(conn)
            .optional())?;
        Ok(one.is_some())
    }

    /// Number of waiting commands of a device.
    pub fn count_waiting_commands(&mut self, device: DeviceId) -> Result<i64> {
        Ok(held_command::table
            .filter(held_command::device.eq(&device.0[..]))
            .filter(held_command::is_waiting.eq(1i16))
            .count()
            .get_result(self.settled_conn())?)
    }

    /// The revoked roles of an account, as grants without a time limit.
    pub fn former_grants(&mut self, account_id: AccountId) -> Result<Vec<Grant>> {
        let rows: Vec<(i16, Vec<u8>)> = former_grant::table
            .filter(former_grant::account.eq(&account_id.0[..]))
            .select((former_grant::role, former_grant::unit))
            .load(self.settled_conn())?;
        let mut grants = Vec::new();
        for (role, unit) in rows {
            let unit = UnitId(to_byte_array(&unit)?);
            grants.extend(Role::from_number(role).map(|role| Grant {
                role,
                unit,
                from: Date::MIN,
                to: Date::MAX,
            }));
        }
        Ok(grants)
    }
}

impl WriteTx<'_> {
    /// Stores a held command with its record in the desk scope of the unit that acts for the
    /// report's unit.
    pub(crate) fn insert_held_command(
        &mut self,
        audit: &AuditContext,
        unit_path: &UnitPath,
        waiting: (HeldCommandId, DeviceId, u64),
        held_record: &HeldCommand,
    ) -> Result<PutOutcome> {
        let (id, device, number) = waiting;
        let at = self.now().0;
        diesel::insert_into(held_command::table)
            .values((
                held_command::id.eq(&id.0[..]),
                held_command::device.eq(&device.0[..]),
                held_command::command_number.eq(number as i64),
                held_command::report.eq(&held_record.report.0[..]),
                held_command::unit.eq(&unit_path.unit.0[..]),
                held_command::is_waiting.eq(1i16),
                held_command::reason.eq(reason_number(held_record.reason)),
                held_command::held_at.eq(at),
                held_command::command_bytes.eq(&held_record.command),
            ))
            .execute(self.conn()?)?;
        self.put_held_record(audit, unit_path, id, held_record)
    }

    /// Writes the record of a held command into the desk scope of the acting unit.
    pub(crate) fn put_held_record(
        &mut self,
        audit: &AuditContext,
        unit_path: &UnitPath,
        id: HeldCommandId,
        held_record: &HeldCommand,
    ) -> Result<PutOutcome> {
        let scopes = vec![Scope::desk(unit_path.acting_unit)];
        self.put_record(audit, RecordKind::Held, id.0, &record::encode_held(held_record), scopes)
    }

    /// Writes the record of a held command that the head of its unit applied or discarded.
    pub fn put_settled_record(
        &mut self,
        permit: &Permit<action::SettleHeld>,
        id: HeldCommandId,
        settled: &HeldCommand,
    ) -> Result<PutOutcome> {
        let row =
            self.held_command(id)?.ok_or_else(|| Error::Damaged("a held command".to_owned()))?;
        self.verify_permit(permit, PermitUnit::OfRecord, row.unit)?;
        let unit_path = self.unit_path(row.unit)?;
        self.put_held_record(&AuditContext::from(permit), &unit_path, id, settled)
    }

    /// Deletes a held command that was applied because its parent arrived.
    pub(crate) fn delete_held_command(
        &mut self,
        audit: &AuditContext,
        id: HeldCommandId,
    ) -> Result<()> {
        diesel::delete(held_command::table.find(&id.0[..])).execute(self.conn()?)?;
        self.delete_record(audit, RecordKind::Held, id.0)
    }

    /// Marks a held command as no longer waiting and writes its outcome into the row of the
    /// command.
    pub(crate) fn finish_held_command(
        &mut self,
        id: HeldCommandId,
        outcome: &RecordedCommand,
        device: DeviceId,
    ) -> Result<()> {
        diesel::update(held_command::table.find(&id.0[..]))
            .set(held_command::is_waiting.eq(0i16))
            .execute(self.conn()?)?;
        diesel::update(command::table.find((&device.0[..], outcome.number as i64)))
            .set((
                command::verdict.eq(outcome.verdict.number()),
                command::reason.eq(outcome.reason.as_deref()),
                command::revision.eq(outcome.revision),
            ))
            .execute(self.conn()?)?;
        self.add_pending_command(device, outcome.number);
        Ok(())
    }

    /// Stores a revoked role.
    pub(super) fn insert_former_grant(
        &mut self,
        account_id: AccountId,
        grant: &Grant,
    ) -> Result<()> {
        let key = (&account_id.0[..], grant.role.number(), &grant.unit.0[..]);
        diesel::delete(former_grant::table.find(key)).execute(self.conn()?)?;
        diesel::insert_into(former_grant::table)
            .values((
                former_grant::account.eq(key.0),
                former_grant::role.eq(key.1),
                former_grant::unit.eq(key.2),
            ))
            .execute(self.conn()?)?;
        Ok(())
    }
}

type HeldCommandColumns = (
    held_command::id,
    held_command::device,
    held_command::command_number,
    held_command::report,
    held_command::unit,
    held_command::is_waiting,
    held_command::reason,
    held_command::command_bytes,
);

fn select_held_commands() -> diesel::dsl::Select<held_command::table, HeldCommandColumns> {
    held_command::table.select((
        held_command::id,
        held_command::device,
        held_command::command_number,
        held_command::report,
        held_command::unit,
        held_command::is_waiting,
        held_command::reason,
        held_command::command_bytes,
    ))
}

fn to_waiting_command(
    (id, device, number, report, unit, is_waiting, reason, bytes): HeldCommandRow,
) -> Result<WaitingCommand> {
    let damaged = || Error::Damaged("a held command".to_owned());
    let read = commands::decode_command(&bytes, UnitId([0; 16])).map_err(|_| damaged())?;
    let reasons = [HeldReason::UnknownBase, HeldReason::GrantLost];
    Ok(WaitingCommand {
        id: HeldCommandId(to_byte_array(&id)?),
        device: DeviceId(to_byte_array(&device)?),
        number: number as u64,
        report: ReportId(to_byte_array(&report)?),
        unit: UnitId(to_byte_array(&unit)?),
        is_waiting: is_waiting != 0,
        reason: reasons
            .into_iter()
            .find(|one| reason_number(*one) == reason)
            .ok_or_else(damaged)?,
        command: read.command.map_err(|_| damaged())?,
    })
}
