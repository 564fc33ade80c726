//! Reads data-quality findings and records replies. No method may count or sort units by findings.

use super::report::{parse_optional_id, parse_request_id};
use super::status::RpcError;
use super::{Services, impl_service, pagination};
use crate::app::access::CallerIdentity;
use crate::app::quality::StoredFinding;
use crate::domain::support::ids::{FindingId, UnitId};
use crate::domain::support::limits::NOTE;
use crate::domain::support::message::MessageArg;
use crate::domain::support::reason::RefusalReason;
use crate::i18n::Lang;
use crate::pb;
use crate::pb::quality_service_server::QualityService;
use crate::wire::field_violations::FieldViolations;
use crate::wire::{enums, record, values};

impl_service!(QualityService {
    in_language list_findings: ListFindingsRequest => ListFindingsResponse;
    in_language reply_finding: ReplyFindingRequest => ReplyFindingResponse;
    in_language escalate_finding: EscalateFindingRequest => EscalateFindingResponse;
});

impl Services {
    fn list_findings(
        &self,
        identity: &CallerIdentity,
        message: pb::ListFindingsRequest,
        lang: Lang,
    ) -> Result<pb::ListFindingsResponse, RpcError> {
        let pb::ListFindingsRequest { page_size, page_token, unit_id } = message;
        let filter_key = [b"findings", unit_id.as_slice()].concat();
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let skip = pagination::decode_offset_token(&page_token, &filter_key)?;
        let unit = parse_optional_id(&unit_id, UnitId::from_slice)?;
        let all = self.app.visible_findings(&identity.actor, unit)?;
        let findings = all
            .iter()
            .skip(skip)
            .take(size)
            .map(|stored| self.finding_to_proto(stored, lang))
            .collect::<Result<_, _>>()?;
        Ok(pb::ListFindingsResponse {
            findings,
            next_page_token: pagination::next_offset_token(skip + size, all.len(), &filter_key),
        })
    }

    fn reply_finding(
        &self,
        identity: &CallerIdentity,
        message: pb::ReplyFindingRequest,
        lang: Lang,
    ) -> Result<pb::ReplyFindingResponse, RpcError> {
        let pb::ReplyFindingRequest { request_id, finding_id, state, text } = message;
        let mut violations = FieldViolations::default();
        let request = parse_request_id(&request_id, &mut violations);
        let state = violations.check("state", enums::finding_state_from_proto(state));
        let text = violations.check_text("text", &text, NOTE);
        if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
            violations.add("text", RefusalReason::Malformed);
        }
        let id = violations
            .check("finding_id", values::id_from_bytes(&finding_id, FindingId::from_slice));
        let reply = request.zip(state).zip(id.zip(text));
        let ((request, state), (id, text)) = violations.into_result(reply)?;
        let stored = self
            .app
            .reply_to_finding(identity, request, id, state, &text)?
            .ok_or(RpcError::RequestIdReused)?;
        Ok(pb::ReplyFindingResponse { finding: Some(self.finding_to_proto(&stored, lang)?) })
    }

    fn escalate_finding(
        &self,
        identity: &CallerIdentity,
        message: pb::EscalateFindingRequest,
        lang: Lang,
    ) -> Result<pb::EscalateFindingResponse, RpcError> {
        let pb::EscalateFindingRequest { request_id, finding_id } = message;
        let mut violations = FieldViolations::default();
        let request = parse_request_id(&request_id, &mut violations);
        let id = violations
            .check("finding_id", values::id_from_bytes(&finding_id, FindingId::from_slice));
        let (request, id) = violations.into_result(request.zip(id))?;
        let stored =
            self.app.escalate_finding(identity, request, id)?.ok_or(RpcError::RequestIdReused)?;
        Ok(pb::EscalateFindingResponse { finding: Some(self.finding_to_proto(&stored, lang)?) })
    }

    fn finding_to_proto(
        &self,
        (finding, revision): &StoredFinding,
        lang: Lang,
    ) -> Result<pb::Finding, RpcError> {
        let reference = self.load_reference()?;
        let message =
            record::finding_to_proto(finding, &reference.unit_numbers, &reference.element_numbers);
        let record = message.map_err(|error| RpcError::Internal(error.to_string()))?;
        let element = finding.element.as_ref().and_then(|code| reference.catalogue.element(code));
        let scale = element.map_or(0, |element| element.scale);
        let question = |lang: Lang| {
            let name = element.map(|element| lang.pick(&element.name_vi, &element.name_en).clone());
            finding.question(MessageArg::Text(name.unwrap_or_default()), scale).text(lang)
        };
        Ok(pb::Finding {
            id: finding.id().0.to_vec(),
            revision: *revision,
            record: Some(record),
            question: question(Lang::VI),
            text: question(lang),
        })
    }
}
