//! Lists, verifies and compares published runs.

use super::partner::manifest_to_proto;
use super::report::parse_optional_id;
use super::status::RpcError;
use super::{Services, impl_service, pagination};
use crate::app::ReferenceSnapshot;
use crate::app::access::CallerIdentity;
use crate::app::runs::{RunManifest, RunVerification, StandingDiff};
use crate::domain::access::permission::action;
use crate::domain::campaign::Campaign;
use crate::domain::report::Report;
use crate::domain::standing::{SEMANTICS_VERSION, Standing};
use crate::domain::support::ids::{CampaignId, RunId, UnitId};
use crate::domain::support::reason::RefusalReason;
use crate::pb;
use crate::pb::run_service_server::RunService;
use crate::wire::field_violations::FieldViolations;
use crate::wire::{enums, record, values};

impl_service!(RunService {
    authenticated list_runs: ListRunsRequest => ListRunsResponse;
    authenticated verify_run: VerifyRunRequest => VerifyRunResponse;
    authenticated list_standings_of_run: ListStandingsOfRunRequest => ListStandingsOfRunResponse;
    authenticated diff_runs: DiffRunsRequest => DiffRunsResponse;
});

impl Services {
    fn list_runs(
        &self,
        identity: &CallerIdentity,
        message: pb::ListRunsRequest,
    ) -> Result<pb::ListRunsResponse, RpcError> {
        let pb::ListRunsRequest { campaign_id, page_size, page_token } = message;
        let size = pagination::resolve_page_size(page_size, 20, 100)?;
        let skip = pagination::decode_offset_token(&page_token, &campaign_id)?;
        let reference = self.app.reference_for::<action::ReadJob>(&identity.actor)?;
        let id = values::id_from_bytes(&campaign_id, CampaignId::from_slice)?;
        let code = &reference.campaign(id).ok_or(RefusalReason::NotFound)?.code;
        let limit = i64::try_from(skip + size + 1).map_err(|_| RpcError::BadPageToken)?;
        let runs = self.app.run_manifests(id, limit)?;
        let page = runs.iter().skip(skip).take(size);
        Ok(pb::ListRunsResponse {
            runs: page.map(|run| manifest_to_proto(run, code)).collect(),
            next_page_token: pagination::next_offset_token(skip + size, runs.len(), &campaign_id),
        })
    }

    fn verify_run(
        &self,
        identity: &CallerIdentity,
        message: pb::VerifyRunRequest,
    ) -> Result<pb::VerifyRunResponse, RpcError> {
        let pb::VerifyRunRequest { run_id } = message;
        let reference = self.app.reference_for::<action::ReadJob>(&identity.actor)?;
        let mut violations = FieldViolations::default();
        let id = violations.check("run_id", values::id_from_bytes(&run_id, RunId::from_slice));
        let run = self.load_run(violations.into_result(id)?)?;
        let found = self.app.verify_run(&run)?;
        let mut differing: Vec<(String, String)> = found
            .differing
            .iter()
            .map(|(unit, target)| (unit_uid(&reference, *unit), target.clone()))
            .collect();
        differing.sort();
        Ok(pb::VerifyRunResponse {
            run: Some(manifest_to_proto(&run, &campaign_code(&reference, &run))),
            verdict: verdict_of(&found).into(),
            reports: found.reports as u32,
            input_holds: found.input_matches,
            output_holds: found.output_matches,
            differing: differing
                .into_iter()
                .map(|(unit_uid, target)| pb::DifferingStanding { unit_uid, target })
                .collect(),
            semantics_today: u32::try_from(SEMANTICS_VERSION).unwrap_or_default(),
        })
    }

