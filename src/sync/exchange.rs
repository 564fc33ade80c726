//! One sync call as a state machine. Each step reads one page and returns frames; between two steps
//! only positions are stored.
//!
//! ```text
//! positions per scope        A: 40   B: 40   C (new): 0
//! 1  C is reset: rows of C from 0 to the head (57), SnapshotEnd          A 40, B 40, C 57
//! 2  A and B from 40 to 57, rows of both in one seq order                A 57, B 57, C 57
//! 3  all from 57 to the head; the end is reached in this snapshot:       Rows, Checkpoint
//! ```
//!
//! A page uses a short transaction. Only the last page, which reaches the head, also reads digests
//! (S2). The first page of a call that does not follow is read in the transaction that resolves the
//! scopes: a call with nothing new takes one transaction, besides the one that authenticates the
//! caller.

mod epoch;
pub(super) mod feed_pages;
mod replica_reads;
mod scopes;

use self::epoch::check_epoch;
use super::change_batch::ChangeBatch;
use super::cursor::{CursorSigner, ScopePosition, SyncCursor};
use super::frame::{CheckpointFrame, SyncFrame};
use super::push::push_commands;
use crate::app::access::{CallerIdentity, load_identity};
use crate::app::command::{PushResult, PushStopReason, PushedCommand};
use crate::app::{App, AppError, Result};
use crate::domain::access::scope::Scope;
use crate::domain::access::visible_scopes::{VisibleScopes, compute_visible_scopes};
use crate::domain::support::limits::FEED_PAGE_ROWS_MAX;
use crate::domain::support::scope_digest::ScopeDigest;
use crate::domain::support::time::Timestamp;
use crate::store::feed::FeedScope;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The request of a device.
#[derive(Debug, Clone, Default)]
pub struct ExchangeRequest {
    /// The signed cursor of its last row; empty at first.
    pub cursor: Vec<u8>,
    /// The next commands of its outbox.
    pub commands: Vec<PushedCommand>,
    /// Scopes to rebuild, because the device's digest differs.
    pub rebuild_scopes: Vec<Scope>,
    /// Maximum rows of one batch; 0 for the server's own limit.
    pub max_rows: usize,
    /// Whether the first page is read in the transaction that resolves the scopes. Not for a
    /// follower: it subscribes to change batches before it reads the feed.
    pub include_first_page: bool,
}

/// One call in progress.
#[derive(Clone)]
pub struct Exchange {
    app: App,
    cursor_signer: CursorSigner,
    identity: CallerIdentity,
    max_rows: usize,
    scopes: Vec<ExchangeScope>,
    epoch: (i64, [u8; 16]),
    ready_frames: VecDeque<SyncFrame>,
    /// Digests as the last checkpoint sent them.
    digests: BTreeMap<i32, ScopeDigest>,
    /// The commit of the last cursor.
    cursor_commit: (i64, [u8; 8]),
    /// The newest commit that the primary is known to have: its head when the call began, or a
    /// replica's head that was verified against it.
    verified_commit: (i64, [u8; 32]),
    /// What the device may read, and the day for which that was computed.
    visible_scopes: (VisibleScopes, Date),
    /// Whether campaigns or units changed since then.
    is_stale: bool,
}

/// A scope of the device in this call.
#[derive(Debug, Clone, Copy)]
struct ExchangeScope {
    feed_scope: FeedScope,
    position: ScopePosition,
}

