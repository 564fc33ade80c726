//! The offline lease: how long a phone shows its data without contact with its authority, on a
//! clock that may be wrong or changed.
//!
//! The time is an argument. This module only computes the lease; it neither hides nor deletes data.

use crate::domain::support::clock_fault::CLOCK_TOLERANCE_MICROS;
use crate::domain::support::time::{DAY_MICROS, Timestamp};
use jiff::civil::Date;

/// Days without contact after which a phone hides its data, unless the server sets another number.
pub const OFFLINE_LEASE_DAYS: u16 = 14;

/// The last contact with the authority and the apparent time since then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfflineLease {
    /// The server's time at the last contact.
    pub contact_server_time: Timestamp,
    /// The phone's clock at the same moment.
    pub contact_phone_time: Timestamp,
    /// The phone's clock at the last observation.
    pub last_phone_time: Timestamp,
    /// The longest time without contact observed since, in microseconds.
    pub offline_micros: i64,
    /// Length of the lease, in days.
    pub length_days: u16,
}

impl OfflineLease {
    /// A lease that begins now, at a contact with the server.
    #[must_use]
    pub fn new(
        contact_server_time: Timestamp,
        contact_phone_time: Timestamp,
        length_days: u16,
    ) -> Self {
        Self {
            contact_server_time,
            contact_phone_time,
            last_phone_time: contact_phone_time,
            offline_micros: 0,
            length_days,
        }
    }

    /// The lease after an observation of the phone's clock. The time without contact only grows:
    /// setting the clock back does not reduce it.
    ///
    /// The phone's clock may have been wrong at the contact and be right now, so the time without
    /// contact is measured from the phone's clock at the contact or from the server's, whichever is
    /// nearer. A clock before both was set back; then the time between two observations is added. A
    /// step back of a few minutes is a correction and not a clock that was set back.
    #[must_use]
    pub fn observe_clock(self, now: Timestamp) -> Self {
        let since = |then: Timestamp| {
            let micros = now.0.saturating_sub(then.0);
            (micros >= -CLOCK_TOLERANCE_MICROS).then_some(micros.max(0))
        };
        let offline_micros = match (since(self.contact_phone_time), since(self.contact_server_time))
        {
            (Some(one), Some(other)) => self.offline_micros.max(one.min(other)),
            (Some(one), None) | (None, Some(one)) => self.offline_micros.max(one),
            (None, None) => self
                .offline_micros
                .saturating_add(now.0.saturating_sub(self.last_phone_time.0).max(0)),
        };
        Self { last_phone_time: now, offline_micros, ..self }
    }

    /// The server's time at the last observation, as far as the phone can know it: the time at the
    /// contact and the time without contact since. However wrong the phone's clock is, it is not
    /// before the contact.
    #[must_use]
    pub fn estimated_server_time(&self) -> Timestamp {
        self.contact_server_time.saturating_add_micros(self.offline_micros)
    }

    /// The latest civil day that had certainly come at the last observation, by the phone's clock
    /// or the last contact; `None` once the contact has shown the phone's clock to be wrong.
    #[must_use]
    pub fn latest_known_day(&self) -> Option<Date> {
        let ahead = self.contact_phone_time.0.saturating_sub(self.contact_server_time.0);
        let latest = self.last_phone_time.max(self.contact_server_time);
        (ahead.saturating_abs() <= CLOCK_TOLERANCE_MICROS).then(|| latest.local_date())
    }

    /// Whether the lease had expired at the last observation.
    #[must_use]
    pub fn is_expired(&self) -> bool {
        self.offline_micros >= i64::from(self.length_days) * DAY_MICROS
    }

