//! Rehearsals, waivers, reopenings and the award.

use super::super::context::LocalApp;
use super::super::error::CliResult;
use super::super::standing_format::standing_json;
use super::campaigns::read_reopening;
use super::runs::state_text;
use super::{CampaignLine, Desk, RemoteDesk, new_request_id, read, require, unit_uid};
use crate::app::ReferenceSnapshot;
use crate::app::conclusion::{OpenVerdict, RehearsedAct};
use crate::app::waiver::StoredWaiver;
use crate::domain::campaign::completeness::MissingReport;
use crate::domain::campaign::{AwardDocument, AwardEntry, AwardRequest, CampaignStatus, Reopening};
use crate::domain::report::ReportKey;
use crate::domain::report::waiver::Waiver;
use crate::domain::standing::Standing;
use crate::domain::support::ids::{AccountId, CampaignId, ContractId, ReportId, UnitId, WaiverId};
use crate::pb;
use crate::wire::bytes::encode_message;
use crate::wire::record::{self, UnitNumbers};
use crate::wire::{enums, values};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A standing of the unit that runs the campaign.
pub(in crate::cli) struct StandingLine {
    pub(in crate::cli) phase: u32,
    pub(in crate::cli) target: String,
    pub(in crate::cli) value: String,
    pub(in crate::cli) state: String,
}

/// What an act would publish.
pub(in crate::cli) struct RehearsalView {
    pub(in crate::cli) as_of: Date,
    pub(in crate::cli) phase: Option<u8>,
    /// Those of the unit that runs the campaign.
    pub(in crate::cli) standings: Vec<StandingLine>,
    /// Those of all units in the database of this machine; of a server elsewhere, which sends no
    /// figures of other units, those of the unit that runs the campaign, in few words.
    pub(in crate::cli) standings_json: Vec<Value>,
    pub(in crate::cli) changed: usize,
    pub(in crate::cli) missing: Vec<MissingReport>,
    /// Each with the code of its unit.
    pub(in crate::cli) open_verdicts: Vec<(String, OpenVerdict)>,
}

/// A waiver with the codes of its unit and its contract.
pub(in crate::cli) struct WaiverLine {
    pub(in crate::cli) unit: String,
    pub(in crate::cli) contract: String,
    pub(in crate::cli) waiver: Waiver,
    pub(in crate::cli) revision: i64,
}

/// What is done about waivers of reports.
#[derive(Clone, Copy)]
pub(in crate::cli) enum WaiverAct<'a> {
    /// Propose them for this reason.
    Propose(&'a str),
    /// Sign them, or refuse.
    Settle { sign: bool },
}

impl Desk {
    /// Judges the next night, phase or conclusion on the data of today.
    pub(in crate::cli) fn rehearse(
        &self,
        campaign: &str,
        act: RehearsedAct,
    ) -> CliResult<RehearsalView> {
        match self {
            Self::Local(local_app) => rehearse_locally(local_app, campaign, act),
            Self::Remote(remote) => remote.rehearse(campaign, act),
        }
    }

    /// The report of a contract and a unit whose period begins on this day.
    pub(in crate::cli) fn find_report(
        &self,
        contract: &str,
        unit: &str,
        from: Date,
    ) -> CliResult<Option<ReportId>> {
        match self {
            Self::Local(local_app) => {
                let (contract, unit) = (ContractId::from_code(contract), self.find_unit_id(unit)?);
                let found = local_app.app.expected_report(contract, unit, from)?;
                Ok(found.map(|key| key.id()))
            }
            Self::Remote(remote) => remote.find_missing_report(contract, unit, from),
        }
    }

    /// Proposes, signs or refuses waivers; each report gets one of its own.
    pub(in crate::cli) fn act_on_waivers(
        &self,
        account: AccountId,
        reports: &[ReportId],
        act: WaiverAct<'_>,
    ) -> CliResult<Vec<WaiverLine>> {
        match self {
            Self::Local(local_app) => waive_locally(local_app, account, reports, act),
            Self::Remote(remote) => remote.act_on_waivers(reports, act),
        }
    }