impl Exchange {
    /// Runs the pushed commands and resolves the scopes. The first frames are ready afterwards.
    pub fn start(
        app: App,
        cursor_signer: CursorSigner,
        identity: CallerIdentity,
        request: &ExchangeRequest,
    ) -> Result<Self> {
        let cursor = cursor_signer.verify_cursor(identity.device.id, &request.cursor);
        let before = identity.device.last_command_number;
        let pushed = if request.commands.is_empty() {
            PushResult::default()
        } else {
            // The epoch is checked before any command runs: a conflict that `resolve_scopes` finds
            // would be too late.
            if let Some(cursor) = &cursor {
                check_epoch(&app, &cursor_signer, cursor)?;
            }
            push_commands(&app, &cursor_signer, &identity, &request.commands)?
        };
        let max_rows = if request.max_rows == 0 {
            FEED_PAGE_ROWS_MAX
        } else {
            request.max_rows.min(FEED_PAGE_ROWS_MAX)
        };
        let (scopes, epoch) = (Vec::new(), (0, [0; 16]));
        let seen = (VisibleScopes::default(), app.now().local_date());
        let mut exchange = Self {
            app,
            cursor_signer,
            identity,
            max_rows,
            scopes,
            epoch,
            ready_frames: VecDeque::new(),
            digests: BTreeMap::new(),
            cursor_commit: (0, [0; 8]),
            verified_commit: (0, [0; 32]),
            visible_scopes: seen,
            is_stale: false,
        };
        let page = exchange.position_cursor(
            cursor.as_ref(),
            &request.rebuild_scopes,
            before,
            request.include_first_page,
        )?;
        let resets: Vec<SyncFrame> = exchange.ready_frames.drain(1..).collect();
        exchange.ready_frames.extend(pushed.outcomes.into_iter().map(SyncFrame::CommandOutcome));
        exchange.ready_frames.extend(pushed.stop.map(|stop| match stop {
            PushStopReason::Gap(expected) => SyncFrame::CommandGap { expected_number: expected },
            PushStopReason::Forked(number) => SyncFrame::CommandForked { number },
        }));
        exchange.ready_frames.extend(resets);
        exchange.ready_frames.extend(page);
        Ok(exchange)
    }

    /// Removes and returns the frames that need no read of the store; often none.
    pub fn take_ready_frames(&mut self) -> Vec<SyncFrame> {
        self.ready_frames.drain(..).collect()
    }

    /// The next frames; the checkpoint is the last until something new is committed.
    pub fn next_frames(&mut self) -> Result<Vec<SyncFrame>> {
        if !self.ready_frames.is_empty() {
            return Ok(self.take_ready_frames());
        }
        if let Some(frames) = self.read_from_replica() {
            return Ok(frames);
        }
        let (app, now) = (self.app.clone(), self.app.now());
        app.store().read(|tx| {
            let head = tx.head()?;
            self.read_next_page(tx, &head, now)
        })
    }

    /// Whether every scope is at `seq` or later, and no frame is ready.
    #[must_use]
    pub fn is_caught_up_to(&self, seq: i64) -> bool {
        self.ready_frames.is_empty() && self.scopes.iter().all(|scope| scope.position.seq >= seq)
    }

    /// The short numbers of the scopes in this call.
    #[must_use]
    pub fn scope_numbers(&self) -> BTreeSet<i32> {
        self.scopes.iter().map(|scope| scope.feed_scope.number).collect()
    }

    /// The frames of a change batch for a device whose position is inside it or at its start; reads
    /// nothing from the store. `None`: the feed must be read. An empty list: the batch has no row
    /// for this device, whose position is now at its end.
    pub fn apply_change_batch(&mut self, batch: &ChangeBatch) -> Option<Vec<SyncFrame>> {
        let at = self.scopes.iter().map(|scope| scope.position.seq).min()?;
        let is_aligned = |scope: &ExchangeScope| {
            scope.position.seq == at
                && scope.position.snapshot_seq == 0
                && batch.has_scope(scope.feed_scope.number)
        };
        let is_applicable = self.ready_frames.is_empty()
            && batch.epoch == self.epoch.0
            && batch.after_seq <= at
            && at < batch.upto_seq;
        if !is_applicable
            || !self.scopes.iter().all(is_aligned)
            || self.digests.len() != self.scopes.len()
        {
            return None;
        }
        let shared = batch.get_or_build_rows(&self.scope_numbers(), at);
        if shared.as_ref().is_some_and(|shared| shared.rows.len() > self.max_rows) {
            return None;
        }
        for scope in &mut self.scopes {
            scope.position.seq = batch.upto_seq;
            let digest = batch.digest(scope.feed_scope.number);
            self.is_stale |= digest.is_some() && scope.feed_scope.scope == Scope::REFERENCE;
            self.digests.extend(digest.map(|digest| (scope.feed_scope.number, digest)));
        }
        self.cursor_commit = (batch.upto_seq, batch.chain);
        let Some(shared) =
            shared.filter(|shared| !shared.rows.is_empty() && !planted!("round-lost"))
        else {
            return Some(Vec::new());
        };
        let cursor = self.sign_cursor(&self.build_cursor(self.cursor_commit));
        let (seq, now, safe_past) = (batch.upto_seq, batch.read_at, batch.safe_past_seq);
        let checkpoint = self.build_checkpoint(cursor.clone(), seq, safe_past, now);
        Some(vec![
            SyncFrame::SharedRows { rows: shared, cursor },
            SyncFrame::Checkpoint(checkpoint),
        ])
    }

