//! Encodes and decodes comments, conflicts and held commands.

use super::{RecordError, UnitNumbers, check_field, decode_message, require_field};
use crate::domain::report::ConflictBranch;
use crate::domain::report::attachment::{Comment, Conflict, HeldCommand, HeldReason, HeldState};
use crate::domain::support::ids::ReportId;
use crate::pb;
use crate::pb::conflict_record::Field;
use crate::wire::{reasons, values};
use prost::Message as _;

/// Encodes a comment. Fails if its unit has no number.
pub fn encode_comment(comment: &Comment, units: &UnitNumbers) -> Result<Vec<u8>, RecordError> {
    comment_to_proto(comment, units).map(|message| message.encode_to_vec())
}

/// Converts a comment. Fails if its unit has no number.
pub fn comment_to_proto(
    comment: &Comment,
    units: &UnitNumbers,
) -> Result<pb::CommentRecord, RecordError> {
    let Comment { report, unit, role, text, received_day } = comment;
    Ok(pb::CommentRecord {
        report_id: report.0.to_vec(),
        unit_number: units.number(unit).ok_or(RecordError::UnknownUnit)?,
        role: require_field("role", values::role_to_proto(*role))?.into(),
        text: text.clone(),
        received_day: values::day_to_proto(*received_day),
    })
}

/// Decodes a comment.
pub fn decode_comment(bytes: &[u8], units: &UnitNumbers) -> Result<Comment, RecordError> {
    let pb::CommentRecord { report_id, unit_number, role, text, received_day } =
        decode_message(bytes)?;
    Ok(Comment {
        report: check_field("report_id", values::id_from_bytes(&report_id, ReportId::from_slice))?,
        unit: units.item(unit_number).copied().ok_or(RecordError::UnknownUnit)?,
        role: check_field("role", values::role_from_proto(role))?,
        text,
        received_day: check_field("received_day", values::day_from_proto(received_day))?,
    })
}

/// Encodes a conflict.
#[must_use]
pub fn encode_conflict(conflict: &Conflict) -> Vec<u8> {
    conflict_to_proto(conflict).encode_to_vec()
}

/// Converts a conflict.
#[must_use]
pub fn conflict_to_proto(conflict: &Conflict) -> pb::ConflictRecord {
    let Conflict { report, branch, settled } = conflict;
    let mut message = pb::ConflictRecord {
        report_id: report.0.to_vec(),
        state: settled.map_or(pb::ConflictState::Open, |_| pb::ConflictState::Settled).into(),
        branch_taken: *settled == Some(true),
        ..pb::ConflictRecord::default()
    };
    match branch {
        ConflictBranch::Cell { element, mine, base, theirs } => {
            message.field = Some(Field::ElementNumber(element.0));
            message.mine = mine.map(values::cell_value_to_proto);
            message.base = base.map(values::cell_value_to_proto);
            message.theirs = theirs.map(values::cell_value_to_proto);
        }
        ConflictBranch::Note { mine, theirs } => {
            message.field = Some(Field::Note(true));
            message.mine_note.clone_from(mine);
            message.theirs_note.clone_from(theirs);
        }
    }
    message
}

/// Decodes a conflict.
pub fn decode_conflict(bytes: &[u8]) -> Result<Conflict, RecordError> {
    let pb::ConflictRecord {
        report_id,
        field,
        mine,
        base,
        theirs,
        mine_note,
        theirs_note,
        state,
        branch_taken,
    } = decode_message(bytes)?;
    let cell_value = |name, message: Option<pb::CellValue>| {
        check_field(name, message.map(values::cell_value_from_proto).transpose())
    };
    let branch = match require_field("field", field)? {
        Field::ElementNumber(number) => ConflictBranch::Cell {
            element: check_field("element_number", values::element_number_from_proto(number))?,
            mine: cell_value("mine", mine)?,
            base: cell_value("base", base)?,
            theirs: cell_value("theirs", theirs)?,
        },
        Field::Note(_) => ConflictBranch::Note { mine: mine_note, theirs: theirs_note },
    };
    let settled = match pb::ConflictState::try_from(state) {
        Ok(pb::ConflictState::Open) => None,
        Ok(pb::ConflictState::Settled) => Some(branch_taken),
        Ok(pb::ConflictState::Unspecified) | Err(_) => return Err(RecordError::Field("state")),
    };
    Ok(Conflict {
        report: check_field("report_id", values::id_from_bytes(&report_id, ReportId::from_slice))?,
        branch,
        settled,
    })
}

