//! Random ids of traces and spans, without asking the machine for each.
//!
//! Nobody's secret depends on them: they must differ, within a process by construction and between processes by 128 random bits of start.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

/// The odd step of Weyl's sequence, from the golden ratio.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// Draws ids.
pub(super) struct Ids {
    seeds: [u64; 2],
    drawn: AtomicU64,
}

impl Default for Ids {
    fn default() -> Self {
        let random = || RandomState::new().build_hasher().finish();
        Self { seeds: [random(), random()], drawn: AtomicU64::new(0) }
    }
}

impl Ids {
    fn draw(&self, seed: u64) -> u64 {
        // The finalizer of splitmix64: one to one, so that no two draws of one seed are the same.
        let mut z = seed.wrapping_add(self.drawn.fetch_add(1, Ordering::Relaxed).wrapping_mul(STEP));
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A trace's id; all zeros would be none.
    pub(super) fn trace(&self) -> [u8; 16] {
        let high = self.draw(self.seeds[0]).max(1);
        (u128::from(high) << 64 | u128::from(self.draw(self.seeds[1]))).to_be_bytes()
    }

    /// A span's id; all zeros would be none.
    pub(super) fn span(&self) -> [u8; 8] {
        self.draw(self.seeds[0]).max(1).to_be_bytes()
    }

    /// True for one draw in so many.
    pub(super) fn one_in(&self, many: u64) -> bool {
        many <= 1 || self.draw(self.seeds[1]).is_multiple_of(many)
    }
}
