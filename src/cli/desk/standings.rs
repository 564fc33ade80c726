//! Published standings, and the reports behind them.

use super::super::error::CliResult;
use super::{Desk, read, require};
use crate::app::ReferenceSnapshot;
use crate::app::standing_queries::ReportDrilldown;
use crate::domain::campaign::Campaign;
use crate::domain::standing::{Standing, StandingReport};
use crate::domain::support::ids::StandingId;
use crate::domain::support::time::Timestamp;
use crate::pb;
use crate::wire::bytes::encode_message;
use crate::wire::record;
use crate::wire::standing::standing_report_from_proto;
use crate::wire::values;

/// The number of a run, and the time of its cut.
pub(in crate::cli) type RunMoment = (i64, Timestamp);

impl Desk {
    /// The visible standings of a campaign as last published.
    pub(in crate::cli) fn standings(
        &self,
        reference: &ReferenceSnapshot,
        campaign: &Campaign,
    ) -> CliResult<(Vec<Standing>, Option<RunMoment>)> {
        let remote = match self {
            Self::Local(local_app) => {
                let results = local_app.app.campaign_results(&local_app.actor, campaign.id())?;
                let standings = results.standings.into_iter().map(|one| one.standing);
                let run = results.run.map(|run| (i64::from(run.number), run.cut_at));
                return Ok((standings.collect(), run));
            }
            Self::Remote(remote) => remote,
        };
        let mut run = None;
        let standings = remote.read_pages(|page_token| {
            let request = pb::ListStandingsRequest {
                page_size: 500,
                page_token,
                campaign_id: campaign.id().0.to_vec(),
                ..Default::default()
            };
            let answer = remote.client.list_standings(request)?;
            run = answer.latest_run;
            Ok((answer.standings, answer.next_page_token))
        })?;
        let (units, elements) = (&reference.unit_numbers, &reference.element_numbers);
        let read_standing = |one: pb::Standing| {
            let bytes = encode_message(&require(one.record)?);
            require(record::decode_standing(&bytes, units, elements).ok())
        };
        let standings = standings.into_iter().map(read_standing).collect::<CliResult<_>>()?;
        let moment = |run: pb::RunRecord| {
            let at = read(values::required_timestamp_from_proto(run.cut_at))?;
            Ok::<_, super::CliError>((i64::from(run.number), at))
        };
        Ok((standings, run.map(moment).transpose()?))
    }

    /// The reports behind a published standing, or behind its member with this code.
    pub(in crate::cli) fn drill_down(
        &self,
        id: StandingId,
        member: &str,
    ) -> CliResult<ReportDrilldown> {
        let remote = match self {
            Self::Local(local_app) => {
                return Ok(local_app.app.drill_down(&local_app.actor, id, member)?);
            }
            Self::Remote(remote) => remote,
        };
        let mut drilldown = ReportDrilldown { cut_seq: 0, lines: Vec::new(), hidden_count: 0 };
        let reports = remote.read_pages(|page_token| {
            let (standing_id, member_code) = (id.0.to_vec(), member.to_owned());
            let page_size = 500;
            let request =
                pb::ListStandingReportsRequest { standing_id, member_code, page_size, page_token };
            let answer = remote.client.list_standing_reports(request)?;
            drilldown.cut_seq = answer.cut_seq;
            drilldown.hidden_count = answer.out_of_sight as usize;
            Ok((answer.standing_reports, answer.next_page_token))
        })?;
        let reports = reports.into_iter().map(|one| read(standing_report_from_proto(one)));
        drilldown.lines = reports.collect::<CliResult<Vec<StandingReport>>>()?;
        Ok(drilldown)
    }
}
