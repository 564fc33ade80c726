//! Conversion between domain values and views.

use super::command_values::{CommandKind, CommandState, CommandView, RefusedCommand};
use super::error::{ClientError, FieldProblem};
use super::sync_values::{ReplicaChange, ScopeView};
use super::values::{CellEntry, CellFigure, ReportKeyView, ReportStatus};
use super::{Result, is_reference_kind, participation};
use crate::client::protocol::{OutboxOutcome, ScopeKey};
use crate::client::rebase::LocalReportState;
use crate::client::reference::LocalReference;
use crate::client::replica::{OutboxEntry, OutboxEntryState, ScopeRow, SwapResult};
use crate::domain::access::scope::{RecordKind, ScopeKind};
use crate::domain::report;
use crate::domain::report::cell::{self, CellValue, MissingReason};
use crate::domain::report::command::{Command, CommandBody};
use crate::domain::report::element::ElementCode;
use crate::domain::reporting::period::Period;
use crate::domain::support::hex::encode_hex;
use crate::domain::support::ids::{ContractId, UnitId};
use crate::domain::support::time::{date_from_days, days_from_date};
use crate::pb;
use crate::wire;

impl From<CellValue> for CellFigure {
    fn from(value: CellValue) -> Self {
        match value {
            CellValue::Reported(figure) => Self::Reported { value: figure },
            CellValue::Carried(figure) => Self::Carried { value: figure },
            CellValue::Nil => Self::Nil,
            CellValue::Missing(MissingReason::AwaitingSource) => Self::MissingAwaitingSource,
            CellValue::Missing(MissingReason::NotCounted) => Self::MissingNotCounted,
            CellValue::Missing(MissingReason::SeeNote) => Self::MissingSeeNote,
        }
    }
}

impl From<CellFigure> for CellValue {
    fn from(figure: CellFigure) -> Self {
        match figure {
            CellFigure::Reported { value: figure } => Self::Reported(figure),
            CellFigure::Carried { value: figure } => Self::Carried(figure),
            CellFigure::Nil => Self::Nil,
            CellFigure::MissingAwaitingSource => Self::Missing(MissingReason::AwaitingSource),
            CellFigure::MissingNotCounted => Self::Missing(MissingReason::NotCounted),
            CellFigure::MissingSeeNote => Self::Missing(MissingReason::SeeNote),
        }
    }
}

/// Converts a key to codes; an unknown unit or contract is written as its id in hexadecimal digits.
pub(super) fn to_report_key_view(
    key: &report::ReportKey,
    reference: &LocalReference,
) -> ReportKeyView {
    let contract = reference.contract(key.contract).map(|contract| contract.code.clone());
    ReportKeyView {
        contract: contract.unwrap_or_else(|| key.contract.to_string()),
        unit: reference.unit_uid(key.unit),
        calendar: key.period.calendar.clone(),
        start_day: days_from_date(key.period.start),
        end_day: days_from_date(key.period.end),
        cut: key.period.cut,
    }
}

/// Parses a key of codes.
pub(super) fn from_report_key_view(key: &ReportKeyView) -> report::ReportKey {
    let (start, end) = (date_from_days(key.start_day), date_from_days(key.end_day));
    let period = Period { calendar: key.calendar.clone(), start, end, cut: key.cut };
    let contract =
        ContractId::parse(&key.contract).unwrap_or_else(|_| ContractId::from_code(&key.contract));
    let unit = UnitId::parse(&key.unit).unwrap_or_else(|_| UnitId::from_code(&key.unit));
    report::ReportKey { contract, unit, period }
}

pub(super) fn parse_element_code(code: &str) -> Result<ElementCode> {
    ElementCode::new(code).map_err(|_| ClientError::BadArgument { what: "element".to_owned() })
}

pub(super) fn to_report_status(standing: LocalReportState) -> ReportStatus {
    match standing {
        LocalReportState::Draft => ReportStatus::Draft,
        LocalReportState::Waiting => ReportStatus::Waiting,
        LocalReportState::Sent => ReportStatus::Sent,
        LocalReportState::Received => ReportStatus::Received,
        LocalReportState::Returned => ReportStatus::Returned,
        LocalReportState::Conflict => ReportStatus::Conflict,
        LocalReportState::Accepted => ReportStatus::Accepted,
        LocalReportState::Locked => ReportStatus::Locked,
    }
}

