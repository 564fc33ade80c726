//! Compares a cursor with the history of this database, and resolves a conflict between them.

use super::super::cursor::{CursorSigner, SyncCursor};
use crate::app::{App, Result};
use crate::store::ReadTx;
use crate::store::read_tx::FeedHead;

/// Whether this database has the commit that the cursor names, with the same chain.
pub(super) fn is_on_chain(tx: &mut ReadTx, cursor: &SyncCursor, head: &FeedHead) -> Result<bool> {
    let (seq, chain) = if cursor.commit.0 == head.seq {
        (head.seq, head.chain)
    } else {
        tx.last_commit_up_to(cursor.commit.0)?
    };
    Ok(seq == cursor.commit.0 && chain[..8] == cursor.commit.1)
}

/// A server of this authority signed the cursor. If its epoch is higher, or its commit is ahead of
/// this chain or not on it, then this database lost commits or was replaced.
pub(super) fn is_epoch_conflict(cursor: &SyncCursor, head: &FeedHead, on_chain: bool) -> bool {
    cursor.epoch > head.epoch || cursor.epoch == head.epoch && !on_chain
}

/// Resolves the conflict. A cursor of a higher epoch means that another server replaced this one:
/// this one stops taking writes. A commit of this epoch that is not here was lost: a new epoch
/// begins (S24).
pub(super) fn resolve_epoch_conflict(
    app: &App,
    cursor_signer: &CursorSigner,
    cursor: &SyncCursor,
    head: &FeedHead,
) -> Result<()> {
    if cursor.epoch > head.epoch {
        app.yield_to_epoch(cursor.epoch)?;
        tracing::error!(
            by = cursor.epoch,
            "another server has replaced this one: it takes no writes any more"
        );
        return Err(crate::store::Error::Superseded.into());
    }
    tracing::error!(
        seq = cursor.commit.0,
        head = head.seq,
        "commits that a phone holds are lost here: a new history begins"
    );
    app.begin_epoch_after_loss(head.epoch, cursor_signer.derive_epoch_id(&head.chain, app.now()))
}
