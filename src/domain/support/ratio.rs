//! Exact rational numbers. Verdicts are computed with them, never with floats.
//!
//! A ratio is stored in lowest terms with a denominator above zero. Sums and products are checked:
//! a result that does not fit 128 bits is `None`. Comparison always works: by cross-multiplication
//! or, where that overflows, by whole parts and remainders.

use std::cmp::Ordering;
use std::fmt;

/// A rational number in lowest terms.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ratio {
    num: i128,
    den: i128,
}

/// Text that is not a rational number of the supported size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a number is written as -12, 0.4 or 16/225, with at most {DIGITS_MAX} digits; got {0:?}")]
pub struct RatioError(pub String);

/// Maximum number of digits on either side of a `/`, the decimal point not counted.
pub(crate) const DIGITS_MAX: usize = 18;

impl Ratio {
    /// Zero.
    pub const ZERO: Self = Self { num: 0, den: 1 };
    /// One.
    pub const ONE: Self = Self { num: 1, den: 1 };

    /// `num / den` in lowest terms; `None` if `den` is zero or the result does not fit.
    #[must_use]
    pub fn new(num: i128, den: i128) -> Option<Self> {
        if den == 0 {
            return None;
        }
        let common = i128::try_from(gcd(num.unsigned_abs(), den.unsigned_abs())).ok()?;
        let (num, den) = (num / common, den / common);
        if den < 0 {
            Some(Self { num: num.checked_neg()?, den: den.checked_neg()? })
        } else {
            Some(Self { num, den })
        }
    }

    /// A whole number.
    #[must_use]
    pub const fn from_integer(value: i64) -> Self {
        Self { num: value as i128, den: 1 }
    }

    /// `mantissa / 10^scale`, the form of stored values; `None` if `scale` is above 18.
    #[must_use]
    pub fn from_scaled(mantissa: i64, scale: u8) -> Option<Self> {
        if scale > 18 {
            return None;
        }
        Self::new(i128::from(mantissa), 10_i128.pow(u32::from(scale)))
    }

    /// Reads `-12`, `0.4` or `16/225`.
    pub fn parse(text: &str) -> Result<Self, RatioError> {
        let bad = || RatioError(text.chars().take(48).collect());
        let read = match text.split_once('/') {
            Some((num, den)) => parse_decimal(num)
                .zip(parse_decimal(den))
                .and_then(|(num, den)| num.checked_div(den)),
            None => parse_decimal(text),
        };
        read.ok_or_else(bad)
    }

    /// Numerator, in lowest terms.
    #[must_use]
    pub fn num(self) -> i128 {
        self.num
    }

    /// Denominator, above zero.
    #[must_use]
    pub fn den(self) -> i128 {
        self.den
    }

