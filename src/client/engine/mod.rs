//! The engine: builds the request of a call, decodes the frames of the response one by one, and
//! decides the next actions. The replica writes them; the runner calls and waits.
//!
//! It uses no disk, no network, no clock and no randomness: all of them are arguments, so a
//! simulated day of forty phones is reproducible. A cut call needs no state here: the next call
//! starts from the replica.

mod decode;
mod retry;

pub(crate) use retry::{backoff_delay, compare_digests};

use crate::client::protocol::{
    CallError, CheckpointDigests, DigestComparison, Epoch, HaltReason, LocalScopeDigest,
    NextAction, ReceiptParties, ReceivedCheckpoint, ReplicaAction, ScopeKey, ScopesByNumber,
};
use crate::domain::support::limits::PUSH_COMMANDS_MAX;
use crate::domain::support::scope_digest::{STATE_DIGEST_BYTES, compute_state_digest};
use crate::pb;
use crate::pb::sync_response::Frame;
use crate::wire::sync::RowCompression;
use std::time::Duration;

/// The state of the replica before a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SyncInput {
    /// The cursor of the last staged batch, or of the last checkpoint.
    pub(crate) cursor: Vec<u8>,
    /// The known epoch; `None` before the first call.
    pub(crate) epoch: Option<Epoch>,
    /// The next commands, by number.
    pub(crate) commands: Vec<(u64, Vec<u8>)>,
    /// Whether the outbox holds more than `commands`.
    pub(crate) has_more_commands: bool,
    /// Lowest number from which this phone has every command up to `highest`.
    pub(crate) lowest_number: u64,
    /// Highest number assigned; 0 before the first command.
    pub(crate) highest_number: u64,
    /// Granted scopes, with staged changes applied.
    pub(crate) granted_scopes: Vec<ScopeKey>,
    /// Scopes whose digest differed.
    pub(crate) rebuild_scopes: Vec<ScopeKey>,
    /// The phone and its authority, as receipts name them; `None` before the enrolment.
    pub(crate) receipt_parties: Option<ReceiptParties>,
    /// The granted scopes by number, if they are those of the cursor and no digest differed: a
    /// brief answer suffices.
    pub(crate) settled_scopes: Option<ScopesByNumber>,
}

/// A frame that does not follow the contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not of the contract: {0}")]
pub(crate) struct FrameError(pub(crate) &'static str);

/// Information that the server sends beside the data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ServerInfo {
    /// Remaining validity of the token.
    pub(crate) token_expires_in: Option<Duration>,
    /// The lowest client version that decodes every record.
    pub(crate) upgrade_wanted: Option<String>,
    /// Scopes whose digest still differs after a rebuild.
    pub(crate) diverged_scopes: Vec<ScopeKey>,
    /// Whether the state digest of a brief answer differed.
    pub(crate) state_differed: bool,
}

/// The engine of one phone; it handles one call at a time.
#[derive(Debug, Default)]
pub(crate) struct Engine {
    input: SyncInput,
    scopes: ScopesByNumber,
    /// Whether the request allows a brief answer.
    is_brief: bool,
    /// The cursor of the request, or the last one received.
    last_cursor: Vec<u8>,
    has_welcome: bool,
    has_checkpoint: bool,
    lease_days: u16,
    call_again: bool,
    halt_reason: Option<HaltReason>,
    is_superseded: bool,
    retry_after: Option<Duration>,
    server_info: ServerInfo,
    // State that persists between calls.
    consecutive_failures: u32,
    consecutive_renewals: u32,
    last_gap: Option<u64>,
    servers_tried: u32,
    commands_max: Option<usize>,
    /// Whether the digest of a brief answer differed, so that the next answer must list them all.
    wants_digests: bool,
}

