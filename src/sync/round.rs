//! A round: everything that a stretch of commits changed in the scopes that this node's followers hold, read once for all of them.
//!
//! ```text
//!  commits ..17  18 19  20..22        look        look           one read of the store per look, however many follow
//!  rounds        ( 17 -> 19 ]  ( 19 -> 22 ]
//!  follower at 19: takes the second; at 18: takes the rest of the first, then the second; at 12: reads the feed
//! ```
//!
//! Followers whose touched scopes are the same share one batch, which is encoded once. Knows no socket and no encoding.

use super::exchange::fold;
use super::frame::Row;
use crate::app::{App, Result};
use crate::domain::digest::Digest;
use crate::domain::limits::ROWS_MAX;
use crate::domain::time::Instant;
use crate::store::feed::FeedRow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What a look at the head found.
#[derive(Debug, Clone)]
pub struct Look {
    /// Seq of the last change.
    pub seq: i64,
    /// Generation of grants and devices.
    pub auth_generation: i64,
    /// What changed since the look before; `None` when nobody follows, nothing changed, or it is too much to keep.
    pub round: Option<Arc<Round>>,
}

/// What a stretch of commits changed.
#[derive(Debug)]
pub struct Round {
    /// Where the look before ended.
    pub after: i64,
    /// Where this one ends: the head of its snapshot.
    pub upto: i64,
    pub(super) epoch: i64,
    pub(super) chain: [u8; 8],
    pub(super) now: Instant,
    pub(super) safe_past: i64,
    scopes: BTreeSet<i32>,
    rows: Vec<FeedRow>,
    digests: BTreeMap<i32, Digest>,
    batches: Mutex<BTreeMap<(i64, Vec<i32>), Arc<Batch>>>,
}

/// Ways in which a batch may be packed.
pub const PACKINGS: usize = 2;

/// Rows of a round for all who hold the same of its scopes.
#[derive(Debug)]
pub struct Batch {
    /// The rows, in seq order.
    pub rows: Vec<Row>,
    /// What they are on the wire; whoever sends them first encodes them for all.
    pub encoded: OnceLock<Arc<[u8]>>,
    /// The same, packed for callers who can undo that: one for each way of packing.
    pub packed: [OnceLock<Arc<[u8]>>; PACKINGS],
}

impl PartialEq for Batch {
    fn eq(&self, other: &Self) -> bool {
        self.rows == other.rows
    }
}

impl Eq for Batch {}

/// Looks at the head, and reads what changed in `scopes` behind `after`, all in one snapshot.
pub fn look(app: &App, scopes: &BTreeSet<i32>, after: i64) -> Result<Look> {
    let now = app.now();
    app.store().read(|tx| {
        let head = tx.head()?;
        let mut look = Look { seq: head.seq, auth_generation: head.auth_generation, round: None };
        if scopes.is_empty() || head.seq <= after {
            return Ok(look);
        }
        let numbers: Vec<i32> = scopes.iter().copied().collect();
        let rows = tx.feed_page(&numbers, after, head.seq, ROWS_MAX)?;
        if rows.len() >= ROWS_MAX {
            return Ok(look);
        }
        let touched: BTreeSet<i32> = rows.iter().map(|row| row.scope).collect();
        let digests = tx.digests(&touched)?;
        let mut chain = [0; 8];
        chain.copy_from_slice(&head.chain[..8]);
        look.round = Some(Arc::new(Round {
            after,
            upto: head.seq,
            epoch: head.epoch,
            chain,
            now,
            safe_past: head.safe_past,
            scopes: scopes.clone(),
            rows,
            digests,
            batches: Mutex::default(),
        }));
        Ok(look)
    })
}

impl Round {
    /// Whether everything that changed in this scope is in the round.
    pub(super) fn covers(&self, scope: i32) -> bool {
        self.scopes.contains(&scope)
    }

    /// The digest of a scope that changed.
    pub(super) fn digest(&self, scope: i32) -> Option<Digest> {
        self.digests.get(&scope).copied()
    }

    /// The rows behind `after` in these scopes: one value for all who ask alike.
    pub(super) fn batch(&self, held: &BTreeSet<i32>, after: i64) -> Option<Arc<Batch>> {
        let touched: Vec<i32> = self.digests.keys().copied().filter(|scope| held.contains(scope)).collect();
        if touched.is_empty() {
            return None;
        }
        let mut batches = self.batches.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (after.max(self.after), touched);
        if let Some(known) = batches.get(&key) {
            return Some(Arc::clone(known));
        }
        let ours = self.rows.iter().filter(|row| row.seq > after && key.1.contains(&row.scope));
        let batch = Arc::new(Batch {
            rows: fold(ours.cloned().collect()),
            encoded: OnceLock::new(),
            packed: Default::default(),
        });
        batches.insert(key, Arc::clone(&batch));
        Some(batch)
    }
}
