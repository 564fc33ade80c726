//! Held commands: what waits for its parent, and what came too late from a person whose right had gone.
//!
//! ```text
//!  the base is not here   -> HELD on the desk -> its parent comes -> runs, in its device's order, in its author's name
//!                                                                 -> is refused: stays on the desk with the reason
//!  the grant is lost      -> HELD on the desk (the hand-over box) -> the unit head applies it in the own name, or puts it aside
//! ```

use super::error::{AppError, Result};
use super::report::{self, Asking, Effect};
use crate::domain::command::{Body, Command, Verdict};
use crate::domain::desk::{Held, HeldReason, HeldState};
use crate::domain::ids::{HeldId, ReportId, derive};
use crate::domain::limits::HELD_MAX;
use crate::domain::permission::{Actor, Permit, UnitPath, action, authorize};
use crate::domain::reason::{Reason, Refusal};
use crate::store::WriteTx;
use crate::store::held::Waiting;
use crate::store::report::Taken;
use crate::store::tx::Audit;
use std::cell::Cell;
use std::collections::BTreeSet;

/// What a device pushed: its bytes can be kept.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// The command's bytes, as they came.
    pub bytes: &'a [u8],
    /// Whether this server once lost history: then a command may name what is not here yet.
    pub lossy: bool,
    /// Whether any command waits on a desk; set when one begins to.
    pub waits: &'a Cell<bool>,
}

/// Runs a command, or holds it; afterwards everything that waited for its report runs, as far as it can.
pub(super) fn run_or_hold(tx: &mut WriteTx, ask: &Asking, command: &Command) -> Result<Effect> {
    let Some(report) = target(tx, &command.body)? else { return report::step(tx, ask, command) };
    let device = ask.actor.device;
    let before = if ask.sent.is_none_or(|sent| sent.waits.get()) { tx.waiting_for(report)? } else { Vec::new() };
    if let Some(sent) = ask.sent {
        let behind = before.iter().any(|one| Some(one.device) == device && one.reason == HeldReason::UnknownBase);
        if (behind || lacks_base(tx, ask, sent.lossy, command)?)
            && let Some(place) = desk_of(tx, ask.actor, ask, command)?
        {
            return hold(tx, ask, sent, &place, report, HeldReason::UnknownBase);
        }
    }
    let effect = match (report::step(tx, ask, command), ask.sent) {
        (Err(AppError::Refused(refusal)), Some(sent)) if is_about_rights(&refusal) => {
            let former = former(tx, ask)?;
            match desk_of(tx, &former, ask, command)? {
                Some(place) => return hold(tx, ask, sent, &place, report, HeldReason::GrantLost),
                None => return Err(refusal.into()),
            }
        }
        (done, _) => done?,
    };
    if !before.is_empty() {
        release(tx, ask, report)?;
    }
    Ok(effect)
}

/// The report that a command is about.
fn target(tx: &mut WriteTx, body: &Body) -> Result<Option<ReportId>> {
    Ok(match body {
        Body::Save(save) => Some(save.key.id()),
        Body::Submit { report, .. }
        | Body::Return { report, .. }
        | Body::Accept { report, .. }
        | Body::Comment { report, .. } => Some(*report),
        Body::Propose { save, .. } => Some(save.key.id()),
        Body::Settle { conflict, .. } => tx.conflict(*conflict)?.map(|conflict| conflict.report),
        Body::SettleHeld { .. } | Body::SettleProposal { .. } => None,
    })
}

