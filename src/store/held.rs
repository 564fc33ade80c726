//! Commands that are kept but not applied: the record that the unit's desk sees, and beside it the row that says whose it is.
//!
//! Knows no rule: whether a command waits, and when it may run, is decided in `app`.

use super::backend::on;
use super::error::{Error, Result};
use super::read::{ReadTx, fixed};
use super::report::Taken;
use super::schema::{command, former_grant, held};
use super::tx::{Audit, Put, WriteTx};
use crate::domain::command::Command;
use crate::domain::desk::{Held, HeldReason};
use crate::domain::ids::{AccountId, DeviceId, HeldId, ReportId, UnitId};
use crate::domain::permission::{Grant, Role, UnitPath};
use crate::domain::scope::{RecordKind, Scope};
use crate::wire::command as commands;
use crate::wire::record;
use diesel::prelude::*;
use jiff::civil::Date;

/// A command that waits, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its record on the desk.
    pub id: HeldId,
    /// Who sent it.
    pub device: DeviceId,
    /// Its number on that device.
    pub number: u64,
    /// The report that it is about.
    pub report: ReportId,
    /// The unit for which it was typed.
    pub unit: UnitId,
    /// Whether it still waits.
    pub waits: bool,
    /// Why it waits.
    pub reason: HeldReason,
    /// The command; the unit that signs is whoever acts for the report's unit when it runs.
    pub command: Command,
}

/// Why a command waits, as the table has it.
fn number_of(reason: HeldReason) -> i16 {
    match reason {
        HeldReason::UnknownBase => 1,
        HeldReason::GrantLost => 2,
    }
}

type Row = (Vec<u8>, Vec<u8>, i64, Vec<u8>, Vec<u8>, i16, i16, Vec<u8>);

impl ReadTx<'_> {
    /// The record of a held command.
    pub fn held(&mut self, id: HeldId) -> Result<Option<Held>> {
        let Some(stored) = self.record(RecordKind::Held, &id.0)? else { return Ok(None) };
        Ok(Some(record::read_held(&stored.bytes)?))
    }

    /// The held command with this id, and whose it is; one whose parent came is gone.
    pub fn held_command(&mut self, id: HeldId) -> Result<Option<Waiting>> {
        let row: Option<Row> = rows().filter(held::id.eq(id.0.to_vec())).first(self.conn()).optional()?;
        row.map(to_waiting).transpose()
    }

    /// The commands that wait for this report, in the order in which they came.
    pub fn waiting_for(&mut self, report: ReportId) -> Result<Vec<Waiting>> {
        let rows: Vec<Row> = rows()
            .filter(held::report.eq(report.0.to_vec()))
            .filter(held::waits.eq(1i16))
            .order((held::at, held::device, held::number))
            .load(self.conn())?;
        rows.into_iter().map(to_waiting).collect()
    }

    /// The held commands that were typed for this unit.
    pub(crate) fn held_for(&mut self, unit: UnitId) -> Result<Vec<HeldId>> {
        let ids: Vec<Vec<u8>> =
            held::table.filter(held::unit.eq(&unit.0[..])).order(held::id).select(held::id).load(self.conn())?;
        ids.iter().map(|id| Ok(HeldId(fixed(id)?))).collect()
    }

    /// The reports for which commands wait.
    pub fn reports_waited_for(&mut self) -> Result<Vec<ReportId>> {
        let waits = held::table.filter(held::waits.eq(1i16));
        let ids: Vec<Vec<u8>> = waits.order(held::report).select(held::report).distinct().load(self.conn())?;
        ids.iter().map(|id| Ok(ReportId(fixed(id)?))).collect()
    }

    /// Whether any command waits.
    pub fn any_waiting(&mut self) -> Result<bool> {
        let one: Option<Vec<u8>> =
            on!(self.conn(), |conn| held::table.filter(held::waits.eq(1i16)).select(held::id).first(conn).optional())?;
        Ok(one.is_some())
    }

    /// How many commands of a device wait.
    pub fn waiting_of(&mut self, device: DeviceId) -> Result<i64> {
        Ok(held::table
            .filter(held::device.eq(&device.0[..]))
            .filter(held::waits.eq(1i16))
            .count()
            .get_result(self.conn())?)
    }

    /// The roles that were taken from an account, as if they still held.
    pub fn former_grants(&mut self, who: AccountId) -> Result<Vec<Grant>> {
        let rows: Vec<(i16, Vec<u8>)> = former_grant::table
            .filter(former_grant::account.eq(&who.0[..]))
            .select((former_grant::role, former_grant::unit))
            .load(self.conn())?;
        let mut grants = Vec::new();
        for (role, unit) in rows {
            let unit = UnitId(fixed(&unit)?);
            grants.extend(Role::from_number(role).map(|role| Grant { role, unit, from: Date::MIN, to: Date::MAX }));
        }
        Ok(grants)
    }
}

