//! The commands that devices sent, one row per command, and the position of each device's outbox.
//!
//! Contains no rule: `app::command` decides the verdict.

use super::error::{Error, Result};
use super::pending::{CommandRow, OutboxPosition};
use super::read_tx::{ReadTx, to_byte_array};
use super::schema::command;
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
        if let Some(Some(row)) = self.pending().writes.commands.get(&(id, number)) {
            return Ok(Some(RecordedCommand {
                number,
                hash: row.hash,
                verdict: parse_verdict(row.verdict)?,
                reason: row.reason.clone(),
                commit_seq: 0,
                revision: row.revision,
            }));
        }
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
            .first(self.settled_conn())
            .optional()?;
        row.map(|(number, hash, verdict, reason, seq, revision)| {
            Ok(RecordedCommand {
                number: number as u64,
                hash: to_byte_array(&hash)?,
                verdict: parse_verdict(verdict)?,
                reason,
                commit_seq: seq,
                revision,
            })
        })
        .transpose()
    }
}

fn parse_verdict(number: i16) -> Result<Verdict> {
    Verdict::from_number(number).ok_or_else(|| Error::Damaged("verdict".to_owned()))
}

impl WriteTx<'_> {
    /// Puts the row of a command, which makes it take effect once.
    pub(crate) fn insert_command(
        &mut self,
        id: DeviceId,
        command_row: &RecordedCommand,
    ) -> Result<()> {
        let row = CommandRow {
            hash: command_row.hash,
            verdict: command_row.verdict.number(),
            reason: command_row.reason.clone(),
            revision: command_row.revision,
            received_at: self.now().0,
        };
        self.put_row(|writes| &mut writes.commands, (id, command_row.number), Some(row))
    }

    /// Sets a device's last command number from `from` to `to` with the chain of outcomes; the
    /// batch decides anew if another call changed it.
    pub(crate) fn advance_command_number(
        &mut self,
        id: DeviceId,
        (from, to): (u64, u64),
        outcomes: &[u8; 32],
    ) -> Result<()> {
        let read = OutboxPosition { last_command_number: from, outcome_chain: [0; 32] };
        self.pending().writes.outboxes.insert_stored(id, Some(read));
        let moved = OutboxPosition { last_command_number: to, outcome_chain: *outcomes };
        self.put_row(|writes| &mut writes.outboxes, id, Some(moved))
    }
}
