//! The text of a day: `2026-11-16` or `16/11/2026`; what can be read in two ways is refused.

use crate::domain::support::message::{Message, message};
use jiff::ToSpan as _;
use jiff::civil::Date;

/// Why a text is no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DayFault {
    /// It is not in one of the forms, or not in the calendar.
    NotADay,
    /// It could mean either of these days.
    TwoWays(Date, Date),
    /// Month and day are exchanged.
    MonthFirst(Date),
    /// It is the number of a spreadsheet's day, without the format of a day.
    DayNumber(Date),
}

impl DayFault {
    /// The stable code.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::TwoWays(..) => "AMBIGUOUS_DAY",
            Self::NotADay | Self::MonthFirst(_) | Self::DayNumber(_) => "BAD_VALUE",
        }
    }

    /// What is wrong with `typed` and what to enter.
    pub(super) fn message(self, typed: &str) -> Message {
        match self {
            Self::NotADay => message!("table-not-a-day", typed),
            Self::TwoWays(one, other) => {
                let (one, other) = (one.to_string(), other.to_string());
                message!("table-day-two-ways", typed, one, other)
            }
            Self::MonthFirst(day) => {
                message!("table-day-month-first", typed, day = day.to_string())
            }
            Self::DayNumber(day) => message!("table-day-number", typed, day = day.to_string()),
        }
    }

    /// What the text was taken for.
    pub(super) fn understood(self) -> Option<String> {
        match self {
            Self::NotADay => None,
            Self::TwoWays(one, other) => Some(format!("{one} | {other}")),
            Self::MonthFirst(day) | Self::DayNumber(day) => Some(day.to_string()),
        }
    }
}

/// Parses a day.
///
/// # Errors
/// Any other form, one that could be read in two ways, or a day that no calendar has.
pub(super) fn parse_day(text: &str) -> Result<Date, DayFault> {
    if !text.is_ascii() {
        return Err(DayFault::NotADay);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() == 5 {
        let number = text.parse().map_err(|_| DayFault::NotADay)?;
        return Err(spreadsheet_day(number).map_or(DayFault::NotADay, DayFault::DayNumber));
    }
    let Some(separator) = text.chars().find(|c| matches!(c, '-' | '/' | '.')) else {
        return Err(DayFault::NotADay);
    };
    let parts: Vec<&str> = text.split(separator).collect();
    let is_number = |part: &&str| {
        matches!(part.len(), 1 | 2 | 4) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let ([first, second, third], true) = (&parts[..], parts.iter().all(is_number)) else {
        return Err(DayFault::NotADay);
    };
    match (first.len(), second.len(), third.len()) {
        (4, 2, 2) if separator == '-' => date(first, second, third).ok_or(DayFault::NotADay),
        (1 | 2, 1 | 2, 4) => date(third, second, first).ok_or_else(|| {
            date(third, first, second).map_or(DayFault::NotADay, DayFault::MonthFirst)
        }),
        (1 | 2, 1 | 2, 1 | 2) => Err(two_ways(first, second, third)),
        _ => Err(DayFault::NotADay),
    }
}

/// The day of a spreadsheet's number in the calendar that begins in 1900.
pub(super) fn spreadsheet_day(number: i64) -> Option<Date> {
    // Day 60 is the 29th of February 1900, which did not exist; nobody reports for days before it.
    let number = i32::try_from(number).ok().filter(|number| (61..2_958_466).contains(number))?;
    jiff::civil::date(1899, 12, 30).checked_add(number.days()).ok()
}

/// A day with a year of two digits.
fn two_ways(first: &str, second: &str, third: &str) -> DayFault {
    let century = |year: &str| format!("20{year:0>2}");
    let readings = [
        date(&century(third), second, first),
        date(&century(third), first, second),
        date(&century(first), second, third),
    ];
    let mut days: Vec<Date> = readings.into_iter().flatten().collect();
    days.dedup();
    match days[..] {
        [one, other, ..] => DayFault::TwoWays(one, other),
        _ => DayFault::NotADay,
    }
}

fn date(year: &str, month: &str, day: &str) -> Option<Date> {
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn iso_and_day_month_year_are_one_day() {
        for text in ["2026-11-06", "06/11/2026", "6/11/2026", "06-11-2026", "6.11.2026"] {
            assert_eq!(parse_day(text), Ok(date(2026, 11, 6)), "{text}");
        }
    }

    #[test]
    fn what_reads_two_ways_or_in_another_order_is_refused_with_what_it_could_be() {
        let ways = DayFault::TwoWays(date(2025, 4, 3), date(2025, 3, 4));
        assert_eq!(parse_day("03/04/25"), Err(ways));
        assert_eq!(parse_day("11/16/2026"), Err(DayFault::MonthFirst(date(2026, 11, 16))));
        assert_eq!(parse_day("46342"), Err(DayFault::DayNumber(date(2026, 11, 16))));
        for text in ["", "2026-11", "31/02/2026", "2026-11-16 00:00:00", "20261116", "2026-1-6"] {
            assert_eq!(parse_day(text), Err(DayFault::NotADay), "{text}");
        }
    }
}
