//! Commands as bytes: what stands in an outbox, and what the server reads of it.
//!
//! A device sends the same bytes every time, and the server compares their hash; so the phone encodes once, when the command is
//! made. Knows no outcome.

use super::values;
use super::violations::Violations;
use crate::domain::cell::Change;
use crate::domain::command::{Body, Command, Save, SaveNote};
use crate::domain::ids::{CommentId, ConflictId, ContractId, HeldId, ProposalId, ReportId, UnitId};
use crate::domain::limits::CHANGES_MAX;
use crate::domain::reason::{Reason, Refusal};
use crate::domain::report::ReportKey;
use crate::pb;
use crate::pb::command::Body as Wire;
use prost::Message as _;

/// A command as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// Its number on the device, 1 and up.
    pub number: u64,
    /// The command, or everything that is wrong with its shape: such a command is REJECTED and uses up its number (S10).
    pub command: Result<Command, Refusal>,
}

/// The bytes of a command under its number.
#[must_use]
pub fn encode(number: u64, command: &Command) -> Vec<u8> {
    let Command { captured_at, sync_mark, body } = command;
    let (acting, body) = body_message(body);
    let message = pb::Command {
        number,
        captured_at: captured_at.map(values::timestamp),
        sync_mark: sync_mark.clone(),
        acting_unit_id: acting.map_or_else(Vec::new, |unit| unit.0.to_vec()),
        body: Some(body),
    };
    message.encode_to_vec()
}

fn body_message(body: &Body) -> (Option<UnitId>, Wire) {
    match body {
        Body::Save(save) => (Some(save.acting_unit), Wire::SaveCells(save_message(save))),
        Body::Submit { report, acting_unit } => {
            (Some(*acting_unit), Wire::SubmitReport(pb::SubmitReport { report_id: report.0.to_vec() }))
        }
        Body::Return { report, seen, question } => {
            let question = Some(values::question(question));
            let (report_id, content_hash) = (report.0.to_vec(), seen.0.to_vec());
            (None, Wire::ReturnReport(pb::ReturnReport { report_id, content_hash, question }))
        }
        Body::Accept { report, seen } => {
            let (report_id, content_hash) = (report.0.to_vec(), seen.0.to_vec());
            (None, Wire::AcceptReport(pb::AcceptReport { report_id, content_hash }))
        }
        Body::Comment { report, comment, text } => {
            let (report_id, comment_id, text) = (report.0.to_vec(), comment.0.to_vec(), text.clone());
            (None, Wire::AddComment(pb::AddComment { report_id, comment_id, text }))
        }
        Body::Settle { conflict, take_branch } => {
            let (conflict_id, take_branch) = (conflict.0.to_vec(), *take_branch);
            (None, Wire::SettleConflict(pb::SettleConflict { conflict_id, take_branch }))
        }
        Body::Propose { save, reason } => {
            let propose = pb::ProposeAmendment { save: Some(save_message(save)), reason: reason.clone() };
            (Some(save.acting_unit), Wire::ProposeAmendment(propose))
        }
        Body::SettleProposal { proposal, seen, grant } => {
            let (proposal_id, content_hash) = (proposal.0.to_vec(), seen.0.to_vec());
            (None, Wire::SettleProposal(pb::SettleProposal { proposal_id, content_hash, grant: *grant }))
        }
        Body::SettleHeld { held, apply } => {
            (None, Wire::SettleHeld(pb::SettleHeld { held_id: held.0.to_vec(), apply: *apply }))
        }
    }
}

fn save_message(save: &Save) -> pb::SaveCells {
    let Save { key, acting_unit: _, changes, note, base_revision } = save;
    let ReportKey { contract, unit, period } = key;
    let (note, base_note) = note.as_ref().map_or((None, ""), |SaveNote { mine, base }| (Some(mine.clone()), base));
    pb::SaveCells {
        contract_id: contract.0.to_vec(),
        unit_id: unit.0.to_vec(),
        period: Some(values::period(period)),
        changes: changes.iter().map(values::change).collect(),
        note,
        base_note: base_note.to_owned(),
        base_revision: *base_revision,
    }
}

/// Reads the bytes of a command; who does not say for which unit it acts does so for `home`, the device's own.
///
/// Fails with MALFORMED when the bytes are no command at all or carry no number: then the whole call is refused.
pub fn decode(bytes: &[u8], home: UnitId) -> Result<Numbered, Refusal> {
    let message = pb::Command::decode(bytes).map_err(|_| Reason::Malformed)?;
    if message.number == 0 {
        return Err(Reason::Malformed.into());
    }
    Ok(Numbered { number: message.number, command: read(message, home) })
}

