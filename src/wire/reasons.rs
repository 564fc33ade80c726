//! Converts reasons of refusals. Reasons of the transport are not here; see `grpc::status`.

use crate::domain::support::reason::{FieldError, RefusalReason};
use crate::pb;

/// Converts a reason of the domain.
#[must_use]
pub fn reason_to_proto(reason: RefusalReason) -> pb::ErrorReason {
    match reason {
        RefusalReason::NotFound => pb::ErrorReason::NotFound,
        RefusalReason::Denied => pb::ErrorReason::Denied,
        RefusalReason::OwnReport => pb::ErrorReason::OwnReport,
        RefusalReason::WorkflowForbids => pb::ErrorReason::WorkflowForbids,
        RefusalReason::ContentChanged => pb::ErrorReason::ContentChanged,
        RefusalReason::UnknownElement => pb::ErrorReason::UnknownElement,
        RefusalReason::ValueOutOfRange => pb::ErrorReason::ValueOutOfRange,
        RefusalReason::NotExpected => pb::ErrorReason::NotExpected,
        RefusalReason::PeriodNotOpen => pb::ErrorReason::PeriodNotOpen,
        RefusalReason::PeriodClosed => pb::ErrorReason::PeriodClosed,
        RefusalReason::CellBlank => pb::ErrorReason::CellBlank,
        RefusalReason::FormRule => pb::ErrorReason::FormRule,
        RefusalReason::NoteTooLong => pb::ErrorReason::NoteTooLong,
        RefusalReason::NotePersonalData => pb::ErrorReason::NotePersonalData,
        RefusalReason::NothingToDo => pb::ErrorReason::NothingToDo,
        RefusalReason::TooMany => pb::ErrorReason::TooMany,
        RefusalReason::Malformed => pb::ErrorReason::Malformed,
        RefusalReason::BadId => pb::ErrorReason::BadId,
        RefusalReason::CommentExists => pb::ErrorReason::CommentExists,
        RefusalReason::ConflictSettled => pb::ErrorReason::ConflictSettled,
        RefusalReason::HeldSettled => pb::ErrorReason::HeldSettled,
        RefusalReason::ProposalSettled => pb::ErrorReason::ProposalSettled,
        RefusalReason::AccountElsewhere => pb::ErrorReason::AccountElsewhere,
        RefusalReason::ControlCharacter => pb::ErrorReason::ControlCharacter,
        RefusalReason::TextTooLong => pb::ErrorReason::TextTooLong,
        RefusalReason::SecondFactorRequired => pb::ErrorReason::SecondFactorRequired,
        RefusalReason::SecondFactorWrong => pb::ErrorReason::SecondFactorWrong,
        RefusalReason::SecondFactorNotEnrolled => pb::ErrorReason::SecondFactorNotEnrolled,
        RefusalReason::SecondPerson => pb::ErrorReason::SecondPerson,
        RefusalReason::OwnUnit => pb::ErrorReason::OwnUnit,
        RefusalReason::NotMissing => pb::ErrorReason::NotMissing,
        RefusalReason::PeriodNotOver => pb::ErrorReason::PeriodNotOver,
        RefusalReason::StockUnsaid => pb::ErrorReason::StockUnsaid,
        RefusalReason::ReportTwice => pb::ErrorReason::ReportTwice,
    }
}

/// Converts a reason of the contract; `None` for a reason of a newer contract or of the transport.
#[must_use]
pub fn reason_from_proto(number: i32) -> Option<RefusalReason> {
    RefusalReason::ALL.into_iter().find(|known| i32::from(reason_to_proto(*known)) == number)
}

/// Returns the name of a reason in `ErrorInfo`, as in `CONTENT_CHANGED`.
#[must_use]
pub fn error_reason_name(reason: pb::ErrorReason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("ERROR_REASON_").unwrap_or(name)
}

/// Converts a field error.
#[must_use]
pub fn problem_to_proto(problem: &FieldError) -> pb::FieldProblem {
    let FieldError { field, reason } = problem;
    pb::FieldProblem { field: field.clone(), reason: reason_to_proto(*reason).into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contract_and_domain_have_the_same_name_for_every_reason() {
        for one in RefusalReason::ALL {
            assert_eq!(error_reason_name(reason_to_proto(one)), one.code());
            assert_eq!(reason_from_proto(reason_to_proto(one).into()), Some(one));
        }
        assert_eq!(reason_from_proto(pb::ErrorReason::Busy.into()), None);
    }
}