    /// The waivers of visible units.
    pub(in crate::cli) fn waivers(&self) -> CliResult<Vec<WaiverLine>> {
        match self {
            Self::Local(local_app) => {
                let reference = local_app.load_reference()?;
                let waivers = local_app.app.visible_waivers(&local_app.actor)?;
                Ok(waivers.into_iter().map(|one| local_waiver(&reference, one)).collect())
            }
            Self::Remote(remote) => remote.waivers(),
        }
    }

    /// Asks to reopen a campaign or, as the second person, reopens it.
    pub(in crate::cli) fn reopen_campaign(
        &self,
        account: AccountId,
        id: CampaignId,
        (reason, withdraw): (&str, bool),
    ) -> CliResult<(CampaignStatus, Option<Reopening>)> {
        match self {
            Self::Local(local_app) => {
                let actor = local_app.app.account_actor(&local_app.actor, account)?;
                let campaign = local_app.app.reopen_campaign(&actor, id, (reason, withdraw))?;
                Ok((campaign.status, campaign.reopening))
            }
            Self::Remote(remote) => {
                let request = pb::ReopenCampaignRequest {
                    request_id: new_request_id()?,
                    campaign_id: id.0.to_vec(),
                    reason: reason.to_owned(),
                    withdraw,
                };
                let answer = remote.ask(remote.client.reopen_campaign(request))?;
                let status = read(enums::campaign_status_from_proto(answer.status))?;
                Ok((status, answer.reopening.map(read_reopening).transpose()?))
            }
        }
    }

    /// Takes a step on the award of a campaign.
    pub(in crate::cli) fn step_award(
        &self,
        account: AccountId,
        campaign: CampaignId,
        request: AwardRequest<'_>,
    ) -> CliResult<AwardEntry> {
        match self {
            Self::Local(local_app) => {
                let actor = local_app.app.account_actor(&local_app.actor, account)?;
                Ok(local_app.app.step_award(&actor, campaign, request)?)
            }
            Self::Remote(remote) => remote.step_award(campaign, request),
        }
    }
}

fn rehearse_locally(
    local_app: &LocalApp,
    code: &str,
    act: RehearsedAct,
) -> CliResult<RehearsalView> {
    let reference = local_app.load_reference()?;
    let found = local_app.app.rehearse_campaign(&local_app.actor, code, act)?;
    let campaign = reference.campaigns.iter().find(|one| one.code == code);
    let owner = campaign.map(|campaign| campaign.owner_id());
    let line = |one: &Standing| StandingLine {
        phase: one.phase.into(),
        target: one.judgement.code.clone(),
        value: one.judgement.display.clone(),
        state: one.judgement.state.as_str().to_owned(),
    };
    let value = |one: &Standing| {
        standing_json(one, &unit_uid(&reference.org, one.unit), &reference.catalogue)
    };
    let own = found.standings.iter().filter(|one| Some(one.unit) == owner);
    let verdicts = found.open_verdicts.into_iter();
    Ok(RehearsalView {
        as_of: found.as_of,
        phase: found.phase,
        standings: own.map(line).collect(),
        standings_json: found.standings.iter().map(value).collect(),
        changed: found.changed,
        missing: found.missing,
        open_verdicts: verdicts.map(|one| (unit_uid(&reference.org, one.unit), one)).collect(),
    })
}

fn local_waiver(reference: &ReferenceSnapshot, (waiver, revision): StoredWaiver) -> WaiverLine {
    let contract = reference.contract(waiver.key.contract);
    WaiverLine {
        unit: unit_uid(&reference.org, waiver.key.unit),
        contract: contract.map_or_else(String::new, |contract| contract.code.clone()),
        waiver,
        revision,
    }
}

