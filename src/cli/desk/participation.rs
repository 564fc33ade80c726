//! How units take part in campaigns.

use super::{CampaignLine, Desk, RemoteDesk, new_request_id, require, unit_uid, unknown_answer};
use crate::app::ReferenceSnapshot;
use crate::app::act::{ActRequest, Performer};
use crate::app::participation::{ParticipationFilter, StoredParticipation};
use crate::cli::error::CliResult;
use crate::domain::campaign::{Participation, TakePart};
use crate::domain::org::Org;
use crate::domain::support::ids::{AccountId, CampaignId};
use crate::pb;
use crate::pb::command::Body;
use crate::pb::take_part_request::Act;
use crate::wire::participation::take_part_to_proto;
use crate::wire::record::{self, UnitNumbers};

/// How a unit takes part in a campaign, both named by their codes.
pub(in crate::cli) struct PartLine {
    pub(in crate::cli) campaign: String,
    pub(in crate::cli) unit: String,
    pub(in crate::cli) part: Participation,
    pub(in crate::cli) revision: i64,
}

impl Desk {
    /// How visible units take part.
    pub(in crate::cli) fn participations(
        &self,
        filter: ParticipationFilter,
    ) -> CliResult<Vec<PartLine>> {
        match self {
            Self::Local(local_app) => {
                let reference = local_app.load_reference()?;
                let all = local_app.app.visible_participations(&local_app.actor, filter)?;
                Ok(all.into_iter().map(|one| local_part(&reference, one)).collect())
            }
            Self::Remote(remote) => remote.participations(filter),
        }
    }

    /// Performs an act; with `dry_run` it is only checked.
    pub(in crate::cli) fn take_part(
        &self,
        account: AccountId,
        act: &TakePart,
        dry_run: bool,
    ) -> CliResult<PartLine> {
        match self {
            Self::Local(local_app) => {
                let actor = local_app.app.account_actor(&local_app.actor, account)?;
                let request = ActRequest::of_operator("campaign.take_part", dry_run);
                let performer = Performer::Operator(&actor);
                let end = local_app.app.perform_participation(performer, &request, act)?;
                let reference = local_app.load_reference()?;
                Ok(local_part(&reference, require(end.performed())?))
            }
            Self::Remote(remote) => remote.take_part(act, dry_run),
        }
    }
}

fn local_part(reference: &ReferenceSnapshot, (part, revision): StoredParticipation) -> PartLine {
    let campaigns = reference.campaigns.iter().map(|one| one.code.as_str());
    let campaign = campaign_code(campaigns, part.campaign);
    PartLine { campaign, unit: unit_uid(&reference.org, part.unit), part, revision }
}

/// The code of a campaign; its id where the account does not see it.
fn campaign_code<'a>(mut codes: impl Iterator<Item = &'a str>, id: CampaignId) -> String {
    let code = codes.find(|code| CampaignId::from_code(code) == id);
    code.map_or_else(|| id.to_string(), str::to_owned)
}

/// By which answers name units and campaigns.
struct Names {
    org: Org,
    numbers: UnitNumbers,
    campaigns: Vec<CampaignLine>,
}

impl RemoteDesk {
    fn load_names(&self) -> CliResult<Names> {
        let (org, numbers) = self.load_org()?;
        Ok(Names { org, numbers, campaigns: self.campaigns()? })
    }

    fn participations(&self, filter: ParticipationFilter) -> CliResult<Vec<PartLine>> {
        let names = self.load_names()?;
        let all = self.read_pages(|page_token| {
            let request = pb::ListParticipationsRequest {
                page_size: 500,
                page_token,
                campaign_id: filter.campaign.map_or_else(Vec::new, |id| id.0.to_vec()),
                unit_id: filter.unit.map_or_else(Vec::new, |id| id.0.to_vec()),
            };
            let answer = self.client.list_participations(request)?;
            Ok((answer.participations, answer.next_page_token))
        })?;
        all.into_iter().map(|one| read_part(one, &names)).collect()
    }

    fn take_part(&self, act: &TakePart, validate_only: bool) -> CliResult<PartLine> {
        let names = self.load_names()?;
        let request_id = new_request_id()?;
        let act = match take_part_to_proto(act) {
            Body::DecidePlan(decide) => {
                let decide = Some(decide);
                let request = pb::DecideUnitPlanRequest { request_id, validate_only, decide };
                let answer = self.ask(self.client.decide_unit_plan(request))?;
                return read_part(require(answer.participation)?, &names);
            }
            Body::RegisterForCampaign(register) => Act::RegisterForCampaign(register),
            Body::RecordLaunch(launch) => Act::RecordLaunch(launch),
            Body::RecordPledge(pledge) => Act::RecordPledge(pledge),
            Body::SavePlan(plan) => Act::SavePlan(plan),
            Body::SubmitPlan(submit) => Act::SubmitPlan(submit),
            Body::SaveCells(_)
            | Body::SubmitReport(_)
            | Body::ReturnReport(_)
            | Body::AcceptReport(_)
            | Body::AddComment(_)
            | Body::SettleConflict(_)
            | Body::SettleHeld(_)
            | Body::ProposeAmendment(_)
            | Body::SettleProposal(_) => return Err(unknown_answer()),
        };
        let request = pb::TakePartRequest { request_id, validate_only, act: Some(act) };
        let answer = self.ask(self.client.take_part(request))?;
        read_part(require(answer.participation)?, &names)
    }
}

fn read_part(one: pb::Participation, names: &Names) -> CliResult<PartLine> {
    let decoded = record::participation_from_proto(require(one.record)?, &names.numbers);
    let part = decoded.map_err(|_| unknown_answer())?;
    let campaigns = names.campaigns.iter().map(|one| one.code.as_str());
    let campaign = campaign_code(campaigns, part.campaign);
    let unit = unit_uid(&names.org, part.unit);
    Ok(PartLine { campaign, unit, part, revision: one.revision })
}
