//! The small words of the sync frames: scopes, verdicts, kinds of record.
//!
//! Knows no stream and no order of frames.

use super::values;
use crate::domain::command::Verdict;
use crate::domain::ids::{CampaignId, UnitId};
use crate::domain::reason::Reason;
use crate::domain::scope::{RecordKind, Scope, ScopeKind};
use crate::pb;
use prost::Message as _;
use prost::bytes::BufMut;
use prost::encoding::{WireType, encode_key, encode_varint};

/// Writes a frame.
pub fn put_frame(frame: &pb::SyncResponse, out: &mut impl BufMut) {
    // The buffer grows as it is written: there is nothing to fail.
    frame.encode_raw(out);
}

/// The bytes of rows, without their cursor: the same for everybody.
#[must_use]
pub fn encode_rows(rows: Vec<pb::Row>) -> Vec<u8> {
    pb::Rows { rows, ..pb::Rows::default() }.encode_to_vec()
}

/// Writes a frame of rows from their encoded bytes and the cursor of one device, without encoding the rows again.
pub fn put_rows_frame(rows: &[u8], cursor: &[u8], out: &mut impl BufMut) {
    let tail = pb::Rows { cursor: cursor.to_vec(), ..pb::Rows::default() }.encode_to_vec();
    encode_key(ROWS_FIELD, WireType::LengthDelimited, out);
    encode_varint((rows.len() + tail.len()) as u64, out);
    out.put_slice(rows);
    out.put_slice(&tail);
}

/// A length of time.
#[must_use]
pub fn duration(seconds: i64, millis: i64) -> prost_types::Duration {
    prost_types::Duration { seconds, nanos: i32::try_from(millis * 1_000_000).unwrap_or(0) }
}

/// Number of the member `rows` of `SyncResponse.frame`.
const ROWS_FIELD: u32 = 3;

/// A scope under its number in the call.
#[must_use]
pub fn scope(scope: Scope, number: u32) -> pb::Scope {
    let Scope { kind, id } = scope;
    let id = if kind == ScopeKind::Reference { Vec::new() } else { id.to_vec() };
    pb::Scope { kind: i32::from(kind.number()), id, number }
}

/// Reads a scope; its number is not read.
pub fn read_scope(message: &pb::Scope) -> Result<Scope, Reason> {
    let pb::Scope { kind, id, number: _ } = message;
    match pb::ScopeKind::try_from(*kind) {
        Ok(pb::ScopeKind::Reference) if id.is_empty() => Ok(Scope::REFERENCE),
        Ok(pb::ScopeKind::Work) => values::id(id, UnitId::from_slice).map(Scope::work),
        Ok(pb::ScopeKind::Desk) => values::id(id, UnitId::from_slice).map(Scope::desk),
        Ok(pb::ScopeKind::Published) => values::id(id, CampaignId::from_slice).map(Scope::published),
        Ok(pb::ScopeKind::Reference | pb::ScopeKind::Unspecified) | Err(_) => Err(Reason::Malformed),
    }
}

/// What became of a command.
#[must_use]
pub fn outcome(verdict: Verdict) -> pb::Outcome {
    match verdict {
        Verdict::Applied => pb::Outcome::Applied,
        Verdict::Merged => pb::Outcome::Merged,
        Verdict::Conflict => pb::Outcome::Conflict,
        Verdict::Held => pb::Outcome::Held,
        Verdict::Rejected => pb::Outcome::Rejected,
    }
}

/// Reads what became of a command; `None` for DUPLICATE, which names no outcome by itself, and for unknown ones.
#[must_use]
pub fn read_outcome(number: i32) -> Option<Verdict> {
    match pb::Outcome::try_from(number) {
        Ok(pb::Outcome::Applied) => Some(Verdict::Applied),
        Ok(pb::Outcome::Merged) => Some(Verdict::Merged),
        Ok(pb::Outcome::Conflict) => Some(Verdict::Conflict),
        Ok(pb::Outcome::Held) => Some(Verdict::Held),
        Ok(pb::Outcome::Rejected) => Some(Verdict::Rejected),
        Ok(pb::Outcome::Unspecified | pb::Outcome::Duplicate) | Err(_) => None,
    }
}

/// The contract's number of a kind of record; the domain has the same.
#[must_use]
pub fn kind(kind: RecordKind) -> i32 {
    i32::from(kind.number())
}

/// Reads a kind of record; `None` for one of a newer contract, whose bytes are kept all the same.
#[must_use]
pub fn read_kind(number: i32) -> Option<RecordKind> {
    i16::try_from(number).ok().and_then(RecordKind::from_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_encoded_once_and_a_cursor_make_the_frame_that_would_have_been_encoded_whole() {
        let row = |revision| pb::Row { id: vec![7; 16], revision, record: vec![1; 200], ..pb::Row::default() };
        let rows = vec![row(1), row(2)];
        let (mut spliced, mut whole) = (Vec::new(), Vec::new());
        put_rows_frame(&encode_rows(rows.clone()), &[9; 40], &mut spliced);
        let frame = pb::Rows { rows, cursor: vec![9; 40], ..pb::Rows::default() };
        put_frame(&pb::SyncResponse { frame: Some(pb::sync_response::Frame::Rows(frame)) }, &mut whole);
        assert_eq!(spliced, whole);
    }

    #[test]
    fn the_contract_and_the_domain_number_kinds_and_scopes_alike() {
        for one in RecordKind::ALL {
            let named = pb::RecordKind::try_from(kind(one)).unwrap().as_str_name();
            assert_eq!(named, format!("RECORD_KIND_{}", format!("{one:?}").to_uppercase()));
            assert_eq!(read_kind(kind(one)), Some(one));
        }
        for one in [Scope::REFERENCE, Scope::work(UnitId([1; 16])), Scope::published(CampaignId([2; 16]))] {
            assert_eq!(read_scope(&scope(one, 7)), Ok(one));
        }
        for one in ScopeKind::ALL {
            let named = pb::ScopeKind::try_from(i32::from(one.number())).unwrap().as_str_name();
            assert_eq!(named, format!("SCOPE_KIND_{}", one.code().to_uppercase()));
        }
        assert!(read_scope(&pb::Scope { kind: 2, id: vec![1], number: 0 }).is_err());
        assert_eq!(read_outcome(outcome(Verdict::Merged).into()), Some(Verdict::Merged));
    }
}
