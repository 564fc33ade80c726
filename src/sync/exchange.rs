//! One sync call as a machine of steps: each step reads a little and gives frames; nothing is held between two steps but positions.
//!
//! ```text
//!  positions per scope        A: 40   B: 40   C (new): 0
//!  1  C is reset: rows of C from 0 to the head of now (57), SnapshotEnd       A 40, B 40, C 57
//!  2  A and B from 40 to 57, rows of both in one seq order                    A 57, B 57, C 57
//!  3  all from 57 to the head; the end is reached in this very snapshot:      Rows, Checkpoint with digests
//! ```
//!
//! A page uses a short transaction; only the last one, in which the end is reached, also reads digests (S2). The first page of a call that does
//! not follow is read in the very transaction that finds where the device stands: with nothing new one is enough, besides that which found who asks.

mod epoch;
mod replica_reads;

use self::epoch::{check_epoch, is_epoch_conflict, is_on_chain, resolve_epoch_conflict};
use super::change_batch::ChangeBatch;
use super::cursor::{CursorSigner, ScopePosition, SyncCursor};
use super::frame::{
    CheckpointFrame, ResetFrame, ResetReason, RowsFrame, ScopeChange, ScopeGrant, SyncFrame,
    SyncRow, SyncRowOp, WelcomeFrame,
};
use super::push::{self, PushResult, PushStopReason, PushedCommand};
use crate::app::access::{CallerIdentity, load_active_device, load_identity};
use crate::app::{App, AppError, Result};
use crate::domain::limits::FEED_PAGE_ROWS_MAX;
use crate::domain::scope::{Scope, ScopeKind};
use crate::domain::scope_digest::ScopeDigest;
use crate::domain::time::Timestamp;
use crate::domain::visible_scopes::{VisibleScopes, compute_visible_scopes};
use crate::store::ReadTx;
use crate::store::feed::{FeedOp, FeedRow, FeedScope};
use crate::store::read_tx::FeedHead;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What a device asks for.
#[derive(Debug, Clone, Default)]
pub struct ExchangeRequest {
    /// The sealed cursor of its last row; empty at first.
    pub cursor: Vec<u8>,
    /// The next commands of its outbox.
    pub commands: Vec<PushedCommand>,
    /// Scopes that it wants rebuilt, since its digest differs.
    pub rebuild_scopes: Vec<Scope>,
    /// Most rows of one batch; 0 for the server's own limit.
    pub max_rows: usize,
    /// Whether the first page is read under the very look that finds where the device stands. Not for a follower, whose place among those
    /// who share rounds is taken before the feed is read.
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
    /// Digests as the last checkpoint told them.
    digests: BTreeMap<i32, ScopeDigest>,
    /// The commit of the last cursor.
    cursor_commit: (i64, [u8; 8]),
    /// The newest place that the primary is known to have gone through: its head when the call began, or a replica's that it vouched for.
    verified_commit: (i64, [u8; 32]),
    /// What the device may read, and the day for which that was found.
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

/// One page of changes.
struct FeedPage {
    frames: Vec<SyncFrame>,
    /// Where the device stands behind it.
    cursor: Vec<u8>,
    /// Whether every scope stands at the head of the state that was read.
    reached_head: bool,
}

impl Exchange {
    /// Takes the commands and finds where the device stands. The first frames are ready afterwards.
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
            // A history that the cursor disputes takes no command: the look below is too late for that.
            if let Some(cursor) = &cursor {
                check_epoch(&app, &cursor_signer, cursor)?;
            }
            push::push_commands(&app, &cursor_signer, &identity, &request.commands)?
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

    /// Frames that need no touch of the store, once; often none.
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

    /// Whether every scope stands at or behind `seq`: nothing to say until something new is committed.
    #[must_use]
    pub fn is_caught_up_to(&self, seq: i64) -> bool {
        self.ready_frames.is_empty()
            && self.scopes.iter().all(|exchange_scope| exchange_scope.position.seq >= seq)
    }

