//! Converts and encodes parts of sync frames: scopes, outcomes, kinds of records, and compressed
//! rows.

use super::values;
use crate::domain::access::scope::{RecordKind, Scope, ScopeKind};
use crate::domain::report::command::Verdict;
use crate::domain::support::ids::{CampaignId, UnitId};
use crate::domain::support::limits::MESSAGE_BYTES_MAX;
use crate::domain::support::reason::RefusalReason;
use crate::pb;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use prost::Message as _;
use prost::bytes::BufMut;
use prost::encoding::{WireType, encode_key, encode_varint};
use std::io::{Read as _, Write as _};

/// Encodes a frame.
pub fn encode_frame(frame: &pb::SyncResponse, out: &mut impl BufMut) {
    // The buffer grows as needed, so encoding cannot fail.
    frame.encode_raw(out);
}

/// Encodes rows without a cursor: the bytes are the same for every caller.
#[must_use]
pub fn encode_rows(rows: Vec<pb::Row>) -> Vec<u8> {
    pb::Rows { rows, ..pb::Rows::default() }.encode_to_vec()
}

/// Rows below this size are not compressed.
const COMPRESS_MIN_BYTES: usize = 256;

/// Compression level of Zstandard: the default, which takes an eighth of gzip's time for about the
/// same size.
#[cfg(feature = "client-net")]
const ZSTD_LEVEL: i32 = 3;

/// A compression of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowCompression {
    /// gzip, RFC 1952.
    Gzip,
    /// Zstandard, RFC 8878. It is C code, which a build for a browser leaves out.
    #[cfg(feature = "client-net")]
    Zstd,
}

impl RowCompression {
    /// Number of compressions; each value `as usize` is below it.
    #[cfg(feature = "client-net")]
    pub const COUNT: usize = 2;

    /// The compressions that this build can unpack, as a client offers them, the best one first.
    #[must_use]
    pub fn offered() -> Vec<i32> {
        vec![
            #[cfg(feature = "client-net")]
            Self::Zstd.to_proto().into(),
            Self::Gzip.to_proto().into(),
        ]
    }

    /// Returns the first offered compression that is supported.
    #[must_use]
    pub fn negotiate(offered: &[i32]) -> Option<Self> {
        offered.iter().find_map(|one| Self::from_proto(*one))
    }

    fn from_proto(compression: i32) -> Option<Self> {
        match pb::Compression::try_from(compression).ok()? {
            pb::Compression::Gzip => Some(Self::Gzip),
            #[cfg(feature = "client-net")]
            pb::Compression::Zstd => Some(Self::Zstd),
            #[cfg(not(feature = "client-net"))]
            pb::Compression::Zstd => None,
            pb::Compression::Unspecified => None,
        }
    }

    fn to_proto(self) -> pb::Compression {
        match self {
            Self::Gzip => pb::Compression::Gzip,
            #[cfg(feature = "client-net")]
            Self::Zstd => pb::Compression::Zstd,
        }
    }

    fn compress(self, plain: &[u8]) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
                encoder.write_all(plain)?;
                encoder.finish()
            }
            #[cfg(feature = "client-net")]
            Self::Zstd => zstd::encode_all(plain, ZSTD_LEVEL),
        }
    }

    /// Returns at most `MESSAGE_BYTES_MAX + 1` bytes, so that a decompression bomb is not expanded.
    fn decompress(self, compressed: &[u8]) -> std::io::Result<Vec<u8>> {
        let limit = MESSAGE_BYTES_MAX as u64 + 1;
        let mut plain = Vec::new();
        match self {
            Self::Gzip => GzDecoder::new(compressed).take(limit).read_to_end(&mut plain)?,
            #[cfg(feature = "client-net")]
            Self::Zstd => {
                let mut decoder = zstd::Decoder::with_buffer(compressed)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
                decoder.take(limit).read_to_end(&mut plain)?
            }
        };
        Ok(plain)
    }
}

/// The largest window of a decompressor, as a power of two: 8 MiB, which RFC 8878 recommends every
/// decoder to support.
#[cfg(feature = "client-net")]
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// Compresses encoded rows, without a cursor; `None` if that does not make them smaller.
#[must_use]
pub fn compress_rows(rows: &[u8], compression: RowCompression) -> Option<Vec<u8>> {
    if rows.len() < COMPRESS_MIN_BYTES {
        return None;
    }
    let compressed_rows = compression.compress(rows).ok()?;
    let compressed = pb::Rows {
        compressed_rows,
        compression: compression.to_proto().into(),
        ..pb::Rows::default()
    };
    (compressed.encoded_len() < rows.len()).then(|| compressed.encode_to_vec())
}

