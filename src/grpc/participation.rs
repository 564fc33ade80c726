//! Acts of units in campaigns, and lists of them.

use super::act::{read_act_request, take_performed};
use super::report::parse_optional_id;
use super::status::RpcError;
use super::{Services, impl_service, pagination};
use crate::app::access::CallerIdentity;
use crate::app::act::{ActRequest, Performer};
use crate::app::participation::{ParticipationFilter, StoredParticipation};
use crate::domain::campaign::TakePart;
use crate::domain::support::ids::{CampaignId, UnitId};
use crate::pb;
use crate::pb::participation_service_server::ParticipationService;
use crate::wire::bytes::encode_message;
use crate::wire::field_violations::FieldViolations;
use crate::wire::{participation, record};

impl_service!(ParticipationService {
    authenticated take_part: TakePartRequest => TakePartResponse;
    authenticated decide_unit_plan: DecideUnitPlanRequest => DecideUnitPlanResponse;
    authenticated list_participations: ListParticipationsRequest => ListParticipationsResponse;
});

impl Services {
    fn take_part(
        &self,
        identity: &CallerIdentity,
        message: pb::TakePartRequest,
    ) -> Result<pb::TakePartResponse, RpcError> {
        let (name, encoded) = ("campaign.take_part", encode_message(&message));
        let request = read_act_request(name, &message.request_id, message.validate_only, &encoded)?;
        let mut violations = FieldViolations::default();
        let act = violations.require("act", message.act);
        let part = act.and_then(|act| participation::take_part_from_proto(act, &mut violations));
        let part = violations.into_result(part)?;
        Ok(pb::TakePartResponse { participation: Some(self.perform(identity, &request, &part)?) })
    }

    fn decide_unit_plan(
        &self,
        identity: &CallerIdentity,
        message: pb::DecideUnitPlanRequest,
    ) -> Result<pb::DecideUnitPlanResponse, RpcError> {
        let (name, encoded) = ("plan.decide", encode_message(&message));
        let request = read_act_request(name, &message.request_id, message.validate_only, &encoded)?;
        let mut violations = FieldViolations::default();
        let decide = violations.require("decide", message.decide);
        let part = decide
            .and_then(|decide| participation::decide_plan_from_proto(decide, &mut violations));
        let part = violations.into_result(part)?;
        let participation = Some(self.perform(identity, &request, &part)?);
        Ok(pb::DecideUnitPlanResponse { participation })
    }

    fn perform(
        &self,
        identity: &CallerIdentity,
        request: &ActRequest,
        part: &TakePart,
    ) -> Result<pb::Participation, RpcError> {
        let performer = Performer::Caller(identity);
        let end = self.app.perform_participation(performer, request, part)?;
        let stored = match take_performed(end)? {
            Some(stored) => stored,
            None => self.app.participation(part.campaign, part.unit)?,
        };
        self.participation_to_proto(&stored)
    }

    fn list_participations(
        &self,
        identity: &CallerIdentity,
        message: pb::ListParticipationsRequest,
    ) -> Result<pb::ListParticipationsResponse, RpcError> {
        let pb::ListParticipationsRequest { page_size, page_token, campaign_id, unit_id } = message;
        let key = [campaign_id.as_slice(), b"/", unit_id.as_slice()].concat();
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, &key)?;
        let mut violations = FieldViolations::default();
        let campaign = violations
            .check("campaign_id", parse_optional_id(&campaign_id, CampaignId::from_slice));
        let unit = violations.check("unit_id", parse_optional_id(&unit_id, UnitId::from_slice));
        let (campaign, unit) = violations.into_result(campaign.zip(unit))?;
        let filter = ParticipationFilter { campaign, unit };
        let all = self.app.visible_participations(&identity.actor, filter)?;
        let page = all.iter().skip(skip).take(size);
        let participations = page.map(|stored| self.participation_to_proto(stored));
        Ok(pb::ListParticipationsResponse {
            participations: participations.collect::<Result<_, _>>()?,
            next_page_token: pagination::next_offset_token(skip + size, all.len(), &key),
        })
    }

    fn participation_to_proto(
        &self,
        (part, revision): &StoredParticipation,
    ) -> Result<pb::Participation, RpcError> {
        let record = record::participation_to_proto(part, &self.load_reference()?.unit_numbers);
        let record = record.map_err(|error| RpcError::Internal(error.to_string()))?;
        Ok(pb::Participation { id: part.id().to_vec(), revision: *revision, record: Some(record) })
    }
}