    /// The short numbers of the scopes in this call.
    #[must_use]
    pub fn scope_numbers(&self) -> BTreeSet<i32> {
        self.scopes.iter().map(|exchange_scope| exchange_scope.feed_scope.number).collect()
    }

    /// The frames of a round for a device that stands inside it or where it begins: no touch of the store. `None`: the feed must be read. An
    /// empty list: the round holds nothing for this device, which stands at its end now.
    pub fn apply_change_batch(&mut self, round: &ChangeBatch) -> Option<Vec<SyncFrame>> {
        let at = self.scopes.iter().map(|exchange_scope| exchange_scope.position.seq).min()?;
        let level = |exchange_scope: &ExchangeScope| {
            exchange_scope.position.seq == at
                && exchange_scope.position.snapshot_seq == 0
                && round.has_scope(exchange_scope.feed_scope.number)
        };
        let here = self.ready_frames.is_empty()
            && round.epoch == self.epoch.0
            && round.after_seq <= at
            && at < round.upto_seq;
        if !here || !self.scopes.iter().all(level) || self.digests.len() != self.scopes.len() {
            return None;
        }
        let batch = round.get_or_build_rows(&self.scope_numbers(), at);
        if batch.as_ref().is_some_and(|batch| batch.rows.len() > self.max_rows) {
            return None;
        }
        for exchange_scope in &mut self.scopes {
            exchange_scope.position.seq = round.upto_seq;
            let digest = round.digest(exchange_scope.feed_scope.number);
            self.is_stale |=
                digest.is_some() && exchange_scope.feed_scope.scope == Scope::REFERENCE;
            self.digests.extend(digest.map(|digest| (exchange_scope.feed_scope.number, digest)));
        }
        self.cursor_commit = (round.upto_seq, round.chain);
        let Some(batch) = batch.filter(|batch| !batch.rows.is_empty() && !planted!("round-lost"))
        else {
            return Some(Vec::new());
        };
        let cursor = self
            .cursor_signer
            .sign_cursor(self.identity.device.id, &self.build_cursor(self.cursor_commit));
        let (seq, now, safe_past) = (round.upto_seq, round.read_at, round.safe_past_seq);
        let checkpoint = self.build_checkpoint(cursor.clone(), seq, safe_past, now);
        Some(vec![SyncFrame::SharedRows { rows: batch, cursor }, SyncFrame::Checkpoint(checkpoint)])
    }

    /// A bookmark where the device stands, for one that has heard nothing for a while.
    #[must_use]
    pub fn build_bookmark(&self) -> SyncFrame {
        let mut place = self.build_cursor(self.cursor_commit);
        if planted!("bookmark-overtakes") {
            place.positions.iter_mut().for_each(|position| position.seq += 100);
        }
        SyncFrame::Bookmark {
            cursor: self.cursor_signer.sign_cursor(self.identity.device.id, &place),
        }
    }

    /// Whether what the device may read has to be looked at again though no grant changed: a new day, a new campaign.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.is_stale || self.visible_scopes.1 != self.app.now().local_date()
    }

    /// Looks again at who asks; true when the scopes changed, and a new `WelcomeFrame` is ready. Fails when the device is no longer let in.
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

    /// Compares the cursor with what may be read now; readies `WelcomeFrame` and the resets, and with `page` gives the first page too.
    fn position_cursor(
        &mut self,
        cursor: Option<&SyncCursor>,
        rebuild: &[Scope],
        taken: u64,
        page: bool,
    ) -> Result<Vec<SyncFrame>> {
        let (app, now) = (self.app.clone(), self.app.now());
        loop {
            let looked = app.store().read(|tx| {
                let head = match self.resolve_scopes(tx, cursor, rebuild, (taken, now))? {
                    Ok(head) => head,
                    Err(missing) => return Ok::<_, AppError>(Err(missing)),
                };
                let at_once = page && !self.is_replica_eligible();
                Ok(Ok(if at_once { self.read_next_page(tx, &head, now)? } else { Vec::new() }))
            })?;
            match looked {
                Ok(frames) => return Ok(frames),
                Err(MissingPrerequisite::ScopeNumbers(sight)) => {
                    app.ensure_scope_numbers(&sight)?
                }
                Err(MissingPrerequisite::EpochConflict(head)) => {
                    cursor.map_or(Ok(()), |cursor| {
                        resolve_epoch_conflict(&app, &self.cursor_signer, cursor, &head)
                    })?;
                }
            }
        }
    }

