//! From the domain's values to the app's, and back. Decides nothing.

use super::error::{ClientError, problem, texts};
use super::values::{
    CellEntry, Change, CommandKind, CommandState, CommandView, Figure, RefusedCommand, ReportKey, ReportStatus,
    ScopeView,
};
use super::{Result, is_reference};
use crate::client::rebase::Standing;
use crate::client::reference::Reference;
use crate::client::replica::{Entry, EntryState, ScopeRow, Swapped};
use crate::client::step::{Outcome, ScopeKey};
use crate::domain::cell::{self, CellValue, MissingReason};
use crate::domain::command::{Body, Command};
use crate::domain::element::ElementCode;
use crate::domain::hex::hex;
use crate::domain::ids::{ContractId, UnitId};
use crate::domain::period::Period;
use crate::domain::report;
use crate::domain::scope::{RecordKind, ScopeKind};
use crate::domain::time::{date_from_days, days_from_date};
use crate::pb;
use crate::wire;

pub(super) fn figure(value: CellValue) -> Figure {
    match value {
        CellValue::Reported(figure) => Figure::Reported(figure),
        CellValue::Nil => Figure::Nil,
        CellValue::Missing(MissingReason::AwaitingSource) => Figure::MissingAwaitingSource,
        CellValue::Missing(MissingReason::NotCounted) => Figure::MissingNotCounted,
        CellValue::Missing(MissingReason::SeeNote) => Figure::MissingSeeNote,
    }
}

pub(super) fn value(figure: Figure) -> CellValue {
    match figure {
        Figure::Reported(figure) => CellValue::Reported(figure),
        Figure::Nil => CellValue::Nil,
        Figure::MissingAwaitingSource => CellValue::Missing(MissingReason::AwaitingSource),
        Figure::MissingNotCounted => CellValue::Missing(MissingReason::NotCounted),
        Figure::MissingSeeNote => CellValue::Missing(MissingReason::SeeNote),
    }
}

/// A key in codes; ids in hexadecimal digits stand for what is not known here.
pub(super) fn key(key: &report::ReportKey, reference: &Reference) -> ReportKey {
    let contract = reference.contract(key.contract).map(|contract| contract.code.clone());
    ReportKey {
        contract: contract.unwrap_or_else(|| key.contract.to_string()),
        unit: reference.uid(key.unit),
        calendar: key.period.calendar.clone(),
        start_day: days_from_date(key.period.start),
        end_day: days_from_date(key.period.end),
        cut: key.period.cut,
    }
}

/// Reads a key of codes.
pub(super) fn read_key(key: &ReportKey) -> report::ReportKey {
    let (start, end) = (date_from_days(key.start_day), date_from_days(key.end_day));
    let period = Period { calendar: key.calendar.clone(), start, end, cut: key.cut };
    let contract = ContractId::parse(&key.contract).unwrap_or_else(|_| ContractId::named(&key.contract));
    let unit = UnitId::parse(&key.unit).unwrap_or_else(|_| UnitId::named(&key.unit));
    report::ReportKey { contract, unit, period }
}

pub(super) fn element(code: &str) -> Result<ElementCode> {
    ElementCode::new(code).map_err(|_| ClientError::BadArgument { what: "element".to_owned() })
}

pub(super) fn status(standing: Standing) -> ReportStatus {
    match standing {
        Standing::Draft => ReportStatus::Draft,
        Standing::Waiting => ReportStatus::Waiting,
        Standing::Sent => ReportStatus::Sent,
        Standing::Received => ReportStatus::Received,
        Standing::Returned => ReportStatus::Returned,
        Standing::Conflict => ReportStatus::Conflict,
        Standing::Accepted => ReportStatus::Accepted,
        Standing::Locked => ReportStatus::Locked,
    }
}

pub(super) fn kind_of(body: &Body) -> CommandKind {
    match body {
        Body::Save(_) => CommandKind::Save,
        Body::Submit { .. } => CommandKind::Submit,
        Body::Return { .. } => CommandKind::Return,
        Body::Accept { .. } => CommandKind::Accept,
        Body::Comment { .. } => CommandKind::Comment,
        Body::Settle { .. } => CommandKind::Settle,
        Body::SettleHeld { .. } => CommandKind::SettleHeld,
        Body::Propose { .. } => CommandKind::Propose,
        Body::SettleProposal { .. } => CommandKind::SettleProposal,
    }
}

/// Number of a body's member in the contract.
pub(super) fn member(body: &Body) -> i16 {
    match body {
        Body::Save(_) => 5,
        Body::Submit { .. } => 6,
        Body::Return { .. } => 7,
        Body::Accept { .. } => 8,
        Body::Comment { .. } => 9,
        Body::Settle { .. } => 10,
        Body::SettleHeld { .. } => 11,
        Body::Propose { .. } => 12,
        Body::SettleProposal { .. } => 13,
    }
}

