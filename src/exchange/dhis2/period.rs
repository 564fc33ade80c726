//! DHIS2's codes of periods, and those of ADX. A week is that of ISO 8601.

use jiff::ToSpan as _;
use jiff::civil::{Date, ISOWeekDate, Weekday, date};

/// Longest period of ADX, in its unit.
const DURATION_MAX: i32 = 366;

/// First day and day after the last of a period, as in `20260115`, `2026W5`, `202601`, `2026Q1`
/// and `2026`, or `2026-01-01/P1M`; `None`: it is none of these.
pub(super) fn parse_period(code: &str) -> Option<(Date, Date)> {
    if let Some((first, duration)) = code.split_once('/') {
        return parse_interval(first, duration);
    }
    let year: i16 = code.get(..4).filter(|year| is_digits(year))?.parse().ok()?;
    let rest = code.get(4..)?;
    match (rest.as_bytes().first(), rest.len()) {
        (None, _) => Some((date(year, 1, 1), date(year.checked_add(1)?, 1, 1))),
        (Some(b'W'), 2 | 3) => {
            let week: i8 = number(rest.get(1..)?)?;
            let monday = ISOWeekDate::new(year, week, Weekday::Monday).ok()?.date();
            Some((monday, monday.checked_add(7.days()).ok()?))
        }
        (Some(b'Q'), 2) => {
            let quarter: i8 = number(rest.get(1..)?)?;
            let first = Date::new(year, quarter.checked_mul(3)?.checked_sub(2)?, 1).ok()?;
            Some((first, first.checked_add(3.months()).ok()?))
        }
        (Some(_), 2) => {
            let first = Date::new(year, number(rest)?, 1).ok()?;
            Some((first, first.checked_add(1.month()).ok()?))
        }
        (Some(_), 4) => {
            let day = Date::new(year, number(rest.get(..2)?)?, number(rest.get(2..)?)?).ok()?;
            Some((day, day.tomorrow().ok()?))
        }
        (Some(_), _) => None,
    }
}

/// A first day and how long it lasts, in one unit: `P7D`, `P1W`, `P3M`, `P1Y`.
fn parse_interval(first: &str, duration: &str) -> Option<(Date, Date)> {
    let first: Date = first.parse().ok().filter(|day: &Date| day.to_string() == first)?;
    let duration = duration.strip_prefix('P')?;
    let (count, unit) = duration.split_at_checked(duration.len().checked_sub(1)?)?;
    let count: i32 = count.parse().ok().filter(|_| is_digits(count) && !count.starts_with('0'))?;
    let count = Some(count).filter(|count| *count <= DURATION_MAX)?;
    let length = match unit {
        "D" => count.days(),
        "W" => count.weeks(),
        "M" => count.months(),
        "Y" => count.years(),
        _ => return None,
    };
    Some((first, first.checked_add(length).ok()?))
}

/// The code of the days from `first` up to, not including, `end`; `None`: DHIS2 has none.
pub(super) fn period_code(first: Date, end: Date) -> Option<String> {
    let (year, month, day) = (first.year(), first.month(), first.day());
    let week = first.iso_week_date();
    let codes = [
        format!("{year:04}{month:02}{day:02}"),
        format!("{:04}W{}", week.year(), week.week()),
        format!("{year:04}{month:02}"),
        format!("{year:04}Q{}", (month - 1) / 3 + 1),
        format!("{year:04}"),
    ];
    codes.into_iter().find(|code| parse_period(code) == Some((first, end)))
}

/// The same days in ADX, which can say any.
pub(super) fn interval_code(first: Date, end: Date) -> String {
    let days = first.until(end).map_or(0, |span| span.get_days());
    let codes = ["P1Y", "P3M", "P1M", "P7D"].map(|duration| format!("{first}/{duration}"));
    let whole = codes.into_iter().find(|code| parse_period(code) == Some((first, end)));
    whole.unwrap_or_else(|| format!("{first}/P{days}D"))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn number(text: &str) -> Option<i8> {
    if is_digits(text) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_names_its_days_and_anything_else_names_none() {
        for (code, first, end) in [
            ("2026", date(2026, 1, 1), date(2027, 1, 1)),
            ("2026Q4", date(2026, 10, 1), date(2027, 1, 1)),
            ("202602", date(2026, 2, 1), date(2026, 3, 1)),
            ("2026W1", date(2025, 12, 29), date(2026, 1, 5)),
            ("2026W53", date(2026, 12, 28), date(2027, 1, 4)),
            ("20240229", date(2024, 2, 29), date(2024, 3, 1)),
            ("2026-01-15/P1M", date(2026, 1, 15), date(2026, 2, 15)),
            ("2026-01-05/P7D", date(2026, 1, 5), date(2026, 1, 12)),
            ("2026-01-05/P1W", date(2026, 1, 5), date(2026, 1, 12)),
            ("2026-04-01/P3M", date(2026, 4, 1), date(2026, 7, 1)),
            ("2026-01-01/P1Y", date(2026, 1, 1), date(2027, 1, 1)),
        ] {
            assert_eq!(parse_period(code), Some((first, end)), "{code}");
            let known = period_code(first, end).filter(|_| !code.contains('/'));
            assert!(known.is_none_or(|known| known == code), "{code}");
            assert_eq!(parse_period(&interval_code(first, end)), Some((first, end)), "{code}");
        }
        assert_eq!(period_code(date(2026, 1, 15), date(2026, 2, 15)), None);
        assert_eq!(interval_code(date(2026, 4, 28), date(2026, 5, 1)), "2026-04-28/P3D");
        for code in [
            "",
            "26",
            "2026W0",
            "2025W53",
            "2026Q5",
            "2026Q0",
            "202613",
            "20260230",
            "2026-01",
            "2026W+5",
            "2026S1",
            "99999",
            "２０２６",
            "/",
            "2026-01-01/",
            "2026-01-01/P",
            "2026-01-01/P1",
            "2026-01-01/PM",
            "2026-01-01/P0M",
            "2026-01-01/P+1M",
            "2026-01-01/P1M2D",
            "2026-01-01/PT24H",
            "2026-01-01/P9999Y",
            "2026-01-01/P1é",
            "20260101/P1M",
            "9999-12-01/P1M",
        ] {
            assert_eq!(parse_period(code), None, "{code}");
        }
    }
}