    /// Whole days that remained at the last observation.
    #[must_use]
    pub fn remaining_days(&self) -> u16 {
        let remaining = i64::from(self.length_days) * DAY_MICROS - self.offline_micros;
        u16::try_from(remaining.max(0) / DAY_MICROS).unwrap_or(self.length_days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEN: Timestamp = Timestamp(1_724_000_000_000_000);

    fn after(days: i64) -> Timestamp {
        THEN.saturating_add_micros(days * DAY_MICROS)
    }

    fn new_lease() -> OfflineLease {
        OfflineLease::new(THEN, THEN, OFFLINE_LEASE_DAYS)
    }

    #[test]
    fn a_lease_is_over_after_its_days_and_not_a_moment_before() {
        assert_eq!(
            (new_lease().remaining_days(), new_lease().observe_clock(after(3)).remaining_days()),
            (14, 11)
        );
        assert!(!new_lease().observe_clock(after(14).saturating_add_micros(-1)).is_expired());
        assert!(new_lease().observe_clock(after(14)).is_expired());
        assert_eq!(new_lease().observe_clock(after(400)).remaining_days(), 0);
    }

    #[test]
    fn a_clock_that_is_set_back_extends_nothing() {
        let late = new_lease().observe_clock(after(13));
        assert_eq!(late.observe_clock(after(2)).remaining_days(), 1);
        assert!(late.observe_clock(after(2)).observe_clock(after(14)).is_expired());
        assert!(
            new_lease().observe_clock(after(15)).observe_clock(after(1)).is_expired(),
            "what is over stays over"
        );
        // Set back to a year before the contact: time that passes there still counts.
        let back = (0..=14).fold(new_lease().observe_clock(after(-365)), |lease, day| {
            lease.observe_clock(after(day - 365))
        });
        assert!(back.is_expired());
    }

    #[test]
    fn a_clock_that_was_wrong_at_the_contact_neither_ends_nor_extends_the_lease() {
        for wrong in [-9_000, -30, 30, 300] {
            let lease = OfflineLease::new(THEN, after(wrong), OFFLINE_LEASE_DAYS);
            assert_eq!(
                lease.observe_clock(after(wrong + 2)).remaining_days(),
                12,
                "still {wrong} days wrong"
            );
            assert_eq!(lease.observe_clock(after(2)).remaining_days(), 12, "put right");
            assert!(
                lease.observe_clock(after(wrong + 14)).is_expired()
                    && lease.observe_clock(after(14)).is_expired()
            );
        }
    }

    #[test]
    fn a_small_correction_right_after_the_contact_locks_no_phone_whose_clock_is_a_year_ahead() {
        let lease = OfflineLease::new(THEN, after(365), OFFLINE_LEASE_DAYS);
        let corrected = lease.observe_clock(after(365).saturating_add_micros(-1_000_000));
        assert!(!corrected.is_expired());
        assert_eq!(corrected.estimated_server_time(), THEN);
    }

    #[test]
    fn the_servers_time_is_known_though_the_phones_clock_is_wrong_or_was_put_right() {
        for wrong in [-365, -3, 0, 365] {
            let lease = OfflineLease::new(THEN, after(wrong), OFFLINE_LEASE_DAYS);
            let estimated = |now| lease.observe_clock(now).estimated_server_time();
            assert_eq!(estimated(after(wrong + 2)), after(2), "still {wrong} days wrong");
            assert_eq!(estimated(after(2)), after(2), "put right");
        }
        let set_back = new_lease().observe_clock(after(3)).observe_clock(Timestamp(0));
        assert_eq!(set_back.estimated_server_time(), after(3), "no time before what was seen");
    }

    #[test]
    fn the_later_of_the_phones_day_and_the_contacts_is_known_unless_the_clock_was_wrong() {
        let day = |days| Some(after(days).local_date());
        assert_eq!(new_lease().observe_clock(after(3)).latest_known_day(), day(3));
        assert_eq!(new_lease().observe_clock(after(-3)).latest_known_day(), day(0), "set back");
        for wrong in [-2, 2] {
            let lease = OfflineLease::new(THEN, after(wrong), OFFLINE_LEASE_DAYS);
            assert_eq!(lease.observe_clock(after(3)).latest_known_day(), None);
        }
    }

    #[test]
    fn a_phone_that_woke_in_1970_and_was_put_right_has_lost_no_day() {
        let restarted =
            new_lease().observe_clock(Timestamp(0)).observe_clock(Timestamp(3_600_000_000));
        assert_eq!(restarted.observe_clock(after(1)).remaining_days(), 13);
    }
}
