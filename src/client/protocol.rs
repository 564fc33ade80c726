//! Types between the engine, which decodes frames, and the replica, which writes their effects.
//!
//! Kinds of records and scopes are plain numbers, so that records of unknown kinds are stored as
//! received.

use crate::domain::support::ids::DeviceId;
use crate::domain::support::scope_digest::{STATE_DIGEST_BYTES, ScopeDigest};
use std::collections::BTreeMap;
use std::time::Duration;

/// A scope, possibly of a kind that this app does not define. The id of the reference scope is all
/// zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ScopeKey {
    /// Number of the kind in the contract.
    pub(crate) kind: i16,
    /// Id of the unit or campaign.
    pub(crate) id: [u8; 16],
}

/// An epoch: one history of the authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Epoch {
    /// Orders epochs; the higher one wins.
    pub(crate) number: u64,
    /// Distinguishes epochs with the same number.
    pub(crate) id: [u8; 16],
}

/// The key of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RecordKey {
    /// Number of the kind in the contract.
    pub(crate) kind: i16,
    /// Id of the record.
    pub(crate) id: [u8; 16],
}

/// A change that is staged until the checkpoint, in order of arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StagedOp {
    /// Set the record to these bytes.
    Put {
        /// The record.
        record: RecordKey,
        /// Its revision.
        revision: i64,
        /// Its bytes as received.
        bytes: Vec<u8>,
        /// Its scopes.
        scopes: Vec<ScopeKey>,
    },
    /// Set the record to the result of this phone's own commands.
    Own {
        /// The record.
        record: RecordKey,
        /// Its revision.
        revision: i64,
        /// Its scopes.
        scopes: Vec<ScopeKey>,
    },
    /// Remove the record from these scopes.
    Gone {
        /// The record.
        record: RecordKey,
        /// The scopes.
        scopes: Vec<ScopeKey>,
    },
    /// Start a rebuild of the scope: the rows that follow belong to this generation.
    Reset {
        /// The scope.
        scope: ScopeKey,
        /// Greater than every earlier one.
        generation: u64,
    },
    /// End the rebuild: rows of older generations leave the scope.
    SnapshotEnd {
        /// The scope.
        scope: ScopeKey,
        /// The generation of the rebuild.
        generation: u64,
    },
    /// The scope is granted.
    Granted(ScopeKey),
    /// The scope is no longer granted.
    Removed {
        /// The scope.
        scope: ScopeKey,
        /// The reason as its number in the contract, 0 without a reason.
        removal: i16,
    },
}

/// The server's verdict on one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerVerdict {
    /// Number of the command.
    pub(crate) number: u64,
    /// Its outcome.
    pub(crate) outcome: OutboxOutcome,
    /// Feed position of its effect; 0 without one.
    pub(crate) seq: i64,
    /// Revision of the record after it; 0 without one.
    pub(crate) revision: i64,
    /// Id of the changed record; empty without one.
    pub(crate) record_id: Vec<u8>,
    /// Why it was refused, as a number of the contract; 0 if it was not.
    pub(crate) reason: i32,
    /// Wrong fields, each with the number of its reason.
    pub(crate) problems: Vec<(String, i32)>,
    /// Where it waits if it is held; `None` for a proposal.
    pub(crate) held_place: Option<HeldAt>,
}

/// Where a held command of this phone waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldAt {
    /// Id of the unit on whose desk it is.
    pub(crate) unit_id: Vec<u8>,
    /// Name of the unit.
    pub(crate) unit_name: String,
    /// Why it is held, as a number of the contract.
    pub(crate) reason: i32,
}

/// The outcome of a command as known to the phone. The numbers are stored in the replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OutboxOutcome {
    /// No verdict yet.
    None,
    /// Applied as typed.
    Applied,
    /// Merged with another author's changes.
    Merged,
    /// Some values were not applied.
    Conflict,
    /// Held by the server, not applied.
    Held,
    /// Refused.
    Rejected,
    /// An outcome of a newer server: the command was taken.
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

    /// The number stored in the replica.
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

    /// Whether the phone shows its effect until the server's rows contain it.
    pub(crate) fn has_effect(self) -> bool {
        matches!(self, Self::None | Self::Applied | Self::Merged | Self::Conflict | Self::Newer)
    }
}

/// The phone and its authority, as receipts name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReceiptParties {
    /// SHA-256 of the authority's public key.
    pub(crate) authority: [u8; 32],
    /// The phone.
    pub(crate) device: DeviceId,
}

/// The scopes by the number by which frames name them.
pub(crate) type ScopesByNumber = BTreeMap<u32, ScopeKey>;

/// The server's digests at a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CheckpointDigests {
    /// The digest of each scope.
    Listed(Vec<(ScopeKey, ScopeDigest)>),
    /// The digest of the whole state: a brief answer.
    Combined([u8; STATE_DIGEST_BYTES]),
}

