//! Reads the pages of an exchange from the feed and adds the checkpoint at the head.

use super::super::cursor::ScopePosition;
use super::super::frame::{RowsFrame, SyncFrame, SyncRow, SyncRowOp};
use super::{AtHead, DeviceScopes, Exchange, ExchangeCall, ExchangeStep};
use crate::app::Result;
use crate::app::access::load_active_device;
use crate::domain::support::time::Timestamp;
use crate::store::ReadTx;
use crate::store::feed::{FeedOp, FeedRow, FeedSlice};
use crate::store::read_tx::FeedHead;

/// An exchange whose device lacks changes, or has no checkpoint of its scopes yet.
pub struct Paging {
    pub(super) call: ExchangeCall,
    pub(super) scopes: DeviceScopes,
}

/// One page of the feed.
pub(super) struct FeedPage {
    pub(super) frames: Vec<SyncFrame>,
    /// The signed cursor after this page.
    cursor: Vec<u8>,
    /// The commit that the cursor names.
    cursor_commit: (i64, [u8; 8]),
    /// Whether every scope is at the head of the snapshot that was read.
    reached_head: bool,
}

impl Paging {
    /// Reads the next page, from a replica if one may be used.
    pub fn read_page(mut self) -> Result<ExchangeStep> {
        if let Some(frames) = self.read_from_replica() {
            return Ok(ExchangeStep { frames, exchange: Exchange::Paging(self) });
        }
        let (app, now) = (self.call.app.clone(), self.call.app.now());
        app.store().read(|tx| {
            let head = tx.head()?;
            self.read_next_page(tx, &head, now)
        })
    }

    /// One page: a rebuild first, then the scopes that lag behind the others, then all scopes to
    /// the head.
    pub(super) fn read_next_page(
        mut self,
        tx: &mut ReadTx,
        head: &FeedHead,
        now: Timestamp,
    ) -> Result<ExchangeStep> {
        if let Some(index) = self.find_rebuild_index() {
            let frames = self.read_rebuild_page(tx, index, head)?;
            return Ok(ExchangeStep { frames, exchange: Exchange::Paging(self) });
        }
        let page = self.read_feed_page(tx, head)?;
        if page.reached_head {
            self.reach_head(tx, page, head, now)
        } else {
            Ok(ExchangeStep { frames: page.frames, exchange: Exchange::Paging(self) })
        }
    }

    /// The scope that is rebuilt next.
    pub(super) fn find_rebuild_index(&self) -> Option<usize> {
        self.scopes.entries.iter().position(|scope| scope.position.snapshot_seq > 0)
    }

    /// The changes after the lowest position, up to the next position or the head of this snapshot.
    pub(super) fn read_feed_page(&mut self, tx: &mut ReadTx, head: &FeedHead) -> Result<FeedPage> {
        let scopes = &mut self.scopes.entries;
        let low = scopes.iter().map(|scope| scope.position.seq).min().unwrap_or(head.seq);
        let next = scopes.iter().map(|scope| scope.position.seq).filter(|seq| *seq > low).min();
        let upto = next.unwrap_or(head.seq);
        let lagging: Vec<i32> = scopes
            .iter()
            .filter(|scope| scope.position.seq == low)
            .map(|scope| scope.feed_scope.number)
            .collect();
        let slice = if low == upto {
            FeedSlice { rows: Vec::new(), is_complete: true }
        } else {
            tx.feed_page(&lagging, low, upto, self.call.max_rows)?
        };
        let (page, full) = (slice.rows, !slice.is_complete);
        let reached = if full { page.last().map_or(upto, |row| row.seq) } else { upto };
        for scope in scopes.iter_mut().filter(|scope| scope.position.seq == low) {
            scope.position.seq = reached;
        }
        let (cursor, cursor_commit) = self.sign_current_cursor(tx, head)?;
        let mut frames = Vec::new();
        if !page.is_empty() {
            frames.push(SyncFrame::Rows(RowsFrame {
                rows: merge_scope_rows(page),
                cursor: cursor.clone(),
            }));
        }
        Ok(FeedPage { frames, cursor, cursor_commit, reached_head: !full && next.is_none() })
    }