/// Returns the rows of a batch, plain or compressed; `None` if they are malformed or larger than a
/// message may be.
#[must_use]
pub fn decompress_rows(batch: pb::Rows) -> Option<Vec<pb::Row>> {
    let pb::Rows { rows, cursor: _, compressed_rows, compression } = batch;
    if compressed_rows.is_empty() {
        return Some(rows);
    }
    let plain = RowCompression::from_proto(compression)?.decompress(&compressed_rows).ok()?;
    if plain.len() > MESSAGE_BYTES_MAX {
        return None;
    }
    pb::Rows::decode(&plain[..]).ok().map(|plain| plain.rows)
}

/// Returns the kind of a frame and its encoded length, for the log of transferred bytes.
#[must_use]
pub fn measure_frame(frame: &pb::SyncResponse) -> (&'static str, usize) {
    use pb::sync_response::Frame;
    let kind = match &frame.frame {
        Some(Frame::Welcome(_)) => "Welcome",
        Some(Frame::Verdict(_)) => "Verdict",
        Some(Frame::Rows(_)) => "Rows",
        Some(Frame::Reset(_)) => "Reset",
        Some(Frame::SnapshotEnd(_)) => "SnapshotEnd",
        Some(Frame::Checkpoint(_)) => "Checkpoint",
        Some(Frame::Bookmark(_)) => "Bookmark",
        Some(Frame::Notice(_)) => "Notice",
        None => "Other",
    };
    (kind, frame.encoded_len())
}

/// Returns the encoded length of a request without its commands, and of its commands.
#[must_use]
pub fn measure_request(request: &pb::SyncRequest) -> (usize, usize) {
    let total = request.encoded_len();
    let commands =
        pb::SyncRequest { commands: request.commands.clone(), ..pb::SyncRequest::default() }
            .encoded_len();
    (total - commands, commands)
}

/// Encodes a frame from encoded rows and the cursor of one device, without encoding the rows again.
pub fn encode_rows_frame(rows: &[u8], cursor: &[u8], out: &mut impl BufMut) {
    let cursor_field = pb::Rows { cursor: cursor.to_vec(), ..pb::Rows::default() }.encode_to_vec();
    encode_key(ROWS_FIELD, WireType::LengthDelimited, out);
    encode_varint((rows.len() + cursor_field.len()) as u64, out);
    out.put_slice(rows);
    out.put_slice(&cursor_field);
}

/// Builds a duration.
#[must_use]
pub fn build_duration(seconds: i64, millis: i64) -> prost_types::Duration {
    prost_types::Duration { seconds, nanos: i32::try_from(millis * 1_000_000).unwrap_or(0) }
}

/// Field number of `rows` in `SyncResponse.frame`.
const ROWS_FIELD: u32 = 3;

/// Converts a scope with its number in the call.
#[must_use]
pub fn scope_to_proto(scope: Scope, number: u32) -> pb::Scope {
    let Scope { kind, id } = scope;
    let id = if kind == ScopeKind::Reference { Vec::new() } else { id.to_vec() };
    pb::Scope { kind: i32::from(kind.number()), id, number }
}

/// Converts a scope; its number is ignored.
pub fn scope_from_proto(message: &pb::Scope) -> Result<Scope, RefusalReason> {
    let pb::Scope { kind, id, number: _ } = message;
    match pb::ScopeKind::try_from(*kind) {
        Ok(pb::ScopeKind::Reference) if id.is_empty() => Ok(Scope::REFERENCE),
        Ok(pb::ScopeKind::Work) => values::id_from_bytes(id, UnitId::from_slice).map(Scope::work),
        Ok(pb::ScopeKind::Desk) => values::id_from_bytes(id, UnitId::from_slice).map(Scope::desk),
        Ok(pb::ScopeKind::Participation) => {
            values::id_from_bytes(id, UnitId::from_slice).map(Scope::participation)
        }
        Ok(pb::ScopeKind::Published) => {
            values::id_from_bytes(id, CampaignId::from_slice).map(Scope::published)
        }
        Ok(pb::ScopeKind::Reference | pb::ScopeKind::Unspecified) | Err(_) => {
            Err(RefusalReason::Malformed)
        }
    }
}

/// Converts the outcome of a command.
#[must_use]
pub fn outcome_to_proto(verdict: Verdict) -> pb::Outcome {
    match verdict {
        Verdict::Applied => pb::Outcome::Applied,
        Verdict::Merged => pb::Outcome::Merged,
        Verdict::Conflict => pb::Outcome::Conflict,
        Verdict::Held => pb::Outcome::Held,
        Verdict::Rejected => pb::Outcome::Rejected,
    }
}

