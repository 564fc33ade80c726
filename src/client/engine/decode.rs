//! Decodes frames of the contract into replica actions. A frame that cannot be decoded is an error;
//! unknown values of a newer server are skipped.

use super::{FrameError, SyncInput};
use crate::client::protocol::{
    CheckpointDigests, Epoch, HeldAt, OutboxOutcome, ReceivedCheckpoint, RecordKey, ReplicaAction,
    ScopeKey, ScopesByNumber, ServerVerdict, StagedOp,
};
use crate::domain::access::lease::OFFLINE_LEASE_DAYS;
use crate::domain::support::scope_digest::ScopeDigest;
use crate::domain::support::time::Timestamp;
use crate::pb;
use crate::wire::access::{ReceiptBody, encode_receipt};
use crate::wire::sync::decompress_rows;
use crate::wire::values::timestamp_from_proto;
use std::time::Duration;

fn decode_id(bytes: &[u8]) -> Result<[u8; 16], FrameError> {
    bytes.try_into().map_err(|_| FrameError("an id is not 16 bytes long"))
}

fn decode_kind(number: i32) -> Result<i16, FrameError> {
    i16::try_from(number).ok().filter(|kind| *kind > 0).ok_or(FrameError("a kind is out of range"))
}

fn lookup_scope(numbers: &ScopesByNumber, number: u32) -> Result<ScopeKey, FrameError> {
    numbers.get(&number).copied().ok_or(FrameError("a scope's number is not from Welcome"))
}

fn lookup_scopes(numbers: &ScopesByNumber, list: &[u32]) -> Result<Vec<ScopeKey>, FrameError> {
    list.iter().map(|number| lookup_scope(numbers, *number)).collect()
}

/// Encodes a scope for a request.
pub(super) fn encode_scope(scope: ScopeKey) -> pb::Scope {
    let id = if scope.id == [0; 16] { Vec::new() } else { scope.id.to_vec() };
    pb::Scope { kind: i32::from(scope.kind), id, number: 0 }
}

fn decode_scope_key(scope: Option<&pb::Scope>) -> Result<(u32, ScopeKey), FrameError> {
    let pb::Scope { kind: number_of_kind, id: bytes, number } =
        scope.ok_or(FrameError("a grant names no scope"))?;
    let id = if bytes.is_empty() { [0; 16] } else { decode_id(bytes)? };
    Ok((*number, ScopeKey { kind: decode_kind(*number_of_kind)?, id }))
}

pub(super) fn decode_epoch(epoch: Option<&pb::Epoch>) -> Result<Epoch, FrameError> {
    let pb::Epoch { number, id: bytes } = epoch.ok_or(FrameError("Welcome names no epoch"))?;
    Ok(Epoch { number: *number, id: decode_id(bytes)? })
}

/// Decodes the SHA-256 of the trusted CAs; an empty list changes nothing.
pub(super) fn decode_fingerprints(reported: &[Vec<u8>]) -> Result<Vec<[u8; 32]>, FrameError> {
    let read = |one: &Vec<u8>| {
        one.as_slice().try_into().map_err(|_| FrameError("a CA's fingerprint is not 32 bytes long"))
    };
    reported.iter().map(read).collect()
}

/// Days of the offline lease; the default if the server sends none.
pub(super) fn decode_lease_days(limits: Option<&pb::SyncLimits>) -> u16 {
    let reported = limits.and_then(|limits| u16::try_from(limits.offline_lease_days).ok());
    reported.filter(|days| *days > 0).unwrap_or(OFFLINE_LEASE_DAYS)
}

