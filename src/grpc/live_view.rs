//! A standing judged now in another structure of the organisation, for a page that shows it beside
//! the published one. Views are judged on demand and never published.

use super::Services;
use super::org::find_optional_unit;
use super::status::RpcError;
use super::unary;
use crate::app::access::CallerIdentity;
use crate::domain::access::permission::action;
use crate::domain::standing::{Standing, StandingView};
use crate::domain::support::ids::CampaignId;
use crate::domain::support::reason::RefusalReason;
use crate::pb;
use crate::wire::record;
use tonic::{Request, Response, Status};

/// Asks for one standing in another view.
#[derive(Debug, Clone)]
pub struct LiveViewRequest {
    /// Code of the campaign.
    pub campaign_code: String,
    /// Permanent code of the unit.
    pub unit_uid: String,
    /// The phase; 0 for the whole campaign.
    pub phase: u8,
    /// Code of the target.
    pub target: String,
    /// The structure in which figures are summed: of today, or of the campaign's start.
    pub view: StandingView,
}

impl Services {
    /// The standing as the reports of now give it; `None` if the target is not judged there. It
    /// reads every report of the campaign, so it needs the right of those who rehearse a campaign.
    ///
    /// # Errors
    /// DENIED or NOT_FOUND as in the call `RehearseCampaign`.
    pub async fn judge_live_view(
        &self,
        request: Request<LiveViewRequest>,
    ) -> Result<Option<pb::StandingRecord>, Status> {
        let judged = unary::authenticated(self, request, Self::judge_view).await;
        judged.map(Response::into_inner)
    }

    fn judge_view(
        &self,
        identity: &CallerIdentity,
        request: LiveViewRequest,
    ) -> Result<Option<pb::StandingRecord>, RpcError> {
        let LiveViewRequest { campaign_code, unit_uid, phase, target, view } = request;
        let reference = self.app.reference_for::<action::StepCampaign>(&identity.actor)?;
        let campaign = reference.campaign(CampaignId::from_code(&campaign_code));
        let campaign = campaign.ok_or(RefusalReason::NotFound)?;
        let unit = find_optional_unit(&reference, &unit_uid)?.ok_or(RefusalReason::NotFound)?;
        let structure = view.structure_of(campaign, self.app.now().local_date());
        let judged = self.app.judge_live(campaign, structure)?;
        let is_meant = |one: &&Standing| {
            (one.unit, one.phase) == (unit, phase) && one.judgement.code == target
        };
        let standing = judged.standings.iter().find(is_meant).map(|standing| {
            record::standing_to_proto(standing, &reference.unit_numbers, &reference.element_numbers)
        });
        standing.transpose().map_err(|error| RpcError::Internal(error.to_string()))
    }
}