    /// Whether this is zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.num == 0
    }

    /// Whether this is below zero.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.num < 0
    }

    /// This as a whole number, if it is one and fits.
    #[must_use]
    pub fn to_integer(self) -> Option<i64> {
        if self.den == 1 { i64::try_from(self.num).ok() } else { None }
    }

    /// The greatest whole number not above this.
    #[must_use]
    pub fn floor(self) -> i128 {
        self.num.div_euclid(self.den)
    }

    /// The least whole number not below this.
    #[must_use]
    pub fn ceil(self) -> i128 {
        let floor = self.floor();
        if self.num.rem_euclid(self.den) == 0 { floor } else { floor.saturating_add(1) }
    }

    /// `self + other`.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let common = i128::try_from(gcd(self.den.unsigned_abs(), other.den.unsigned_abs())).ok()?;
        let left = self.num.checked_mul(other.den / common)?;
        let right = other.num.checked_mul(self.den / common)?;
        Self::new(left.checked_add(right)?, self.den.checked_mul(other.den / common)?)
    }

    /// `self - other`.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.checked_add(other.checked_neg()?)
    }

    /// `-self`.
    #[must_use]
    pub fn checked_neg(self) -> Option<Self> {
        Some(Self { num: self.num.checked_neg()?, den: self.den })
    }

    /// `self * other`.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        // Cancelling common factors first keeps the products small.
        let (left, right) = (Self::new(self.num, other.den)?, Self::new(other.num, self.den)?);
        Self::new(left.num.checked_mul(right.num)?, left.den.checked_mul(right.den)?)
    }

    /// `self / other`; `None` also if `other` is zero.
    #[must_use]
    pub fn checked_div(self, other: Self) -> Option<Self> {
        if other.is_zero() {
            return None;
        }
        self.checked_mul(Self::new(other.den, other.num)?)
    }

    /// The nearest float: for forecasts and charts, never for a verdict.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.num as f64 / self.den as f64
    }

    /// Decimal text with exactly `places` decimals (at most 18), rounded to nearest, halves away
    /// from zero; `None` if it does not fit.
    #[must_use]
    pub fn format_rounded(self, places: u8) -> Option<String> {
        let unit = 10_i128.pow(u32::from(places.min(18)));
        let doubled = self.num.checked_mul(unit)?.checked_mul(2)?.unsigned_abs();
        let den = self.den.unsigned_abs();
        let units = doubled.checked_add(den)? / den.checked_mul(2)?;
        Some(format_decimal(units, unit.unsigned_abs(), self.is_negative()))
    }

    /// Like [`Self::format_rounded`], but adds decimals (up to 18) until the text differs from
    /// `bound`, unless the ratio equals it: 94.9996 against 95 is `94.9996`, never `95.00`.
    #[must_use]
    pub fn format_rounded_distinct(self, places: u8, bound: Self) -> Option<String> {
        if self == bound {
            return self.format_rounded(places);
        }
        (places..=18).find_map(|places| {
            let text = self.format_rounded(places)?;
            let shown = Self::parse(&text).ok()?;
            // The text must neither equal the bound nor lie on its other side. Rounding is
            // monotone, but it can pass a bound that has more decimals than the text.
            (shown != bound && (shown < bound) == (self < bound)).then_some(text)
        })
    }

    /// The shortest decimal text with at most `places` decimals, nearest: `139.5`, `-0.0733`.
    #[must_use]
    pub fn format_shortest(self, places: u8) -> Option<String> {
        let text = self.format_rounded(places)?;
        let Some((whole, part)) = text.split_once('.') else { return Some(text) };
        let part = part.trim_end_matches('0');
        Some(if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") })
    }
}

impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.num.checked_mul(other.den), other.num.checked_mul(self.den)) {
            (Some(left), Some(right)) => left.cmp(&right),
            (None, Some(_)) | (Some(_), None) | (None, None) => {
                compare_by_parts((self.num, self.den), (other.num, other.den))
            }
        }
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Ratio {
    /// `-16/225`, or `418` for a whole number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.den == 1 {
            write!(f, "{}", self.num)
        } else {
            write!(f, "{}/{}", self.num, self.den)
        }
    }
}

impl fmt::Debug for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<i64> for Ratio {
    fn from(value: i64) -> Self {
        Self::from_integer(value)
    }
}

/// Compares two fractions by whole parts, then by inverted remainders, as in Euclid's algorithm.
fn compare_by_parts(mut left: (i128, i128), mut right: (i128, i128)) -> Ordering {
    let mut inverted = false;
    loop {
        let whole = left.0.div_euclid(left.1).cmp(&right.0.div_euclid(right.1));
        let rest = (left.0.rem_euclid(left.1), right.0.rem_euclid(right.1));
        let decided = match (whole, rest) {
            (Ordering::Less | Ordering::Greater, _) => Some(whole),
            (Ordering::Equal, (0, 0)) => Some(Ordering::Equal),
            (Ordering::Equal, (0, _)) => Some(Ordering::Less),
            (Ordering::Equal, (_, 0)) => Some(Ordering::Greater),
            (Ordering::Equal, (_, _)) => None,
        };
        if let Some(order) = decided {
            return if inverted { order.reverse() } else { order };
        }
        (left, right, inverted) = ((left.1, rest.0), (right.1, rest.1), !inverted);
    }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

fn parse_decimal(text: &str) -> Option<Ratio> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let shape = |piece: &str| !piece.is_empty() && piece.bytes().all(|byte| byte.is_ascii_digit());
    if !shape(whole) || !shape(part) {
        return None;
    }
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    if whole.len() + part.len() > DIGITS_MAX {
        return None;
    }
    let mantissa: i64 = format!("0{whole}{part}").parse().ok()?;
    Ratio::from_scaled(if negative { -mantissa } else { mantissa }, u8::try_from(part.len()).ok()?)
}

