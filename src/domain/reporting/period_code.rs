//! The short code of a period, as a person types it and as lists print it: `2026-W31`, `2026-07`,
//! `2026-Q3`, `2026-H1`, `2026`, or the first day. It follows the name of the period: the
//! statistical month from 15 June to 14 July 2026 is `2026-07`.

use crate::domain::reporting::calendar::{Calendar, CalendarRule};
use crate::domain::reporting::period::Period;
use crate::domain::support::time::{date_from_days, days_from_date};

impl Calendar {
    /// The code of the whole period that contains the first day of `period`. Pieces of a cut period
    /// have the same one; their first days tell them apart.
    #[must_use]
    pub fn period_code(&self, period: &Period) -> String {
        let whole = self.period_containing(period.start);
        let last = date_from_days(days_from_date(whole.end) - 1);
        let (year, month) = (last.year(), last.month());
        match self.rule {
            CalendarRule::Days { .. } if self.is_iso_week() => {
                let week = whole.start.iso_week_date();
                format!("{}-W{:02}", week.year(), week.week())
            }
            CalendarRule::Months { months: 1, .. } => format!("{year}-{month:02}"),
            CalendarRule::Months { months: 3, .. } => format!("{year}-Q{}", (month + 2) / 3),
            CalendarRule::Months { months: 6, .. } => {
                format!("{year}-H{}", if month <= 6 { 1 } else { 2 })
            }
            CalendarRule::Months { months: 12, .. } => year.to_string(),
            CalendarRule::Days { .. } | CalendarRule::Months { .. } => whole.start.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::reporting::calendar::Calendars;
    use crate::domain::reporting::window::DateWindow;
    use jiff::civil::date;
    use std::collections::BTreeSet;

    #[test]
    fn every_standard_calendar_has_one_code_for_each_of_its_periods() {
        let calendars = Calendars::standard();
        let code = |calendar: &str, day| {
            let calendar = calendars.get(calendar).unwrap();
            calendar.period_code(&calendar.period_containing(day))
        };
        assert_eq!(code("week", date(2024, 12, 30)), "2025-W01");
        assert_eq!(code("month", date(2026, 7, 31)), "2026-07");
        assert_eq!(code("stat-month", date(2026, 6, 15)), "2026-07");
        assert_eq!(code("quarter", date(2026, 7, 1)), "2026-Q3");
        assert_eq!(code("procuracy-half", date(2025, 12, 1)), "2026-H1");
        assert_eq!(code("year", date(2026, 7, 1)), "2026");
        let window = DateWindow::new(date(2020, 1, 1), date(2040, 1, 1)).unwrap();
        for calendar in calendars.iter() {
            let periods = calendar.periods_in(window);
            let codes: BTreeSet<String> =
                periods.iter().map(|period| calendar.period_code(period)).collect();
            assert_eq!(codes.len(), periods.len(), "{}", calendar.code);
        }
    }
}
