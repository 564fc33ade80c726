//! Campaigns and the files that define them.

use super::super::context::{CliContext, LocalApp};
use super::super::error::{CliFinding, CliResult};
use super::super::lookup::{find_by_code, find_campaign};
use super::{Desk, RemoteDesk, is_out_of_sight, new_request_id, read, require};
use crate::app::act::{ActRequest, Performer};
use crate::domain::access::permission::action;
use crate::domain::campaign::{
    Amendment, AwardDocument, AwardEntry, Campaign, CampaignStatus, CampaignStep, Reopening,
};
use crate::domain::support::ids::CampaignId;
use crate::domain::support::violation::Severity;
use crate::exchange::definitions::{
    DefinitionChange, DefinitionKind, Definitions, apply_definitions,
};
use crate::files::campaign_set::NamedText;
use crate::files::diagnostic::{RefusedCell, TextPosition};
use crate::pb;
use crate::wire::{enums, values};
use jiff::civil::Date;

/// A campaign in a list.
#[derive(Debug, Clone)]
pub(in crate::cli) struct CampaignLine {
    pub(in crate::cli) code: String,
    pub(in crate::cli) name_vi: String,
    pub(in crate::cli) name_en: String,
    pub(in crate::cli) first_day: Date,
    pub(in crate::cli) last_day: Date,
    pub(in crate::cli) status: CampaignStatus,
    pub(in crate::cli) amendments: Vec<Amendment>,
    pub(in crate::cli) contracts: Vec<String>,
    /// The newest step on its award.
    pub(in crate::cli) award: Option<AwardEntry>,
}

/// What files say, and what applying them changes.
pub(in crate::cli) struct AppliedDefinitions {
    pub(in crate::cli) findings: Vec<CliFinding>,
    /// Whether no finding is an error; otherwise nothing is written.
    pub(in crate::cli) is_valid: bool,
    pub(in crate::cli) changes: Vec<DefinitionChange>,
}

impl CampaignLine {
    /// The id, which follows from the code.
    pub(in crate::cli) fn id(&self) -> CampaignId {
        CampaignId::from_code(&self.code)
    }
}

impl From<&Campaign> for CampaignLine {
    fn from(campaign: &Campaign) -> Self {
        Self {
            code: campaign.code.clone(),
            name_vi: campaign.name_vi.clone(),
            name_en: campaign.name_en.clone(),
            first_day: campaign.legal_window.start,
            last_day: campaign.legal_window.last_day(),
            status: campaign.status,
            amendments: campaign.amendments.clone(),
            contracts: campaign.contracts.clone(),
            award: None,
        }
    }
}

impl Desk {
    /// Every campaign, drafts too, by code.
    pub(in crate::cli) fn campaigns(&self) -> CliResult<Vec<CampaignLine>> {
        match self {
            Self::Local(local_app) => local_campaigns(local_app),
            Self::Remote(remote) => remote.campaigns(),
        }
    }

    /// The campaign with this code, or the only one.
    pub(in crate::cli) fn campaign(&self, code: Option<&str>) -> CliResult<CampaignLine> {
        match self {
            Self::Local(local_app) => {
                let reference = local_app.load_reference()?;
                Ok(find_campaign(&reference, code)?.into())
            }
            Self::Remote(remote) => {
                find_by_code(&remote.campaigns()?, |one| &one.code, code).cloned()
            }
        }
    }

    /// Takes a step and gives the campaign after it.
    pub(in crate::cli) fn step_campaign(
        &self,
        code: &str,
        step: CampaignStep,
    ) -> CliResult<CampaignLine> {
        match self {
            Self::Local(local_app) => {
                Ok((&local_app.app.advance_campaign(&local_app.actor, code, step)?).into())
            }
            Self::Remote(remote) => {
                let request = pb::StepCampaignRequest {
                    request_id: new_request_id()?,
                    code: code.to_owned(),
                    step: enums::campaign_step_to_proto(step).into(),
                    validate_only: false,
                };
                remote.ask(remote.client.step_campaign(request))?;
                self.campaign(Some(code))
            }
        }
    }

    /// Applies files, all or none; with `dry_run` it only says what that would change.
    pub(in crate::cli) fn apply_files(
        &self,
        ctx: &CliContext,
        files: Vec<NamedText>,
        basis: Option<&str>,
        dry_run: bool,
    ) -> CliResult<AppliedDefinitions> {
        match self {
            Self::Local(local_app) => apply_locally(ctx, local_app, &files, basis, dry_run),
            Self::Remote(remote) => remote.apply_files(files, basis, dry_run),
        }
    }
}

fn local_campaigns(local_app: &LocalApp) -> CliResult<Vec<CampaignLine>> {
    let reference = local_app.load_reference()?;
    let line = |campaign: &Campaign| {
        let (app, actor) = (&local_app.app, &local_app.actor);
        let award = app.newest_award_entry::<action::StepCampaign>(actor, campaign.id())?;
        Ok(CampaignLine { award, ..campaign.into() })
    };
    reference.campaigns.iter().map(line).collect()
}

fn apply_locally(
    ctx: &CliContext,
    local_app: &LocalApp,
    files: &[NamedText],
    basis: Option<&str>,
    dry_run: bool,
) -> CliResult<AppliedDefinitions> {
    let offline_lease_days = ctx.read_config()?.limits.offline_lease_days.get();
    let definitions = Definitions { files, basis, offline_lease_days };
    let request = ActRequest::of_operator("files.apply", dry_run);
    let performer = Performer::Operator(&local_app.actor);
    let outcome = apply_definitions(&local_app.app, performer, &request, definitions)?;
    let outcome = outcome.performed().unwrap_or_default();
    let placed = outcome.diagnostics.into_iter().map(CliFinding::from);
    Ok(AppliedDefinitions {
        findings: placed.chain(outcome.unplaced.into_iter().map(CliFinding::from)).collect(),
        is_valid: outcome.is_valid,
        changes: outcome.changes,
    })
}