fn waive_locally(
    local_app: &LocalApp,
    account: AccountId,
    reports: &[ReportId],
    act: WaiverAct<'_>,
) -> CliResult<Vec<WaiverLine>> {
    let actor = local_app.app.account_actor(&local_app.actor, account)?;
    let stored = match act {
        WaiverAct::Propose(reason) => local_app.app.propose_waivers(&actor, reports, reason)?,
        WaiverAct::Settle { sign } => {
            let ids: Vec<WaiverId> = reports.iter().copied().map(Waiver::id_of_report).collect();
            local_app.app.settle_waivers(&actor, &ids, sign)?
        }
    };
    let reference = local_app.load_reference()?;
    Ok(stored.into_iter().map(|one| local_waiver(&reference, one)).collect())
}

impl RemoteDesk {
    fn rehearse(&self, code: &str, act: RehearsedAct) -> CliResult<RehearsalView> {
        let act = match act {
            RehearsedAct::Night => pb::RehearsedAct::Night,
            RehearsedAct::Phase => pb::RehearsedAct::Phase,
            RehearsedAct::Conclusion => pb::RehearsedAct::Conclusion,
        };
        let request = pb::RehearseCampaignRequest { code: code.to_owned(), act: act.into() };
        let found = self.ask(self.client.rehearse_campaign(request))?;
        let (org, numbers) = self.load_org()?;
        let mut standings = Vec::new();
        let mut standings_json = Vec::new();
        for record in found.standings {
            let unit = require(numbers.item(record.unit_number))?;
            let judged = require(record.judgement)?;
            let state = state_text(judged.state)?;
            standings_json.push(json!({
                "unit": unit_uid(&org, *unit),
                "phase": record.phase_number,
                "judgement": { "code": judged.code, "state": state, "display": judged.display },
            }));
            let (target, value, phase) = (judged.code, judged.display, record.phase_number);
            standings.push(StandingLine { phase, target, value, state });
        }
        let phase = require(u8::try_from(found.phase).ok())?;
        let verdicts = found.open_verdicts.into_iter().map(read_verdict);
        Ok(RehearsalView {
            as_of: read(values::day_from_proto(found.as_of_day))?,
            phase: (phase != 0).then_some(phase),
            standings,
            standings_json,
            changed: found.changed as usize,
            missing: found.missing.into_iter().map(read_missing).collect::<CliResult<_>>()?,
            open_verdicts: verdicts.collect::<CliResult<_>>()?,
        })
    }

    /// A report that some campaign still misses.
    fn find_missing_report(
        &self,
        contract: &str,
        unit: &str,
        from: Date,
    ) -> CliResult<Option<ReportId>> {
        for CampaignLine { code, contracts, .. } in self.campaigns()? {
            if !contracts.iter().any(|one| one == contract) {
                continue;
            }
            let missing = self.rehearse(&code, RehearsedAct::Conclusion)?.missing;
            let is_meant = |one: &&MissingReport| {
                one.contract == contract && one.unit == unit && one.key.period.start == from
            };
            if let Some(found) = missing.iter().find(is_meant) {
                return Ok(Some(found.key.id()));
            }
        }
        Ok(None)
    }

    fn act_on_waivers(
        &self,
        reports: &[ReportId],
        act: WaiverAct<'_>,
    ) -> CliResult<Vec<WaiverLine>> {
        let mut waivers = Vec::new();
        for report in reports {
            let waiver = match act {
                WaiverAct::Propose(reason) => {
                    let request = pb::ProposeWaiverRequest {
                        request_id: new_request_id()?,
                        report_id: report.0.to_vec(),
                        reason: reason.to_owned(),
                    };
                    self.ask(self.client.propose_waiver(request))?.waiver
                }
                WaiverAct::Settle { sign } => {
                    let request = pb::SettleWaiverRequest {
                        request_id: new_request_id()?,
                        waiver_id: Waiver::id_of_report(*report).0.to_vec(),
                        sign,
                    };
                    self.ask(self.client.settle_waiver(request))?.waiver
                }
            };
            waivers.push(require(waiver)?);
        }
        self.read_waivers(waivers)
    }

