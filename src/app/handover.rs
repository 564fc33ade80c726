//! Steps on hand-overs of stocks: one person of the authority enters one, a second one signs
//! exactly its lines.

use super::act::{ActEnd, ActRequest, Performer};
use super::waiver::check_second_person;
use super::{App, AppError, Result};
use crate::domain::access::permission::{Actor, Permit, action, authorize};
use crate::domain::access::scope::RecordKind;
use crate::domain::org::{HandoverLine, StockHandover, check_stock_handover};
use crate::domain::support::ids::HandoverId;
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::violation::Violation;
use crate::store::{ReadTx, WriteTx};
use jiff::civil::Date;

/// Effective day, basis and lines.
pub type HandoverContent<'a> = (Date, &'a str, &'a [HandoverLine]);

impl App {
    /// What forbids a hand-over of these lines on this day.
    pub fn check_handover(
        &self,
        effective_day: Date,
        lines: &[HandoverLine],
    ) -> Result<Vec<Violation>> {
        self.store().read(|tx| self.check_handover_in(tx, effective_day, lines))
    }

    /// Enters a hand-over for signature.
    pub fn propose_handover(
        &self,
        actor: &Actor,
        effective_day: Date,
        basis: &str,
        lines: &[HandoverLine],
    ) -> Result<StockHandover> {
        self.store().write("handover.propose", self.now(), |tx| {
            self.propose_handover_in(tx, actor, (effective_day, basis, lines))
        })
    }

    /// [`App::propose_handover`] as an act.
    pub fn perform_handover_proposal(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        content: HandoverContent<'_>,
    ) -> Result<ActEnd<StockHandover>> {
        self.perform(performer, request, |tx, actor| self.propose_handover_in(tx, actor, content))
    }

    fn propose_handover_in(
        &self,
        tx: &mut WriteTx,
        actor: &Actor,
        (effective_day, basis, lines): HandoverContent<'_>,
    ) -> Result<StockHandover> {
        let today = tx.now().local_date();
        let permit: Permit<action::HandOverStocks> =
            authorize(actor, &self.root_unit_path(tx)?, today)?;
        let reference = self.reference(tx)?;
        let numbers = (&reference.unit_numbers, &reference.element_numbers);
        let id = StockHandover::id_of_content(effective_day, lines);
        let before = tx.handover(id, numbers.0, numbers.1)?;
        let found = self.check_handover_in(tx, effective_day, lines)?;
        let lines = lines.to_vec();
        let handover = StockHandover::propose(effective_day, basis, lines, before.as_ref(), today)?;
        if !found.is_empty() {
            return Err(AppError::Violations(found));
        }
        tx.put_handover(&permit, &handover, numbers)?;
        Ok(handover)
    }

    /// Signs an entered hand-over, refuses it, or withdraws a signed one.
    pub fn settle_handover(
        &self,
        actor: &Actor,
        id: HandoverId,
        sign: bool,
    ) -> Result<StockHandover> {
        self.store()
            .write("handover.settle", self.now(), |tx| self.settle_handover_in(tx, actor, id, sign))
    }

    /// [`App::settle_handover`] as an act.
    pub fn perform_handover_settlement(
        &self,
        performer: Performer<'_>,
        request: &ActRequest,
        id: HandoverId,
        sign: bool,
    ) -> Result<ActEnd<StockHandover>> {
        self.perform(performer, request, |tx, actor| self.settle_handover_in(tx, actor, id, sign))
    }

    fn settle_handover_in(
        &self,
        tx: &mut WriteTx,
        actor: &Actor,
        id: HandoverId,
        sign: bool,
    ) -> Result<StockHandover> {
        let today = tx.now().local_date();
        let permit: Permit<action::HandOverStocks> =
            authorize(actor, &self.root_unit_path(tx)?, today)?;
        let reference = self.reference(tx)?;
        let numbers = (&reference.unit_numbers, &reference.element_numbers);
        let handover = tx.handover(id, numbers.0, numbers.1)?.ok_or(RefusalReason::NotFound)?;
        let next = handover.settle(sign, today)?;
        if sign {
            let first = tx.last_accounts_of_action(RecordKind::Handover, permit.code())?;
            check_second_person(actor, first.get(&id.0))?;
        }
        tx.put_handover(&permit, &next, numbers)?;
        Ok(next)
    }

    /// A hand-over for a caller that may enter and sign them.
    pub fn stock_handover(&self, actor: &Actor, id: HandoverId) -> Result<StockHandover> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let unit_path = self.root_unit_path(tx)?;
            let _: Permit<action::HandOverStocks> = authorize(actor, &unit_path, today)?;
            let reference = self.reference(tx)?;
            let found = tx.handover(id, &reference.unit_numbers, &reference.element_numbers)?;
            Ok(found.ok_or(RefusalReason::NotFound)?)
        })
    }

    /// The hand-overs of units whose reports the caller may read, by day and id.
    pub fn visible_handovers(&self, actor: &Actor) -> Result<Vec<StockHandover>> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let mut seen = Vec::new();
            for (handover, _) in
                tx.handovers(&reference.unit_numbers, &reference.element_numbers)?
            {
                let mut units = handover.lines.iter().flat_map(|line| [line.from, line.to]);
                let is_seen = units.try_fold(true, |all, unit| {
                    let unit_path = tx.unit_path(unit)?;
                    let read = authorize::<action::ReadReport>(actor, &unit_path, today);
                    Ok::<_, AppError>(all && read.is_ok())
                })?;
                if is_seen {
                    seen.push(handover);
                }
            }
            seen.sort_by_key(|one| (one.effective_day, one.id()));
            Ok(seen)
        })
    }

    fn check_handover_in(
        &self,
        tx: &mut ReadTx,
        effective_day: Date,
        lines: &[HandoverLine],
    ) -> Result<Vec<Violation>> {
        let reference = self.reference(tx)?;
        let stored = tx.handovers(&reference.unit_numbers, &reference.element_numbers)?;
        let others: Vec<StockHandover> = stored.into_iter().map(|(one, _)| one).collect();
        let (org, catalogue) = (&reference.org, &reference.catalogue);
        Ok(check_stock_handover(org, catalogue, (effective_day, lines), &others))
    }
}
