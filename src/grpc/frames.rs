//! Converts frames of the sync exchange into messages of the contract.

use super::ServerEndpoints;
use super::codec::SyncStreamItem;
use super::status::RpcError;
use crate::app::command::CommandOutcome;
use crate::auth::AuthorityKey;
use crate::domain::access::lease::OFFLINE_LEASE_DAYS;
use crate::domain::report::command::Verdict;
use crate::domain::support::ids::DeviceId;
use crate::domain::support::limits::{FEED_PAGE_ROWS_MAX, MESSAGE_BYTES_MAX, PUSH_COMMANDS_MAX};
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::scope_digest::{STATE_DIGEST_BYTES, ScopeDigest, compute_state_digest};
use crate::domain::support::time::Timestamp;
use crate::pb::notice::Notice as NoticeKind;
use crate::pb::sync_response::Frame as FrameMessage;
use crate::pb::{self, SyncResponse};
use crate::sync::change_batch::{COMPRESSIONS, SharedRows};
use crate::sync::frame::{
    CheckpointDigest, CheckpointFrame, ResetFrame, ResetReason, RowsFrame, ScopeChange, ScopeGrant,
    SyncFrame, SyncRow, SyncRowOp, WelcomeFrame,
};
use crate::wire::access::{ReceiptBody, encode_receipt};
use crate::wire::sync::RowCompression;
use crate::wire::{reasons, record, sync, values};
use std::sync::Arc;

const _: () =
    assert!(RowCompression::COUNT == COMPRESSIONS, "a batch stores one encoding per compression");

/// Builds the messages of one call from its frames.
pub(super) struct CallMessages {
    /// The key that signs the receipt.
    pub(super) authority: Arc<AuthorityKey>,
    /// The device that calls.
    pub(super) device: DeviceId,
    /// The compression of rows that the caller accepts.
    pub(super) compression: Option<RowCompression>,
    /// What the welcome says of the server.
    pub(super) endpoints: Arc<ServerEndpoints>,
    /// The offline lease that the welcome names, in days; 0: the app's default.
    pub(super) offline_lease_days: u16,
    /// Whether the next checkpoint carries a receipt: the first one of a call with commands.
    pub(super) receipt_due: bool,
    /// The last cursor that the caller has, if it understands a brief answer.
    pub(super) brief_cursor: Option<Vec<u8>>,
}

impl CallMessages {
    /// Builds the stream item of a frame; rows are compressed if the caller accepts it. `None`: a
    /// brief answer leaves the frame out.
    pub(super) fn build_item(
        &mut self,
        frame: SyncFrame,
    ) -> Result<Option<SyncStreamItem>, RpcError> {
        let frame = match frame {
            SyncFrame::SharedRows { rows, cursor } => {
                self.note_cursor(&cursor);
                let rows = self.encode_shared_rows(&rows);
                return Ok(Some(SyncStreamItem::EncodedRows(rows, cursor)));
            }
            SyncFrame::Rows(frame) => {
                self.note_cursor(&frame.cursor);
                return Ok(Some(self.build_rows(frame)));
            }
            SyncFrame::Welcome(frame) if self.is_brief() && frame.resumes_cursor => {
                match self.build_brief_welcome(frame) {
                    Some(welcome) => FrameMessage::Welcome(welcome),
                    None => return Ok(None),
                }
            }
            SyncFrame::Welcome(frame) => FrameMessage::Welcome(self.build_welcome(frame)),
            SyncFrame::CommandOutcome(outcome) => {
                FrameMessage::Verdict(outcome_to_verdict(outcome, self.is_brief()))
            }
            SyncFrame::Reset(frame) => FrameMessage::Reset(reset_to_proto(frame)),
            SyncFrame::SnapshotEnd { scope, generation } => {
                FrameMessage::SnapshotEnd(pb::SnapshotEnd {
                    scope_number: to_u32(scope),
                    generation: to_u64(generation),
                })
            }
            SyncFrame::Checkpoint(frame) => FrameMessage::Checkpoint(self.build_checkpoint(frame)?),
            SyncFrame::Bookmark { cursor } => {
                self.note_cursor(&cursor);
                FrameMessage::Bookmark(pb::Bookmark { cursor })
            }
            SyncFrame::CommandGap { expected_number } => {
                build_notice(NoticeKind::CommandGap(pb::CommandGap { expected_number }))
            }
            SyncFrame::CommandForked { number } => {
                build_notice(NoticeKind::CommandForked(pb::CommandForked { number }))
            }
        };
        Ok(Some(wrap_frame(frame)))
    }

