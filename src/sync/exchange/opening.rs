//! The first state of an exchange: resolves the scopes. Compares the cursor with the visible scopes
//! and decides which scopes are added, rebuilt or removed.

use super::super::cursor::{ScopePosition, SyncCursor};
use super::super::frame::{
    ResetFrame, ResetReason, ScopeChange, ScopeGrant, SyncFrame, WelcomeFrame,
};
use super::epoch::{is_epoch_conflict, is_on_chain, resolve_epoch_conflict};
use super::{DeviceScopes, Exchange, ExchangeCall, ExchangeScope, ExchangeStep, Paging};
use crate::app::Result;
use crate::app::command::{PushResult, PushStopReason};
use crate::domain::access::scope::{Scope, ScopeKind};
use crate::domain::access::visible_scopes::{VisibleScopes, compute_visible_scopes};
use crate::domain::support::ids::UnitId;
use crate::domain::support::time::Timestamp;
use crate::store::ReadTx;
use crate::store::feed::FeedScope;
use crate::store::read_tx::FeedHead;

/// An exchange whose scopes are not resolved yet.
#[derive(Clone)]
pub(super) struct Opening {
    pub(super) call: ExchangeCall,
    /// The device's cursor, if its signature is valid.
    pub(super) cursor: Option<SyncCursor>,
    /// Scopes to rebuild at the device's request.
    pub(super) rebuild_scopes: Vec<Scope>,
    /// Highest command number processed before this call.
    pub(super) last_command_number: u64,
    /// The outcomes of the commands of this call; empty before they run.
    pub(super) pushed: PushResult,
    /// Whether the first page is read in the transaction that resolves the scopes.
    pub(super) include_first_page: bool,
}

/// The result of one attempt to resolve the scopes.
enum Resolution {
    /// The scopes are resolved.
    Resolved(ExchangeStep),
    /// Visible scopes have no short number yet.
    WithoutNumbers(Opening, VisibleScopes),
    /// The cursor and this history contradict each other.
    EpochConflict(Opening, FeedHead),
}

impl Opening {
    /// Resolves scopes and cursor. The frames are the welcome, the outcomes, the resets, and the
    /// first page if it is included.
    pub(super) fn resolve(self) -> Result<ExchangeStep> {
        let (app, now) = (self.call.app.clone(), self.call.app.now());
        let mut opening = self;
        loop {
            match app.store().read(|tx| opening.attempt(tx, now))? {
                Resolution::Resolved(step) => return Ok(step),
                Resolution::WithoutNumbers(again, visible) => {
                    app.ensure_scope_numbers(&visible)?;
                    opening = again;
                }
                Resolution::EpochConflict(again, head) => {
                    if let Some(cursor) = &again.cursor {
                        resolve_epoch_conflict(&app, &again.call.cursor_signer, cursor, &head)?;
                    }
                    opening = again;
                }
            }
        }
    }

    /// Resolves scopes and cursor in one snapshot, unless something must be done before.
    fn attempt(self, tx: &mut ReadTx, now: Timestamp) -> Result<Resolution> {
        let today = now.local_date();
        let head = tx.head()?;
        let on_chain =
            self.cursor.as_ref().map_or(Ok(false), |cursor| is_on_chain(tx, cursor, &head))?;
        if self.cursor.as_ref().is_some_and(|cursor| is_epoch_conflict(cursor, &head, on_chain)) {
            return Ok(Resolution::EpochConflict(self, head));
        }
        let published = self.call.app.reference(tx)?.published_campaigns();
        let visible = compute_visible_scopes(&self.call.identity.actor, &published, today);
        let granted = tx.visible_scopes(&visible)?;
        if granted.len() < visible.scopes().count() {
            return Ok(Resolution::WithoutNumbers(self, visible));
        }
        let known = self.cursor.as_ref().filter(|cursor| cursor.epoch == head.epoch && on_chain);
        let resumes_cursor = known.is_some();
        let lost = self.cursor.is_some() && !resumes_cursor;
        let positions = known.map(|cursor| cursor.positions.as_slice()).unwrap_or_default();
        let (entries, mut grants, resets) =
            place_scopes(granted, positions, (&self.rebuild_scopes, lost), head.seq);
        let removed = positions
            .iter()
            .filter(|old| !entries.iter().any(|scope| scope.feed_scope.number == old.scope));
        for old in removed {
            grants.extend(self.build_removed_grant(tx, *old, &visible, now)?);
        }
        let scopes = DeviceScopes {
            epoch: (head.epoch, head.epoch_id),
            entries,
            verified_commit: (head.seq, head.chain),
            visible_scopes: visible,
            visible_on: today,
            is_stale: false,
        };
        let welcome = WelcomeFrame {
            epoch: scopes.epoch,
            server_time: now,
            scopes: grants,
            last_command_number: self.last_command_number,
            resumes_cursor,
        };
        let step = self.begin_paging(tx, (welcome, resets, scopes), (&head, now))?;
        Ok(Resolution::Resolved(step))
    }

