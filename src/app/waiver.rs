//! Steps on waivers of missing reports: one person of the campaign's owner proposes, a second one
//! signs, neither of the unit that owes the report. A report that is accepted after all ends its
//! waiver.

use super::access::{CallerIdentity, revalidate_identity};
use super::standing::unknown_calendar_error;
use super::{App, AppError, ReferenceSnapshot, Result};
use crate::domain::access::permission::{ActionMarker, Actor, Permit, action, authorize};
use crate::domain::access::scope::RecordKind;
use crate::domain::campaign::Campaign;
use crate::domain::report::ReportKey;
use crate::domain::report::numbers::UnitNumbers;
use crate::domain::report::waiver::{Waiver, WaiverState};
use crate::domain::reporting::expectation::{Expectation, compute_expectations};
use crate::domain::support::ids::{ContractId, ReportId, UnitId, WaiverId};
use crate::domain::support::reason::RefusalReason;
use crate::store::{ReadTx, WriteTx};
use jiff::civil::Date;

/// A waiver with its revision.
pub type StoredWaiver = (Waiver, i64);

impl App {
    /// Proposes to waive a missing report.
    pub fn propose_waiver(
        &self,
        actor: &Actor,
        report: ReportId,
        reason: &str,
    ) -> Result<StoredWaiver> {
        self.store().write("waiver.propose", self.now(), |tx| {
            self.propose_waiver_in(tx, actor, report, reason)
        })
    }

    /// Signs a proposed waiver, or refuses it.
    pub fn settle_waiver(&self, actor: &Actor, id: WaiverId, sign: bool) -> Result<StoredWaiver> {
        self.store()
            .write("waiver.settle", self.now(), |tx| self.settle_waiver_in(tx, actor, id, sign))
    }

    /// [`App::propose_waiver`] under a request id. `None`: it was used for something else.
    pub fn propose_waiver_once(
        &self,
        identity: &CallerIdentity,
        request: [u8; 16],
        report: ReportId,
        reason: &str,
    ) -> Result<Option<StoredWaiver>> {
        let id = Waiver::id_of_report(report);
        self.run_waiver_step_once(identity, request, "waiver.propose", id, |tx, actor| {
            self.propose_waiver_in(tx, actor, report, reason)
        })
    }

    /// [`App::settle_waiver`] under a request id. `None`: it was used for something else.
    pub fn settle_waiver_once(
        &self,
        identity: &CallerIdentity,
        request: [u8; 16],
        id: WaiverId,
        sign: bool,
    ) -> Result<Option<StoredWaiver>> {
        let method = if sign { "waiver.sign" } else { "waiver.refuse" };
        self.run_waiver_step_once(identity, request, method, id, |tx, actor| {
            self.settle_waiver_in(tx, actor, id, sign)
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

    fn propose_waiver_in(
        &self,
        tx: &mut WriteTx,
        actor: &Actor,
        report: ReportId,
        reason: &str,
    ) -> Result<StoredWaiver> {
        let today = tx.now().local_date();
        let permit: Permit<action::WaiveReport> =
            authorize(actor, &self.root_unit_path(tx)?, today)?;
        let reference = self.reference(tx)?;
        let key = find_due_report(&reference, report, today)?;
        check_not_of_unit(tx, actor, key.unit)?;
        if reference.is_every_campaign_concluded(&key) {
            return Err(RefusalReason::PeriodClosed.into());
        }
        let units = &reference.unit_numbers;
        if tx.report(report, units)?.is_some_and(|filed| filed.report.state.is_official()) {
            return Err(RefusalReason::NotMissing.into());
        }
        let before = tx.waiver(Waiver::id_of_report(report), units)?.map(|(before, _)| before);
        let waiver = Waiver::propose(key, reason, before.as_ref(), today)?;
        let put = tx.put_waiver(&permit, &waiver, units)?;
        Ok((waiver, put.revision))
    }

    fn settle_waiver_in(
        &self,
        tx: &mut WriteTx,
        actor: &Actor,
        id: WaiverId,
        sign: bool,
    ) -> Result<StoredWaiver> {
        let today = tx.now().local_date();
        let permit: Permit<action::WaiveReport> =
            authorize(actor, &self.root_unit_path(tx)?, today)?;
        let reference = self.reference(tx)?;
        let units = &reference.unit_numbers;
        let (waiver, _) = tx.waiver(id, units)?.ok_or(RefusalReason::NotFound)?;
        check_not_of_unit(tx, actor, waiver.key.unit)?;
        if reference.is_every_campaign_concluded(&waiver.key) {
            return Err(RefusalReason::PeriodClosed.into());
        }
        if sign && waiver.state == WaiverState::Proposed {
            check_second_person::<action::WaiveReport>(tx, actor, (RecordKind::Waiver, &id.0))?;
        }
        let settled = waiver.settle(sign, today)?;
        let put = tx.put_waiver(&permit, &settled, units)?;
        Ok((settled, put.revision))
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

/// The expected report with this id, once its grace is over.
fn find_due_report(
    reference: &ReferenceSnapshot,
    report: ReportId,
    today: Date,
) -> Result<ReportKey> {
    for campaign in reference.judged_campaigns() {
        let expected = expected_reports(reference, campaign)?;
        let found = expected.iter().find(|one| one.report_key().id() == report);
        match found {
            Some(one) if one.grace_end_day <= today => return Ok(one.report_key()),
            Some(_) => return Err(RefusalReason::PeriodNotOpen.into()),
            None => {}
        }
    }
    Err(RefusalReason::NotExpected.into())
}

/// Refuses an actor that holds a role at the unit that owes the report, or at the one that acts for
/// it.
fn check_not_of_unit(tx: &mut WriteTx, actor: &Actor, unit: UnitId) -> Result<()> {
    let (unit_path, today) = (tx.unit_path(unit)?, tx.now().local_date());
    let of_unit = |held: UnitId| held == unit_path.unit || held == unit_path.acting_unit;
    if actor.active_grants_on(today).any(|grant| of_unit(grant.unit)) {
        return Err(RefusalReason::OwnUnit.into());
    }
    Ok(())
}

/// Refuses the person who did this action on the record last. A record whose first step is not yet
/// in the audit is refused too.
pub(super) fn check_second_person<A: ActionMarker>(
    tx: &mut ReadTx,
    actor: &Actor,
    record: (RecordKind, &[u8; 16]),
) -> Result<()> {
    match tx.last_account_of_action(record, A::ACTION.code())? {
        Some(first) if first != actor.account => Ok(()),
        Some(_) | None => Err(RefusalReason::SecondPerson.into()),
    }
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
