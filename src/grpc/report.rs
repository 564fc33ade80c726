//! Reads and writes single reports. Each write is the command of the same name, run once per
//! request id.

use super::caller::find_acting_unit;
use super::status::RpcError;
use super::{Services, impl_service, pagination};
use crate::app::ReferenceSnapshot;
use crate::app::access::CallerIdentity;
use crate::app::command::CommandEffect;
use crate::app::idempotent_write::IdempotentWrite;
use crate::app::report_queries::{ReportFilter, StoredReport};
use crate::auth;
use crate::domain::report::attachment::Comment;
use crate::domain::report::command::{Command, CommandBody};
use crate::domain::support::ids::{CommentId, ConflictId, ContractId, ReportId, UnitId};
use crate::domain::support::reason::RefusalReason;
use crate::pb;
use crate::pb::report_service_server::ReportService;
use crate::wire::field_violations::FieldViolations;
use crate::wire::{command, enums, record, sync, values};

impl_service!(ReportService {
    authenticated save_report: SaveReportRequest => SaveReportResponse;
    authenticated submit_report: SubmitReportRequest => SubmitReportResponse;
    authenticated return_report: ReturnReportRequest => ReturnReportResponse;
    authenticated accept_report: AcceptReportRequest => AcceptReportResponse;
    authenticated add_comment: AddCommentRequest => AddCommentResponse;
    authenticated settle_conflict: SettleConflictRequest => SettleConflictResponse;
    authenticated get_report: GetReportRequest => GetReportResponse;
    authenticated list_reports: ListReportsRequest => ListReportsResponse;
    authenticated list_revisions: ListRevisionsRequest => ListRevisionsResponse;
});

impl Services {
    fn save_report(
        &self,
        identity: &CallerIdentity,
        message: pb::SaveReportRequest,
    ) -> Result<pb::SaveReportResponse, RpcError> {
        let pb::SaveReportRequest { request_id, acting_unit_id, save } = message;
        let mut violations = FieldViolations::default();
        let request = parse_request_id(&request_id, &mut violations);
        let acting = violations.check(
            "acting_unit_id",
            command::acting_unit_from_proto(&acting_unit_id, self.find_acting_unit(identity)?),
        );
        let save = violations.require("save", save).zip(acting);
        let save =
            save.and_then(|(save, acting)| command::save_from_proto(save, acting, &mut violations));
        let effect = self.run_idempotent(
            identity,
            "report.save",
            violations.into_result(request.zip(save.map(CommandBody::SaveCells)))?,
        )?;
        let report = Some(self.load_report(ReportId(effect.record))?);
        Ok(pb::SaveReportResponse {
            report,
            outcome: sync::outcome_to_proto(effect.verdict).into(),
        })
    }

    fn submit_report(
        &self,
        identity: &CallerIdentity,
        message: pb::SubmitReportRequest,
    ) -> Result<pb::SubmitReportResponse, RpcError> {
        let pb::SubmitReportRequest { request_id, acting_unit_id, submit } = message;
        let mut violations = FieldViolations::default();
        let request = parse_request_id(&request_id, &mut violations);
        let acting = violations.check(
            "acting_unit_id",
            command::acting_unit_from_proto(&acting_unit_id, self.find_acting_unit(identity)?),
        );
        let submit = violations.require("submit", submit).zip(acting);
        let body = submit.and_then(|(submit, acting)| {
            command::submit_from_proto(&submit, acting, &mut violations)
        });
        let effect = self.run_idempotent(
            identity,
            "report.submit",
            violations.into_result(request.zip(body))?,
        )?;
        Ok(pb::SubmitReportResponse { report: Some(self.load_report(ReportId(effect.record))?) })
    }

    fn return_report(
        &self,
        identity: &CallerIdentity,
        message: pb::ReturnReportRequest,
    ) -> Result<pb::ReturnReportResponse, RpcError> {
        let pb::ReturnReportRequest { request_id, return_report } = message;
        let mut violations = FieldViolations::default();
        let request = parse_request_id(&request_id, &mut violations);
        let body = violations.require("return_report", return_report);
        let body = body.and_then(|body| command::return_from_proto(body, &mut violations));
        let effect = self.run_idempotent(
            identity,
            "report.return",
            violations.into_result(request.zip(body))?,
        )?;
        Ok(pb::ReturnReportResponse { report: Some(self.load_report(ReportId(effect.record))?) })
    }