    /// A bookmark at the present positions, for a follower that received nothing for a while.
    #[must_use]
    pub fn build_bookmark(&self) -> SyncFrame {
        let mut cursor = self.build_cursor(self.cursor_commit);
        if planted!("bookmark-overtakes") {
            cursor.positions.iter_mut().for_each(|position| position.seq += 100);
        }
        SyncFrame::Bookmark { cursor: self.sign_cursor(&cursor) }
    }

    /// Whether the visible scopes must be resolved again although no grant changed: on a new day,
    /// or after a change of the reference scope.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.is_stale || self.visible_scopes.1 != self.app.now().local_date()
    }

    /// Reads the identity again. `true`: the scopes changed and a new `WelcomeFrame` is ready.
    /// Fails when the device was revoked.
    pub fn refresh_scopes(&mut self) -> Result<bool> {
        let (app, id, today) =
            (self.app.clone(), self.identity.device.id, self.app.now().local_date());
        let (identity, seen) = app.store().read(|tx| {
            let identity = load_identity(tx, id)?;
            let published = app.reference(tx)?.published_campaigns();
            let seen = compute_visible_scopes(&identity.actor, &published, today);
            Ok::<_, AppError>((identity, seen))
        })?;
        self.identity = identity;
        self.is_stale = false;
        if seen == self.visible_scopes.0 {
            self.visible_scopes.1 = today;
            return Ok(false);
        }
        let cursor = self.build_cursor((0, [0; 8])); // Before the first commit, which every history shares.
        let taken = self.identity.device.last_command_number;
        self.position_cursor(Some(&cursor), &[], taken, false)?;
        Ok(true)
    }

    /// The checkpoint with the digests and the command number of this exchange.
    fn build_checkpoint(
        &self,
        cursor: Vec<u8>,
        seq: i64,
        safe_past: i64,
        now: Timestamp,
    ) -> CheckpointFrame {
        let device = &self.identity.device;
        CheckpointFrame {
            cursor,
            seq,
            digests: self
                .scopes
                .iter()
                .map(|scope| scope.feed_scope.number)
                .map(|no| (no, self.scope_digest(no)))
                .collect(),
            commands_taken: device.last_command_number,
            outcome_chain: device.outcome_chain.clone(),
            server_time: now,
            sync_mark: self.cursor_signer.sign_sync_mark(device.id, now),
            safe_past_seq: safe_past,
            epoch: self.epoch,
        }
    }

    fn scope_digest(&self, scope: i32) -> ScopeDigest {
        self.digests.get(&scope).copied().unwrap_or_default()
    }

    fn sign_cursor(&self, cursor: &SyncCursor) -> Vec<u8> {
        self.cursor_signer.sign_cursor(self.identity.device.id, cursor)
    }

    fn build_cursor(&self, commit: (i64, [u8; 8])) -> SyncCursor {
        let scopes = self.scopes.iter().map(|scope| scope.position).collect();
        SyncCursor { epoch: self.epoch.0, commit, positions: scopes }
    }
}