/// A command as the outbox remembers it.
pub(super) fn command(entry: &Entry, home: UnitId) -> CommandView {
    let read = wire::command::decode(&entry.bytes, home).ok().and_then(|numbered| numbered.command.ok());
    let state = match (entry.outcome, entry.state) {
        (Outcome::None, EntryState::Waiting) => CommandState::Waiting,
        (Outcome::None, EntryState::Sent | EntryState::Acknowledged | EntryState::Settled) => CommandState::Sent,
        (Outcome::Applied, _) => CommandState::Applied,
        (Outcome::Merged, _) => CommandState::Merged,
        (Outcome::Conflict, _) => CommandState::Conflict,
        (Outcome::Held, _) => CommandState::Held,
        (Outcome::Rejected, _) => CommandState::Rejected,
        (Outcome::Newer, _) => CommandState::Answered,
    };
    CommandView {
        number: entry.number,
        report_id: hex(&entry.report),
        kind: read.map_or(CommandKind::Other, |command| kind_of(&command.body)),
        state,
        made_at: entry.made_at,
    }
}

/// What a command carried that a person typed: cells, and a note, comment or question.
pub(super) fn carried(body: &Body, reference: &Reference) -> (Vec<CellEntry>, Option<String>) {
    match body {
        Body::Save(save) | Body::Propose { save, .. } => {
            (entries(&save.changes, reference), save.note.as_ref().map(|note| note.mine.clone()))
        }
        Body::Comment { text, .. } => (Vec::new(), Some(text.clone())),
        Body::Return { question, .. } => (Vec::new(), Some(question.text.clone())),
        Body::Submit { .. }
        | Body::Accept { .. }
        | Body::Settle { .. }
        | Body::SettleHeld { .. }
        | Body::SettleProposal { .. } => (Vec::new(), None),
    }
}

/// The values that changes put into cells.
pub(super) fn entries(changes: &[cell::Change], reference: &Reference) -> Vec<CellEntry> {
    let entry = |change: &cell::Change| CellEntry {
        element: element_code(change.element.0, reference),
        value: change.mine.map(figure),
    };
    changes.iter().map(entry).collect()
}

/// A refused command with everything that it carried.
pub(super) fn refused(entry: &Entry, reference: &Reference, home: UnitId) -> RefusedCommand {
    let command = wire::command::decode(&entry.bytes, home).ok().and_then(|numbered| numbered.command.ok());
    let body = command.map(|Command { body, .. }| body);
    let (cells, text) = body.as_ref().map(|body| carried(body, reference)).unwrap_or_default();
    let reason = reason_code(entry.reason);
    let (text_vi, text_en) = texts(&reason);
    let problems = entry.problems.iter().map(|(field, reason)| problem(field.clone(), &reason_code(*reason)));
    RefusedCommand {
        number: entry.number,
        report_id: hex(&entry.report),
        kind: body.as_ref().map_or(CommandKind::Other, kind_of),
        text_vi,
        text_en,
        problems: problems.collect(),
        reason,
        cells,
        text,
    }
}

pub(super) fn element_code(number: u32, reference: &Reference) -> String {
    reference.elements.item(number).map_or_else(|| number.to_string(), |code| code.as_str().to_owned())
}

/// Code of a reason from its number in the contract; the number itself for one of a newer server.
pub(super) fn reason_code(number: i32) -> String {
    let known = pb::ErrorReason::try_from(number).ok();
    known.map_or_else(
        || number.to_string(),
        |reason| reason.as_str_name().trim_start_matches("ERROR_REASON_").to_owned(),
    )
}

pub(super) fn scope(key: &ScopeKey, row: Option<&ScopeRow>, removal: i16) -> ScopeView {
    let kind = ScopeKind::from_number(key.kind); // The contract counts them as tables do.
    let removal = match pb::ScopeRemoval::try_from(i32::from(removal)) {
        Ok(pb::ScopeRemoval::Revoked) => "REVOKED",
        Ok(pb::ScopeRemoval::Moved) => "MOVED",
        Ok(pb::ScopeRemoval::Ended) => "ENDED",
        Ok(pb::ScopeRemoval::Unspecified) | Err(_) => "",
    };
    ScopeView {
        kind: kind.map_or_else(|| key.kind.to_string(), |kind| kind.code().to_owned()),
        id: hex(&key.id),
        granted: row.is_some_and(|row| row.granted),
        removal: removal.to_owned(),
        count: row.map_or(0, |row| row.digest.count),
        digest: row.map_or_else(String::new, |row| format!("{:032x}", row.digest.sum)),
    }
}

/// What a swap changed. A comment or conflict is told as such: the app looks up its report.
pub(super) fn change(swapped: &Swapped) -> Change {
    let mut change = Change::default();
    for record in &swapped.records {
        match RecordKind::from_number(record.kind) {
            Some(
                RecordKind::Report
                | RecordKind::Comment
                | RecordKind::Conflict
                | RecordKind::Proposal
                | RecordKind::Held,
            ) => {
                change.reports.push(hex(&record.id));
            }
            Some(RecordKind::Standing | RecordKind::Run) => change.standings = true,
            Some(
                RecordKind::Unit
                | RecordKind::Element
                | RecordKind::Form
                | RecordKind::Contract
                | RecordKind::Calendar
                | RecordKind::Campaign
                | RecordKind::Finding,
            )
            | None => change.reference |= is_reference(record.kind),
        }
    }
    change.scopes_lost = swapped.removed.iter().map(|(key, removal)| scope(key, None, *removal)).collect();
    // After a phone was emptied nothing that was read before holds.
    change.reference |= swapped.records.is_empty() && swapped.held.is_empty();
    change
}