pub(super) fn to_command_kind(body: &CommandBody) -> CommandKind {
    match body {
        CommandBody::SaveCells(_) => CommandKind::Save,
        CommandBody::SubmitReport { .. } => CommandKind::Submit,
        CommandBody::ReturnReport { .. } => CommandKind::Return,
        CommandBody::AcceptReport { .. } => CommandKind::Accept,
        CommandBody::AddComment { .. } => CommandKind::Comment,
        CommandBody::SettleConflict { .. } => CommandKind::Settle,
        CommandBody::SettleHeld { .. } => CommandKind::SettleHeld,
        CommandBody::ProposeAmendment { .. } => CommandKind::Propose,
        CommandBody::SettleProposal { .. } => CommandKind::SettleProposal,
        CommandBody::TakePart(_) => CommandKind::TakePart,
    }
}

/// The field number of a command's body in the contract.
pub(super) fn body_field_number(body: &CommandBody) -> i16 {
    match body {
        CommandBody::SaveCells(_) => 5,
        CommandBody::SubmitReport { .. } => 6,
        CommandBody::ReturnReport { .. } => 7,
        CommandBody::AcceptReport { .. } => 8,
        CommandBody::AddComment { .. } => 9,
        CommandBody::SettleConflict { .. } => 10,
        CommandBody::SettleHeld { .. } => 11,
        CommandBody::ProposeAmendment { .. } => 12,
        CommandBody::SettleProposal { .. } => 13,
        CommandBody::TakePart(part) => participation::body_field_number(&part.act),
    }
}

/// Converts a command of the outbox.
pub(super) fn to_command_view(entry: &OutboxEntry, home: UnitId) -> CommandView {
    let read = wire::command::decode_command(&entry.bytes, home)
        .ok()
        .and_then(|numbered| numbered.command.ok());
    let state = match (entry.outcome, entry.state) {
        (OutboxOutcome::None, OutboxEntryState::Waiting) => CommandState::Waiting,
        (
            OutboxOutcome::None,
            OutboxEntryState::Sent | OutboxEntryState::Acknowledged | OutboxEntryState::Settled,
        ) => CommandState::Sent,
        (OutboxOutcome::Applied, _) => CommandState::Applied,
        (OutboxOutcome::Merged, _) => CommandState::Merged,
        (OutboxOutcome::Conflict, _) => CommandState::Conflict,
        (OutboxOutcome::Held, _) => CommandState::Held,
        (OutboxOutcome::Rejected, _) => CommandState::Rejected,
        (OutboxOutcome::Newer, _) => CommandState::UnknownOutcome,
    };
    CommandView {
        number: entry.number,
        report_id: encode_hex(&entry.report_id),
        kind: read.map_or(CommandKind::Other, |command| to_command_kind(&command.body)),
        state,
        made_at: entry.made_at,
    }
}

/// The typed content of a command: cells, and a note, comment or question.
pub(super) fn command_content(
    body: &CommandBody,
    reference: &LocalReference,
) -> (Vec<CellEntry>, Option<String>) {
    match body {
        CommandBody::SaveCells(save) | CommandBody::ProposeAmendment { save, .. } => (
            to_cell_entries(&save.changes, reference),
            save.note.as_ref().map(|note| note.mine.clone()),
        ),
        CommandBody::AddComment { text, .. } => (Vec::new(), Some(text.clone())),
        CommandBody::ReturnReport { question, .. } => (Vec::new(), Some(question.text.clone())),
        CommandBody::SubmitReport { .. }
        | CommandBody::AcceptReport { .. }
        | CommandBody::SettleConflict { .. }
        | CommandBody::SettleHeld { .. }
        | CommandBody::SettleProposal { .. } => (Vec::new(), None),
        CommandBody::TakePart(part) => (Vec::new(), participation::typed_text(&part.act)),
    }
}

/// The new values of cell changes.
pub(super) fn to_cell_entries(
    changes: &[cell::CellChange],
    reference: &LocalReference,
) -> Vec<CellEntry> {
    let entry = |change: &cell::CellChange| CellEntry {
        element: element_code(change.element.0, reference),
        value: change.mine.map(Into::into),
    };
    changes.iter().map(entry).collect()
}

/// Converts a refused command with its content.
pub(super) fn to_refused_command(
    entry: &OutboxEntry,
    reference: &LocalReference,
    home: UnitId,
) -> RefusedCommand {
    let command = wire::command::decode_command(&entry.bytes, home)
        .ok()
        .and_then(|numbered| numbered.command.ok());
    let body = command.map(|Command { body, .. }| body);
    let (cells, text) =
        body.as_ref().map(|body| command_content(body, reference)).unwrap_or_default();
    let reason = reason_code(entry.reason);
    let problems = entry.problems.iter().map(|(field, reason)| FieldProblem {
        field: field.clone(),
        element: body.as_ref().and_then(|body| element_of_field(field, body, reference)),
        reason: reason_code(*reason),
    });
    RefusedCommand {
        number: entry.number,
        report_id: encode_hex(&entry.report_id),
        kind: body.as_ref().map_or(CommandKind::Other, to_command_kind),
        problems: problems.collect(),
        reason,
        cells,
        text,
    }
}

