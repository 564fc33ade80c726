//! Steps on the audit. A read needs a permission and is itself recorded in the audit.

use super::{App, AppError, Result};
use crate::domain::access::permission::{Actor, Permit, action, authorize};
use crate::domain::audit::merkle::{MerkleHash, hash_leaf};
use crate::domain::report::free_text;
pub use crate::store::audit::{AuditEntry, AuditVerification};
use crate::store::backup::{IntegrityReport, broken_chain_text};
pub use crate::store::content_check::ContentProblem;
use crate::store::write_tx::AuditContext;
use crate::store::{Error, WriteTx};

/// The audit rows as leaves of a Merkle tree.
#[derive(Debug, Clone)]
pub struct AuditLeaves {
    /// Result of the chain verification.
    pub verified: AuditVerification,
    /// One hash for each row, in order.
    pub hashes: Vec<MerkleHash>,
    /// The canonical bytes of the requested row.
    pub requested_line: Option<Vec<u8>>,
}

impl App {
    /// The rows after `after`, oldest first. The purpose of the read is recorded in the audit.
    pub fn audit_entries(
        &self,
        actor: &Actor,
        purpose: &str,
        after: i64,
        limit: i64,
    ) -> Result<Vec<AuditEntry>> {
        let purpose = purpose.trim();
        if let Some(reason) = free_text::check_free_text(purpose) {
            return Err(reason.into());
        }
        self.audit_read_access(actor, &format!(": {purpose}"))?;
        Ok(self.store().read(|tx| tx.audit_entries(after, limit))?)
    }

    /// Recomputes the chain, and hashes all stored content to compare it with the audit. `expected`
    /// is a seq and the chain value that was printed for it.
    pub fn verify_audit(
        &self,
        actor: &Actor,
        expected: Option<(i64, [u8; 32])>,
    ) -> Result<(AuditVerification, Vec<ContentProblem>)> {
        self.audit_read_access(actor, "")?;
        Ok(self.store().read(|tx| tx.verify_audit(expected, |_| ()))?)
    }

    /// Recomputes the chain and hashes each row to a leaf; `requested` is the number (from 1) of a
    /// row whose bytes are returned too.
    pub fn audit_leaves(&self, actor: &Actor, requested: Option<u64>) -> Result<AuditLeaves> {
        self.audit_read_access(
            actor,
            &requested.map(|line| format!(": proof of line {line}")).unwrap_or_default(),
        )?;
        self.store().read(|tx| {
            let (mut hashes, mut line) = (Vec::new(), None);
            let verified = tx.walk_audit_chain(None, |bytes| {
                hashes.push(hash_leaf(bytes));
                if requested == Some(hashes.len() as u64) {
                    line = Some(bytes.to_vec());
                }
            })?;
            Ok(AuditLeaves { verified, hashes, requested_line: line })
        })
    }

    /// Checks the whole database for the nightly job: the file, the chain, all content, the digest
    /// of every scope.
    ///
    /// # Errors
    /// The first problem, with its place.
    pub fn check_database(&self) -> Result<IntegrityReport> {
        let found = self.store().check_integrity()?;
        match found.problems.first() {
            None => Ok(found),
            Some(first) => Err(altered_error(first, found.problems.len())),
        }
    }

    /// Checks the chain and all content.
    ///
    /// # Errors
    /// The first problem, with its place.
    pub(super) fn check_content(&self) -> Result<()> {
        let (verified, altered) = self.store().read(|tx| tx.verify_audit(None, |_| ()))?;
        if let Some(seq) = verified.invalid_from_seq {
            return Err(altered_error(&broken_chain_text(seq), 1));
        }
        match altered.first() {
            None => Ok(()),
            Some(first) => Err(altered_error(&first.text, altered.len())),
        }
    }

    fn audit_read_access(&self, actor: &Actor, purpose: &str) -> Result<()> {
        self.store().write("audit.read", self.now(), |tx: &mut WriteTx| {
            let unit_path = self.root_unit_path(tx)?;
            let permit: Permit<action::ReadAudit> =
                authorize(actor, &unit_path, self.now().local_date())?;
            tx.append_audit(&AuditContext::from_actor(
                actor,
                &format!("{}{purpose}", permit.code()),
            ));
            Ok(())
        })
    }
}

/// Names the first place and the number of further ones.
fn altered_error(first: &str, count: usize) -> AppError {
    let more = count.saturating_sub(1);
    let text = if more == 0 { first.to_owned() } else { format!("{first} (and {more} more)") };
    Error::ContentAltered(text).into()
}