    /// One look at scopes and cursor: the head of the state that was seen, or what is missing before it can be answered.
    fn resolve_scopes(
        &mut self,
        tx: &mut ReadTx,
        cursor: Option<&SyncCursor>,
        rebuild: &[Scope],
        (taken, now): (u64, Timestamp),
    ) -> Result<std::result::Result<FeedHead, MissingPrerequisite>> {
        let today = now.local_date();
        let head = tx.head()?;
        let on_chain = cursor.map_or(Ok(false), |cursor| is_on_chain(tx, cursor, &head))?;
        if cursor.is_some_and(|cursor| is_epoch_conflict(cursor, &head, on_chain)) {
            return Ok(Err(MissingPrerequisite::EpochConflict(head)));
        }
        let seen = compute_visible_scopes(
            &self.identity.actor,
            &self.app.reference(tx)?.published_campaigns(),
            today,
        );
        let granted = tx.visible_scopes(&seen)?;
        if granted.len() < seen.scopes().count() {
            return Ok(Err(MissingPrerequisite::ScopeNumbers(seen)));
        }
        self.epoch = (head.epoch, head.epoch_id);
        self.verified_commit = (head.seq, head.chain);
        let known = cursor.filter(|cursor| cursor.epoch == head.epoch && on_chain);
        let lost = cursor.is_some() && known.is_none();
        let positions = known.map(|cursor| cursor.positions.as_slice()).unwrap_or_default();
        self.scopes.clear();
        let mut scopes = Vec::new();
        let mut resets = Vec::new();
        for feed in granted {
            let before = positions.iter().find(|position| position.scope == feed.number).copied();
            let reason = find_reset_reason(&feed, before, rebuild, lost);
            let position = match (reason, before) {
                (None, Some(position)) => position,
                (_, before) => {
                    let generation = before.map_or(0, |position| position.generation) + 1;
                    let generation = generation.max(feed.generation);
                    ScopePosition {
                        scope: feed.number,
                        generation,
                        seq: 0,
                        snapshot_seq: head.seq.max(1),
                    }
                }
            };
            let generation = position.generation;
            let change = if before.is_some() { ScopeChange::Kept } else { ScopeChange::Added };
            scopes.push(ScopeGrant { scope: feed.scope, number: feed.number, generation, change });
            resets.extend(reason.map(|reason| {
                SyncFrame::Reset(ResetFrame { scope_number: feed.number, reason, generation })
            }));
            self.scopes.push(ExchangeScope { feed_scope: feed, position });
        }
        for gone in positions.iter().filter(|old| {
            !self.scopes.iter().any(|exchange_scope| exchange_scope.feed_scope.number == old.scope)
        }) {
            scopes.extend(self.build_removed_grant(tx, *gone, &seen, now)?);
        }
        self.visible_scopes = (seen, today);
        self.ready_frames.push_back(SyncFrame::Welcome(WelcomeFrame {
            epoch: self.epoch,
            server_time: now,
            scopes,
            last_command_number: taken,
        }));
        self.ready_frames.extend(resets);
        Ok(Ok(head))
    }