/// Converts an outcome; `None` for DUPLICATE, which is not an outcome by itself, and for unknown
/// ones.
#[must_use]
pub fn outcome_from_proto(number: i32) -> Option<Verdict> {
    match pb::Outcome::try_from(number) {
        Ok(pb::Outcome::Applied) => Some(Verdict::Applied),
        Ok(pb::Outcome::Merged) => Some(Verdict::Merged),
        Ok(pb::Outcome::Conflict) => Some(Verdict::Conflict),
        Ok(pb::Outcome::Held) => Some(Verdict::Held),
        Ok(pb::Outcome::Rejected) => Some(Verdict::Rejected),
        Ok(pb::Outcome::Unspecified | pb::Outcome::Duplicate) | Err(_) => None,
    }
}

/// Returns the contract's number of a kind of record; the domain has the same number.
#[must_use]
pub fn record_kind_to_proto(kind: RecordKind) -> i32 {
    i32::from(kind.number())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_from_encoded_rows_and_a_cursor_equals_the_frame_encoded_at_once() {
        let row = |revision| pb::Row {
            id: vec![7; 16],
            revision,
            record: vec![1; 200],
            ..pb::Row::default()
        };
        let rows = vec![row(1), row(2)];
        let (mut spliced, mut encoded) = (Vec::new(), Vec::new());
        encode_rows_frame(&encode_rows(rows.clone()), &[9; 40], &mut spliced);
        let frame = pb::Rows { rows, cursor: vec![9; 40], ..pb::Rows::default() };
        encode_frame(
            &pb::SyncResponse { frame: Some(pb::sync_response::Frame::Rows(frame)) },
            &mut encoded,
        );
        assert_eq!(spliced, encoded);
    }

    #[cfg(feature = "client-net")]
    #[test]
    fn rows_are_decompressed_unchanged_and_a_malformed_or_too_large_batch_is_refused() {
        for compression in [RowCompression::Gzip, RowCompression::Zstd] {
            let row = |revision| pb::Row {
                id: vec![7; 16],
                revision,
                record: vec![1; 200],
                ..pb::Row::default()
            };
            let rows: Vec<_> = (1..50).map(row).collect();
            let compressed = compress_rows(&encode_rows(rows.clone()), compression).unwrap();
            let mut frame = Vec::new();
            encode_rows_frame(&compressed, &[9; 40], &mut frame);
            let read = pb::SyncResponse::decode(&frame[..]).unwrap();
            let Some(pb::sync_response::Frame::Rows(batch)) = read.frame else { panic!("no rows") };
            assert_eq!((batch.rows.len(), batch.cursor.len()), (0, 40));
            assert_eq!(decompress_rows(batch.clone()), Some(rows), "{compression:?}");
            let broken =
                pb::Rows { compressed_rows: batch.compressed_rows[..20].to_vec(), ..batch.clone() };
            assert_eq!(decompress_rows(broken), None, "{compression:?}");
            assert_eq!(decompress_rows(pb::Rows { compression: 99, ..batch }), None);
            let bomb = compress_rows(&vec![0; MESSAGE_BYTES_MAX + 1], compression).unwrap();
            assert_eq!(
                decompress_rows(pb::Rows::decode(&bomb[..]).unwrap()),
                None,
                "{compression:?}"
            );
        }
    }

    #[cfg(feature = "client-net")]
    #[test]
    fn the_first_supported_compression_that_is_offered_is_chosen() {
        assert_eq!(RowCompression::negotiate(&[99, 2, 1]), Some(RowCompression::Zstd));
        assert_eq!(RowCompression::negotiate(&[1, 2]), Some(RowCompression::Gzip));
        assert_eq!(RowCompression::negotiate(&[0, 99]), None);
    }

    #[test]
    fn contract_and_domain_have_the_same_numbers_of_kinds_and_scopes() {
        for one in RecordKind::ALL {
            let named = pb::RecordKind::try_from(record_kind_to_proto(one)).unwrap().as_str_name();
            let named = named.strip_prefix("RECORD_KIND_").unwrap().replace('_', "");
            assert_eq!(named, format!("{one:?}").to_uppercase());
        }
        for one in
            [Scope::REFERENCE, Scope::work(UnitId([1; 16])), Scope::published(CampaignId([2; 16]))]
        {
            assert_eq!(scope_from_proto(&scope_to_proto(one, 7)), Ok(one));
        }
        for one in ScopeKind::ALL {
            let named = pb::ScopeKind::try_from(i32::from(one.number())).unwrap().as_str_name();
            assert_eq!(named, format!("SCOPE_KIND_{}", one.code().to_uppercase()));
        }
        assert!(scope_from_proto(&pb::Scope { kind: 2, id: vec![1], number: 0 }).is_err());
        assert_eq!(
            outcome_from_proto(outcome_to_proto(Verdict::Merged).into()),
            Some(Verdict::Merged)
        );
    }
}
