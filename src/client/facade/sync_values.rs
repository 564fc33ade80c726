//! Values about the phone and its syncs: lease, session, results of a sync, receipts, scopes.
//!
//! Owned, in plain types, for bindings to Kotlin and Swift; units as in `values`.

use crate::domain::access::permission::Role;

/// The offline lease: how long the phone shows its data without contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct LeaseView {
    /// Its length in days, as set by the server.
    pub days: u32,
    /// Whole days left.
    pub remaining_days: u32,
    /// Whether it has expired; then nothing is shown until the next sync.
    pub is_expired: bool,
}

/// The phone's clock against the server's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct ClockView {
    /// Today by the server's time, as far as it is known, in days since 1970-01-01. An app shows
    /// the due reports around this day.
    pub today: i32,
    /// Seconds by which the phone's clock is ahead of the server's time; negative if it is behind.
    pub ahead_seconds: i64,
    /// Whether it is wrong by more than ten minutes: the app asks the person to set it.
    pub is_wrong: bool,
}

/// The user of this phone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct SessionView {
    /// The device.
    pub device_id: String,
    /// The account.
    pub account_id: String,
    /// Id of the unit.
    pub unit_id: String,
    /// Code of the unit; empty until the organisation is received.
    pub unit: String,
    /// Name of the unit; empty until the organisation is received.
    pub unit_name: String,
    /// Roles in the unit.
    #[cfg_attr(feature = "json", serde(serialize_with = "super::json::roles"))]
    pub roles: Vec<Role>,
}

/// Results and cost of a sync.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
pub struct SyncSummary {
    /// Calls made; one if nothing was rebuilt or renewed.
    pub calls: u32,
    /// Commands sent, repetitions included.
    pub sent: u32,
    /// Verdicts: applied as typed.
    pub applied: u32,
    /// Verdicts: merged with another author's changes.
    pub merged: u32,
    /// Verdicts: some values were not applied.
    pub conflicts: u32,
    /// Verdicts: held.
    pub held: u32,
    /// Verdicts: rejected.
    pub rejected: u32,
    /// Rows received.
    pub rows: u32,
    /// Rebuilt scopes.
    pub resets: u32,
    /// Checkpoints reached; 0 means that the phone is not up to date.
    pub checkpoints: u32,
    /// Bytes sent, TLS included.
    pub bytes_sent: u64,
    /// Bytes received, TLS included.
    pub bytes_received: u64,
    /// Bytes of token renewals among them, both directions; a token is valid for 15 minutes.
    pub bytes_for_renewal: u64,
    /// Bytes on the wire by kind; kinds that begin with `>` were sent. The remaining bytes are TLS
    /// and HTTP/2.
    pub traffic: Vec<TrafficLine>,
    /// Connections made.
    pub connections: u32,
    /// Whether every scope has the server's count and digest.
    pub digests_match: bool,
    /// The lowest version that decodes every record, if the server wants a newer app.
    pub upgrade_wanted: Option<String>,
}

/// Bytes of one kind of frame in a sync, before TLS and HTTP/2.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
pub struct TrafficLine {
    /// `Rows`, `Checkpoint` and so on; `> request` and `> commands` were sent.
    pub kind: String,
    /// Number of frames.
    pub count: u32,
    /// Their bytes.
    pub bytes: u64,
}

/// Proof of the commands that the authority took from this phone (biên nhận).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
pub struct ReceiptView {
    /// Highest command number taken.
    pub commands_taken: u64,
    /// The signed body: an encoded `ReceiptBody` of the contract.
    pub body: Vec<u8>,
    /// The authority's ECDSA P-256 signature of the body, 64 bytes.
    pub signature: Vec<u8>,
}

/// A scope that this phone has or had.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
pub struct ScopeView {
    /// `reference`, `work`, `desk`, `published`, `participation`, or a number of a newer kind.
    pub kind: String,
    /// Id of the unit or campaign.
    pub id: String,
    /// Whether it is granted.
    pub granted: bool,
    /// Why it was removed: `REVOKED`, `MOVED`, `ENDED`; empty while granted or without a reason.
    pub removal: String,
    /// Number of records in it.
    pub count: i64,
    /// Sum of their hashes modulo 2^128, 32 hexadecimal digits.
    pub digest: String,
}

/// The changes of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
pub struct ReplicaChange {
    /// Reports that were added, changed or removed, also through their comments or conflicts.
    pub reports: Vec<String>,
    /// Whether forms, units or campaigns changed.
    pub reference: bool,
    /// Whether standings changed.
    pub standings: bool,
    /// Whether it changed how units take part in campaigns.
    pub participations: bool,
    /// Scopes that were removed.
    pub scopes_lost: Vec<ScopeView>,
}
