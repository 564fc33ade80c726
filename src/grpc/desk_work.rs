//! What a desk reads every day: due reports, silent devices, the morning report. No method may
//! count or sort units by how well they do.

use super::org::find_optional_unit;
use super::status::RpcError;
use super::{Services, impl_service, pagination, unary};
use crate::app::access::CallerIdentity;
use crate::app::due_reports::ReportReminder;
use crate::app::fleet::UnitDevices;
use crate::app::morning_report::{MorningReport, MorningReportRequest};
use crate::domain::access::fleet::UnitFleet;
use crate::domain::access::permission::action;
use crate::domain::support::ids::{CampaignId, RunId};
use crate::domain::support::limits::CODE;
use crate::domain::support::reason::RefusalReason;
use crate::i18n::Lang;
use crate::morning_report::build_files;
use crate::pb;
use crate::pb::desk_service_server::DeskService;
use crate::wire::field_violations::FieldViolations;
use crate::wire::{enums, values};
use tonic::{Request, Response, Status};

impl_service!(DeskService {
    authenticated list_due_reports: ListDueReportsRequest => ListDueReportsResponse;
    authenticated list_unit_devices: ListUnitDevicesRequest => ListUnitDevicesResponse;
    in_language get_morning_report: GetMorningReportRequest => GetMorningReportResponse;
});

impl Services {
    fn list_due_reports(
        &self,
        identity: &CallerIdentity,
        message: pb::ListDueReportsRequest,
    ) -> Result<pb::ListDueReportsResponse, RpcError> {
        let pb::ListDueReportsRequest { page_size, page_token, unit_uid } = message;
        let key = [b"due reports", unit_uid.as_bytes()].concat();
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, &key)?;
        let unit = find_optional_unit(&*self.load_reference()?, &unit_uid)?;
        let due = self.app.due_report_list(&identity.actor, unit)?;
        let next_page_token = pagination::next_offset_token(skip + size, due.len(), &key);
        let page = due.into_iter().skip(skip).take(size);
        let reports = page.map(due_report_to_proto).collect();
        Ok(pb::ListDueReportsResponse { reports, next_page_token })
    }

    fn list_unit_devices(
        &self,
        identity: &CallerIdentity,
        message: pb::ListUnitDevicesRequest,
    ) -> Result<pb::ListUnitDevicesResponse, RpcError> {
        let pb::ListUnitDevicesRequest { page_size, page_token, unit_uid } = message;
        let key = [b"unit devices", unit_uid.as_bytes()].concat();
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, &key)?;
        let unit = find_optional_unit(&*self.load_reference()?, &unit_uid)?;
        let all = self.app.unit_devices(&identity.actor, unit)?;
        let next_page_token = pagination::next_offset_token(skip + size, all.len(), &key);
        let page = all.into_iter().skip(skip).take(size);
        let units = page.map(unit_devices_to_proto).collect();
        Ok(pb::ListUnitDevicesResponse { units, next_page_token })
    }

    /// The morning report of the call of this name, for a page that shows it in parts.
    ///
    /// # Errors
    /// Those of the call.
    pub async fn find_morning_report(
        &self,
        request: Request<pb::GetMorningReportRequest>,
    ) -> Result<MorningReport, Status> {
        let found = unary::authenticated(self, request, Self::load_morning_report).await;
        found.map(Response::into_inner)
    }

    fn get_morning_report(
        &self,
        identity: &CallerIdentity,
        message: pb::GetMorningReportRequest,
        lang: Lang,
    ) -> Result<pb::GetMorningReportResponse, RpcError> {
        let morning = self.load_morning_report(identity, message)?;
        let files = build_files(&morning, lang);
        let files = files.map_err(|error| RpcError::Internal(error.to_string()))?;
        let (name, page, workbook) = (files.name, files.page, files.workbook);
        Ok(pb::GetMorningReportResponse { name, page, workbook })
    }

    fn load_morning_report(
        &self,
        identity: &CallerIdentity,
        message: pb::GetMorningReportRequest,
    ) -> Result<MorningReport, RpcError> {
        let pb::GetMorningReportRequest { campaign_code, phase, unit_uid, run_id } = message;
        let mut violations = FieldViolations::default();
        let code = violations.check_text("campaign_code", &campaign_code, CODE);
        let phase = u8::try_from(phase).map_err(|_| RefusalReason::Malformed);
        let phase = violations.check("phase", phase);
        let run = (!run_id.is_empty()).then(|| RunId::from_slice(&run_id)).transpose();
        let run = violations.check("run_id", run.map_err(|_| RefusalReason::BadId));
        let ((code, phase), run) = violations.into_result(code.zip(phase).zip(run))?;
        let unit = find_optional_unit(&*self.load_reference()?, &unit_uid)?;
        // Who may not read the standings does not learn which campaigns and phases there are.
        self.app.check_may_at::<action::ReadStanding>(&identity.actor, unit)?;
        let campaign = CampaignId::from_code(&code);
        let request = MorningReportRequest { campaign, phase, unit, run };
        Ok(self.app.morning_report(&identity.actor, &request)?)
    }
}

fn due_report_to_proto(report: ReportReminder) -> pb::DueReport {
    let ReportReminder { unit_uid, unit_name, contract, period, due_day, days_late } = report;
    pb::DueReport {
        unit_uid,
        unit_name,
        contract,
        period: Some(values::period_to_proto(&period)),
        due_day: values::day_to_proto(due_day),
        days_late,
    }
}

fn unit_devices_to_proto(unit: UnitDevices) -> pb::UnitDevices {
    let UnitDevices { unit_uid, unit_name, unit_kind, fleet, card_open_until } = unit;
    let UnitFleet { device_count, last_contact, backlog } = fleet;
    pb::UnitDevices {
        unit_uid,
        unit_name,
        devices: device_count as u32,
        last_contact: enums::last_contact_to_proto(last_contact).into(),
        backlog: enums::backlog_to_proto(backlog).into(),
        card_open_until_day: card_open_until.map(values::day_to_proto),
        unit_kind: unit_kind.map_or(0, |kind| enums::unit_kind_to_proto(kind).into()),
    }
}
