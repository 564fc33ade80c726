//! The audit and its hash chain: append only; verification finds every edited, deleted or reordered
//! row.
//!
//! ```text
//!  commit_log  (last 5, chain c1) (last 9, chain c2)
//!  audit       1 2 3 4 5 | 6 7 8 9
//!  chain' = SHA-256(chain || SHA-256(rows of the commit))
//! ```
//!
//! Checks no permission: `app` does.

use super::commit::{AuditRow, extend_chain};
use super::content_check::{AuditedRecords, ContentProblem};
use super::error::Result;
use super::read_tx::{ReadTx, to_byte_array};
use super::schema::{audit, commit_log};
use crate::domain::access::scope::RecordKind;
use crate::domain::support::ids::{AccountId, DeviceId};
use crate::domain::support::time::Timestamp;
use diesel::prelude::*;
use sha2::{Digest, Sha256};

/// Which rows of the audit are meant; what is not given restricts nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditFilter {
    /// The beginning of their action, as in `report.`; empty: any.
    pub action_prefix: String,
    /// The account that acted.
    pub account: Option<AccountId>,
    /// The id of the record that changed.
    pub record: Option<[u8; 16]>,
    /// Those of this time and later.
    pub since: Option<Timestamp>,
}

/// One row of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its seq.
    pub seq: i64,
    /// The account that acted.
    pub account: AccountId,
    /// The device it acted on.
    pub device: Option<DeviceId>,
    /// What was done.
    pub action: String,
    /// The record that changed, if one did.
    pub record: Option<(RecordKind, [u8; 16])>,
    /// The revision before.
    pub from_revision: i64,
    /// The revision after.
    pub to_revision: i64,
    /// When the change was made.
    pub at: Timestamp,
}

/// Result of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditVerification {
    /// Number of rows read.
    pub rows: i64,
    /// The chain at the head, as recomputed.
    pub chain: [u8; 32],
    /// Last seq of the first commit that does not match; `None`: all match.
    pub invalid_from_seq: Option<i64>,
}

impl ReadTx<'_> {
    /// Recomputes the whole chain. With `expected`, a head printed earlier, it also finds missing
    /// rows at the end.
    pub fn verify_audit_chain(
        &mut self,
        expected: Option<(i64, [u8; 32])>,
    ) -> Result<AuditVerification> {
        self.walk_audit_chain(expected, |_| ())
    }

    /// Like [`ReadTx::verify_audit_chain`]; calls `each` with the canonical bytes of every row.
    pub fn walk_audit_chain(
        &mut self,
        expected: Option<(i64, [u8; 32])>,
        mut each: impl FnMut(&[u8]),
    ) -> Result<AuditVerification> {
        self.walk_audit_rows(expected, &mut |_, bytes| each(bytes))
    }

    /// Verifies the chain, and that everything stored is what the audit says was written. Calls
    /// `each` with the canonical bytes of every row.
    pub fn verify_audit(
        &mut self,
        expected: Option<(i64, [u8; 32])>,
        mut each: impl FnMut(&[u8]),
    ) -> Result<(AuditVerification, Vec<ContentProblem>)> {
        let mut audited = AuditedRecords::default();
        let verified = self.walk_audit_rows(expected, &mut |row, bytes| {
            audited.insert(row);
            each(bytes);
        })?;
        // Behind a broken chain the rows prove nothing about the content.
        let problems = match verified.invalid_from_seq {
            None => self.check_content(audited)?,
            Some(_) => Vec::new(),
        };
        Ok((verified, problems))
    }

    fn walk_audit_rows(
        &mut self,
        expected: Option<(i64, [u8; 32])>,
        each: &mut dyn FnMut(&AuditRow, &[u8]),
    ) -> Result<AuditVerification> {
        let commits: Vec<(i64, i64, Vec<u8>)> = commit_log::table
            .order(commit_log::last_seq)
            .select((commit_log::first_seq, commit_log::last_seq, commit_log::chain))
            .load(self.conn()?)?;
        let head = self.head()?;
        let mut verified = AuditVerification { rows: 0, chain: [0; 32], invalid_from_seq: None };
        let mut next = 1;
        for (first, last, stored) in commits {
            let rows = self.load_audit_rows(first, last)?;
            let is_complete = first == next && rows.len() as i64 == last - first + 1;
            verified.rows += rows.len() as i64;
            verified.chain = extend_chain(&verified.chain, hash_audit_rows(&rows, each));
            if !is_complete || verified.chain[..] != stored[..] {
                verified.invalid_from_seq = Some(last);
                return Ok(verified);
            }
            if expected.is_some_and(|(seq, chain)| seq == last && chain != verified.chain) {
                verified.invalid_from_seq = Some(last);
                return Ok(verified);
            }
            next = last + 1;
        }
        let extra_rows: i64 =
            audit::table.filter(audit::seq.ge(next)).count().get_result(self.conn()?)?;
        let is_truncated = expected.is_some_and(|(seq, _)| seq >= next);
        if head.seq != next - 1 || head.chain != verified.chain || extra_rows > 0 || is_truncated {
            verified.invalid_from_seq = Some(next);
        }
        Ok(verified)
    }

    /// Verifies the link of the commit that contains `seq`: its last seq, and whether the rows of
    /// the audit and the chain before it give the chain after it.
    pub(super) fn verify_commit(&mut self, seq: i64) -> Result<(i64, bool)> {
        let commit: Option<(i64, i64, Vec<u8>)> = commit_log::table
            .filter(commit_log::last_seq.ge(seq))
            .order(commit_log::last_seq)
            .select((commit_log::first_seq, commit_log::last_seq, commit_log::chain))
            .first(self.conn()?)
            .optional()?;
        let Some((first, last, stored)) = commit else { return Ok((seq, false)) };
        let (before, chain) = self.last_commit_up_to(first - 1)?;
        let rows = self.load_audit_rows(first, last)?;
        let is_complete = before == first - 1 && rows.len() as i64 == last - first + 1;
        let recomputed = extend_chain(&chain, hash_audit_rows(&rows, &mut |_, _| ()));
        Ok((last, is_complete && recomputed[..] == stored[..]))
    }

    fn load_audit_rows(&mut self, first: i64, last: i64) -> Result<Vec<AuditRow>> {
        Ok(audit::table
            .filter(audit::seq.between(first, last))
            .order(audit::seq)
            .load(self.conn()?)?)
    }

    /// Rows of the audit after `after` that the filter means, oldest first.
    pub fn audit_entries(
        &mut self,
        after: i64,
        limit: i64,
        filter: &AuditFilter,
    ) -> Result<Vec<AuditEntry>> {
        let AuditFilter { action_prefix, account, record, since } = filter;
        let mut rows =
            audit::table.filter(audit::seq.gt(after)).order(audit::seq).limit(limit).into_boxed();
        if !action_prefix.is_empty() {
            let escaped =
                action_prefix.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            rows = rows.filter(audit::action.like(format!("{escaped}%")).escape('\\'));
        }
        if let Some(account) = account {
            rows = rows.filter(audit::account.eq(account.0.to_vec()));
        }
        if let Some(record) = record {
            rows = rows.filter(audit::record_id.eq(record.to_vec()));
        }
        if let Some(since) = since {
            rows = rows.filter(audit::recorded_at.ge(since.0));
        }
        let rows: Vec<AuditRow> = rows.load(self.conn()?)?;
        rows.into_iter().map(to_audit_entry).collect()
    }
}