/// Decodes the numbers of the granted scopes and the changes against `granted_before`. A scope of
/// `granted_before` that the server neither lists nor says it has kept is removed; `kept` are those
/// of a brief answer.
pub(super) fn decode_grants(
    list: &[pb::ScopeGrant],
    granted_before: &[ScopeKey],
    kept: ScopesByNumber,
) -> Result<(ScopesByNumber, Vec<StagedOp>), FrameError> {
    let mut named: Vec<ScopeKey> = kept.values().copied().collect();
    let mut numbers = kept;
    let mut ops = Vec::new();
    for grant in list {
        let (number, key) = decode_scope_key(grant.scope.as_ref())?;
        named.push(key);
        numbers.retain(|_, known| *known != key);
        if grant.change() == pb::ScopeChange::Removed {
            let removal = i16::try_from(grant.removal).unwrap_or(0);
            ops.push(StagedOp::Removed { scope: key, removal });
            continue;
        }
        if numbers.insert(number, key).is_some() {
            return Err(FrameError("two scopes have one number"));
        }
        if !granted_before.contains(&key) {
            ops.push(StagedOp::Granted(key));
        }
    }
    let unnamed = granted_before.iter().filter(|key| !named.contains(key));
    ops.extend(unnamed.map(|key| StagedOp::Removed { scope: *key, removal: 0 }));
    Ok((numbers, ops))
}

pub(super) fn decode_rows(
    mut batch: pb::Rows,
    numbers: &ScopesByNumber,
) -> Result<(Vec<StagedOp>, Vec<u8>), FrameError> {
    let cursor = std::mem::take(&mut batch.cursor);
    let rows = decompress_rows(batch).ok_or(FrameError("rows cannot be unpacked"))?;
    let mut ops = Vec::with_capacity(rows.len());
    for row in rows {
        ops.extend(self::decode_row(row, numbers)?);
    }
    Ok((ops, cursor))
}

fn decode_row(row: pb::Row, numbers: &ScopesByNumber) -> Result<Option<StagedOp>, FrameError> {
    let pb::Row {
        operation,
        kind: number_of_kind,
        id: bytes,
        revision,
        record,
        scope_numbers,
        gone_reason: _,
    } = row;
    let key = RecordKey { kind: decode_kind(number_of_kind)?, id: decode_id(&bytes)? };
    let scopes = lookup_scopes(numbers, &scope_numbers)?;
    Ok(match pb::RowOperation::try_from(operation) {
        Ok(pb::RowOperation::Put) => {
            Some(StagedOp::Put { record: key, revision, bytes: record, scopes })
        }
        Ok(pb::RowOperation::Own) => Some(StagedOp::Own { record: key, revision, scopes }),
        Ok(pb::RowOperation::Gone) => Some(StagedOp::Gone { record: key, scopes }),
        // An operation of a newer contract: if it matters, the digests differ and the scope is
        // rebuilt.
        Ok(pb::RowOperation::Unspecified) | Err(_) => None,
    })
}

pub(super) fn decode_reset(
    reset: &pb::Reset,
    numbers: &ScopesByNumber,
) -> Result<ReplicaAction, FrameError> {
    let op = StagedOp::Reset {
        scope: lookup_scope(numbers, reset.scope_number)?,
        generation: reset.generation,
    };
    Ok(ReplicaAction::StageOps { ops: vec![op], cursor: None })
}

pub(super) fn decode_snapshot_end(
    end: &pb::SnapshotEnd,
    numbers: &ScopesByNumber,
) -> Result<ReplicaAction, FrameError> {
    let op = StagedOp::SnapshotEnd {
        scope: lookup_scope(numbers, end.scope_number)?,
        generation: end.generation,
    };
    Ok(ReplicaAction::StageOps { ops: vec![op], cursor: None })
}

/// A receipt: body and signature. The body of a brief answer is built from what both sides know.
pub(super) fn decode_receipt(
    checkpoint: &pb::Checkpoint,
    input: &SyncInput,
) -> Result<Option<(Vec<u8>, Vec<u8>)>, FrameError> {
    let Some(pb::Receipt { body, signature, outcome_chain }) = checkpoint.receipt.clone() else {
        return Ok(None);
    };
    if !body.is_empty() {
        return Ok(Some((body, signature)));
    }
    let (Some(parties), Some(epoch)) = (input.receipt_parties, input.epoch) else {
        return Err(FrameError("a receipt without its body for a phone that is not enrolled"));
    };
    let body = encode_receipt(&ReceiptBody {
        authority: parties.authority,
        epoch: (epoch.number, epoch.id),
        device: parties.device,
        commands_taken: checkpoint.commands_taken,
        outcome_chain,
        seq: checkpoint.seq,
        time: decode_server_time(checkpoint)?,
    });
    Ok(Some((body, signature)))
}

