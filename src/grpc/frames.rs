//! Frames of the exchange as messages of the contract.
//!
//! Knows both shapes of a frame and nothing of who reads it.

use super::codec::Out;
use crate::domain::digest::Digest;
use crate::domain::limits::{MESSAGE_BYTES_MAX, PUSH_COMMANDS_MAX, ROWS_MAX};
use crate::domain::reason::Reason;
use crate::pb::notice::Notice as NoticeKind;
use crate::pb::sync_response::Frame as Wire;
use crate::pb::{self, SyncResponse};
use crate::sync::frame::{
    Checkpoint, Frame, GrantChange, Granted, Outcome, Reset, ResetReason, Row, RowOp, Rows, Welcome,
};
use crate::sync::round::PACKINGS;
use crate::wire::sync::Packing;
use crate::wire::{reasons, sync, values};

const _: () = assert!(Packing::COUNT == PACKINGS, "a batch keeps one encoding for each way of packing");

/// A frame as the stream carries it, its rows packed for a caller who can undo that. A checkpoint comes without its receipt, which only the authority's key can add.
#[must_use]
pub(super) fn out(frame: Frame, packing: Option<Packing>) -> Out {
    let frame = match frame {
        Frame::Shared { batch, cursor } => {
            let encode = || sync::encode_rows(batch.rows.iter().cloned().map(row).collect()).into();
            let plain = batch.encoded.get_or_init(encode);
            let pack = |packing| move || sync::pack_rows(plain, packing).map_or_else(|| plain.clone(), Into::into);
            let packed = packing.map(|packing| batch.packed[packing as usize].get_or_init(pack(packing)));
            return Out::Shared(packed.unwrap_or(plain).clone(), cursor);
        }
        Frame::Welcome(frame) => Wire::Welcome(welcome(frame)),
        Frame::Verdict(outcome) => Wire::Verdict(verdict(outcome)),
        Frame::Rows(frame) => {
            let Some(packing) = packing else { return whole(Wire::Rows(rows(frame))) };
            let plain = sync::encode_rows(frame.rows.into_iter().map(row).collect());
            let bytes = sync::pack_rows(&plain, packing).unwrap_or(plain);
            return Out::Shared(bytes.into(), frame.cursor);
        }
        Frame::Reset(frame) => Wire::Reset(reset(frame)),
        Frame::SnapshotEnd { scope, generation } => {
            Wire::SnapshotEnd(pb::SnapshotEnd { scope_number: unsigned(scope), generation: seq(generation) })
        }
        Frame::Checkpoint(frame) => Wire::Checkpoint(checkpoint(frame)),
        Frame::Bookmark { cursor } => Wire::Bookmark(pb::Bookmark { cursor }),
        Frame::Gap { expected } => notice(NoticeKind::CommandGap(pb::CommandGap { expected_number: expected })),
        Frame::Forked { number } => notice(NoticeKind::CommandForked(pb::CommandForked { number })),
    };
    whole(frame)
}

fn whole(frame: Wire) -> Out {
    Out::Frame(Box::new(SyncResponse { frame: Some(frame) }))
}

/// The access token ends in so many seconds.
#[must_use]
pub(super) fn token_expires(seconds: i64) -> Out {
    let remaining = Some(sync::duration(seconds, 0));
    whole(notice(NoticeKind::TokenExpires(pb::TokenExpires { remaining })))
}

/// Come back after so many milliseconds.
#[must_use]
pub(super) fn retry_after(millis: i64) -> Out {
    let delay = Some(sync::duration(millis / 1000, millis % 1000));
    whole(notice(NoticeKind::RetryAfter(pb::RetryAfter { delay })))
}

/// Only an app of this version reads everything.
#[must_use]
pub(super) fn upgrade_wanted(minimum_version: String) -> Out {
    whole(notice(NoticeKind::UpgradeWanted(pb::UpgradeWanted { minimum_version })))
}

fn notice(kind: NoticeKind) -> Wire {
    Wire::Notice(pb::Notice { notice: Some(kind) })
}