impl Engine {
    /// Builds the request of a new call.
    pub(crate) fn build_request(&mut self, start: SyncInput, follow: bool) -> pb::SyncRequest {
        let kept = start.settled_scopes.clone().filter(|_| !self.wants_digests);
        let is_brief = kept.is_some();
        let request = pb::SyncRequest {
            cursor: start.cursor.clone(),
            commands: start.commands.iter().map(|(_, bytes)| bytes.clone()).collect(),
            follow,
            accept_compressions: RowCompression::offered(),
            // The cursor names the epoch; the state digest of a brief answer covers it.
            epoch: start
                .epoch
                .filter(|_| !is_brief)
                .map(|epoch| pb::Epoch { number: epoch.number, id: epoch.id.to_vec() }),
            max_rows: 0,
            client_version: env!("CARGO_PKG_VERSION").to_owned(),
            rebuild_scopes: start
                .rebuild_scopes
                .iter()
                .map(|scope| decode::encode_scope(*scope))
                .collect(),
            brief: is_brief,
        };
        *self = Self {
            call_again: start.has_more_commands,
            scopes: kept.unwrap_or_default(),
            is_brief,
            last_cursor: start.cursor.clone(),
            input: start,
            consecutive_failures: self.consecutive_failures,
            consecutive_renewals: self.consecutive_renewals,
            last_gap: self.last_gap,
            servers_tried: self.servers_tried,
            commands_max: self.commands_max,
            wants_digests: self.wants_digests,
            ..Self::default()
        };
        request
    }

    /// Handles one frame. Skips frames of unknown kinds.
    pub(crate) fn handle_frame(
        &mut self,
        frame: pb::SyncResponse,
    ) -> Result<Vec<ReplicaAction>, FrameError> {
        let Some(frame) = frame.frame else { return Ok(Vec::new()) };
        match frame {
            Frame::Welcome(welcome) => return self.on_welcome(&welcome),
            Frame::Verdict(_)
            | Frame::Rows(_)
            | Frame::Reset(_)
            | Frame::SnapshotEnd(_)
            | Frame::Checkpoint(_)
            | Frame::Bookmark(_)
            | Frame::Notice(_) => {}
        }
        if !self.has_welcome {
            self.open_without_welcome()?;
        }
        if self.is_superseded || self.halt_reason.is_some() {
            return Ok(Vec::new()); // Data of a superseded or conflicting epoch are not applied.
        }
        match frame {
            Frame::Welcome(_) => Ok(Vec::new()),
            Frame::Verdict(verdict) => Ok(self.on_verdict(verdict)),
            Frame::Rows(rows) => {
                let (ops, cursor) = decode::decode_rows(rows, &self.scopes)?;
                self.last_cursor.clone_from(&cursor);
                Ok(vec![ReplicaAction::StageOps { ops, cursor: Some(cursor) }])
            }
            Frame::Reset(reset) => Ok(vec![decode::decode_reset(&reset, &self.scopes)?]),
            Frame::SnapshotEnd(end) => Ok(vec![decode::decode_snapshot_end(&end, &self.scopes)?]),
            Frame::Checkpoint(checkpoint) => self.on_checkpoint(checkpoint),
            Frame::Bookmark(bookmark) => {
                self.last_cursor.clone_from(&bookmark.cursor);
                Ok(vec![ReplicaAction::StageOps { ops: Vec::new(), cursor: Some(bookmark.cursor) }])
            }
            Frame::Notice(notice) => self.on_notice(notice),
        }
    }

    /// Compares the digests after a swap and decides per scope: match, rebuild, or report.
    pub(crate) fn compare_digests(
        &mut self,
        checkpoint: &ReceivedCheckpoint,
        local: &[LocalScopeDigest],
    ) -> Vec<DigestComparison> {
        let found = match &checkpoint.digests {
            _ if planted!("digest-unread") => Vec::new(),
            CheckpointDigests::Listed(listed) => {
                self.wants_digests = false;
                compare_digests(listed, local)
            }
            CheckpointDigests::Combined(combined) => {
                self.compare_state(*combined, local);
                Vec::new()
            }
        };
        for agreement in &found {
            match agreement {
                DigestComparison::Match(_) => {}
                DigestComparison::Rebuild(_) => self.call_again = true,
                DigestComparison::StillDiffers(scope) => {
                    self.server_info.diverged_scopes.push(*scope)
                }
            }
        }
        found
    }

    /// Compares the state digest of a brief answer. If it differs, the next call asks for the
    /// digest of each scope; until then no scope is settled.
    fn compare_state(&mut self, theirs: [u8; STATE_DIGEST_BYTES], local: &[LocalScopeDigest]) {
        let epoch = self.input.epoch.map_or((0, [0; 16]), |epoch| (epoch.number, epoch.id));
        let scopes = local.iter().map(|one| (one.scope.kind, one.scope.id, one.digest));
        if compute_state_digest(epoch, scopes) != theirs {
            (self.wants_digests, self.call_again) = (true, true);
            self.server_info.state_differed = true;
        }
    }

