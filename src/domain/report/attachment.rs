//! Records attached to a report: comments, held commands, and conflict branches that wait for a
//! person.
//!
//! Whether a comment may be added or a conflict settled is decided in `app`.

use crate::domain::access::permission::Role;
use crate::domain::report::ConflictBranch;
use crate::domain::support::ids::{ReportId, UnitId};
use crate::domain::support::reason::RefusalReason;
use jiff::civil::Date;

/// A comment on a report (ý kiến). It is by a post, not by a person: no account is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The report.
    pub report: ReportId,
    /// The unit of its author.
    pub unit: UnitId,
    /// The role in which its author wrote.
    pub role: Role,
    /// The text; at most [`crate::domain::support::limits::NOTE_CHARS_MAX`] characters.
    pub text: String,
    /// The day on which the server received it.
    pub received_day: Date,
}

/// Why a command is stored but not applied (lý do tạm giữ).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HeldReason {
    /// The revision that it is based on is unknown: it waits for its parent.
    UnknownBase,
    /// Its author may no longer write for the unit: another person applies or discards it.
    GrantLost,
}

impl HeldReason {
    /// The word in lists and JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::UnknownBase => "UNKNOWN_BASE",
            Self::GrantLost => "GRANT_LOST",
        }
    }
}

/// Where a held command waits, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldPlace {
    /// The unit on whose desk it is.
    pub unit: UnitId,
    /// Why it is held.
    pub reason: HeldReason,
}

/// The state of a held command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HeldState {
    /// It waits.
    Open,
    /// The unit head applied it.
    Applied,
    /// The unit head discarded it.
    Discarded,
}

/// A command that is stored but not applied (lệnh tạm giữ). It holds neither device nor person:
/// figures belong to a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldCommand {
    /// The report that it is about.
    pub report: ReportId,
    /// Why it is held.
    pub reason: HeldReason,
    /// Its bytes, as received.
    pub command: Vec<u8>,
    /// Its state.
    pub state: HeldState,
    /// Why it had no effect when its parent arrived; `None` if it was not tried yet.
    pub refusal: Option<RefusalReason>,
}

/// A value that was not stored because of a conflict, until the unit head decides which one is
/// valid (xung đột số liệu).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The report.
    pub report: ReportId,
    /// The field with both values.
    pub branch: ConflictBranch,
    /// `None` while it is open, else whether the branch's value was taken.
    pub settled: Option<bool>,
}
