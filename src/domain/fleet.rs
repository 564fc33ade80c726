//! The fleet by units: when a unit was last heard, and whether something waits there. About units, never about persons.
//!
//! Days and no hours, no device and no account: it must not serve as a record of attendance. Knows no phone.

use super::time::days_from_date;
use super::worded::worded;
use jiff::civil::Date;

worded! {
    /// When a unit was last heard; the order is from the nearest to the farthest.
    Contact {
        /// Today.
        Today = "TODAY",
        /// Within seven days.
        ThisWeek = "THIS_WEEK",
        /// Longer ago.
        Older = "OLDER",
    }
}

worded! {
    /// What waits, as far as the server knows: what a phone has not sent it cannot know.
    Waiting {
        /// Nothing.
        None = "NONE",
        /// Commands that wait on the unit's desk.
        Some = "SOME",
        /// A phone that can no longer sync: it was copied, and must be enrolled anew.
        Stuck = "STUCK",
    }
}

/// One unit's phones and desks together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitFleet {
    /// How many may act for it.
    pub devices: usize,
    /// When the last of them was heard.
    pub contact: Contact,
    /// What waits.
    pub waiting: Waiting,
}

impl UnitFleet {
    /// One device: the day on which it was last heard, whether it was copied, and how many of its commands wait.
    #[must_use]
    pub fn of(heard: Date, today: Date, forked: bool, waiting: i64) -> Self {
        let contact = match days_from_date(today) - days_from_date(heard) {
            ..=0 => Contact::Today,
            1..=6 => Contact::ThisWeek,
            7.. => Contact::Older,
        };
        let waiting = match (forked, waiting) {
            (true, _) => Waiting::Stuck,
            (false, 1..) => Waiting::Some,
            (false, ..=0) => Waiting::None,
        };
        Self { devices: 1, contact, waiting }
    }

    /// Both together: the nearest contact, the worst of what waits.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            devices: self.devices + other.devices,
            contact: self.contact.min(other.contact),
            waiting: self.waiting.max(other.waiting),
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
        let both = UnitFleet::of(far, today, true, 0).and(UnitFleet::of(near, today, false, 3));
        assert_eq!(both, UnitFleet { devices: 2, contact: Contact::ThisWeek, waiting: Waiting::Stuck });
        assert_eq!(UnitFleet::of(far, today, false, 0).contact, Contact::Older, "seven days are longer than a week");
        assert_eq!(UnitFleet::of(today, today, false, 1).waiting, Waiting::Some);
    }
}
