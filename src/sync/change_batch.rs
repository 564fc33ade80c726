//! A round: everything that a stretch of commits changed in the scopes that this node's followers hold, read once for all of them.
//!
//! ```text
//!  commits ..17  18 19  20..22        look        look           one read of the store per look, however many follow
//!  rounds        ( 17 -> 19 ]  ( 19 -> 22 ]
//!  follower at 19: takes the second; at 18: takes the rest of the first, then the second; at 12: reads the feed
//! ```
//!
//! Followers whose touched scopes are the same share one batch, which is encoded once. Knows no socket and no encoding.

use super::exchange::merge_scope_rows;
use super::frame::SyncRow;
use crate::app::{App, Result};
use crate::domain::limits::FEED_PAGE_ROWS_MAX;
use crate::domain::scope_digest::ScopeDigest;
use crate::domain::time::Timestamp;
use crate::store::feed::FeedRow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What a look at the head found.
#[derive(Debug, Clone)]
pub struct HeadSnapshot {
    /// Seq of the last change.
    pub seq: i64,
    /// Generation of grants and devices.
    pub auth_generation: i64,
    /// What changed since the look before; `None` when nobody follows, nothing changed, or it is too much to keep.
    pub change_batch: Option<Arc<ChangeBatch>>,
}

/// What a stretch of commits changed.
#[derive(Debug)]
pub struct ChangeBatch {
    /// Where the look before ended.
    pub after_seq: i64,
    /// Where this one ends: the head of its snapshot.
    pub upto_seq: i64,
    pub(super) epoch: i64,
    pub(super) chain: [u8; 8],
    pub(super) read_at: Timestamp,
    pub(super) safe_past_seq: i64,
    scopes: BTreeSet<i32>,
    rows: Vec<FeedRow>,
    digests: BTreeMap<i32, ScopeDigest>,
    shared_rows: Mutex<BTreeMap<(i64, Vec<i32>), Arc<SharedRows>>>,
}

/// Ways in which a batch may be packed.
pub const COMPRESSIONS: usize = 2;

/// Rows of a round for all who hold the same of its scopes.
#[derive(Debug)]
pub struct SharedRows {
    /// The rows, in seq order.
    pub rows: Vec<SyncRow>,
    /// What they are on the wire; whoever sends them first encodes them for all.
    pub encoded: OnceLock<Arc<[u8]>>,
    /// The same, packed for callers who can undo that: one for each way of packing.
    pub compressed: [OnceLock<Arc<[u8]>>; COMPRESSIONS],
}

impl PartialEq for SharedRows {
    fn eq(&self, other: &Self) -> bool {
        self.rows == other.rows
    }
}

impl Eq for SharedRows {}

/// Looks at the head, and reads what changed in `scopes` behind `after`, all in one snapshot.
pub fn read_head_snapshot(app: &App, scopes: &BTreeSet<i32>, after: i64) -> Result<HeadSnapshot> {
    let now = app.now();
    app.store().read(|tx| {
        let head = tx.head()?;
        let mut snapshot = HeadSnapshot {
            seq: head.seq,
            auth_generation: head.auth_generation,
            change_batch: None,
        };
        if scopes.is_empty() || head.seq <= after {
            return Ok(snapshot);
        }
        let numbers: Vec<i32> = scopes.iter().copied().collect();
        let rows = tx.feed_page(&numbers, after, head.seq, FEED_PAGE_ROWS_MAX)?;
        if rows.len() >= FEED_PAGE_ROWS_MAX {
            return Ok(snapshot);
        }
        let touched: BTreeSet<i32> = rows.iter().map(|row| row.scope).collect();
        let digests = tx.scope_digests(&touched)?;
        let mut chain = [0; 8];
        chain.copy_from_slice(&head.chain[..8]);
        snapshot.change_batch = Some(Arc::new(ChangeBatch {
            after_seq: after,
            upto_seq: head.seq,
            epoch: head.epoch,
            chain,
            read_at: now,
            safe_past_seq: head.safe_past_seq,
            scopes: scopes.clone(),
            rows,
            digests,
            shared_rows: Mutex::default(),
        }));
        Ok(snapshot)
    })
}

impl ChangeBatch {
    /// Whether everything that changed in this scope is in the round.
    pub(super) fn has_scope(&self, scope: i32) -> bool {
        self.scopes.contains(&scope)
    }

    /// The digest of a scope that changed.
    pub(super) fn digest(&self, scope: i32) -> Option<ScopeDigest> {
        self.digests.get(&scope).copied()
    }

    /// The rows behind `after` in these scopes: one value for all who ask alike.
    pub(super) fn get_or_build_rows(
        &self,
        scope_numbers: &BTreeSet<i32>,
        after: i64,
    ) -> Option<Arc<SharedRows>> {
        let touched: Vec<i32> =
            self.digests.keys().copied().filter(|scope| scope_numbers.contains(scope)).collect();
        if touched.is_empty() {
            return None;
        }
        let mut batches = self.shared_rows.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (after.max(self.after_seq), touched);
        if let Some(existing) = batches.get(&key) {
            return Some(Arc::clone(existing));
        }
        let ours = self.rows.iter().filter(|row| row.seq > after && key.1.contains(&row.scope));
        let batch = Arc::new(SharedRows {
            rows: merge_scope_rows(ours.cloned().collect()),
            encoded: OnceLock::new(),
            compressed: Default::default(),
        });
        batches.insert(key, Arc::clone(&batch));
        Some(batch)
    }
}