/// A checkpoint: after it the phone has exactly the server's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReceivedCheckpoint {
    /// The cursor of the next call.
    pub(crate) cursor: Vec<u8>,
    /// Feed position of the checkpoint.
    pub(crate) seq: i64,
    /// The server's digests.
    pub(crate) digests: CheckpointDigests,
    /// The granted scopes by their number in this epoch.
    pub(crate) scope_numbers: ScopesByNumber,
    /// Highest number of a command taken from this phone.
    pub(crate) commands_taken: u64,
    /// The server's time, in microseconds.
    pub(crate) server_time: i64,
    /// The mark that later commands carry.
    pub(crate) sync_mark: Vec<u8>,
    /// Feed position up to which a verified backup exists; 0 without one.
    pub(crate) safe_past_seq: i64,
    /// Signed receipt body and signature for this phone's commands; only in a call that sent
    /// commands.
    pub(crate) receipt: Option<(Vec<u8>, Vec<u8>)>,
    /// Days without contact after which this phone hides its data.
    pub(crate) lease_days: u16,
}

/// An action for the replica. All available actions are applied in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReplicaAction {
    /// Stage changes and the cursor after them.
    StageOps {
        /// The changes, in order.
        ops: Vec<StagedOp>,
        /// A cut call resumes here; `None` leaves the cursor unchanged.
        cursor: Option<Vec<u8>>,
    },
    /// Enter another epoch: commands with a higher number than `commands_taken` are sent again.
    EnterEpoch {
        /// The epoch.
        epoch: Epoch,
        /// Highest number of a command that the server still has.
        commands_taken: u64,
    },
    /// Store the verdict on a command.
    SaveVerdict(ServerVerdict),
    /// Send again from this number on.
    ResendFrom(u64),
    /// Stop for good: another phone with the same key used this number.
    SaveFork(u64),
    /// Trust exactly the CAs with these SHA-256 from now on.
    ReplaceTrustedCas(Vec<[u8; 32]>),
    /// Apply the staged changes at a checkpoint.
    SwapStaged(ReceivedCheckpoint),
}

/// The digest of a scope in the replica after a swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LocalScopeDigest {
    /// The scope.
    pub(crate) scope: ScopeKey,
    /// Count and sum of its records.
    pub(crate) digest: ScopeDigest,
    /// Rebuilds requested since the digests last matched.
    pub(crate) rebuild_count: i16,
}

/// The decision about the digest of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DigestComparison {
    /// The digests match.
    Match(ScopeKey),
    /// They differ: request a rebuild in the next call.
    Rebuild(ScopeKey),
    /// They differ although the scope was rebuilt: report it and request no rebuild.
    StillDiffers(ScopeKey),
}

/// Why sync stops until a person acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HaltReason {
    /// A number was used with other content: the phone was cloned or restored from a backup.
    Forked(u64),
    /// The server requests commands that this phone no longer has.
    CommandsLost(u64),
    /// Two epochs have the same number: the operators must decide which one is valid.
    EpochConflict,
    /// All known servers have an older epoch than this phone.
    Superseded,
    /// The server does not know this phone: it must be enrolled again.
    NotAdmitted,
    /// The phone was revoked: its local data are deleted.
    Revoked,
    /// The response does not follow this contract, or the server refused the request.
    ProtocolError,
}

/// The next action of the runner after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NextAction {
    /// Nothing: all data are exchanged.
    Done,
    /// Call again at once.
    CallAgain,
    /// Call again after this delay, with the same numbers.
    Wait(Duration),
    /// Renew the token, then call again.
    RenewToken,
    /// Use the next server of the list.
    TryNextServer,
    /// Stop and report the reason.
    Stop(HaltReason),
}

/// Why a call failed, as far as the next action depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CallError {
    /// The kind of failure.
    pub(crate) kind: CallErrorKind,
    /// Code of the contract, as in `DEVICE_REVOKED`; empty if the response has none.
    pub(crate) reason: String,
    /// The delay that the server requests.
    pub(crate) retry_after: Option<Duration>,
    /// For logs.
    pub(crate) message: String,
}

/// Kinds of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallErrorKind {
    /// Cut, cancelled, timed out, unknown: possibly applied. The same numbers are sent again.
    MaybeApplied,
    /// The server has no capacity at the moment.
    Exhausted,
    /// The token or the device is not accepted.
    Unauthenticated,
    /// The server is not in a state that allows the call.
    Precondition,
    /// By the phone's clock the server's certificate is not valid; nothing was sent.
    ClockWrong {
        /// Seconds by which the clock is wrong at least: positive if it is ahead.
        by_seconds: i64,
    },
    /// Any other failure: the same request would fail again.
    Other,
}
