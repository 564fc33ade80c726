//! The swap at a checkpoint: everything staged comes into view in one transaction, with cursor, digests and outbox.
//!
//! A record is here for scopes: one pair each; it leaves with its last pair (S17). Digests are kept by difference, so that a
//! checkpoint costs what changed and not what is held.

use super::schema::command;
use super::scopes::Scopes;
use super::{Result, Stored, column, outbox, progress, receipts, records, stage};
use crate::client::rebase;
use crate::client::step::{Held, Mark, RecordKey, ScopeKey, StagedOp};
use crate::domain::digest::record_hash;
use crate::domain::time::Instant;
use diesel::prelude::*;
use std::collections::BTreeSet;

/// What a swap changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Swapped {
    /// Records that came, changed or left.
    pub(crate) records: BTreeSet<RecordKey>,
    /// Scopes that were taken away, with the number of the reason.
    pub(crate) removed: Vec<(ScopeKey, i16)>,
    /// How each granted scope stands now.
    pub(crate) held: Vec<Held>,
    /// Rows that were staged.
    pub(crate) rows: usize,
}

/// Brings what is staged into view and arrives at the checkpoint.
pub(super) fn swap(conn: &mut SqliteConnection, mark: &Mark, now: Instant) -> Result<Swapped> {
    let ops = stage::load(conn)?;
    let mut swap = Swap { scopes: Scopes::load(conn)?, done: Swapped { rows: ops.len(), ..Swapped::default() } };
    for op in ops {
        swap.step(conn, op, mark)?;
    }
    swap.scopes.save(conn)?;
    stage::clear(conn)?;
    progress::arrive(conn, mark, now)?;
    receipts::keep(conn, mark)?;
    outbox::settle(conn, mark)?;
    swap.done.held = swap.scopes.held();
    Ok(swap.done)
}

struct Swap {
    scopes: Scopes,
    done: Swapped,
}

impl Swap {
    fn step(&mut self, conn: &mut SqliteConnection, op: StagedOp, mark: &Mark) -> Result<()> {
        match op {
            StagedOp::Put { record, revision, bytes, scopes } => {
                self.put(conn, &Stored { key: record, revision, bytes }, &scopes)
            }
            StagedOp::Own { record, revision, scopes } => self.own(conn, record, revision, &scopes, mark),
            StagedOp::Gone { record, scopes } => {
                for scope in scopes.into_iter().filter(|_| !planted!("gone-kept")) {
                    self.leave(conn, scope, record)?;
                }
                Ok(())
            }
            StagedOp::Reset { scope, generation } => {
                let row = self.scopes.of(conn, scope)?;
                (row.generation, row.named) = (row.generation + 1, column(generation));
                Ok(())
            }
            StagedOp::SnapshotEnd { scope, generation } => self.sweep(conn, scope, column(generation)),
            StagedOp::Granted(scope) => {
                let row = self.scopes.of(conn, scope)?;
                (row.granted, row.removal) = (true, 0);
                Ok(())
            }
            StagedOp::Removed { scope, removal } => self.drop_scope(conn, scope, removal),
        }
    }

    fn put(&mut self, conn: &mut SqliteConnection, new: &Stored, scopes: &[ScopeKey]) -> Result<()> {
        let key = new.key;
        let old = records::one(conn, key)?;
        let old_hash = old.as_ref().map(|old| record_hash(&key.id, old.revision, &old.bytes));
        let new_hash = record_hash(&key.id, new.revision, &new.bytes);
        let here = records::scopes_of(conn, key)?;
        for no in &here {
            let Some(row) = self.scopes.by_no(*no) else { continue };
            old_hash.into_iter().for_each(|hash| row.digest.remove(hash));
            row.digest.add(new_hash);
        }
        for scope in scopes {
            let row = self.scopes.of(conn, *scope)?;
            if !here.contains(&row.no) {
                row.digest.add(new_hash);
            }
            records::put_pair(conn, row.no, key, row.generation)?;
        }
        if !(here.is_empty() && scopes.is_empty()) {
            records::put(conn, new)?;
            self.done.records.insert(key);
        }
        Ok(())
    }

    /// The effect of this phone's own commands, computed here to spare its transfer. When it cannot be computed exactly, the digest
    /// will say so and the scope is rebuilt.
    fn own(
        &mut self,
        conn: &mut SqliteConnection,
        key: RecordKey,
        revision: i64,
        scopes: &[ScopeKey],
        mark: &Mark,
    ) -> Result<()> {
        let old = records::one(conn, key)?;
        let bytes = match &old {
            Some(old) if old.revision == revision => Some(old.bytes.clone()),
            Some(_) | None => {
                let pending = outbox::pending_of(conn, &key.id)?;
                let reference = crate::client::reference::Reference::load(&mut |kind| records::all(conn, kind))?;
                rebase::own_bytes(old.as_ref().map(|old| old.bytes.as_slice()), &pending, &reference, mark.server_time)
            }
        };
        match bytes {
            Some(bytes) => self.put(conn, &Stored { key, revision, bytes }, scopes),
            None => Ok(()),
        }
    }

    fn leave(&mut self, conn: &mut SqliteConnection, scope: ScopeKey, key: RecordKey) -> Result<()> {
        let here = records::scopes_of(conn, key)?;
        let row = self.scopes.of(conn, scope)?;
        if !here.contains(&row.no) {
            return Ok(());
        }
        if let Some(old) = records::one(conn, key)? {
            row.digest.remove(record_hash(&key.id, old.revision, &old.bytes));
        }
        records::remove_pair(conn, row.no, key)?;
        if here.len() == 1 {
            records::remove(conn, key)?;
        }
        self.done.records.insert(key);
        Ok(())
    }

    /// Rows of other generations leave the scope; outbox and drafts are no rows and never do.
    fn sweep(&mut self, conn: &mut SqliteConnection, scope: ScopeKey, generation: i64) -> Result<()> {
        let row = *self.scopes.of(conn, scope)?;
        if row.named != generation {
            return Ok(()); // Another rebuilding began since.
        }
        for key in records::of_other_generations(conn, row.no, Some(row.generation))? {
            self.leave(conn, scope, key)?;
        }
        Ok(())
    }

    fn drop_scope(&mut self, conn: &mut SqliteConnection, scope: ScopeKey, removal: i16) -> Result<()> {
        let no = self.scopes.of(conn, scope)?.no;
        for key in records::of_other_generations(conn, no, None)? {
            self.leave(conn, scope, key)?;
        }
        let row = self.scopes.of(conn, scope)?;
        (row.granted, row.removal) = (false, removal);
        self.done.removed.push((scope, removal));
        Ok(())
    }
}

/// How many commands stand in this state; for tests and status lines.
pub(super) fn commands_in(conn: &mut SqliteConnection, state: i16) -> Result<i64> {
    Ok(command::table.filter(command::state.eq(state)).count().get_result(conn)?)
}
