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

mod aside;
mod history;

use self::history::{agree_on_history, disputes, on_chain, settle_history};
use super::cursor::{Cursor, Position, Seal};
use super::frame::{Checkpoint, Frame, GrantChange, Granted, Reset, ResetReason, Row, RowOp, Rows, Welcome};
use super::push::{self, PushEnd, Pushed, Stop};
use super::round::Round;
use crate::app::access::{Identity, identity, known};
use crate::app::{App, AppError, Result};
use crate::domain::digest::Digest;
use crate::domain::limits::ROWS_MAX;
use crate::domain::scope::{Scope, ScopeKind};
use crate::domain::sight::{Sight, sight};
use crate::domain::time::Instant;
use crate::store::ReadTx;
use crate::store::feed::{FeedOp, FeedRow, FeedScope};
use crate::store::read::Head;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What a device asks for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The sealed cursor of its last row; empty at first.
    pub cursor: Vec<u8>,
    /// The next commands of its outbox.
    pub commands: Vec<Pushed>,
    /// Scopes that it wants rebuilt, since its digest differs.
    pub rebuild: Vec<Scope>,
    /// Most rows of one batch; 0 for the server's own limit.
    pub max_rows: usize,
    /// Whether the first page is read under the very look that finds where the device stands. Not for a follower, whose place among those
    /// who share rounds is taken before the feed is read.
    pub page_at_once: bool,
}

/// One call in progress.
#[derive(Clone)]
pub struct Exchange {
    app: App,
    seal: Seal,
    identity: Identity,
    max_rows: usize,
    scopes: Vec<Held>,
    epoch: (i64, [u8; 16]),
    ready: VecDeque<Frame>,
    /// Digests as the last checkpoint told them.
    digests: BTreeMap<i32, Digest>,
    /// The commit of the last cursor.
    commit: (i64, [u8; 8]),
    /// The newest place that the primary is known to have gone through: its head when the call began, or a replica's that it vouched for.
    proven: (i64, [u8; 32]),
    /// What the device may read, and the day for which that was found.
    seen: (Sight, Date),
    /// Whether campaigns or units changed since then.
    stale: bool,
}

/// A scope of the device in this call.
#[derive(Debug, Clone, Copy)]
struct Held {
    feed: FeedScope,
    position: Position,
}

/// One page of changes.
struct Page {
    frames: Vec<Frame>,
    /// Where the device stands behind it.
    cursor: Vec<u8>,
    /// Whether every scope stands at the head of the state that was read.
    ended: bool,
}

impl Exchange {
    /// Takes the commands and finds where the device stands. The first frames are ready afterwards.
    pub fn start(app: App, seal: Seal, identity: Identity, request: &Request) -> Result<Self> {
        let cursor = seal.open_cursor(identity.device.id, &request.cursor);
        let before = identity.device.taken;
        let pushed = if request.commands.is_empty() {
            PushEnd::default()
        } else {
            // A history that the cursor disputes takes no command: the look below is too late for that.
            if let Some(cursor) = &cursor {
                agree_on_history(&app, &seal, cursor)?;
            }
            push::push(&app, &seal, &identity, &request.commands)?
        };
        let max_rows = if request.max_rows == 0 { ROWS_MAX } else { request.max_rows.min(ROWS_MAX) };
        let (scopes, epoch) = (Vec::new(), (0, [0; 16]));
        let seen = (Sight::default(), app.now().local_date());
        let mut exchange = Self {
            app,
            seal,
            identity,
            max_rows,
            scopes,
            epoch,
            ready: VecDeque::new(),
            digests: BTreeMap::new(),
            commit: (0, [0; 8]),
            proven: (0, [0; 32]),
            seen,
            stale: false,
        };
        let page = exchange.place(cursor.as_ref(), &request.rebuild, before, request.page_at_once)?;
        let resets: Vec<Frame> = exchange.ready.drain(1..).collect();
        exchange.ready.extend(pushed.outcomes.into_iter().map(Frame::Verdict));
        exchange.ready.extend(pushed.stop.map(|stop| match stop {
            Stop::Gap(expected) => Frame::Gap { expected },
            Stop::Forked(number) => Frame::Forked { number },
        }));
        exchange.ready.extend(resets);
        exchange.ready.extend(page);
        Ok(exchange)
    }

