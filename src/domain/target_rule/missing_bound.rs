//! How much a missing report may contain: the 97.5 % quantile of a Poisson count, in whole numbers.
//!
//! The result is the same on every machine. The terms of the distribution are built up and down
//! from its mode by their exact ratios, in fixed point, and divided by their own sum, without
//! floats and without `exp`.

use crate::domain::support::ratio::Ratio;

/// Fixed-point one: the weight of the mode.
const MODE_WEIGHT: u128 = 1 << 76;
/// The expected count is scaled to billionths and rounded up.
const BILLIONTHS: i128 = 1_000_000_000;
/// Above this expected count the normal approximation is used; its error is below one in a
/// thousand.
const EXPECTED_MAX: i128 = 1_000_000;

/// The most that one missing report is likely to contain: max(1, 97.5 % quantile of
/// Poisson(`expected`)).
#[must_use]
pub(crate) fn upper_bound(expected: Ratio) -> u64 {
    upper_quantile(expected).max(1)
}

fn upper_quantile(expected: Ratio) -> u64 {
    if expected <= Ratio::ZERO {
        return 0;
    }
    if expected.floor() >= EXPECTED_MAX {
        let mean = u64::try_from(expected.ceil()).unwrap_or(u64::MAX / 4).min(u64::MAX / 4);
        return mean + 2 * mean.isqrt() + 2;
    }
    let Some(scaled) = expected.checked_mul(Ratio::from_integer(1_000_000_000)) else {
        return upper_quantile(Ratio::from_integer(
            i64::try_from(expected.floor() + 1).unwrap_or(i64::MAX),
        ));
    };
    poisson_quantile(u128::try_from(scaled.ceil()).unwrap_or(1))
}

/// Quantile for an expected count of `mean` billionths, at most one million cases.
fn poisson_quantile(mean: u128) -> u64 {
    let unit = BILLIONTHS.unsigned_abs();
    let mode = mean / unit;
    let mut below = Vec::new();
    let (mut at, mut weight) = (mode, MODE_WEIGHT);
    while at > 0 && weight > 0 {
        weight = weight * at * unit / mean;
        at -= 1;
        below.push(weight);
    }
    let mut above = vec![MODE_WEIGHT];
    let (mut at, mut weight) = (mode, MODE_WEIGHT);
    while weight > 0 {
        at += 1;
        weight = weight * mean / (at * unit);
        above.push(weight);
    }
    let total: u128 = below.iter().chain(&above).sum();
    // P(X <= k) >= 0.975, as weights: 40 * sum >= 39 * total.
    let mut sum: u128 = below.iter().sum();
    for (step, weight) in above.iter().enumerate() {
        // Less than 97.5 % of the weight is below the mode, so the search starts at the mode.
        sum += weight;
        if sum * 40 >= total * 39 {
            return u64::try_from(mode).unwrap_or(u64::MAX).saturating_add(step as u64);
        }
    }
    u64::try_from(at).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By the definition, in floats: P(X <= k) summed from k = 0.
    fn by_definition(mean: f64) -> u64 {
        let (mut k, mut term) = (0_u64, (-mean).exp());
        let mut sum = term;
        while sum < 0.975 {
            k += 1;
            term *= mean / k as f64;
            sum += term;
        }
        k
    }

    #[test]
    fn a_report_expected_to_hold_nothing_may_still_hold_one() {
        assert_eq!(upper_bound(Ratio::ZERO), 1);
        assert_eq!(upper_bound(Ratio::parse("0.0001").unwrap()), 1);
        assert_eq!(upper_bound(Ratio::parse("0.4").unwrap()), 2);
        assert_eq!(upper_bound(Ratio::from_integer(10)), 17);
        assert!(upper_bound(Ratio::from_integer(i64::MAX)) > 0);
        let close_to_the_border = (
            upper_bound(Ratio::from_integer(999_999)),
            upper_bound(Ratio::from_integer(1_000_001)),
        );
        assert!(close_to_the_border.1 - close_to_the_border.0 < 50, "{close_to_the_border:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn the_whole_number_quantile_is_that_of_the_definition(thousandths in 1_i64..400_000) {
            let mean = Ratio::new(thousandths.into(), 1000).unwrap();
            prop_assert_eq!(upper_quantile(mean), by_definition(thousandths as f64 / 1000.0));
        }
    }
}
