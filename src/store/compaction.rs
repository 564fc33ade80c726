//! Deletes old tombstones and details of old responses. Outcomes, revisions and the audit are never
//! deleted.
//!
//! ```text
//!  scope A   PUT 3   GONE 5   PUT 8   GONE 12      up to 9: GONE 5 is deleted, A's floor becomes 5
//!  cursor at 4: missed the tombstone, is rebuilt;  cursor at 5 or above: continues
//! ```

use super::commit::OP_PUT;
use super::error::Result;
use super::read_tx::ReadTx;
use super::schema::{command, commit_log, feed, idempotency_key, scope};
use super::write_tx::WriteTx;
use crate::domain::support::time::Timestamp;
use diesel::prelude::*;
use std::collections::BTreeMap;

impl ReadTx<'_> {
    /// The last seq committed before this instant; 0 if none was.
    pub fn last_seq_before(&mut self, at: Timestamp) -> Result<i64> {
        let last: Option<i64> = commit_log::table
            .filter(commit_log::committed_at.lt(at.0))
            .order(commit_log::last_seq.desc())
            .select(commit_log::last_seq)
            .first(self.conn()?)
            .optional()?;
        Ok(last.unwrap_or(0))
    }
}

impl WriteTx<'_> {
    /// Deletes tombstones up to seq `floor` and returns how many. Cursors below a deleted one are
    /// rebuilt from then on.
    pub(crate) fn delete_tombstones(&mut self, floor: i64) -> Result<usize> {
        let removed: Vec<(i32, i64)> = feed::table
            .filter(feed::op.ne(OP_PUT))
            .filter(feed::seq.le(floor))
            .select((feed::scope_number, feed::seq))
            .load(self.conn()?)?;
        let mut floors: BTreeMap<i32, i64> = BTreeMap::new();
        for (no, seq) in &removed {
            let scope_floor = floors.entry(*no).or_insert(*seq);
            *scope_floor = (*scope_floor).max(*seq);
            diesel::delete(feed::table.find((*no, *seq))).execute(self.conn()?)?;
        }
        for (no, seq) in floors {
            diesel::update(scope::table.find(no))
                .filter(scope::tombstone_floor.lt(seq))
                .set(scope::tombstone_floor.eq(seq))
                .execute(self.conn()?)?;
        }
        Ok(removed.len())
    }

    /// Deletes the details of commands and the responses of unary writes older than `before`;
    /// returns how many.
    pub(crate) fn delete_old_responses(&mut self, before: Timestamp) -> Result<usize> {
        let details = diesel::update(command::table)
            .filter(command::received_at.lt(before.0))
            .filter(command::details.is_not_null())
            .set(command::details.eq(None::<Vec<u8>>))
            .execute(self.conn()?)?;
        let responses =
            diesel::delete(idempotency_key::table.filter(idempotency_key::created_at.lt(before.0)))
                .execute(self.conn()?)?;
        Ok(details + responses)
    }
}
