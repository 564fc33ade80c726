//! Encodes and decodes commands: the bytes in a phone's outbox and in a sync request.
//!
//! A device sends the same bytes every time, and the server compares their hash; so a command is
//! encoded once, when it is created.

use super::field_violations::FieldViolations;
use super::{participation, values};
use crate::domain::report::cell::CellChange;
use crate::domain::report::command::{Command, CommandBody, ReportRules};
use crate::domain::report::{NoteChange, ReportKey, ReviewQuestion, SaveCells};
use crate::domain::support::ids::{
    CommentId, ConflictId, ContractId, HeldCommandId, ProposalId, ReportId, UnitId,
};
use crate::domain::support::limits::{self, CHANGES_MAX};
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::pb;
use crate::pb::command::Body as BodyMessage;
use crate::pb::take_part_request::Act;
use prost::Message as _;

/// A decoded command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedCommand {
    /// Its number on the device, from 1.
    pub number: u64,
    /// The command, or all errors in its shape: such a command is REJECTED and uses up its number
    /// (S10).
    pub command: Result<Command, Refusal>,
}

/// Encodes a command with its number.
#[must_use]
pub fn encode_command(number: u64, command: &Command) -> Vec<u8> {
    let Command { captured_at, sync_mark, body } = command;
    let (acting_unit, body) = body_to_proto(body);
    let message = pb::Command {
        number,
        captured_at: captured_at.map(values::timestamp_to_proto),
        sync_mark: sync_mark.clone(),
        acting_unit_id: acting_unit.map_or_else(Vec::new, |unit| unit.0.to_vec()),
        body: Some(body),
    };
    message.encode_to_vec()
}

fn body_to_proto(body: &CommandBody) -> (Option<UnitId>, BodyMessage) {
    match body {
        CommandBody::SaveCells(save) => {
            (Some(save.acting_unit), BodyMessage::SaveCells(save_to_proto(save)))
        }
        CommandBody::SubmitReport { report, acting_unit, rules } => (
            Some(*acting_unit),
            BodyMessage::SubmitReport(pb::SubmitReport {
                report_id: report.0.to_vec(),
                rules_version: rules.0,
            }),
        ),
        CommandBody::ReturnReport { report, content_hash, question } => {
            let question = Some(values::question_to_proto(question));
            let (report_id, content_hash) = (report.0.to_vec(), content_hash.0.to_vec());
            (
                None,
                BodyMessage::ReturnReport(pb::ReturnReport { report_id, content_hash, question }),
            )
        }
        CommandBody::AcceptReport { report, content_hash } => {
            let (report_id, content_hash) = (report.0.to_vec(), content_hash.0.to_vec());
            (None, BodyMessage::AcceptReport(pb::AcceptReport { report_id, content_hash }))
        }
        CommandBody::AddComment { report, comment, text } => {
            let (report_id, comment_id, text) =
                (report.0.to_vec(), comment.0.to_vec(), text.clone());
            (None, BodyMessage::AddComment(pb::AddComment { report_id, comment_id, text }))
        }
        CommandBody::SettleConflict { conflict, take_branch } => {
            let (conflict_id, take_branch) = (conflict.0.to_vec(), *take_branch);
            (None, BodyMessage::SettleConflict(pb::SettleConflict { conflict_id, take_branch }))
        }
        CommandBody::ProposeAmendment { save, reason } => {
            let propose =
                pb::ProposeAmendment { save: Some(save_to_proto(save)), reason: reason.clone() };
            (Some(save.acting_unit), BodyMessage::ProposeAmendment(propose))
        }
        CommandBody::SettleProposal { proposal, content_hash, grant } => {
            let (proposal_id, content_hash) = (proposal.0.to_vec(), content_hash.0.to_vec());
            (
                None,
                BodyMessage::SettleProposal(pb::SettleProposal {
                    proposal_id,
                    content_hash,
                    grant: *grant,
                }),
            )
        }
        CommandBody::SettleHeld { held, apply } => (
            None,
            BodyMessage::SettleHeld(pb::SettleHeld { held_id: held.0.to_vec(), apply: *apply }),
        ),
        CommandBody::TakePart(part) => (None, participation::take_part_to_proto(part).into()),
    }
}

