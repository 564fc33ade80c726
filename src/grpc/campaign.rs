//! Reads campaigns, defines them, and takes them through their states.

use super::act::{read_act_request, take_performed};
use super::campaign_messages as messages;
use super::status::RpcError;
use super::{Services, impl_service, pagination};
use crate::app::access::CallerIdentity;
use crate::app::act::Performer;
use crate::app::conclusion::{CampaignRehearsal, RehearsedAct};
use crate::app::{AppError, ReferenceSnapshot};
use crate::domain::access::lease::OFFLINE_LEASE_DAYS;
use crate::domain::access::permission::action;
use crate::domain::access::scope::RecordKind;
use crate::domain::campaign::{Campaign, CampaignStatus};
use crate::domain::support::ids::CampaignId;
use crate::domain::support::limits::{
    CODE, DEFINITION_FILE_BYTES_MAX, DEFINITION_FILES_MAX, FILE_NAME, NOTE,
};
use crate::domain::support::reason::RefusalReason;
use crate::exchange::definitions::{DefinitionOutcome, Definitions, apply_definitions};
use crate::files::campaign_set::NamedText;
use crate::i18n::Lang;
use crate::pb;
use crate::pb::campaign_service_server::CampaignService;
use crate::pb::get_campaign_request::Campaign as CampaignSelector;
use crate::wire::bytes::encode_message;
use crate::wire::field_violations::FieldViolations;
use crate::wire::{enums, record, values};

impl_service!(CampaignService {
    authenticated get_campaign: GetCampaignRequest => GetCampaignResponse;
    authenticated list_campaigns: ListCampaignsRequest => ListCampaignsResponse;
    authenticated step_campaign: StepCampaignRequest => StepCampaignResponse;
    authenticated rehearse_campaign: RehearseCampaignRequest => RehearseCampaignResponse;
    in_language apply_campaigns: ApplyCampaignsRequest => ApplyCampaignsResponse;
});

impl Services {
    fn get_campaign(
        &self,
        identity: &CallerIdentity,
        message: pb::GetCampaignRequest,
    ) -> Result<pb::GetCampaignResponse, RpcError> {
        let reference = self.load_reference_for(identity)?;
        let id = match message.campaign.ok_or(RefusalReason::Malformed)? {
            CampaignSelector::CampaignId(id) => values::id_from_bytes(&id, CampaignId::from_slice)?,
            CampaignSelector::Code(code) => {
                CampaignId::from_code(&FieldViolations::require_text("code", &code, CODE)?)
            }
        };
        let found = reference.campaign(id).ok_or(RefusalReason::NotFound)?;
        Ok(pb::GetCampaignResponse { campaign: Some(self.campaign_to_proto(&reference, found)?) })
    }

    fn list_campaigns(
        &self,
        identity: &CallerIdentity,
        message: pb::ListCampaignsRequest,
    ) -> Result<pb::ListCampaignsResponse, RpcError> {
        let pb::ListCampaignsRequest { page_size, page_token, include_drafts } = message;
        let key: &[u8] = if include_drafts { b"campaigns and drafts" } else { b"campaigns" };
        let size = pagination::resolve_page_size(page_size, 20, 100)?;
        let skip = pagination::decode_offset_token(&page_token, key)?;
        let reference = self.load_reference_of(identity, include_drafts)?;
        let mut found: Vec<&Campaign> = reference.campaigns.iter().collect();
        found.sort_by(|a, b| a.code.cmp(&b.code));
        let page = found.iter().skip(skip).take(size);
        let campaigns = page.map(|campaign| {
            let award =
                if include_drafts { self.award_to_proto(identity, campaign)? } else { None };
            Ok::<_, RpcError>(pb::Campaign {
                award,
                ..self.campaign_to_proto(&reference, campaign)?
            })
        });
        let campaigns = campaigns.collect::<Result<_, _>>()?;
        let next_page_token = pagination::next_offset_token(skip + size, found.len(), key);
        Ok(pb::ListCampaignsResponse { campaigns, next_page_token })
    }

    fn apply_campaigns(
        &self,
        identity: &CallerIdentity,
        message: pb::ApplyCampaignsRequest,
        lang: Lang,
    ) -> Result<pb::ApplyCampaignsResponse, RpcError> {
        let name = "files.apply";
        let encoded = encode_message(&message);
        let request = read_act_request(name, &message.request_id, message.validate_only, &encoded)?;
        let pb::ApplyCampaignsRequest { files, basis, validate_only, .. } = message;
        let basis = match basis.as_str() {
            "" => None,
            given => Some(FieldViolations::require_text("basis", given, NOTE)?),
        };
        let files = read_definition_files(files)?;
        let offline_lease_days = self.warned_lease_days();
        let definitions =
            Definitions { files: &files, basis: basis.as_deref(), offline_lease_days };
        let performer = Performer::Caller(identity);
        let end = apply_definitions(&self.app, performer, &request, definitions)?;
        let Some(outcome) = take_performed(end)? else {
            return Ok(pb::ApplyCampaignsResponse { applied: true, ..Default::default() });
        };
        let applied = outcome.is_valid && !validate_only;
        let DefinitionOutcome { diagnostics, unplaced, changes, .. } = outcome;
        let placed = diagnostics.iter().map(|one| messages::diagnostic_to_proto(one, lang));
        let unplaced = unplaced.iter().map(|one| messages::violation_to_proto(one, lang));
        Ok(pb::ApplyCampaignsResponse {
            findings: placed.chain(unplaced).collect(),
            changes: changes.into_iter().map(messages::change_to_proto).collect(),
            applied,
        })
    }

