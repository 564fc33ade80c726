//! Cumulative distribution functions of counts: the probability at or below a limit.
//!
//! Used for forecasts and chances only, never for a verdict. The floats use only `+ * /` in a fixed
//! order, so every machine computes the same result: the terms are built from the mode by their
//! ratios and divided by their own sum.

/// Larger means are rejected; no authority has so many cases.
pub(super) const MEAN_MAX: f64 = 1_000_000.0;
/// Terms below this fraction of the mode's weight are dropped.
const WEIGHT_MIN: f64 = 1e-18;

/// P(X <= `limit`) for Poisson; `None` if the mean is out of range.
pub(in crate::domain) fn poisson_cdf(mean: f64, limit: i64) -> Option<f64> {
    if !(0.0..=MEAN_MAX).contains(&mean) {
        return None;
    }
    Some(cdf_from_mode(limit, mean as i64, |k| mean / (k as f64 + 1.0)))
}

/// P(X <= `limit`) for the negative binomial with `shape` and the given mean; `None` if out of
/// range.
pub(super) fn negative_binomial_cdf(shape: f64, mean: f64, limit: i64) -> Option<f64> {
    if !(0.0..=MEAN_MAX).contains(&mean) || !(1.0..=1e9).contains(&shape) {
        return None;
    }
    let chance = mean / (shape + mean);
    let mode = ((shape - 1.0) * mean / shape) as i64;
    Some(cdf_from_mode(limit, mode, |k| (shape + k as f64) * chance / (k as f64 + 1.0)))
}

/// P(X <= `limit`) for the binomial of `cases` with a share; `None` if out of range.
pub(in crate::domain) fn binomial_cdf(cases: i64, share: f64, limit: i64) -> Option<f64> {
    if !(0.0..=MEAN_MAX).contains(&(cases as f64)) || !(0.0..=1.0).contains(&share) {
        return None;
    }
    if share >= 1.0 {
        return Some(if limit >= cases { 1.0 } else { 0.0 });
    }
    let odds = share / (1.0 - share);
    let mode = (((cases + 1) as f64 * share) as i64).min(cases);
    Some(cdf_from_mode(limit, mode, |k| {
        if k >= cases { 0.0 } else { (cases - k) as f64 / (k as f64 + 1.0) * odds }
    }))
}

/// The probability at or below `limit`. `up(k)` is P(k + 1) / P(k) and falls in k.
fn cdf_from_mode(limit: i64, mode: i64, up: impl Fn(i64) -> f64) -> f64 {
    let (mut below, mut above) = (0.0, 0.0);
    let mut count = |k: i64, weight: f64| {
        if k <= limit {
            below += weight;
        } else {
            above += weight;
        }
    };
    count(mode, 1.0);
    let (mut k, mut weight) = (mode, 1.0);
    while k > 0 && weight > WEIGHT_MIN {
        let ratio = up(k - 1);
        // If rounding puts the mode one off, the ratio below it can be zero: no weight is left
        // there.
        weight = if ratio > 0.0 { weight / ratio } else { 0.0 };
        k -= 1;
        count(k, weight);
    }
    let (mut k, mut weight) = (mode, 1.0);
    while weight > WEIGHT_MIN {
        weight *= up(k);
        k += 1;
        count(k, weight);
    }
    below / (below + above)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_agree_with_tables() {
        let near = |value: Option<f64>, table: f64| {
            assert!((value.unwrap() - table).abs() < 5e-5, "{value:?} {table}")
        };
        near(poisson_cdf(4.0, 3), 0.43347);
        near(poisson_cdf(450.0, 418), 0.06748);
        near(poisson_cdf(0.0, 0), 1.0);
        near(poisson_cdf(3.0, -1), 0.0);
        near(binomial_cdf(20, 0.95, 19), 1.0 - 0.35849);
        near(binomial_cdf(20, 1.0, 19), 0.0);
        near(binomial_cdf(20, 0.0, 0), 1.0);
        near(negative_binomial_cdf(190.0, 285.0, 278), 0.41294);
        assert_eq!(poisson_cdf(1e9, 5), None);
    }
}
