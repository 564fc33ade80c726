//! The state of an exchange after a checkpoint: it follows by change batches, and reads the store
//! only to learn whether its scopes changed.

use super::super::change_batch::ChangeBatch;
use super::super::frame::{CheckpointDigest, CheckpointFrame, RowsFrame, SyncFrame, SyncRow};
use super::opening::Opening;
use super::paging::merge_scope_rows;
use super::{DeviceScopes, Exchange, ExchangeCall, ExchangeScope, ExchangeStep, Paging};
use crate::app::access::load_identity;
use crate::app::command::PushResult;
use crate::app::{AppError, Result};
use crate::domain::access::scope::Scope;
use crate::domain::access::visible_scopes::compute_visible_scopes;
use crate::domain::support::scope_digest::ScopeDigest;
use crate::domain::support::time::Timestamp;
use crate::store::feed::FeedRow;
use crate::store::recent_commits::CommittedChanges;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An exchange whose device has a checkpoint of its scopes.
pub struct AtHead {
    pub(super) call: ExchangeCall,
    pub(super) scopes: DeviceScopes,
    /// Digests as the last checkpoint sent them.
    pub(super) digests: BTreeMap<i32, ScopeDigest>,
    /// The commit of the last cursor.
    pub(super) cursor_commit: (i64, [u8; 8]),
    /// Last seq that a verified backup held when the head was read.
    pub(super) safe_past_seq: i64,
}

impl AtHead {
    /// Whether every scope is at `seq` or later.
    #[must_use]
    pub fn is_caught_up_to(&self, seq: i64) -> bool {
        self.scopes.lowest_seq().is_none_or(|lowest| lowest >= seq)
    }

    /// The short numbers of the scopes in this call.
    #[must_use]
    pub fn scope_numbers(&self) -> BTreeSet<i32> {
        self.scopes.numbers()
    }

    /// Goes on with the feed from the present positions.
    #[must_use]
    pub fn into_paging(self) -> Paging {
        Paging { call: self.call, scopes: self.scopes }
    }

    /// The frames of a change batch for a device whose position is inside it or at its start; reads
    /// nothing from the store. `None`: the feed must be read. An empty list: the batch has no row
    /// for this device, whose position is now at its end.
    pub fn apply_change_batch(&mut self, batch: &ChangeBatch) -> Option<Vec<SyncFrame>> {
        let at = self.scopes.lowest_seq()?;
        let is_aligned = |scope: &ExchangeScope| {
            scope.position.seq == at
                && scope.position.snapshot_seq == 0
                && batch.has_scope(scope.feed_scope.number)
        };
        let is_applicable =
            batch.epoch == self.scopes.epoch.0 && batch.after_seq <= at && at < batch.upto_seq;
        if !is_applicable
            || !self.scopes.entries.iter().all(is_aligned)
            || self.digests.len() != self.scopes.entries.len()
        {
            return None;
        }
        let shared = batch.get_or_build_rows(&self.scope_numbers(), at);
        if shared.as_ref().is_some_and(|shared| shared.rows.len() > self.call.max_rows) {
            return None;
        }
        for scope in &mut self.scopes.entries {
            scope.position.seq = batch.upto_seq;
            let digest = batch.digest(scope.feed_scope.number);
            self.scopes.is_stale |= digest.is_some() && scope.feed_scope.scope == Scope::REFERENCE;
            self.digests.extend(digest.map(|digest| (scope.feed_scope.number, digest)));
        }
        self.cursor_commit = (batch.upto_seq, batch.chain);
        let Some(shared) =
            shared.filter(|shared| !shared.rows.is_empty() && !planted!("round-lost"))
        else {
            return Some(Vec::new());
        };
        let cursor = self.call.sign_cursor(&self.scopes.build_cursor(self.cursor_commit));
        let (seq, now, safe_past) = (batch.upto_seq, batch.read_at, batch.safe_past_seq);
        let checkpoint = self.build_checkpoint(cursor.clone(), seq, safe_past, now);
        Some(vec![
            SyncFrame::SharedRows { rows: shared, cursor },
            SyncFrame::Checkpoint(checkpoint),
        ])
    }

