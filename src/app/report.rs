//! Steps on reports: load, authorise, apply the domain's rule, file. A pushed command and a unary call run the same step.

use super::error::{AppError, Result};
use super::held::{self, Sent};
use super::proposal;
use super::reference::Reference;
use crate::domain::cell::Change;
use crate::domain::command::{Body, Command, Save, SaveNote, Verdict};
use crate::domain::desk::{Comment, Conflict};
use crate::domain::expectation::{Captured, Expectation, lateness};
use crate::domain::ids::{CommentId, ConflictId, DeviceId, ReportId, UnitId, derive};
use crate::domain::note;
use crate::domain::permission::{Actor, Permit, Role, UnitPath, action, authorize};
use crate::domain::reason::Reason;
use crate::domain::report::{Branch, ContentHash, Question, Report, ReportKey};
use crate::domain::time::Instant;
use crate::store::WriteTx;
use jiff::civil::Date;

/// What became of a command that was not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// Applied, merged or in conflict.
    pub verdict: Verdict,
    /// The record that it is about.
    pub record: [u8; 16],
    /// The record's revision afterwards.
    pub revision: i64,
}

/// Who asks and what stands behind the request.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// Units, forms and campaigns as they are now.
    pub reference: &'a Reference,
    /// The command's number in the device's outbox; 0 for a call without one.
    pub number: u64,
    /// When the command was made, if a sealed mark proves that it is not younger than that.
    pub captured: Option<Captured>,
    /// The command as a device pushed it; `None` for a call that comes alone, which nobody holds.
    pub sent: Option<Sent<'a>>,
}

impl Asking<'_> {
    fn today(now: Instant) -> Date {
        now.local_date()
    }
}

/// Runs one command, or holds it until it can run.
pub fn run(tx: &mut WriteTx, ask: &Asking, command: &Command) -> Result<Effect> {
    held::run_or_hold(tx, ask, command)
}

/// Runs one command now.
pub(super) fn step(tx: &mut WriteTx, ask: &Asking, command: &Command) -> Result<Effect> {
    match &command.body {
        Body::Save(save) => save_cells(tx, ask, save),
        Body::Submit { report, .. } => submit(tx, ask, *report),
        Body::Return { report, seen, question } => send_back(tx, ask, *report, *seen, question),
        Body::Accept { report, seen } => accept(tx, ask, *report, *seen),
        Body::Comment { report, comment, text } => comment_on(tx, ask, *report, *comment, text),
        Body::Settle { conflict, take_branch } => settle(tx, ask, *conflict, *take_branch),
        Body::Propose { save, reason } => proposal::propose(tx, ask, save, reason),
        Body::SettleProposal { proposal: id, seen, grant } => proposal::settle(tx, ask, *id, *seen, *grant),
        Body::SettleHeld { held: id, apply } => held::settle(tx, ask, *id, *apply),
    }
}

fn save_cells(tx: &mut WriteTx, ask: &Asking, save: &Save) -> Result<Effect> {
    let place = tx.unit_path(save.key.unit)?;
    let today = Asking::today(tx.now());
    let permit: Permit<action::SaveReport> = authorize(ask.actor, &place, today)?;
    let id = save.key.id();
    let present = tx.report(id, &ask.reference.units)?;
    if let Some(filed) = present.as_ref().filter(|filed| filed.report.is_amended_by_proposal()) {
        return proposal::keep(tx, ask, &permit, (&filed.report, filed.revision), save, "");
    }
    check_period(ask, &save.key, today)?;
    let shape = ask.reference.shape(save.key.contract).ok_or(Reason::NotExpected)?;
    let before = present.as_ref().map_or(0, |filed| filed.revision);
    let last = tx.last_writer(id)?;
    let saved = Report::save(present.map(|filed| filed.report), save, place.acting, shape)?;
    let put = tx.put_report(&permit, &saved.report, &ask.reference.units)?;
    tx.add_author(id, ask.actor.account)?;
    for (index, branch) in saved.branches.iter().enumerate() {
        let conflict = Conflict { report: id, branch: branch.clone(), settled: None };
        tx.put_conflict(&permit, conflict_id(ask, id, put.revision, index), &conflict)?;
    }
    let others = if last.device == ask.actor.device { last.other_revision } else { before };
    let verdict = match (saved.branches.is_empty(), others > save.base_revision) {
        (false, _) => Verdict::Conflict,
        (true, true) => Verdict::Merged,
        (true, false) => Verdict::Applied,
    };
    Ok(Effect { verdict, record: id.0, revision: put.revision })
}