impl WriteTx<'_> {
    /// Keeps a command on the desk of the unit that acts for the report's, with whose it is beside it.
    pub(crate) fn hold(
        &mut self,
        audit: &Audit,
        place: &UnitPath,
        waiting: (HeldId, DeviceId, u64),
        kept: &Held,
    ) -> Result<Put> {
        let (id, device, number) = waiting;
        let at = self.now().0;
        diesel::insert_into(held::table)
            .values((
                held::id.eq(&id.0[..]),
                held::device.eq(&device.0[..]),
                held::number.eq(number as i64),
                held::report.eq(&kept.report.0[..]),
                held::unit.eq(&place.unit.0[..]),
                held::waits.eq(1i16),
                held::reason.eq(number_of(kept.reason)),
                held::at.eq(at),
                held::bytes.eq(&kept.command),
            ))
            .execute(self.conn())?;
        self.put_held(audit, place, id, kept)
    }

    /// Files the record of a held command on the desk of the unit that acts.
    pub(crate) fn put_held(&mut self, audit: &Audit, place: &UnitPath, id: HeldId, kept: &Held) -> Result<Put> {
        let scopes = vec![Scope::desk(place.acting)];
        self.put_record(audit, RecordKind::Held, id.0, &record::held(kept), scopes)
    }

    /// Takes the record of a command away that took effect by itself.
    pub(crate) fn drop_held(&mut self, audit: &Audit, id: HeldId) -> Result<()> {
        diesel::delete(held::table.find(&id.0[..])).execute(self.conn())?;
        self.delete_record(audit, RecordKind::Held, id.0)
    }

    /// Ends the waiting of a command: its device's row says what became of it.
    pub(crate) fn end_waiting(&mut self, id: HeldId, outcome: &Taken, device: DeviceId) -> Result<()> {
        diesel::update(held::table.find(&id.0[..])).set(held::waits.eq(0i16)).execute(self.conn())?;
        diesel::update(command::table.find((&device.0[..], outcome.number as i64)))
            .set((
                command::verdict.eq(outcome.verdict.number()),
                command::reason.eq(outcome.reason.as_deref()),
                command::revision.eq(outcome.revision),
            ))
            .execute(self.conn())?;
        self.note_command(device, outcome.number);
        Ok(())
    }

    /// Remembers that a role was taken away.
    pub(super) fn keep_former_grant(&mut self, who: AccountId, grant: &Grant) -> Result<()> {
        let key = (&who.0[..], grant.role.number(), &grant.unit.0[..]);
        diesel::delete(former_grant::table.find(key)).execute(self.conn())?;
        diesel::insert_into(former_grant::table)
            .values((former_grant::account.eq(key.0), former_grant::role.eq(key.1), former_grant::unit.eq(key.2)))
            .execute(self.conn())?;
        Ok(())
    }
}

type Columns = (held::id, held::device, held::number, held::report, held::unit, held::waits, held::reason, held::bytes);

fn rows() -> diesel::dsl::Select<held::table, Columns> {
    held::table.select((
        held::id,
        held::device,
        held::number,
        held::report,
        held::unit,
        held::waits,
        held::reason,
        held::bytes,
    ))
}

fn to_waiting((id, device, number, report, unit, waits, reason, bytes): Row) -> Result<Waiting> {
    let damaged = || Error::Damaged("a held command".to_owned());
    let read = commands::decode(&bytes, UnitId([0; 16])).map_err(|_| damaged())?;
    let reasons = [HeldReason::UnknownBase, HeldReason::GrantLost];
    Ok(Waiting {
        id: HeldId(fixed(&id)?),
        device: DeviceId(fixed(&device)?),
        number: number as u64,
        report: ReportId(fixed(&report)?),
        unit: UnitId(fixed(&unit)?),
        waits: waits != 0,
        reason: reasons.into_iter().find(|one| number_of(*one) == reason).ok_or_else(damaged)?,
        command: read.command.map_err(|_| damaged())?,
    })
}