fn decode_server_time(checkpoint: &pb::Checkpoint) -> Result<Timestamp, FrameError> {
    let time = checkpoint.server_time.ok_or(FrameError("a checkpoint without a time"))?;
    timestamp_from_proto(time).map_err(|_| FrameError("a time is out of range"))
}

pub(super) fn decode_checkpoint(
    checkpoint: pb::Checkpoint,
    (receipt, numbers): (Option<(Vec<u8>, Vec<u8>)>, &ScopesByNumber),
    lease_days: u16,
    last_cursor: &[u8],
) -> Result<ReceivedCheckpoint, FrameError> {
    let server_time = decode_server_time(&checkpoint)?.0;
    let pb::Checkpoint {
        cursor,
        seq,
        digests,
        commands_taken,
        server_time: _,
        sync_mark,
        receipt: _,
        safe_past_seq,
        state_digest,
    } = checkpoint;
    let digest = |one: &pb::ScopeDigest| {
        let sum = u128::from_be_bytes(decode_id(&one.digest)?);
        let count = i64::try_from(one.count).map_err(|_| FrameError("a count is out of range"))?;
        Ok((lookup_scope(numbers, one.scope_number)?, ScopeDigest { count, sum }))
    };
    let digests = if state_digest.is_empty() {
        CheckpointDigests::Listed(digests.iter().map(digest).collect::<Result<_, _>>()?)
    } else {
        let combined = state_digest.as_slice().try_into();
        CheckpointDigests::Combined(
            combined.map_err(|_| FrameError("a state digest is not 8 bytes long"))?,
        )
    };
    Ok(ReceivedCheckpoint {
        cursor: if cursor.is_empty() { last_cursor.to_vec() } else { cursor },
        seq,
        digests,
        scope_numbers: numbers.clone(),
        commands_taken,
        server_time,
        sync_mark,
        safe_past_seq,
        receipt,
        lease_days,
    })
}

/// Decodes the outcome of a command; a duplicate has the outcome of its first verdict.
pub(super) fn decode_verdict(verdict: pb::Verdict) -> ServerVerdict {
    let first = match verdict.outcome() {
        pb::Outcome::Duplicate => verdict.present_outcome,
        pb::Outcome::Unspecified
        | pb::Outcome::Applied
        | pb::Outcome::Merged
        | pb::Outcome::Conflict
        | pb::Outcome::Held
        | pb::Outcome::Rejected => verdict.outcome,
    };
    let outcome = match pb::Outcome::try_from(first) {
        Ok(pb::Outcome::Applied) => OutboxOutcome::Applied,
        Ok(pb::Outcome::Merged) => OutboxOutcome::Merged,
        Ok(pb::Outcome::Conflict) => OutboxOutcome::Conflict,
        Ok(pb::Outcome::Held) => OutboxOutcome::Held,
        Ok(pb::Outcome::Rejected) => OutboxOutcome::Rejected,
        Ok(pb::Outcome::Unspecified | pb::Outcome::Duplicate) | Err(_) => OutboxOutcome::Newer,
    };
    let pb::Verdict {
        number,
        outcome: _,
        present_outcome: _,
        seq,
        revision,
        record_id,
        reason,
        problems,
        held_place,
    } = verdict;
    let held_place = held_place.map(|pb::HeldPlace { unit_id, unit_name, reason }| HeldAt {
        unit_id,
        unit_name,
        reason,
    });
    let problems = problems.into_iter().map(|problem| (problem.field, problem.reason)).collect();
    ServerVerdict { number, outcome, seq, revision, record_id, reason, problems, held_place }
}

/// Decodes a duration from seconds and nanoseconds; a negative one is zero.
pub(super) fn decode_duration(seconds: i64, nanos: i32) -> Duration {
    let nanos = u32::try_from(nanos).unwrap_or(0).min(999_999_999);
    Duration::new(u64::try_from(seconds).unwrap_or(0), nanos)
}
