//! Hand-overs of stocks as records: in the work scopes of the units that give and take, and of
//! their ancestors.
//!
//! Contains no rule; the caller decides who may sign.

use super::error::Result;
use super::read_tx::ReadTx;
use super::report::report_scopes;
use super::write_rights::WritesHandover;
use super::write_tx::{AuditContext, PutOutcome, WriteTx};
use crate::domain::access::permission::Permit;
use crate::domain::access::scope::{RecordKind, Scope};
use crate::domain::org::StockHandover;
use crate::domain::report::workflow::ReportState;
use crate::domain::support::ids::{HandoverId, UnitId};
use crate::wire::record::{self, ElementNumbers, UnitNumbers};
use std::collections::BTreeSet;

impl ReadTx<'_> {
    /// Every hand-over with its revision, in no defined order.
    pub fn handovers(
        &mut self,
        units: &UnitNumbers,
        elements: &ElementNumbers,
    ) -> Result<Vec<(StockHandover, i64)>> {
        let stored = self.records(RecordKind::Handover)?.into_iter();
        stored
            .map(|(_, one)| {
                Ok((record::decode_handover(&one.bytes, units, elements)?, one.revision))
            })
            .collect()
    }

    /// One hand-over.
    pub fn handover(
        &mut self,
        id: HandoverId,
        units: &UnitNumbers,
        elements: &ElementNumbers,
    ) -> Result<Option<StockHandover>> {
        let Some(stored) = self.record(RecordKind::Handover, &id.0)? else { return Ok(None) };
        Ok(Some(record::decode_handover(&stored.bytes, units, elements)?))
    }
}

impl WriteTx<'_> {
    /// Writes a hand-over, unless it is unchanged.
    pub fn put_handover<A: WritesHandover>(
        &mut self,
        permit: &Permit<A>,
        handover: &StockHandover,
        (units, elements): (&UnitNumbers, &ElementNumbers),
    ) -> Result<PutOutcome> {
        self.verify_permit(permit, A::PERMIT_UNIT, permit.unit())?;
        let bytes = record::encode_handover(handover, units, elements)?;
        let of: BTreeSet<UnitId> =
            handover.lines.iter().flat_map(|line| [line.from, line.to]).collect();
        let mut scopes: BTreeSet<Scope> = BTreeSet::new();
        for unit in of {
            let unit_path = self.unit_path(unit)?;
            scopes.extend(report_scopes(ReportState::Submitted, &unit_path));
        }
        let (audit, id) = (AuditContext::from(permit), handover.id().0);
        self.put_record(&audit, RecordKind::Handover, id, &bytes, scopes.into_iter().collect())
    }
}
