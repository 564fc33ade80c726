//! Reads and verifies the audit log. Each read is itself recorded in the log.

use super::report::parse_optional_id;
use super::status::RpcError;
use super::{Services, impl_service, pagination};
use crate::app::access::CallerIdentity;
use crate::app::audit::{AuditEntry, AuditFilter};
use crate::domain::support::ids::AccountId;
use crate::domain::support::limits::{CODE, NOTE};
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::time::Timestamp;
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
        let mut violations = FieldViolations::default();
        let (filter, filter_key) = (read_filter(&message, &mut violations), filter_key(&message));
        let pb::ListAuditEntriesRequest { page_size, page_token, purpose, after_number, .. } =
            message;
        let size = pagination::resolve_page_size(page_size, 100, 500)?;
        let token = pagination::decode_offset_token(&page_token, &filter_key)?;
        let purpose = violations.check_text("purpose", &purpose, NOTE);
        if purpose.as_ref().is_some_and(|purpose| purpose.trim().is_empty()) {
            violations.add("purpose", RefusalReason::Malformed);
        }
        let (purpose, filter) = violations.into_result(purpose.zip(filter))?;
        let token = i64::try_from(token).map_err(|_| RpcError::BadPageToken)?;
        let range = (token.max(after_number), size as i64);
        let entries = self.app.audit_entries(&identity.actor, &purpose, range, &filter)?;
        let next_page_token = match entries.last() {
            Some(last) if entries.len() == size => {
                pagination::encode_page_token(&last.seq.to_be_bytes(), &filter_key)
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

/// Which entries a request means.
fn read_filter(
    message: &pb::ListAuditEntriesRequest,
    violations: &mut FieldViolations,
) -> Option<AuditFilter> {
    let pb::ListAuditEntriesRequest { action_prefix, account_id, record_id, since_day, .. } =
        message;
    let action_prefix = violations.check_text("action_prefix", action_prefix, CODE);
    let account = parse_optional_id(account_id, AccountId::from_slice);
    let account = violations.check("account_id", account);
    let record = match record_id.as_slice() {
        [] => Ok(None),
        id => id.try_into().map(Some).map_err(|_| RefusalReason::BadId),
    };
    let record = violations.check("record_id", record);
    let since = since_day.map(values::day_from_proto).transpose();
    let since = violations.check("since_day", since)?.map(Timestamp::from_local_midnight);
    let (action_prefix, (account, record)) = action_prefix.zip(account.zip(record))?;
    Some(AuditFilter { action_prefix, account, record, since })
}

/// What a page token is bound to.
fn filter_key(message: &pb::ListAuditEntriesRequest) -> Vec<u8> {
    let pb::ListAuditEntriesRequest { action_prefix, account_id, record_id, since_day, .. } =
        message;
    let since = since_day.map(i32::to_be_bytes).unwrap_or_default();
    [b"audit", action_prefix.as_bytes(), b"/", account_id, b"/", record_id, b"/", &since].concat()
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
