//! The conclusion of campaigns: waivers of missing reports, and reopening.

use super::report::parse_request_id;
use super::status::RpcError;
use super::{Services, impl_service, pagination};
use crate::app::access::CallerIdentity;
use crate::app::waiver::StoredWaiver;
use crate::domain::support::ids::{CampaignId, ReportId, WaiverId};
use crate::domain::support::limits::NOTE;
use crate::pb;
use crate::pb::conclusion_service_server::ConclusionService;
use crate::wire::field_violations::FieldViolations;
use crate::wire::{enums, record, values};

impl_service!(ConclusionService {
    authenticated propose_waiver: ProposeWaiverRequest => ProposeWaiverResponse;
    authenticated settle_waiver: SettleWaiverRequest => SettleWaiverResponse;
    authenticated list_waivers: ListWaiversRequest => ListWaiversResponse;
    authenticated reopen_campaign: ReopenCampaignRequest => ReopenCampaignResponse;
});

impl Services {
    fn propose_waiver(
        &self,
        identity: &CallerIdentity,
        message: pb::ProposeWaiverRequest,
    ) -> Result<pb::ProposeWaiverResponse, RpcError> {
        let pb::ProposeWaiverRequest { request_id, report_id, reason } = message;
        let mut violations = FieldViolations::default();
        let request = parse_request_id(&request_id, &mut violations);
        let report =
            violations.check("report_id", values::id_from_bytes(&report_id, ReportId::from_slice));
        let reason = violations.check_text("reason", &reason, NOTE);
        let (request, (report, reason)) =
            violations.into_result(request.zip(report.zip(reason)))?;
        let stored = self
            .app
            .propose_waiver_once(identity, request, report, &reason)?
            .ok_or(RpcError::RequestIdReused)?;
        Ok(pb::ProposeWaiverResponse { waiver: Some(self.waiver_to_proto(&stored)?) })
    }

    fn settle_waiver(
        &self,
        identity: &CallerIdentity,
        message: pb::SettleWaiverRequest,
    ) -> Result<pb::SettleWaiverResponse, RpcError> {
        let pb::SettleWaiverRequest { request_id, waiver_id, sign } = message;
        let mut violations = FieldViolations::default();
        let request = parse_request_id(&request_id, &mut violations);
        let id =
            violations.check("waiver_id", values::id_from_bytes(&waiver_id, WaiverId::from_slice));
        let (request, id) = violations.into_result(request.zip(id))?;
        let stored = self
            .app
            .settle_waiver_once(identity, request, id, sign)?
            .ok_or(RpcError::RequestIdReused)?;
        Ok(pb::SettleWaiverResponse { waiver: Some(self.waiver_to_proto(&stored)?) })
    }

    fn list_waivers(
        &self,
        identity: &CallerIdentity,
        message: pb::ListWaiversRequest,
    ) -> Result<pb::ListWaiversResponse, RpcError> {
        let pb::ListWaiversRequest { page_size, page_token } = message;
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, b"waivers")?;
        let all = self.app.visible_waivers(&identity.actor)?;
        let page = all.iter().skip(skip).take(size);
        let waivers = page.map(|stored| self.waiver_to_proto(stored)).collect::<Result<_, _>>()?;
        let next_page_token = pagination::next_offset_token(skip + size, all.len(), b"waivers");
        Ok(pb::ListWaiversResponse { waivers, next_page_token })
    }

    fn reopen_campaign(
        &self,
        identity: &CallerIdentity,
        message: pb::ReopenCampaignRequest,
    ) -> Result<pb::ReopenCampaignResponse, RpcError> {
        let pb::ReopenCampaignRequest { request_id, campaign_id, reason, withdraw } = message;
        let mut violations = FieldViolations::default();
        let request = parse_request_id(&request_id, &mut violations);
        let campaign = violations
            .check("campaign_id", values::id_from_bytes(&campaign_id, CampaignId::from_slice));
        let reason = violations.check_text("reason", &reason, NOTE);
        let (request, (campaign, reason)) =
            violations.into_result(request.zip(campaign.zip(reason)))?;
        let reopened = self
            .app
            .reopen_campaign_once(identity, request, campaign, (&reason, withdraw))?
            .ok_or(RpcError::RequestIdReused)?;
        Ok(pb::ReopenCampaignResponse {
            status: enums::campaign_status_to_proto(reopened.status).into(),
            reopening: reopened.reopening.as_ref().map(record::reopening_to_proto),
        })
    }

    fn waiver_to_proto(&self, (waiver, revision): &StoredWaiver) -> Result<pb::Waiver, RpcError> {
        let reference = self.load_reference()?;
        let record = record::waiver_to_proto(waiver, &reference.unit_numbers)
            .map_err(|error| RpcError::Internal(error.to_string()))?;
        let id = waiver.id().0.to_vec();
        Ok(pb::Waiver { id, revision: *revision, record: Some(record) })
    }
}