fn format_decimal(units: u128, unit: u128, negative: bool) -> String {
    let sign = if negative && units != 0 { "-" } else { "" };
    let (whole, part) = (units / unit, units % unit);
    if unit == 1 {
        return format!("{sign}{whole}");
    }
    let places = unit.ilog10() as usize;
    format!("{sign}{whole}.{part:0places$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ratio(num: i128, den: i128) -> Ratio {
        Ratio::new(num, den).unwrap()
    }

    #[test]
    fn a_ratio_is_kept_in_lowest_terms_with_its_sign_above() {
        assert_eq!(ratio(32, -450).to_string(), "-16/225");
        assert_eq!(ratio(0, -3), Ratio::ZERO);
        assert_eq!(Ratio::new(1, 0), None);
        assert_eq!(Ratio::parse("0.40").unwrap(), ratio(2, 5));
        assert_eq!(Ratio::parse("16/225").unwrap(), ratio(16, 225));
        for text in
            ["", "-", ".5", "1.", "1e3", "1/0", "1/2/3", "+1", "١", "1234567890123456789", "--1"]
        {
            assert!(Ratio::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn text_never_shows_the_bound_for_a_value_beside_it() {
        let percent = |num: i128, den| ratio(num * 100, den);
        assert_eq!(
            percent(3, 43).format_rounded_distinct(2, Ratio::from_integer(7)).unwrap(),
            "6.98"
        );
        assert_eq!(
            ratio(949_996, 10_000).format_rounded_distinct(2, Ratio::from_integer(95)).unwrap(),
            "94.9996"
        );
        assert_eq!(
            ratio(950_001, 10_000).format_rounded_distinct(2, Ratio::from_integer(95)).unwrap(),
            "95.0001"
        );
        assert_eq!(
            percent(152, 160).format_rounded_distinct(2, Ratio::from_integer(95)).unwrap(),
            "95.00"
        );
        assert_eq!(
            ratio(94_990, 1000).format_rounded_distinct(2, ratio(94_992, 1000)).unwrap(),
            "94.99"
        );
        assert_eq!(ratio(-5, 1000).format_rounded(2).unwrap(), "-0.01");
        assert_eq!(ratio(-4, 1000).format_rounded(2).unwrap(), "0.00");
        assert_eq!(ratio(279, 2).format_shortest(4).unwrap(), "139.5");
        assert_eq!(ratio(-22, 300).format_shortest(4).unwrap(), "-0.0733");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn huge_fractions_compare_as_their_parts_do(a in any::<i64>(), b in 1..i64::MAX, c in any::<i64>(), d in 1..i64::MAX) {
            let (left, right) = (ratio(a.into(), b.into()), ratio(c.into(), d.into()));
            prop_assert_eq!(left.cmp(&right), compare_by_parts((left.num, left.den), (right.num, right.den)));
        }

        #[test]
        fn sums_and_products_undo(a in -9999_i128..9999, b in 1_i128..999, c in -9999_i128..9999, d in 1_i128..999) {
            let (left, right) = (ratio(a, b), ratio(c, d));
            prop_assert_eq!(left.checked_add(right).unwrap().checked_sub(right).unwrap(), left);
            if !right.is_zero() {
                prop_assert_eq!(left.checked_mul(right).unwrap().checked_div(right).unwrap(), left);
            }
        }

        #[test]
        fn nothing_overflows_loudly(a in any::<i128>(), b in any::<i128>(), c in any::<i128>(), d in any::<i128>()) {
            if let (Some(left), Some(right)) = (Ratio::new(a, b), Ratio::new(c, d)) {
                let _ = (left.checked_add(right), left.checked_sub(right), left.checked_mul(right), left.checked_div(right), left.cmp(&right));
                let _ = (left.format_rounded(2), left.format_rounded_distinct(2, right), left.floor(), left.ceil());
            }
        }

        #[test]
        fn decimal_text_stays_on_its_side_of_the_bound(a in -100_000_i128..100_000, b in 1_i128..1000, bound in -9999_i128..9999) {
            let (value, bound) = (ratio(a, b), ratio(bound, 100));
            let shown = Ratio::parse(&value.format_rounded_distinct(2, bound).unwrap()).unwrap();
            prop_assert_eq!(shown.cmp(&bound), value.cmp(&bound));
        }
    }
}
