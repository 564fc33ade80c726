//! Reasons of refusals, as the contract numbers them.
//!
//! Knows the reasons of the domain; those of the transport are named where they arise.

use crate::domain::reason::{Problem, Reason};
use crate::pb;

/// The contract's name of a reason.
#[must_use]
pub fn reason(reason: Reason) -> pb::ErrorReason {
    match reason {
        Reason::NotFound => pb::ErrorReason::NotFound,
        Reason::Denied => pb::ErrorReason::Denied,
        Reason::OwnReport => pb::ErrorReason::OwnReport,
        Reason::WorkflowForbids => pb::ErrorReason::WorkflowForbids,
        Reason::ContentChanged => pb::ErrorReason::ContentChanged,
        Reason::UnknownElement => pb::ErrorReason::UnknownElement,
        Reason::ValueOutOfRange => pb::ErrorReason::ValueOutOfRange,
        Reason::NotExpected => pb::ErrorReason::NotExpected,
        Reason::PeriodNotOpen => pb::ErrorReason::PeriodNotOpen,
        Reason::PeriodClosed => pb::ErrorReason::PeriodClosed,
        Reason::CellBlank => pb::ErrorReason::CellBlank,
        Reason::FormRule => pb::ErrorReason::FormRule,
        Reason::NoteTooLong => pb::ErrorReason::NoteTooLong,
        Reason::NotePersonalData => pb::ErrorReason::NotePersonalData,
        Reason::NothingToDo => pb::ErrorReason::NothingToDo,
        Reason::TooMany => pb::ErrorReason::TooMany,
        Reason::Malformed => pb::ErrorReason::Malformed,
        Reason::BadId => pb::ErrorReason::BadId,
        Reason::CommentExists => pb::ErrorReason::CommentExists,
        Reason::ConflictSettled => pb::ErrorReason::ConflictSettled,
        Reason::HeldSettled => pb::ErrorReason::HeldSettled,
        Reason::ProposalSettled => pb::ErrorReason::ProposalSettled,
        Reason::AccountElsewhere => pb::ErrorReason::AccountElsewhere,
    }
}

/// Reads a reason; `None` for one of a newer contract or of the transport.
#[must_use]
pub fn read_reason(number: i32) -> Option<Reason> {
    Reason::ALL.into_iter().find(|known| i32::from(reason(*known)) == number)
}

/// The name under which `ErrorInfo` carries a reason, as in `CONTENT_CHANGED`.
#[must_use]
pub fn name(reason: pb::ErrorReason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("ERROR_REASON_").unwrap_or(name)
}

/// A field that is wrong.
#[must_use]
pub fn problem(problem: &Problem) -> pb::FieldProblem {
    let Problem { field, reason: why } = problem;
    pb::FieldProblem { field: field.clone(), reason: reason(*why).into() }
}

/// Reads a field that is wrong; `None` when the reason is not known here.
#[must_use]
pub fn read_problem(message: pb::FieldProblem) -> Option<Problem> {
    let pb::FieldProblem { field, reason } = message;
    Some(Problem { field, reason: read_reason(reason)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_names_every_reason_as_the_domain_does() {
        for one in Reason::ALL {
            assert_eq!(name(reason(one)), one.code());
            assert_eq!(read_reason(reason(one).into()), Some(one));
        }
        assert_eq!(read_reason(pb::ErrorReason::Busy.into()), None);
    }
}
