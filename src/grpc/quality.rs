//! Data-quality questions, read and replied to. No method counts or sorts units by them.
//!
//! Knows messages and pages; who sees what is asked in `app`.

use super::report::{optional_id, read_request};
use super::status::Failure;
use super::{Services, page, service};
use crate::app::access::Identity;
use crate::app::quality::Filed;
use crate::domain::ids::{FindingId, UnitId};
use crate::domain::lang::Lang;
use crate::domain::reason::Reason;
use crate::pb;
use crate::pb::quality_service_server::QualityService;
use crate::wire::violations::Violations;
use crate::wire::{record, values, words};

service!(QualityService {
    called list_findings: ListFindingsRequest => ListFindingsResponse;
    called reply_finding: ReplyFindingRequest => ReplyFindingResponse;
    called escalate_finding: EscalateFindingRequest => EscalateFindingResponse;
});

impl Services {
    fn list_findings(
        &self,
        who: &Identity,
        message: pb::ListFindingsRequest,
    ) -> Result<pb::ListFindingsResponse, Failure> {
        let pb::ListFindingsRequest { page_size, page_token, unit_id } = message;
        let question = [b"findings", unit_id.as_slice()].concat();
        let size = page::size(page_size, 100, 500)?;
        let skip = page::read_offset(&page_token, &question)?;
        let unit = optional_id(&unit_id, UnitId::from_slice)?;
        let all = self.app.findings(&who.actor, unit)?;
        let findings = all.iter().skip(skip).take(size).map(|filed| self.finding(filed)).collect::<Result<_, _>>()?;
        Ok(pb::ListFindingsResponse { findings, next_page_token: page::next(skip + size, all.len(), &question) })
    }

    fn reply_finding(
        &self,
        who: &Identity,
        message: pb::ReplyFindingRequest,
    ) -> Result<pb::ReplyFindingResponse, Failure> {
        let pb::ReplyFindingRequest { request_id, finding_id, state, text } = message;
        let mut bad = Violations::default();
        let request = read_request(&request_id, &mut bad);
        let state = bad.take("state", words::read_finding_state(state));
        if text.trim().is_empty() {
            bad.add("text", Reason::Malformed);
        }
        let id = bad.take("finding_id", values::id(&finding_id, FindingId::from_slice));
        let ((request, state), id) = bad.done(request.zip(state).zip(id))?;
        let filed = self.app.reply_finding(who, request, id, state, &text)?.ok_or(Failure::RequestIdReused)?;
        Ok(pb::ReplyFindingResponse { finding: Some(self.finding(&filed)?) })
    }

    fn escalate_finding(
        &self,
        who: &Identity,
        message: pb::EscalateFindingRequest,
    ) -> Result<pb::EscalateFindingResponse, Failure> {
        let pb::EscalateFindingRequest { request_id, finding_id } = message;
        let mut bad = Violations::default();
        let request = read_request(&request_id, &mut bad);
        let id = bad.take("finding_id", values::id(&finding_id, FindingId::from_slice));
        let (request, id) = bad.done(request.zip(id))?;
        let filed = self.app.escalate_finding(who, request, id)?.ok_or(Failure::RequestIdReused)?;
        Ok(pb::EscalateFindingResponse { finding: Some(self.finding(&filed)?) })
    }

    fn finding(&self, (finding, revision): &Filed) -> Result<pb::Finding, Failure> {
        let reference = self.reference()?;
        let message = record::finding_message(finding, &reference.units, &reference.elements);
        let record = message.map_err(|error| Failure::Internal(error.to_string()))?;
        let element = finding.element.as_ref().and_then(|code| reference.catalogue.element(code));
        let question = finding.question(element.map_or("", |element| &element.name_vi), Lang::Vi);
        Ok(pb::Finding { id: finding.id().0.to_vec(), revision: *revision, record: Some(record), question })
    }
}