fn read(message: pb::Command, home: UnitId) -> Result<Command, Refusal> {
    let pb::Command { number: _, captured_at, sync_mark, acting_unit_id, body } = message;
    let mut bad = Violations::default();
    let captured_at = bad.take("captured_at", captured_at.map(values::read_timestamp).transpose());
    if sync_mark.len() > 64 {
        bad.add("sync_mark", Reason::Malformed);
    }
    let acting = bad.take("acting_unit_id", read_acting(&acting_unit_id, home));
    let body = match body {
        None => return Err(Reason::NothingToDo.into()),
        Some(body) => acting.and_then(|acting| read_body(body, acting, &mut bad)),
    };
    let command = captured_at.zip(body).map(|(captured_at, body)| Command { captured_at, sync_mark, body });
    bad.done(command)
}

/// Reads the unit that signs; empty means `home`.
pub fn read_acting(bytes: &[u8], home: UnitId) -> Result<UnitId, Reason> {
    if bytes.is_empty() { Ok(home) } else { values::id(bytes, UnitId::from_slice) }
}

fn read_body(body: Wire, acting_unit: UnitId, bad: &mut Violations) -> Option<Body> {
    match body {
        Wire::SaveCells(save) => read_save(save, acting_unit, bad).map(Body::Save),
        Wire::SubmitReport(submit) => read_submit(&submit, acting_unit, bad),
        Wire::ReturnReport(back) => read_return(back, bad),
        Wire::AcceptReport(accept) => read_accept(&accept, bad),
        Wire::AddComment(comment) => read_comment(comment, bad),
        Wire::SettleConflict(settle) => read_settle(&settle, bad),
        Wire::ProposeAmendment(pb::ProposeAmendment { save, reason }) => {
            let save = bad.required("save", save).and_then(|save| read_save(save, acting_unit, bad));
            save.map(|save| Body::Propose { save, reason })
        }
        Wire::SettleProposal(pb::SettleProposal { proposal_id, content_hash, grant }) => {
            let proposal = bad.take("proposal_id", values::id(&proposal_id, ProposalId::from_slice));
            let seen = bad.take("content_hash", values::read_hash(&content_hash));
            Some(Body::SettleProposal { proposal: proposal?, seen: seen?, grant })
        }
        Wire::SettleHeld(pb::SettleHeld { held_id, apply }) => {
            let held = bad.take("held_id", values::id(&held_id, HeldId::from_slice))?;
            Some(Body::SettleHeld { held, apply })
        }
    }
}

/// Reads changes of a report; what is wrong is noted in `bad`.
pub fn read_save(message: pb::SaveCells, acting_unit: UnitId, bad: &mut Violations) -> Option<Save> {
    let pb::SaveCells { contract_id, unit_id, period, changes, note, base_note, base_revision } = message;
    let contract = bad.take("contract_id", values::id(&contract_id, ContractId::from_slice));
    let unit = bad.take("unit_id", values::id(&unit_id, UnitId::from_slice));
    let period = bad.take("period", period.ok_or(Reason::Malformed).and_then(values::read_period));
    let changes = read_changes(changes, bad);
    let note = note.map(|mine| SaveNote { mine, base: base_note });
    let key = ReportKey { contract: contract?, unit: unit?, period: period? };
    Some(Save { key, acting_unit, changes: changes?, note, base_revision })
}

fn read_changes(changes: Vec<pb::CellChange>, bad: &mut Violations) -> Option<Vec<Change>> {
    if changes.len() > CHANGES_MAX {
        bad.add("changes", Reason::TooMany);
        return None;
    }
    let mut read: Vec<Change> = Vec::with_capacity(changes.len());
    for (index, change) in changes.into_iter().enumerate() {
        if let Some(change) = bad.take(format!("changes[{index}]"), values::read_change(change)) {
            if read.last().is_some_and(|before| before.element >= change.element) {
                bad.add(format!("changes[{index}].element_number"), Reason::Malformed);
            }
            read.push(change);
        }
    }
    Some(read)
}

/// Reads a submission; what is wrong is noted in `bad`.
pub fn read_submit(message: &pb::SubmitReport, acting_unit: UnitId, bad: &mut Violations) -> Option<Body> {
    let pb::SubmitReport { report_id } = message;
    let report = bad.take("report_id", values::id(report_id, ReportId::from_slice))?;
    Some(Body::Submit { report, acting_unit })
}

/// Reads a return; what is wrong is noted in `bad`.
pub fn read_return(message: pb::ReturnReport, bad: &mut Violations) -> Option<Body> {
    let pb::ReturnReport { report_id, content_hash, question } = message;
    let report = bad.take("report_id", values::id(&report_id, ReportId::from_slice));
    let seen = bad.take("content_hash", values::read_hash(&content_hash));
    let question = bad.take("question", question.ok_or(Reason::Malformed).and_then(values::read_question));
    Some(Body::Return { report: report?, seen: seen?, question: question? })
}

