//! Score sheets, and rehearsals of the organisation.

use super::super::error::{CliError, CliFinding, CliResult};
use super::super::org_files::OrgFiles;
use super::campaigns::read_finding;
use super::imports::{TableOfPeople, short_name};
use super::{Desk, RemoteDesk, require};
use crate::domain::rehearsal::RehearsalReport;
use crate::exchange::org_rehearsal::{RehearsedFiles, rehearse_files};
use crate::exchange::scores::{ScoreRequest, UnitScore, evaluate_scores};
use crate::files::campaign_set::NamedText;
use crate::i18n::Lang;
use crate::pb;
use crate::wire::rehearsal::rehearsal_from_proto;
use crate::wire::scoring::score_sheet_from_proto;
use crate::wire::values;
use jiff::civil::Date;

/// A change of the organisation that is rehearsed.
pub(in crate::cli) struct OrgChangeFiles<'a> {
    /// The organisation as it is after the change.
    pub(in crate::cli) files: &'a OrgFiles,
    pub(in crate::cli) handover: Option<&'a TableOfPeople>,
    /// `None`: the next day of change.
    pub(in crate::cli) on: Option<Date>,
    /// The only campaign, or the one with this code.
    pub(in crate::cli) campaign: Option<&'a str>,
}

/// What a change of the organisation would do.
pub(in crate::cli) struct RehearsedOrganisation {
    /// Everything in lines.
    pub(in crate::cli) text: String,
    /// The same in parts, without findings.
    pub(in crate::cli) report: RehearsalReport,
    pub(in crate::cli) findings: Vec<CliFinding>,
    /// Whether nothing stands against it.
    pub(in crate::cli) is_reconciled: bool,
}

impl Desk {
    /// The score sheets of a unit, or of those directly below the root, by code.
    pub(in crate::cli) fn scores(
        &self,
        campaign: Option<&str>,
        plan: Option<NamedText>,
        unit: Option<&str>,
    ) -> CliResult<Vec<UnitScore>> {
        let id = unit.map(|code| self.find_unit_id(code)).transpose()?;
        match self {
            Self::Local(local_app) => {
                let request = ScoreRequest { campaign, plan: plan.as_ref(), unit: id };
                let scores = evaluate_scores(&local_app.app, &local_app.actor, request)?;
                scores.map_err(CliError::from)
            }
            Self::Remote(remote) => remote.scores(campaign, plan, unit),
        }
    }

    /// Rehearses a change of the organisation; writes nothing.
    pub(in crate::cli) fn rehearse_organisation(
        &self,
        change: &OrgChangeFiles<'_>,
        lang: Lang,
    ) -> CliResult<RehearsedOrganisation> {
        let local_app = match self {
            Self::Local(local_app) => local_app,
            Self::Remote(remote) => return remote.rehearse_organisation(change),
        };
        let files = RehearsedFiles {
            tables: change.files.tables(),
            handover: change.handover.map(TableOfPeople::to_input),
            on: change.on,
            campaign: change.campaign,
        };
        let mut report = rehearse_files(&local_app.app, &local_app.actor, files)??;
        let (text, is_reconciled) = (report.message().text(lang), report.is_reconciled());
        let findings = std::mem::take(&mut report.findings);
        let findings = findings.into_iter().map(CliFinding::from).collect();
        Ok(RehearsedOrganisation { text, report, findings, is_reconciled })
    }
}

impl RemoteDesk {
    fn scores(
        &self,
        campaign: Option<&str>,
        plan: Option<NamedText>,
        unit: Option<&str>,
    ) -> CliResult<Vec<UnitScore>> {
        let file = |NamedText { name, text }| pb::DefinitionFile { name: short_name(name), text };
        let request = pb::EvaluateScoresRequest {
            campaign_code: campaign.unwrap_or_default().to_owned(),
            plan: plan.map(file),
            unit_uid: unit.unwrap_or_default().to_owned(),
        };
        let answer = self.ask(self.client.evaluate_scores(request))?;
        if !answer.findings.is_empty() {
            let findings = answer.findings.into_iter().map(read_finding);
            return Err(CliError::refused_files(findings));
        }
        let read_sheet = |sheet| {
            let (unit_uid, sheet) = require(score_sheet_from_proto(sheet).ok())?;
            Ok(UnitScore { unit_uid, sheet })
        };
        answer.sheets.into_iter().map(read_sheet).collect()
    }

    fn rehearse_organisation(
        &self,
        change: &OrgChangeFiles<'_>,
    ) -> CliResult<RehearsedOrganisation> {
        let file =
            |(name, data): (String, Vec<u8>)| Some(pb::TableFile { name: short_name(name), data });
        let [units, parents, lineage] = change.files.named_bytes();
        let handover = change.handover.map(|one| (one.name.clone(), one.bytes.clone()));
        let request = pb::RehearseOrganisationRequest {
            units: file(units),
            parents: file(parents),
            lineage: file(lineage),
            handover: handover.and_then(file),
            effective_day: change.on.map(values::day_to_proto),
            campaign_code: change.campaign.unwrap_or_default().to_owned(),
        };
        let answer = self.ask(self.client.rehearse_organisation(request))?;
        let findings: Vec<CliFinding> = answer.findings.into_iter().map(read_finding).collect();
        let Some(rehearsal) = answer.rehearsal else {
            return Err(CliError::refused_files(findings));
        };
        let is_reconciled = rehearsal.reconciled;
        let (report, text) = require(rehearsal_from_proto(rehearsal).ok())?;
        Ok(RehearsedOrganisation { text, report, findings, is_reconciled })
    }
}
