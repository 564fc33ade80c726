//! Steps on the audit: who may read it reads it, and that is noted in it.

use super::{App, Result};
use crate::domain::audit::merkle::{Hash, leaf};
use crate::domain::note;
use crate::domain::permission::{Actor, Permit, action, authorize};
pub use crate::store::audit::{AuditLine, Verified};
use crate::store::tx::Audit;
use crate::store::{Error, WriteTx};

/// The lines of the audit as leaves of its tree.
#[derive(Debug, Clone)]
pub struct Leaves {
    /// Whether the chain over them holds.
    pub verified: Verified,
    /// One hash a line, in order.
    pub hashes: Vec<Hash>,
    /// The line that was asked for.
    pub line: Option<Vec<u8>>,
}

impl App {
    /// The lines behind `after`, oldest first. The purpose stands in the audit for whoever reads it next.
    pub fn audit_lines(&self, actor: &Actor, purpose: &str, after: i64, limit: i64) -> Result<Vec<AuditLine>> {
        let purpose = purpose.trim();
        if let Some(reason) = note::problem(purpose) {
            return Err(reason.into());
        }
        self.note_reading(actor, &format!(": {purpose}"))?;
        Ok(self.store().read(|tx| tx.audit_lines(after, limit))?)
    }

    /// Recomputes the chain; with `expected`, a seq and the head that was printed there.
    pub fn verify_audit(&self, actor: &Actor, expected: Option<(i64, [u8; 32])>) -> Result<Verified> {
        self.note_reading(actor, "")?;
        Ok(self.store().read(|tx| tx.verify_audit(expected))?)
    }

    /// Recomputes the chain, and makes every line a leaf of the audit's tree; with `wanted`, keeps that line (from 1) as it entered its leaf.
    pub fn audit_leaves(&self, actor: &Actor, wanted: Option<u64>) -> Result<Leaves> {
        self.note_reading(actor, &wanted.map(|line| format!(": proof of line {line}")).unwrap_or_default())?;
        self.store().read(|tx| {
            let (mut hashes, mut line) = (Vec::new(), None);
            let verified = tx.walk_audit(None, |bytes| {
                hashes.push(leaf(bytes));
                if wanted == Some(hashes.len() as u64) {
                    line = Some(bytes.to_vec());
                }
            })?;
            Ok(Leaves { verified, hashes, line })
        })
    }

    /// Recomputes the chain for the nightly job, which shows nobody a line; how many rows it holds.
    pub fn audit_holds(&self) -> Result<i64> {
        let verified = self.store().read(|tx| tx.verify_audit(None))?;
        match verified.broken_at {
            None => Ok(verified.rows),
            Some(seq) => Err(Error::Damaged(format!("the audit's chain is broken at seq {seq}")).into()),
        }
    }

    fn note_reading(&self, actor: &Actor, purpose: &str) -> Result<()> {
        self.store().write("audit.read", self.now(), |tx: &mut WriteTx| {
            let place = self.root_place(tx)?;
            let permit: Permit<action::ReadAudit> = authorize(actor, &place, self.now().local_date())?;
            tx.note_act(&Audit::credential(actor, &format!("{}{purpose}", permit.code())));
            Ok(())
        })
    }
}
