//! What stands beside a report: comments, and the branches of conflicts that wait for a person.
//!
//! Knows no report's state: whether a comment may be added or a conflict settled is decided in `app`.

use super::ids::{ReportId, UnitId};
use super::permission::Role;
use super::report::Branch;
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

/// A value that did not stand, kept until the unit head says which one does (xung đột số liệu).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The report.
    pub report: ReportId,
    /// The field with both values.
    pub branch: Branch,
    /// Whether it is settled, and then whether the branch's value was taken.
    pub settled: Option<bool>,
}
