//! Reports one by one: each write is the command of its name, run once under its request id.
//!
//! Reads shapes and writes answers; whether it may be and what comes of it is asked in `app`.

use super::caller::home;
use super::status::Failure;
use super::{Services, page, service};
use crate::app::Reference;
use crate::app::access::Identity;
use crate::app::once::Once;
use crate::app::report::Effect;
use crate::app::review::{Filed, Wanted};
use crate::auth;
use crate::domain::command::{Body, Command};
use crate::domain::desk::Comment;
use crate::domain::ids::{CommentId, ConflictId, ContractId, ReportId, UnitId};
use crate::domain::reason::Reason;
use crate::pb;
use crate::pb::report_service_server::ReportService;
use crate::wire::violations::Violations;
use crate::wire::{command, record, sync, values, words};

service!(ReportService {
    called save_report: SaveReportRequest => SaveReportResponse;
    called submit_report: SubmitReportRequest => SubmitReportResponse;
    called return_report: ReturnReportRequest => ReturnReportResponse;
    called accept_report: AcceptReportRequest => AcceptReportResponse;
    called add_comment: AddCommentRequest => AddCommentResponse;
    called settle_conflict: SettleConflictRequest => SettleConflictResponse;
    called get_report: GetReportRequest => GetReportResponse;
    called list_reports: ListReportsRequest => ListReportsResponse;
    called list_revisions: ListRevisionsRequest => ListRevisionsResponse;
});

impl Services {
    fn save_report(&self, who: &Identity, message: pb::SaveReportRequest) -> Result<pb::SaveReportResponse, Failure> {
        let pb::SaveReportRequest { request_id, acting_unit_id, save } = message;
        let mut bad = Violations::default();
        let request = read_request(&request_id, &mut bad);
        let acting = bad.take("acting_unit_id", command::read_acting(&acting_unit_id, self.home(who)?));
        let save = bad.required("save", save).zip(acting);
        let save = save.and_then(|(save, acting)| command::read_save(save, acting, &mut bad));
        let effect = self.once(who, "report.save", bad.done(request.zip(save.map(Body::Save)))?)?;
        let report = Some(self.report(ReportId(effect.record))?);
        Ok(pb::SaveReportResponse { report, outcome: sync::outcome(effect.verdict).into() })
    }

    fn submit_report(
        &self,
        who: &Identity,
        message: pb::SubmitReportRequest,
    ) -> Result<pb::SubmitReportResponse, Failure> {
        let pb::SubmitReportRequest { request_id, acting_unit_id, submit } = message;
        let mut bad = Violations::default();
        let request = read_request(&request_id, &mut bad);
        let acting = bad.take("acting_unit_id", command::read_acting(&acting_unit_id, self.home(who)?));
        let submit = bad.required("submit", submit).zip(acting);
        let body = submit.and_then(|(submit, acting)| command::read_submit(&submit, acting, &mut bad));
        let effect = self.once(who, "report.submit", bad.done(request.zip(body))?)?;
        Ok(pb::SubmitReportResponse { report: Some(self.report(ReportId(effect.record))?) })
    }

    fn return_report(
        &self,
        who: &Identity,
        message: pb::ReturnReportRequest,
    ) -> Result<pb::ReturnReportResponse, Failure> {
        let pb::ReturnReportRequest { request_id, return_report } = message;
        let mut bad = Violations::default();
        let request = read_request(&request_id, &mut bad);
        let body = bad.required("return_report", return_report);
        let body = body.and_then(|body| command::read_return(body, &mut bad));
        let effect = self.once(who, "report.return", bad.done(request.zip(body))?)?;
        Ok(pb::ReturnReportResponse { report: Some(self.report(ReportId(effect.record))?) })
    }