/// One id per branch, the same when the command is run again.
fn conflict_id(ask: &Asking, report: ReportId, revision: i64, index: usize) -> ConflictId {
    let device = ask.actor.device.unwrap_or(DeviceId([0; 16]));
    let parts: [&[u8]; 5] =
        [&report.0, &device.0, &ask.number.to_be_bytes(), &revision.to_be_bytes(), &(index as u64).to_be_bytes()];
    ConflictId(derive("conflict", &parts))
}

fn check_period(ask: &Asking, key: &ReportKey, today: Date) -> Result<Expectation> {
    let expected = ask.reference.expectation(key).ok_or(Reason::NotExpected)?;
    if today < key.period.start {
        return Err(Reason::PeriodNotOpen.into());
    }
    if ask.reference.is_closed(key) {
        return Err(Reason::PeriodClosed.into());
    }
    Ok(expected)
}

/// Nothing happens any more to a report that phones no longer keep: nobody would see it.
pub(super) fn check_kept(ask: &Asking, key: &ReportKey, today: Date) -> Result<()> {
    if ask.reference.has_left_phones(key.contract, key.period.window(), today) {
        Err(Reason::PeriodClosed.into())
    } else {
        Ok(())
    }
}

/// A report within sight: who may not even read it learns that there is none.
fn visible(tx: &mut WriteTx, ask: &Asking, id: ReportId) -> Result<(Report, UnitPath)> {
    let filed = tx.report(id, &ask.reference.units)?.ok_or(Reason::NotFound)?;
    let place = tx.unit_path(filed.report.key.unit)?;
    let today = Asking::today(tx.now());
    let seen = if filed.report.state.is_sent() {
        authorize::<action::ReadReport>(ask.actor, &place, today).is_ok()
    } else {
        authorize::<action::ReadDesk>(ask.actor, &place, today).is_ok()
    };
    if !seen {
        return Err(Reason::NotFound.into());
    }
    check_kept(ask, &filed.report.key, today)?;
    Ok((filed.report, place))
}

fn submit(tx: &mut WriteTx, ask: &Asking, id: ReportId) -> Result<Effect> {
    let (report, place) = visible(tx, ask, id)?;
    let now = tx.now();
    let today = Asking::today(now);
    let permit: Permit<action::SubmitReport> = authorize(ask.actor, &place, today)?;
    let expected = check_period(ask, &report.key, today)?;
    let shape = ask.reference.shape(report.key.contract).ok_or(Reason::NotExpected)?;
    let late = lateness(&expected, now, ask.captured).is_late();
    let sent = report.submit(place.acting, shape, today, late)?;
    let put = tx.put_report(&permit, &sent, &ask.reference.units)?;
    tx.add_author(id, ask.actor.account)?;
    Ok(Effect { verdict: Verdict::Applied, record: id.0, revision: put.revision })
}

fn send_back(tx: &mut WriteTx, ask: &Asking, id: ReportId, seen: ContentHash, question: &Question) -> Result<Effect> {
    let (report, place) = visible(tx, ask, id)?;
    let permit: Permit<action::ReturnReport> = authorize(ask.actor, &place, Asking::today(tx.now()))?;
    if let Some(reason) = note::problem(&question.text) {
        return Err(reason.into());
    }
    let returned = report.send_back(seen, question.clone())?;
    let put = tx.put_report(&permit, &returned, &ask.reference.units)?;
    Ok(Effect { verdict: Verdict::Applied, record: id.0, revision: put.revision })
}

