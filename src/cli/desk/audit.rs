//! The audit: its entries, and whether its chain is whole.

use super::super::audit_output::broken_chain_error;
use super::super::error::{CliError, CliResult};
use super::{Desk, RemoteDesk, read, require};
use crate::app::audit::{AuditEntry, AuditFilter, AuditVerification, join_places};
use crate::domain::access::scope::RecordKind;
use crate::domain::support::ids::{AccountId, DeviceId};
use crate::pb;
use crate::wire::values;

/// The number of a row, and the hash of the chain up to it.
pub(in crate::cli) type ChainHead = (i64, [u8; 32]);

impl Desk {
    /// Entries after a number, oldest first.
    pub(in crate::cli) fn audit_entries(
        &self,
        purpose: &str,
        (after, limit): (i64, u16),
        filter: &AuditFilter,
    ) -> CliResult<Vec<AuditEntry>> {
        match self {
            Self::Local(local_app) => {
                let (app, actor) = (&local_app.app, &local_app.actor);
                Ok(app.audit_entries(actor, purpose, (after, limit.into()), filter)?)
            }
            Self::Remote(remote) => remote.audit_entries(purpose, (after, limit.into()), filter),
        }
    }

    /// The head of the chain, which is whole and, with `expected`, contains that one.
    pub(in crate::cli) fn verify_audit(&self, expected: Option<ChainHead>) -> CliResult<ChainHead> {
        let local_app = match self {
            Self::Local(local_app) => local_app,
            Self::Remote(remote) => return remote.verify_audit(expected),
        };
        let (AuditVerification { rows, chain, invalid_from_seq }, altered) =
            local_app.app.verify_audit(&local_app.actor, expected)?;
        if let Some(number) = invalid_from_seq {
            return Err(broken_chain_error(number));
        }
        if altered.is_empty() {
            return Ok((rows, chain));
        }
        let places: Vec<String> = altered.into_iter().map(|problem| problem.text).collect();
        Err(CliError::content_altered(&join_places(&places)))
    }
}

impl RemoteDesk {
    fn audit_entries(
        &self,
        purpose: &str,
        (after_number, limit): (i64, usize),
        filter: &AuditFilter,
    ) -> CliResult<Vec<AuditEntry>> {
        let (mut entries, mut page_token) = (Vec::new(), String::new());
        while entries.len() < limit {
            let page_size = i32::try_from(limit - entries.len()).unwrap_or(i32::MAX);
            let AuditFilter { action_prefix, account, record, since } = filter.clone();
            let request = pb::ListAuditEntriesRequest {
                page_size,
                page_token,
                purpose: purpose.to_owned(),
                after_number,
                action_prefix,
                account_id: account.map_or_else(Vec::new, |account| account.0.to_vec()),
                record_id: record.map_or_else(Vec::new, |record| record.to_vec()),
                since_day: since.map(|since| values::day_to_proto(since.local_date())),
            };
            let answer = self.ask(self.client.list_audit_entries(request))?;
            let page = answer.entries.into_iter().map(read_entry);
            entries.extend(page.collect::<CliResult<Vec<_>>>()?);
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        Ok(entries)
    }

    fn verify_audit(&self, expected: Option<ChainHead>) -> CliResult<ChainHead> {
        let (known_number, known_head) =
            expected.map_or((0, Vec::new()), |(number, head)| (number, head.to_vec()));
        let request = pb::VerifyAuditRequest { known_head, known_number };
        let found = self.ask(self.client.verify_audit(request))?;
        if !found.unbroken {
            return Err(broken_chain_error(found.first_broken));
        }
        Ok((found.entries, require(found.head.try_into().ok())?))
    }
}

fn read_entry(entry: pb::AuditEntry) -> CliResult<AuditEntry> {
    let pb::AuditEntry {
        number,
        at,
        action,
        account_id,
        device_id,
        record_kind,
        record_id,
        from_revision,
        to_revision,
    } = entry;
    let record = if record_id.is_empty() {
        None
    } else {
        let kind = i16::try_from(record_kind).ok().and_then(RecordKind::from_number);
        Some((require(kind)?, require(record_id.try_into().ok())?))
    };
    let device = if device_id.is_empty() {
        None
    } else {
        Some(read(values::id_from_bytes(&device_id, DeviceId::from_slice))?)
    };
    Ok(AuditEntry {
        seq: number,
        account: read(values::id_from_bytes(&account_id, AccountId::from_slice))?,
        device,
        action,
        record,
        from_revision,
        to_revision,
        at: read(values::required_timestamp_from_proto(at))?,
    })
}