    /// One page of a scope that is rebuilt. Only present records are sent, no deletions.
    ///
    /// The cursor of the last page still marks the scope as being rebuilt: a stream that breaks
    /// before `SnapshotEnd` receives the scope again.
    pub(super) fn read_rebuild_page(
        &mut self,
        tx: &mut ReadTx,
        index: usize,
        head: &FeedHead,
    ) -> Result<Vec<SyncFrame>> {
        let ScopePosition { scope, generation, seq, snapshot_seq } =
            self.scopes.entries[index].position;
        let slice = tx.feed_page(&[scope], seq, snapshot_seq, self.call.max_rows)?;
        let (page, full) = (slice.rows, !slice.is_complete);
        let position = &mut self.scopes.entries[index].position;
        position.seq =
            if full { page.last().map_or(snapshot_seq, |row| row.seq) } else { snapshot_seq };
        if !full && planted!("end-of-rebuild-lost") {
            position.snapshot_seq = 0;
        }
        let mut frames = Vec::new();
        if !page.is_empty() {
            let rows: Vec<FeedRow> =
                page.into_iter().filter(|row| matches!(row.op, FeedOp::Put { .. })).collect();
            frames.push(SyncFrame::Rows(RowsFrame {
                rows: merge_scope_rows(rows),
                cursor: self.sign_current_cursor(tx, head)?.0,
            }));
        }
        if !full {
            self.scopes.entries[index].position.snapshot_seq = 0;
            frames.push(SyncFrame::SnapshotEnd { scope, generation });
        }
        Ok(frames)
    }

    /// Adds the checkpoint to the last page.
    fn reach_head(
        mut self,
        tx: &mut ReadTx,
        page: FeedPage,
        head: &FeedHead,
        now: Timestamp,
    ) -> Result<ExchangeStep> {
        let digests = tx.scope_digests(&self.scopes.numbers())?;
        self.call.identity.device = load_active_device(tx, self.call.identity.device.id)?;
        let FeedPage { mut frames, cursor, cursor_commit, reached_head: _ } = page;
        let safe_past_seq = head.safe_past_seq;
        let at_head =
            AtHead { call: self.call, scopes: self.scopes, digests, cursor_commit, safe_past_seq };
        let checkpoint = at_head.build_checkpoint(cursor, head.seq, safe_past_seq, now);
        frames.push(SyncFrame::Checkpoint(checkpoint));
        Ok(ExchangeStep { frames, exchange: Exchange::AtHead(at_head) })
    }

    /// The cursor, and the commit that it names: the head of the snapshot of this page, even where
    /// its positions are far lower. A record that changed since then is not on the earlier pages,
    /// so the loss of that commit must be detectable.
    fn sign_current_cursor(
        &self,
        tx: &mut ReadTx,
        head: &FeedHead,
    ) -> Result<(Vec<u8>, (i64, [u8; 8]))> {
        let (seq, chain) = if planted!("cursor-of-an-old-commit") {
            tx.last_commit_up_to(self.scopes.lowest_seq().unwrap_or(0))?
        } else {
            (head.seq, head.chain)
        };
        let mut start = [0; 8];
        start.copy_from_slice(&chain[..8]);
        let commit = (seq, start);
        Ok((self.call.sign_cursor(&self.scopes.build_cursor(commit)), commit))
    }
}

/// Merges the rows of one change that is the same in several scopes.
pub(in crate::sync) fn merge_scope_rows(page: Vec<FeedRow>) -> Vec<SyncRow> {
    let mut rows: Vec<(i64, SyncRow)> = Vec::with_capacity(page.len());
    for FeedRow { scope, seq, kind, id, op } in page {
        let op = match op {
            FeedOp::Put { revision, bytes } => SyncRowOp::Put { revision, bytes },
            FeedOp::Deleted => SyncRowOp::Deleted,
            FeedOp::OutOfScope => SyncRowOp::OutOfScope,
        };
        let same = rows.iter_mut().rev().take_while(|(at, _)| *at == seq);
        match same.map(|(_, row)| row).find(|row| row.kind == kind && row.id == id && row.op == op)
        {
            Some(row) => row.scope_numbers.push(scope),
            None => rows.push((seq, SyncRow { kind, id, op, scope_numbers: vec![scope] })),
        }
    }
    rows.into_iter().map(|(_, row)| row).collect()
}
