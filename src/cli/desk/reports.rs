//! Reports in sight, and their revisions.

use super::super::error::CliResult;
use super::{Desk, RemoteDesk, require};
use crate::app::ReferenceSnapshot;
use crate::app::report_queries::ReportFilter;
use crate::domain::org::DaySpan;
use crate::domain::report::workflow::ReportState;
use crate::domain::report::{Report, ReportKey};
use crate::domain::support::ids::{ContractId, ReportId, UnitId};
use crate::pb;
use crate::wire::bytes::encode_message;
use crate::wire::{enums, record, values};
use jiff::civil::Date;

impl Desk {
    /// Sent reports of a contract: of a unit and those under it today, within these days, of which
    /// the second is exclusive.
    pub(in crate::cli) fn sent_reports(
        &self,
        reference: &ReferenceSnapshot,
        contract: ContractId,
        unit: Option<UnitId>,
        days: Option<(Date, Date)>,
    ) -> CliResult<Vec<Report>> {
        let states = ReportState::ALL.into_iter().filter(|state| state.is_sent()).collect();
        let filter = ReportFilter { unit, states, contract: Some(contract), days };
        match self {
            Self::Local(local_app) => {
                let lines = local_app.app.visible_reports(&local_app.actor, &filter)?;
                let ids: Vec<ReportId> = lines.iter().map(|line| line.id).collect();
                let stored = local_app.app.reports_by_id(&ids)?;
                Ok(stored.into_iter().map(|one| one.report).collect())
            }
            Self::Remote(remote) => remote.reports(reference, &filter),
        }
    }

    /// The reports with these keys that the caller may read; all are of one contract.
    pub(in crate::cli) fn reports_with_keys(
        &self,
        reference: &ReferenceSnapshot,
        keys: &[ReportKey],
    ) -> CliResult<Vec<Report>> {
        let ids: Vec<ReportId> = keys.iter().map(ReportKey::id).collect();
        let remote = match self {
            Self::Local(local_app) => {
                let stored = local_app.app.reports_by_id(&ids)?;
                return Ok(stored.into_iter().map(|one| one.report).collect());
            }
            Self::Remote(remote) => remote,
        };
        let first = keys.iter().map(|key| key.period.start).min();
        let days = first.zip(keys.iter().map(|key| key.period.end).max());
        let contract = keys.first().map(|key| key.contract);
        let filter = ReportFilter { contract, days, ..ReportFilter::default() };
        let mut reports = remote.reports(reference, &filter)?;
        reports.retain(|report| ids.contains(&report.key.id()));
        Ok(reports)
    }

    /// Every revision of a report that was sent, with its number, oldest first.
    pub(in crate::cli) fn revisions(
        &self,
        reference: &ReferenceSnapshot,
        id: ReportId,
    ) -> CliResult<Vec<(i64, Report)>> {
        let mut revisions = match self {
            Self::Local(local_app) => {
                let stored = local_app.app.report_revisions(&local_app.actor, id)?;
                stored.into_iter().map(|one| (one.revision, one.report)).collect()
            }
            Self::Remote(remote) => {
                let revisions = remote.read_pages(|page_token| {
                    let (report_id, page_size) = (id.0.to_vec(), 100);
                    let request = pb::ListRevisionsRequest { report_id, page_size, page_token };
                    let answer = remote.client.list_revisions(request)?;
                    Ok((answer.revisions, answer.next_page_token))
                })?;
                let read = |one: pb::Report| Ok((one.revision, read_report(reference, one)?));
                revisions.into_iter().map(read).collect::<CliResult<Vec<_>>>()?
            }
        };
        revisions.reverse();
        Ok(revisions)
    }
}

impl RemoteDesk {
    fn reports(
        &self,
        reference: &ReferenceSnapshot,
        filter: &ReportFilter,
    ) -> CliResult<Vec<Report>> {
        let states = filter.states.iter().map(|state| enums::state_to_proto(*state).into());
        let states: Vec<i32> = states.collect();
        let days = filter.days.map(|(from, to)| values::span_to_proto(DaySpan { from, to }));
        let reports = self.read_pages(|page_token| {
            let request = pb::ListReportsRequest {
                page_size: 500,
                page_token,
                unit_id: filter.unit.map_or_else(Vec::new, |unit| unit.0.to_vec()),
                states: states.clone(),
                contract_id: filter.contract.map_or_else(Vec::new, |one| one.0.to_vec()),
                days,
            };
            let answer = self.client.list_reports(request)?;
            Ok((answer.reports, answer.next_page_token))
        })?;
        reports.into_iter().map(|one| read_report(reference, one)).collect()
    }
}

fn read_report(reference: &ReferenceSnapshot, report: pb::Report) -> CliResult<Report> {
    let bytes = encode_message(&require(report.record)?);
    require(record::decode_report(&bytes, &reference.unit_numbers).ok())
}