fn save_to_proto(save: &SaveCells) -> pb::SaveCells {
    let SaveCells { key, acting_unit: _, changes, note, base_revision } = save;
    let ReportKey { contract, unit, period } = key;
    let (note, base_note) =
        note.as_ref().map_or((None, ""), |NoteChange { mine, base }| (Some(mine.clone()), base));
    pb::SaveCells {
        contract_id: contract.0.to_vec(),
        unit_id: unit.0.to_vec(),
        period: Some(values::period_to_proto(period)),
        changes: changes.iter().map(values::change_to_proto).collect(),
        note,
        base_note: base_note.to_owned(),
        base_revision: *base_revision,
    }
}

/// Decodes a command. A command without an acting unit acts for `default_unit`, the unit of the
/// device.
///
/// Fails with MALFORMED if the bytes are not a command or have no number: then the whole call is
/// refused.
pub fn decode_command(bytes: &[u8], default_unit: UnitId) -> Result<NumberedCommand, Refusal> {
    let message = pb::Command::decode(bytes).map_err(|_| RefusalReason::Malformed)?;
    if message.number == 0 {
        return Err(RefusalReason::Malformed.into());
    }
    Ok(NumberedCommand {
        number: message.number,
        command: command_from_proto(message, default_unit),
    })
}

fn command_from_proto(message: pb::Command, default_unit: UnitId) -> Result<Command, Refusal> {
    let pb::Command { number: _, captured_at, sync_mark, acting_unit_id, body } = message;
    let mut violations = FieldViolations::default();
    let captured_at =
        violations.check("captured_at", captured_at.map(values::timestamp_from_proto).transpose());
    if sync_mark.len() > 64 {
        violations.add("sync_mark", RefusalReason::Malformed);
    }
    let acting_unit =
        violations.check("acting_unit_id", acting_unit_from_proto(&acting_unit_id, default_unit));
    let body = match body {
        None => return Err(RefusalReason::NothingToDo.into()),
        Some(body) => {
            acting_unit.and_then(|acting_unit| body_from_proto(body, acting_unit, &mut violations))
        }
    };
    let command =
        captured_at.zip(body).map(|(captured_at, body)| Command { captured_at, sync_mark, body });
    violations.into_result(command)
}

/// Reads the acting unit; empty bytes give `default_unit`.
pub fn acting_unit_from_proto(bytes: &[u8], default_unit: UnitId) -> Result<UnitId, RefusalReason> {
    if bytes.is_empty() {
        Ok(default_unit)
    } else {
        values::id_from_bytes(bytes, UnitId::from_slice)
    }
}

fn body_from_proto(
    body: BodyMessage,
    acting_unit: UnitId,
    violations: &mut FieldViolations,
) -> Option<CommandBody> {
    let mut take_part =
        |act| participation::take_part_from_proto(act, violations).map(CommandBody::TakePart);
    match body {
        BodyMessage::SaveCells(save) => {
            save_from_proto(save, acting_unit, violations).map(CommandBody::SaveCells)
        }
        BodyMessage::SubmitReport(submit) => submit_from_proto(&submit, acting_unit, violations),
        BodyMessage::ReturnReport(message) => return_from_proto(message, violations),
        BodyMessage::AcceptReport(accept) => accept_from_proto(&accept, violations),
        BodyMessage::AddComment(comment) => comment_from_proto(comment, violations),
        BodyMessage::SettleConflict(settle) => settle_conflict_from_proto(&settle, violations),
        BodyMessage::ProposeAmendment(pb::ProposeAmendment { save, reason }) => {
            let save = violations
                .require("save", save)
                .and_then(|save| save_from_proto(save, acting_unit, violations));
            let reason = violations.check_text("reason", &reason, limits::NOTE);
            Some(CommandBody::ProposeAmendment { save: save?, reason: reason? })
        }
        BodyMessage::SettleProposal(pb::SettleProposal { proposal_id, content_hash, grant }) => {
            let proposal = violations
                .check("proposal_id", values::id_from_bytes(&proposal_id, ProposalId::from_slice));
            let content_hash =
                violations.check("content_hash", values::content_hash_from_bytes(&content_hash));
            Some(CommandBody::SettleProposal {
                proposal: proposal?,
                content_hash: content_hash?,
                grant,
            })
        }
        BodyMessage::SettleHeld(pb::SettleHeld { held_id, apply }) => {
            let held = violations
                .check("held_id", values::id_from_bytes(&held_id, HeldCommandId::from_slice))?;
            Some(CommandBody::SettleHeld { held, apply })
        }
        BodyMessage::RegisterForCampaign(one) => take_part(Act::RegisterForCampaign(one)),
        BodyMessage::RecordLaunch(one) => take_part(Act::RecordLaunch(one)),
        BodyMessage::RecordPledge(one) => take_part(Act::RecordPledge(one)),
        BodyMessage::SavePlan(one) => take_part(Act::SavePlan(one)),
        BodyMessage::SubmitPlan(one) => take_part(Act::SubmitPlan(one)),
        BodyMessage::DecidePlan(one) => {
            participation::decide_plan_from_proto(one, violations).map(CommandBody::TakePart)
        }
    }
}