    /// Frames that need no touch of the store, once; often none.
    pub fn take_ready(&mut self) -> Vec<Frame> {
        self.ready.drain(..).collect()
    }

    /// The next frames; the checkpoint is the last until something new is committed.
    pub fn step(&mut self) -> Result<Vec<Frame>> {
        if !self.ready.is_empty() {
            return Ok(self.take_ready());
        }
        if let Some(frames) = self.step_aside() {
            return Ok(frames);
        }
        let (app, now) = (self.app.clone(), self.app.now());
        app.store().read(|tx| {
            let head = tx.head()?;
            self.advance(tx, &head, now)
        })
    }

    /// Whether every scope stands at or behind `seq`: nothing to say until something new is committed.
    #[must_use]
    pub fn is_at(&self, seq: i64) -> bool {
        self.ready.is_empty() && self.scopes.iter().all(|held| held.position.seq >= seq)
    }

    /// The short numbers of the scopes in this call.
    #[must_use]
    pub fn scopes(&self) -> BTreeSet<i32> {
        self.scopes.iter().map(|held| held.feed.number).collect()
    }

    /// The frames of a round for a device that stands inside it or where it begins: no touch of the store. `None`: the feed must be read. An
    /// empty list: the round holds nothing for this device, which stands at its end now.
    pub fn take_round(&mut self, round: &Round) -> Option<Vec<Frame>> {
        let at = self.scopes.iter().map(|held| held.position.seq).min()?;
        let level =
            |held: &Held| held.position.seq == at && held.position.whole_at == 0 && round.covers(held.feed.number);
        let here = self.ready.is_empty() && round.epoch == self.epoch.0 && round.after <= at && at < round.upto;
        if !here || !self.scopes.iter().all(level) || self.digests.len() != self.scopes.len() {
            return None;
        }
        let batch = round.batch(&self.scopes(), at);
        if batch.as_ref().is_some_and(|batch| batch.rows.len() > self.max_rows) {
            return None;
        }
        for held in &mut self.scopes {
            held.position.seq = round.upto;
            let digest = round.digest(held.feed.number);
            self.stale |= digest.is_some() && held.feed.scope == Scope::REFERENCE;
            self.digests.extend(digest.map(|digest| (held.feed.number, digest)));
        }
        self.commit = (round.upto, round.chain);
        let Some(batch) = batch.filter(|batch| !batch.rows.is_empty() && !planted!("round-lost")) else {
            return Some(Vec::new());
        };
        let cursor = self.seal.cursor(self.identity.device.id, &self.cursor(self.commit));
        let (seq, now, safe_past) = (round.upto, round.now, round.safe_past);
        let checkpoint = self.told(cursor.clone(), seq, safe_past, now);
        Some(vec![Frame::Shared { batch, cursor }, Frame::Checkpoint(checkpoint)])
    }

    /// A bookmark where the device stands, for one that has heard nothing for a while.
    #[must_use]
    pub fn bookmark(&self) -> Frame {
        let mut place = self.cursor(self.commit);
        if planted!("bookmark-overtakes") {
            place.scopes.iter_mut().for_each(|position| position.seq += 100);
        }
        Frame::Bookmark { cursor: self.seal.cursor(self.identity.device.id, &place) }
    }

