//! The latest commits of this node, in memory: a call whose own commit is among them answers with
//! what the writer has just made, without reading it again.
//!
//! ```text
//!  read by the call   head 40, chain c40
//!  commits kept       (c38 -> 40 c40) (c40 -> 43 c43) (c43 -> 44 c44)
//!  its own is 44      the last two, because they continue the chain that it read
//!  its own is 47      none: not kept, or another node committed between
//! ```
//!
//! A chain names one history, so commits that continue it are the state of the database at their
//! end (S2). What is not here, the caller reads.

use super::commit_feed::NewFeedRow;
use super::feed::{FeedOp, FeedRow};
use super::overlay::Overlay;
use super::pending::{ChangedRecordKey, OutboxPosition, RecordRow, WriteSet};
use crate::domain::access::scope::RecordKind;
use crate::domain::support::ids::DeviceId;
use crate::domain::support::scope_digest::ScopeDigest;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};

/// Commits that are kept. A call's head is a few commits older than its own at most.
const COMMITS_MAX: usize = 8;
/// A commit of more records is not kept; with reports of the usual size one has about 1 MiB.
const RECORDS_MAX: usize = 2048;
/// A record of more bytes is not kept, nor its commit.
const RECORD_BYTES_MAX: usize = 16 * 1024;

/// A feed row of a commit: seq, kind, id and op.
type KeptFeedRow = (i64, RecordKind, [u8; 16], i16);

/// What one commit of this node changed.
#[derive(Debug)]
pub struct CommittedChanges {
    /// The chain before it.
    pub(super) chain_before: [u8; 32],
    /// The chain after it.
    pub(super) chain: [u8; 32],
    /// Its last seq.
    pub(super) seq: i64,
    /// Generation of grants and devices after it.
    pub(super) auth_generation: i64,
    /// The epoch in which it was made.
    pub(super) epoch: i64,
    pub(super) content: CommitContent,
    /// Feed rows by the number of their scope, in seq order.
    pub(super) feed_rows: BTreeMap<i32, Vec<KeptFeedRow>>,
    /// Digests of the scopes that changed.
    pub(super) digests: BTreeMap<i32, ScopeDigest>,
}

/// The rows that the batch had in memory when it was committed.
#[derive(Debug, Default)]
pub(super) struct CommitContent {
    /// Revision and bytes of each record.
    records: HashMap<ChangedRecordKey, (i64, Vec<u8>)>,
    outboxes: HashMap<DeviceId, OutboxPosition>,
}

impl CommitContent {
    /// Copies what `writes` is about to write; `None`: it is too much.
    pub(super) fn copy_from(writes: &WriteSet) -> Option<Self> {
        if writes.records.unwritten_count() > RECORDS_MAX {
            return None;
        }
        let copied = |(key, row): (&ChangedRecordKey, &RecordRow)| {
            (row.bytes.len() <= RECORD_BYTES_MAX).then(|| (*key, (row.revision, row.bytes.clone())))
        };
        Some(Self {
            records: unwritten_rows(&writes.records).map(copied).collect::<Option<_>>()?,
            outboxes: unwritten_rows(&writes.outboxes).map(|(key, row)| (*key, *row)).collect(),
        })
    }
}

/// Rows that are not yet written and not deleted.
fn unwritten_rows<K, V>(overlay: &Overlay<K, V>) -> impl Iterator<Item = (&K, &V)>
where
    K: Copy + Eq + std::hash::Hash + Ord,
    V: Clone,
{
    overlay.unwritten_keys().filter_map(|key| Some((key, overlay.get(key)??)))
}

/// The feed rows of a commit by scope; `None` where the record of one is not in `content`, because
/// it was written before the commit.
pub(super) fn keep_feed_rows<'r>(
    rows: impl Iterator<Item = &'r NewFeedRow>,
    content: &CommitContent,
) -> Option<BTreeMap<i32, Vec<KeptFeedRow>>> {
    let mut kept: BTreeMap<i32, Vec<KeptFeedRow>> = BTreeMap::new();
    for row in rows {
        let kind = RecordKind::from_number(row.kind)?;
        if row.op == super::commit::OP_PUT && !content.records.contains_key(&(kind, row.id)) {
            return None;
        }
        kept.entry(row.scope_number).or_default().push((row.seq, kind, row.id, row.op));
    }
    kept.values_mut().for_each(|rows| rows.sort_unstable_by_key(|row| row.0));
    Some(kept)
}

impl CommittedChanges {
    /// The digest of a scope that it changed.
    #[must_use]
    pub fn digest(&self, scope: i32) -> Option<ScopeDigest> {
        self.digests.get(&scope).copied()
    }

    /// The first bytes of the chain after it, as a cursor names them, and its last seq.
    #[must_use]
    pub fn cursor_commit(&self) -> (i64, [u8; 8]) {
        let mut start = [0; 8];
        start.copy_from_slice(&self.chain[..8]);
        (self.seq, start)
    }

    /// Generation of grants and devices after it.
    #[must_use]
    pub fn auth_generation(&self) -> i64 {
        self.auth_generation
    }

    /// The epoch in which it was made: a new one begins without a commit.
    #[must_use]
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// How far it took the outbox of a device: the last number and the outcome chain. `None`: the
    /// commit does not say.
    #[must_use]
    pub fn outbox(&self, device: DeviceId) -> Option<(u64, [u8; 32])> {
        let outbox = self.content.outboxes.get(&device)?;
        Some((outbox.last_command_number, outbox.outcome_chain))
    }

    /// Its rows in a scope, in seq order.
    pub fn feed_rows(&self, scope: i32) -> impl Iterator<Item = FeedRow> {
        let rows = self.feed_rows.get(&scope).map(Vec::as_slice).unwrap_or_default();
        rows.iter().map(move |(seq, kind, id, op)| {
            let put = || self.content.records.get(&(*kind, *id)).cloned();
            let op = FeedOp::from_stored(*op, put());
            FeedRow { scope, seq: *seq, kind: *kind, id: *id, op }
        })
    }
}

/// The latest commits of this node, oldest first; each continues the one before it.
#[derive(Default)]
pub(super) struct RecentCommits(Mutex<VecDeque<Arc<CommittedChanges>>>);

impl RecentCommits {
    /// Keeps a commit; `None`: one that is too large, after which none before it serves.
    pub(super) fn push(&self, commit: Option<CommittedChanges>) {
        let mut commits = super::lock_ignoring_poison(&self.0);
        let Some(commit) = commit else { return commits.clear() };
        if commits.back().is_some_and(|last| last.chain != commit.chain_before)
            && !planted!("commit-of-another-unseen")
        {
            commits.clear();
        }
        commits.push_back(Arc::new(commit));
        while commits.len() > COMMITS_MAX {
            commits.pop_front();
        }
    }

    /// The commits from the chain `after` to the one that ends at `upto`; `None` if they are not
    /// all here.
    pub(super) fn between(
        &self,
        after: &[u8; 32],
        upto: i64,
    ) -> Option<Vec<Arc<CommittedChanges>>> {
        let commits = super::lock_ignoring_poison(&self.0);
        let first = commits.iter().position(|commit| commit.chain_before == *after)?;
        let last = commits.iter().position(|commit| commit.seq == upto)?;
        (first <= last).then(|| commits.range(first..=last).cloned().collect())
    }
}
