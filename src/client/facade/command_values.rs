//! Values about the phone's commands and the outbox; units as in `values`.

use super::error::{FieldProblem, reason_message};
use super::values::CellEntry;
use crate::domain::support::message::Message;

/// A command that the server stores without applying it: it waits for its parent, or for the unit
/// head.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct HeldCommandView {
    /// Its id.
    pub held_id: String,
    /// Its report.
    pub report_id: String,
    /// Why: `UNKNOWN_BASE` (applied when its parent arrives) or `GRANT_LOST` (its author lost the
    /// role).
    pub reason: String,
    /// The kind of the command.
    pub kind: CommandKind,
    /// Its cells.
    pub cells: Vec<CellEntry>,
    /// Its note.
    pub text: Option<String>,
    /// Code of the reason why it had no effect when its parent arrived.
    pub refusal: Option<String>,
    /// `None` while open; then whether it was applied.
    pub settled: Option<bool>,
    /// Whether this phone has a pending decision about it.
    pub settling: bool,
}

/// The kind of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Enum))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "SCREAMING_SNAKE_CASE"))]
pub enum CommandKind {
    /// Changes cells or note.
    Save,
    /// Submits for review.
    Submit,
    /// Returns with a question.
    Return,
    /// Accepts.
    Accept,
    /// Adds a comment.
    Comment,
    /// Settles a conflict.
    Settle,
    /// Settles a held command.
    SettleHeld,
    /// Proposes to amend an accepted report.
    Propose,
    /// Grants or refuses a proposal.
    SettleProposal,
    /// Takes part in a campaign.
    TakePart,
    /// A kind of a newer app.
    Other,
}

/// The state of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Enum))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "SCREAMING_SNAKE_CASE"))]
pub enum CommandState {
    /// Not sent yet.
    Waiting,
    /// Sent, no verdict yet.
    Sent,
    /// Applied as typed.
    Applied,
    /// Applied together with another author's changes.
    Merged,
    /// Some values were not applied.
    Conflict,
    /// Stored by the server, not applied.
    Held,
    /// Refused.
    Rejected,
    /// A verdict of a newer server.
    UnknownOutcome,
}

/// A command of this phone in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct CommandView {
    /// Its number.
    pub number: u64,
    /// Its report.
    pub report_id: String,
    /// Its kind.
    pub kind: CommandKind,
    /// Its state.
    pub state: CommandState,
    /// Time of entry by this phone's clock, microseconds since 1970 UTC.
    pub made_at: i64,
}

/// A command that the server refused. Its content is stored until a person corrects or discards it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
pub struct RefusedCommand {
    /// Its number; an argument of `discard_refused`.
    pub number: u64,
    /// Its report.
    pub report_id: String,
    /// Its kind.
    pub kind: CommandKind,
    /// Stable code of the reason.
    pub reason: String,
    /// Every wrong field.
    pub problems: Vec<FieldProblem>,
    /// Its cells.
    pub cells: Vec<CellEntry>,
    /// Its note or comment.
    pub text: Option<String>,
}

impl RefusedCommand {
    /// The reason and what to do.
    #[must_use]
    pub fn message(&self) -> Message {
        reason_message(&self.reason)
    }
}

/// A command of this phone that the server stores without applying it, and the unit whose desk has
/// it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct OwnHeldCommand {
    /// Its number.
    pub number: u64,
    /// Its report.
    pub report_id: String,
    /// Its kind.
    pub kind: CommandKind,
    /// Why: `UNKNOWN_BASE` (applied when its parent arrives), `GRANT_LOST` (the role had ended when
    /// it was received; the unit head decides), or a number of a newer server.
    pub reason: String,
    /// Id of the unit whose desk has it.
    pub unit_id: String,
    /// Name of the unit.
    pub unit_name: String,
    /// Where it is and why.
    #[cfg_attr(feature = "json", serde(serialize_with = "super::json::message"))]
    pub place: Message,
    /// Its cells.
    pub cells: Vec<CellEntry>,
    /// Its note or comment.
    pub text: Option<String>,
    /// Time of entry by this phone's clock, microseconds since 1970 UTC.
    pub made_at: i64,
}

/// Counts of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct OutboxStatus {
    /// Not sent yet.
    pub waiting: u32,
    /// Sent, no verdict yet.
    pub sent: u32,
    /// Verdict received, effect not in the replica yet.
    pub acknowledged: u32,
    /// Held on the desk of a unit.
    pub held: u32,
    /// Refused and not resolved.
    pub refused: u32,
    /// Server's time at the last checkpoint, microseconds since 1970 UTC; 0 before the first.
    pub last_sync: i64,
}
