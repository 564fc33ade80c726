//! Proposals to amend: in the desk scope of the unit and in the scopes of the report, so that a
//! reviewer can decide.

use super::error::Result;
use super::read_tx::ReadTx;
use super::report::attachment_scopes;
use super::write_rights::{WritesProposal, verify_attachment};
use super::write_tx::{AuditContext, PutOutcome, WriteTx};
use crate::domain::access::permission::Permit;
use crate::domain::access::scope::RecordKind;
use crate::domain::report::Report;
use crate::domain::report::proposal::Proposal;
use crate::domain::support::ids::ProposalId;
use crate::wire::record::{self, UnitNumbers};

impl ReadTx<'_> {
    /// The proposal with this id.
    pub fn proposal(&mut self, id: ProposalId, units: &UnitNumbers) -> Result<Option<Proposal>> {
        let Some(stored) = self.record(RecordKind::Proposal, &id.0)? else { return Ok(None) };
        Ok(Some(record::decode_proposal(&stored.bytes, units)?))
    }
}

impl WriteTx<'_> {
    /// Writes a proposal as an attachment of its report.
    pub fn put_proposal<A: WritesProposal>(
        &mut self,
        permit: &Permit<A>,
        id: ProposalId,
        proposal: &Proposal,
        of: &Report,
        units: &UnitNumbers,
    ) -> Result<PutOutcome> {
        self.verify_permit(permit, A::PERMIT_UNIT, of.key.unit)?;
        verify_attachment(permit, &proposal.report, &of.key.id())?;
        let unit_path = self.unit_path(of.key.unit)?;
        let bytes = record::encode_proposal(proposal, units)?;
        let scopes = attachment_scopes(RecordKind::Proposal, of.state, &unit_path);
        self.insert_attachment(proposal.report, RecordKind::Proposal, id.0)?;
        self.put_record(&AuditContext::from(permit), RecordKind::Proposal, id.0, &bytes, scopes)
    }
}
