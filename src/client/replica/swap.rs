//! The swap at a checkpoint: all staged changes become visible in one transaction, with cursor,
//! digests and outbox.
//!
//! A record has one row in `scope_record` per scope and is deleted with the last one (S17). Digests
//! are updated by difference, so that the cost of a checkpoint depends on the changes, not on the
//! stored data.

use super::schema::outbox_command;
use super::scopes::ScopeCache;
use super::{ReplicaRecord, Result, outbox, progress, receipts, records, staging, to_i64};
use crate::client::protocol::{
    LocalScopeDigest, ReceivedCheckpoint, RecordKey, ScopeKey, StagedOp,
};
use crate::client::rebase;
use crate::domain::support::scope_digest::hash_record;
use crate::domain::support::time::Timestamp;
use diesel::prelude::*;
use std::collections::BTreeSet;

/// The result of a swap.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SwapResult {
    /// Records that were added, changed or deleted.
    pub(crate) changed_records: BTreeSet<RecordKey>,
    /// Removed scopes, with the number of the reason.
    pub(crate) removed_scopes: Vec<(ScopeKey, i16)>,
    /// The digest of each granted scope after the swap.
    pub(crate) scope_digests: Vec<LocalScopeDigest>,
    /// Number of staged rows.
    pub(crate) staged_row_count: usize,
}

/// Applies the staged changes and stores the checkpoint.
pub(super) fn swap_staged(
    conn: &mut SqliteConnection,
    checkpoint: &ReceivedCheckpoint,
    now: Timestamp,
) -> Result<SwapResult> {
    let ops = staging::load_staged(conn)?;
    let mut swap = SwapApplier {
        scopes: ScopeCache::load(conn)?,
        result: SwapResult { staged_row_count: ops.len(), ..SwapResult::default() },
    };
    for op in ops {
        swap.apply_op(conn, op, checkpoint)?;
    }
    swap.scopes.set_numbers(&checkpoint.scope_numbers);
    swap.scopes.save(conn)?;
    staging::clear_staged(conn)?;
    progress::save_checkpoint(conn, checkpoint, now)?;
    receipts::save_receipt(conn, checkpoint)?;
    outbox::settle_commands(conn, checkpoint)?;
    swap.result.scope_digests = swap.scopes.local_digests();
    Ok(swap.result)
}

struct SwapApplier {
    scopes: ScopeCache,
    result: SwapResult,
}

impl SwapApplier {
    fn apply_op(
        &mut self,
        conn: &mut SqliteConnection,
        op: StagedOp,
        checkpoint: &ReceivedCheckpoint,
    ) -> Result<()> {
        match op {
            StagedOp::Put { record, revision, bytes, scopes } => {
                self.put_record(conn, &ReplicaRecord { key: record, revision, bytes }, &scopes)
            }
            StagedOp::Own { record, revision, scopes } => {
                self.put_own_record(conn, record, revision, &scopes, checkpoint)
            }
            StagedOp::Gone { record, scopes } => {
                for scope in scopes.into_iter().filter(|_| !planted!("gone-kept")) {
                    self.remove_from_scope(conn, scope, record)?;
                }
                Ok(())
            }
            StagedOp::Reset { scope, generation } => {
                let row = self.scopes.get_or_insert(conn, scope)?;
                (row.generation, row.server_generation) = (row.generation + 1, to_i64(generation));
                Ok(())
            }
            StagedOp::SnapshotEnd { scope, generation } => {
                self.remove_old_generations(conn, scope, to_i64(generation))
            }
            StagedOp::Granted(scope) => {
                let row = self.scopes.get_or_insert(conn, scope)?;
                (row.granted, row.removal_reason) = (true, 0);
                Ok(())
            }
            StagedOp::Removed { scope, removal } => self.drop_scope(conn, scope, removal),
        }
    }