    fn accept_report(
        &self,
        identity: &CallerIdentity,
        message: pb::AcceptReportRequest,
    ) -> Result<pb::AcceptReportResponse, RpcError> {
        let pb::AcceptReportRequest { request_id, accept } = message;
        let mut violations = FieldViolations::default();
        let request = parse_request_id(&request_id, &mut violations);
        let body = violations
            .require("accept", accept)
            .and_then(|accept| command::accept_from_proto(&accept, &mut violations));
        let effect = self.run_idempotent(
            identity,
            "report.accept",
            violations.into_result(request.zip(body))?,
        )?;
        Ok(pb::AcceptReportResponse { report: Some(self.load_report(ReportId(effect.record))?) })
    }

    fn add_comment(
        &self,
        identity: &CallerIdentity,
        message: pb::AddCommentRequest,
    ) -> Result<pb::AddCommentResponse, RpcError> {
        let pb::AddCommentRequest { request_id, comment } = message;
        let mut violations = FieldViolations::default();
        let request = parse_request_id(&request_id, &mut violations);
        let body = violations
            .require("comment", comment)
            .and_then(|comment| command::comment_from_proto(comment, &mut violations));
        let (request, body) = violations.into_result(request.zip(body))?;
        let CommandBody::AddComment { report, comment, .. } = &body else {
            return Err(RpcError::App(RefusalReason::Malformed.into()));
        };
        let (report, comment) = (*report, *comment);
        self.run_idempotent(identity, "report.comment", (request, body))?;
        let view = self.app.report_detail(&identity.actor, report)?;
        let stored = view
            .comments
            .into_iter()
            .find(|(id, _)| *id == comment)
            .ok_or(RefusalReason::NotFound)?;
        Ok(pb::AddCommentResponse { comment: Some(comment_to_proto(&view.reference, &stored)?) })
    }

    fn settle_conflict(
        &self,
        identity: &CallerIdentity,
        message: pb::SettleConflictRequest,
    ) -> Result<pb::SettleConflictResponse, RpcError> {
        let pb::SettleConflictRequest { request_id, settle } = message;
        let mut violations = FieldViolations::default();
        let request = parse_request_id(&request_id, &mut violations);
        let body = violations
            .require("settle", settle)
            .and_then(|settle| command::settle_conflict_from_proto(&settle, &mut violations));
        let effect = self.run_idempotent(
            identity,
            "conflict.settle",
            violations.into_result(request.zip(body))?,
        )?;
        let report = self
            .app
            .report_of_conflict(ConflictId(effect.record))?
            .ok_or(RefusalReason::NotFound)?;
        Ok(pb::SettleConflictResponse { report: Some(self.load_report(report)?) })
    }

    fn get_report(
        &self,
        identity: &CallerIdentity,
        message: pb::GetReportRequest,
    ) -> Result<pb::GetReportResponse, RpcError> {
        let pb::GetReportRequest { report_id } = message;
        let id = parse_report_id("report_id", &report_id)?;
        let view = self.app.report_detail(&identity.actor, id)?;
        let comments =
            view.comments.iter().map(|comment| comment_to_proto(&view.reference, comment));
        let comments = comments.collect::<Result<_, _>>()?;
        let conflict = |(id, conflict): (ConflictId, _)| {
            let record = Some(record::conflict_to_proto(&conflict));
            pb::Conflict { id: id.0.to_vec(), record }
        };
        let conflicts = view.conflicts.into_iter().map(conflict).collect();
        Ok(pb::GetReportResponse {
            report: Some(report_to_proto(&view.reference, &view.report)?),
            comments,
            conflicts,
        })
    }

