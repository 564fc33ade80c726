//! Reads standings and the reports behind them. No method may rank units.

use super::report::parse_optional_id;
use super::status::RpcError;
use super::{Services, impl_service, pagination};
use crate::app::access::CallerIdentity;
use crate::app::standing_queries::{ReportDrilldown, StoredStanding};
use crate::domain::standing::StandingReport;
use crate::domain::support::ids::{CampaignId, ReportId, StandingId, UnitId};
use crate::domain::support::limits::CODE;
use crate::domain::support::reason::RefusalReason;
use crate::pb;
use crate::pb::standing_service_server::StandingService;
use crate::wire::field_violations::FieldViolations;
use crate::wire::standing::standing_report_to_proto;
use crate::wire::{record, values};

impl_service!(StandingService {
    authenticated get_standing: GetStandingRequest => GetStandingResponse;
    authenticated list_standings: ListStandingsRequest => ListStandingsResponse;
    authenticated list_standing_reports: ListStandingReportsRequest => ListStandingReportsResponse;
});

impl Services {
    fn get_standing(
        &self,
        identity: &CallerIdentity,
        message: pb::GetStandingRequest,
    ) -> Result<pb::GetStandingResponse, RpcError> {
        let pb::GetStandingRequest { standing_id } = message;
        let id = values::id_from_bytes(&standing_id, StandingId::from_slice)?;
        let stored = self.app.standing_result(&identity.actor, id)?;
        Ok(pb::GetStandingResponse { standing: Some(self.standing_to_proto(&stored)?) })
    }

    fn list_standings(
        &self,
        identity: &CallerIdentity,
        message: pb::ListStandingsRequest,
    ) -> Result<pb::ListStandingsResponse, RpcError> {
        let filter_key =
            pb::ListStandingsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
        let filter_key = format!("{filter_key:?}").into_bytes();
        let pb::ListStandingsRequest {
            page_size,
            page_token,
            campaign_id,
            unit_id,
            target_code,
            phase_number,
            view,
        } = message;
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, &filter_key)?;
        let campaign = values::id_from_bytes(&campaign_id, CampaignId::from_slice)?;
        let target_code = FieldViolations::require_text("target_code", &target_code, CODE)?;
        let unit = parse_optional_id(&unit_id, UnitId::from_slice)?;
        let view = pb::StandingView::try_from(view).map_err(|_| RefusalReason::Malformed)?;
        let view =
            if view == pb::StandingView::Unspecified { pb::StandingView::AsWas } else { view };
        let mut results = self.app.campaign_results(&identity.actor, campaign)?;
        results.standings.retain(|stored| {
            let standing = &stored.standing;
            unit.is_none_or(|unit| unit == standing.unit)
                && (target_code.is_empty() || target_code == standing.judgement.code)
                && phase_number.is_none_or(|phase| phase == u32::from(standing.phase))
                && record::standing_view_to_proto(standing.view) == view
        });
        let standings = results
            .standings
            .iter()
            .skip(skip)
            .take(size)
            .map(|stored| self.standing_to_proto(stored));
        Ok(pb::ListStandingsResponse {
            standings: standings.collect::<Result<_, _>>()?,
            next_page_token: pagination::next_offset_token(
                skip + size,
                results.standings.len(),
                &filter_key,
            ),
            latest_run: results.run.as_ref().map(record::run_to_proto),
        })
    }

    fn list_standing_reports(
        &self,
        identity: &CallerIdentity,
        message: pb::ListStandingReportsRequest,
    ) -> Result<pb::ListStandingReportsResponse, RpcError> {
        let filter_key = format!("{:?}", (&message.standing_id, &message.member_code)).into_bytes();
        let pb::ListStandingReportsRequest { standing_id, member_code, page_size, page_token } =
            message;
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, &filter_key)?;
        let id = values::id_from_bytes(&standing_id, StandingId::from_slice)?;
        let member_code = FieldViolations::require_text("member_code", &member_code, CODE)?;
        let ReportDrilldown { cut_seq, lines, hidden_count } =
            self.app.drill_down(&identity.actor, id, &member_code)?;
        let next_page_token = pagination::next_offset_token(skip + size, lines.len(), &filter_key);
        let lines: Vec<StandingReport> = lines.into_iter().skip(skip).take(size).collect();
        let ids: Vec<ReportId> = lines.iter().map(|line| line.report).collect();
        let mut stored = self.app.reports_by_id(&ids)?;
        stored.retain(|stored| stored.report.state.is_sent());
        let reports = self.reports_to_proto(&stored)?;
        let org = &self.load_reference()?.org;
        let unit_code = |unit| org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone());
        Ok(pb::ListStandingReportsResponse {
            reports,
            next_page_token,
            standing_reports: lines
                .into_iter()
                .map(|line| standing_report_to_proto(&unit_code(line.unit), &line))
                .collect(),
            cut_seq,
            out_of_sight: u32::try_from(hidden_count).unwrap_or(u32::MAX),
        })
    }

    fn standing_to_proto(&self, stored: &StoredStanding) -> Result<pb::Standing, RpcError> {
        let reference = self.load_reference()?;
        let StoredStanding { standing, revision } = stored;
        let message = record::standing_to_proto(
            standing,
            &reference.unit_numbers,
            &reference.element_numbers,
        );
        let record = message.map_err(|error| RpcError::Internal(error.to_string()))?;
        Ok(pb::Standing { id: standing.id().0.to_vec(), revision: *revision, record: Some(record) })
    }
}