    fn waivers(&self) -> CliResult<Vec<WaiverLine>> {
        let waivers = self.read_pages(|page_token| {
            let request = pb::ListWaiversRequest { page_size: 500, page_token };
            let answer = self.client.list_waivers(request)?;
            Ok((answer.waivers, answer.next_page_token))
        })?;
        self.read_waivers(waivers)
    }

    fn read_waivers(&self, waivers: Vec<pb::Waiver>) -> CliResult<Vec<WaiverLine>> {
        let (org, numbers) = self.load_org()?;
        let codes = self.campaigns()?.into_iter().flat_map(|campaign| campaign.contracts);
        let codes: BTreeMap<ContractId, String> =
            codes.map(|code| (ContractId::from_code(&code), code)).collect();
        let line = |one: pb::Waiver| {
            let (waiver, revision) = (read_waiver(one.record, &numbers)?, one.revision);
            let contract = codes.get(&waiver.key.contract).cloned().unwrap_or_default();
            let unit = unit_uid(&org, waiver.key.unit);
            Ok(WaiverLine { unit, contract, waiver, revision })
        };
        waivers.into_iter().map(line).collect()
    }

    fn step_award(&self, id: CampaignId, request: AwardRequest<'_>) -> CliResult<AwardEntry> {
        use pb::step_award_request::Act;
        let act = match request {
            AwardRequest::Decide { reference, day } => Act::Decide(pb::DecideAward {
                reference: reference.to_owned(),
                day: day.map(values::day_to_proto),
            }),
            AwardRequest::Revoke { reason } => {
                Act::Revoke(pb::RevokeAward { reason: reason.to_owned() })
            }
            AwardRequest::Withdraw => Act::Withdraw(pb::WithdrawAward {}),
        };
        let request = pb::StepAwardRequest {
            request_id: new_request_id()?,
            campaign_id: id.0.to_vec(),
            act: Some(act),
            validate_only: false,
        };
        let answer = self.ask(self.client.step_award(request))?;
        let pb::StepAwardResponse { step, reference, day, reason, entered_day } = answer;
        Ok(AwardEntry {
            step: read(enums::award_step_from_proto(step))?,
            document: AwardDocument { reference, day: read(values::day_from_proto(day))? },
            reason,
            entered_day: read(values::day_from_proto(entered_day))?,
        })
    }
}

fn read_waiver(record: Option<pb::WaiverRecord>, numbers: &UnitNumbers) -> CliResult<Waiver> {
    require(record::decode_waiver(&encode_message(&require(record)?), numbers).ok())
}

fn read_missing(report: pb::MissingReport) -> CliResult<MissingReport> {
    let period = read(values::period_from_proto(require(report.period)?))?;
    let contract = ContractId::from_code(&report.contract);
    let unit = UnitId::from_code(&report.unit_uid);
    Ok(MissingReport {
        key: ReportKey { contract, unit, period },
        reviewing_unit: report.reviewing_unit_uid,
        unit: report.unit_uid,
        contract: report.contract,
        state: read(enums::missing_state_from_proto(report.state))?,
        waived: report.waived,
    })
}

fn read_verdict(verdict: pb::OpenVerdict) -> CliResult<(String, OpenVerdict)> {
    let pb::OpenVerdict { unit_uid, target, phase, missing, stays_open, state } = verdict;
    let read = OpenVerdict {
        unit: UnitId::from_code(&unit_uid),
        phase: require(u8::try_from(phase).ok())?,
        target,
        missing,
        state: require(record::judgement_state_from_proto(state).ok())?,
        stays_open,
    };
    Ok((unit_uid, read))
}
