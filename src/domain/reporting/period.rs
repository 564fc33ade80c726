//! A reporting period: the days that one report covers.
//!
//! Calendars are in `calendar`; which unit owes a report for a period is in `expectation`.

use crate::domain::reporting::window::DateWindow;
use crate::domain::support::time::days_from_date;
use jiff::civil::Date;
use std::fmt;

/// The piece of a calendar's period that one report covers, half-open: `start` is the first day,
/// `end` the day after the last.
///
/// A period is cut where the reporting unit begins, ends or changes its place, and at the cut-offs
/// of other calendars that the form serves. It is cut for that unit only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// Code of the calendar, as in `week` or `stat-month`.
    pub calendar: String,
    /// First day.
    pub start: Date,
    /// The day after the last one.
    pub end: Date,
    /// 0 for a whole period or its first piece, 1, 2, ... for later pieces.
    pub cut: u8,
}

impl Period {
    /// A whole period or a first piece; `end` is exclusive.
    #[must_use]
    pub fn new(calendar: &str, start: Date, end: Date) -> Self {
        Self { calendar: calendar.to_owned(), start, end, cut: 0 }
    }

    /// Number of days covered; 0 when `end` is not after `start`.
    #[must_use]
    pub fn days(&self) -> i32 {
        (days_from_date(self.end) - days_from_date(self.start)).max(0)
    }

    /// The days covered.
    #[must_use]
    pub fn window(&self) -> DateWindow {
        DateWindow { start: self.start, end: self.end }
    }

    /// Whether `day` lies in the period.
    #[must_use]
    pub fn contains(&self, day: Date) -> bool {
        self.start <= day && day < self.end
    }

    /// Whether every day of the period lies in `[start, end)`.
    #[must_use]
    pub fn is_within(&self, start: Date, end: Date) -> bool {
        start <= self.start && self.end <= end
    }

    /// Whether at least one day lies in `[start, end)`.
    #[must_use]
    pub fn overlaps(&self, start: Date, end: Date) -> bool {
        self.start < end && start < self.end
    }

    /// The pieces between the given days, numbered from this period's own cut; days outside are
    /// ignored.
    #[must_use]
    pub fn split_at(&self, days: &[Date]) -> Vec<Period> {
        let mut bounds: Vec<Date> =
            days.iter().copied().filter(|day| self.start < *day && *day < self.end).collect();
        bounds.sort_unstable();
        bounds.dedup();
        bounds.push(self.end);
        let mut start = self.start;
        let mut pieces = Vec::with_capacity(bounds.len());
        for (number, end) in bounds.into_iter().enumerate() {
            let cut = self.cut.saturating_add(u8::try_from(number).unwrap_or(u8::MAX));
            pieces.push(Period { calendar: self.calendar.clone(), start, end, cut });
            start = end;
        }
        pieces
    }
}

impl fmt::Display for Period {
    /// As in `week 2025-01-06..2025-01-13`, followed by `#1` for a later piece; the last date is
    /// exclusive.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}..{}", self.calendar, self.start, self.end)?;
        if self.cut > 0 {
            write!(f, "#{}", self.cut)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_cut_period_leaves_pieces_that_tile_it_and_are_numbered() {
        let month = Period::new("stat-month", date(2025, 6, 15), date(2025, 7, 15));
        let pieces = month.split_at(&[date(2025, 7, 1), date(2025, 6, 15), date(2030, 1, 1)]);
        let seen: Vec<_> = pieces.iter().map(|p| (p.days(), p.cut)).collect();
        assert_eq!(seen, [(16, 0), (14, 1)], "V18");
        assert_eq!(pieces[1].to_string(), "stat-month 2025-07-01..2025-07-15#1");
    }

    #[test]
    fn a_period_without_a_cut_inside_stays_whole() {
        let week = Period::new("week", date(2024, 8, 19), date(2024, 8, 26));
        assert_eq!(
            week.split_at(&[date(2024, 8, 19), date(2024, 8, 26)]),
            std::slice::from_ref(&week)
        );
        assert!(week.contains(date(2024, 8, 25)) && !week.contains(week.end));
        assert!(
            week.is_within(week.start, week.end)
                && week.overlaps(date(2024, 8, 25), date(2025, 1, 1))
        );
    }
}
