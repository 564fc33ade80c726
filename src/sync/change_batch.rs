//! A change batch holds the changes of a range of commits in the scopes that this node's followers
//! hold. It is read once for all followers.
//!
//! ```text
//! commits ..17  18 19  20..22        snapshot    snapshot       one store read per snapshot, for
//! batches       ( 17 -> 19 ]  ( 19 -> 22 ]                      any number of followers
//! follower at 19: takes the second; at 18: takes the rest of the first, then the second;
//! follower at 12: reads the feed
//! ```
//!
//! Followers that hold the same changed scopes share one [`SharedRows`], which is encoded once.

use super::exchange::paging::merge_scope_rows;
use super::frame::SyncRow;
use crate::app::{App, Result};
use crate::domain::access::scope::RecordKind;
use crate::domain::support::limits::FEED_PAGE_ROWS_MAX;
use crate::domain::support::scope_digest::ScopeDigest;
use crate::domain::support::time::Timestamp;
use crate::store::feed::{FeedRow, FeedSlice};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The head of the feed, and the changes since the previous snapshot.
#[derive(Debug, Clone)]
pub struct HeadSnapshot {
    /// Seq of the last change.
    pub seq: i64,
    /// Generation of grants and devices.
    pub auth_generation: i64,
    /// Changes since the previous snapshot; `None` when there is no follower, nothing changed, or
    /// the page limit is reached.
    pub change_batch: Option<Arc<ChangeBatch>>,
}

/// The changes of a range of commits.
#[derive(Debug)]
pub struct ChangeBatch {
    /// Seq where the previous snapshot ended; exclusive.
    pub after_seq: i64,
    /// Seq where this batch ends, inclusive: the head of its snapshot.
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

/// Number of compressions in which a batch may be stored.
pub const COMPRESSIONS: usize = 2;

/// Rows of a batch for all followers that hold the same of its scopes.
#[derive(Debug)]
pub struct SharedRows {
    /// The rows, in seq order.
    pub rows: Vec<SyncRow>,
    /// The encoded rows. The first sender encodes them for all.
    pub encoded: OnceLock<Arc<[u8]>>,
    /// The encoded rows, compressed; one for each compression that callers accept.
    pub compressed: [OnceLock<Arc<[u8]>>; COMPRESSIONS],
}

impl PartialEq for SharedRows {
    fn eq(&self, other: &Self) -> bool {
        self.rows == other.rows
    }
}

impl Eq for SharedRows {}

/// Reads the head and the changes in `scopes` after `after`, all in one snapshot.
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
        let scope_numbers: Vec<i32> = scopes.iter().copied().collect();
        let FeedSlice { rows, is_complete } =
            tx.feed_page(&scope_numbers, after, head.seq, FEED_PAGE_ROWS_MAX)?;
        if !is_complete {
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
    /// Whether the batch covers this scope.
    pub(super) fn has_scope(&self, scope: i32) -> bool {
        self.scopes.contains(&scope)
    }

    /// Whether a record of this kind changed after `after` in these scopes.
    pub(super) fn has_change(&self, scopes: &BTreeSet<i32>, after: i64, kind: RecordKind) -> bool {
        let is_meant =
            |row: &FeedRow| row.seq > after && row.kind == kind && scopes.contains(&row.scope);
        self.rows.iter().any(is_meant)
    }

    /// The digest of a scope that changed.
    pub(super) fn digest(&self, scope: i32) -> Option<ScopeDigest> {
        self.digests.get(&scope).copied()
    }

    /// The rows after `after` in these scopes. Callers with the same scopes and position share one
    /// value.
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
        let mut shared_rows = self.shared_rows.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (after.max(self.after_seq), touched);
        if let Some(existing) = shared_rows.get(&key) {
            return Some(Arc::clone(existing));
        }
        let visible_rows =
            self.rows.iter().filter(|row| row.seq > after && key.1.contains(&row.scope));
        let shared = Arc::new(SharedRows {
            rows: merge_scope_rows(visible_rows.cloned().collect()),
            encoded: OnceLock::new(),
            compressed: Default::default(),
        });
        shared_rows.insert(key, Arc::clone(&shared));
        Some(shared)
    }
}
