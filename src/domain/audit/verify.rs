//! Verifies that checkpoints and proofs agree: they describe one history, and it contains every
//! proven line.
//!
//! ```text
//!  held      900 ---- old 900 ----> 1520 ---- old 1520 ----> 4000      a proof joins each pair
//!                                    |
//!                             line 1234 is in it
//! ```
//!
//! The audit log itself is not needed. Signatures are verified before, in `auth`.

use super::audit_proof::{AuditCheckpoint, AuditProof};
use super::merkle::{MerkleHash, hash_leaf, verify_consistency, verify_inclusion};
use std::collections::{BTreeMap, BTreeSet};

/// The newest tree head that the given checkpoints and proofs agree on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeHead {
    /// Entries under the newest checkpoint.
    pub size: u64,
    /// Its root hash.
    pub root: MerkleHash,
}

/// Why the checkpoints and proofs do not agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofError {
    /// No checkpoint was given.
    Empty,
    /// Two checkpoints of this size have different roots.
    Forked(u64),
    /// The newer tree does not begin with the older one: lines were changed or removed.
    Inconsistent {
        /// Size of the older tree.
        old: u64,
        /// Size of the newer tree.
        new: u64,
    },
    /// A line is not at the position that its proof gives.
    NotIncluded {
        /// The line, from 1.
        line: u64,
        /// Size of the tree.
        size: u64,
    },
    /// No proof shows that the newer tree begins with the older one.
    MissingConsistencyProof {
        /// Size of the older tree.
        old: u64,
        /// Size of the newer tree.
        new: u64,
    },
}

/// Verifies that all checkpoints and proofs agree.
///
/// # Errors
/// The first contradiction, or else the first missing proof.
pub fn verify_proofs(proofs: &[AuditProof]) -> Result<TreeHead, ProofError> {
    let mut roots: BTreeMap<u64, MerkleHash> = BTreeMap::new();
    for checkpoint in proofs.iter().map(|proof| &proof.signed_checkpoint().checkpoint) {
        if roots
            .insert(checkpoint.size, checkpoint.root)
            .is_some_and(|stored| stored != checkpoint.root)
        {
            return Err(ProofError::Forked(checkpoint.size));
        }
    }
    let mut joined_pairs = BTreeSet::new();
    let mut missing = None;
    for proof in proofs {
        let AuditCheckpoint { size, root, origin: _ } = &proof.signed_checkpoint().checkpoint;
        match proof {
            AuditProof::Checkpoint(_) => {}
            AuditProof::Inclusion { line, index, path, checkpoint: _ } => {
                if !verify_inclusion((*size, root), *index, &hash_leaf(line), path) {
                    return Err(ProofError::NotIncluded {
                        line: index.saturating_add(1),
                        size: *size,
                    });
                }
            }
            AuditProof::Consistency { old_size: old, path, checkpoint: _ } => {
                match roots.get(old) {
                    None => {
                        missing = missing
                            .or(Some(ProofError::MissingConsistencyProof { old: *old, new: *size }))
                    }
                    Some(old_root) if verify_consistency((*old, old_root), (*size, root), path) => {
                        joined_pairs.insert((*old, *size));
                    }
                    Some(_) => return Err(ProofError::Inconsistent { old: *old, new: *size }),
                }
            }
        }
    }
    // A proof from 900 to 4000 does not cover a checkpoint at 1520: only adjacent sizes are joined.
    let gap = roots
        .keys()
        .zip(roots.keys().skip(1))
        .find(|(old, new)| !joined_pairs.contains(&(**old, **new)));
    match (missing, gap, roots.last_key_value()) {
        (Some(complaint), _, _) => Err(complaint),
        (None, Some((old, new)), _) => {
            Err(ProofError::MissingConsistencyProof { old: *old, new: *new })
        }
        (None, None, Some((size, root))) => Ok(TreeHead { size: *size, root: *root }),
        (None, None, None) => Err(ProofError::Empty),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::audit::audit_proof::SignedCheckpoint;
    use crate::domain::audit::merkle::{
        build_consistency_proof, build_inclusion_proof, compute_root,
    };

    fn line(at: usize) -> Vec<u8> {
        format!("line {at}").into_bytes()
    }

    /// An audit log of nine lines; if not `honest`, line 3 is different.
    fn audit(honest: bool) -> Vec<MerkleHash> {
        (1..=9)
            .map(|at| if at == 3 && !honest { hash_leaf(b"another") } else { hash_leaf(&line(at)) })
            .collect()
    }

    fn signed(leaves: &[MerkleHash], size: usize) -> SignedCheckpoint {
        let checkpoint = AuditCheckpoint {
            origin: "o".to_owned(),
            size: size as u64,
            root: compute_root(&leaves[..size]),
        };
        SignedCheckpoint { checkpoint, signatures: Vec::new() }
    }

    fn checkpoint(leaves: &[MerkleHash], size: usize) -> AuditProof {
        AuditProof::Checkpoint(signed(leaves, size))
    }

    fn consistency_proof(leaves: &[MerkleHash], old: usize, new: usize) -> AuditProof {
        let path = build_consistency_proof(&leaves[..new], old).unwrap();
        AuditProof::Consistency { old_size: old as u64, path, checkpoint: signed(leaves, new) }
    }

    fn inclusion_proof(leaves: &[MerkleHash], at: usize, size: usize) -> AuditProof {
        let path = build_inclusion_proof(&leaves[..size], at - 1).unwrap();
        AuditProof::Inclusion {
            line: line(at),
            index: at as u64 - 1,
            path,
            checkpoint: signed(leaves, size),
        }
    }

    #[test]
    fn papers_of_one_history_agree_in_any_order() {
        let all = audit(true);
        let proofs = [
            consistency_proof(&all, 6, 9),
            inclusion_proof(&all, 3, 6),
            checkpoint(&all, 4),
            consistency_proof(&all, 4, 6),
        ];
        assert_eq!(verify_proofs(&proofs), Ok(TreeHead { size: 9, root: compute_root(&all) }));
        assert_eq!(verify_proofs(&proofs[1..2]).unwrap().size, 6, "a proof stands for itself");
        assert_eq!(verify_proofs(&[]), Err(ProofError::Empty));
    }

    #[test]
    fn a_changed_line_is_found_with_an_older_checkpoint() {
        let (all, other) = (audit(true), audit(false));
        assert_eq!(
            verify_proofs(&[checkpoint(&all, 4), consistency_proof(&other, 4, 9)]),
            Err(ProofError::Inconsistent { old: 4, new: 9 })
        );
        assert_eq!(
            verify_proofs(&[checkpoint(&all, 4), checkpoint(&other, 4)]),
            Err(ProofError::Forked(4))
        );
        assert_eq!(
            verify_proofs(&[inclusion_proof(&other, 3, 9)]),
            Err(ProofError::NotIncluded { line: 3, size: 9 })
        );
    }

    #[test]
    fn what_is_not_shown_is_not_believed() {
        let all = audit(true);
        let unjoined = |old, new| Err(ProofError::MissingConsistencyProof { old, new });
        assert_eq!(verify_proofs(&[checkpoint(&all, 4), checkpoint(&all, 9)]), unjoined(4, 9));
        assert_eq!(
            verify_proofs(&[consistency_proof(&all, 4, 9)]),
            unjoined(4, 9),
            "the older is not there"
        );
        let fan =
            [checkpoint(&all, 4), consistency_proof(&all, 4, 6), consistency_proof(&all, 4, 9)];
        assert_eq!(
            verify_proofs(&fan),
            unjoined(6, 9),
            "both begin with the same lines and may differ behind them"
        );
    }
}
