//! Receipts: the authority's signed statements about the commands taken from this phone. The newest
//! one covers all older ones; the last 16 are stored.

use super::schema::command_receipt;
use super::{LocalReplica, Result, to_i64, to_u64};
use crate::client::protocol::ReceivedCheckpoint;
use diesel::prelude::*;

/// Maximum number of stored receipts.
const RECEIPTS_MAX: i64 = 16;

/// A receipt as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandReceipt {
    /// Highest number of a command taken.
    pub(crate) commands_taken: u64,
    /// The signed body: an encoded `ReceiptBody`.
    pub(crate) body: Vec<u8>,
    /// The authority's signature of the body.
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

/// Stores the receipt of a checkpoint, if it has one, and deletes the oldest.
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
