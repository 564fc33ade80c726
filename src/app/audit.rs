//! Steps on the audit. A read needs a permission and is itself recorded in the audit.

use super::checkpoint::{CheckpointSummary, renew_checkpoints};
use super::{App, AppError, Result};
use crate::domain::access::permission::{Actor, Permit, action, authorize};
use crate::domain::audit::merkle::{MerkleHash, hash_leaf};
use crate::domain::report::free_text;
use crate::domain::support::hex::encode_hex;
pub use crate::store::audit::{AuditEntry, AuditFilter, AuditVerification};
use crate::store::backup::{IntegrityReport, broken_chain_text};
pub use crate::store::content_check::{ContentProblem, join_places};
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
    /// The rows after `after` that the filter means, oldest first. The purpose of the read is
    /// recorded in the audit, and the account if it asks for those of one.
    pub fn audit_entries(
        &self,
        actor: &Actor,
        purpose: &str,
        (after, limit): (i64, i64),
        filter: &AuditFilter,
    ) -> Result<Vec<AuditEntry>> {
        let purpose = purpose.trim();
        if let Some(reason) = free_text::check_free_text(purpose) {
            return Err(reason.into());
        }
        let of_account = filter.account.map(|account| format!(" (of {})", encode_hex(&account.0)));
        let noted = format!(": {purpose}{}", of_account.unwrap_or_default());
        self.audit_read_access(actor, &noted)?;
        Ok(self.store().read(|tx| tx.audit_entries(after, limit, filter))?)
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
    /// of every scope. Then compares the audit with the stored checkpoints, and signs and stores a
    /// new one, if this application has places for them.
    ///
    /// # Errors
    /// The first problems, with their places.
    pub fn check_database(&self) -> Result<(IntegrityReport, Option<CheckpointSummary>)> {
        let (mut leaves, places) = (Vec::new(), self.checkpoint_places());
        let found = self.store().check_integrity_with(|line| {
            if places.is_some() {
                leaves.push(hash_leaf(line));
            }
        })?;
        if !found.problems.is_empty() {
            return Err(altered_error(&found.problems));
        }
        let signed = places
            .map(|places| renew_checkpoints(places, found.head.epoch, &leaves))
            .transpose()?;
        Ok((found, signed))
    }

    /// Checks the chain and all content.
    ///
    /// # Errors
    /// The first problems, with their places.
    pub(super) fn check_content(&self) -> Result<()> {
        let (verified, altered) = self.store().read(|tx| tx.verify_audit(None, |_| ()))?;
        let chain = verified.invalid_from_seq.map(broken_chain_text);
        let places: Vec<String> =
            chain.into_iter().chain(altered.into_iter().map(|problem| problem.text)).collect();
        if places.is_empty() { Ok(()) } else { Err(altered_error(&places)) }
    }

    fn audit_read_access(&self, actor: &Actor, purpose: &str) -> Result<()> {
        self.store().write("audit.read", self.now(), |tx: &mut WriteTx| {
            let unit_path = self.root_unit_path(tx)?;
            let permit: Permit<action::ReadAudit> =
                authorize(actor, &unit_path, self.now().local_date())?;
            tx.append_audit(&AuditContext::from_actor(
                actor,
                format!("{}{purpose}", permit.code()),
            ));
            Ok(())
        })
    }
}

fn altered_error(places: &[String]) -> AppError {
    Error::ContentAltered(join_places(places)).into()
}