fn hash_audit_rows(rows: &[AuditRow], each: &mut dyn FnMut(&AuditRow, &[u8])) -> [u8; 32] {
    let (mut hash, mut line) = (Sha256::new(), Vec::new());
    for row in rows {
        line.clear();
        row.canonical_bytes(|bytes| line.extend_from_slice(bytes));
        hash.update(&line);
        each(row, &line);
    }
    hash.finalize().into()
}

impl AuditEntry {
    /// Parses a row from its canonical bytes; `None` if they are not exactly one row.
    #[must_use]
    pub fn from_canonical_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let mut numbers = [0; 5];
        for number in &mut numbers {
            *number = i64::from_be_bytes(*split_array(&mut rest)?);
        }
        let [seq, from_revision, to_revision, at, kind] = numbers;
        let mut fields = [&[][..]; 5];
        for field in &mut fields {
            let length = u32::from_be_bytes(*split_array(&mut rest)?);
            (*field, rest) = rest.split_at_checked(length as usize)?;
        }
        let [account, device, id, action, hash] = fields;
        let non_empty = |bytes: &[u8]| (!bytes.is_empty()).then(|| bytes.to_vec());
        let row = AuditRow {
            seq,
            account: account.to_vec(),
            device: non_empty(device),
            action: String::from_utf8(action.to_vec()).ok()?,
            record_kind: i16::try_from(kind).ok().filter(|kind| *kind != 0),
            record_id: non_empty(id),
            from_revision,
            to_revision,
            record_hash: non_empty(hash),
            recorded_at: at,
        };
        rest.is_empty().then(|| to_audit_entry(row).ok()).flatten()
    }
}

fn split_array<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (first, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(first)
}

fn to_audit_entry(row: AuditRow) -> Result<AuditEntry> {
    let record = match (row.record_kind.and_then(RecordKind::from_number), row.record_id) {
        (Some(kind), Some(id)) => Some((kind, to_byte_array(&id)?)),
        _ => None,
    };
    Ok(AuditEntry {
        seq: row.seq,
        account: AccountId(to_byte_array(&row.account)?),
        device: row.device.map(|id| to_byte_array(&id).map(DeviceId)).transpose()?,
        action: row.action,
        record,
        from_revision: row.from_revision,
        to_revision: row.to_revision,
        at: Timestamp(row.recorded_at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_from_the_bytes_of_its_hash_and_from_nothing_less_or_more() {
        let row = AuditRow {
            seq: 7,
            account: vec![1; 16],
            device: Some(vec![2; 16]),
            action: "report.accept".to_owned(),
            record_kind: Some(RecordKind::Report.number()),
            record_id: Some(vec![3; 16]),
            from_revision: 4,
            to_revision: 5,
            record_hash: Some(vec![6; 16]),
            recorded_at: 8,
        };
        for row in [
            row.clone(),
            AuditRow { device: None, record_kind: None, record_id: None, record_hash: None, ..row },
        ] {
            let mut bytes = Vec::new();
            row.canonical_bytes(|piece| bytes.extend_from_slice(piece));
            assert_eq!(AuditEntry::from_canonical_bytes(&bytes), to_audit_entry(row).ok());
            assert!(
                (0..bytes.len())
                    .all(|end| AuditEntry::from_canonical_bytes(&bytes[..end]).is_none())
            );
            bytes.push(0);
            assert_eq!(AuditEntry::from_canonical_bytes(&bytes), None);
        }
    }
}
