//! Reasons of a refusal. Each has a code, and under it a sentence of the catalogue that says what
//! happened and what to do next.
//!
//! A refusal is a normal result and therefore a value. `grpc` maps reasons to statuses, `wire` to
//! numbers.

use crate::domain::support::message::Message;

/// The reason of a refusal. Its `code` never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefusalReason {
    /// It does not exist or is outside the visible scopes: the two are not distinguished.
    NotFound,
    /// Visible, but not allowed for this role at this unit.
    Denied,
    /// The author of a report may not accept it.
    OwnReport,
    /// The workflow has no such step from this state.
    WorkflowForbids,
    /// The content has changed since the caller saw it.
    ContentChanged,
    /// The element is not on this form.
    UnknownElement,
    /// The figure lies outside the element's range.
    ValueOutOfRange,
    /// The unit owes no report under this contract for this period.
    NotExpected,
    /// The period has not begun.
    PeriodNotOpen,
    /// The period is closed.
    PeriodClosed,
    /// A cell holds neither a figure nor nil nor a reason why it is missing.
    CellBlank,
    /// A rule of the form does not hold.
    FormRule,
    /// The note is longer than allowed.
    NoteTooLong,
    /// The note seems to identify a citizen.
    NotePersonalData,
    /// The command has no content.
    NothingToDo,
    /// More items than one command may carry.
    TooMany,
    /// A part of the message is absent or has the wrong shape.
    Malformed,
    /// An identifier has the wrong form.
    BadId,
    /// The comment exists already.
    CommentExists,
    /// The conflict was settled already.
    ConflictSettled,
    /// The held command was settled already.
    HeldSettled,
    /// The proposal was settled already.
    ProposalSettled,
    /// The account does not exist, or holds a role at a unit over which the caller has no right.
    AccountElsewhere,
    /// A text holds a control character.
    ControlCharacter,
    /// A text is longer than its field takes.
    TextTooLong,
    /// The password is right, and the account's second factor is asked for.
    SecondFactorRequired,
    /// The code of the second factor is wrong, expired or used.
    SecondFactorWrong,
    /// The account needs a second factor to sign in and has none.
    SecondFactorNotEnrolled,
    /// It needs two persons, and this is the one who began it.
    SecondPerson,
    /// The caller holds a role at the unit that owes the report.
    OwnUnit,
    /// The report is accepted: nothing is missing.
    NotMissing,
    /// The last day that the report covers has not come yet.
    PeriodNotOver,
    /// NIL in the cell of a stock: it does not say how much there is.
    StockUnsaid,
    /// The same report is given a second time in one call.
    ReportTwice,
}

impl RefusalReason {
    /// All reasons, for tables and tests.
    pub const ALL: [Self; 34] = [
        Self::NotFound,
        Self::Denied,
        Self::OwnReport,
        Self::WorkflowForbids,
        Self::ContentChanged,
        Self::UnknownElement,
        Self::ValueOutOfRange,
        Self::NotExpected,
        Self::PeriodNotOpen,
        Self::PeriodClosed,
        Self::CellBlank,
        Self::FormRule,
        Self::NoteTooLong,
        Self::NotePersonalData,
        Self::NothingToDo,
        Self::TooMany,
        Self::Malformed,
        Self::BadId,
        Self::CommentExists,
        Self::ConflictSettled,
        Self::HeldSettled,
        Self::ProposalSettled,
        Self::AccountElsewhere,
        Self::ControlCharacter,
        Self::TextTooLong,
        Self::SecondFactorRequired,
        Self::SecondFactorWrong,
        Self::SecondFactorNotEnrolled,
        Self::SecondPerson,
        Self::OwnUnit,
        Self::NotMissing,
        Self::PeriodNotOver,
        Self::StockUnsaid,
        Self::ReportTwice,
    ];

    /// The stable code, as in `UNKNOWN_ELEMENT`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotFound => "NOT_FOUND",
            Self::Denied => "DENIED",
            Self::OwnReport => "OWN_REPORT",
            Self::WorkflowForbids => "WORKFLOW_FORBIDS",
            Self::ContentChanged => "CONTENT_CHANGED",
            Self::UnknownElement => "UNKNOWN_ELEMENT",
            Self::ValueOutOfRange => "VALUE_OUT_OF_RANGE",
            Self::NotExpected => "NOT_EXPECTED",
            Self::PeriodNotOpen => "PERIOD_NOT_OPEN",
            Self::PeriodClosed => "PERIOD_CLOSED",
            Self::CellBlank => "CELL_BLANK",
            Self::FormRule => "FORM_RULE",
            Self::NoteTooLong => "NOTE_TOO_LONG",
            Self::NotePersonalData => "NOTE_PERSONAL_DATA",
            Self::NothingToDo => "NOTHING_TO_DO",
            Self::TooMany => "TOO_MANY",
            Self::Malformed => "MALFORMED",
            Self::BadId => "BAD_ID",
            Self::CommentExists => "COMMENT_EXISTS",
            Self::ConflictSettled => "CONFLICT_SETTLED",
            Self::HeldSettled => "HELD_SETTLED",
            Self::ProposalSettled => "PROPOSAL_SETTLED",
            Self::AccountElsewhere => "ACCOUNT_ELSEWHERE",
            Self::ControlCharacter => "CONTROL_CHARACTER",
            Self::TextTooLong => "TEXT_TOO_LONG",
            Self::SecondFactorRequired => "SECOND_FACTOR_REQUIRED",
            Self::SecondFactorWrong => "SECOND_FACTOR_WRONG",
            Self::SecondFactorNotEnrolled => "SECOND_FACTOR_NOT_ENROLLED",
            Self::SecondPerson => "SECOND_PERSON",
            Self::OwnUnit => "OWN_UNIT",
            Self::NotMissing => "NOT_MISSING",
            Self::PeriodNotOver => "PERIOD_NOT_OVER",
            Self::StockUnsaid => "STOCK_UNSAID",
            Self::ReportTwice => "REPORT_TWICE",
        }
    }

    /// What happened and what to do.
    #[must_use]
    pub fn message(self) -> Message {
        Message::of_code("refusal", self.code())
    }

    /// The reason with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// One field that is wrong, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Path of the field in the command, as in `changes[2].mine`.
    pub field: String,
    /// What is wrong with it.
    pub reason: RefusalReason,
}

/// A refusal: the first reason and every field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The reason of the first problem, or of the command as a whole.
    pub reason: RefusalReason,
    /// All fields that are wrong; empty when the reason is about the command as a whole.
    pub field_errors: Vec<FieldError>,
}

impl From<RefusalReason> for Refusal {
    fn from(reason: RefusalReason) -> Self {
        Self { reason, field_errors: Vec::new() }
    }
}

/// Collects problems so that a refusal lists all of them.
#[derive(Debug, Default)]
pub struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// Records that `field` is wrong.
    pub fn add(&mut self, field: impl Into<String>, reason: RefusalReason) {
        self.0.push(FieldError { field: field.into(), reason });
    }

    /// `Ok` if nothing was recorded, else a refusal whose reason is that of the first problem.
    pub fn into_result(self) -> Result<(), Refusal> {
        match self.0.first() {
            None => Ok(()),
            Some(first) => Err(Refusal { reason: first.reason, field_errors: self.0 }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_code_of_its_own() {
        let codes: std::collections::BTreeSet<_> =
            RefusalReason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), RefusalReason::ALL.len());
        for reason in RefusalReason::ALL {
            assert_eq!(RefusalReason::from_code(reason.code()), Some(reason));
        }
    }
}