impl RemoteDesk {
    /// Every campaign that the account may list; drafts for one that may apply or step campaigns.
    pub(super) fn campaigns(&self) -> CliResult<Vec<CampaignLine>> {
        let all = match self.list_campaigns(true) {
            Err(refused) if is_out_of_sight(&refused) => self.list_campaigns(false)?,
            all => all?,
        };
        all.into_iter().map(read_campaign).collect()
    }

    pub(super) fn list_campaigns(&self, include_drafts: bool) -> CliResult<Vec<pb::Campaign>> {
        self.read_pages(|page_token| {
            let request = pb::ListCampaignsRequest { page_size: 100, page_token, include_drafts };
            let answer = self.client.list_campaigns(request)?;
            Ok((answer.campaigns, answer.next_page_token))
        })
    }

    fn apply_files(
        &self,
        files: Vec<NamedText>,
        basis: Option<&str>,
        validate_only: bool,
    ) -> CliResult<AppliedDefinitions> {
        let file = |NamedText { name, text }| pb::DefinitionFile { name, text };
        let request = pb::ApplyCampaignsRequest {
            request_id: new_request_id()?,
            files: files.into_iter().map(file).collect(),
            basis: basis.unwrap_or_default().to_owned(),
            validate_only,
        };
        let answer = self.ask(self.client.apply_campaigns(request))?;
        let is_error =
            |one: &pb::FileFinding| one.severity == i32::from(pb::FindingSeverity::Error);
        Ok(AppliedDefinitions {
            is_valid: !answer.findings.iter().any(is_error),
            findings: answer.findings.into_iter().map(read_finding).collect(),
            changes: answer.changes.into_iter().map(read_change).collect::<CliResult<_>>()?,
        })
    }
}

fn read_campaign(campaign: pb::Campaign) -> CliResult<CampaignLine> {
    let (record, award) = (require(campaign.record)?, campaign.award);
    let days = read(values::window_from_proto(record.legal_days))?;
    Ok(CampaignLine {
        code: record.code,
        name_vi: record.name_vi,
        name_en: record.name_en,
        first_day: days.start,
        last_day: days.last_day(),
        status: read(enums::campaign_status_from_proto(record.status))?,
        amendments: record.amendments.into_iter().map(read_amendment).collect::<CliResult<_>>()?,
        contracts: record.contracts,
        award: award.map(read_award).transpose()?,
    })
}

fn read_amendment(amendment: pb::Amendment) -> CliResult<Amendment> {
    let pb::Amendment { number, basis, entered_day, changed } = amendment;
    let no = require(u8::try_from(number).ok())?;
    Ok(Amendment { no, basis, entered: read(values::day_from_proto(entered_day))?, changed })
}

pub(super) fn read_reopening(reopening: pb::Reopening) -> CliResult<Reopening> {
    let pb::Reopening { reason, asked_day } = reopening;
    Ok(Reopening { reason, asked_day: read(values::day_from_proto(asked_day))? })
}

fn read_award(award: pb::CampaignAward) -> CliResult<AwardEntry> {
    let pb::CampaignAward { step, reference, day, reason, entered_day } = award;
    Ok(AwardEntry {
        step: read(enums::award_step_from_proto(step))?,
        document: AwardDocument { reference, day: read(values::day_from_proto(day))? },
        reason,
        entered_day: read(values::day_from_proto(entered_day))?,
    })
}

pub(super) fn read_finding(finding: pb::FileFinding) -> CliFinding {
    let pb::FileFinding { file, line, column, code, severity, message, path, cell } = finding;
    let severity = match pb::FindingSeverity::try_from(severity) {
        Ok(pb::FindingSeverity::Warning) => Severity::Warning,
        Ok(pb::FindingSeverity::Error | pb::FindingSeverity::Unspecified) | Err(_) => {
            Severity::Error
        }
    };
    let mut read = CliFinding::of_server(&code, severity, path, message);
    if !file.is_empty() {
        let position = TextPosition { line: line as usize, column: column as usize };
        read.place = Some((file, position));
    }
    let given = |text: String| (!text.is_empty()).then_some(text);
    read.cell = cell.map(|pb::RefusedCell { sheet, column_name: column, typed, understood }| {
        let (sheet, understood) = (given(sheet), given(understood));
        Box::new(RefusedCell { sheet, column, typed, understood })
    });
    read
}

fn read_change(change: pb::DefinitionChange) -> CliResult<DefinitionChange> {
    let pb::DefinitionChange { kind, code, is_new, lines } = change;
    let kind = match pb::DefinitionKind::try_from(kind) {
        Ok(pb::DefinitionKind::Element) => DefinitionKind::Element,
        Ok(pb::DefinitionKind::Form) => DefinitionKind::Form,
        Ok(pb::DefinitionKind::Contract) => DefinitionKind::Contract,
        Ok(pb::DefinitionKind::Campaign) => DefinitionKind::Campaign,
        Ok(pb::DefinitionKind::Unspecified) | Err(_) => {
            return Err(super::unknown_answer());
        }
    };
    Ok(DefinitionChange { kind, code, is_new, lines })
}