/// Converts changes of a report; errors are added to `violations`.
pub fn save_from_proto(
    message: pb::SaveCells,
    acting_unit: UnitId,
    violations: &mut FieldViolations,
) -> Option<SaveCells> {
    let pb::SaveCells { contract_id, unit_id, period, changes, note, base_note, base_revision } =
        message;
    let contract = violations
        .check("contract_id", values::id_from_bytes(&contract_id, ContractId::from_slice));
    let unit = violations.check("unit_id", values::id_from_bytes(&unit_id, UnitId::from_slice));
    let period = violations.check(
        "period",
        period.ok_or(RefusalReason::Malformed).and_then(values::period_from_proto),
    );
    let changes = changes_from_proto(changes, violations);
    let note = note_from_proto(note, base_note, violations);
    let key = ReportKey { contract: contract?, unit: unit?, period: period? };
    Some(SaveCells { key, acting_unit, changes: changes?, note: note?, base_revision })
}

/// The base is compared with the stored note and not stored: it stays as the author saw it, also
/// where an older server stored another form.
fn note_from_proto(
    note: Option<String>,
    base: String,
    violations: &mut FieldViolations,
) -> Option<Option<NoteChange>> {
    if base.chars().count() > limits::NOTE_CHARS_MAX {
        violations.add("base_note", RefusalReason::NoteTooLong);
        return None;
    }
    let Some(note) = note else { return Some(None) };
    let mine = violations.check_text("note", &note, limits::NOTE)?;
    Some(Some(NoteChange { mine, base }))
}

fn changes_from_proto(
    changes: Vec<pb::CellChange>,
    violations: &mut FieldViolations,
) -> Option<Vec<CellChange>> {
    if changes.len() > CHANGES_MAX {
        violations.add("changes", RefusalReason::TooMany);
        return None;
    }
    let mut decoded: Vec<CellChange> = Vec::with_capacity(changes.len());
    for (index, change) in changes.into_iter().enumerate() {
        if let Some(change) =
            violations.check(format!("changes[{index}]"), values::change_from_proto(change))
        {
            if decoded.last().is_some_and(|last| last.element >= change.element) {
                violations
                    .add(format!("changes[{index}].element_number"), RefusalReason::Malformed);
            }
            decoded.push(change);
        }
    }
    Some(decoded)
}

/// Converts a submission; errors are added to `violations`.
pub fn submit_from_proto(
    message: &pb::SubmitReport,
    acting_unit: UnitId,
    violations: &mut FieldViolations,
) -> Option<CommandBody> {
    let pb::SubmitReport { report_id, rules_version } = message;
    let report =
        violations.check("report_id", values::id_from_bytes(report_id, ReportId::from_slice))?;
    Some(CommandBody::SubmitReport { report, acting_unit, rules: ReportRules(*rules_version) })
}

