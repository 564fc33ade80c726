//! What stands beside a report: comments, and the branches of conflicts that wait for a person.
//!
//! Knows no report's state: whether a comment may be added or a conflict settled is decided in `app`.

use super::ids::{ReportId, UnitId};
use super::permission::Role;
use super::reason::RefusalReason;
use super::report::ConflictBranch;
use jiff::civil::Date;

/// A comment on a report (ý kiến). It is of a post, not of a person: no account is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The report.
    pub report: ReportId,
    /// The unit of its author.
    pub unit: UnitId,
    /// The role in which its author wrote.
    pub role: Role,
    /// The words; at most [`super::limits::NOTE_CHARS_MAX`] characters.
    pub text: String,
    /// The day on which the server received it.
    pub received_day: Date,
}

/// Why a command is kept but not applied (lý do tạm giữ).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HeldReason {
    /// What it builds on is not here: it waits for its parent.
    UnknownBase,
    /// Its author may no longer write for the unit: another person takes it over, or puts it aside.
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

/// Where a held command stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HeldState {
    /// It waits.
    Open,
    /// The unit head had it applied.
    Applied,
    /// The unit head put it aside.
    Discarded,
}

/// A command that is kept but not applied (lệnh tạm giữ). It names neither device nor person: figures are of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldCommand {
    /// The report that it is about.
    pub report: ReportId,
    /// Why it is held.
    pub reason: HeldReason,
    /// Its bytes, as they came.
    pub command: Vec<u8>,
    /// Where it stands.
    pub state: HeldState,
    /// Why it had no effect when its parent came; `None` while it was not tried.
    pub refusal: Option<RefusalReason>,
}

/// A value that did not stand, kept until the unit head says which one does (xung đột số liệu).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The report.
    pub report: ReportId,
    /// The field with both values.
    pub branch: ConflictBranch,
    /// Whether it is settled, and then whether the branch's value was taken.
    pub settled: Option<bool>,
}