    fn put_record(
        &mut self,
        conn: &mut SqliteConnection,
        new: &ReplicaRecord,
        scopes: &[ScopeKey],
    ) -> Result<()> {
        let key = new.key;
        let old = records::load_record(conn, key)?;
        let old_hash = old.as_ref().map(|old| hash_record(&key.id, old.revision, &old.bytes));
        let new_hash = hash_record(&key.id, new.revision, &new.bytes);
        let here = records::load_scope_ids(conn, key)?;
        for local_id in &here {
            let Some(row) = self.scopes.get_by_local_id(*local_id) else { continue };
            old_hash.into_iter().for_each(|hash| row.digest.remove(hash));
            row.digest.add(new_hash);
        }
        for scope in scopes {
            let row = self.scopes.get_or_insert(conn, *scope)?;
            if !here.contains(&row.local_id) {
                row.digest.add(new_hash);
            }
            records::upsert_scope_record(conn, row.local_id, key, row.generation)?;
        }
        if !(here.is_empty() && scopes.is_empty()) {
            records::upsert_record(conn, new)?;
            self.result.changed_records.insert(key);
        }
        Ok(())
    }

    /// Applies the effect of this phone's own commands, computed here so that it need not be sent.
    /// If the result is not exact, the digest differs and the scope is rebuilt.
    fn put_own_record(
        &mut self,
        conn: &mut SqliteConnection,
        key: RecordKey,
        revision: i64,
        scopes: &[ScopeKey],
        checkpoint: &ReceivedCheckpoint,
    ) -> Result<()> {
        let old = records::load_record(conn, key)?;
        let bytes = match &old {
            Some(old) if old.revision == revision => Some(old.bytes.clone()),
            Some(_) | None => {
                let pending = outbox::select_pending_for_report(conn, &key.id)?;
                let reference = crate::client::reference::LocalReference::load(&mut |kind| {
                    records::load_records(conn, kind)
                })?;
                rebase::compute_own_bytes(
                    old.as_ref().map(|old| old.bytes.as_slice()),
                    &pending,
                    &reference,
                    checkpoint.server_time,
                )
            }
        };
        match bytes {
            Some(bytes) => self.put_record(conn, &ReplicaRecord { key, revision, bytes }, scopes),
            None => Ok(()),
        }
    }

    fn remove_from_scope(
        &mut self,
        conn: &mut SqliteConnection,
        scope: ScopeKey,
        key: RecordKey,
    ) -> Result<()> {
        let here = records::load_scope_ids(conn, key)?;
        let row = self.scopes.get_or_insert(conn, scope)?;
        if !here.contains(&row.local_id) {
            return Ok(());
        }
        if let Some(old) = records::load_record(conn, key)? {
            row.digest.remove(hash_record(&key.id, old.revision, &old.bytes));
        }
        records::delete_scope_record(conn, row.local_id, key)?;
        if here.len() == 1 {
            records::delete_record(conn, key)?;
        }
        self.result.changed_records.insert(key);
        Ok(())
    }

    /// Removes rows of other generations from the scope; the outbox is not affected.
    fn remove_old_generations(
        &mut self,
        conn: &mut SqliteConnection,
        scope: ScopeKey,
        generation: i64,
    ) -> Result<()> {
        let row = *self.scopes.get_or_insert(conn, scope)?;
        if row.server_generation != generation {
            return Ok(()); // A newer rebuild has started.
        }
        for key in records::records_of_other_generations(conn, row.local_id, Some(row.generation))?
        {
            self.remove_from_scope(conn, scope, key)?;
        }
        Ok(())
    }

    fn drop_scope(
        &mut self,
        conn: &mut SqliteConnection,
        scope: ScopeKey,
        removal: i16,
    ) -> Result<()> {
        let local_id = self.scopes.get_or_insert(conn, scope)?.local_id;
        for key in records::records_of_other_generations(conn, local_id, None)? {
            self.remove_from_scope(conn, scope, key)?;
        }
        let row = self.scopes.get_or_insert(conn, scope)?;
        (row.granted, row.removal_reason) = (false, removal);
        self.result.removed_scopes.push((scope, removal));
        Ok(())
    }
}

/// The number of commands in this state, for tests and status lines.
pub(super) fn count_commands_in_state(conn: &mut SqliteConnection, state: i16) -> Result<i64> {
    Ok(outbox_command::table.filter(outbox_command::state.eq(state)).count().get_result(conn)?)
}