    fn list_standings_of_run(
        &self,
        identity: &CallerIdentity,
        message: pb::ListStandingsOfRunRequest,
    ) -> Result<pb::ListStandingsOfRunResponse, RpcError> {
        let pb::ListStandingsOfRunRequest { run_id, unit_id, page_size, page_token } = message;
        let filter_key = [run_id.as_slice(), &unit_id].concat();
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, &filter_key)?;
        let reference = self.app.reference_for::<action::StepCampaign>(&identity.actor)?;
        let mut violations = FieldViolations::default();
        let id = violations.check("run_id", values::id_from_bytes(&run_id, RunId::from_slice));
        let unit = violations.check("unit_id", parse_optional_id(&unit_id, UnitId::from_slice));
        let (id, unit) = violations.into_result(id.zip(unit))?;
        let run = self.load_run(id)?;
        let (mut standings, _) = self.app.run_standings(&run)?;
        let unit = match unit {
            Some(unit) => unit,
            None => owner_of_run(&reference, &run).ok_or(RefusalReason::NotFound)?,
        };
        standings.retain(|one| one.unit == unit);
        standings.sort_by_cached_key(|one| (one.phase, one.judgement.code.clone()));
        let page = standings.iter().skip(skip).take(size);
        let page = page.map(|one| standing_to_proto(one, &reference)).collect::<Result<_, _>>()?;
        let next_page_token =
            pagination::next_offset_token(skip + size, standings.len(), &filter_key);
        Ok(pb::ListStandingsOfRunResponse { standings: page, next_page_token })
    }

    fn diff_runs(
        &self,
        identity: &CallerIdentity,
        message: pb::DiffRunsRequest,
    ) -> Result<pb::DiffRunsResponse, RpcError> {
        let pb::DiffRunsRequest { before_run_id, after_run_id, page_size, page_token } = message;
        let filter_key = [before_run_id.as_slice(), &after_run_id].concat();
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, &filter_key)?;
        let reference = self.app.reference_for::<action::StepCampaign>(&identity.actor)?;
        let mut violations = FieldViolations::default();
        let ids = [("before_run_id", before_run_id), ("after_run_id", after_run_id)];
        let [before, after] = ids.map(|(field, id)| {
            violations.check(field, values::id_from_bytes(&id, RunId::from_slice))
        });
        let (before, after) = violations.into_result(before.zip(after))?;
        let (before, after) = (self.load_run(before)?, self.load_run(after)?);
        if before.campaign != after.campaign {
            return Err(RpcError::App(RefusalReason::Malformed.into()));
        }
        let mut between = self.app.diff_runs(&before, &after)?;
        let uid = |unit| unit_uid(&reference, unit);
        between.standing_diffs.sort_by_cached_key(|one| (uid(one.unit), one.target.clone()));
        between
            .changed_reports
            .sort_by_cached_key(|report| (uid(report.key.unit), report.key.period.start));
        let (standings, reports) = (&between.standing_diffs, &between.changed_reports);
        let page = standings.iter().skip(skip).take(size);
        let page = page.map(|one| standing_change_to_proto(one, &reference));
        let page: Vec<pb::StandingChange> = page.collect::<Result<_, _>>()?;
        let rest = size - page.len();
        let changed = reports.iter().skip(skip.saturating_sub(standings.len())).take(rest);
        let total = standings.len() + reports.len();
        Ok(pb::DiffRunsResponse {
            definitions_changed: between.definitions_changed,
            baselines_changed: between.baselines_changed,
            standing_count: standings.len() as u32,
            report_count: reports.len() as u32,
            standings: page,
            reports: changed.map(|report| changed_report_to_proto(report, &reference)).collect(),
            next_page_token: pagination::next_offset_token(skip + size, total, &filter_key),
        })
    }

    fn load_run(&self, id: RunId) -> Result<RunManifest, RpcError> {
        Ok(self.app.run_manifest(id)?.ok_or(RefusalReason::NotFound)?)
    }
}

fn verdict_of(found: &RunVerification) -> pb::RunVerdict {
    match (found.holds(), found.other_semantics) {
        (false, _) => pb::RunVerdict::Differs,
        (true, Some(_)) => pb::RunVerdict::SemanticsChanged,
        (true, None) => pb::RunVerdict::Holds,
    }
}

fn unit_uid(reference: &ReferenceSnapshot, unit: UnitId) -> String {
    reference.org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone())
}

fn campaign_of<'a>(reference: &'a ReferenceSnapshot, run: &RunManifest) -> Option<&'a Campaign> {
    reference.campaigns.iter().find(|one| one.id().0[..] == run.campaign[..])
}

fn campaign_code(reference: &ReferenceSnapshot, run: &RunManifest) -> String {
    campaign_of(reference, run).map_or_else(String::new, |one| one.code.clone())
}

fn owner_of_run(reference: &ReferenceSnapshot, run: &RunManifest) -> Option<UnitId> {
    campaign_of(reference, run).map(Campaign::owner_id)
}

fn standing_to_proto(
    standing: &Standing,
    reference: &ReferenceSnapshot,
) -> Result<pb::StandingRecord, RpcError> {
    let (units, elements) = (&reference.unit_numbers, &reference.element_numbers);
    record::standing_to_proto(standing, units, elements)
        .map_err(|error| RpcError::Internal(error.to_string()))
}

fn standing_change_to_proto(
    change: &StandingDiff,
    reference: &ReferenceSnapshot,
) -> Result<pb::StandingChange, RpcError> {
    let StandingDiff { unit, target, before, after } = change;
    let side = |one: &Option<Standing>| one.as_ref().map(|one| standing_to_proto(one, reference));
    Ok(pb::StandingChange {
        unit_uid: unit_uid(reference, *unit),
        target: target.clone(),
        before: side(before).transpose()?,
        after: side(after).transpose()?,
    })
}

fn changed_report_to_proto(report: &Report, reference: &ReferenceSnapshot) -> pb::ChangedReport {
    pb::ChangedReport {
        report_id: report.key.id().0.to_vec(),
        unit_uid: unit_uid(reference, report.key.unit),
        period: Some(values::period_to_proto(&report.key.period)),
        state: enums::state_to_proto(report.state).into(),
    }
}
