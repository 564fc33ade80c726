//! Steps on the audit: who may read it reads it, and that is noted in it.

use super::{App, Result};
use crate::domain::audit::merkle::{MerkleHash, hash_leaf};
use crate::domain::free_text;
use crate::domain::permission::{Actor, Permit, action, authorize};
pub use crate::store::audit::{AuditEntry, AuditVerification};
use crate::store::write_tx::AuditContext;
use crate::store::{Error, WriteTx};

/// The lines of the audit as leaves of its tree.
#[derive(Debug, Clone)]
pub struct AuditLeaves {
    /// Whether the chain over them holds.
    pub verified: AuditVerification,
    /// One hash a line, in order.
    pub hashes: Vec<MerkleHash>,
    /// The line that was asked for.
    pub requested_line: Option<Vec<u8>>,
}

impl App {
    /// The lines behind `after`, oldest first. The purpose stands in the audit for whoever reads it next.
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

    /// Recomputes the chain; with `expected`, a seq and the head that was printed there.
    pub fn verify_audit_chain(
        &self,
        actor: &Actor,
        expected: Option<(i64, [u8; 32])>,
    ) -> Result<AuditVerification> {
        self.audit_read_access(actor, "")?;
        Ok(self.store().read(|tx| tx.verify_audit_chain(expected))?)
    }

    /// Recomputes the chain, and makes every line a leaf of the audit's tree; with `wanted`, keeps that line (from 1) as it entered its leaf.
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

    /// Recomputes the chain for the nightly job, which shows nobody a line; how many rows it holds.
    pub fn check_audit_chain(&self) -> Result<i64> {
        let verified = self.store().read(|tx| tx.verify_audit_chain(None))?;
        match verified.invalid_from_seq {
            None => Ok(verified.rows),
            Some(seq) => {
                Err(Error::Damaged(format!("the audit's chain is broken at seq {seq}")).into())
            }
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