    /// The frames from the state that this call has read to the commit of what it pushed: the rows,
    /// if any, and the checkpoint. `None`: they are not all in memory, a new epoch began, or what
    /// the caller may see has changed; then nothing is.
    pub fn apply_own_commit(&mut self, pushed: &PushResult) -> Option<Vec<SyncFrame>> {
        let commit_seq = pushed.commit_seq;
        let app = &self.call.app;
        let commits = app.store().commits_between(&self.scopes.verified_commit.1, commit_seq)?;
        let own = commits.last()?;
        let (last_command_number, outcome_chain) = own.outbox(self.call.identity.device.id)?;
        let changes_reference = |entry: &ExchangeScope| {
            let number = entry.feed_scope.number;
            entry.feed_scope.scope == Scope::REFERENCE
                && commits.iter().any(|commit| commit.digest(number).is_some())
        };
        // A push that changed no record names the head: the commit there may be an earlier one.
        let is_of_push =
            pushed.outcomes.last().is_none_or(|outcome| outcome.number <= last_command_number);
        if !is_of_push
            || own.epoch() != self.scopes.epoch.0
            || own.auth_generation() != self.call.identity.auth_generation
            || self.scopes.entries.iter().any(changes_reference)
        {
            return None;
        }
        let rows = self.merge_commit_rows(&commits);
        if rows.len() > self.call.max_rows {
            return None;
        }
        for scope in &mut self.scopes.entries {
            scope.position.seq = commit_seq;
            let number = scope.feed_scope.number;
            let digest = commits.iter().rev().find_map(|commit| commit.digest(number));
            self.digests.extend(digest.map(|digest| (number, digest)));
        }
        self.cursor_commit = own.cursor_commit();
        let device = &mut self.call.identity.device;
        device.last_command_number = last_command_number;
        device.outcome_chain = outcome_chain.to_vec();
        let cursor = self.call.sign_cursor(&self.scopes.build_cursor(self.cursor_commit));
        let mut frames = Vec::with_capacity(2);
        if !rows.is_empty() {
            frames.push(SyncFrame::Rows(RowsFrame { rows, cursor: cursor.clone() }));
        }
        let (safe_past_seq, now) = (self.safe_past_seq, self.call.app.now());
        frames.push(SyncFrame::Checkpoint(self.build_checkpoint(
            cursor,
            commit_seq,
            safe_past_seq,
            now,
        )));
        Some(frames)
    }

    /// The rows of these commits in the scopes of the device, of each record the last.
    fn merge_commit_rows(&self, commits: &[Arc<CommittedChanges>]) -> Vec<SyncRow> {
        let mut latest: BTreeMap<_, FeedRow> = BTreeMap::new();
        for commit in commits {
            for scope in &self.scopes.entries {
                let rows = commit.feed_rows(scope.feed_scope.number);
                latest.extend(rows.map(|row| ((row.scope, row.kind, row.id), row)));
            }
        }
        let mut rows: Vec<FeedRow> = latest.into_values().collect();
        rows.sort_by_key(|row| (row.seq, row.scope));
        merge_scope_rows(rows)
    }

    /// A bookmark at the present positions, for a follower that received nothing for a while.
    #[must_use]
    pub fn build_bookmark(&self) -> SyncFrame {
        let mut cursor = self.scopes.build_cursor(self.cursor_commit);
        if planted!("bookmark-overtakes") {
            cursor.positions.iter_mut().for_each(|position| position.seq += 100);
        }
        SyncFrame::Bookmark { cursor: self.call.sign_cursor(&cursor) }
    }

    /// Whether the visible scopes must be resolved again although no grant changed: on a new day,
    /// or after a change of the reference scope.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.scopes.is_stale || self.scopes.visible_on != self.call.app.now().local_date()
    }

    /// Reads the identity again. If the scopes changed, the step has a new `WelcomeFrame` and goes
    /// on with [`Exchange::Paging`]; else it is without a frame. Fails when the device was revoked.
    pub fn refresh_scopes(mut self) -> Result<ExchangeStep> {
        let (id, today) = (self.call.identity.device.id, self.call.app.now().local_date());
        let app = &self.call.app;
        let (identity, visible) = app.store().read(|tx| {
            let identity = load_identity(tx, id)?;
            let published = app.reference(tx)?.published_campaigns();
            let visible = compute_visible_scopes(&identity.actor, &published, today);
            Ok::<_, AppError>((identity, visible))
        })?;
        self.call.identity = identity;
        if visible == self.scopes.visible_scopes {
            (self.scopes.visible_on, self.scopes.is_stale) = (today, false);
            return Ok(ExchangeStep { frames: Vec::new(), exchange: Exchange::AtHead(self) });
        }
        let opening = Opening {
            // Before the first commit, which every history shares.
            cursor: Some(self.scopes.build_cursor((0, [0; 8]))),
            last_command_number: self.call.identity.device.last_command_number,
            call: self.call,
            rebuild_scopes: Vec::new(),
            pushed: PushResult::default(),
            include_first_page: false,
        };
        opening.resolve()
    }

    /// The checkpoint with the digests and the command number of this exchange.
    pub(super) fn build_checkpoint(
        &self,
        cursor: Vec<u8>,
        seq: i64,
        safe_past: i64,
        now: Timestamp,
    ) -> CheckpointFrame {
        let device = &self.call.identity.device;
        let digest = |entry: &ExchangeScope| {
            let number = entry.feed_scope.number;
            let digest = self.digests.get(&number).copied().unwrap_or_default();
            CheckpointDigest { scope: entry.feed_scope.scope, number, digest }
        };
        CheckpointFrame {
            cursor,
            seq,
            digests: self.scopes.entries.iter().map(digest).collect(),
            commands_taken: device.last_command_number,
            outcome_chain: device.outcome_chain.clone(),
            server_time: now,
            sync_mark: self.call.cursor_signer.sign_sync_mark(device.id, now),
            safe_past_seq: safe_past,
            epoch: self.scopes.epoch,
        }
    }
}
