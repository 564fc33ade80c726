//! Values that the app reads and passes: owned, in plain types, for bindings to Kotlin and Swift.
//!
//! Ids are 32 hexadecimal digits, days are days since 1970-01-01 in the authority's zone, figures
//! are in units of the element's scale.

use super::command_values::RefusedCommand;
use crate::domain::access::permission::Role;
use crate::domain::support::message::Message;

/// A figure, or why it is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "bindings", derive(uniffi::Enum))]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(tag = "kind", rename_all = "camelCase")
)]
pub enum CellFigure {
    /// A figure, in units of the element's scale.
    Reported {
        /// The figure.
        value: i64,
    },
    /// The figure of the last period, confirmed as still right (giữ nguyên kỳ trước): of a stock,
    /// or a duty that was not done. See `Phone::carried_words`.
    Carried {
        /// The figure.
        value: i64,
    },
    /// An explicit zero of an event (không phát sinh). A stock is not answered with it.
    Nil,
    /// Awaits the figure of another body.
    MissingAwaitingSource,
    /// Not counted at this unit in this period.
    MissingNotCounted,
    /// The note gives the reason.
    MissingSeeNote,
}

/// The key of a report. Codes are those of the files: contract `tuan-xa`, unit `com-29242-1`,
/// calendar `week`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct ReportKeyView {
    /// Code of the reporting contract.
    pub contract: String,
    /// Code of the reporting unit.
    pub unit: String,
    /// Code of the calendar.
    pub calendar: String,
    /// First day.
    pub start_day: i32,
    /// Day after the last.
    pub end_day: i32,
    /// Part of a cut period; 0 for a whole one.
    pub cut: u8,
}

/// The status of a report for the user of the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "bindings", derive(uniffi::Enum))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "SCREAMING_SNAKE_CASE"))]
pub enum ReportStatus {
    /// Nothing entered yet.
    Blank,
    /// In progress (bản nháp).
    Draft,
    /// Submitted, not sent yet (chờ gửi).
    Waiting,
    /// Sent, no verdict yet (đã gửi).
    Sent,
    /// Received by the server (đã nhận).
    Received,
    /// Returned with a question (trả lại).
    Returned,
    /// Two authors changed the same figure; the unit head decides (xung đột).
    Conflict,
    /// Accepted (đã duyệt).
    Accepted,
    /// The period is closed (đã khóa).
    Locked,
}

impl ReportStatus {
    /// Its code in lists and answers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Blank => "BLANK",
            Self::Draft => "DRAFT",
            Self::Waiting => "WAITING",
            Self::Sent => "SENT",
            Self::Received => "RECEIVED",
            Self::Returned => "RETURNED",
            Self::Conflict => "CONFLICT",
            Self::Accepted => "ACCEPTED",
            Self::Locked => "LOCKED",
        }
    }
}

/// A report that this phone's unit owes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct DueReport {
    /// Its key.
    pub key: ReportKeyView,
    /// Its id.
    pub report_id: String,
    /// Name of the form in Vietnamese.
    pub form_name_vi: String,
    /// Name of the form in English.
    pub form_name_en: String,
    /// Name of the period.
    #[cfg_attr(feature = "json", serde(serialize_with = "super::json::message"))]
    pub period_name: Message,
    /// The first day on which it may be submitted: the last day of the unit's last report of the
    /// period. Figures may be entered from the first day on.
    pub submit_from_day: i32,
    /// The first day on which it is late.
    pub due_day: i32,
    /// The first day after the grace period.
    pub grace_end_day: i32,
    /// Its status.
    pub status: ReportStatus,
}

/// A cell of a form with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct CellView {
    /// Code of the element.
    pub element: String,
    /// Its Vietnamese name.
    pub name_vi: String,
    /// Its English name.
    pub name_en: String,
    /// The counted unit, in Vietnamese.
    pub unit_of_count: String,
    /// Decimals of the figures.
    pub scale: u8,
    /// Smallest figure allowed.
    pub min: i64,
    /// Largest figure allowed.
    pub max: i64,
    /// Whether a nil report leaves it to be answered: a stock, or a flag that a duty names.
    pub is_word: bool,
    /// The value; `None` if nothing was entered.
    pub value: Option<CellFigure>,
}

/// A cell as entered; `None` clears it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "camelCase")
)]
pub struct CellEntry {
    /// Code of the element.
    pub element: String,
    /// The new value.
    pub value: Option<CellFigure>,
}

/// Why a report was returned.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct QuestionView {
    /// Code, as in `UNUSUAL_FIGURE`.
    pub code: String,
    /// The reviewer's text.
    pub text: String,
}

/// A report with the outbox replayed on it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct ReportView {
    /// Its id.
    pub report_id: String,
    /// Its key.
    pub key: ReportKeyView,
    /// Its status.
    pub status: ReportStatus,
    /// Code of the unit that signs for it.
    pub acting_unit: String,
    /// Whether every event is nil; words do not count.
    pub nil: bool,
    /// All cells of the form, in its order.
    pub cells: Vec<CellView>,
    /// The note.
    pub note: String,
    /// Hash of the content, 64 hexadecimal digits: a reviewer names it to accept or return exactly
    /// this content.
    pub content_hash: String,
    /// The open question of a returned report.
    pub question: Option<QuestionView>,
    /// Whether it was received after due day and grace, by the server's judgement.
    pub late: bool,
    /// Whether it was received before the last day of the period, which its contract allows.
    pub early: bool,
    /// Day of its first receipt.
    pub received_day: Option<i32>,
    /// Revision on the server; 0 if none.
    pub revision: i64,
    /// Number of pending commands.
    pub pending_count: u32,
    /// Elements in which a pending command conflicts with the server's value.
    pub conflicting_elements: Vec<String>,
    /// Open and settled conflicts.
    pub conflicts: Vec<ConflictView>,
    /// Comments, oldest first.
    pub comments: Vec<CommentView>,
    /// Refused commands that are not resolved.
    pub refused_commands: Vec<RefusedCommand>,
}