fn element_of_field(field: &str, body: &CommandBody, reference: &LocalReference) -> Option<String> {
    match body {
        CommandBody::SaveCells(save) | CommandBody::ProposeAmendment { save, .. } => {
            element_of_change(field, &save.changes, reference)
        }
        CommandBody::SubmitReport { .. }
        | CommandBody::ReturnReport { .. }
        | CommandBody::AcceptReport { .. }
        | CommandBody::AddComment { .. }
        | CommandBody::SettleConflict { .. }
        | CommandBody::SettleHeld { .. }
        | CommandBody::SettleProposal { .. }
        | CommandBody::TakePart(_) => element_of_cell(field, reference),
    }
}

/// The element of a path such as `changes[2].mine`.
pub(super) fn element_of_change(
    field: &str,
    changes: &[cell::CellChange],
    reference: &LocalReference,
) -> Option<String> {
    let change = changes.get(index_in(field, "changes")?)?;
    Some(element_code(change.element.0, reference))
}

/// The element of a path such as `cells[7]`, which has the element's number.
pub(super) fn element_of_cell(field: &str, reference: &LocalReference) -> Option<String> {
    let number = u32::try_from(index_in(field, "cells")?).ok()?;
    Some(element_code(number, reference))
}

fn index_in(field: &str, list: &str) -> Option<usize> {
    field.strip_prefix(list)?.strip_prefix('[')?.split(']').next()?.parse().ok()
}

pub(super) fn element_code(number: u32, reference: &LocalReference) -> String {
    reference
        .element_numbers
        .item(number)
        .map_or_else(|| number.to_string(), |code| code.as_str().to_owned())
}

/// The code of a reason from its number in the contract; the number itself for a reason of a newer
/// server.
pub(super) fn reason_code(number: i32) -> String {
    let known = pb::ErrorReason::try_from(number).ok();
    known.map_or_else(
        || number.to_string(),
        |reason| reason.as_str_name().trim_start_matches("ERROR_REASON_").to_owned(),
    )
}

pub(super) fn to_scope_view(key: &ScopeKey, row: Option<&ScopeRow>, removal: i16) -> ScopeView {
    let kind = ScopeKind::from_number(key.kind); // Contract and tables use the same numbers.
    let removal = match pb::ScopeRemoval::try_from(i32::from(removal)) {
        Ok(pb::ScopeRemoval::Revoked) => "REVOKED",
        Ok(pb::ScopeRemoval::Moved) => "MOVED",
        Ok(pb::ScopeRemoval::Ended) => "ENDED",
        Ok(pb::ScopeRemoval::Unspecified) | Err(_) => "",
    };
    ScopeView {
        kind: kind.map_or_else(|| key.kind.to_string(), |kind| kind.code().to_owned()),
        id: encode_hex(&key.id),
        granted: row.is_some_and(|row| row.granted),
        removal: removal.to_owned(),
        count: row.map_or(0, |row| row.digest.count),
        digest: row.map_or_else(String::new, |row| format!("{:032x}", row.digest.sum)),
    }
}

/// Converts the result of a swap. A changed comment or conflict is reported by its id: the app
/// looks up its report.
pub(super) fn to_replica_change(swapped: &SwapResult) -> ReplicaChange {
    let mut change = ReplicaChange::default();
    for record in &swapped.changed_records {
        match RecordKind::from_number(record.kind) {
            Some(
                RecordKind::Report
                | RecordKind::Comment
                | RecordKind::Conflict
                | RecordKind::Proposal
                | RecordKind::Held,
            ) => {
                change.reports.push(encode_hex(&record.id));
            }
            Some(RecordKind::Standing | RecordKind::Run) => change.standings = true,
            Some(RecordKind::Participation) => change.participations = true,
            Some(
                RecordKind::Unit
                | RecordKind::Element
                | RecordKind::Form
                | RecordKind::Contract
                | RecordKind::Calendar
                | RecordKind::Campaign
                | RecordKind::FieldOfWork
                | RecordKind::Finding
                | RecordKind::Waiver
                | RecordKind::Handover,
            )
            | None => change.reference |= is_reference_kind(record.kind),
        }
    }
    change.scopes_lost = swapped
        .removed_scopes
        .iter()
        .map(|(key, removal)| to_scope_view(key, None, *removal))
        .collect();
    // After an erase all cached values are invalid.
    change.reference |= swapped.changed_records.is_empty() && swapped.scope_digests.is_empty();
    change
}