    fn is_brief(&self) -> bool {
        self.brief_cursor.is_some()
    }

    /// Notes a cursor that is sent, for the checkpoint after it; false if the caller has it.
    fn note_cursor(&mut self, cursor: &[u8]) -> bool {
        let Some(last) = &mut self.brief_cursor else { return true };
        let is_new = last.as_slice() != cursor;
        if is_new {
            // A new vector: that of the request may be large.
            *last = cursor.to_vec();
        }
        is_new
    }

    fn build_rows(&self, frame: RowsFrame) -> SyncStreamItem {
        let Some(compression) = self.compression else {
            return wrap_frame(FrameMessage::Rows(rows_to_proto(frame)));
        };
        let plain = sync::encode_rows(frame.rows.into_iter().map(row_to_proto).collect());
        let bytes = sync::compress_rows(&plain, compression).unwrap_or(plain);
        SyncStreamItem::EncodedRows(bytes.into(), frame.cursor)
    }

    /// The rows in the encoding of this caller, which the first caller makes for all.
    fn encode_shared_rows(&self, batch: &SharedRows) -> Arc<[u8]> {
        let encode =
            || sync::encode_rows(batch.rows.iter().cloned().map(row_to_proto).collect()).into();
        let plain = batch.encoded.get_or_init(encode);
        let Some(compression) = self.compression else { return Arc::clone(plain) };
        let compress = || {
            sync::compress_rows(plain, compression).map_or_else(|| Arc::clone(plain), Into::into)
        };
        Arc::clone(batch.compressed[compression as usize].get_or_init(compress))
    }

    fn build_welcome(&self, frame: WelcomeFrame) -> pb::Welcome {
        let WelcomeFrame { epoch, server_time, scopes, last_command_number, resumes_cursor: _ } =
            frame;
        let limits = pb::SyncLimits {
            max_commands: PUSH_COMMANDS_MAX as u32,
            max_rows: FEED_PAGE_ROWS_MAX as u32,
            max_message_bytes: MESSAGE_BYTES_MAX as u32,
            offline_lease_days: self.offline_lease_days.into(),
        };
        let trusted = self.endpoints.trusted_ca_sha256.iter();
        pb::Welcome {
            epoch: Some(epoch_to_proto(epoch)),
            server_time: Some(values::timestamp_to_proto(server_time)),
            limits: Some(limits),
            scopes: scopes.into_iter().map(scope_grant_to_proto).collect(),
            last_command_number,
            trusted_ca_sha256: trusted.map(|ca| ca.to_vec()).collect(),
            brief: false,
        }
    }

    /// What a device does not know that has the epoch and the kept scopes; `None` if that is
    /// nothing.
    fn build_brief_welcome(&self, mut frame: WelcomeFrame) -> Option<pb::Welcome> {
        frame.scopes.retain(|grant| grant.change != ScopeChange::Kept);
        let lease_days = u32::from(self.offline_lease_days);
        let has_default_lease = [0, u32::from(OFFLINE_LEASE_DAYS)].contains(&lease_days);
        let welcome = pb::Welcome {
            epoch: None,
            server_time: None,
            limits: (!has_default_lease).then(|| pb::SyncLimits {
                offline_lease_days: lease_days,
                ..pb::SyncLimits::default()
            }),
            brief: true,
            ..self.build_welcome(frame)
        };
        let says_nothing = welcome.limits.is_none()
            && welcome.scopes.is_empty()
            && welcome.trusted_ca_sha256.is_empty();
        (!says_nothing).then_some(welcome)
    }

