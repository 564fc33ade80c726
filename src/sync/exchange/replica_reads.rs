//! Catch-up pages that are read from a replica: most of a first sync, and of a sync after a long
//! time offline.
//!
//! ```text
//! primary   ..... 40 ......... 57 (head when the call began) .... 61
//!                                only the primary sends the end: head, digests, caller identity
//! replica   ..... 40 ......... 57 ...... 59
//!                                used: at or past 57, and the primary has this commit 59
//! replica   ..... 40 .... 51    declined: it may lack commits that the device was promised
//! replica   ..... 40 ......... 57'..      declined: another chain
//! ```
//!
//! A replica state that is used is a state of the primary's own history, so the primary could have
//! sent the same page. A failure here is not reported: the positions are restored and the primary
//! serves the page.

use super::super::frame::SyncFrame;
use super::Paging;
use crate::app::{AppError, Result};
use crate::store::ReadTx;

/// A device that lacks fewer changes than this is served by the primary, which has to send the end
/// in any case.
const REPLICA_MIN_LAG: i64 = 100;

impl Paging {
    /// The next page from the replica, if one may be used.
    pub(super) fn read_from_replica(&mut self) -> Option<Vec<SyncFrame>> {
        if !self.is_replica_eligible() {
            return None;
        }
        let (app, before) = (self.call.app.clone(), self.scopes.entries.clone());
        let frames = app.store().read_from_replica(|tx| self.read_replica_page(tx));
        if frames.is_none() {
            self.scopes.entries = before;
        }
        frames
    }

    /// Whether the next page is read from a replica.
    pub(super) fn is_replica_eligible(&self) -> bool {
        self.call.app.store().replica_read_counts().is_some() && self.has_large_backlog()
    }

    /// Whether a scope is rebuilt, or lacks many changes up to the primary's head when the call
    /// began.
    fn has_large_backlog(&self) -> bool {
        let lags = |seq: i64| seq + REPLICA_MIN_LAG <= self.scopes.verified_commit.0;
        self.scopes
            .entries
            .iter()
            .any(|scope| scope.position.snapshot_seq > 0 || lags(scope.position.seq))
    }

    fn read_replica_page(&mut self, tx: &mut ReadTx) -> Result<Option<Vec<SyncFrame>>> {
        let head = tx.head()?;
        if (head.epoch, head.epoch_id) != self.scopes.epoch
            || !self.verify_replica_commit((head.seq, head.chain))?
        {
            return Ok(None);
        }
        if let Some(index) = self.find_rebuild_index() {
            return self.read_rebuild_page(tx, index, &head).map(Some);
        }
        let page = self.read_feed_page(tx, &head)?;
        Ok(Some(page.frames))
    }

    /// Whether the primary has this commit, and the commit is not before the last verified one.
    fn verify_replica_commit(&mut self, (seq, chain): (i64, [u8; 32])) -> Result<bool> {
        if seq > self.scopes.verified_commit.0 {
            let app = self.call.app.clone();
            let primary_commit =
                app.store().read(|tx| Ok::<_, AppError>(tx.last_commit_up_to(seq)?))?;
            if primary_commit == (seq, chain) {
                self.scopes.verified_commit = primary_commit;
            }
        }
        Ok((seq, chain) == self.scopes.verified_commit)
    }
}
