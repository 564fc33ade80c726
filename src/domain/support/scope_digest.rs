//! The digest of a scope, by which phone and server detect that their records differ (S21).
//!
//! A digest is the number of records and the sum modulo 2^128 of a hash of each. It is a sum, not
//! an xor, so that two copies of one record do not cancel out. It is updated by differences, so its
//! cost is proportional to the changes.

use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// First 16 bytes, big-endian, of SHA-256 over id, revision (8 bytes, big-endian) and the record's
/// bytes.
#[must_use]
pub fn hash_record(id: &[u8; 16], revision: i64, bytes: &[u8]) -> u128 {
    let mut hash = Sha256::new();
    hash.update(id);
    hash.update(revision.to_be_bytes());
    hash.update(bytes);
    let digest = hash.finalize();
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    u128::from_be_bytes(first)
}

/// Count and hash sum of the records of one scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScopeDigest {
    /// How many records.
    pub count: i64,
    /// Sum of their hashes modulo 2^128.
    pub sum: u128,
}

impl ScopeDigest {
    /// Adds a record.
    pub fn add(&mut self, hash: u128) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(hash);
    }

    /// Removes a record.
    pub fn remove(&mut self, hash: u128) {
        self.count -= 1;
        self.sum = self.sum.wrapping_sub(hash);
    }

    /// Adds a difference computed elsewhere.
    pub fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.sum = self.sum.wrapping_add(other.sum);
    }
}

/// Length of a state digest. It detects faults of programs and disks, not forgeries, which TLS
/// excludes: one difference in 2^64 goes unnoticed, and only until the next change.
pub const STATE_DIGEST_BYTES: usize = 8;

/// The digest of all scopes of a device in one epoch: the start of SHA-256 over the epoch's number
/// (8 bytes, big-endian) and id, then, for each scope in the order of kind and id, its kind (4
/// bytes, big-endian), id, count (8 bytes, big-endian) and sum (16 bytes, big-endian).
///
/// The epoch is part of it, so that an answer that does not name the epoch cannot be taken for one
/// of another history.
#[must_use]
pub fn compute_state_digest(
    (epoch, epoch_id): (u64, [u8; 16]),
    scopes: impl IntoIterator<Item = (i16, [u8; 16], ScopeDigest)>,
) -> [u8; STATE_DIGEST_BYTES] {
    let ordered: BTreeMap<(i16, [u8; 16]), ScopeDigest> =
        scopes.into_iter().map(|(kind, id, digest)| ((kind, id), digest)).collect();
    let mut hash = Sha256::new();
    hash.update(epoch.to_be_bytes());
    hash.update(epoch_id);
    for ((kind, id), ScopeDigest { count, sum }) in ordered {
        hash.update(i32::from(kind).to_be_bytes());
        hash.update(id);
        hash.update(count.to_be_bytes());
        hash.update(sum.to_be_bytes());
    }
    let mut first = [0; STATE_DIGEST_BYTES];
    first.copy_from_slice(&hash.finalize()[..STATE_DIGEST_BYTES]);
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_copies_of_a_record_do_not_cancel_out() {
        let hash = hash_record(&[7; 16], 1, b"bytes");
        let mut digest = ScopeDigest::default();
        digest.add(hash);
        digest.add(hash);
        assert_ne!(digest.sum, 0);
        assert_eq!(digest.count, 2);
    }

    #[test]
    fn a_state_digest_depends_on_each_scope_and_on_the_epoch_and_not_on_the_order() {
        let digest = |count, sum| ScopeDigest { count, sum };
        let scopes = [(2, [9; 16], digest(1, 7)), (1, [0; 16], digest(3, u128::MAX))];
        let mut turned = scopes;
        turned.reverse();
        let epoch = (1, [5; 16]);
        let state = compute_state_digest(epoch, scopes);
        assert_eq!(state, compute_state_digest(epoch, turned));
        let others = [
            compute_state_digest((2, [5; 16]), scopes),
            compute_state_digest((1, [6; 16]), scopes),
            compute_state_digest(epoch, [scopes[0]]),
            compute_state_digest(epoch, [(2, [9; 16], digest(2, 7)), scopes[1]]),
            compute_state_digest(epoch, [(2, [9; 16], digest(1, 8)), scopes[1]]),
            compute_state_digest(epoch, [(3, [9; 16], digest(1, 7)), scopes[1]]),
            compute_state_digest(epoch, [(2, [8; 16], digest(1, 7)), scopes[1]]),
        ];
        assert!(others.iter().all(|other| *other != state), "{others:?}");
    }

    proptest! {
        #[test]
        fn order_and_detours_do_not_matter(mut hashes in proptest::collection::vec(any::<u128>(), 0..20), detour in any::<u128>()) {
            let mut there = ScopeDigest::default();
            hashes.iter().for_each(|hash| there.add(*hash));
            hashes.reverse();
            let mut back = ScopeDigest::default();
            back.add(detour);
            hashes.iter().for_each(|hash| back.add(*hash));
            back.remove(detour);
            prop_assert_eq!(there, back);
        }
    }
}
