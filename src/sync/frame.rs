//! The frames of one exchange, as values.

use super::change_batch::SharedRows;
use crate::domain::command::Verdict;
use crate::domain::reason::FieldError;
use crate::domain::scope::{RecordKind, Scope};
use crate::domain::scope_digest::ScopeDigest;
use crate::domain::time::Timestamp;
use std::sync::Arc;

/// One frame, in the order in which the stream carries them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncFrame {
    /// Who the server is and what the device may read.
    Welcome(WelcomeFrame),
    /// What became of one pushed command.
    CommandOutcome(CommandOutcome),
    /// A batch of changes, in seq order, with the cursor behind it.
    Rows(RowsFrame),
    /// A batch of changes that many followers share, with this device's cursor behind it.
    SharedRows {
        /// The changes.
        rows: Arc<SharedRows>,
        /// The sealed cursor.
        cursor: Vec<u8>,
    },
    /// A scope is rebuilt: its rows follow.
    Reset(ResetFrame),
    /// The rebuilt scope is whole: rows of older generations are swept.
    SnapshotEnd {
        /// The scope's short number.
        scope: i32,
        /// Its generation.
        generation: i64,
    },
    /// The device holds exactly the server's state here.
    Checkpoint(CheckpointFrame),
    /// Nothing matched, but the cursor moved on.
    Bookmark {
        /// The sealed cursor.
        cursor: Vec<u8>,
    },
    /// The command that was expected next has another number; no further command of this call was read.
    CommandGap {
        /// The number expected.
        expected_number: u64,
    },
    /// A number came twice with different content; no further command of this call was read.
    CommandForked {
        /// The number.
        number: u64,
    },
}

/// The first frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WelcomeFrame {
    /// Ordered number and random id of this history.
    pub epoch: (i64, [u8; 16]),
    /// The server's time.
    pub server_time: Timestamp,
    /// Scopes and what changed about them.
    pub scopes: Vec<ScopeGrant>,
    /// Highest command number taken from this device before this call.
    pub last_command_number: u64,
}

/// A scope of the device and what changed about it since its cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScopeGrant {
    /// The scope.
    pub scope: Scope,
    /// Its short number.
    pub number: i32,
    /// Its generation on this device.
    pub generation: i64,
    /// What changed.
    pub change: ScopeChange,
}

/// What changed about a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeChange {
    /// New to the device.
    Added,
    /// As before.
    Kept,
    /// No longer the device's: the grant was taken away.
    Revoked,
    /// No longer the device's: the unit closed and its successor took over.
    Moved,
    /// No longer the device's: the grant's window ended.
    Ended,
}

/// What became of one pushed command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandOutcome {
    /// Its number.
    pub number: u64,
    /// Whether it had been taken before this call.
    pub duplicate: bool,
    /// Its outcome, the present one of a duplicate.
    pub verdict: Verdict,
    /// Where its effect ends in the feed.
    pub seq: i64,
    /// The record that it is about; zeros when there is none.
    pub record_id: [u8; 16],
    /// The record's revision afterwards; 0 when there is none.
    pub revision: i64,
    /// Code of the reason of a refusal.
    pub reason: Option<String>,
    /// Every field that was wrong.
    pub problems: Vec<FieldError>,
}

/// A batch of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowsFrame {
    /// The changes.
    pub rows: Vec<SyncRow>,
    /// The sealed cursor behind them.
    pub cursor: Vec<u8>,
}

/// One change of one record, in all scopes in which it is seen alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncRow {
    /// What kind of record.
    pub kind: RecordKind,
    /// The record.
    pub id: [u8; 16],
    /// What happened.
    pub op: SyncRowOp,
    /// Short numbers of the scopes.
    pub scope_numbers: Vec<i32>,
}

/// What happened to a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncRowOp {
    /// It stands so now.
    Put {
        /// Revision, from 1.
        revision: i64,
        /// The bytes, as stored.
        bytes: Vec<u8>,
    },
    /// It is deleted.
    Deleted,
    /// It left these scopes.
    OutOfScope,
}

/// Why a scope is rebuilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetReason {
    /// It is new to the device, or the device came without a cursor that can be read.
    New,
    /// The cursor is older than the tombstones.
    Compacted,
    /// The cursor belongs to another history.
    Epoch,
    /// The server rebuilt the scope for everybody.
    Schema,
    /// The device asked: its digest differed.
    Digest,
}

/// A scope is rebuilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResetFrame {
    /// The scope's short number.
    pub scope_number: i32,
    /// Why.
    pub reason: ResetReason,
    /// The generation of the rows that follow.
    pub generation: i64,
}

/// The device holds exactly the server's state here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointFrame {
    /// The sealed cursor.
    pub cursor: Vec<u8>,
    /// Seq of the last change.
    pub seq: i64,
    /// Count and sum of each scope, by short number.
    pub digests: Vec<(i32, ScopeDigest)>,
    /// Commands taken from this device up to here.
    pub commands_taken: u64,
    /// Hash chain of their outcomes.
    pub outcome_chain: Vec<u8>,
    /// The server's time.
    pub server_time: Timestamp,
    /// A sealed proof that the device was in touch at this time.
    pub sync_mark: Vec<u8>,
    /// Last seq that a verified backup holds.
    pub safe_past_seq: i64,
    /// Ordered number and random id of this history.
    pub epoch: (i64, [u8; 16]),
}
