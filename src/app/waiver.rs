//! Steps on waivers of missing reports: one person of the campaign's owner proposes, a second one
//! signs, neither of the unit that owes the report. A report that is accepted after all ends its
//! waiver.

use super::access::{CallerIdentity, revalidate_identity};
use super::standing::unknown_calendar_error;
use super::{App, AppError, ReferenceSnapshot, Result};
use crate::domain::access::permission::{Actor, Permit, action, authorize};
use crate::domain::access::scope::RecordKind;
use crate::domain::campaign::Campaign;
use crate::domain::report::ReportKey;
use crate::domain::report::numbers::UnitNumbers;
use crate::domain::report::waiver::{Waiver, WaiverState};
use crate::domain::reporting::expectation::{Expectation, compute_expectations};
use crate::domain::support::ids::{AccountId, ContractId, ReportId, UnitId, WaiverId};
use crate::domain::support::reason::RefusalReason;
use crate::store::WriteTx;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A waiver with its revision.
pub type StoredWaiver = (Waiver, i64);

impl App {
    /// Proposes to waive missing reports, each by a waiver of its own; all or none.
    pub fn propose_waivers(
        &self,
        actor: &Actor,
        reports: &[ReportId],
        reason: &str,
    ) -> Result<Vec<StoredWaiver>> {
        self.store().write("waiver.propose", self.now(), |tx| {
            self.propose_waivers_in(tx, actor, reports, reason)
        })
    }

    /// Signs proposed waivers, or refuses them; all or none.
    pub fn settle_waivers(
        &self,
        actor: &Actor,
        ids: &[WaiverId],
        sign: bool,
    ) -> Result<Vec<StoredWaiver>> {
        self.store()
            .write("waiver.settle", self.now(), |tx| self.settle_waivers_in(tx, actor, ids, sign))
    }

    /// [`App::propose_waivers`] for one report, under a request id. `None`: the id was used for
    /// something else.
    pub fn propose_waiver_once(
        &self,
        identity: &CallerIdentity,
        request: [u8; 16],
        report: ReportId,
        reason: &str,
    ) -> Result<Option<StoredWaiver>> {
        let id = Waiver::id_of_report(report);
        self.run_waiver_step_once(identity, request, "waiver.propose", id, |tx, actor| {
            let proposed = self.propose_waivers_in(tx, actor, &[report], reason)?;
            proposed.into_iter().next().ok_or_else(|| RefusalReason::NothingToDo.into())
        })
    }

    /// [`App::settle_waivers`] for one waiver, under a request id. `None`: the id was used for
    /// something else.
    pub fn settle_waiver_once(
        &self,
        identity: &CallerIdentity,
        request: [u8; 16],
        id: WaiverId,
        sign: bool,
    ) -> Result<Option<StoredWaiver>> {
        let method = if sign { "waiver.sign" } else { "waiver.refuse" };
        self.run_waiver_step_once(identity, request, method, id, |tx, actor| {
            let settled = self.settle_waivers_in(tx, actor, &[id], sign)?;
            settled.into_iter().next().ok_or_else(|| RefusalReason::NothingToDo.into())
        })
    }

    fn run_waiver_step_once(
        &self,
        identity: &CallerIdentity,
        request: [u8; 16],
        method: &'static str,
        id: WaiverId,
        step: impl Fn(&mut WriteTx, &Actor) -> Result<StoredWaiver>,
    ) -> Result<Option<StoredWaiver>> {
        self.store().write(method, self.now(), |tx| {
            let actor = revalidate_identity(tx, identity)?;
            if let Some((existing, answer)) =
                tx.find_idempotent_response(actor.account, &request)?
            {
                let units = &self.reference(tx)?.unit_numbers;
                let is_same = existing == method && answer == id.0;
                return if is_same { Ok(tx.waiver(id, units)?) } else { Ok(None) };
            }
            let done = step(tx, &actor)?;
            tx.insert_idempotent_response(actor.account, &request, method, &id.0)?;
            Ok(Some(done))
        })
    }

