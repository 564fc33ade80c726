//! Standings and the latest run of each campaign, as records that the feed carries to phones.
//!
//! Contains no rule. A unit's standing is in its work scope; those of province and districts are
//! also in the published scope of the campaign.

use super::error::Result;
use super::read_tx::ReadTx;
use super::write_tx::{AuditContext, PutOutcome, WriteTx};
use crate::domain::access::permission::{Permit, action};
use crate::domain::access::scope::{RecordKind, Scope};
use crate::domain::standing::{Standing, StandingRun};
use crate::domain::support::ids::{CampaignId, StandingId};
use crate::wire::record::{self, ElementNumbers, UnitNumbers};

impl ReadTx<'_> {
    /// All standings of a campaign, in no defined order.
    pub fn standings(
        &mut self,
        campaign: CampaignId,
        units: &UnitNumbers,
        elements: &ElementNumbers,
    ) -> Result<Vec<Standing>> {
        let mut found = Vec::new();
        for (_, stored) in self.records(RecordKind::Standing)? {
            let standing = record::decode_standing(&stored.bytes, units, elements)?;
            if standing.campaign == campaign {
                found.push(standing);
            }
        }
        Ok(found)
    }

    /// One standing.
    pub fn standing(
        &mut self,
        id: StandingId,
        units: &UnitNumbers,
        elements: &ElementNumbers,
    ) -> Result<Option<Standing>> {
        let Some(stored) = self.record(RecordKind::Standing, &id.0)? else { return Ok(None) };
        Ok(Some(record::decode_standing(&stored.bytes, units, elements)?))
    }

    /// The latest published run of a campaign.
    pub fn latest_run(&mut self, campaign: CampaignId) -> Result<Option<StandingRun>> {
        let Some(stored) =
            self.record(RecordKind::Run, &StandingRun::latest_record_id(campaign).0)?
        else {
            return Ok(None);
        };
        Ok(Some(record::decode_run(&stored.bytes)?))
    }
}

impl WriteTx<'_> {
    /// Writes a standing, unless it is unchanged.
    pub(crate) fn put_standing(
        &mut self,
        permit: &Permit<action::RunJob>,
        standing: &Standing,
        units: &UnitNumbers,
        elements: &ElementNumbers,
        published: bool,
    ) -> Result<PutOutcome> {
        self.verify_root_permit(permit)?;
        let bytes = record::encode_standing(standing, units, elements)?;
        let mut scopes = vec![Scope::work(standing.unit)];
        if published {
            scopes.push(Scope::published(standing.campaign));
        }
        self.put_record(
            &AuditContext::from(permit),
            RecordKind::Standing,
            standing.id().0,
            &bytes,
            scopes,
        )
    }

    /// Writes the latest run of a campaign in place of the former one.
    pub(crate) fn put_latest_run(
        &mut self,
        permit: &Permit<action::RunJob>,
        run: &StandingRun,
    ) -> Result<PutOutcome> {
        self.verify_root_permit(permit)?;
        let scopes = vec![Scope::published(run.campaign)];
        let id = StandingRun::latest_record_id(run.campaign);
        self.put_record(
            &AuditContext::from(permit),
            RecordKind::Run,
            id.0,
            &record::encode_run(run),
            scopes,
        )
    }
}
