//! Device status by unit: when a unit last had contact, and whether commands are waiting there. It
//! is about units, never about persons.
//!
//! It has days but no hours, no device and no account, so that it cannot serve as a record of
//! attendance.

use crate::domain::support::string_enum::string_enum;
use crate::domain::support::time::days_from_date;
use jiff::civil::Date;

string_enum! {
    /// When a unit last had contact, the most recent first.
    LastContact {
        /// Today.
        Today = "TODAY",
        /// Within seven days.
        ThisWeek = "THIS_WEEK",
        /// Longer ago.
        Older = "OLDER",
        /// Never: it has no device.
        Never = "NEVER",
    }
}

string_enum! {
    /// What is waiting, as far as the server knows; it does not know what a phone has not sent.
    BacklogStatus {
        /// Nothing.
        None = "NONE",
        /// Held commands of the unit.
        Some = "SOME",
        /// A phone that cannot sync because it was copied; it must be enrolled again.
        Stuck = "STUCK",
    }
}

/// The devices of one unit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitFleet {
    /// Number of devices that may act for it.
    pub device_count: usize,
    /// When the last of them had contact.
    pub last_contact: LastContact,
    /// What is waiting.
    pub backlog: BacklogStatus,
}

impl UnitFleet {
    /// A unit that no device acts for.
    pub const WITHOUT_DEVICE: Self =
        Self { device_count: 0, last_contact: LastContact::Never, backlog: BacklogStatus::None };

    /// Status of one device: the day of its last contact, whether it was copied, and how many of
    /// its commands are held.
    #[must_use]
    pub fn from_device(heard: Date, today: Date, forked: bool, waiting: i64) -> Self {
        let last_contact = match days_from_date(today) - days_from_date(heard) {
            ..=0 => LastContact::Today,
            1..=6 => LastContact::ThisWeek,
            7.. => LastContact::Older,
        };
        let backlog = match (forked, waiting) {
            (true, _) => BacklogStatus::Stuck,
            (false, 1..) => BacklogStatus::Some,
            (false, ..=0) => BacklogStatus::None,
        };
        Self { device_count: 1, last_contact, backlog }
    }

    /// Both together: the most recent contact, the worst backlog.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        Self {
            device_count: self.device_count + other.device_count,
            last_contact: self.last_contact.min(other.last_contact),
            backlog: self.backlog.max(other.backlog),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn of_two_phones_the_nearer_contact_and_the_worse_trouble_stand_for_the_unit() {
        let today = date(2024, 9, 9);
        let (far, near) = (date(2024, 9, 2), date(2024, 9, 8));
        let both = UnitFleet::from_device(far, today, true, 0)
            .merge(UnitFleet::from_device(near, today, false, 3));
        assert_eq!(
            both,
            UnitFleet {
                device_count: 2,
                last_contact: LastContact::ThisWeek,
                backlog: BacklogStatus::Stuck
            }
        );
        assert_eq!(
            UnitFleet::from_device(far, today, false, 0).last_contact,
            LastContact::Older,
            "seven days are longer than a week"
        );
        assert_eq!(UnitFleet::from_device(today, today, false, 1).backlog, BacklogStatus::Some);
    }
}
