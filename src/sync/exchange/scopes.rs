//! Resolves the scopes of an exchange: compares the cursor with the visible scopes and decides
//! which scopes are added, rebuilt or removed.

use super::super::cursor::{ScopePosition, SyncCursor};
use super::super::frame::{
    ResetFrame, ResetReason, ScopeChange, ScopeGrant, SyncFrame, WelcomeFrame,
};
use super::epoch::{is_epoch_conflict, is_on_chain, resolve_epoch_conflict};
use super::{Exchange, ExchangeScope};
use crate::app::{AppError, Result};
use crate::domain::access::scope::{Scope, ScopeKind};
use crate::domain::access::visible_scopes::{VisibleScopes, compute_visible_scopes};
use crate::domain::support::time::Timestamp;
use crate::store::ReadTx;
use crate::store::feed::FeedScope;
use crate::store::read_tx::FeedHead;

impl Exchange {
    /// Compares the cursor with the visible scopes; adds `WelcomeFrame` and the resets to the ready
    /// frames. With `page` it also returns the first page.
    pub(super) fn position_cursor(
        &mut self,
        cursor: Option<&SyncCursor>,
        rebuild: &[Scope],
        taken: u64,
        page: bool,
    ) -> Result<Vec<SyncFrame>> {
        let (app, now) = (self.app.clone(), self.app.now());
        loop {
            let resolved = app.store().read(|tx| {
                let head = match self.resolve_scopes(tx, cursor, rebuild, (taken, now))? {
                    Ok(head) => head,
                    Err(missing) => return Ok::<_, AppError>(Err(missing)),
                };
                let read_page = page && !self.is_replica_eligible();
                Ok(Ok(if read_page { self.read_next_page(tx, &head, now)? } else { Vec::new() }))
            })?;
            match resolved {
                Ok(frames) => return Ok(frames),
                Err(MissingPrerequisite::ScopeNumbers(visible)) => {
                    app.ensure_scope_numbers(&visible)?
                }
                Err(MissingPrerequisite::EpochConflict(head)) => {
                    cursor.map_or(Ok(()), |cursor| {
                        resolve_epoch_conflict(&app, &self.cursor_signer, cursor, &head)
                    })?;
                }
            }
        }
    }

    /// Resolves scopes and cursor in one snapshot: its head, or the prerequisite that is missing.
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
        let (mut grants, resets) = self.set_scopes(granted, positions, (rebuild, lost), head.seq);
        let removed = positions
            .iter()
            .filter(|old| !self.scopes.iter().any(|scope| scope.feed_scope.number == old.scope));
        for old in removed {
            grants.extend(self.build_removed_grant(tx, *old, &seen, now)?);
        }
        self.visible_scopes = (seen, today);
        self.ready_frames.push_back(SyncFrame::Welcome(WelcomeFrame {
            epoch: self.epoch,
            server_time: now,
            scopes: grants,
            last_command_number: taken,
        }));
        self.ready_frames.extend(resets);
        Ok(Ok(head))
    }

    /// Sets the scopes of this exchange. Returns the grant of each, and a reset of each that is
    /// rebuilt.
    fn set_scopes(
        &mut self,
        granted: Vec<FeedScope>,
        positions: &[ScopePosition],
        (rebuild, lost): (&[Scope], bool),
        head_seq: i64,
    ) -> (Vec<ScopeGrant>, Vec<SyncFrame>) {
        self.scopes.clear();
        let (mut grants, mut resets) = (Vec::new(), Vec::new());
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
            resets.extend(reason.map(|reason| {
                SyncFrame::Reset(ResetFrame { scope_number: feed.number, reason, generation })
            }));
            self.scopes.push(ExchangeScope { feed_scope: feed, position });
        }
        (grants, resets)
    }

    /// The grant entry of a scope that is in the cursor but no longer visible, with the reason.
    fn build_removed_grant(
        &self,
        tx: &mut ReadTx,
        old: ScopePosition,
        seen: &VisibleScopes,
        now: Timestamp,
    ) -> Result<Option<ScopeGrant>> {
        let Some(scope) = tx.scope_by_number(old.scope)? else { return Ok(None) };
        let unit = crate::domain::support::ids::UnitId(scope.id);
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
}

/// What must be done before scopes can be resolved.
enum MissingPrerequisite {
    /// Visible scopes without a short number.
    ScopeNumbers(VisibleScopes),
    /// The cursor and this history contradict each other.
    EpochConflict(FeedHead),
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