    fn accept_report(
        &self,
        who: &Identity,
        message: pb::AcceptReportRequest,
    ) -> Result<pb::AcceptReportResponse, Failure> {
        let pb::AcceptReportRequest { request_id, accept } = message;
        let mut bad = Violations::default();
        let request = read_request(&request_id, &mut bad);
        let body = bad.required("accept", accept).and_then(|accept| command::read_accept(&accept, &mut bad));
        let effect = self.once(who, "report.accept", bad.done(request.zip(body))?)?;
        Ok(pb::AcceptReportResponse { report: Some(self.report(ReportId(effect.record))?) })
    }

    fn add_comment(&self, who: &Identity, message: pb::AddCommentRequest) -> Result<pb::AddCommentResponse, Failure> {
        let pb::AddCommentRequest { request_id, comment } = message;
        let mut bad = Violations::default();
        let request = read_request(&request_id, &mut bad);
        let body = bad.required("comment", comment).and_then(|comment| command::read_comment(comment, &mut bad));
        let (request, body) = bad.done(request.zip(body))?;
        let Body::Comment { report, comment, .. } = &body else { return Err(Failure::App(Reason::Malformed.into())) };
        let (report, comment) = (*report, *comment);
        self.once(who, "report.comment", (request, body))?;
        let view = self.app.report_view(&who.actor, report)?;
        let stored = view.comments.into_iter().find(|(id, _)| *id == comment).ok_or(Reason::NotFound)?;
        Ok(pb::AddCommentResponse { comment: Some(comment_message(&view.reference, &stored)?) })
    }

    fn settle_conflict(
        &self,
        who: &Identity,
        message: pb::SettleConflictRequest,
    ) -> Result<pb::SettleConflictResponse, Failure> {
        let pb::SettleConflictRequest { request_id, settle } = message;
        let mut bad = Violations::default();
        let request = read_request(&request_id, &mut bad);
        let body = bad.required("settle", settle).and_then(|settle| command::read_settle(&settle, &mut bad));
        let effect = self.once(who, "conflict.settle", bad.done(request.zip(body))?)?;
        let report = self.app.report_of_conflict(ConflictId(effect.record))?.ok_or(Reason::NotFound)?;
        Ok(pb::SettleConflictResponse { report: Some(self.report(report)?) })
    }

    fn get_report(&self, who: &Identity, message: pb::GetReportRequest) -> Result<pb::GetReportResponse, Failure> {
        let pb::GetReportRequest { report_id } = message;
        let id = read_id("report_id", &report_id)?;
        let view = self.app.report_view(&who.actor, id)?;
        let comments = view.comments.iter().map(|comment| comment_message(&view.reference, comment));
        let comments = comments.collect::<Result<_, _>>()?;
        let conflict = |(id, conflict): (ConflictId, _)| {
            let record = Some(record::conflict_message(&conflict));
            pb::Conflict { id: id.0.to_vec(), record }
        };
        let conflicts = view.conflicts.into_iter().map(conflict).collect();
        Ok(pb::GetReportResponse { report: Some(report_message(&view.reference, &view.filed)?), comments, conflicts })
    }

    fn list_reports(
        &self,
        who: &Identity,
        message: pb::ListReportsRequest,
    ) -> Result<pb::ListReportsResponse, Failure> {
        let question = format!("{:?}", (&message.unit_id, &message.states, &message.contract_id, &message.days));
        let pb::ListReportsRequest { page_size, page_token, unit_id, states, contract_id, days } = message;
        let size = page::size(page_size, 100, 500)?;
        let skip = page::read_offset(&page_token, question.as_bytes())?;
        let mut bad = Violations::default();
        let unit = bad.take("unit_id", optional_id(&unit_id, UnitId::from_slice));
        let contract = bad.take("contract_id", optional_id(&contract_id, ContractId::from_slice));
        let states = bad.take("states", states.into_iter().map(words::read_state).collect());
        let span = days.map(|days| values::read_span(Some(days))).transpose();
        let days = bad.take("days", span.map(|span| span.map(|span| (span.from, span.to))));
        let wanted = match (unit, contract, states, days) {
            (Some(unit), Some(contract), Some(states), Some(days)) => Some(Wanted { unit, states, contract, days }),
            (_, _, _, _) => None,
        };
        let wanted = bad.done(wanted)?;
        let lines = self.app.reports_in_sight(&who.actor, &wanted)?;
        let ids: Vec<ReportId> = lines.iter().skip(skip).take(size).map(|line| line.id).collect();
        let reports = self.messages(&self.app.filed(&ids)?)?;
        let next_page_token = page::next(skip + size, lines.len(), question.as_bytes());
        Ok(pb::ListReportsResponse { reports, next_page_token })
    }

