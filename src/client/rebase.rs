//! Rebase: the app shows the server's record with the phone's pending commands replayed on it, by
//! the same pure functions as on the server.
//!
//! A command that cannot be replayed is listed in the result and stays in the outbox; the server
//! decides about it.

use super::reference::LocalReference;
use super::replica::{OutboxEntry, OutboxEntryState};
use crate::domain::report::command::{Command, CommandBody};
use crate::domain::report::workflow::ReportState;
use crate::domain::report::{ConflictBranch, FormSchema, Report};
use crate::domain::support::ids::UnitId;
use crate::domain::support::reason::Refusal;
use crate::domain::support::time::Timestamp;
use crate::wire;
use jiff::civil::Date;

/// A report with the outbox replayed on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReplayedReport {
    /// The report as shown; `None` if neither server nor outbox has it.
    pub(crate) report: Option<Report>,
    /// Fields in which a pending command conflicts with the server's value: that value stands, the
    /// other is a branch.
    pub(crate) conflicting_fields: Vec<ConflictBranch>,
    /// Pending commands that can no longer be replayed, with the reason.
    pub(crate) rejected_commands: Vec<(u64, Refusal)>,
    /// Number of replayed commands.
    pub(crate) replayed_count: u32,
}

/// Field number of a return in the contract's command body.
const RETURN_FIELD_NUMBER: i16 = 7;

/// The status of a report for the user of the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LocalReportState {
    /// In progress.
    Draft,
    /// Submitted or changed here, not sent yet.
    Waiting,
    /// Sent, no verdict yet.
    Sent,
    /// Received by the server.
    Received,
    /// Returned with a question.
    Returned,
    /// Two authors changed the same figure; the unit head decides.
    Conflict,
    /// Accepted.
    Accepted,
    /// The period is closed.
    Locked,
}

/// Decodes the commands of outbox entries; skips commands of a newer app.
pub(crate) fn decode_pending(pending: &[OutboxEntry], home: UnitId) -> Vec<(u64, Command)> {
    let effective = pending.iter().filter(|entry| entry.outcome.has_effect());
    effective
        .filter_map(|entry| {
            let numbered = wire::command::decode_command(&entry.bytes, home).ok()?;
            Some((entry.number, numbered.command.ok()?))
        })
        .collect()
}

/// Replays commands on the server's record of one report. `day` is used as the day of receipt.
pub(crate) fn replay_pending(
    server: Option<Report>,
    pending: &[(u64, Command)],
    shape: &FormSchema,
    day: Date,
) -> ReplayedReport {
    let mut done = ReplayedReport {
        report: server,
        conflicting_fields: Vec::new(),
        rejected_commands: Vec::new(),
        replayed_count: 0,
    };
    for (number, command) in pending {
        match apply_command(done.report.clone(), command, shape, day) {
            Ok((report, clashes)) => {
                done.report = report;
                done.conflicting_fields.extend(clashes);
                done.replayed_count += 1;
            }
            Err(refusal) => done.rejected_commands.push((*number, refusal)),
        }
    }
    done
}

type ReplayStep = (Option<Report>, Vec<ConflictBranch>);

fn apply_command(
    report: Option<Report>,
    command: &Command,
    shape: &FormSchema,
    day: Date,
) -> Result<ReplayStep, Refusal> {
    use crate::domain::support::reason::RefusalReason;
    let present = |report: Option<Report>| report.ok_or(Refusal::from(RefusalReason::NotFound));
    let report = match &command.body {
        CommandBody::SaveCells(save) => {
            let saved = Report::apply_save(report, save, save.acting_unit, shape)?;
            return Ok((Some(saved.report), saved.branches));
        }
        CommandBody::SubmitReport { acting_unit, rules, .. } => {
            let report = present(report)?;
            if rules.knows_words() {
                report.check_stocks_said(shape)?;
            }
            report.submit(*acting_unit, shape, day, false)?
        }
        CommandBody::ReturnReport { content_hash: seen, question, .. } => {
            present(report)?.return_with_question(*seen, question.clone())?
        }
        CommandBody::AcceptReport { content_hash: seen, .. } => present(report)?.accept(*seen)?,
        // Comments, conflicts, held commands, proposals and participations are separate records.
        CommandBody::AddComment { .. }
        | CommandBody::SettleConflict { .. }
        | CommandBody::SettleHeld { .. }
        | CommandBody::ProposeAmendment { .. }
        | CommandBody::SettleProposal { .. }
        | CommandBody::TakePart(_) => return Ok((report, Vec::new())),
    };
    Ok((Some(report), Vec::new()))
}

/// The status of a report. `pending` are its commands whose effect is not in the replica yet;
/// `in_conflict` is true if a branch waits for the unit head.
pub(crate) fn local_report_state(
    shown: ReportState,
    pending: &[OutboxEntry],
    in_conflict: bool,
) -> LocalReportState {
    if in_conflict {
        return LocalReportState::Conflict;
    }
    let of_state = |state| pending.iter().any(|one| one.outcome.has_effect() && one.state == state);
    let on_its_way = if of_state(OutboxEntryState::Waiting) {
        Some(LocalReportState::Waiting)
    } else {
        of_state(OutboxEntryState::Sent).then_some(LocalReportState::Sent)
    };
    // Cells changed after a return are not sent for review before the report is submitted again.
    let returned_here = pending
        .iter()
        .any(|one| one.body_number == RETURN_FIELD_NUMBER && one.outcome.has_effect());
    match shown {
        ReportState::Draft => LocalReportState::Draft,
        ReportState::Returned if !returned_here => LocalReportState::Returned,
        ReportState::Returned => on_its_way.unwrap_or(LocalReportState::Returned),
        ReportState::Submitted => on_its_way.unwrap_or(LocalReportState::Received),
        ReportState::Accepted => on_its_way.unwrap_or(LocalReportState::Accepted),
        ReportState::Locked => on_its_way.unwrap_or(LocalReportState::Locked),
    }
}

/// The bytes of the server's report after this phone's own commands, if they can be computed: then
/// the server does not send them. The day of receipt is that of the checkpoint; if the server used
/// another day or judged the report late, the digest differs and the scope is rebuilt.
pub(crate) fn compute_own_bytes(
    before: Option<&[u8]>,
    pending: &[OutboxEntry],
    reference: &LocalReference,
    server_time: i64,
) -> Option<Vec<u8>> {
    let before = before
        .map(|bytes| wire::record::decode_report(bytes, &reference.unit_numbers))
        .transpose()
        .ok()?;
    let answered: Vec<OutboxEntry> =
        pending.iter().filter(|one| one.state == OutboxEntryState::Acknowledged).cloned().collect();
    let commands = decode_pending(&answered, UnitId([0; 16]));
    let contract = match (&before, commands.first()) {
        (Some(report), _) => report.key.contract,
        (None, Some((_, Command { body: CommandBody::SaveCells(save), .. }))) => save.key.contract,
        (None, _) => return None,
    };
    let after = replay_pending(
        before,
        &commands,
        reference.form_schema(contract)?,
        Timestamp(server_time).local_date(),
    );
    wire::record::encode_report(&after.report?, &reference.unit_numbers).ok()
}

#[cfg(test)]
#[path = "rebase_tests.rs"]
mod tests;
