//! How units take part in campaigns.

use super::{CampaignLine, Desk, RemoteDesk, new_request_id, require, unit_uid, unknown_answer};
use crate::app::ReferenceSnapshot;
use crate::app::act::{ActRequest, Performer};
use crate::app::participation::{ParticipationFilter, StoredParticipation};
use crate::cli::error::CliResult;
use crate::domain::campaign::{Participation, TakePart};
use crate::domain::org::Org;
use crate::domain::support::ids::AccountId;
use crate::pb;
use crate::wire::participation::{ActMessage, take_part_to_proto};
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
    let campaign = reference.campaign(part.campaign).map(|one| one.code.clone());
    let campaign = campaign.unwrap_or_else(|| part.campaign.to_string());
    PartLine { campaign, unit: unit_uid(&reference.org, part.unit), part, revision }
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
        let participation = match take_part_to_proto(act) {
            ActMessage::OfUnit(act) => {
                let request = pb::TakePartRequest { request_id, validate_only, act: Some(act) };
                self.ask(self.client.take_part(request))?.participation
            }
            ActMessage::Decision(decide) => {
                let decide = Some(decide);
                let request = pb::DecideUnitPlanRequest { request_id, validate_only, decide };
                self.ask(self.client.decide_unit_plan(request))?.participation
            }
        };
        read_part(require(participation)?, &names)
    }
}

fn read_part(one: pb::Participation, names: &Names) -> CliResult<PartLine> {
    let decoded = record::participation_from_proto(require(one.record)?, &names.numbers);
    let part = decoded.map_err(|_| unknown_answer())?;
    // An account need not see every campaign.
    let campaign = names.campaigns.iter().find(|one| one.id() == part.campaign);
    let campaign = campaign.map_or_else(|| part.campaign.to_string(), |one| one.code.clone());
    let unit = unit_uid(&names.org, part.unit);
    Ok(PartLine { campaign, unit, part, revision: one.revision })
}
