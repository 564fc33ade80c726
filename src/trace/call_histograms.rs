//! Latency histograms of calls since the start, by method and code. Methods are constants of this
//! program, so the table is bounded.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the buckets in microseconds, from OpenTelemetry's semantic conventions for RPC.
pub const BUCKET_BOUNDS_MICROS: [u64; 14] = [
    5_000, 10_000, 25_000, 50_000, 75_000, 100_000, 250_000, 500_000, 750_000, 1_000_000,
    2_500_000, 5_000_000, 7_500_000, 10_000_000,
];

/// Latencies of the calls of one method that ended with one code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LatencyHistogram {
    /// Number of calls in each bucket; the last one has no upper bound.
    pub buckets: [u64; BUCKET_BOUNDS_MICROS.len() + 1],
    /// Sum of the latencies.
    pub sum: Duration,
}

#[derive(Default)]
pub(super) struct CallHistograms(Mutex<BTreeMap<(&'static str, u8), LatencyHistogram>>);

impl CallHistograms {
    pub(super) fn record(&self, method: &'static str, code: u8, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BUCKET_BOUNDS_MICROS.partition_point(|bound| *bound < micros);
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counted = calls.entry((method, code)).or_default();
        counted.buckets[bucket] += 1;
        counted.sum += took;
    }

    pub(super) fn snapshot(&self) -> BTreeMap<(&'static str, u8), LatencyHistogram> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_the_bucket_below_it_and_longer_than_all_to_the_last() {
        let calls = CallHistograms::default();
        for micros in [5_000, 5_001, 10_000_000, 10_000_001] {
            calls.record("a", 0, Duration::from_micros(micros));
        }
        let counted = &calls.snapshot()[&("a", 0)];
        let full: Vec<usize> = (0..15).filter(|at| counted.buckets[*at] > 0).collect();
        assert_eq!(full, [0, 1, 13, 14]);
        assert_eq!(counted.sum, Duration::from_micros(20_010_002));
    }
}