    fn list_revisions(
        &self,
        who: &Identity,
        message: pb::ListRevisionsRequest,
    ) -> Result<pb::ListRevisionsResponse, Failure> {
        let pb::ListRevisionsRequest { report_id, page_size, page_token } = message;
        let id = read_id("report_id", &report_id)?;
        let size = page::size(page_size, 20, 100)?;
        let skip = page::read_offset(&page_token, &report_id)?;
        let all = self.app.revisions(&who.actor, id)?;
        let revisions = self.messages(all.get(skip..all.len().min(skip + size)).unwrap_or_default())?;
        Ok(pb::ListRevisionsResponse { revisions, next_page_token: page::next(skip + size, all.len(), &report_id) })
    }

    pub(super) fn home(&self, who: &Identity) -> Result<UnitId, Failure> {
        home(who, self.app.now().local_date())
    }

    fn once(&self, who: &Identity, method: &'static str, asked: ([u8; 16], Body)) -> Result<Effect, Failure> {
        let (request, body) = asked;
        let command = Command { captured_at: None, sync_mark: Vec::new(), body };
        let asked = auth::hash(&command::encode(0, &command));
        let once = Once { request, method, asked, command: &command };
        self.app.run_once(who, &once)?.ok_or(Failure::RequestIdReused)
    }

    /// The report as it stands, for somebody who just wrote in it.
    fn report(&self, id: ReportId) -> Result<pb::Report, Failure> {
        let filed = self.app.filed(&[id])?;
        report_message(&*self.reference()?, filed.first().ok_or(Reason::NotFound)?)
    }

    pub(super) fn messages(&self, all: &[Filed]) -> Result<Vec<pb::Report>, Failure> {
        let reference = self.reference()?;
        all.iter().map(|filed| report_message(&reference, filed)).collect()
    }
}

fn report_message(reference: &Reference, filed: &Filed) -> Result<pb::Report, Failure> {
    let message = record::report_message(&filed.report, &reference.units);
    let record = message.map_err(|error| Failure::Internal(error.to_string()))?;
    Ok(pb::Report { id: filed.report.key.id().0.to_vec(), revision: filed.revision, record: Some(record) })
}

fn comment_message(reference: &Reference, (id, comment): &(CommentId, Comment)) -> Result<pb::Comment, Failure> {
    let message = record::comment_message(comment, &reference.units);
    let record = message.map_err(|error| Failure::Internal(error.to_string()))?;
    Ok(pb::Comment { id: id.0.to_vec(), record: Some(record) })
}

pub(super) fn read_request(bytes: &[u8], bad: &mut Violations) -> Option<[u8; 16]> {
    bad.take("request_id", bytes.try_into().map_err(|_| Reason::BadId))
}

fn read_id(field: &str, bytes: &[u8]) -> Result<ReportId, Failure> {
    let mut bad = Violations::default();
    let id = bad.take(field, values::id(bytes, ReportId::from_slice));
    Ok(bad.done(id)?)
}

/// An id that may be left empty.
pub(super) fn optional_id<T>(
    bytes: &[u8],
    read: fn(&[u8]) -> Result<T, crate::domain::ids::BadId>,
) -> Result<Option<T>, Reason> {
    if bytes.is_empty() { Ok(None) } else { values::id(bytes, read).map(Some) }
}
