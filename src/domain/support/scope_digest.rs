//! The digest of a scope, by which phone and server detect that their records differ (S21).
//!
//! A digest is the number of records and the sum modulo 2^128 of a hash of each. It is a sum, not
//! an xor, so that two copies of one record do not cancel out. It is updated by differences, so its
//! cost is proportional to the changes.

use sha2::{Digest as _, Sha256};

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