    /// Why a scope of the cursor is no longer the device's.
    fn build_removed_grant(
        &self,
        tx: &mut ReadTx,
        old: ScopePosition,
        seen: &VisibleScopes,
        now: Timestamp,
    ) -> Result<Option<ScopeGrant>> {
        let Some(scope) = tx.scope_by_number(old.scope)? else { return Ok(None) };
        let unit = crate::domain::ids::UnitId(scope.id);
        let of_unit = matches!(scope.kind, ScopeKind::Work | ScopeKind::Desk);
        let acting = tx.unit_path(unit)?.acting_unit;
        let moved = of_unit && acting != unit && seen.contains(Scope { id: acting.0, ..scope });
        let today = now.local_date();
        let ended =
            self.identity.actor.grants.iter().any(|grant| grant.unit == unit && grant.to <= today);
        let change = match (moved, ended) {
            (true, _) => ScopeChange::Moved,
            (false, true) => ScopeChange::Ended,
            (false, false) => ScopeChange::Revoked,
        };
        Ok(Some(ScopeGrant { scope, number: old.scope, generation: old.generation, change }))
    }

    /// One page: a rebuild first, then those that lag behind the rest, then all together to the head.
    fn read_next_page(
        &mut self,
        tx: &mut ReadTx,
        head: &FeedHead,
        now: Timestamp,
    ) -> Result<Vec<SyncFrame>> {
        if let Some(index) = self.find_rebuild_index() {
            return self.read_rebuild_page(tx, index, head);
        }
        let FeedPage { mut frames, cursor, reached_head: ended } = self.read_feed_page(tx, head)?;
        if ended {
            frames.push(self.read_checkpoint(tx, cursor, head.seq, head.safe_past_seq, now)?);
        }
        Ok(frames)
    }

    /// The scope that is rebuilt next.
    fn find_rebuild_index(&self) -> Option<usize> {
        self.scopes.iter().position(|exchange_scope| exchange_scope.position.snapshot_seq > 0)
    }

    /// What changed behind the lowest positions, up to the next one or the head of this state.
    fn read_feed_page(&mut self, tx: &mut ReadTx, head: &FeedHead) -> Result<FeedPage> {
        let low = self
            .scopes
            .iter()
            .map(|exchange_scope| exchange_scope.position.seq)
            .min()
            .unwrap_or(head.seq);
        let next = self
            .scopes
            .iter()
            .map(|exchange_scope| exchange_scope.position.seq)
            .filter(|seq| *seq > low)
            .min();
        let upto = next.unwrap_or(head.seq);
        let lagging: Vec<i32> = self
            .scopes
            .iter()
            .filter(|exchange_scope| exchange_scope.position.seq == low)
            .map(|exchange_scope| exchange_scope.feed_scope.number)
            .collect();
        let page = if low == upto {
            Vec::new()
        } else {
            tx.feed_page(&lagging, low, upto, self.max_rows)?
        };
        let full = page.len() >= self.max_rows;
        let reached = if full { page.last().map_or(upto, |row| row.seq) } else { upto };
        for exchange_scope in
            self.scopes.iter_mut().filter(|exchange_scope| exchange_scope.position.seq == low)
        {
            exchange_scope.position.seq = reached;
        }
        let cursor = self.sign_current_cursor(tx, head)?;
        let mut frames = Vec::new();
        if !page.is_empty() {
            frames.push(SyncFrame::Rows(RowsFrame {
                rows: merge_scope_rows(page),
                cursor: cursor.clone(),
            }));
        }
        Ok(FeedPage { frames, cursor, reached_head: !full && next.is_none() })
    }

