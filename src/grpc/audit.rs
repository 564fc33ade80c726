//! The audit, read and checked. Reading it is itself an act that it records.
//!
//! Knows messages and pages; who may is asked in `app`.

use super::status::Failure;
use super::{Services, page, service};
use crate::app::access::Identity;
use crate::app::audit::AuditLine;
use crate::domain::limits::NOTE_CHARS_MAX;
use crate::domain::reason::Reason;
use crate::pb;
use crate::pb::audit_service_server::AuditService;
use crate::wire::violations::Violations;
use crate::wire::{sync, values};

service!(AuditService {
    called list_audit_entries: ListAuditEntriesRequest => ListAuditEntriesResponse;
    called verify_audit: VerifyAuditRequest => VerifyAuditResponse;
});

impl Services {
    fn list_audit_entries(
        &self,
        who: &Identity,
        message: pb::ListAuditEntriesRequest,
    ) -> Result<pb::ListAuditEntriesResponse, Failure> {
        let pb::ListAuditEntriesRequest { page_size, page_token, purpose } = message;
        let size = page::size(page_size, 100, 500)?;
        let after = page::read_offset(&page_token, b"audit")?;
        let mut bad = Violations::default();
        if purpose.trim().is_empty() || purpose.chars().count() > NOTE_CHARS_MAX {
            bad.add("purpose", Reason::Malformed);
        }
        bad.done(Some(()))?;
        let after = i64::try_from(after).map_err(|_| Failure::BadPageToken)?;
        let lines = self.app.audit_lines(&who.actor, &purpose, after, size as i64)?;
        let next_page_token = match lines.last() {
            Some(last) if lines.len() == size => page::token(&last.seq.to_be_bytes(), b"audit"),
            Some(_) | None => String::new(),
        };
        Ok(pb::ListAuditEntriesResponse { entries: lines.into_iter().map(entry).collect(), next_page_token })
    }

    fn verify_audit(
        &self,
        who: &Identity,
        message: pb::VerifyAuditRequest,
    ) -> Result<pb::VerifyAuditResponse, Failure> {
        let pb::VerifyAuditRequest { known_head, known_number } = message;
        let expected = match known_head.as_slice() {
            [] => None,
            head => Some((known_number, head.try_into().map_err(|_| Reason::Malformed)?)),
        };
        let found = self.app.verify_audit(&who.actor, expected)?;
        Ok(pb::VerifyAuditResponse {
            unbroken: found.broken_at.is_none(),
            entries: found.rows,
            head: found.chain.to_vec(),
            first_broken: found.broken_at.unwrap_or(0),
        })
    }
}

fn entry(line: AuditLine) -> pb::AuditEntry {
    let AuditLine { seq, account, device, action, record, from_revision, to_revision, at } = line;
    pb::AuditEntry {
        number: seq,
        at: Some(values::timestamp(at)),
        action,
        account_id: account.0.to_vec(),
        device_id: device.map_or_else(Vec::new, |device| device.0.to_vec()),
        record_kind: record.map_or(0, |(kind, _)| sync::kind(kind)),
        record_id: record.map_or_else(Vec::new, |(_, id)| id.to_vec()),
        from_revision,
        to_revision,
    }
}
