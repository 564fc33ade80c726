//! A Merkle tree over an append-only list (RFC 6962, section 2.1): one hash commits to the whole
//! list, a short proof shows that a line is in it, another that a longer list begins with it.
//!
//! ```text
//!               root of 5                        line 2 is in it:            d3, a, d4
//!            /             \                     5 lines begin with the 3:   d2, d3, a, d4
//!         ab                 \
//!       /    \                \
//!     a        b               \                 a = SHA-256(1 | d0 | d1)
//!   d0 d1    d2 d3             d4                d0 = SHA-256(0 | line 0)
//! ```
//!
//! Proofs are built by the definition and verified by the independent algorithm of RFC 9162
//! (2.1.3.2 and 2.1.4.2), which needs neither lines nor the tree. The input of this module is
//! hashes only.

use sha2::{Digest, Sha256};

/// A hash of the tree.
pub type MerkleHash = [u8; 32];

/// The hash of one line.
#[must_use]
pub fn hash_leaf(line: &[u8]) -> MerkleHash {
    Sha256::new_with_prefix([0]).chain_update(line).finalize().into()
}

fn hash_node(left: &MerkleHash, right: &MerkleHash) -> MerkleHash {
    Sha256::new_with_prefix([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The root hash over these leaves.
#[must_use]
pub fn compute_root(leaves: &[MerkleHash]) -> MerkleHash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        leaves => {
            let (left, right) = split_leaves(leaves);
            hash_node(&compute_root(left), &compute_root(right))
        }
    }
}

/// Splits at least two leaves: the left part is the largest full tree that leaves the right part
/// non-empty.
fn split_leaves(leaves: &[MerkleHash]) -> (&[MerkleHash], &[MerkleHash]) {
    leaves.split_at(1 << (leaves.len() - 1).ilog2())
}

/// Proof that the leaf at `index` is in the tree: the siblings from bottom to root. `None` if there
/// is no such leaf.
#[must_use]
pub fn build_inclusion_proof(leaves: &[MerkleHash], index: usize) -> Option<Vec<MerkleHash>> {
    let mut path = Vec::new();
    let (mut leaves, mut index) = (leaves, (index < leaves.len()).then_some(index)?);
    while leaves.len() > 1 {
        let (left, right) = split_leaves(leaves);
        if index < left.len() {
            path.push(compute_root(right));
            leaves = left;
        } else {
            path.push(compute_root(left));
            (leaves, index) = (right, index - left.len());
        }
    }
    path.reverse();
    Some(path)
}

/// Proof that the tree begins with its first `old` leaves. `None` if `old` is zero or above the
/// number of leaves.
#[must_use]
pub fn build_consistency_proof(leaves: &[MerkleHash], old: usize) -> Option<Vec<MerkleHash>> {
    let mut path = Vec::new();
    let (mut leaves, mut old) = (leaves, (old > 0 && old <= leaves.len()).then_some(old)?);
    // While only left parts were entered, the remaining subtree is the old root itself, which the
    // verifier has.
    let mut is_old_root = true;
    while old < leaves.len() {
        let (left, right) = split_leaves(leaves);
        if old <= left.len() {
            path.push(compute_root(right));
            leaves = left;
        } else {
            path.push(compute_root(left));
            (leaves, old, is_old_root) = (right, old - left.len(), false);
        }
    }
    if !is_old_root {
        path.push(compute_root(leaves));
    }
    path.reverse();
    Some(path)
}

/// Whether `path` shows that this leaf is at `index` in the tree of `size` leaves with this root.
#[must_use]
pub(crate) fn verify_inclusion(
    (size, root): (u64, &MerkleHash),
    index: u64,
    leaf: &MerkleHash,
    path: &[MerkleHash],
) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut found) = (index, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at % 2 == 1 || at == last {
            found = hash_node(sibling, &found);
            while at.is_multiple_of(2) && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            found = hash_node(&found, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && found == *root
}

/// Whether `path` shows that the second tree begins with all leaves of the first.
#[must_use]
pub(crate) fn verify_consistency(
    (old, old_root): (u64, &MerkleHash),
    (new, new_root): (u64, &MerkleHash),
    path: &[MerkleHash],
) -> bool {
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    if old == 0 || old > new {
        return false;
    }
    let (mut at, mut last) = (old - 1, new - 1);
    while at % 2 == 1 {
        (at, last) = (at >> 1, last >> 1);
    }
    let (first, rest) = match path {
        // A full tree is a subtree of every larger one, so its root is not repeated in the path.
        path if old.is_power_of_two() => (old_root, path),
        [first, rest @ ..] => (first, rest),
        [] => return false,
    };
    let (mut before, mut after) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if at % 2 == 1 || at == last {
            (before, after) = (hash_node(sibling, &before), hash_node(sibling, &after));
            while at.is_multiple_of(2) && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            after = hash_node(&after, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && before == *old_root && after == *new_root
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::support::hex::{decode_hex, encode_hex};
    use proptest::prelude::*;
    use proptest::sample::Index;

    /// The eight lines of the test vectors shared by implementations of Certificate Transparency.
    fn vector_leaves() -> Vec<MerkleHash> {
        let lines = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        lines.map(|line| hash_leaf(&decode_hex(line).unwrap())).to_vec()
    }

    fn leaves(count: usize) -> Vec<MerkleHash> {
        (0..count).map(|at| hash_leaf(&at.to_be_bytes())).collect()
    }

    fn texts(path: Option<Vec<MerkleHash>>) -> Vec<String> {
        path.unwrap().iter().map(|hash| encode_hex(hash)).collect()
    }

    #[test]
    fn the_roots_of_certificate_transparency_hold() {
        let roots = [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        for (size, expected) in roots.into_iter().enumerate() {
            assert_eq!(
                encode_hex(&compute_root(&vector_leaves()[..size])),
                expected,
                "{size} leaves"
            );
        }
    }

    #[test]
    fn the_proofs_of_certificate_transparency_hold() {
        let known = vector_leaves();
        assert_eq!(texts(build_inclusion_proof(&known[..1], 0)), [""; 0]);
        assert_eq!(
            texts(build_inclusion_proof(&known, 5)),
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        );
        assert_eq!(texts(build_consistency_proof(&known[..1], 1)), [""; 0]);
        assert_eq!(
            texts(build_consistency_proof(&known, 6)),
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        );
    }

    #[test]
    fn every_proof_of_every_small_tree_holds() {
        for size in 1..=40_usize {
            let all = leaves(size);
            let tree = (size as u64, &compute_root(&all));
            for at in 0..size {
                let path = build_inclusion_proof(&all, at).unwrap();
                assert!(verify_inclusion(tree, at as u64, &all[at], &path), "leaf {at} of {size}");
                let old = (at as u64 + 1, &compute_root(&all[..=at]));
                let path = build_consistency_proof(&all, at + 1).unwrap();
                assert!(verify_consistency(old, tree, &path), "{} leaves, then {size}", at + 1);
            }
            assert_eq!(
                (
                    build_inclusion_proof(&all, size),
                    build_consistency_proof(&all, 0),
                    build_consistency_proof(&all, size + 1)
                ),
                (None, None, None)
            );
        }
    }

    /// Changes, removes or inserts one hash of a path.
    fn spoil(path: &mut Vec<MerkleHash>, how: u8, at: Index) {
        match how {
            0 if !path.is_empty() => at.get_mut(path)[0] ^= 1,
            1 if !path.is_empty() => {
                path.remove(at.index(path.len()));
            }
            _ => path.insert(at.index(path.len() + 1), [7; 32]),
        }
    }

    proptest! {
        #[test]
        fn a_line_that_is_another_or_stands_elsewhere_is_not_shown(size in 1..200_usize, at: Index, other: Index, which: Index, how in 0..3_u8) {
            let all = leaves(size);
            let (at, other) = (at.index(size), other.index(size));
            let (tree, path) = ((size as u64, &compute_root(&all)), build_inclusion_proof(&all, at).unwrap());
            prop_assert!(verify_inclusion(tree, at as u64, &all[at], &path));
            if other != at {
                prop_assert!(!verify_inclusion(tree, at as u64, &all[other], &path));
                prop_assert!(!verify_inclusion(tree, other as u64, &all[at], &path));
            }
            prop_assert!(!verify_inclusion(tree, size as u64, &all[at], &path));
            prop_assert!(!verify_inclusion((tree.0, &[7; 32]), at as u64, &all[at], &path));
            let mut spoilt = path;
            spoil(&mut spoilt, how, which);
            prop_assert!(!verify_inclusion(tree, at as u64, &all[at], &spoilt));
        }

        #[test]
        fn a_tree_in_which_an_old_line_changed_does_not_continue_the_old_one(new in 1..200_usize, old: Index, changed: Index, how in 0..3_u8) {
            let all = leaves(new);
            let old = old.index(new) + 1;
            let before = (old as u64, &compute_root(&all[..old]));
            let path = build_consistency_proof(&all, old).unwrap();
            prop_assert!(verify_consistency(before, (new as u64, &compute_root(&all)), &path));
            let mut spoilt = path;
            spoil(&mut spoilt, how, changed);
            prop_assert!(!verify_consistency(before, (new as u64, &compute_root(&all)), &spoilt));
            let mut other = all;
            changed.get_mut(&mut other[..old])[0] ^= 1;
            let path = build_consistency_proof(&other, old).unwrap();
            prop_assert!(!verify_consistency(before, (new as u64, &compute_root(&other)), &path));
        }
    }
}