    fn build_checkpoint(&mut self, mut frame: CheckpointFrame) -> Result<pb::Checkpoint, RpcError> {
        if !self.note_cursor(&frame.cursor) {
            frame.cursor.clear();
        }
        let mut state_digest = Vec::new();
        if self.is_brief() {
            state_digest = digest_state(&frame).to_vec();
            frame.digests.clear();
            frame.server_time = Timestamp(frame.server_time.0 - frame.server_time.0 % 1_000_000);
        }
        let receipt = match std::mem::take(&mut self.receipt_due) {
            true => Some(self.sign_receipt(&frame)?),
            false => None,
        };
        let CheckpointFrame {
            cursor,
            seq,
            digests,
            commands_taken,
            outcome_chain: _,
            server_time,
            sync_mark,
            safe_past_seq,
            epoch: _,
        } = frame;
        Ok(pb::Checkpoint {
            cursor,
            seq,
            digests: digests.into_iter().map(digest_to_proto).collect(),
            commands_taken,
            server_time: Some(values::timestamp_to_proto(server_time)),
            sync_mark,
            receipt,
            safe_past_seq,
            state_digest,
        })
    }

    /// Signs a receipt for the commands of the device at a checkpoint.
    fn sign_receipt(&self, checkpoint: &CheckpointFrame) -> Result<pb::Receipt, RpcError> {
        let body = encode_receipt(&ReceiptBody {
            authority: self.authority.id(),
            epoch: (to_u64(checkpoint.epoch.0), checkpoint.epoch.1),
            device: self.device,
            commands_taken: checkpoint.commands_taken,
            outcome_chain: checkpoint.outcome_chain.clone(),
            seq: checkpoint.seq,
            time: checkpoint.server_time,
        });
        let signature =
            self.authority.sign(&body).map_err(|error| RpcError::Internal(error.to_string()))?;
        Ok(if self.is_brief() {
            let outcome_chain = checkpoint.outcome_chain.clone();
            pb::Receipt { body: Vec::new(), signature, outcome_chain }
        } else {
            pb::Receipt { body, signature, outcome_chain: Vec::new() }
        })
    }
}

fn digest_state(frame: &CheckpointFrame) -> [u8; STATE_DIGEST_BYTES] {
    let scopes =
        frame.digests.iter().map(|one| (one.scope.kind.number(), one.scope.id, one.digest));
    compute_state_digest((to_u64(frame.epoch.0), frame.epoch.1), scopes)
}

fn wrap_frame(frame: FrameMessage) -> SyncStreamItem {
    SyncStreamItem::Frame(Box::new(SyncResponse { frame: Some(frame) }))
}

/// Builds the notice that the access token expires in `seconds`.
#[must_use]
pub(super) fn build_token_expires(seconds: i64) -> SyncStreamItem {
    let remaining = Some(sync::build_duration(seconds, 0));
    wrap_frame(build_notice(NoticeKind::TokenExpires(pb::TokenExpires { remaining })))
}

/// Builds the notice to reconnect after `millis` milliseconds.
#[must_use]
pub(super) fn build_retry_after(millis: i64) -> SyncStreamItem {
    let delay = Some(sync::build_duration(millis / 1000, millis % 1000));
    wrap_frame(build_notice(NoticeKind::RetryAfter(pb::RetryAfter { delay })))
}

/// Builds the notice that asks the app to upgrade to `minimum_version`.
#[must_use]
pub(super) fn build_upgrade_wanted(minimum_version: String) -> SyncStreamItem {
    wrap_frame(build_notice(NoticeKind::UpgradeWanted(pb::UpgradeWanted { minimum_version })))
}

fn build_notice(kind: NoticeKind) -> FrameMessage {
    FrameMessage::Notice(pb::Notice { notice: Some(kind) })
}