    /// The waivers of the units whose reports the caller may read, by unit number, then day.
    pub fn visible_waivers(&self, actor: &Actor) -> Result<Vec<StoredWaiver>> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let mut seen = Vec::new();
            for (waiver, revision) in tx.waivers(&reference.unit_numbers)? {
                let unit_path = tx.unit_path(waiver.key.unit)?;
                if authorize::<action::ReadReport>(actor, &unit_path, today).is_ok() {
                    seen.push((waiver, revision));
                }
            }
            seen.sort_by_key(|(one, _)| {
                let ReportKey { unit, contract, period } = &one.key;
                (reference.unit_numbers.number(unit), period.start, *contract, period.cut)
            });
            Ok(seen)
        })
    }

    /// The report that the unit owes under this contract for the period beginning on `from`.
    pub fn expected_report(
        &self,
        contract: ContractId,
        unit: UnitId,
        from: Date,
    ) -> Result<Option<ReportKey>> {
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            for campaign in reference.judged_campaigns() {
                let owed = expected_reports(&reference, campaign)?;
                let mut keys = owed.iter().map(Expectation::report_key);
                let found = keys.find(|key| {
                    (key.contract, key.unit, key.period.start) == (contract, unit, from)
                });
                if found.is_some() {
                    return Ok(found);
                }
            }
            Ok(None)
        })
    }

    fn propose_waivers_in(
        &self,
        tx: &mut WriteTx,
        actor: &Actor,
        reports: &[ReportId],
        reason: &str,
    ) -> Result<Vec<StoredWaiver>> {
        let today = tx.now().local_date();
        let permit: Permit<action::WaiveReport> =
            authorize(actor, &self.root_unit_path(tx)?, today)?;
        let reference = self.reference(tx)?;
        let units = &reference.unit_numbers;
        let expected = expected_by_id(&reference)?;
        let mut proposed = Vec::new();
        for report in reports {
            let expected = expected.get(report).ok_or(RefusalReason::NotExpected)?;
            let key = expected.report_key();
            check_not_of_unit(tx, actor, key.unit)?;
            if today < expected.grace_end_day {
                return Err(RefusalReason::PeriodNotOpen.into());
            }
            if reference.is_every_campaign_concluded(&key) {
                return Err(RefusalReason::PeriodClosed.into());
            }
            if tx.report(*report, units)?.is_some_and(|filed| filed.report.state.is_official()) {
                return Err(RefusalReason::NotMissing.into());
            }
            let before = tx.waiver(Waiver::id_of_report(*report), units)?;
            let before = before.map(|(before, _)| before);
            let waiver = Waiver::propose(key, reason, before.as_ref(), today)?;
            let put = tx.put_waiver(&permit, &waiver, units)?;
            proposed.push((waiver, put.revision));
        }
        Ok(proposed)
    }

    fn settle_waivers_in(
        &self,
        tx: &mut WriteTx,
        actor: &Actor,
        ids: &[WaiverId],
        sign: bool,
    ) -> Result<Vec<StoredWaiver>> {
        let today = tx.now().local_date();
        let permit: Permit<action::WaiveReport> =
            authorize(actor, &self.root_unit_path(tx)?, today)?;
        let reference = self.reference(tx)?;
        let units = &reference.unit_numbers;
        let first_persons = tx.last_accounts_of_action(RecordKind::Waiver, permit.code())?;
        let mut settled = Vec::new();
        for id in ids {
            let (waiver, _) = tx.waiver(*id, units)?.ok_or(RefusalReason::NotFound)?;
            check_not_of_unit(tx, actor, waiver.key.unit)?;
            if reference.is_every_campaign_concluded(&waiver.key) {
                return Err(RefusalReason::PeriodClosed.into());
            }
            if sign && waiver.state == WaiverState::Proposed {
                check_second_person(actor, first_persons.get(&id.0))?;
            }
            let next = waiver.settle(sign, today)?;
            let put = tx.put_waiver(&permit, &next, units)?;
            settled.push((next, put.revision));
        }
        Ok(settled)
    }
}

/// The reports that a campaign expects.
fn expected_reports(
    reference: &ReferenceSnapshot,
    campaign: &Campaign,
) -> Result<Vec<Expectation>> {
    let contracts = reference.catalogue.contracts_with_codes(&campaign.contracts);
    let window = campaign.measurement_window;
    compute_expectations(&reference.org, &reference.calendars, &contracts, window)
        .map_err(|unknown| unknown_calendar_error(&unknown))
}

/// The reports that judged campaigns expect, by their ids.
fn expected_by_id(reference: &ReferenceSnapshot) -> Result<BTreeMap<ReportId, Expectation>> {
    let mut all = BTreeMap::new();
    for campaign in reference.judged_campaigns() {
        let expected = expected_reports(reference, campaign)?;
        all.extend(expected.into_iter().map(|one| (one.report_key().id(), one)));
    }
    Ok(all)
}

/// Refuses an actor that holds a role at the unit that owes the report, or at the one that acts for
/// it. Where that is the root, which acts for closed units without another successor, its persons
/// are those who have to decide.
fn check_not_of_unit(tx: &mut WriteTx, actor: &Actor, unit: UnitId) -> Result<()> {
    let root = tx.root_unit()?;
    let (unit_path, today) = (tx.unit_path(unit)?, tx.now().local_date());
    let acting = Some(unit_path.acting_unit).filter(|acting| Some(*acting) != root);
    let of_unit = |held: UnitId| held == unit || Some(held) == acting;
    if actor.active_grants_on(today).any(|grant| of_unit(grant.unit)) {
        return Err(RefusalReason::OwnUnit.into());
    }
    Ok(())
}

/// Refuses the person who did the first part. Without a row of the audit about that part, which is
/// so until it is committed, everybody is refused.
pub(super) fn check_second_person(actor: &Actor, first: Option<&AccountId>) -> Result<()> {
    if first.is_some_and(|first| *first != actor.account) {
        return Ok(());
    }
    Err(RefusalReason::SecondPerson.into())
}

/// Ends the waiver of a report that was accepted.
pub(super) fn lapse_waiver(
    tx: &mut WriteTx,
    permit: &Permit<action::AcceptReport>,
    report: ReportId,
    units: &UnitNumbers,
) -> Result<()> {
    let Some((waiver, _)) = tx.waiver(Waiver::id_of_report(report), units)? else { return Ok(()) };
    if let Some(lapsed) = waiver.lapse(tx.now().local_date()) {
        tx.put_waiver(permit, &lapsed, units).map_err(AppError::from)?;
    }
    Ok(())
}
