//! A range of civil days, half-open: `start` is in it, `end` is the day after the last.
//!
//! Periods of a calendar are in `period`.

use crate::domain::support::time::days_from_date;
use jiff::ToSpan;
use jiff::civil::Date;
use std::fmt;

/// Days from `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateWindow {
    /// First day.
    pub start: Date,
    /// The day after the last one.
    pub end: Date,
}

impl DateWindow {
    /// The window from `start` to before `end`; `None` if that contains no day.
    #[must_use]
    pub fn new(start: Date, end: Date) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// The window from a first to a last day, both included, as official texts give them.
    #[must_use]
    pub fn from_inclusive_days(first: Date, last: Date) -> Option<Self> {
        Self::new(first, last.saturating_add(1.day()))
    }

    /// The last day in it.
    #[must_use]
    pub fn last_day(&self) -> Date {
        self.end.saturating_sub(1.day())
    }

    /// Number of days in it.
    #[must_use]
    pub fn days(&self) -> i32 {
        days_from_date(self.end) - days_from_date(self.start)
    }

    /// Whether `day` is in it.
    #[must_use]
    pub fn contains(&self, day: Date) -> bool {
        self.start <= day && day < self.end
    }

    /// Number of days in both.
    #[must_use]
    pub fn overlap_days(&self, other: &Self) -> i32 {
        let start = days_from_date(self.start.max(other.start));
        (days_from_date(self.end.min(other.end)) - start).max(0)
    }

    /// The same window a year earlier; 29 February becomes 28 February.
    #[must_use]
    pub fn one_year_earlier(&self) -> Self {
        Self { start: self.start.saturating_sub(1.year()), end: self.end.saturating_sub(1.year()) }
    }
}

impl fmt::Display for DateWindow {
    /// As in the formula grammar: `2024-08-19..2025-08-20`, the second date exclusive.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_campaign_and_its_base_have_366_days_each_and_no_day_in_common() {
        let campaign =
            DateWindow::from_inclusive_days(date(2024, 8, 19), date(2025, 8, 19)).unwrap();
        let base = campaign.one_year_earlier();
        assert_eq!(campaign.to_string(), "2024-08-19..2025-08-20");
        assert_eq!((campaign.days(), base.days()), (366, 367), "the shifted end shares 19 August");
        let base = DateWindow::new(base.start, campaign.start).unwrap();
        assert_eq!((base.days(), base.overlap_days(&campaign)), (366, 0));
    }

    #[test]
    fn the_statistical_year_2024_overlaps_the_campaign_by_118_days() {
        let campaign =
            DateWindow::from_inclusive_days(date(2024, 8, 19), date(2025, 8, 19)).unwrap();
        let year = DateWindow::new(date(2023, 12, 15), date(2024, 12, 15)).unwrap();
        assert_eq!(year.overlap_days(&campaign), 118);
        assert_eq!(DateWindow::new(date(2024, 1, 1), date(2024, 1, 1)), None);
    }
}