/// Converts a number of a scope; it is never negative.
fn to_u32(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// Converts a generation, an epoch number or a count; it is never negative.
fn to_u64(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

pub(super) fn epoch_to_proto((number, id): (i64, [u8; 16])) -> pb::Epoch {
    pb::Epoch { number: to_u64(number), id: id.to_vec() }
}

fn scope_grant_to_proto(grant: ScopeGrant) -> pb::ScopeGrant {
    let ScopeGrant { scope, number, generation: _, change } = grant;
    let none = pb::ScopeRemoval::Unspecified;
    let (change, removal) = match change {
        ScopeChange::Added => (pb::ScopeChange::Added, none),
        ScopeChange::Kept => (pb::ScopeChange::Kept, none),
        ScopeChange::Revoked => (pb::ScopeChange::Removed, pb::ScopeRemoval::Revoked),
        ScopeChange::Moved => (pb::ScopeChange::Removed, pb::ScopeRemoval::Moved),
        ScopeChange::Ended => (pb::ScopeChange::Removed, pb::ScopeRemoval::Ended),
    };
    let scope = Some(sync::scope_to_proto(scope, to_u32(number)));
    pb::ScopeGrant { scope, change: change.into(), removal: removal.into() }
}

fn outcome_to_verdict(outcome: CommandOutcome, is_brief: bool) -> pb::Verdict {
    let CommandOutcome {
        number,
        duplicate,
        verdict,
        seq,
        record_id,
        revision,
        reason,
        problems,
        held_place,
    } = outcome;
    let present = sync::outcome_to_proto(verdict);
    let leaves_out_record = is_brief && matches!(verdict, Verdict::Applied | Verdict::Merged);
    let record_id = if leaves_out_record || record_id == [0; 16] { &[][..] } else { &record_id };
    let (outcome, present_outcome) = match duplicate {
        true => (pb::Outcome::Duplicate, present),
        false => (present, pb::Outcome::Unspecified),
    };
    let reason =
        reason.and_then(|code| RefusalReason::from_code(&code)).map(reasons::reason_to_proto);
    pb::Verdict {
        number,
        outcome: outcome.into(),
        present_outcome: present_outcome.into(),
        seq,
        revision,
        record_id: record_id.to_vec(),
        reason: reason.unwrap_or_default().into(),
        problems: problems.iter().map(reasons::problem_to_proto).collect(),
        held_place: held_place.map(|(place, unit_name)| pb::HeldPlace {
            unit_id: place.unit.0.to_vec(),
            unit_name,
            reason: record::held_reason_to_proto(place.reason).into(),
        }),
    }
}

fn rows_to_proto(frame: RowsFrame) -> pb::Rows {
    let RowsFrame { rows, cursor } = frame;
    pb::Rows { rows: rows.into_iter().map(row_to_proto).collect(), cursor, ..pb::Rows::default() }
}

fn row_to_proto(row: SyncRow) -> pb::Row {
    let SyncRow { kind, id, op, scope_numbers } = row;
    let none = pb::GoneReason::Unspecified;
    let (operation, revision, record, gone_reason) = match op {
        SyncRowOp::Put { revision, bytes } => (pb::RowOperation::Put, revision, bytes, none),
        SyncRowOp::Deleted => (pb::RowOperation::Gone, 0, Vec::new(), pb::GoneReason::Deleted),
        SyncRowOp::OutOfScope => {
            (pb::RowOperation::Gone, 0, Vec::new(), pb::GoneReason::OutOfScope)
        }
    };
    pb::Row {
        operation: operation.into(),
        kind: sync::record_kind_to_proto(kind),
        id: id.to_vec(),
        revision,
        record,
        scope_numbers: scope_numbers.into_iter().map(to_u32).collect(),
        gone_reason: gone_reason.into(),
    }
}

fn reset_to_proto(frame: ResetFrame) -> pb::Reset {
    let ResetFrame { scope_number, reason, generation } = frame;
    let reason = match reason {
        ResetReason::New => pb::ResetReason::New,
        ResetReason::Compacted => pb::ResetReason::Compacted,
        ResetReason::Epoch => pb::ResetReason::Epoch,
        ResetReason::Schema => pb::ResetReason::Schema,
        ResetReason::Digest => pb::ResetReason::Digest,
    };
    pb::Reset {
        scope_number: to_u32(scope_number),
        reason: reason.into(),
        generation: to_u64(generation),
    }
}

fn digest_to_proto(digest: CheckpointDigest) -> pb::ScopeDigest {
    let CheckpointDigest { scope: _, number, digest: ScopeDigest { count, sum } } = digest;
    pb::ScopeDigest {
        scope_number: to_u32(number),
        count: to_u64(count),
        digest: sum.to_be_bytes().to_vec(),
    }
}