/// The reason on the wire.
#[must_use]
pub fn held_reason_to_proto(reason: HeldReason) -> pb::HeldReason {
    match reason {
        HeldReason::UnknownBase => pb::HeldReason::UnknownBase,
        HeldReason::GrantLost => pb::HeldReason::GrantLost,
    }
}

/// Encodes a held command.
#[must_use]
pub fn encode_held(held: &HeldCommand) -> Vec<u8> {
    let HeldCommand { report, reason, command, state, refusal } = held;
    let reason = held_reason_to_proto(*reason);
    let state = match state {
        HeldState::Open => pb::HeldState::Open,
        HeldState::Applied => pb::HeldState::Applied,
        HeldState::Discarded => pb::HeldState::Discarded,
    };
    let message = pb::HeldRecord {
        command: command.clone(),
        reason: reason.into(),
        report_id: report.0.to_vec(),
        state: state.into(),
        refusal: refusal.map(reasons::reason_to_proto).unwrap_or_default().into(),
    };
    message.encode_to_vec()
}

/// Decodes a held command.
pub fn decode_held(bytes: &[u8]) -> Result<HeldCommand, RecordError> {
    let pb::HeldRecord { command, reason, report_id, state, refusal } = decode_message(bytes)?;
    let reason = match pb::HeldReason::try_from(reason) {
        Ok(pb::HeldReason::UnknownBase) => HeldReason::UnknownBase,
        Ok(pb::HeldReason::GrantLost) => HeldReason::GrantLost,
        Ok(pb::HeldReason::UnknownKind | pb::HeldReason::Unspecified) | Err(_) => {
            return Err(RecordError::Field("reason"));
        }
    };
    let state = match pb::HeldState::try_from(state) {
        Ok(pb::HeldState::Open) => HeldState::Open,
        Ok(pb::HeldState::Applied) => HeldState::Applied,
        Ok(pb::HeldState::Discarded) => HeldState::Discarded,
        Ok(pb::HeldState::Unspecified) | Err(_) => return Err(RecordError::Field("state")),
    };
    let report = check_field("report_id", values::id_from_bytes(&report_id, ReportId::from_slice))?;
    Ok(HeldCommand { report, reason, command, state, refusal: reasons::reason_from_proto(refusal) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::access::permission::Role;
    use crate::domain::report::cell::{CellValue, ElementNumber};
    use crate::domain::support::ids::UnitId;
    use jiff::civil::date;

    #[test]
    fn comments_conflicts_and_held_commands_are_decoded_as_they_were_encoded() {
        let units: UnitNumbers = [(UnitId::from_code("dist"), 3)].into_iter().collect();
        let report = ReportId([9; 16]);
        let comment = Comment {
            report,
            unit: UnitId::from_code("dist"),
            role: Role::Reviewer,
            text: "Đã xem".into(),
            received_day: date(2024, 9, 2),
        };
        assert_eq!(decode_comment(&encode_comment(&comment, &units).unwrap(), &units), Ok(comment));

        let cell = ConflictBranch::Cell {
            element: ElementNumber(4),
            mine: Some(CellValue::Reported(2)),
            base: None,
            theirs: Some(CellValue::Nil),
        };
        let note = ConflictBranch::Note { mine: "a".into(), theirs: "b".into() };
        for (branch, settled) in [(cell.clone(), None), (cell, Some(true)), (note, Some(false))] {
            let stored = Conflict { report, branch, settled };
            assert_eq!(decode_conflict(&encode_conflict(&stored)), Ok(stored));
        }
        let open = HeldCommand {
            report,
            reason: HeldReason::UnknownBase,
            command: vec![1, 2],
            state: HeldState::Open,
            refusal: None,
        };
        let tried = HeldCommand {
            refusal: Some(crate::domain::support::reason::RefusalReason::FormRule),
            ..open.clone()
        };
        let taken = HeldCommand {
            reason: HeldReason::GrantLost,
            state: HeldState::Applied,
            ..open.clone()
        };
        for stored in [open, tried, taken] {
            assert_eq!(decode_held(&encode_held(&stored)), Ok(stored));
        }
    }
}
