//! Exact fractions of the oracle, and the most that a missing report is likely to contain. Both are
//! written from the definition and share nothing with the product.

use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Sub};
use thidua::domain::support::ratio::Ratio;

/// A fraction in lowest terms, with a positive denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frac {
    pub(crate) num: i128,
    pub(crate) den: i128,
}

impl Frac {
    pub(crate) const ZERO: Self = Self { num: 0, den: 1 };
    pub(crate) const ONE: Self = Self { num: 1, den: 1 };

    pub(crate) fn new(num: i128, den: i128) -> Self {
        assert!(den != 0, "a fraction over zero");
        let (mut a, mut b) = (num.abs(), den.abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let common = a.max(1) * den.signum();
        Self { num: num / common, den: den / common }
    }

    pub(crate) fn int(value: i64) -> Self {
        Self { num: value.into(), den: 1 }
    }

    /// A stored value with this many decimals.
    pub(crate) fn scaled(value: i64, decimals: u8) -> Self {
        Self::new(value.into(), 10_i128.pow(decimals.into()))
    }

    pub(crate) fn is_zero(self) -> bool {
        self.num == 0
    }

    pub(crate) fn floor(self) -> i128 {
        self.num.div_euclid(self.den)
    }

    pub(crate) fn ceil(self) -> i128 {
        -(-self.num).div_euclid(self.den)
    }

    pub(crate) fn equals(self, other: Ratio) -> bool {
        (self.num, self.den) == (other.num(), other.den())
    }
}

impl From<Ratio> for Frac {
    fn from(ratio: Ratio) -> Self {
        Self::new(ratio.num(), ratio.den())
    }
}

impl Add for Frac {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.num * other.den + other.num * self.den, self.den * other.den)
    }
}

impl Sub for Frac {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.num * other.den - other.num * self.den, self.den * other.den)
    }
}

impl Mul for Frac {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::new(self.num * other.num, self.den * other.den)
    }
}

impl Div for Frac {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        Self::new(self.num * other.den, self.den * other.num)
    }
}

impl std::iter::Sum for Frac {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

impl PartialOrd for Frac {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Frac {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.num * other.den).cmp(&(other.num * self.den))
    }
}

/// max(1, 97.5 % quantile of Poisson(`expected`)).
pub(crate) fn most_likely_at_most(expected: Frac) -> Frac {
    Frac { num: poisson_quantile(expected).max(1), den: 1 }
}

fn poisson_quantile(expected: Frac) -> i128 {
    if expected <= Frac::ZERO {
        return 0;
    }
    if expected.floor() >= 1_000_000 {
        // The product states a normal approximation from here on.
        let mean = expected.ceil().unsigned_abs();
        return i128::try_from(mean + 2 * mean.isqrt() + 2).unwrap_or(i128::MAX);
    }
    let mean = expected.num as f64 / expected.den as f64;
    let log_term = |k: i128, log_factorial: f64| k as f64 * mean.ln() - mean - log_factorial;
    let (mut k, mut log_factorial, mut sum) = (0_i128, 0.0_f64, 0.0_f64);
    loop {
        sum += log_term(k, log_factorial).exp();
        if sum >= 0.975 {
            return k;
        }
        k += 1;
        log_factorial += (k as f64).ln();
    }
}

#[test]
fn the_quantiles_worked_by_hand_are_those_of_the_page() {
    let most = |num, den| most_likely_at_most(Frac::new(num, den)).num;
    let by_hand = [most(2, 5), most(8, 1), most(19, 1), most(30, 1), most(100, 1), most(0, 1)];
    assert_eq!(by_hand, [2, 14, 28, 41, 120, 1]);
}
