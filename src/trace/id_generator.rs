//! Random ids of traces and spans, without a system call for each.
//!
//! The ids are not secret. They are unique within a process by construction and between processes
//! by 128 random bits at the start.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

/// The odd increment of a Weyl sequence, from the golden ratio.
const WEYL_INCREMENT: u64 = 0x9E37_79B9_7F4A_7C15;

/// Generates ids.
pub(super) struct IdGenerator {
    seeds: [u64; 2],
    draw_count: AtomicU64,
}

impl Default for IdGenerator {
    fn default() -> Self {
        let random = || RandomState::new().build_hasher().finish();
        Self { seeds: [random(), random()], draw_count: AtomicU64::new(0) }
    }
}

impl IdGenerator {
    fn next_u64(&self, seed: u64) -> u64 {
        // The finalizer of splitmix64 is a bijection, so no two draws of one seed are equal.
        let mut z = seed.wrapping_add(
            self.draw_count.fetch_add(1, Ordering::Relaxed).wrapping_mul(WEYL_INCREMENT),
        );
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A trace id; never all zeros.
    pub(super) fn new_trace_id(&self) -> [u8; 16] {
        let high = self.next_u64(self.seeds[0]).max(1);
        (u128::from(high) << 64 | u128::from(self.next_u64(self.seeds[1]))).to_be_bytes()
    }

    /// A span id; never all zeros.
    pub(super) fn new_span_id(&self) -> [u8; 8] {
        self.next_u64(self.seeds[0]).max(1).to_be_bytes()
    }

    /// True for one draw in `many`, at random.
    pub(super) fn is_sampled_one_in(&self, many: u64) -> bool {
        many <= 1 || self.next_u64(self.seeds[1]).is_multiple_of(many)
    }
}
