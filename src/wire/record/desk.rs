//! Comments, conflicts and held commands as bytes.

use super::{BadRecord, UnitNumbers, decode, field, required};
use crate::domain::desk::{Comment, Conflict, Held, HeldReason, HeldState};
use crate::domain::ids::ReportId;
use crate::domain::report::Branch;
use crate::pb;
use crate::pb::conflict_record::Field;
use crate::wire::{reasons, values};
use prost::Message as _;

/// The bytes of a comment. Fails when its unit has no number.
pub fn comment(comment: &Comment, units: &UnitNumbers) -> Result<Vec<u8>, BadRecord> {
    comment_message(comment, units).map(|message| message.encode_to_vec())
}

/// The message of a comment. Fails when its unit has no number.
pub fn comment_message(comment: &Comment, units: &UnitNumbers) -> Result<pb::CommentRecord, BadRecord> {
    let Comment { report, unit, role, text, received_day } = comment;
    Ok(pb::CommentRecord {
        report_id: report.0.to_vec(),
        unit_number: units.number(unit).ok_or(BadRecord::UnknownUnit)?,
        role: required("role", values::role(*role))?.into(),
        text: text.clone(),
        received_day: values::day(*received_day),
    })
}

/// Reads the bytes of a comment.
pub fn read_comment(bytes: &[u8], units: &UnitNumbers) -> Result<Comment, BadRecord> {
    let pb::CommentRecord { report_id, unit_number, role, text, received_day } = decode(bytes)?;
    Ok(Comment {
        report: field("report_id", values::id(&report_id, ReportId::from_slice))?,
        unit: units.item(unit_number).copied().ok_or(BadRecord::UnknownUnit)?,
        role: field("role", values::read_role(role))?,
        text,
        received_day: field("received_day", values::read_day(received_day))?,
    })
}

/// The bytes of a conflict.
#[must_use]
pub fn conflict(conflict: &Conflict) -> Vec<u8> {
    conflict_message(conflict).encode_to_vec()
}

/// The message of a conflict.
#[must_use]
pub fn conflict_message(conflict: &Conflict) -> pb::ConflictRecord {
    let Conflict { report, branch, settled } = conflict;
    let mut message = pb::ConflictRecord {
        report_id: report.0.to_vec(),
        state: settled.map_or(pb::ConflictState::Open, |_| pb::ConflictState::Settled).into(),
        branch_taken: *settled == Some(true),
        ..pb::ConflictRecord::default()
    };
    match branch {
        Branch::Cell { element, mine, base, theirs } => {
            message.field = Some(Field::ElementNumber(element.0));
            message.mine = mine.map(values::cell_value);
            message.base = base.map(values::cell_value);
            message.theirs = theirs.map(values::cell_value);
        }
        Branch::Note { mine, theirs } => {
            message.field = Some(Field::Note(true));
            message.mine_note.clone_from(mine);
            message.theirs_note.clone_from(theirs);
        }
    }
    message
}

/// Reads the bytes of a conflict.
pub fn read_conflict(bytes: &[u8]) -> Result<Conflict, BadRecord> {
    let pb::ConflictRecord { report_id, field: which, mine, base, theirs, mine_note, theirs_note, state, branch_taken } =
        decode(bytes)?;
    let value = |name, got: Option<pb::CellValue>| field(name, got.map(values::read_cell_value).transpose());
    let branch = match required("field", which)? {
        Field::ElementNumber(number) => Branch::Cell {
            element: field("element_number", values::read_element(number))?,
            mine: value("mine", mine)?,
            base: value("base", base)?,
            theirs: value("theirs", theirs)?,
        },
        Field::Note(_) => Branch::Note { mine: mine_note, theirs: theirs_note },
    };
    let settled = match pb::ConflictState::try_from(state) {
        Ok(pb::ConflictState::Open) => None,
        Ok(pb::ConflictState::Settled) => Some(branch_taken),
        Ok(pb::ConflictState::Unspecified) | Err(_) => return Err(BadRecord::Field("state")),
    };
    Ok(Conflict { report: field("report_id", values::id(&report_id, ReportId::from_slice))?, branch, settled })
}

/// The bytes of a held command.
#[must_use]
pub fn held(held: &Held) -> Vec<u8> {
    let Held { report, reason, command, state, refusal } = held;
    let reason = match reason {
        HeldReason::UnknownBase => pb::HeldReason::UnknownBase,
        HeldReason::GrantLost => pb::HeldReason::GrantLost,
    };
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
        refusal: refusal.map(reasons::reason).unwrap_or_default().into(),
    };
    message.encode_to_vec()
}

/// Reads the bytes of a held command.
pub fn read_held(bytes: &[u8]) -> Result<Held, BadRecord> {
    let pb::HeldRecord { command, reason, report_id, state, refusal } = decode(bytes)?;
    let reason = match pb::HeldReason::try_from(reason) {
        Ok(pb::HeldReason::UnknownBase) => HeldReason::UnknownBase,
        Ok(pb::HeldReason::GrantLost) => HeldReason::GrantLost,
        Ok(pb::HeldReason::UnknownKind | pb::HeldReason::Unspecified) | Err(_) => {
            return Err(BadRecord::Field("reason"));
        }
    };
    let state = match pb::HeldState::try_from(state) {
        Ok(pb::HeldState::Open) => HeldState::Open,
        Ok(pb::HeldState::Applied) => HeldState::Applied,
        Ok(pb::HeldState::Discarded) => HeldState::Discarded,
        Ok(pb::HeldState::Unspecified) | Err(_) => return Err(BadRecord::Field("state")),
    };
    let report = field("report_id", values::id(&report_id, ReportId::from_slice))?;
    Ok(Held { report, reason, command, state, refusal: reasons::read_reason(refusal) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cell::{CellValue, ElementNo};
    use crate::domain::ids::UnitId;
    use crate::domain::permission::Role;
    use jiff::civil::date;

    #[test]
    fn comments_conflicts_and_held_commands_are_read_back_as_they_were() {
        let units: UnitNumbers = [(UnitId::named("dist"), 3)].into_iter().collect();
        let report = ReportId([9; 16]);
        let words = Comment {
            report,
            unit: UnitId::named("dist"),
            role: Role::Reviewer,
            text: "Đã xem".into(),
            received_day: date(2024, 9, 2),
        };
        assert_eq!(read_comment(&comment(&words, &units).unwrap(), &units), Ok(words));

        let cell = Branch::Cell {
            element: ElementNo(4),
            mine: Some(CellValue::Reported(2)),
            base: None,
            theirs: Some(CellValue::Nil),
        };
        let note = Branch::Note { mine: "a".into(), theirs: "b".into() };
        for (branch, settled) in [(cell.clone(), None), (cell, Some(true)), (note, Some(false))] {
            let kept = Conflict { report, branch, settled };
            assert_eq!(read_conflict(&conflict(&kept)), Ok(kept));
        }
        let open = Held {
            report,
            reason: HeldReason::UnknownBase,
            command: vec![1, 2],
            state: HeldState::Open,
            refusal: None,
        };
        let tried = Held { refusal: Some(crate::domain::reason::Reason::FormRule), ..open.clone() };
        let taken = Held { reason: HeldReason::GrantLost, state: HeldState::Applied, ..open.clone() };
        for kept in [open, tried, taken] {
            assert_eq!(read_held(&held(&kept)), Ok(kept));
        }
    }
}
