//! The offline lease: how long a phone shows what it holds without hearing from its authority, on a clock that may be wrong or turned.
//!
//! Knows no phone and no clock: the time is an argument. It hides and destroys nothing itself.

use super::time::{DAY_MICROS, Instant};

/// Days without contact after which a phone hides what it holds, unless the server says otherwise.
pub const OFFLINE_LEASE_DAYS: u16 = 14;

/// The last contact with the authority, and how long ago that seems to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The server's time at the last contact.
    pub server: Instant,
    /// The phone's clock at the same moment.
    pub phone: Instant,
    /// The phone's clock when it was last looked at.
    pub seen: Instant,
    /// The longest time without contact that was seen since, in microseconds.
    pub away: i64,
    /// Length of the lease, in days.
    pub days: u16,
}

impl Lease {
    /// A lease that begins now: the server has just been heard.
    #[must_use]
    pub fn new(server: Instant, phone: Instant, days: u16) -> Self {
        Self { server, phone, seen: phone, away: 0, days }
    }

    /// The same after a look at the phone's clock. Time without contact only grows: a clock that is set back takes nothing from it.
    ///
    /// A phone's clock may have been wrong at the contact and be right now, so the time away is counted from the phone's clock of then or from
    /// the server's, whichever is nearer. A clock that stands before both was set back; then what counts is what passes on it between two looks.
    #[must_use]
    pub fn look(self, now: Instant) -> Self {
        let since = |then: Instant| Some(now.0.saturating_sub(then.0)).filter(|micros| *micros >= 0);
        let away = match (since(self.phone), since(self.server)) {
            (Some(one), Some(other)) => self.away.max(one.min(other)),
            (Some(one), None) | (None, Some(one)) => self.away.max(one),
            (None, None) => self.away.saturating_add(now.0.saturating_sub(self.seen.0).max(0)),
        };
        Self { seen: now, away, ..self }
    }

    /// Whether the lease was over at the last look.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.away >= i64::from(self.days) * DAY_MICROS
    }

    /// Whole days that were left at the last look.
    #[must_use]
    pub fn days_left(&self) -> u16 {
        let left = i64::from(self.days) * DAY_MICROS - self.away;
        u16::try_from(left.max(0) / DAY_MICROS).unwrap_or(self.days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEN: Instant = Instant(1_724_000_000_000_000);

    fn after(days: i64) -> Instant {
        THEN.plus_micros(days * DAY_MICROS)
    }

    fn begun() -> Lease {
        Lease::new(THEN, THEN, OFFLINE_LEASE_DAYS)
    }

    #[test]
    fn a_lease_is_over_after_its_days_and_not_a_moment_before() {
        assert_eq!((begun().days_left(), begun().look(after(3)).days_left()), (14, 11));
        assert!(!begun().look(after(14).plus_micros(-1)).is_over());
        assert!(begun().look(after(14)).is_over());
        assert_eq!(begun().look(after(400)).days_left(), 0);
    }

    #[test]
    fn a_clock_that_is_set_back_extends_nothing() {
        let late = begun().look(after(13));
        assert_eq!(late.look(after(2)).days_left(), 1);
        assert!(late.look(after(2)).look(after(14)).is_over());
        assert!(begun().look(after(15)).look(after(1)).is_over(), "what is over stays over");
        // Set back to a year before the contact: what passes there is counted all the same.
        let back = (0..=14).fold(begun().look(after(-365)), |lease, day| lease.look(after(day - 365)));
        assert!(back.is_over());
    }

    #[test]
    fn a_clock_that_was_wrong_at_the_contact_neither_ends_nor_extends_the_lease() {
        for wrong in [-9_000, -30, 30, 300] {
            let lease = Lease::new(THEN, after(wrong), OFFLINE_LEASE_DAYS);
            assert_eq!(lease.look(after(wrong + 2)).days_left(), 12, "still {wrong} days wrong");
            assert_eq!(lease.look(after(2)).days_left(), 12, "put right");
            assert!(lease.look(after(wrong + 14)).is_over() && lease.look(after(14)).is_over());
        }
    }

    #[test]
    fn a_phone_that_woke_in_1970_and_was_put_right_has_lost_no_day() {
        let woke = begun().look(Instant(0)).look(Instant(3_600_000_000));
        assert_eq!(woke.look(after(1)).days_left(), 13);
    }
}
