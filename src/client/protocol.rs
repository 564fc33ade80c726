//! The words between the engine, which reads frames, and the replica, which writes what they mean.
//!
//! Knows neither protobuf nor SQL. Kinds of records and scopes are plain numbers: one that this app does not know is kept as it came.

use crate::domain::scope_digest::ScopeDigest;
use std::time::Duration;

/// A scope, also of a kind that this app does not know. The id of the reference scope is all zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ScopeKey {
    /// Number of the kind in the contract.
    pub(crate) kind: i16,
    /// Unit or campaign.
    pub(crate) id: [u8; 16],
}

/// A history of the authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Epoch {
    /// Orders epochs; the higher wins.
    pub(crate) number: u64,
    /// Tells two of the same number apart.
    pub(crate) id: [u8; 16],
}

/// Names a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RecordKey {
    /// Number of the kind in the contract.
    pub(crate) kind: i16,
    /// The record.
    pub(crate) id: [u8; 16],
}

/// What is staged until the checkpoint, in the order in which it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StagedOp {
    /// The record now has these bytes.
    Put {
        /// The record.
        record: RecordKey,
        /// Its revision.
        revision: i64,
        /// Its bytes, kept as they are.
        bytes: Vec<u8>,
        /// For which scopes.
        scopes: Vec<ScopeKey>,
    },
    /// The record now is what this phone's own commands made of it.
    Own {
        /// The record.
        record: RecordKey,
        /// Its revision.
        revision: i64,
        /// For which scopes.
        scopes: Vec<ScopeKey>,
    },
    /// The record left these scopes.
    Gone {
        /// The record.
        record: RecordKey,
        /// Which scopes.
        scopes: Vec<ScopeKey>,
    },
    /// The scope is rebuilt: rows that follow belong to this generation.
    Reset {
        /// The scope.
        scope: ScopeKey,
        /// Greater than any before it.
        generation: u64,
    },
    /// The rebuilding ended: rows of older generations leave the scope.
    SnapshotEnd {
        /// The scope.
        scope: ScopeKey,
        /// The generation that ended.
        generation: u64,
    },
    /// The scope is granted.
    Granted(ScopeKey),
    /// The scope is no longer granted.
    Removed {
        /// The scope.
        scope: ScopeKey,
        /// Why: the number in the contract, 0 when the server gave no reason.
        removal: i16,
    },
}

/// What the server answered to one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerVerdict {
    /// The command.
    pub(crate) number: u64,
    /// What became of it.
    pub(crate) outcome: OutboxOutcome,
    /// Feed position of its effect; 0 if none.
    pub(crate) seq: i64,
    /// Revision of the record after it; 0 if none.
    pub(crate) revision: i64,
    /// The record it touched; empty if none.
    pub(crate) record_id: Vec<u8>,
    /// Why it was refused: the number in the contract, 0 if it was not.
    pub(crate) reason: i32,
    /// What is wrong, field by field, with the number of the reason.
    pub(crate) problems: Vec<(String, i32)>,
}

/// What became of a command, as far as the phone knows. The numbers stand in the replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutboxOutcome {
    /// No answer yet.
    None,
    /// As typed.
    Applied,
    /// Together with somebody else's changes.
    Merged,
    /// Some values did not stand.
    Conflict,
    /// Kept, not applied.
    Held,
    /// Refused.
    Rejected,
    /// An outcome of a newer server: taken, and no more is known.
    Newer,
}

impl OutboxOutcome {
    const ALL: [Self; 7] = [
        Self::None,
        Self::Applied,
        Self::Merged,
        Self::Conflict,
        Self::Held,
        Self::Rejected,
        Self::Newer,
    ];

    /// The number in the replica.
    pub(crate) fn to_number(self) -> i16 {
        Self::ALL.iter().position(|one| *one == self).map_or(0, |at| at as i16)
    }

    /// The outcome with this number.
    pub(crate) fn from_number(number: i16) -> Self {
        usize::try_from(number)
            .ok()
            .and_then(|at| Self::ALL.get(at))
            .copied()
            .unwrap_or(Self::Newer)
    }

    /// Whether the phone goes on showing its effect until the server's rows bring it.
    pub(crate) fn has_effect(self) -> bool {
        matches!(self, Self::None | Self::Applied | Self::Merged | Self::Conflict | Self::Newer)
    }
}