/// Converts a return; errors are added to `violations`.
pub fn return_from_proto(
    message: pb::ReturnReport,
    violations: &mut FieldViolations,
) -> Option<CommandBody> {
    let pb::ReturnReport { report_id, content_hash, question } = message;
    let report =
        violations.check("report_id", values::id_from_bytes(&report_id, ReportId::from_slice));
    let content_hash =
        violations.check("content_hash", values::content_hash_from_bytes(&content_hash));
    let question = violations.check(
        "question",
        question.ok_or(RefusalReason::Malformed).and_then(values::question_from_proto),
    );
    let question = question.and_then(|ReviewQuestion { code, text }| {
        let text = violations.check_text("question.text", &text, limits::NOTE)?;
        Some(ReviewQuestion { code, text })
    });
    Some(CommandBody::ReturnReport {
        report: report?,
        content_hash: content_hash?,
        question: question?,
    })
}

/// Converts an acceptance; errors are added to `violations`.
pub fn accept_from_proto(
    message: &pb::AcceptReport,
    violations: &mut FieldViolations,
) -> Option<CommandBody> {
    let pb::AcceptReport { report_id, content_hash } = message;
    let report =
        violations.check("report_id", values::id_from_bytes(report_id, ReportId::from_slice));
    let content_hash =
        violations.check("content_hash", values::content_hash_from_bytes(content_hash));
    Some(CommandBody::AcceptReport { report: report?, content_hash: content_hash? })
}

/// Converts a comment; errors are added to `violations`.
pub fn comment_from_proto(
    message: pb::AddComment,
    violations: &mut FieldViolations,
) -> Option<CommandBody> {
    let pb::AddComment { report_id, comment_id, text } = message;
    let report =
        violations.check("report_id", values::id_from_bytes(&report_id, ReportId::from_slice));
    let comment =
        violations.check("comment_id", values::id_from_bytes(&comment_id, CommentId::from_slice));
    let text = violations.check_text("text", &text, limits::NOTE);
    if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
        violations.add("text", RefusalReason::NothingToDo);
    }
    Some(CommandBody::AddComment { report: report?, comment: comment?, text: text? })
}