    /// Whether a follow call should end because only a new call can continue.
    pub(crate) fn needs_another_call(&self) -> bool {
        let ends_soon = self.server_info.token_expires_in.is_some();
        self.halt_reason.is_some()
            || self.is_superseded
            || self.retry_after.is_some()
            || (self.has_checkpoint && (self.call_again || ends_soon))
    }

    /// Decides the next action after the stream closed without an error.
    pub(crate) fn on_stream_closed(&mut self, random: u64) -> NextAction {
        if let Some(halt) = self.halt_reason {
            return NextAction::Stop(halt);
        }
        if self.is_superseded {
            return self.try_next_server(HaltReason::Superseded);
        }
        if let Some(wait) = self.retry_after {
            return NextAction::Wait(wait);
        }
        if !self.has_checkpoint {
            return self.next_backoff(None, random);
        }
        if self.server_info.token_expires_in.take().is_some() {
            return NextAction::RenewToken;
        }
        if self.call_again { NextAction::CallAgain } else { NextAction::Done }
    }

    /// Decides the next action after a failed call.
    pub(crate) fn on_call_failed(&mut self, failure: &CallError, random: u64) -> NextAction {
        retry::next_after_failure(self, failure, random)
    }

    /// Maximum number of commands in the next call: the server's limit if it sent one.
    pub(crate) fn commands_max(&self) -> usize {
        self.commands_max.unwrap_or(PUSH_COMMANDS_MAX).min(PUSH_COMMANDS_MAX)
    }

    /// The number of the last command in this call's request.
    pub(crate) fn last_sent_number(&self) -> Option<u64> {
        self.input.commands.last().map(|(number, _)| *number)
    }

    /// Information that the server sent beside the data.
    pub(crate) fn server_info(&self) -> &ServerInfo {
        &self.server_info
    }

    fn next_backoff(&mut self, requested: Option<Duration>, random: u64) -> NextAction {
        let wait = backoff_delay(self.consecutive_failures, random);
        self.consecutive_failures = self.consecutive_failures.saturating_add(1);
        NextAction::Wait(requested.unwrap_or_default().max(wait))
    }

    /// Selects the next server until `SERVERS_TRIED_MAX` were tried.
    fn try_next_server(&mut self, otherwise: HaltReason) -> NextAction {
        self.servers_tried += 1;
        if self.servers_tried > retry::SERVERS_TRIED_MAX {
            NextAction::Stop(otherwise)
        } else {
            NextAction::TryNextServer
        }
    }

    /// Opens a brief answer that says nothing new of server and scopes.
    fn open_without_welcome(&mut self) -> Result<(), FrameError> {
        if !self.is_brief {
            return Err(FrameError("the stream does not open with Welcome"));
        }
        (self.has_welcome, self.lease_days) = (true, decode::decode_lease_days(None));
        self.commands_max = None;
        Ok(())
    }

    fn on_checkpoint(
        &mut self,
        checkpoint: pb::Checkpoint,
    ) -> Result<Vec<ReplicaAction>, FrameError> {
        // A brief answer may come without the number in Welcome.
        if self.is_brief && checkpoint.commands_taken > self.input.highest_number {
            return Ok(self.on_fork(checkpoint.commands_taken));
        }
        let receipt = decode::decode_receipt(&checkpoint, &self.input)?;
        let checkpoint = decode::decode_checkpoint(
            checkpoint,
            (receipt, &self.scopes),
            self.lease_days,
            &self.last_cursor,
        )?;
        self.last_cursor.clone_from(&checkpoint.cursor);
        self.has_checkpoint = true;
        (self.consecutive_failures, self.consecutive_renewals, self.servers_tried) = (0, 0, 0);
        Ok(vec![ReplicaAction::SwapStaged(checkpoint)])
    }

    /// Another phone with the same key used this number.
    fn on_fork(&mut self, number: u64) -> Vec<ReplicaAction> {
        self.halt_reason = Some(HaltReason::Forked(number));
        vec![ReplicaAction::SaveFork(number)]
    }

