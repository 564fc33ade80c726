//! A decimal as a person writes it in a target: `-7`, `0.5`, always kept in its shortest form.
//!
//! Knows no percent sign and no measure.

use crate::domain::ratio::{DIGITS_MAX, Ratio};
use std::fmt;

/// Most decimals after the point.
pub(super) const SCALE_MAX: u8 = 9;

/// `mantissa / 10^scale` with the least scale that says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    mantissa: i64,
    scale: u8,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };

    /// The decimal in its shortest form; `None` beyond 18 digits or [`SCALE_MAX`] decimals.
    #[must_use]
    pub fn new(mut mantissa: i64, mut scale: u8) -> Option<Self> {
        while scale > 0 && mantissa % 10 == 0 {
            (mantissa, scale) = (mantissa / 10, scale - 1);
        }
        let fits = mantissa.unsigned_abs() < 10_u64.pow(DIGITS_MAX as u32);
        (fits && scale <= SCALE_MAX).then_some(Self { mantissa, scale })
    }

    /// Reads digits before and after the point, without a sign.
    #[must_use]
    pub fn from_digits(negative: bool, whole: &str, part: &str) -> Option<Self> {
        let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
        if whole.len() + part.len() > DIGITS_MAX {
            return None;
        }
        let mantissa: i64 = format!("0{whole}{part}").parse().ok()?;
        Self::new(if negative { -mantissa } else { mantissa }, u8::try_from(part.len()).ok()?)
    }

    /// The number before it is divided by 10^[`Self::scale`].
    #[must_use]
    pub fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// Decimals after the point.
    #[must_use]
    pub fn scale(self) -> u8 {
        self.scale
    }

    /// Whether this is zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// The exact value, divided by a further 10^`shift` (2 for a percentage).
    #[must_use]
    pub fn to_ratio(self, shift: u8) -> Ratio {
        // The scale is at most 9 and no caller shifts by more than 2: always within the 18 decimals of a ratio.
        Ratio::from_scaled(self.mantissa, self.scale + shift.min(2)).unwrap_or(Ratio::ZERO)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let unit = 10_u64.pow(u32::from(self.scale));
        let (whole, part) =
            (self.mantissa.unsigned_abs() / unit, self.mantissa.unsigned_abs() % unit);
        let places = usize::from(self.scale);
        if places == 0 {
            write!(f, "{sign}{whole}")
        } else {
            write!(f, "{sign}{whole}.{part:0places$}")
        }
    }
}