/// Whether the command builds on what is not here. In a history without a loss only a save can say so.
fn lacks_base(tx: &mut WriteTx, ask: &Asking, lossy: bool, command: &Command) -> Result<bool> {
    let units = &ask.reference.units;
    Ok(match &command.body {
        Body::Save(save) | Body::Propose { save, .. } => tx.revision_of(save.key.id())? < save.base_revision,
        Body::Submit { report, .. } | Body::Comment { report, .. } => lossy && tx.report(*report, units)?.is_none(),
        Body::Return { report, seen, .. } | Body::Accept { report, seen } => {
            let Some(present) = tx.report(*report, units)? else { return Ok(lossy) };
            lossy && present.report.content_hash() != *seen && !tx.was_sent(*report, *seen)?
        }
        Body::Settle { .. } | Body::SettleHeld { .. } | Body::SettleProposal { .. } => false,
    })
}

/// The unit on whose desk a command of this actor would wait; `None` when the actor may not write there.
fn desk_of(tx: &mut WriteTx, actor: &Actor, ask: &Asking, command: &Command) -> Result<Option<UnitPath>> {
    let today = tx.now().local_date();
    let unit = match &command.body {
        Body::Save(save) | Body::Propose { save, .. } => Some(save.key.unit),
        Body::Submit { report, acting_unit } => {
            let known = tx.report(*report, &ask.reference.units)?.map(|filed| filed.report.key.unit);
            Some(known.unwrap_or(*acting_unit))
        }
        Body::Return { report, .. } | Body::Accept { report, .. } | Body::Comment { report, .. } => {
            let known = tx.report(*report, &ask.reference.units)?.map(|filed| filed.report.key.unit);
            known.or_else(|| actor.grants_on(today).min().map(|grant| grant.unit))
        }
        Body::Settle { .. } | Body::SettleHeld { .. } | Body::SettleProposal { .. } => None,
    };
    let Some(unit) = unit else { return Ok(None) };
    let place = tx.unit_path(unit)?;
    let may = match &command.body {
        Body::Save(_) | Body::Propose { .. } => authorize::<action::SaveReport>(actor, &place, today).is_ok(),
        Body::Submit { .. } => authorize::<action::SubmitReport>(actor, &place, today).is_ok(),
        // Words of a reviewer wait for their report, but nobody hands them over.
        Body::Return { .. } | Body::Accept { .. } | Body::Comment { .. } => actor == ask.actor,
        Body::Settle { .. } | Body::SettleHeld { .. } | Body::SettleProposal { .. } => false,
    };
    Ok(may.then_some(place))
}

fn is_about_rights(refusal: &Refusal) -> bool {
    matches!(refusal.reason, Reason::Denied | Reason::NotFound)
}

/// The actor as it was when it held all that it ever held.
fn former(tx: &mut WriteTx, ask: &Asking) -> Result<Actor> {
    let today = tx.now().local_date();
    let ended = ask.actor.grants.iter().filter(|grant| grant.to <= today);
    let mut grants: Vec<_> =
        ended.map(|grant| crate::domain::permission::Grant { to: jiff::civil::Date::MAX, ..*grant }).collect();
    grants.extend(tx.former_grants(ask.actor.account)?);
    Ok(Actor { grants, ..ask.actor.clone() })
}

fn hold(
    tx: &mut WriteTx,
    ask: &Asking,
    sent: Sent,
    place: &UnitPath,
    report: ReportId,
    reason: HeldReason,
) -> Result<Effect> {
    let device = ask.actor.device.ok_or(Reason::Denied)?;
    if tx.waiting_of(device)? >= HELD_MAX {
        return Err(Reason::TooMany.into());
    }
    let id = free_id(tx, sent.bytes)?;
    let kept = Held { report, reason, command: sent.bytes.to_vec(), state: HeldState::Open, refusal: None };
    let audit = Audit::credential(ask.actor, "command.hold");
    let put = tx.hold(&audit, place, (id, device, ask.number), &kept)?;
    sent.waits.set(true);
    Ok(Effect { verdict: Verdict::Held, record: id.0, revision: put.revision })
}

