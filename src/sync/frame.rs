//! The frames of one exchange, as values.

use super::change_batch::SharedRows;
use crate::app::command::CommandOutcome;
use crate::domain::access::scope::{RecordKind, Scope};
use crate::domain::support::scope_digest::ScopeDigest;
use crate::domain::support::time::Timestamp;
use std::sync::Arc;

/// One frame. A response stream carries frames in the order of these variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncFrame {
    /// Who the server is and what the device may read.
    Welcome(WelcomeFrame),
    /// The outcome of one pushed command.
    CommandOutcome(CommandOutcome),
    /// A batch of changes in seq order, with the cursor after it.
    Rows(RowsFrame),
    /// A batch of changes that several followers share, with this device's cursor after it.
    SharedRows {
        /// The changes.
        rows: Arc<SharedRows>,
        /// The signed cursor.
        cursor: Vec<u8>,
    },
    /// A scope is rebuilt: its rows follow.
    Reset(ResetFrame),
    /// The rebuilt scope is complete: the device deletes rows of older generations.
    SnapshotEnd {
        /// The scope's short number.
        scope: i32,
        /// Its generation.
        generation: i64,
    },
    /// The device holds exactly the server's state here.
    Checkpoint(CheckpointFrame),
    /// No row matched, but the cursor moved on.
    Bookmark {
        /// The signed cursor.
        cursor: Vec<u8>,
    },
    /// The next command has another number than expected; no further command of this call was
    /// processed.
    CommandGap {
        /// The number expected.
        expected_number: u64,
    },
    /// A number came twice with different content; no further command of this call was processed.
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
    /// Scopes and their changes.
    pub scopes: Vec<ScopeGrant>,
    /// Highest command number processed for this device before this call.
    pub last_command_number: u64,
    /// Whether the cursor is of this epoch and history, so that the device has the kept scopes.
    pub resumes_cursor: bool,
}

/// A scope of the device and its change since the cursor.
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

/// The change of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeChange {
    /// New to the device.
    Added,
    /// As before.
    Kept,
    /// Removed: the grant was revoked.
    Revoked,
    /// Removed: the unit closed and its successor took over.
    Moved,
    /// Removed: the grant's window ended.
    Ended,
}

/// A batch of changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowsFrame {
    /// The changes.
    pub rows: Vec<SyncRow>,
    /// The signed cursor after them.
    pub cursor: Vec<u8>,
}

/// One change of one record, in all scopes in which it is the same.
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
    /// It has this content now.
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
    /// The scope is new to the device, or the device sent no valid cursor.
    New,
    /// The cursor is older than the oldest tombstone.
    Compacted,
    /// The cursor belongs to another epoch.
    Epoch,
    /// The server rebuilt the scope for all devices.
    Schema,
    /// The device requested it, because its digest differed.
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

/// The digest of a scope at a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckpointDigest {
    /// The scope.
    pub scope: Scope,
    /// Its short number.
    pub number: i32,
    /// Count and sum of its records.
    pub digest: ScopeDigest,
}

/// The device holds exactly the server's state here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointFrame {
    /// The signed cursor.
    pub cursor: Vec<u8>,
    /// Seq of the last change.
    pub seq: i64,
    /// Count and sum of each scope.
    pub digests: Vec<CheckpointDigest>,
    /// Number of the last command processed for this device.
    pub commands_taken: u64,
    /// Hash chain of their outcomes.
    pub outcome_chain: Vec<u8>,
    /// The server's time.
    pub server_time: Timestamp,
    /// A signed proof that the device was in contact with the server at this time.
    pub sync_mark: Vec<u8>,
    /// Last seq that a verified backup holds.
    pub safe_past_seq: i64,
    /// Ordered number and random id of this history.
    pub epoch: (i64, [u8; 16]),
}
