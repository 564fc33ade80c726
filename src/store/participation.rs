//! How units take part in campaigns, as records: in the participation scopes of the unit and of
//! every unit above.
//!
//! Contains no rule; the caller decides who may enter what.

use super::error::Result;
use super::read_tx::ReadTx;
use super::write_rights::WritesParticipation;
use super::write_tx::{AuditContext, PutOutcome, WriteTx};
use crate::domain::access::permission::{Permit, UnitPath};
use crate::domain::access::scope::{RecordKind, Scope};
use crate::domain::campaign::Participation;
use crate::domain::support::ids::{CampaignId, UnitId};
use crate::wire::record::{self, UnitNumbers};

impl ReadTx<'_> {
    /// How every unit takes part, each with its revision, in no defined order.
    pub fn participations(&mut self, units: &UnitNumbers) -> Result<Vec<(Participation, i64)>> {
        let stored = self.records(RecordKind::Participation)?.into_iter();
        stored
            .map(|(_, one)| Ok((record::decode_participation(&one.bytes, units)?, one.revision)))
            .collect()
    }

    /// How one unit takes part in one campaign, with its revision.
    pub fn participation(
        &mut self,
        campaign: CampaignId,
        unit: UnitId,
        units: &UnitNumbers,
    ) -> Result<Option<(Participation, i64)>> {
        let id = Participation::record_id(campaign, unit);
        let Some(stored) = self.record(RecordKind::Participation, &id)? else { return Ok(None) };
        Ok(Some((record::decode_participation(&stored.bytes, units)?, stored.revision)))
    }
}

impl WriteTx<'_> {
    /// Writes how a unit takes part, unless it is unchanged.
    pub fn put_participation<A: WritesParticipation>(
        &mut self,
        permit: &Permit<A>,
        part: &Participation,
        units: &UnitNumbers,
    ) -> Result<PutOutcome> {
        self.verify_permit(permit, A::PERMIT_UNIT, part.unit)?;
        let bytes = record::encode_participation(part, units)?;
        let unit_path = self.unit_path(part.unit)?;
        let (audit, id) = (AuditContext::from(permit), part.id());
        let scopes = participation_scopes(&unit_path);
        self.put_record(&audit, RecordKind::Participation, id, &bytes, scopes)
    }
}

/// The scopes of what a unit enters in campaigns.
pub(crate) fn participation_scopes(unit_path: &UnitPath) -> Vec<Scope> {
    [unit_path.unit, unit_path.acting_unit]
        .into_iter()
        .chain(unit_path.ancestors.iter().copied())
        .map(Scope::participation)
        .collect()
}
