//! Instants and civil dates of the authority.
//!
//! There is no clock and no zone database: Viet Nam has used UTC+07:00 without daylight saving
//! since 1975, so the civil date of an instant is a fixed shift. The present time is an argument.

use jiff::civil::{Date, DateTime};

/// Microseconds of a civil day.
pub const DAY_MICROS: i64 = 86_400_000_000;
/// The authority's offset from UTC, in microseconds (Asia/Ho_Chi_Minh, +07:00).
const ZONE_OFFSET_MICROS: i64 = 7 * 3_600_000_000;

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The civil date in the authority's zone.
    #[must_use]
    pub fn local_date(self) -> Date {
        date_from_days((self.0 + ZONE_OFFSET_MICROS).div_euclid(DAY_MICROS) as i32)
    }

    /// Midnight, local time, at which `date` begins.
    #[must_use]
    pub fn from_local_midnight(date: Date) -> Self {
        Self(i64::from(days_from_date(date)) * DAY_MICROS - ZONE_OFFSET_MICROS)
    }

    /// This instant moved by `micros`, which may be negative; saturates.
    #[must_use]
    pub fn saturating_add_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Milliseconds since 1970, for a UUIDv7; 0 before 1970.
    #[must_use]
    pub fn unix_millis(self) -> u64 {
        u64::try_from(self.0.div_euclid(1000)).unwrap_or(0)
    }

    /// Local wall-clock text to the minute, as in `2025-01-06 01:30`.
    #[must_use]
    pub fn local_text(self) -> String {
        let seconds = (self.0 + ZONE_OFFSET_MICROS).rem_euclid(DAY_MICROS) / 1_000_000;
        format!("{} {:02}:{:02}", self.local_date(), seconds / 3600, seconds % 3600 / 60)
    }
}

/// Days since 1970-01-01: the form in which dates are stored and sent.
#[must_use]
pub fn days_from_date(date: Date) -> i32 {
    let epoch = DateTime::constant(1970, 1, 1, 0, 0, 0, 0).date();
    // Dates of jiff span years -9999 to 9999: the difference in days always fits.
    date.duration_since(epoch).as_hours().div_euclid(24) as i32
}

/// The date `days` after 1970-01-01, clamped to the years -9999 to 9999.
#[must_use]
pub fn date_from_days(days: i32) -> Date {
    let epoch = DateTime::constant(1970, 1, 1, 0, 0, 0, 0).date();
    epoch.saturating_add(jiff::Span::new().days(days.clamp(-4_371_587, 2_932_896)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_local_day_begins_at_seventeen_hours_utc() {
        let midnight = Timestamp::from_local_midnight(date(2025, 1, 6));
        assert_eq!(midnight.0, 1_736_096_400_000_000);
        assert_eq!(midnight.local_date(), date(2025, 1, 6));
        assert_eq!(midnight.saturating_add_micros(-1).local_date(), date(2025, 1, 5));
        assert_eq!(midnight.saturating_add_micros(5_400_000_000).local_text(), "2025-01-06 01:30");
    }

    #[test]
    fn days_and_dates_are_inverse_also_before_1970() {
        for days in [-25_567, -1, 0, 19_954, 20_454] {
            assert_eq!(days_from_date(date_from_days(days)), days);
        }
    }
}