/// Numbers of scopes, generations and epochs are never negative.
fn unsigned(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

fn seq(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

pub(super) fn epoch((number, id): (i64, [u8; 16])) -> pb::Epoch {
    pb::Epoch { number: seq(number), id: id.to_vec() }
}

fn welcome(frame: Welcome) -> pb::Welcome {
    let Welcome { epoch: of, now, scopes, taken } = frame;
    let limits = pb::SyncLimits {
        max_commands: PUSH_COMMANDS_MAX as u32,
        max_rows: ROWS_MAX as u32,
        max_message_bytes: MESSAGE_BYTES_MAX as u32,
        offline_lease_days: 0, // The usual ones; the call says otherwise.
    };
    pb::Welcome {
        epoch: Some(epoch(of)),
        server_time: Some(values::timestamp(now)),
        limits: Some(limits),
        scopes: scopes.into_iter().map(granted).collect(),
        last_command_number: taken,
        trusted_ca_sha256: Vec::new(), // None; the call says otherwise.
    }
}

fn granted(granted: Granted) -> pb::ScopeGrant {
    let Granted { scope, number, generation: _, change } = granted;
    let none = pb::ScopeRemoval::Unspecified;
    let (change, removal) = match change {
        GrantChange::Added => (pb::ScopeChange::Added, none),
        GrantChange::Kept => (pb::ScopeChange::Kept, none),
        GrantChange::Revoked => (pb::ScopeChange::Removed, pb::ScopeRemoval::Revoked),
        GrantChange::Moved => (pb::ScopeChange::Removed, pb::ScopeRemoval::Moved),
        GrantChange::Ended => (pb::ScopeChange::Removed, pb::ScopeRemoval::Ended),
    };
    let scope = Some(sync::scope(scope, unsigned(number)));
    pb::ScopeGrant { scope, change: change.into(), removal: removal.into() }
}

fn verdict(outcome: Outcome) -> pb::Verdict {
    let Outcome { number, duplicate, verdict, seq, record, revision, reason, problems } = outcome;
    let present = sync::outcome(verdict);
    let (outcome, present_outcome) = match duplicate {
        true => (pb::Outcome::Duplicate, present),
        false => (present, pb::Outcome::Unspecified),
    };
    let reason = reason.and_then(|code| Reason::from_code(&code)).map(reasons::reason);
    pb::Verdict {
        number,
        outcome: outcome.into(),
        present_outcome: present_outcome.into(),
        seq,
        revision,
        record_id: if record == [0; 16] { Vec::new() } else { record.to_vec() },
        reason: reason.unwrap_or_default().into(),
        problems: problems.iter().map(reasons::problem).collect(),
    }
}

fn rows(frame: Rows) -> pb::Rows {
    let Rows { rows, cursor } = frame;
    pb::Rows { rows: rows.into_iter().map(row).collect(), cursor, ..pb::Rows::default() }
}

fn row(row: Row) -> pb::Row {
    let Row { kind, id, op, scopes } = row;
    let none = pb::GoneReason::Unspecified;
    let (operation, revision, record, gone_reason) = match op {
        RowOp::Put { revision, bytes } => (pb::RowOperation::Put, revision, bytes, none),
        RowOp::Deleted => (pb::RowOperation::Gone, 0, Vec::new(), pb::GoneReason::Deleted),
        RowOp::OutOfScope => (pb::RowOperation::Gone, 0, Vec::new(), pb::GoneReason::OutOfScope),
    };
    pb::Row {
        operation: operation.into(),
        kind: sync::kind(kind),
        id: id.to_vec(),
        revision,
        record,
        scope_numbers: scopes.into_iter().map(unsigned).collect(),
        gone_reason: gone_reason.into(),
    }
}

fn reset(frame: Reset) -> pb::Reset {
    let Reset { scope, reason, generation } = frame;
    let reason = match reason {
        ResetReason::New => pb::ResetReason::New,
        ResetReason::Compacted => pb::ResetReason::Compacted,
        ResetReason::Epoch => pb::ResetReason::Epoch,
        ResetReason::Schema => pb::ResetReason::Schema,
        ResetReason::Digest => pb::ResetReason::Digest,
    };
    pb::Reset { scope_number: unsigned(scope), reason: reason.into(), generation: seq(generation) }
}

fn checkpoint(frame: Checkpoint) -> pb::Checkpoint {
    let Checkpoint { cursor, seq, digests, taken, outcomes: _, now, mark, safe_past, epoch: _ } = frame;
    pb::Checkpoint {
        cursor,
        seq,
        digests: digests.into_iter().map(digest).collect(),
        commands_taken: taken,
        server_time: Some(values::timestamp(now)),
        sync_mark: mark,
        receipt: None,
        safe_past_seq: safe_past,
    }
}

fn digest((scope, digest): (i32, Digest)) -> pb::ScopeDigest {
    let Digest { count, sum } = digest;
    pb::ScopeDigest { scope_number: unsigned(scope), count: seq(count), digest: sum.to_be_bytes().to_vec() }
}