    /// Whether what the device may read has to be looked at again though no grant changed: a new day, a new campaign.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.stale || self.seen.1 != self.app.now().local_date()
    }

    /// Looks again at who asks; true when the scopes changed, and a new `Welcome` is ready. Fails when the device is no longer let in.
    pub fn refresh(&mut self) -> Result<bool> {
        let (app, id, today) = (self.app.clone(), self.identity.device.id, self.app.now().local_date());
        let (identity, seen) = app.store().read(|tx| {
            let identity = identity(tx, id)?;
            let published = app.reference(tx)?.published();
            let seen = sight(&identity.actor, &published, today);
            Ok::<_, AppError>((identity, seen))
        })?;
        self.identity = identity;
        self.stale = false;
        if seen == self.seen.0 {
            self.seen.1 = today;
            return Ok(false);
        }
        let cursor = self.cursor((0, [0; 8])); // Before the first commit, which every history shares.
        let taken = self.identity.device.taken;
        self.place(Some(&cursor), &[], taken, false)?;
        Ok(true)
    }

    /// Compares the cursor with what may be read now; readies `Welcome` and the resets, and with `page` gives the first page too.
    fn place(&mut self, cursor: Option<&Cursor>, rebuild: &[Scope], taken: u64, page: bool) -> Result<Vec<Frame>> {
        let (app, now) = (self.app.clone(), self.app.now());
        loop {
            let looked = app.store().read(|tx| {
                let head = match self.look(tx, cursor, rebuild, (taken, now))? {
                    Ok(head) => head,
                    Err(missing) => return Ok::<_, AppError>(Err(missing)),
                };
                let at_once = page && !self.goes_aside();
                Ok(Ok(if at_once { self.advance(tx, &head, now)? } else { Vec::new() }))
            })?;
            match looked {
                Ok(frames) => return Ok(frames),
                Err(Missing::Numbers(sight)) => app.ensure_scopes(&sight)?,
                Err(Missing::History(head)) => {
                    cursor.map_or(Ok(()), |cursor| settle_history(&app, &self.seal, cursor, &head))?;
                }
            }
        }
    }

    /// One look at scopes and cursor: the head of the state that was seen, or what is missing before it can be answered.
    fn look(
        &mut self,
        tx: &mut ReadTx,
        cursor: Option<&Cursor>,
        rebuild: &[Scope],
        (taken, now): (u64, Instant),
    ) -> Result<std::result::Result<Head, Missing>> {
        let today = now.local_date();
        let head = tx.head()?;
        let on_chain = cursor.map_or(Ok(false), |cursor| on_chain(tx, cursor, &head))?;
        if cursor.is_some_and(|cursor| disputes(cursor, &head, on_chain)) {
            return Ok(Err(Missing::History(head)));
        }
        let seen = sight(&self.identity.actor, &self.app.reference(tx)?.published(), today);
        let granted = tx.scopes(&seen)?;
        if granted.len() < seen.scopes().count() {
            return Ok(Err(Missing::Numbers(seen)));
        }
        self.epoch = (head.epoch, head.epoch_id);
        self.proven = (head.seq, head.chain);
        let known = cursor.filter(|cursor| cursor.epoch == head.epoch && on_chain);
        let lost = cursor.is_some() && known.is_none();
        let positions = known.map(|cursor| cursor.scopes.as_slice()).unwrap_or_default();
        self.scopes.clear();
        let mut scopes = Vec::new();
        let mut resets = Vec::new();
        for feed in granted {
            let before = positions.iter().find(|position| position.scope == feed.number).copied();
            let reason = reset_reason(&feed, before, rebuild, lost);
            let position = match (reason, before) {
                (None, Some(position)) => position,
                (_, before) => {
                    let generation = before.map_or(0, |position| position.generation) + 1;
                    let generation = generation.max(feed.generation);
                    Position { scope: feed.number, generation, seq: 0, whole_at: head.seq.max(1) }
                }
            };
            let generation = position.generation;
            let change = if before.is_some() { GrantChange::Kept } else { GrantChange::Added };
            scopes.push(Granted { scope: feed.scope, number: feed.number, generation, change });
            resets.extend(reason.map(|reason| Frame::Reset(Reset { scope: feed.number, reason, generation })));
            self.scopes.push(Held { feed, position });
        }
        for gone in positions.iter().filter(|old| !self.scopes.iter().any(|held| held.feed.number == old.scope)) {
            scopes.extend(self.gone(tx, *gone, &seen, now)?);
        }
        self.seen = (seen, today);
        self.ready.push_back(Frame::Welcome(Welcome { epoch: self.epoch, now, scopes, taken }));
        self.ready.extend(resets);
        Ok(Ok(head))
    }

    /// Why a scope of the cursor is no longer the device's.
    fn gone(&self, tx: &mut ReadTx, old: Position, seen: &Sight, now: Instant) -> Result<Option<Granted>> {
        let Some(scope) = tx.scope_by_number(old.scope)? else { return Ok(None) };
        let unit = crate::domain::ids::UnitId(scope.id);
        let of_unit = matches!(scope.kind, ScopeKind::Work | ScopeKind::Desk);
        let acting = tx.unit_path(unit)?.acting;
        let moved = of_unit && acting != unit && seen.contains(Scope { id: acting.0, ..scope });
        let today = now.local_date();
        let ended = self.identity.actor.grants.iter().any(|grant| grant.unit == unit && grant.to <= today);
        let change = match (moved, ended) {
            (true, _) => GrantChange::Moved,
            (false, true) => GrantChange::Ended,
            (false, false) => GrantChange::Revoked,
        };
        Ok(Some(Granted { scope, number: old.scope, generation: old.generation, change }))
    }

    /// One page: a rebuild first, then those that lag behind the rest, then all together to the head.
    fn advance(&mut self, tx: &mut ReadTx, head: &Head, now: Instant) -> Result<Vec<Frame>> {
        if let Some(index) = self.rebuilding() {
            return self.rebuild(tx, index, head);
        }
        let Page { mut frames, cursor, ended } = self.page(tx, head)?;
        if ended {
            frames.push(self.checkpoint(tx, cursor, head.seq, head.safe_past, now)?);
        }
        Ok(frames)
    }

    /// The scope that is rebuilt next.
    fn rebuilding(&self) -> Option<usize> {
        self.scopes.iter().position(|held| held.position.whole_at > 0)
    }

    /// What changed behind the lowest positions, up to the next one or the head of this state.
    fn page(&mut self, tx: &mut ReadTx, head: &Head) -> Result<Page> {
        let low = self.scopes.iter().map(|held| held.position.seq).min().unwrap_or(head.seq);
        let next = self.scopes.iter().map(|held| held.position.seq).filter(|seq| *seq > low).min();
        let upto = next.unwrap_or(head.seq);
        let lagging: Vec<i32> =
            self.scopes.iter().filter(|held| held.position.seq == low).map(|held| held.feed.number).collect();
        let page = if low == upto { Vec::new() } else { tx.feed_page(&lagging, low, upto, self.max_rows)? };
        let full = page.len() >= self.max_rows;
        let reached = if full { page.last().map_or(upto, |row| row.seq) } else { upto };
        for held in self.scopes.iter_mut().filter(|held| held.position.seq == low) {
            held.position.seq = reached;
        }
        let cursor = self.sealed(tx, head)?;
        let mut frames = Vec::new();
        if !page.is_empty() {
            frames.push(Frame::Rows(Rows { rows: fold(page), cursor: cursor.clone() }));
        }
        Ok(Page { frames, cursor, ended: !full && next.is_none() })
    }

    /// One page of a scope that is rebuilt; only what stands is sent, what is gone was never there.
    ///
    /// The cursor beside the last page still says that the scope is being rebuilt: a stream that is cut before `SnapshotEnd` gets it again.
    fn rebuild(&mut self, tx: &mut ReadTx, index: usize, head: &Head) -> Result<Vec<Frame>> {
        let Position { scope, generation, seq, whole_at } = self.scopes[index].position;
        let page = tx.feed_page(&[scope], seq, whole_at, self.max_rows)?;
        let full = page.len() >= self.max_rows;
        let position = &mut self.scopes[index].position;
        position.seq = if full { page.last().map_or(whole_at, |row| row.seq) } else { whole_at };
        if !full && planted!("end-of-rebuild-lost") {
            position.whole_at = 0;
        }
        let mut frames = Vec::new();
        if !page.is_empty() {
            let rows: Vec<FeedRow> = page.into_iter().filter(|row| matches!(row.op, FeedOp::Put { .. })).collect();
            frames.push(Frame::Rows(Rows { rows: fold(rows), cursor: self.sealed(tx, head)? }));
        }
        if !full {
            self.scopes[index].position.whole_at = 0;
            frames.push(Frame::SnapshotEnd { scope, generation });
        }
        Ok(frames)
    }

    fn checkpoint(
        &mut self,
        tx: &mut ReadTx,
        cursor: Vec<u8>,
        seq: i64,
        safe_past: i64,
        now: Instant,
    ) -> Result<Frame> {
        let scopes = self.scopes();
        self.digests = tx.digests(&scopes)?;
        self.identity.device = known(tx, self.identity.device.id)?;
        Ok(Frame::Checkpoint(self.told(cursor, seq, safe_past, now)))
    }

    /// What a checkpoint tells of the digests and commands known here.
    fn told(&self, cursor: Vec<u8>, seq: i64, safe_past: i64, now: Instant) -> Checkpoint {
        let device = &self.identity.device;
        Checkpoint {
            cursor,
            seq,
            digests: self.scopes.iter().map(|held| held.feed.number).map(|no| (no, self.digest(no))).collect(),
            taken: device.taken,
            outcomes: device.outcomes.clone(),
            now,
            mark: self.seal.mark(device.id, now),
            safe_past,
            epoch: self.epoch,
        }
    }

    fn digest(&self, scope: i32) -> Digest {
        self.digests.get(&scope).copied().unwrap_or_default()
    }

    /// The cursor names the newest commit that this page was read under, also where its positions lie far below: a record that changed since
    /// is not on the pages behind them, so a history that lost that commit must be noticed.
    fn sealed(&mut self, tx: &mut ReadTx, head: &Head) -> Result<Vec<u8>> {
        let (seq, chain) = if planted!("cursor-of-an-old-commit") {
            tx.commit_at(self.scopes.iter().map(|held| held.position.seq).min().unwrap_or(0))?
        } else {
            (head.seq, head.chain)
        };
        let mut start = [0; 8];
        start.copy_from_slice(&chain[..8]);
        self.commit = (seq, start);
        Ok(self.seal.cursor(self.identity.device.id, &self.cursor(self.commit)))
    }

    fn cursor(&self, commit: (i64, [u8; 8])) -> Cursor {
        let scopes = self.scopes.iter().map(|held| held.position).collect();
        Cursor { epoch: self.epoch.0, commit, scopes }
    }
}