    fn list_reports(
        &self,
        identity: &CallerIdentity,
        message: pb::ListReportsRequest,
    ) -> Result<pb::ListReportsResponse, RpcError> {
        let filter_key = format!(
            "{:?}",
            (&message.unit_id, &message.states, &message.contract_id, &message.days)
        );
        let pb::ListReportsRequest { page_size, page_token, unit_id, states, contract_id, days } =
            message;
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, filter_key.as_bytes())?;
        let mut violations = FieldViolations::default();
        let unit = violations.check("unit_id", parse_optional_id(&unit_id, UnitId::from_slice));
        let contract = violations
            .check("contract_id", parse_optional_id(&contract_id, ContractId::from_slice));
        let states =
            violations.check("states", states.into_iter().map(enums::state_from_proto).collect());
        let span = days.map(|days| values::span_from_proto(Some(days))).transpose();
        let days = violations.check("days", span.map(|span| span.map(|span| (span.from, span.to))));
        let filter = match (unit, contract, states, days) {
            (Some(unit), Some(contract), Some(states), Some(days)) => {
                Some(ReportFilter { unit, states, contract, days })
            }
            (_, _, _, _) => None,
        };
        let filter = violations.into_result(filter)?;
        let lines = self.app.visible_reports(&identity.actor, &filter)?;
        let ids: Vec<ReportId> = lines.iter().skip(skip).take(size).map(|line| line.id).collect();
        let reports = self.reports_to_proto(&self.app.reports_by_id(&ids)?)?;
        let next_page_token =
            pagination::next_offset_token(skip + size, lines.len(), filter_key.as_bytes());
        Ok(pb::ListReportsResponse { reports, next_page_token })
    }

    fn list_revisions(
        &self,
        identity: &CallerIdentity,
        message: pb::ListRevisionsRequest,
    ) -> Result<pb::ListRevisionsResponse, RpcError> {
        let pb::ListRevisionsRequest { report_id, page_size, page_token } = message;
        let id = parse_report_id("report_id", &report_id)?;
        let size = pagination::resolve_page_size(page_size, 20, 100)?;
        let skip = pagination::decode_offset_token(&page_token, &report_id)?;
        let all = self.app.report_revisions(&identity.actor, id)?;
        let revisions =
            self.reports_to_proto(all.get(skip..all.len().min(skip + size)).unwrap_or_default())?;
        Ok(pb::ListRevisionsResponse {
            revisions,
            next_page_token: pagination::next_offset_token(skip + size, all.len(), &report_id),
        })
    }

    pub(super) fn find_acting_unit(&self, identity: &CallerIdentity) -> Result<UnitId, RpcError> {
        find_acting_unit(identity, self.app.now().local_date())
    }

    fn run_idempotent(
        &self,
        identity: &CallerIdentity,
        method: &'static str,
        (request_id, body): ([u8; 16], CommandBody),
    ) -> Result<CommandEffect, RpcError> {
        let command = Command { captured_at: None, sync_mark: Vec::new(), body };
        let request_hash = auth::hash_secret(&command::encode_command(0, &command));
        let write = IdempotentWrite { request_id, method, request_hash, command: &command };
        self.app.run_idempotent(identity, &write)?.ok_or(RpcError::RequestIdReused)
    }

    /// Returns the current report without an access check, for a caller who has just changed it.
    fn load_report(&self, id: ReportId) -> Result<pb::Report, RpcError> {
        let stored = self.app.reports_by_id(&[id])?;
        report_to_proto(&*self.load_reference()?, stored.first().ok_or(RefusalReason::NotFound)?)
    }

    pub(super) fn reports_to_proto(
        &self,
        all: &[StoredReport],
    ) -> Result<Vec<pb::Report>, RpcError> {
        let reference = self.load_reference()?;
        all.iter().map(|stored| report_to_proto(&reference, stored)).collect()
    }
}

fn report_to_proto(
    reference: &ReferenceSnapshot,
    stored: &StoredReport,
) -> Result<pb::Report, RpcError> {
    let message = record::report_to_proto(&stored.report, &reference.unit_numbers);
    let record = message.map_err(|error| RpcError::Internal(error.to_string()))?;
    Ok(pb::Report {
        id: stored.report.key.id().0.to_vec(),
        revision: stored.revision,
        record: Some(record),
    })
}

fn comment_to_proto(
    reference: &ReferenceSnapshot,
    (id, comment): &(CommentId, Comment),
) -> Result<pb::Comment, RpcError> {
    let message = record::comment_to_proto(comment, &reference.unit_numbers);
    let record = message.map_err(|error| RpcError::Internal(error.to_string()))?;
    Ok(pb::Comment { id: id.0.to_vec(), record: Some(record) })
}

pub(super) fn parse_request_id(bytes: &[u8], violations: &mut FieldViolations) -> Option<[u8; 16]> {
    violations.check("request_id", bytes.try_into().map_err(|_| RefusalReason::BadId))
}

fn parse_report_id(field: &str, bytes: &[u8]) -> Result<ReportId, RpcError> {
    let mut violations = FieldViolations::default();
    let id = violations.check(field, values::id_from_bytes(bytes, ReportId::from_slice));
    Ok(violations.into_result(id)?)
}

/// Parses an id; empty bytes give `None`.
pub(super) fn parse_optional_id<T>(
    bytes: &[u8],
    read: fn(&[u8]) -> Result<T, crate::domain::support::ids::BadId>,
) -> Result<Option<T>, RefusalReason> {
    if bytes.is_empty() { Ok(None) } else { values::id_from_bytes(bytes, read).map(Some) }
}
