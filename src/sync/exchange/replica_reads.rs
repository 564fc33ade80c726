//! Pages of a catch-up from a replica: the bulk of a first sync, and of one after a long silence.
//!
//! ```text
//!  primary   ..... 40 ......... 57 (head when the call began) .... 61        the device is told the end by the primary alone:
//!  replica   ..... 40 ......... 57 ...... 59                                  head, digests, who asks
//!                                          used: at or past 57, and the primary has gone through this very 59
//!  replica   ..... 40 .... 51              declined: it lacks what the device may have been promised
//!  replica   ..... 40 ......... 57'..      declined: another chain
//! ```
//!
//! A state that is used is a state of the primary's own history, so a page from it is a page that the primary could have given. Whatever
//! fails here fails silently: the device stands where it stood, and the primary is asked.

use super::{Exchange, SyncFrame};
use crate::app::{AppError, Result};
use crate::store::ReadTx;

/// A device that lacks fewer changes than this asks the primary, which has to tell it the end anyway.
const REPLICA_MIN_LAG: i64 = 100;

impl Exchange {
    /// The next page from the replica, if one may be used.
    pub(super) fn read_from_replica(&mut self) -> Option<Vec<SyncFrame>> {
        if !self.is_replica_eligible() {
            return None;
        }
        let (app, scopes, commit) = (self.app.clone(), self.scopes.clone(), self.cursor_commit);
        let frames = app.store().read_from_replica(|tx| self.read_replica_page(tx));
        if frames.is_none() {
            (self.scopes, self.cursor_commit) = (scopes, commit);
        }
        frames
    }

    /// Whether a replica is asked for the next page.
    pub(super) fn is_replica_eligible(&self) -> bool {
        self.app.store().replica_read_counts().is_some() && self.has_large_backlog()
    }

    /// Whether a scope is rebuilt, or much is missing up to where the primary stood when the call began.
    fn has_large_backlog(&self) -> bool {
        let far = |seq: i64| seq + REPLICA_MIN_LAG <= self.verified_commit.0;
        self.scopes.iter().any(|exchange_scope| {
            exchange_scope.position.snapshot_seq > 0 || far(exchange_scope.position.seq)
        })
    }

    fn read_replica_page(&mut self, tx: &mut ReadTx) -> Result<Option<Vec<SyncFrame>>> {
        let head = tx.head()?;
        if (head.epoch, head.epoch_id) != self.epoch
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

    /// Whether the primary has gone through this place, and the place is not before the last that is known to be such a one.
    fn verify_replica_commit(&mut self, (seq, chain): (i64, [u8; 32])) -> Result<bool> {
        if seq > self.verified_commit.0 {
            let app = self.app.clone();
            let stands = app.store().read(|tx| Ok::<_, AppError>(tx.last_commit_up_to(seq)?))?;
            if stands == (seq, chain) {
                self.verified_commit = stands;
            }
        }
        Ok((seq, chain) == self.verified_commit)
    }
}