impl ReportView {
    /// Decimals of the figures of an element; 0 of one that is not on the form.
    #[must_use]
    pub fn scale_of(&self, element: &str) -> u8 {
        self.cells.iter().find(|cell| cell.element == element).map_or(0, |cell| cell.scale)
    }
}

/// A report that waits for review, with what to compare it with, and reasons to check it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct WaitingReport {
    /// The report.
    pub report: ReportView,
    /// Every figure of it beside the unit's official figures before, in the order of the form.
    pub figures: Vec<FigureBeside>,
    /// Reasons to check it; may be empty.
    pub concerns: Vec<Concern>,
}

/// A figure beside the unit's official figures of the last period and of the same period last year;
/// in units of the element's scale. `None`: there is none on this phone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct FigureBeside {
    /// Code of the element.
    pub element: String,
    /// Decimals of the figures.
    pub scale: u8,
    /// The value that waits for review.
    pub now: Option<CellFigure>,
    /// The last period's.
    pub last_period: Option<i64>,
    /// That of the same period last year.
    pub last_year: Option<i64>,
    /// Whether the value is a figure that is not the same as both, or is no figure.
    pub differs: bool,
}

/// A report and the content of it that a reviewer saw.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Deserialize), serde(rename_all = "camelCase"))]
pub struct SeenReport {
    /// Its id.
    pub report_id: String,
    /// The hash of the content that was shown.
    pub content_hash: String,
}

/// A reason to check a report before accepting it, not a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Enum))]
#[cfg_attr(
    feature = "json",
    derive(serde::Serialize),
    serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")
)]
pub enum Concern {
    /// It has comments.
    HasComments,
    /// It was saved more than once, before it was sent or after.
    ChangedAgain,
    /// It was received after due day and grace.
    Late,
    /// It was received before the last day that it speaks of.
    Early,
    /// In a nil report: a word that differs from that of the last period.
    WordChanged {
        /// Code of the element.
        element: String,
        /// The figure of the last period; `None` if there is none.
        before: Option<i64>,
        /// The present figure.
        now: i64,
    },
    /// In a nil report: a word that is missing, or a stock that is not said.
    WordMissing {
        /// Code of the element.
        element: String,
    },
    /// It has a note.
    HasNote,
    /// A question about its days is not answered.
    OpenFinding {
        /// Code of the rule.
        rule: String,
        /// Code of the element; empty if the question is about no element.
        element: String,
    },
    /// A figure changed much against the unit's previous report and against the same period last
    /// year.
    DepartsFromBoth {
        /// Code of the element.
        element: String,
        /// The previous figure.
        before: i64,
        /// Last year's figure.
        last_year: i64,
        /// The present figure.
        now: i64,
    },
    /// A figure changed much against the unit's previous report.
    LargeMovement {
        /// Code of the element.
        element: String,
        /// The previous figure.
        before: i64,
        /// The present figure.
        now: i64,
    },
}

/// Two values of one field; the unit head decides which one stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct ConflictView {
    /// Its id.
    pub conflict_id: String,
    /// The report.
    pub report_id: String,
    /// Code of the element; `None` for the note.
    pub element: Option<String>,
    /// The value that was not applied.
    pub branch: Option<CellFigure>,
    /// The value that stands.
    pub standing: Option<CellFigure>,
    /// The value that the branch's author had seen.
    pub base: Option<CellFigure>,
    /// The note that was not applied.
    pub branch_note: String,
    /// The note that stands.
    pub standing_note: String,
    /// `None` while open; then whether the branch was taken.
    pub settled: Option<bool>,
    /// Whether this phone has a pending decision about it.
    pub settling: bool,
}

/// A proposal to amend an accepted or locked report.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct ProposalView {
    /// Its id.
    pub proposal_id: String,
    /// The report.
    pub report_id: String,
    /// The unit that signed it.
    pub acting_unit: String,
    /// The proposed values.
    pub cells: Vec<CellEntry>,
    /// The proposed note; `None` leaves the note unchanged.
    pub note: Option<String>,
    /// The reason; empty if an edit met an accepted report.
    pub reason: String,
    /// Whether the report still has the content for which the proposal was written.
    pub is_current: bool,
    /// `None` while open; then whether it was granted.
    pub settled: Option<bool>,
    /// Whether this phone has a pending decision about it.
    pub settling: bool,
}

/// A comment on a report.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
#[cfg_attr(feature = "json", derive(serde::Serialize), serde(rename_all = "camelCase"))]
pub struct CommentView {
    /// Its id.
    pub comment_id: String,
    /// Code of the author's unit.
    pub unit: String,
    /// The author's role; `None` for a comment of this phone that waits.
    #[cfg_attr(feature = "json", serde(serialize_with = "super::json::role"))]
    pub role: Option<Role>,
    /// The text.
    pub text: String,
    /// Day of receipt; `None` if not received yet.
    pub received_day: Option<i32>,
}
