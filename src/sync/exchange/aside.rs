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

use super::{Exchange, Frame};
use crate::app::{AppError, Result};
use crate::store::ReadTx;

/// A device that lacks fewer changes than this asks the primary, which has to tell it the end anyway.
const FAR: i64 = 100;

impl Exchange {
    /// The next page from the replica, if one may be used.
    pub(super) fn step_aside(&mut self) -> Option<Vec<Frame>> {
        if !self.goes_aside() {
            return None;
        }
        let (app, scopes, commit) = (self.app.clone(), self.scopes.clone(), self.commit);
        let frames = app.store().read_aside(|tx| self.page_aside(tx));
        if frames.is_none() {
            (self.scopes, self.commit) = (scopes, commit);
        }
        frames
    }

    /// Whether a replica is asked for the next page.
    pub(super) fn goes_aside(&self) -> bool {
        self.app.store().replica_reads().is_some() && self.is_far_behind()
    }

    /// Whether a scope is rebuilt, or much is missing up to where the primary stood when the call began.
    fn is_far_behind(&self) -> bool {
        let far = |seq: i64| seq + FAR <= self.proven.0;
        self.scopes.iter().any(|held| held.position.whole_at > 0 || far(held.position.seq))
    }

    fn page_aside(&mut self, tx: &mut ReadTx) -> Result<Option<Vec<Frame>>> {
        let head = tx.head()?;
        if (head.epoch, head.epoch_id) != self.epoch || !self.is_proven((head.seq, head.chain))? {
            return Ok(None);
        }
        if let Some(index) = self.rebuilding() {
            return self.rebuild(tx, index, &head).map(Some);
        }
        let page = self.page(tx, &head)?;
        Ok(Some(page.frames))
    }

    /// Whether the primary has gone through this place, and the place is not before the last that is known to be such a one.
    fn is_proven(&mut self, (seq, chain): (i64, [u8; 32])) -> Result<bool> {
        if seq > self.proven.0 {
            let app = self.app.clone();
            let stands = app.store().read(|tx| Ok::<_, AppError>(tx.commit_at(seq)?))?;
            if stands == (seq, chain) {
                self.proven = stands;
            }
        }
        Ok((seq, chain) == self.proven)
    }
}
