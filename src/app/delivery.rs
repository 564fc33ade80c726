//! Reports from systems of agencies: what a service key may send, and in one transaction.

use super::act::{ActEnd, ActRequest, Performer, RowResults};
use super::command::{
    CommandContext, DeliveredContent, DeliveryOutcome, deliver_report, release_waiting_commands,
};
use super::partner::PartnerIdentity;
use super::{App, AppError, ReferenceSnapshot, Result};
use crate::domain::access::partner::PartnerCall;
use crate::domain::access::permission::UnitPath;
use crate::domain::report::cell::{CellValue, ElementNumber};
use crate::domain::report::element::ElementCode;
use crate::domain::support::ids::UnitId;
use crate::domain::support::reason::RefusalReason;
use crate::store::WriteTx;
use jiff::civil::Date;

/// A report as a system sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Code of the contract.
    pub contract: String,
    /// Uid of the unit whose figures these are.
    pub unit_uid: String,
    /// First day of the period, or of its piece.
    pub first_day: Date,
    /// The last day, if the sender says it: a period with another one is NOT_EXPECTED.
    pub last_day: Option<Date>,
    /// The cells, scaled by the elements.
    pub cells: Vec<(ElementCode, CellValue)>,
    /// The note; may be empty. `None`: the sender has no word for one.
    pub note: Option<String>,
}

/// What is delivered in one call.
#[derive(Debug, Clone, Copy)]
pub struct Deliveries<'a> {
    /// The reports.
    pub reports: &'a [Delivery],
    /// Whether those that are not refused are taken when others are; else all or none.
    pub partial: bool,
}

/// What became of each delivered report, in order.
pub type DeliveryResults = RowResults<DeliveryOutcome>;

impl App {
    /// Takes the reports of a system, each as a submission that people review.
    ///
    /// # Errors
    /// DENIED: the key may not send reports. What stands against one report is its result; unless
    /// `partial`, nothing is written then.
    pub fn deliver_reports(
        &self,
        partner: &PartnerIdentity,
        request: &ActRequest,
        deliveries: Deliveries<'_>,
    ) -> Result<ActEnd<DeliveryResults>> {
        partner.check_may_deliver()?;
        let performer = Performer::Partner(partner);
        self.perform_rows(performer, request, deliveries.partial, |tx, actor| {
            let reference = self.reference(tx)?;
            let ctx = CommandContext::without_outbox(actor, &reference);
            let source = tx.account_label(actor.account)?.unwrap_or_default();
            let has_waiting = tx.has_waiting_commands()?;
            let mut results = DeliveryResults::new();
            for delivery in deliveries.reports {
                let step = |tx: &mut WriteTx| {
                    let content = partner.to_content(tx, &reference, delivery, &source)?;
                    let outcome = deliver_report(tx, &ctx, &content)?;
                    if has_waiting {
                        release_waiting_commands(tx, &ctx, outcome.report)?;
                    }
                    Ok::<_, AppError>(outcome)
                };
                results.push(match tx.with_savepoint(step) {
                    Ok(outcome) => Ok(outcome),
                    Err(error) => Err(error.into_refusal()?),
                });
            }
            Ok(results)
        })
    }
}

impl PartnerIdentity {
    /// Refuses a caller that may not send reports, whatever they say.
    ///
    /// # Errors
    /// DENIED.
    pub fn check_may_deliver(&self) -> Result<()> {
        self.check_call_allowed(PartnerCall::Reports)
    }

    /// Whether the key covers a unit, as the register in memory has it on this day.
    #[must_use]
    pub fn covers_on(&self, reference: &ReferenceSnapshot, unit: UnitId, today: Date) -> bool {
        let ancestors = reference.org.effective_ancestors(unit, today);
        self.covers_unit(&UnitPath { unit, acting_unit: unit, ancestors })
    }

    /// The content for the report that a delivery names, if the key covers it.
    fn to_content(
        &self,
        tx: &mut WriteTx,
        reference: &ReferenceSnapshot,
        delivery: &Delivery,
        source: &str,
    ) -> Result<DeliveredContent> {
        let Delivery { contract, unit_uid, first_day, last_day, cells, note } = delivery;
        let unit = reference.org.unit_by_uid(unit_uid).ok_or(RefusalReason::NotFound)?;
        let unit_path = tx.unit_path(unit.id)?;
        if !self.covers_unit(&unit_path) {
            return Err(RefusalReason::NotFound.into());
        }
        if !self.may_send(contract) {
            return Err(RefusalReason::Denied.into());
        }
        let contract = reference.catalogue.contract(contract).ok_or(RefusalReason::NotExpected)?;
        let expected = reference
            .expectation_from(contract, unit.id, *first_day)
            .filter(|one| {
                last_day.is_none_or(|last| one.period.end.yesterday().is_ok_and(|end| end == last))
            })
            .ok_or(RefusalReason::NotExpected)?;
        let number = |(code, value): &(ElementCode, CellValue)| {
            let number = reference.element_numbers.number(code).map(ElementNumber);
            Ok((number.ok_or(RefusalReason::UnknownElement)?, *value))
        };
        Ok(DeliveredContent {
            key: expected.report_key(),
            cells: cells.iter().map(number).collect::<Result<_>>()?,
            note: note.clone(),
            source: source.to_owned(),
        })
    }
}