/// Converts the settlement of a conflict; errors are added to `violations`.
pub fn settle_conflict_from_proto(
    message: &pb::SettleConflict,
    violations: &mut FieldViolations,
) -> Option<CommandBody> {
    let pb::SettleConflict { conflict_id, take_branch } = message;
    let conflict = violations
        .check("conflict_id", values::id_from_bytes(conflict_id, ConflictId::from_slice))?;
    Some(CommandBody::SettleConflict { conflict, take_branch: *take_branch })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::report::ContentHash;
    use crate::domain::report::cell::{CellValue, ElementNumber};
    use crate::domain::reporting::period::Period;
    use crate::domain::support::time::Timestamp;
    use jiff::civil::date;

    const HOME: UnitId = UnitId([1; 16]);

    fn save() -> SaveCells {
        let period = Period::new("week", date(2024, 8, 19), date(2024, 8, 26));
        let key = ReportKey { contract: ContractId::from_code("tuan-xa"), unit: HOME, period };
        let change = CellChange {
            element: ElementNumber(2),
            mine: Some(CellValue::Reported(3)),
            base: None,
        };
        let note = Some(NoteChange { mine: "mới".into(), base: String::new() });
        SaveCells {
            key,
            acting_unit: UnitId([2; 16]),
            changes: vec![change],
            note,
            base_revision: 3,
        }
    }

    #[test]
    fn every_command_is_decoded_as_it_was_encoded() {
        let (report, content_hash) = (ReportId([3; 16]), ContentHash([4; 32]));
        let bodies = [
            CommandBody::SaveCells(save()),
            CommandBody::SubmitReport { report, acting_unit: HOME, rules: ReportRules(0) },
            CommandBody::SubmitReport { report, acting_unit: HOME, rules: ReportRules::CURRENT },
            CommandBody::ReturnReport {
                report,
                content_hash,
                question: ReviewQuestion { code: "EXPLAIN".into(), text: "vì sao?".into() },
            },
            CommandBody::AcceptReport { report, content_hash },
            CommandBody::AddComment { report, comment: CommentId([5; 16]), text: "rõ".into() },
            CommandBody::SettleConflict { conflict: ConflictId([6; 16]), take_branch: true },
            CommandBody::SettleHeld { held: HeldCommandId([7; 16]), apply: true },
            CommandBody::ProposeAmendment { save: save(), reason: "nhập nhầm".into() },
            CommandBody::SettleProposal {
                proposal: ProposalId([8; 16]),
                content_hash,
                grant: true,
            },
        ];
        for (number, body) in (1..).zip(bodies) {
            let command = Command {
                captured_at: Some(Timestamp(1_724_000_000_000_000)),
                sync_mark: vec![7; 40],
                body,
            };
            let bytes = encode_command(number, &command);
            assert_eq!(
                decode_command(&bytes, HOME),
                Ok(NumberedCommand { number, command: Ok(command) })
            );
        }
    }

    #[test]
    fn a_refusal_names_every_field_that_is_wrong() {
        let change = pb::CellChange { element_number: 0, mine: None, base: None };
        let save = pb::SaveCells {
            contract_id: vec![1],
            changes: vec![change],
            ..pb::SaveCells::default()
        };
        let message = pb::Command {
            number: 9,
            body: Some(BodyMessage::SaveCells(save)),
            ..pb::Command::default()
        };
        let decoded = decode_command(&message.encode_to_vec(), HOME).unwrap();
        let refusal = decoded.command.unwrap_err();
        let fields: Vec<_> =
            refusal.field_errors.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["contract_id", "unit_id", "period", "changes[0]"]);
        assert_eq!(refusal.reason, RefusalReason::BadId);
    }

    #[test]
    fn every_text_of_a_command_is_composed_and_a_control_or_too_long_a_text_is_refused() {
        let (report_id, content_hash) = (vec![3; 16], vec![4; 32]);
        let save_message = save_to_proto(&save());
        let bodies = |text: &str| {
            let question = Some(pb::Question { code: "EXPLAIN".into(), text: text.into() });
            let save = pb::SaveCells { note: Some(text.to_owned()), ..save_message.clone() };
            [
                BodyMessage::SaveCells(save),
                BodyMessage::ReturnReport(pb::ReturnReport {
                    report_id: report_id.clone(),
                    content_hash: content_hash.clone(),
                    question,
                }),
                BodyMessage::AddComment(pb::AddComment {
                    report_id: report_id.clone(),
                    comment_id: vec![5; 16],
                    text: text.into(),
                }),
                BodyMessage::ProposeAmendment(pb::ProposeAmendment {
                    save: Some(save_message.clone()),
                    reason: text.into(),
                }),
            ]
        };
        let decode = |body| {
            let message = pb::Command { number: 1, body: Some(body), ..pb::Command::default() };
            decode_command(&message.encode_to_vec(), HOME).unwrap().command
        };
        let (decomposed, composed) = ("nha\u{302}\u{323}p\nnha\u{300}m", "nhập nhàm");
        for (typed, stored) in bodies(decomposed).into_iter().zip(bodies(composed)) {
            assert_eq!(decode(typed), decode(stored));
        }
        for (text, reason) in [
            ("a\u{1b}[2Jb".to_owned(), RefusalReason::ControlCharacter),
            ("a\u{202e}b".to_owned(), RefusalReason::ControlCharacter),
            ("a".repeat(limits::NOTE_CHARS_MAX + 1), RefusalReason::NoteTooLong),
        ] {
            for body in bodies(&text) {
                assert_eq!(decode(body).unwrap_err().reason, reason);
            }
        }
    }

    #[test]
    fn a_command_of_a_kind_unknown_here_keeps_its_number_and_is_refused() {
        let mut bytes = pb::Command { number: 3, ..pb::Command::default() }.encode_to_vec();
        bytes.extend([0xa2, 0x06, 0x00]); // field 100, a message: a body of a newer contract
        let decoded = decode_command(&bytes, HOME).unwrap();
        assert_eq!(
            decoded,
            NumberedCommand { number: 3, command: Err(RefusalReason::NothingToDo.into()) }
        );
        assert_eq!(decode_command(b"\xff", HOME), Err(RefusalReason::Malformed.into()));
        assert_eq!(decode_command(&[], HOME), Err(RefusalReason::Malformed.into()), "no number");
    }
}
