//! The commands that devices sent, one row per command, and the position of each device's outbox.
//!
//! Contains no rule: `sync` decides the verdict.

use super::backend::with_conn;
use super::error::{Error, Result};
use super::read_tx::{ReadTx, to_byte_array};
use super::schema::{command, device};
use super::write_tx::WriteTx;
use crate::domain::report::command::Verdict;
use crate::domain::support::ids::DeviceId;
use diesel::prelude::*;

/// The row of a command that a device sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedCommand {
    /// Its number in the outbox of its device, from 1.
    pub number: u64,
    /// SHA-256 of its bytes.
    pub hash: [u8; 32],
    /// Its verdict.
    pub verdict: Verdict,
    /// Reason code of a refusal.
    pub reason: Option<String>,
    /// Last seq of the commit that applied it; 0 until then.
    pub commit_seq: i64,
    /// Revision of its record afterwards; 0 if there is none.
    pub revision: i64,
}

impl ReadTx<'_> {
    /// The row of a command, if the device sent it before.
    pub fn recorded_command(
        &mut self,
        id: DeviceId,
        number: u64,
    ) -> Result<Option<RecordedCommand>> {
        type RecordedCommandRow = (i64, Vec<u8>, i16, Option<String>, i64, i64);
        let row: Option<RecordedCommandRow> = command::table
            .find((&id.0[..], number as i64))
            .select((
                command::number,
                command::hash,
                command::verdict,
                command::reason,
                command::commit_seq,
                command::revision,
            ))
            .first(self.conn())
            .optional()?;
        row.map(|(number, hash, verdict, reason, seq, revision)| {
            let verdict = Verdict::from_number(verdict)
                .ok_or_else(|| Error::Damaged("verdict".to_owned()))?;
            Ok(RecordedCommand {
                number: number as u64,
                hash: to_byte_array(&hash)?,
                verdict,
                reason,
                commit_seq: seq,
                revision,
            })
        })
        .transpose()
    }
}

impl WriteTx<'_> {
    /// Inserts the row of a command, which makes it take effect once.
    pub(crate) fn insert_command(
        &mut self,
        id: DeviceId,
        command_row: &RecordedCommand,
    ) -> Result<()> {
        let at = self.now().0;
        let put = with_conn!(self.conn(), |conn| diesel::insert_into(command::table)
            .values((
                command::device.eq(&id.0[..]),
                command::number.eq(command_row.number as i64),
                command::hash.eq(&command_row.hash[..]),
                command::verdict.eq(command_row.verdict.number()),
                command::reason.eq(command_row.reason.as_deref()),
                command::commit_seq.eq(0i64),
                command::revision.eq(command_row.revision),
                command::received_at.eq(at),
            ))
            .on_conflict_do_nothing()
            .execute(conn))?;
        self.add_pending_command(id, command_row.number);
        self.ensure_rows_affected(put, "another call took commands of this device")
    }

    /// Sets a device's last command number from `from` to `to` with the chain of outcomes; fails if
    /// another call changed it.
    pub(crate) fn advance_command_number(
        &mut self,
        id: DeviceId,
        (from, to): (u64, u64),
        outcomes: &[u8; 32],
    ) -> Result<()> {
        let moved = with_conn!(self.conn(), |conn| diesel::update(device::table.find(&id.0[..]))
            .filter(device::last_command_number.eq(from as i64))
            .set((
                device::last_command_number.eq(to as i64),
                device::outcome_chain.eq(&outcomes[..])
            ))
            .execute(conn))?;
        self.ensure_rows_affected(moved, "another call took commands of this device")
    }
}