    /// One page of a scope that is rebuilt; only what stands is sent, what is gone was never there.
    ///
    /// The cursor beside the last page still says that the scope is being rebuilt: a stream that is cut before `SnapshotEnd` gets it again.
    fn read_rebuild_page(
        &mut self,
        tx: &mut ReadTx,
        index: usize,
        head: &FeedHead,
    ) -> Result<Vec<SyncFrame>> {
        let ScopePosition { scope, generation, seq, snapshot_seq: whole_at } =
            self.scopes[index].position;
        let page = tx.feed_page(&[scope], seq, whole_at, self.max_rows)?;
        let full = page.len() >= self.max_rows;
        let position = &mut self.scopes[index].position;
        position.seq = if full { page.last().map_or(whole_at, |row| row.seq) } else { whole_at };
        if !full && planted!("end-of-rebuild-lost") {
            position.snapshot_seq = 0;
        }
        let mut frames = Vec::new();
        if !page.is_empty() {
            let rows: Vec<FeedRow> =
                page.into_iter().filter(|row| matches!(row.op, FeedOp::Put { .. })).collect();
            frames.push(SyncFrame::Rows(RowsFrame {
                rows: merge_scope_rows(rows),
                cursor: self.sign_current_cursor(tx, head)?,
            }));
        }
        if !full {
            self.scopes[index].position.snapshot_seq = 0;
            frames.push(SyncFrame::SnapshotEnd { scope, generation });
        }
        Ok(frames)
    }

    fn read_checkpoint(
        &mut self,
        tx: &mut ReadTx,
        cursor: Vec<u8>,
        seq: i64,
        safe_past: i64,
        now: Timestamp,
    ) -> Result<SyncFrame> {
        let scopes = self.scope_numbers();
        self.digests = tx.scope_digests(&scopes)?;
        self.identity.device = load_active_device(tx, self.identity.device.id)?;
        Ok(SyncFrame::Checkpoint(self.build_checkpoint(cursor, seq, safe_past, now)))
    }

    /// What a checkpoint tells of the digests and commands known here.
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
                .map(|exchange_scope| exchange_scope.feed_scope.number)
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

    /// The cursor names the newest commit that this page was read under, also where its positions lie far below: a record that changed since
    /// is not on the pages behind them, so a history that lost that commit must be noticed.
    fn sign_current_cursor(&mut self, tx: &mut ReadTx, head: &FeedHead) -> Result<Vec<u8>> {
        let (seq, chain) = if planted!("cursor-of-an-old-commit") {
            tx.last_commit_up_to(
                self.scopes
                    .iter()
                    .map(|exchange_scope| exchange_scope.position.seq)
                    .min()
                    .unwrap_or(0),
            )?
        } else {
            (head.seq, head.chain)
        };
        let mut start = [0; 8];
        start.copy_from_slice(&chain[..8]);
        self.cursor_commit = (seq, start);
        Ok(self
            .cursor_signer
            .sign_cursor(self.identity.device.id, &self.build_cursor(self.cursor_commit)))
    }

    fn build_cursor(&self, commit: (i64, [u8; 8])) -> SyncCursor {
        let scopes = self.scopes.iter().map(|exchange_scope| exchange_scope.position).collect();
        SyncCursor { epoch: self.epoch.0, commit, positions: scopes }
    }
}

/// What a look needs before it can answer.
enum MissingPrerequisite {
    /// Scopes in sight that have no short number yet.
    ScopeNumbers(VisibleScopes),
    /// The cursor and this history exclude each other.
    EpochConflict(FeedHead),
}

/// Why a scope must be rebuilt on this device, if it must.
fn find_reset_reason(
    feed: &FeedScope,
    before: Option<ScopePosition>,
    rebuild: &[Scope],
    lost: bool,
) -> Option<ResetReason> {
    let Some(before) = before else {
        return Some(if lost { ResetReason::Epoch } else { ResetReason::New });
    };
    if rebuild.contains(&feed.scope) {
        Some(ResetReason::Digest)
    } else if before.generation < feed.generation {
        Some(ResetReason::Schema)
    } else if before.seq < feed.tombstone_floor && !planted!("floor-ignored") {
        Some(ResetReason::Compacted)
    } else {
        None
    }
}

/// Joins the rows of one change that several scopes see alike.
pub(super) fn merge_scope_rows(page: Vec<FeedRow>) -> Vec<SyncRow> {
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
