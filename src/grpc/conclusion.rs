//! The conclusion of campaigns: waivers of missing reports, and reopening.

use super::act::{read_act_request, take_performed};
use super::report::parse_request_id;
use super::status::RpcError;
use super::{Services, impl_service, pagination};
use crate::app::access::CallerIdentity;
use crate::app::act::Performer;
use crate::app::waiver::StoredWaiver;
use crate::domain::access::permission::action;
use crate::domain::campaign::{AwardEntry, AwardRequest};
use crate::domain::support::ids::{CampaignId, ReportId, WaiverId};
use crate::domain::support::limits::NOTE;
use crate::domain::support::reason::RefusalReason;
use crate::pb;
use crate::pb::conclusion_service_server::ConclusionService;
use crate::pb::step_award_request::Act;
use crate::wire::bytes::encode_message;
use crate::wire::field_violations::FieldViolations;
use crate::wire::{enums, record, values};
use jiff::civil::Date;

impl_service!(ConclusionService {
    authenticated propose_waiver: ProposeWaiverRequest => ProposeWaiverResponse;
    authenticated settle_waiver: SettleWaiverRequest => SettleWaiverResponse;
    authenticated list_waivers: ListWaiversRequest => ListWaiversResponse;
    authenticated reopen_campaign: ReopenCampaignRequest => ReopenCampaignResponse;
    authenticated step_award: StepAwardRequest => StepAwardResponse;
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

    fn step_award(
        &self,
        identity: &CallerIdentity,
        message: pb::StepAwardRequest,
    ) -> Result<pb::StepAwardResponse, RpcError> {
        let (name, encoded) = ("campaign.award", encode_message(&message));
        let request = read_act_request(name, &message.request_id, message.validate_only, &encoded)?;
        let pb::StepAwardRequest { campaign_id, act, .. } = message;
        let mut violations = FieldViolations::default();
        let campaign = violations
            .check("campaign_id", values::id_from_bytes(&campaign_id, CampaignId::from_slice));
        let act = violations.require("act", act);
        let act = act.and_then(|act| check_award_texts(act, &mut violations));
        let day = violations.check("decide.day", read_award_day(act.as_ref()));
        let (campaign, (act, day)) = violations.into_result(campaign.zip(act.zip(day)))?;
        let step = match &act {
            Act::Decide(pb::DecideAward { reference, day: _ }) => {
                AwardRequest::Decide { reference, day }
            }
            Act::Revoke(pb::RevokeAward { reason }) => AwardRequest::Revoke { reason },
            Act::Withdraw(pb::WithdrawAward {}) => AwardRequest::Withdraw,
        };
        let performer = Performer::Caller(identity);
        let end = self.app.perform_award_step(performer, &request, campaign, step)?;
        let entry = match take_performed(end)? {
            Some(entry) => Some(entry),
            None => {
                let actor = &identity.actor;
                self.app.newest_award_entry::<action::DecideAward>(actor, campaign)?
            }
        };
        let AwardEntry { step, document, reason, entered_day } =
            entry.ok_or(RefusalReason::NotFound)?;
        Ok(pb::StepAwardResponse {
            step: enums::award_step_to_proto(step).into(),
            reference: document.reference,
            day: values::day_to_proto(document.day),
            reason,
            entered_day: values::day_to_proto(entered_day),
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

/// The act with its text as it is stored. Whether there has to be one depends on the person.
fn check_award_texts(act: Act, violations: &mut FieldViolations) -> Option<Act> {
    Some(match act {
        Act::Decide(pb::DecideAward { reference, day }) => {
            let reference = violations.check_text("decide.reference", &reference, NOTE)?;
            Act::Decide(pb::DecideAward { reference, day })
        }
        Act::Revoke(pb::RevokeAward { reason }) => {
            let reason = violations.check_text("revoke.reason", &reason, NOTE)?;
            Act::Revoke(pb::RevokeAward { reason })
        }
        Act::Withdraw(withdraw) => Act::Withdraw(withdraw),
    })
}

fn read_award_day(act: Option<&Act>) -> Result<Option<Date>, RefusalReason> {
    match act {
        Some(Act::Decide(pb::DecideAward { day, .. })) => {
            day.map(values::day_from_proto).transpose()
        }
        Some(Act::Revoke(_) | Act::Withdraw(_)) | None => Ok(None),
    }
}
