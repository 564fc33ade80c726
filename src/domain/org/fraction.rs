//! Exact fractions for weights of a lineage and for weighted figures.
//!
//! The operations are the few that weights need: add, multiply, compare, and round to whole numbers
//! with the total preserved.

use std::cmp::Ordering;
use std::fmt;

/// Greatest denominator of a weight in a file; products of a few such weights are exact.
pub(crate) const WEIGHT_DENOMINATOR_MAX: i128 = 1_000_000;

/// An exact fraction in lowest terms, with a denominator of at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fraction {
    num: i128,
    den: i128,
}

/// A fraction that exceeds 128 bits, or text that is not a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FractionError {
    /// Numerator or denominator grew beyond 128 bits.
    #[error("the fraction is too fine to be kept exactly")]
    Overflow,
    /// Not a whole number, a decimal or `a/b` with a denominator from 1 to a million.
    #[error("expected a number such as 1, 0.25 or 1/3, with a denominator of at most 1000000")]
    NotANumber,
}

impl Fraction {
    /// 0.
    pub const ZERO: Self = Self { num: 0, den: 1 };
    /// 1.
    pub const ONE: Self = Self { num: 1, den: 1 };

    /// `num / den` in lowest terms; `None` for a denominator that is not positive.
    #[must_use]
    pub fn new(num: i128, den: i128) -> Option<Self> {
        let divisor = gcd(num.checked_abs()?, den);
        (den > 0).then(|| Self { num: num / divisor, den: den / divisor })
    }

    /// A whole number.
    #[must_use]
    pub fn from_integer(value: i64) -> Self {
        Self { num: i128::from(value), den: 1 }
    }

    /// Reads `1`, `0.25` or `1/3`.
    pub fn parse(text: &str) -> Result<Self, FractionError> {
        let text = text.trim();
        let (num, den) = match (text.split_once('/'), text.split_once('.')) {
            (Some((num, den)), _) => (parse_digits(num)?, parse_digits(den)?),
            (None, Some((whole, decimals))) => {
                let den = 10_i128.checked_pow(
                    u32::try_from(decimals.len()).map_err(|_| FractionError::NotANumber)?,
                );
                let den = den
                    .filter(|den| *den <= WEIGHT_DENOMINATOR_MAX)
                    .ok_or(FractionError::NotANumber)?;
                (parse_digits(whole)? * den + parse_digits(decimals)?, den)
            }
            (None, None) => (parse_digits(text)?, 1),
        };
        if den > WEIGHT_DENOMINATOR_MAX {
            return Err(FractionError::NotANumber);
        }
        Self::new(num, den).ok_or(FractionError::NotANumber)
    }

    /// Numerator, in lowest terms.
    #[must_use]
    pub fn num(self) -> i128 {
        self.num
    }

    /// Denominator, at least 1, in lowest terms.
    #[must_use]
    pub fn den(self) -> i128 {
        self.den
    }

    /// Sum.
    pub fn try_add(self, other: Self) -> Result<Self, FractionError> {
        let left = self.num.checked_mul(other.den).ok_or(FractionError::Overflow)?;
        let right = other.num.checked_mul(self.den).ok_or(FractionError::Overflow)?;
        let den = self.den.checked_mul(other.den).ok_or(FractionError::Overflow)?;
        let num = left.checked_add(right).ok_or(FractionError::Overflow)?;
        Self::new(num, den).ok_or(FractionError::Overflow)
    }

    /// The fraction with the opposite sign.
    #[must_use]
    pub fn negate(self) -> Self {
        // The numerator is never `i128::MIN`: `new` refuses it.
        Self { num: -self.num, den: self.den }
    }

    /// Product.
    pub fn try_mul(self, other: Self) -> Result<Self, FractionError> {
        let num = self.num.checked_mul(other.num).ok_or(FractionError::Overflow)?;
        let den = self.den.checked_mul(other.den).ok_or(FractionError::Overflow)?;
        Self::new(num, den).ok_or(FractionError::Overflow)
    }

    /// The greatest whole number not above it.
    #[must_use]
    pub fn floor(self) -> i128 {
        self.num.div_euclid(self.den)
    }

    /// The part above [`floor`](Self::floor): at least 0 and less than 1.
    fn fractional_part(self) -> Self {
        Self { num: self.num.rem_euclid(self.den), den: self.den }
    }

    /// Whether it is a whole number.
    #[must_use]
    pub fn is_integer(self) -> bool {
        self.den == 1
    }
}

impl Ord for Fraction {
    /// Exact while cross products fit 128 bits, as for numbers of [`WEIGHT_DENOMINATOR_MAX`] and
    /// `i64`.
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.num.checked_mul(other.den), other.num.checked_mul(self.den)) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => (self.floor(), self.num).cmp(&(other.floor(), other.num)),
        }
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Fraction {
    /// `3`, or `1/3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.den {
            1 => write!(f, "{}", self.num),
            den => write!(f, "{}/{den}", self.num),
        }
    }
}

/// Rounds to whole numbers that differ by less than 1 from the given fractions and sum to their
/// total rounded down: the method of the largest remainder. Ties are broken by the order of the
/// input.
pub(crate) fn round_by_largest_remainder(values: &[Fraction]) -> Result<Vec<i128>, FractionError> {
    let total = values.iter().try_fold(Fraction::ZERO, |sum, value| sum.try_add(*value))?.floor();
    let mut whole: Vec<i128> = values.iter().map(|value| value.floor()).collect();
    let missing = usize::try_from(total - whole.iter().sum::<i128>()).unwrap_or(0);
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(values[*at].fractional_part()));
    order.into_iter().take(missing).for_each(|at| whole[at] += 1);
    Ok(whole)
}

fn parse_digits(text: &str) -> Result<i128, FractionError> {
    let shaped = !text.is_empty() && text.len() <= 12 && text.bytes().all(|b| b.is_ascii_digit());
    shaped.then(|| text.parse().ok()).flatten().ok_or(FractionError::NotANumber)
}

fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a, b.max(1));
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn weights_are_read_as_whole_numbers_decimals_or_fractions() {
        for (text, shown) in
            [("1", "1"), ("0.25", "1/4"), ("2/6", "1/3"), ("0", "0"), ("1.50", "3/2")]
        {
            assert_eq!(Fraction::parse(text).map(|f| f.to_string()).as_deref(), Ok(shown));
        }
        for text in ["", "-1", "1/0", "one", "0.1234567", "1/", ".5", "1e3"] {
            assert_eq!(Fraction::parse(text), Err(FractionError::NotANumber), "{text:?}");
        }
    }

    #[test]
    fn thirds_of_ten_become_whole_numbers_that_still_sum_to_ten() {
        let third = Fraction::new(10, 3).unwrap();
        assert_eq!(round_by_largest_remainder(&[third, third, third]), Ok(vec![4, 3, 3]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn largest_remainders_lose_nothing_and_move_nobody_by_one(
            parts in prop::collection::vec((0_i128..5_000, 1_i128..40), 1..12),
        ) {
            let values: Vec<Fraction> = parts.iter().map(|(n, d)| Fraction::new(*n, *d).unwrap()).collect();
            let whole = round_by_largest_remainder(&values).unwrap();
            let total = values.iter().try_fold(Fraction::ZERO, |sum, v| sum.try_add(*v)).unwrap();
            prop_assert_eq!(whole.iter().sum::<i128>(), total.floor());
            for (value, whole) in values.iter().zip(&whole) {
                prop_assert!(*whole == value.floor() || *whole == value.floor() + 1);
            }
        }
    }
}
