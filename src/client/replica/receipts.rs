//! Receipts: what the authority signed of the commands that it took from this phone. The newest says all that older ones said; a few are kept.

use super::schema::command_receipt;
use super::{LocalReplica, Result, to_i64, to_u64};
use crate::client::protocol::ReceivedCheckpoint;
use diesel::prelude::*;

/// Receipts that are kept.
const RECEIPTS_MAX: i64 = 16;

/// A receipt as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandReceipt {
    /// Highest command number taken.
    pub(crate) commands_taken: u64,
    /// What was signed: an encoded `ReceiptBody`.
    pub(crate) body: Vec<u8>,
    /// The authority's signature over it.
    pub(crate) signature: Vec<u8>,
}

impl LocalReplica {
    /// The newest receipt.
    pub(crate) fn latest_receipt(&mut self) -> Result<Option<CommandReceipt>> {
        let newest = command_receipt::table.order(command_receipt::commands_taken.desc());
        let row: Option<(i64, Vec<u8>, Vec<u8>)> = newest
            .select((
                command_receipt::commands_taken,
                command_receipt::body,
                command_receipt::signature,
            ))
            .first(&mut self.conn)
            .optional()?;
        row.map(|(taken, body, signature)| {
            Ok(CommandReceipt { commands_taken: to_u64(taken)?, body, signature })
        })
        .transpose()
    }
}

/// Keeps the receipt of a checkpoint, if it has one.
pub(super) fn save_receipt(
    conn: &mut SqliteConnection,
    checkpoint: &ReceivedCheckpoint,
) -> Result<()> {
    let Some((body, signature)) = &checkpoint.receipt else { return Ok(()) };
    let taken = to_i64(checkpoint.commands_taken);
    diesel::replace_into(command_receipt::table)
        .values((
            command_receipt::commands_taken.eq(taken),
            command_receipt::body.eq(body),
            command_receipt::signature.eq(signature),
        ))
        .execute(conn)?;
    let oldest: Option<i64> = command_receipt::table
        .order(command_receipt::commands_taken.desc())
        .select(command_receipt::commands_taken)
        .offset(RECEIPTS_MAX)
        .first(conn)
        .optional()?;
    if let Some(oldest) = oldest {
        diesel::delete(command_receipt::table.filter(command_receipt::commands_taken.le(oldest)))
            .execute(conn)?;
    }
    Ok(())
}
