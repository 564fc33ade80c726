//! Whether a cursor and this history can both be true, and what follows when they cannot.
//!
//! Knows no scope and no frame.

use super::super::cursor::{CursorSigner, SyncCursor};
use crate::app::{App, AppError, Result};
use crate::store::ReadTx;
use crate::store::read_tx::FeedHead;

/// Whether the commit that the cursor names is here, with the chain it had.
pub(super) fn is_on_chain(tx: &mut ReadTx, cursor: &SyncCursor, head: &FeedHead) -> Result<bool> {
    let (seq, chain) = if cursor.commit.0 == head.seq {
        (head.seq, head.chain)
    } else {
        tx.last_commit_up_to(cursor.commit.0)?
    };
    Ok(seq == cursor.commit.0 && chain[..8] == cursor.commit.1)
}

/// A sealed cursor was written by a server of this authority: one of a higher history, or one of this history that is ahead of, or off, the
/// chain, says that something was lost here.
pub(super) fn is_epoch_conflict(cursor: &SyncCursor, head: &FeedHead, on_chain: bool) -> bool {
    cursor.epoch > head.epoch || cursor.epoch == head.epoch && !on_chain
}

pub(super) fn check_epoch(
    app: &App,
    cursor_signer: &CursorSigner,
    cursor: &SyncCursor,
) -> Result<()> {
    let (head, on_chain) = app.store().read(|tx| {
        let head = tx.head()?;
        let on_chain = is_on_chain(tx, cursor, &head)?;
        Ok::<_, AppError>((head, on_chain))
    })?;
    if is_epoch_conflict(cursor, &head, on_chain) {
        resolve_epoch_conflict(app, cursor_signer, cursor, &head)
    } else {
        Ok(())
    }
}

/// A higher history says that this server was replaced: it stops taking writes. Commits of this one that are not here were lost: a new
/// history begins (S24).
pub(super) fn resolve_epoch_conflict(
    app: &App,
    cursor_signer: &CursorSigner,
    cursor: &SyncCursor,
    head: &FeedHead,
) -> Result<()> {
    if cursor.epoch > head.epoch {
        app.store().mark_superseded(cursor.epoch, app.now())?;
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
