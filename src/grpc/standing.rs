//! Standings, read. No method ranks units.
//!
//! Knows messages and pages; who sees what is asked in `app`.

use super::report::optional_id;
use super::status::Failure;
use super::{Services, page, service};
use crate::app::access::Identity;
use crate::app::results::{Backing, Published};
use crate::domain::ids::{CampaignId, ReportId, StandingId, UnitId};
use crate::domain::reason::Reason;
use crate::domain::standing::Behind;
use crate::pb;
use crate::pb::standing_service_server::StandingService;
use crate::wire::standing::standing_report;
use crate::wire::{record, values};

service!(StandingService {
    called get_standing: GetStandingRequest => GetStandingResponse;
    called list_standings: ListStandingsRequest => ListStandingsResponse;
    called list_standing_reports: ListStandingReportsRequest => ListStandingReportsResponse;
});

impl Services {
    fn get_standing(
        &self,
        who: &Identity,
        message: pb::GetStandingRequest,
    ) -> Result<pb::GetStandingResponse, Failure> {
        let pb::GetStandingRequest { standing_id } = message;
        let id = values::id(&standing_id, StandingId::from_slice)?;
        let published = self.app.result(&who.actor, id)?;
        Ok(pb::GetStandingResponse { standing: Some(self.standing(&published)?) })
    }

    fn list_standings(
        &self,
        who: &Identity,
        message: pb::ListStandingsRequest,
    ) -> Result<pb::ListStandingsResponse, Failure> {
        let question = pb::ListStandingsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
        let question = format!("{question:?}").into_bytes();
        let pb::ListStandingsRequest { page_size, page_token, campaign_id, unit_id, target_code, phase_number, view } =
            message;
        let size = page::size(page_size, 100, 500)?;
        let skip = page::read_offset(&page_token, &question)?;
        let campaign = values::id(&campaign_id, CampaignId::from_slice)?;
        let unit = optional_id(&unit_id, UnitId::from_slice)?;
        let view = pb::StandingView::try_from(view).map_err(|_| Reason::Malformed)?;
        let view = if view == pb::StandingView::Unspecified { pb::StandingView::AsWas } else { view };
        let mut results = self.app.results(&who.actor, campaign)?;
        results.standings.retain(|published| {
            let standing = &published.standing;
            unit.is_none_or(|unit| unit == standing.unit)
                && (target_code.is_empty() || target_code == standing.judgement.code)
                && phase_number.is_none_or(|phase| phase == u32::from(standing.phase))
                && record::standing_view(standing.view) == view
        });
        let standings = results.standings.iter().skip(skip).take(size).map(|published| self.standing(published));
        Ok(pb::ListStandingsResponse {
            standings: standings.collect::<Result<_, _>>()?,
            next_page_token: page::next(skip + size, results.standings.len(), &question),
            latest_run: results.run.as_ref().map(record::run_message),
        })
    }

    fn list_standing_reports(
        &self,
        who: &Identity,
        message: pb::ListStandingReportsRequest,
    ) -> Result<pb::ListStandingReportsResponse, Failure> {
        let question = format!("{:?}", (&message.standing_id, &message.member_code)).into_bytes();
        let pb::ListStandingReportsRequest { standing_id, member_code, page_size, page_token } = message;
        let size = page::size(page_size, 100, 500)?;
        let skip = page::read_offset(&page_token, &question)?;
        let id = values::id(&standing_id, StandingId::from_slice)?;
        let Backing { cut, lines, out_of_sight } = self.app.reports_behind(&who.actor, id, &member_code)?;
        let next_page_token = page::next(skip + size, lines.len(), &question);
        let lines: Vec<Behind> = lines.into_iter().skip(skip).take(size).collect();
        let ids: Vec<ReportId> = lines.iter().map(|line| line.report).collect();
        let mut filed = self.app.filed(&ids)?;
        filed.retain(|filed| filed.report.state.is_sent());
        let reports = self.messages(&filed)?;
        let org = &self.reference()?.org;
        let code = |unit| org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone());
        Ok(pb::ListStandingReportsResponse {
            reports,
            next_page_token,
            standing_reports: lines.into_iter().map(|line| standing_report(&code(line.unit), &line)).collect(),
            cut_seq: cut,
            out_of_sight: u32::try_from(out_of_sight).unwrap_or(u32::MAX),
        })
    }

    fn standing(&self, published: &Published) -> Result<pb::Standing, Failure> {
        let reference = self.reference()?;
        let Published { standing, revision } = published;
        let message = record::standing_message(standing, &reference.units, &reference.elements);
        let record = message.map_err(|error| Failure::Internal(error.to_string()))?;
        Ok(pb::Standing { id: standing.id().0.to_vec(), revision: *revision, record: Some(record) })
    }
}
