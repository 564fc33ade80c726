//! The organisation and the campaigns, read. Everything here is in the scope that every device holds, or narrower.
//!
//! Knows messages and pages; what a unit was and when is the domain's.

use super::report::optional_id;
use super::status::Failure;
use super::{Services, page, service};
use crate::app::Reference;
use crate::app::access::Identity;
use crate::domain::campaign::Campaign;
use crate::domain::ids::{CampaignId, UnitId};
use crate::domain::org::{Hierarchy, Unit};
use crate::domain::reason::Reason;
use crate::domain::scope::{RecordKind, Scope};
use crate::domain::sight::sight;
use crate::pb;
use crate::pb::campaign_service_server::CampaignService;
use crate::pb::get_campaign_request::Campaign as Which;
use crate::pb::get_unit_request::Unit as WhichUnit;
use crate::pb::org_service_server::OrgService;
use crate::wire::{record, values, words};
use std::sync::Arc;

service!(OrgService {
    called get_unit: GetUnitRequest => GetUnitResponse;
    called list_units: ListUnitsRequest => ListUnitsResponse;
});

service!(CampaignService {
    called get_campaign: GetCampaignRequest => GetCampaignResponse;
    called list_campaigns: ListCampaignsRequest => ListCampaignsResponse;
});

impl Services {
    /// The reference snapshot, for messages about what was already allowed.
    pub(super) fn reference(&self) -> Result<Arc<Reference>, Failure> {
        Ok(self.app.store().read(|tx| self.app.reference(tx))?)
    }

    /// The reference snapshot, for a caller whose sight holds it.
    pub(super) fn reference_for(&self, who: &Identity) -> Result<Arc<Reference>, Failure> {
        let reference = self.reference()?;
        let seen = sight(&who.actor, &reference.published(), self.app.now().local_date());
        if seen.contains(Scope::REFERENCE) { Ok(reference) } else { Err(Failure::App(Reason::NotFound.into())) }
    }

    fn get_unit(&self, who: &Identity, message: pb::GetUnitRequest) -> Result<pb::GetUnitResponse, Failure> {
        let reference = self.reference_for(who)?;
        let found = match message.unit.ok_or(Reason::Malformed)? {
            WhichUnit::UnitId(id) => reference.org.unit(values::id(&id, UnitId::from_slice)?),
            WhichUnit::Uid(uid) => reference.org.by_uid(&uid),
        };
        Ok(pb::GetUnitResponse { unit: Some(self.unit(&reference, found.ok_or(Reason::NotFound)?)?) })
    }

    fn list_units(&self, who: &Identity, message: pb::ListUnitsRequest) -> Result<pb::ListUnitsResponse, Failure> {
        let question = format!("{:?}", (message.as_of_day, message.kind, &message.parent_id));
        let pb::ListUnitsRequest { page_size, page_token, as_of_day, kind, parent_id } = message;
        let size = page::size(page_size, 100, 500)?;
        let skip = page::read_offset(&page_token, question.as_bytes())?;
        let day = as_of_day.map(values::read_day).transpose()?;
        let kind = words::optional(kind, words::read_unit_kind)?;
        let parent = optional_id(&parent_id, UnitId::from_slice)?;
        let reference = self.reference_for(who)?;
        let org = &reference.org;
        let wanted = |unit: &&Unit| {
            let in_time = |span: &crate::domain::org::Span| day.is_none_or(|day| span.contains(day));
            let of_kind = unit.versions.iter().any(|v| in_time(&v.span) && kind.is_none_or(|kind| v.kind == kind));
            let parents = org.parents_ever(unit.id, Hierarchy::Command);
            of_kind && parent.is_none_or(|parent| parents.iter().any(|(span, above)| in_time(span) && *above == parent))
        };
        let mut found: Vec<&Unit> = org.units().iter().filter(wanted).collect();
        found.sort_by_key(|unit| reference.units.number(&unit.id));
        let units = found.iter().skip(skip).take(size).map(|unit| self.unit(&reference, unit));
        let units = units.collect::<Result<_, _>>()?;
        Ok(pb::ListUnitsResponse { units, next_page_token: page::next(skip + size, found.len(), question.as_bytes()) })
    }

    fn unit(&self, reference: &Reference, unit: &Unit) -> Result<pb::Unit, Failure> {
        let message = record::unit_message(unit, reference.org.facts(), &reference.units);
        let record = message.map_err(|error| Failure::Internal(error.to_string()))?;
        let revision = self.revision(RecordKind::Unit, &unit.id.0)?;
        Ok(pb::Unit { id: unit.id.0.to_vec(), revision, record: Some(record) })
    }

    fn revision(&self, kind: RecordKind, id: &[u8; 16]) -> Result<i64, Failure> {
        let stored = self.app.store().read(|tx| tx.record(kind, id)).map_err(crate::app::AppError::from)?;
        Ok(stored.map_or(0, |stored| stored.revision))
    }

    fn get_campaign(
        &self,
        who: &Identity,
        message: pb::GetCampaignRequest,
    ) -> Result<pb::GetCampaignResponse, Failure> {
        let reference = self.reference_for(who)?;
        let id = match message.campaign.ok_or(Reason::Malformed)? {
            Which::CampaignId(id) => values::id(&id, CampaignId::from_slice)?,
            Which::Code(code) => CampaignId::named(&code),
        };
        let found = reference.campaigns.iter().find(|campaign| campaign.id() == id).ok_or(Reason::NotFound)?;
        Ok(pb::GetCampaignResponse { campaign: Some(self.campaign(&reference, found)?) })
    }

    fn list_campaigns(
        &self,
        who: &Identity,
        message: pb::ListCampaignsRequest,
    ) -> Result<pb::ListCampaignsResponse, Failure> {
        let pb::ListCampaignsRequest { page_size, page_token } = message;
        let size = page::size(page_size, 20, 100)?;
        let skip = page::read_offset(&page_token, b"campaigns")?;
        let reference = self.reference_for(who)?;
        let mut found: Vec<&Campaign> = reference.campaigns.iter().collect();
        found.sort_by(|a, b| a.code.cmp(&b.code));
        let campaigns = found.iter().skip(skip).take(size).map(|campaign| self.campaign(&reference, campaign));
        let campaigns = campaigns.collect::<Result<_, _>>()?;
        let next_page_token = page::next(skip + size, found.len(), b"campaigns");
        Ok(pb::ListCampaignsResponse { campaigns, next_page_token })
    }

    fn campaign(&self, reference: &Reference, campaign: &Campaign) -> Result<pb::Campaign, Failure> {
        let message = record::campaign_message(campaign, &reference.elements);
        let record = message.map_err(|error| Failure::Internal(error.to_string()))?;
        let revision = self.revision(RecordKind::Campaign, &campaign.id().0)?;
        Ok(pb::Campaign { id: campaign.id().0.to_vec(), revision, record: Some(record) })
    }
}
