//! Reads and verifies the audit log. Each read is itself recorded in the log.

use super::status::RpcError;
use super::{Services, impl_service, pagination};
use crate::app::access::CallerIdentity;
use crate::app::audit::AuditEntry;
use crate::domain::support::limits::NOTE;
use crate::domain::support::reason::RefusalReason;
use crate::pb;
use crate::pb::audit_service_server::AuditService;
use crate::wire::field_violations::FieldViolations;
use crate::wire::{sync, values};

impl_service!(AuditService {
    authenticated list_audit_entries: ListAuditEntriesRequest => ListAuditEntriesResponse;
    authenticated verify_audit: VerifyAuditRequest => VerifyAuditResponse;
});

impl Services {
    fn list_audit_entries(
        &self,
        identity: &CallerIdentity,
        message: pb::ListAuditEntriesRequest,
    ) -> Result<pb::ListAuditEntriesResponse, RpcError> {
        let pb::ListAuditEntriesRequest { page_size, page_token, purpose, after_number } = message;
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let token = pagination::decode_offset_token(&page_token, b"audit")?;
        let mut violations = FieldViolations::default();
        let purpose = violations.check_text("purpose", &purpose, NOTE);
        if purpose.as_ref().is_some_and(|purpose| purpose.trim().is_empty()) {
            violations.add("purpose", RefusalReason::Malformed);
        }
        let purpose = violations.into_result(purpose)?;
        let token = i64::try_from(token).map_err(|_| RpcError::BadPageToken)?;
        let after = token.max(after_number);
        let entries = self.app.audit_entries(&identity.actor, &purpose, after, size as i64)?;
        let next_page_token = match entries.last() {
            Some(last) if entries.len() == size => {
                pagination::encode_page_token(&last.seq.to_be_bytes(), b"audit")
            }
            Some(_) | None => String::new(),
        };
        Ok(pb::ListAuditEntriesResponse {
            entries: entries.into_iter().map(audit_entry_to_proto).collect(),
            next_page_token,
        })
    }

    fn verify_audit(
        &self,
        identity: &CallerIdentity,
        message: pb::VerifyAuditRequest,
    ) -> Result<pb::VerifyAuditResponse, RpcError> {
        let pb::VerifyAuditRequest { known_head, known_number } = message;
        let expected = match known_head.as_slice() {
            [] => None,
            head => Some((known_number, head.try_into().map_err(|_| RefusalReason::Malformed)?)),
        };
        let (found, altered) = self.app.verify_audit(&identity.actor, expected)?;
        let broken = found.invalid_from_seq.or(altered.first().map(|problem| problem.seq));
        Ok(pb::VerifyAuditResponse {
            unbroken: broken.is_none(),
            entries: found.rows,
            head: found.chain.to_vec(),
            first_broken: broken.unwrap_or(0),
        })
    }
}

fn audit_entry_to_proto(entry: AuditEntry) -> pb::AuditEntry {
    let AuditEntry { seq, account, device, action, record, from_revision, to_revision, at } = entry;
    pb::AuditEntry {
        number: seq,
        at: Some(values::timestamp_to_proto(at)),
        action,
        account_id: account.0.to_vec(),
        device_id: device.map_or_else(Vec::new, |device| device.0.to_vec()),
        record_kind: record.map_or(0, |(kind, _)| sync::record_kind_to_proto(kind)),
        record_id: record.map_or_else(Vec::new, |(_, id)| id.to_vec()),
        from_revision,
        to_revision,
    }
}