/// An id that follows from what was typed and not from the device, so that nobody can join a figure with a phone.
fn free_id(tx: &mut WriteTx, bytes: &[u8]) -> Result<HeldId> {
    let mut twin = 0u32;
    loop {
        let id = HeldId(derive("held", &[bytes, &twin.to_be_bytes()]));
        if tx.held(id)?.is_none() {
            return Ok(id);
        }
        twin += 1;
    }
}

/// Runs what waited for a report, in order, until nothing more can run; gives how many took effect.
pub(super) fn release(tx: &mut WriteTx, ask: &Asking, report: ReportId) -> Result<usize> {
    let mut released = 0;
    let mut refused = BTreeSet::new();
    loop {
        let mut blocked = BTreeSet::new();
        let mut next = None;
        for one in tx.waiting_for(report)? {
            let open = one.reason == HeldReason::UnknownBase && !refused.contains(&one.id);
            if open && !blocked.contains(&one.device) && !lacks_base(tx, ask, true, &one.command)? {
                next = Some(one);
                break;
            }
            blocked.insert(one.device);
        }
        let Some(one) = next else { return Ok(released) };
        if run_released(tx, ask, &one)? {
            released += 1;
        } else {
            refused.insert(one.id);
        }
    }
}

/// Runs one held command in its author's name; false when it is refused, and stays on the desk with the reason.
fn run_released(tx: &mut WriteTx, ask: &Asking, one: &Waiting) -> Result<bool> {
    let Some(device) = tx.device(one.device)? else { return Ok(false) };
    let grants = tx.grants(device.account)?;
    let author = Actor { account: device.account, device: Some(one.device), grants };
    let asking = Asking { actor: &author, number: one.number, captured: None, sent: None, ..*ask };
    let audit = Audit::credential(&author, "command.release");
    match tx.savepoint(|tx| report::step(tx, &asking, &one.command)) {
        Ok(effect) => {
            end(tx, one, effect.verdict, effect.revision)?;
            tx.drop_held(&audit, one.id)?;
            Ok(true)
        }
        Err(error) => {
            let refusal = report::refusal(error)?;
            let Some(kept) = tx.held(one.id)? else { return Ok(false) };
            let place = tx.unit_path(one.unit)?;
            tx.put_held(&audit, &place, one.id, &Held { refusal: Some(refusal.reason), ..kept })?;
            Ok(false)
        }
    }
}

fn end(tx: &mut WriteTx, one: &Waiting, verdict: Verdict, revision: i64) -> Result<()> {
    let outcome = Taken { number: one.number, hash: [0; 32], verdict, reason: None, seq: 0, revision };
    Ok(tx.end_waiting(one.id, &outcome, one.device)?)
}

/// Takes a held command over in the unit head's name, or puts it aside.
pub(super) fn settle(tx: &mut WriteTx, ask: &Asking, id: HeldId, apply: bool) -> Result<Effect> {
    let kept = tx.held(id)?.ok_or(Reason::NotFound)?;
    let one = tx.held_command(id)?.ok_or(Reason::NotFound)?;
    let place = tx.unit_path(one.unit)?;
    let permit: Permit<action::SettleHeld> = authorize(ask.actor, &place, tx.now().local_date())?;
    if !one.waits {
        return Err(Reason::HeldSettled.into());
    }
    let mut verdict = Verdict::Rejected;
    let mut revision = 0;
    if apply {
        let effect = report::step(tx, &Asking { captured: None, sent: None, ..*ask }, &one.command)?;
        (verdict, revision) = (effect.verdict, effect.revision);
        if let Some(author) = tx.device(one.device)? {
            tx.add_author(one.report, author.account)?;
        }
    }
    end(tx, &one, verdict, revision)?;
    let state = if apply { HeldState::Applied } else { HeldState::Discarded };
    let put = tx.put_held(&Audit::from(&permit), &place, id, &Held { state, ..kept })?;
    release(tx, ask, one.report)?;
    Ok(Effect { verdict: Verdict::Applied, record: id.0, revision: put.revision })
}
