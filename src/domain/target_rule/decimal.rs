//! A decimal as written in a target (`-7`, `0.5`), always stored in its shortest form and without a
//! percent sign.

use crate::domain::support::ratio::{DIGITS_MAX, Ratio};
use std::fmt;

/// Maximum number of decimals after the point.
pub(super) const SCALE_MAX: u8 = 9;

/// `mantissa / 10^scale` with the smallest possible scale.
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

    /// Parses the digits before and after the point; the sign is given separately.
    #[must_use]
    pub fn from_digits(negative: bool, whole: &str, part: &str) -> Option<Self> {
        let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
        if whole.len() + part.len() > DIGITS_MAX {
            return None;
        }
        let mantissa: i64 = format!("0{whole}{part}").parse().ok()?;
        Self::new(if negative { -mantissa } else { mantissa }, u8::try_from(part.len()).ok()?)
    }

    /// The integer that is divided by 10^[`Self::scale`].
    #[must_use]
    pub fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// Number of decimals after the point.
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
        // The scale is at most 9 and the shift at most 2, so the result fits the 18 decimals of a
        // ratio.
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