    /// The first frames, and the first page if it is included.
    fn begin_paging(
        self,
        tx: &mut ReadTx,
        (welcome, resets, scopes): (WelcomeFrame, Vec<ResetFrame>, DeviceScopes),
        (head, now): (&FeedHead, Timestamp),
    ) -> Result<ExchangeStep> {
        let mut frames = vec![SyncFrame::Welcome(welcome)];
        frames.extend(build_push_frames(self.pushed));
        frames.extend(resets.into_iter().map(SyncFrame::Reset));
        let paging = Paging { call: self.call, scopes };
        if !self.include_first_page || paging.is_replica_eligible() {
            return Ok(ExchangeStep { frames, exchange: Exchange::Paging(paging) });
        }
        let page = paging.read_next_page(tx, head, now)?;
        frames.extend(page.frames);
        Ok(ExchangeStep { frames, exchange: page.exchange })
    }

    /// The grant entry of a scope that is in the cursor but no longer visible, with the reason.
    fn build_removed_grant(
        &self,
        tx: &mut ReadTx,
        old: ScopePosition,
        visible: &VisibleScopes,
        now: Timestamp,
    ) -> Result<Option<ScopeGrant>> {
        let Some(scope) = tx.scope_by_number(old.scope)? else { return Ok(None) };
        let unit = UnitId(scope.id);
        let of_unit =
            matches!(scope.kind, ScopeKind::Work | ScopeKind::Desk | ScopeKind::Participation);
        let acting = tx.unit_path(unit)?.acting_unit;
        let moved = of_unit && acting != unit && visible.contains(Scope { id: acting.0, ..scope });
        let today = now.local_date();
        let ended = self
            .call
            .identity
            .actor
            .grants
            .iter()
            .any(|grant| grant.unit == unit && grant.to <= today);
        let change = match (moved, ended) {
            (true, _) => ScopeChange::Moved,
            (false, true) => ScopeChange::Ended,
            (false, false) => ScopeChange::Revoked,
        };
        Ok(Some(ScopeGrant { scope, number: old.scope, generation: old.generation, change }))
    }
}

/// The frames that say what became of the pushed commands.
pub(super) fn build_push_frames(pushed: PushResult) -> impl Iterator<Item = SyncFrame> {
    let stop = pushed.stop.map(|stop| match stop {
        PushStopReason::Gap(expected) => SyncFrame::CommandGap { expected_number: expected },
        PushStopReason::Forked(number) => SyncFrame::CommandForked { number },
    });
    pushed.outcomes.into_iter().map(SyncFrame::CommandOutcome).chain(stop)
}

/// Places the device in each scope: at its position, or at the start of a rebuild. Returns the
/// scopes, the grant of each, and a reset of each that is rebuilt.
fn place_scopes(
    granted: Vec<FeedScope>,
    positions: &[ScopePosition],
    (rebuild, lost): (&[Scope], bool),
    head_seq: i64,
) -> (Vec<ExchangeScope>, Vec<ScopeGrant>, Vec<ResetFrame>) {
    let (mut scopes, mut grants, mut resets) = (Vec::new(), Vec::new(), Vec::new());
    for feed in granted {
        let before = positions.iter().find(|position| position.scope == feed.number).copied();
        let reason = find_reset_reason(&feed, before, rebuild, lost);
        let position = match (reason, before) {
            (None, Some(position)) => position,
            (_, before) => {
                let generation = before.map_or(0, |position| position.generation) + 1;
                ScopePosition {
                    scope: feed.number,
                    generation: generation.max(feed.generation),
                    seq: 0,
                    snapshot_seq: head_seq.max(1),
                }
            }
        };
        let generation = position.generation;
        let change = if before.is_some() { ScopeChange::Kept } else { ScopeChange::Added };
        grants.push(ScopeGrant { scope: feed.scope, number: feed.number, generation, change });
        resets.extend(reason.map(|reason| ResetFrame {
            scope_number: feed.number,
            reason,
            generation,
        }));
        scopes.push(ExchangeScope { feed_scope: feed, position });
    }
    (scopes, grants, resets)
}

/// Why a scope must be rebuilt on this device; `None` if it need not.
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