    /// After how many days without contact phones hide their data.
    pub(super) fn warned_lease_days(&self) -> u16 {
        if self.offline_lease_days == 0 { OFFLINE_LEASE_DAYS } else { self.offline_lease_days }
    }

    fn step_campaign(
        &self,
        identity: &CallerIdentity,
        message: pb::StepCampaignRequest,
    ) -> Result<pb::StepCampaignResponse, RpcError> {
        let name = "campaign.step";
        let encoded = encode_message(&message);
        let pb::StepCampaignRequest { request_id, code, step, validate_only } = message;
        let request = read_act_request(name, &request_id, validate_only, &encoded)?;
        let mut violations = FieldViolations::default();
        let code = violations.check_text("code", &code, CODE);
        let step = violations.check("step", enums::campaign_step_from_proto(step));
        let (code, step) = violations.into_result(code.zip(step))?;
        let performer = Performer::Caller(identity);
        let end = self.app.perform_campaign_step(performer, &request, &code, step)?;
        let status = match take_performed(end)? {
            Some(campaign) => campaign.status,
            None => self.load_campaign_status(identity, &code)?,
        };
        Ok(pb::StepCampaignResponse {
            status: enums::campaign_status_to_proto(status).into(),
            next_steps: status
                .allowed_steps()
                .map(|step| enums::campaign_step_to_proto(step).into())
                .collect(),
        })
    }

    fn load_campaign_status(
        &self,
        identity: &CallerIdentity,
        code: &str,
    ) -> Result<CampaignStatus, RpcError> {
        let reference = self.app.reference_for::<action::StepCampaign>(&identity.actor)?;
        let found = reference.campaigns.iter().find(|one| one.code == code);
        Ok(found.ok_or(RefusalReason::NotFound)?.status)
    }

    fn rehearse_campaign(
        &self,
        identity: &CallerIdentity,
        message: pb::RehearseCampaignRequest,
    ) -> Result<pb::RehearseCampaignResponse, RpcError> {
        let pb::RehearseCampaignRequest { code, act } = message;
        let mut violations = FieldViolations::default();
        let code = violations.check_text("code", &code, CODE);
        let act = violations.check("act", read_rehearsed_act(act));
        let (code, act) = violations.into_result(code.zip(act))?;
        let mut rehearsed: CampaignRehearsal =
            self.app.rehearse_campaign(&identity.actor, &code, act)?;
        let reference = self.load_reference()?;
        let campaign = reference.campaigns.iter().find(|one| one.code == code);
        let owner = campaign.map(Campaign::owner_id);
        rehearsed.standings.retain(|one| Some(one.unit) == owner);
        messages::rehearsal_to_proto(rehearsed, &reference)
    }

    /// The newest step on the award, for a caller that may step the campaign.
    fn award_to_proto(
        &self,
        identity: &CallerIdentity,
        campaign: &Campaign,
    ) -> Result<Option<pb::CampaignAward>, RpcError> {
        let (actor, id) = (&identity.actor, campaign.id());
        match self.app.newest_award_entry::<action::StepCampaign>(actor, id) {
            Ok(entry) => Ok(entry.as_ref().map(messages::award_to_proto)),
            Err(AppError::Refused(refusal)) if refusal.reason == RefusalReason::Denied => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn campaign_to_proto(
        &self,
        reference: &ReferenceSnapshot,
        campaign: &Campaign,
    ) -> Result<pb::Campaign, RpcError> {
        let message = record::campaign_to_proto(campaign, &reference.element_numbers);
        let record = message.map_err(|error| RpcError::Internal(error.to_string()))?;
        let revision = self.load_revision(RecordKind::Campaign, &campaign.id().0)?;
        let id = campaign.id().0.to_vec();
        Ok(pb::Campaign { id, revision, record: Some(record), award: None })
    }
}

fn read_rehearsed_act(number: i32) -> Result<RehearsedAct, RefusalReason> {
    match pb::RehearsedAct::try_from(number) {
        Ok(pb::RehearsedAct::Night) => Ok(RehearsedAct::Night),
        Ok(pb::RehearsedAct::Phase) => Ok(RehearsedAct::Phase),
        Ok(pb::RehearsedAct::Conclusion) => Ok(RehearsedAct::Conclusion),
        Ok(pb::RehearsedAct::Unspecified) | Err(_) => Err(RefusalReason::Malformed),
    }
}

fn read_definition_files(files: Vec<pb::DefinitionFile>) -> Result<Vec<NamedText>, RpcError> {
    if files.len() > DEFINITION_FILES_MAX {
        return Err(RpcError::LimitExceeded("files", DEFINITION_FILES_MAX as u64));
    }
    if files.is_empty() {
        return Err(RpcError::App(RefusalReason::NothingToDo.into()));
    }
    let mut violations = FieldViolations::default();
    let mut read = Vec::with_capacity(files.len());
    for (index, pb::DefinitionFile { name, text }) in files.into_iter().enumerate() {
        if text.len() > DEFINITION_FILE_BYTES_MAX {
            return Err(RpcError::LimitExceeded("text", DEFINITION_FILE_BYTES_MAX as u64));
        }
        let name = violations.check_text(format!("files[{index}].name"), &name, FILE_NAME);
        read.extend(name.map(|name| NamedText { name, text }));
    }
    Ok(violations.into_result(Some(read))?)
}
