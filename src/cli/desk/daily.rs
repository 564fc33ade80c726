//! What a desk reads every day: due reports, silent devices, findings, the morning report.

use super::super::error::{CliError, CliResult};
use super::{Desk, RemoteDesk, read, require};
use crate::app::ReferenceSnapshot;
use crate::app::due_reports::ReportReminder;
use crate::app::fleet::UnitDevices;
use crate::app::morning_report::MorningReportRequest;
use crate::domain::access::fleet::UnitFleet;
use crate::domain::quality::Finding;
use crate::domain::support::message::message;
use crate::i18n::Lang;
use crate::morning_report::{MorningReportFiles, build_files};
use crate::pb;
use crate::wire::bytes::encode_message;
use crate::wire::{enums, record, values};

/// The morning report that is asked for, by codes.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct MorningReportSelection<'a> {
    /// The only campaign, or the one with this code.
    pub(in crate::cli) campaign: Option<&'a str>,
    pub(in crate::cli) phase: u8,
    /// `None`: the unit that the authority begins with.
    pub(in crate::cli) unit: Option<&'a str>,
}

impl Desk {
    /// Reports that are due and were not sent, of one unit and those under it, or of all.
    pub(in crate::cli) fn due_reports(&self, unit: Option<&str>) -> CliResult<Vec<ReportReminder>> {
        let id = unit.map(|code| self.find_unit_id(code)).transpose()?;
        match self {
            Self::Local(local_app) => Ok(local_app.app.due_report_list(&local_app.actor, id)?),
            Self::Remote(remote) => remote.due_reports(unit),
        }
    }

    /// Units with the state of their devices: one and those under it, or all.
    pub(in crate::cli) fn unit_devices(&self, unit: Option<&str>) -> CliResult<Vec<UnitDevices>> {
        let id = unit.map(|code| self.find_unit_id(code)).transpose()?;
        match self {
            Self::Local(local_app) => Ok(local_app.app.unit_devices(&local_app.actor, id)?),
            Self::Remote(remote) => remote.unit_devices(unit),
        }
    }

    /// The visible findings about figures, of one unit or of all.
    pub(in crate::cli) fn findings(
        &self,
        reference: &ReferenceSnapshot,
        unit: Option<&str>,
    ) -> CliResult<Vec<Finding>> {
        let unit = unit.map(|code| self.find_unit_id(code)).transpose()?;
        match self {
            Self::Local(local_app) => {
                let found = local_app.app.visible_findings(&local_app.actor, unit)?;
                Ok(found.into_iter().map(|(finding, _)| finding).collect())
            }
            Self::Remote(remote) => {
                let unit_id = unit.map_or_else(Vec::new, |unit| unit.0.to_vec());
                let findings = remote.read_pages(|page_token| {
                    let (page_size, unit_id) = (500, unit_id.clone());
                    let request = pb::ListFindingsRequest { page_size, page_token, unit_id };
                    let answer = remote.client.list_findings(request)?;
                    Ok((answer.findings, answer.next_page_token))
                })?;
                let (units, elements) = (&reference.unit_numbers, &reference.element_numbers);
                let read_finding = |one: pb::Finding| {
                    let bytes = encode_message(&require(one.record)?);
                    require(record::decode_finding(&bytes, units, elements).ok())
                };
                findings.into_iter().map(read_finding).collect()
            }
        }
    }

    /// Page and workbook of a morning report.
    pub(in crate::cli) fn morning_report(
        &self,
        asked: MorningReportSelection<'_>,
        lang: Lang,
    ) -> CliResult<MorningReportFiles> {
        let campaign = self.campaign(asked.campaign)?;
        let unit = asked.unit.map(|code| self.find_unit_id(code)).transpose()?;
        match self {
            Self::Local(local_app) => {
                let request = MorningReportRequest {
                    campaign: campaign.id(),
                    phase: asked.phase,
                    unit,
                    run: None,
                };
                let morning = local_app.app.morning_report(&local_app.actor, &request)?;
                build_files(&morning, lang).map_err(|error| {
                    CliError::new("NO_WORKBOOK", message!("morning-report-no-workbook", error))
                })
            }
            Self::Remote(remote) => {
                let request = pb::GetMorningReportRequest {
                    campaign_code: campaign.code,
                    phase: asked.phase.into(),
                    unit_uid: asked.unit.unwrap_or_default().to_owned(),
                    ..Default::default()
                };
                let answer = remote.ask(remote.client.get_morning_report(request))?;
                let pb::GetMorningReportResponse { name, page, workbook } = answer;
                // The name becomes one of a file: it must not lead out of the directory.
                let is_plain = !name.is_empty() && !name.contains(['/', '\\', '\0']);
                Ok(MorningReportFiles { name: require(is_plain.then_some(name))?, page, workbook })
            }
        }
    }
}

impl RemoteDesk {
    fn due_reports(&self, unit: Option<&str>) -> CliResult<Vec<ReportReminder>> {
        let reports = self.read_pages(|page_token| {
            let unit_uid = unit.unwrap_or_default().to_owned();
            let request = pb::ListDueReportsRequest { page_size: 500, page_token, unit_uid };
            let answer = self.client.list_due_reports(request)?;
            Ok((answer.reports, answer.next_page_token))
        })?;
        reports.into_iter().map(read_due_report).collect()
    }

    fn unit_devices(&self, unit: Option<&str>) -> CliResult<Vec<UnitDevices>> {
        let units = self.read_pages(|page_token| {
            let unit_uid = unit.unwrap_or_default().to_owned();
            let request = pb::ListUnitDevicesRequest { page_size: 500, page_token, unit_uid };
            let answer = self.client.list_unit_devices(request)?;
            Ok((answer.units, answer.next_page_token))
        })?;
        units.into_iter().map(read_unit_devices).collect()
    }
}

fn read_due_report(report: pb::DueReport) -> CliResult<ReportReminder> {
    let pb::DueReport { unit_uid, unit_name, contract, period, due_day, days_late } = report;
    Ok(ReportReminder {
        unit_uid,
        unit_name,
        contract,
        period: read(values::period_from_proto(require(period)?))?,
        due_day: read(values::day_from_proto(due_day))?,
        days_late,
    })
}

fn read_unit_devices(unit: pb::UnitDevices) -> CliResult<UnitDevices> {
    let pb::UnitDevices {
        unit_uid,
        unit_name,
        devices,
        last_contact,
        backlog,
        card_open_until_day,
        unit_kind,
    } = unit;
    let fleet = UnitFleet {
        device_count: devices as usize,
        last_contact: read(enums::last_contact_from_proto(last_contact))?,
        backlog: read(enums::backlog_from_proto(backlog))?,
    };
    let card_open_until = read(card_open_until_day.map(values::day_from_proto).transpose())?;
    // A server before this field gives none.
    let unit_kind = enums::unit_kind_from_proto(unit_kind).ok();
    Ok(UnitDevices { unit_uid, unit_name, unit_kind, fleet, card_open_until })
}