fn accept(tx: &mut WriteTx, ask: &Asking, id: ReportId, seen: ContentHash) -> Result<Effect> {
    let (report, place) = visible(tx, ask, id)?;
    let permit: Permit<action::AcceptReport> = authorize(ask.actor, &place, Asking::today(tx.now()))?;
    if tx.is_author(id, ask.actor.account)? {
        return Err(Reason::OwnReport.into());
    }
    let accepted = report.accept(seen)?;
    let put = tx.put_report(&permit, &accepted, &ask.reference.units)?;
    Ok(Effect { verdict: Verdict::Applied, record: id.0, revision: put.revision })
}

fn comment_on(tx: &mut WriteTx, ask: &Asking, id: ReportId, comment: CommentId, text: &str) -> Result<Effect> {
    let (report, place) = visible(tx, ask, id)?;
    let today = Asking::today(tx.now());
    let permit: Permit<action::CommentReport> = authorize(ask.actor, &place, today)?;
    if !report.state.is_sent() {
        return Err(Reason::WorkflowForbids.into());
    }
    if let Some(reason) = note::problem(text) {
        return Err(reason.into());
    }
    if tx.has_comment(comment)? {
        return Err(Reason::CommentExists.into());
    }
    let (unit, role) = voice(ask.actor, &place, today);
    let words = Comment { report: id, unit, role, text: text.to_owned(), received_day: today };
    let put = tx.put_comment(&permit, comment, &words, &report, &ask.reference.units)?;
    Ok(Effect { verdict: Verdict::Applied, record: comment.0, revision: put.revision })
}

/// The post in which somebody speaks: a comment is of a post, not of a person.
fn voice(actor: &Actor, place: &UnitPath, today: Date) -> (UnitId, Role) {
    use crate::domain::permission::{Action, Kind as _};
    debug_assert_eq!(action::CommentReport::ACTION, Action::CommentReport);
    actor
        .grants_on(today)
        .find(|grant| Action::CommentReport.allowed().contains(&(grant.role, place.relation(grant.unit))))
        .map_or((place.acting, Role::Reporter), |grant| (grant.unit, grant.role))
}

fn settle(tx: &mut WriteTx, ask: &Asking, id: ConflictId, take_branch: bool) -> Result<Effect> {
    let conflict = tx.conflict(id)?.ok_or(Reason::NotFound)?;
    let (report, place) = visible(tx, ask, conflict.report)?;
    let today = Asking::today(tx.now());
    let permit: Permit<action::SettleConflict> = authorize(ask.actor, &place, today)?;
    if conflict.settled.is_some() {
        return Err(Reason::ConflictSettled.into());
    }
    let mut revision = 0;
    if take_branch {
        check_period(ask, &report.key, today)?;
        let shape = ask.reference.shape(report.key.contract).ok_or(Reason::NotExpected)?;
        let save = taking(&conflict.branch, &report, place.acting);
        let saved = Report::save(Some(report), &save, place.acting, shape)?;
        revision = tx.put_report(&permit, &saved.report, &ask.reference.units)?.revision;
        tx.add_author(conflict.report, ask.actor.account)?;
    }
    let settled = Conflict { settled: Some(take_branch), ..conflict };
    let put = tx.put_conflict(&permit, id, &settled)?;
    Ok(Effect { verdict: Verdict::Applied, record: id.0, revision: revision.max(put.revision) })
}

/// The save that puts the branch's value in place of the standing one.
fn taking(branch: &Branch, report: &Report, acting_unit: UnitId) -> Save {
    let (changes, note) = match branch {
        Branch::Cell { element, mine, .. } => {
            let base = report.cells.get(element).copied();
            (vec![Change { element: *element, mine: *mine, base }], None)
        }
        Branch::Note { mine, .. } => (Vec::new(), Some(SaveNote { mine: mine.clone(), base: report.note.clone() })),
    };
    Save { key: report.key.clone(), acting_unit, changes, note, base_revision: 0 }
}

/// Turns a step's answer into the verdict of a command, keeping trouble apart from refusals.
pub fn refusal(error: AppError) -> Result<crate::domain::reason::Refusal> {
    let AppError::Refused(refusal) = error else { return Err(error) };
    Ok(refusal)
}
