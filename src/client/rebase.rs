//! Rebase: what the app shows is the server's record with the phone's pending commands replayed on top, by the same pure functions
//! that the server runs with authority.
//!
//! Knows no database and no network. Judges nothing: a command that cannot be replayed is set aside, and the server's verdict will say why.

use super::reference::Reference;
use super::replica::{Entry, EntryState};
use crate::domain::command::{Body, Command};
use crate::domain::ids::UnitId;
use crate::domain::reason::Refusal;
use crate::domain::report::{Branch, FormShape, Report};
use crate::domain::time::Instant;
use crate::domain::workflow::State;
use crate::wire;
use jiff::civil::Date;

/// A report with the outbox on top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replayed {
    /// The report as the app shows it; `None` when there is none here or there.
    pub(crate) report: Option<Report>,
    /// Fields in which a pending command does not agree with what the server holds: its value stands, ours waits.
    pub(crate) clashes: Vec<Branch>,
    /// Pending commands that can no longer be replayed, with the reason.
    pub(crate) set_aside: Vec<(u64, Refusal)>,
    /// How many commands were replayed.
    pub(crate) replayed: u32,
}

/// The member of a command that sends a report back.
const RETURN: i16 = 7;

/// Where a report stands for the person who holds the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Being written.
    Draft,
    /// Submitted or changed here; not sent yet.
    Waiting,
    /// Sent; no answer yet.
    Sent,
    /// The server has it.
    Received,
    /// Sent back with a question.
    Returned,
    /// Two authors changed the same figure; the unit head decides.
    Conflict,
    /// Accepted.
    Accepted,
    /// The period is closed.
    Locked,
}

/// Reads the commands of outbox entries; one that a newer app wrote is skipped.
pub(crate) fn commands(pending: &[Entry], home: UnitId) -> Vec<(u64, Command)> {
    let effective = pending.iter().filter(|entry| entry.outcome.has_effect());
    effective
        .filter_map(|entry| {
            let numbered = wire::command::decode(&entry.bytes, home).ok()?;
            Some((entry.number, numbered.command.ok()?))
        })
        .collect()
}

/// Replays commands on what the server holds of one report. `day` stands where the server will put the day of receipt.
pub(crate) fn replay(server: Option<Report>, pending: &[(u64, Command)], shape: &FormShape, day: Date) -> Replayed {
    let mut done = Replayed { report: server, clashes: Vec::new(), set_aside: Vec::new(), replayed: 0 };
    for (number, command) in pending {
        match step(done.report.clone(), command, shape, day) {
            Ok((report, clashes)) => {
                done.report = report;
                done.clashes.extend(clashes);
                done.replayed += 1;
            }
            Err(refusal) => done.set_aside.push((*number, refusal)),
        }
    }
    done
}

type Stepped = (Option<Report>, Vec<Branch>);

fn step(report: Option<Report>, command: &Command, shape: &FormShape, day: Date) -> Result<Stepped, Refusal> {
    use crate::domain::reason::Reason;
    let present = |report: Option<Report>| report.ok_or(Refusal::from(Reason::NotFound));
    let report = match &command.body {
        Body::Save(save) => {
            let saved = Report::save(report, save, save.acting_unit, shape)?;
            return Ok((Some(saved.report), saved.branches));
        }
        Body::Submit { acting_unit, .. } => present(report)?.submit(*acting_unit, shape, day, false)?,
        Body::Return { seen, question, .. } => present(report)?.send_back(*seen, question.clone())?,
        Body::Accept { seen, .. } => present(report)?.accept(*seen)?,
        // Comments, conflicts, held commands and proposals are records of their own.
        Body::Comment { .. }
        | Body::Settle { .. }
        | Body::SettleHeld { .. }
        | Body::Propose { .. }
        | Body::SettleProposal { .. } => return Ok((report, Vec::new())),
    };
    Ok((Some(report), Vec::new()))
}

/// Where a report stands. `pending` are its commands without effect in view yet; `in_conflict` says that a branch waits for the unit head.
pub(crate) fn standing(shown: State, pending: &[Entry], in_conflict: bool) -> Standing {
    if in_conflict {
        return Standing::Conflict;
    }
    let of_state = |state| pending.iter().any(|one| one.outcome.has_effect() && one.state == state);
    let on_its_way = if of_state(EntryState::Waiting) {
        Some(Standing::Waiting)
    } else {
        of_state(EntryState::Sent).then_some(Standing::Sent)
    };
    // Cells changed after a return are not on their way to anybody before the report is submitted again.
    let returned_here = pending.iter().any(|one| one.body == RETURN && one.outcome.has_effect());
    match shown {
        State::Draft => Standing::Draft,
        State::Returned if !returned_here => Standing::Returned,
        State::Returned => on_its_way.unwrap_or(Standing::Returned),
        State::Submitted => on_its_way.unwrap_or(Standing::Received),
        State::Accepted => on_its_way.unwrap_or(Standing::Accepted),
        State::Locked => on_its_way.unwrap_or(Standing::Locked),
    }
}

/// The bytes that this phone's own commands made of a report on the server, when they can be computed: then they need not travel. The day of
/// receipt is that of the checkpoint; where the server saw another, or judged the report late, the digest tells and the scope is rebuilt.
pub(crate) fn own_bytes(
    before: Option<&[u8]>,
    pending: &[Entry],
    reference: &Reference,
    server_time: i64,
) -> Option<Vec<u8>> {
    let before = before.map(|bytes| wire::record::read_report(bytes, &reference.units)).transpose().ok()?;
    let answered: Vec<Entry> = pending.iter().filter(|one| one.state == EntryState::Acknowledged).cloned().collect();
    let commands = commands(&answered, UnitId([0; 16]));
    let contract = match (&before, commands.first()) {
        (Some(report), _) => report.key.contract,
        (None, Some((_, Command { body: Body::Save(save), .. }))) => save.key.contract,
        (None, _) => return None,
    };
    let after = replay(before, &commands, reference.shape(contract)?, Instant(server_time).local_date());
    wire::record::report(&after.report?, &reference.units).ok()
}

#[cfg(test)]
#[path = "rebase_tests.rs"]
mod tests;