    fn on_welcome(&mut self, welcome: &pb::Welcome) -> Result<Vec<ReplicaAction>, FrameError> {
        let is_brief = welcome.brief && self.is_brief;
        let epoch = match self.input.epoch {
            Some(epoch) if is_brief => epoch,
            Some(_) | None => decode::decode_epoch(welcome.epoch.as_ref())?,
        };
        self.has_welcome = true;
        let limit =
            welcome.limits.as_ref().and_then(|limits| usize::try_from(limits.max_commands).ok());
        self.commands_max = limit.filter(|max| *max > 0);
        self.lease_days = decode::decode_lease_days(welcome.limits.as_ref());
        let mut actions = Vec::new();
        match self.input.epoch {
            Some(existing) if existing == epoch => {}
            Some(existing) if existing.number > epoch.number => {
                self.is_superseded = true;
                return Ok(actions);
            }
            Some(existing) if existing.number == epoch.number => {
                self.halt_reason = Some(HaltReason::EpochConflict);
                return Ok(actions);
            }
            existing => {
                self.call_again |=
                    existing.is_some() && !self.sends_all_after(welcome.last_command_number);
                actions.push(ReplicaAction::EnterEpoch {
                    epoch,
                    commands_taken: welcome.last_command_number,
                });
                self.input.epoch = Some(epoch);
            }
        }
        if welcome.last_command_number > self.input.highest_number {
            return Ok(self.on_fork(welcome.last_command_number));
        }
        let kept = if is_brief { std::mem::take(&mut self.scopes) } else { Default::default() };
        let granted_before = &self.input.granted_scopes;
        let (scopes, ops) = decode::decode_grants(&welcome.scopes, granted_before, kept)?;
        // A follow call may receive a second Welcome.
        self.input.granted_scopes = scopes.values().copied().collect();
        self.scopes = scopes;
        if !ops.is_empty() {
            actions.push(ReplicaAction::StageOps { ops, cursor: None });
        }
        let trusted = decode::decode_fingerprints(&welcome.trusted_ca_sha256)?;
        if !trusted.is_empty() {
            actions.push(ReplicaAction::ReplaceTrustedCas(trusted));
        }
        Ok(actions)
    }

    /// Whether this call has every command above a number, so that no other call is due for them.
    fn sends_all_after(&self, taken: u64) -> bool {
        let sent = self.input.commands.iter().filter(|(number, _)| *number > taken).count();
        sent as u64 == self.input.highest_number.saturating_sub(taken)
    }

    fn on_verdict(&mut self, verdict: pb::Verdict) -> Vec<ReplicaAction> {
        let sent = self.input.commands.iter().any(|(number, _)| *number == verdict.number);
        if !sent {
            return Vec::new(); // Not sent in this call: no entry waits for it.
        }
        self.last_gap = None;
        vec![ReplicaAction::SaveVerdict(decode::decode_verdict(verdict))]
    }

    fn on_notice(&mut self, notice: pb::Notice) -> Result<Vec<ReplicaAction>, FrameError> {
        use pb::notice::Notice as Kind;
        let Some(notice) = notice.notice else { return Ok(Vec::new()) };
        match notice {
            Kind::TokenExpires(end) => {
                self.server_info.token_expires_in = end
                    .remaining
                    .map(|remaining| decode::decode_duration(remaining.seconds, remaining.nanos))
            }
            Kind::RetryAfter(later) => {
                self.retry_after = Some(
                    later
                        .delay
                        .map_or(Duration::ZERO, |d| decode::decode_duration(d.seconds, d.nanos)),
                )
            }
            Kind::UpgradeWanted(upgrade) => {
                self.server_info.upgrade_wanted = Some(upgrade.minimum_version)
            }
            Kind::CommandGap(gap) => return Ok(self.on_gap(gap.expected_number)),
            Kind::CommandForked(forked) => return Ok(self.on_fork(forked.number)),
        }
        Ok(Vec::new())
    }

    fn on_gap(&mut self, expected: u64) -> Vec<ReplicaAction> {
        if expected > self.input.highest_number + 1 {
            return self.on_fork(expected - 1);
        }
        // The same number was requested twice in a row: the commands sent in between did not help.
        if expected < self.input.lowest_number || self.last_gap.replace(expected) == Some(expected)
        {
            self.halt_reason = Some(HaltReason::CommandsLost(expected));
            return Vec::new();
        }
        self.call_again = true;
        vec![ReplicaAction::ResendFrom(expected)]
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
