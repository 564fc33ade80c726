//! A 64-bit random number generator with named streams, and the distributions that the province
//! needs.
//!
//! Floats are computed with `+ - * /` and `sqrt` only, which every machine rounds alike, so a seed
//! gives the same province on all machines.

use crate::domain::support::ids::derive_id;
use std::f64::consts::{LN_2, TAU};

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// The stream with this name under this seed; draws on other streams do not change it.
    #[must_use]
    pub fn named_stream(seed: u64, name: &[&str]) -> Self {
        let seed = seed.to_be_bytes();
        let parts: Vec<&[u8]> =
            std::iter::once(&seed[..]).chain(name.iter().map(|part| part.as_bytes())).collect();
        let digest = derive_id("demo.stream", &parts);
        let first: [u8; 8] = std::array::from_fn(|at| digest[at]);
        Self(u64::from_be_bytes(first))
    }

    /// 64 uniform bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Uniform in [0, 1).
    pub fn next_f64(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in `0..below`; 0 for 0.
    pub fn next_below(&mut self, below: usize) -> usize {
        ((u128::from(self.next_u64()) * below as u128) >> 64) as usize
    }

    /// True with this probability.
    pub fn next_bool(&mut self, probability: f64) -> bool {
        self.next_f64() < probability
    }

    /// Normal, mean 0, deviation 1 (Box and Muller, one of the two).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * ln(1.0 - self.next_f64())).sqrt();
        radius * cos_tau(self.next_f64())
    }

    /// Lognormal with this median.
    pub fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        median * exp(sigma * self.normal())
    }

    /// Gamma with mean `shape * scale` (Marsaglia and Tsang); `shape` at least 1.
    pub fn gamma(&mut self, shape: f64, scale: f64) -> f64 {
        let d = shape.max(1.0) - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x) * (1.0 + c * x) * (1.0 + c * x);
            if v > 0.0 && ln(1.0 - self.next_f64()) < 0.5 * x * x + d - d * v + d * ln(v) {
                return d * v * scale;
            }
        }
    }

    /// Beta with this mean; a larger `weight` gives a smaller variance.
    pub fn beta(&mut self, mean: f64, weight: f64) -> f64 {
        let (a, b) = (self.gamma(mean * weight, 1.0), self.gamma((1.0 - mean) * weight, 1.0));
        a / (a + b)
    }

    /// Poisson by multiplication; for small means.
    pub fn poisson(&mut self, mean: f64) -> i64 {
        let floor = exp(-mean);
        let (mut count, mut product) = (0, self.next_f64());
        while product > floor && count < 10_000 {
            count += 1;
            product *= self.next_f64();
        }
        count
    }

    /// Negative binomial: Poisson with a gamma mean of this shape.
    pub fn negative_binomial(&mut self, mean: f64, shape: f64) -> i64 {
        let mean = self.gamma(shape, mean / shape);
        self.poisson(mean)
    }
}

/// The natural logarithm of a positive number, to about 1e-15.
#[must_use]
pub fn ln(x: f64) -> f64 {
    let bits = x.max(f64::MIN_POSITIVE).to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    // ln m = 2 artanh((m - 1) / (m + 1)), m in [1, 2).
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let (square, mut power, mut sum) = (t * t, t, 0.0);
    for odd in 0..20 {
        sum += power / f64::from(2 * odd + 1);
        power *= square;
    }
    exponent as f64 * LN_2 + 2.0 * sum
}

/// e to the power of `x`, to about 1e-15; 0 below the range and a very large number above it.
#[must_use]
pub fn exp(x: f64) -> f64 {
    let x = x.clamp(-700.0, 700.0);
    let halvings = (x / LN_2).round();
    let rest = x - halvings * LN_2;
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 1..20 {
        term *= rest / f64::from(n);
        sum += term;
    }
    // `round` of a number within 700 / ln 2 fits an exponent.
    sum * f64::from_bits(((halvings as i64 + 1023) as u64) << 52)
}

/// The cosine of a part of a full turn, `turn` in [0, 1).
fn cos_tau(turn: f64) -> f64 {
    let angle = TAU * if turn > 0.5 { turn - 1.0 } else { turn };
    let (square, mut term, mut sum) = (angle * angle, 1.0, 1.0);
    for n in 1..16 {
        term *= -square / f64::from((2 * n - 1) * (2 * n));
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_the_same_for_ever_and_no_stream_touches_another() {
        let mut rng = Rng::named_stream(20_240_819, &["commune", "com-29242-0"]);
        let first: Vec<u64> = (0..3).map(|_| rng.next_u64()).collect();
        assert_eq!(first, FIRST_BITS);
        let mut other = Rng::named_stream(20_240_819, &["commune", "com-29245-0"]);
        assert_ne!(other.next_u64(), first[0]);
        assert_ne!(
            Rng::named_stream(1, &["ab", "c"]).next_u64(),
            Rng::named_stream(1, &["a", "bc"]).next_u64()
        );
    }

    const FIRST_BITS: [u64; 3] =
        [2_645_348_626_009_743_451, 6_704_595_844_095_703_038, 10_634_096_839_853_882_769];

    #[test]
    fn the_own_logarithm_and_exponential_agree_with_the_machine() {
        for step in 1..2000 {
            let x = f64::from(step) * 0.01;
            assert!((ln(x) - x.ln()).abs() < 1e-13, "ln {x}");
            assert!((exp(x - 10.0) / (x - 10.0).exp() - 1.0).abs() < 1e-13, "exp {x}");
            assert!((cos_tau(x / 20.0) - (TAU * x / 20.0).cos()).abs() < 1e-12, "cos {x}");
        }
    }

    #[test]
    fn each_distribution_has_the_mean_it_was_asked_for() {
        let mut rng = Rng::named_stream(1, &["means"]);
        let mut mean = |draw: &dyn Fn(&mut Rng) -> f64| {
            (0..20_000).map(|_| draw(&mut rng)).sum::<f64>() / 20_000.0
        };
        assert!((mean(&|rng| rng.next_f64()) - 0.5).abs() < 0.01);
        assert!((mean(&|rng| rng.gamma(4.0, 0.25)) - 1.0).abs() < 0.02);
        assert!((mean(&|rng| rng.poisson(2.5) as f64) - 2.5).abs() < 0.05);
        assert!((mean(&|rng| rng.negative_binomial(2.0, 5.0) as f64) - 2.0).abs() < 0.05);
        assert!((mean(&|rng| rng.beta(0.86, 99.0)) - 0.86).abs() < 0.01);
        assert!(mean(&|rng| rng.normal()).abs() < 0.03);
    }
}