/// A checkpoint: from here on the phone holds exactly the server's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReceivedCheckpoint {
    /// The cursor to go on from.
    pub(crate) cursor: Vec<u8>,
    /// Feed position of the state.
    pub(crate) seq: i64,
    /// Digests as the server has them.
    pub(crate) digests: Vec<(ScopeKey, ScopeDigest)>,
    /// Highest command number taken from this phone.
    pub(crate) commands_taken: u64,
    /// Server's time, microseconds.
    pub(crate) server_time: i64,
    /// What later commands name.
    pub(crate) sync_mark: Vec<u8>,
    /// Up to where a verified backup exists; 0 if nowhere.
    pub(crate) safe_past_seq: i64,
    /// What the authority signed of this phone's commands, and its signature; in a call that pushed.
    pub(crate) receipt: Option<(Vec<u8>, Vec<u8>)>,
    /// Days without contact after which this phone hides what it holds.
    pub(crate) lease_days: u16,
}

/// One thing for the replica to do. All steps that are at hand are done in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReplicaAction {
    /// Stage changes, with the cursor after them.
    StageOps {
        /// The changes, in order.
        ops: Vec<StagedOp>,
        /// A cut call resumes here; `None` keeps the one before.
        cursor: Option<Vec<u8>>,
    },
    /// Enter another epoch: every command above this number is pushed again, by number.
    EnterEpoch {
        /// The epoch.
        epoch: Epoch,
        /// Highest number that the server still has.
        commands_taken: u64,
    },
    /// Note the answer to a command.
    SaveVerdict(ServerVerdict),
    /// Push again from this number on.
    ResendFrom(u64),
    /// Stop for good: this number was used by another phone with the same key.
    SaveFork(u64),
    /// Trust these CAs from now on, by the SHA-256 of each, and no other.
    ReplaceTrustedCas(Vec<[u8; 32]>),
    /// Swap what is staged into view.
    SwapStaged(ReceivedCheckpoint),
}

/// How a scope stands here after a swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LocalScopeDigest {
    /// The scope.
    pub(crate) scope: ScopeKey,
    /// Count and sum of what is here.
    pub(crate) digest: ScopeDigest,
    /// Rebuildings asked for since the digests last agreed.
    pub(crate) rebuild_count: i16,
}

/// What to do about the digest of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DigestComparison {
    /// Both sides agree.
    Match(ScopeKey),
    /// They do not: rebuild it in the next call.
    Rebuild(ScopeKey),
    /// They do not, and it was rebuilt already: report it, ask no more.
    StillDiffers(ScopeKey),
}

/// Why this phone cannot go on by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HaltReason {
    /// A number was used with other content: the phone was cloned or restored.
    Forked(u64),
    /// The server asks for commands that this phone no longer has.
    CommandsLost(u64),
    /// Two histories with the same number: the operators must say which holds.
    EpochConflict,
    /// All servers known are older than the history that this phone knows.
    Superseded,
    /// The server does not admit this phone: it has to be enrolled again.
    NotAdmitted,
    /// The phone was revoked: its local data are destroyed.
    Revoked,
    /// What the server sent is not of this contract, or it refused what was sent.
    ProtocolError,
}

/// What the runner does after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NextAction {
    /// Nothing: all is exchanged.
    Done,
    /// Call again at once.
    CallAgain,
    /// Call again after this time, with the same numbers.
    Wait(Duration),
    /// Renew the token, then call again.
    RenewToken,
    /// Go to the next server of the list.
    TryNextServer,
    /// Stop and tell.
    Stop(HaltReason),
}

/// Why a call failed, as far as what to do next depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CallError {
    /// What kind of failure.
    pub(crate) kind: CallErrorKind,
    /// Code of the contract, as in `DEVICE_REVOKED`; empty if the answer carried none.
    pub(crate) reason: String,
    /// How long the server asks to wait.
    pub(crate) retry_after: Option<Duration>,
    /// For logs.
    pub(crate) message: String,
}

/// Kinds of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallErrorKind {
    /// Cut, cancelled, timed out, unknown: perhaps applied. The same numbers are sent again.
    MaybeApplied,
    /// The server has no room just now.
    Exhausted,
    /// The token or the device is not accepted.
    Unauthenticated,
    /// The server is not in the state for it.
    Precondition,
    /// Anything else: sending the same again will fail again.
    Other,
}