/// What a look needs before it can answer.
enum Missing {
    /// Scopes in sight that have no short number yet.
    Numbers(Sight),
    /// The cursor and this history exclude each other.
    History(Head),
}

/// Why a scope must be rebuilt on this device, if it must.
fn reset_reason(feed: &FeedScope, before: Option<Position>, rebuild: &[Scope], lost: bool) -> Option<ResetReason> {
    let Some(before) = before else {
        return Some(if lost { ResetReason::Epoch } else { ResetReason::New });
    };
    if rebuild.contains(&feed.scope) {
        Some(ResetReason::Digest)
    } else if before.generation < feed.generation {
        Some(ResetReason::Schema)
    } else if before.seq < feed.floor && !planted!("floor-ignored") {
        Some(ResetReason::Compacted)
    } else {
        None
    }
}

/// Joins the rows of one change that several scopes see alike.
pub(super) fn fold(page: Vec<FeedRow>) -> Vec<Row> {
    let mut rows: Vec<(i64, Row)> = Vec::with_capacity(page.len());
    for FeedRow { scope, seq, kind, id, op } in page {
        let op = match op {
            FeedOp::Put { revision, bytes } => RowOp::Put { revision, bytes },
            FeedOp::Deleted => RowOp::Deleted,
            FeedOp::OutOfScope => RowOp::OutOfScope,
        };
        let same = rows.iter_mut().rev().take_while(|(at, _)| *at == seq);
        match same.map(|(_, row)| row).find(|row| row.kind == kind && row.id == id && row.op == op) {
            Some(row) => row.scopes.push(scope),
            None => rows.push((seq, Row { kind, id, op, scopes: vec![scope] })),
        }
    }
    rows.into_iter().map(|(_, row)| row).collect()
}