/// Reads an acceptance; what is wrong is noted in `bad`.
pub fn read_accept(message: &pb::AcceptReport, bad: &mut Violations) -> Option<Body> {
    let pb::AcceptReport { report_id, content_hash } = message;
    let report = bad.take("report_id", values::id(report_id, ReportId::from_slice));
    let seen = bad.take("content_hash", values::read_hash(content_hash));
    Some(Body::Accept { report: report?, seen: seen? })
}

/// Reads a comment; what is wrong is noted in `bad`.
pub fn read_comment(message: pb::AddComment, bad: &mut Violations) -> Option<Body> {
    let pb::AddComment { report_id, comment_id, text } = message;
    let report = bad.take("report_id", values::id(&report_id, ReportId::from_slice));
    let comment = bad.take("comment_id", values::id(&comment_id, CommentId::from_slice));
    if text.trim().is_empty() {
        bad.add("text", Reason::NothingToDo);
    }
    Some(Body::Comment { report: report?, comment: comment?, text })
}

/// Reads the settling of a conflict; what is wrong is noted in `bad`.
pub fn read_settle(message: &pb::SettleConflict, bad: &mut Violations) -> Option<Body> {
    let pb::SettleConflict { conflict_id, take_branch } = message;
    let conflict = bad.take("conflict_id", values::id(conflict_id, ConflictId::from_slice))?;
    Some(Body::Settle { conflict, take_branch: *take_branch })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cell::{CellValue, ElementNo};
    use crate::domain::period::Period;
    use crate::domain::report::{ContentHash, Question};
    use crate::domain::time::Instant;
    use jiff::civil::date;

    const HOME: UnitId = UnitId([1; 16]);

    fn save() -> Save {
        let period = Period::new("week", date(2024, 8, 19), date(2024, 8, 26));
        let key = ReportKey { contract: ContractId::named("tuan-xa"), unit: HOME, period };
        let change = Change { element: ElementNo(2), mine: Some(CellValue::Reported(3)), base: None };
        let note = Some(SaveNote { mine: "mới".into(), base: String::new() });
        Save { key, acting_unit: UnitId([2; 16]), changes: vec![change], note, base_revision: 3 }
    }

    #[test]
    fn every_command_is_read_back_as_it_was_typed() {
        let (report, seen) = (ReportId([3; 16]), ContentHash([4; 32]));
        let bodies = [
            Body::Save(save()),
            Body::Submit { report, acting_unit: HOME },
            Body::Return { report, seen, question: Question { code: "EXPLAIN".into(), text: "vì sao?".into() } },
            Body::Accept { report, seen },
            Body::Comment { report, comment: CommentId([5; 16]), text: "rõ".into() },
            Body::Settle { conflict: ConflictId([6; 16]), take_branch: true },
            Body::SettleHeld { held: HeldId([7; 16]), apply: true },
            Body::Propose { save: save(), reason: "nhập nhầm".into() },
            Body::SettleProposal { proposal: ProposalId([8; 16]), seen, grant: true },
        ];
        for (number, body) in (1..).zip(bodies) {
            let command = Command { captured_at: Some(Instant(1_724_000_000_000_000)), sync_mark: vec![7; 40], body };
            let bytes = encode(number, &command);
            assert_eq!(decode(&bytes, HOME), Ok(Numbered { number, command: Ok(command) }));
        }
    }

    #[test]
    fn a_refusal_names_every_field_that_is_wrong() {
        let change = pb::CellChange { element_number: 0, mine: None, base: None };
        let save = pb::SaveCells { contract_id: vec![1], changes: vec![change], ..pb::SaveCells::default() };
        let message = pb::Command { number: 9, body: Some(Wire::SaveCells(save)), ..pb::Command::default() };
        let read = decode(&message.encode_to_vec(), HOME).unwrap();
        let refusal = read.command.unwrap_err();
        let fields: Vec<_> = refusal.problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["contract_id", "unit_id", "period", "changes[0]"]);
        assert_eq!(refusal.reason, Reason::BadId);
    }

    #[test]
    fn a_command_of_a_kind_unknown_here_keeps_its_number_and_is_refused() {
        let mut bytes = pb::Command { number: 3, ..pb::Command::default() }.encode_to_vec();
        bytes.extend([0xa2, 0x06, 0x00]); // field 100, a message: a body of a newer contract
        let read = decode(&bytes, HOME).unwrap();
        assert_eq!(read, Numbered { number: 3, command: Err(Reason::NothingToDo.into()) });
        assert_eq!(decode(b"\xff", HOME), Err(Reason::Malformed.into()));
        assert_eq!(decode(&[], HOME), Err(Reason::Malformed.into()), "no number");
    }
}
