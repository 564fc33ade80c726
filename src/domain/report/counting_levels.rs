//! The level at which an element is counted on each day (M1: an element's level has validity days).
//!
//! ```text
//!  DISTRICT, from 1 July COMMUNE     June: the districts report;  July: the communes report
//! ```
//!
//! Each level holds until the next one begins, so that there is exactly one on every day.

use crate::domain::report::element::CountingLevel;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::message::message;
use crate::domain::support::violation::Violation;
use jiff::civil::Date;
use std::fmt;

/// A day from which an element is counted at another level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LevelChange {
    /// First day at the new level.
    pub on: Date,
    /// The level from then on.
    pub level: CountingLevel,
}

/// The level of every day. Of an element and of the contract under which it is reported they are
/// the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountingLevels {
    /// The level before the first change.
    pub first: CountingLevel,
    /// The changes, in ascending order of days.
    pub changes: Vec<LevelChange>,
}

impl From<CountingLevel> for CountingLevels {
    fn from(first: CountingLevel) -> Self {
        Self { first, changes: Vec::new() }
    }
}

impl CountingLevels {
    /// The level of a day.
    #[must_use]
    pub fn on(&self, day: Date) -> CountingLevel {
        let past = self.changes.iter().rev().find(|change| change.on <= day);
        past.map_or(self.first, |change| change.level)
    }

    /// The days on which the level changes.
    pub fn change_days(&self) -> impl Iterator<Item = Date> {
        self.changes.iter().map(|change| change.on)
    }

    /// The levels of the days of a window, each with its days, in order of time.
    pub fn within(&self, window: DateWindow) -> impl Iterator<Item = (DateWindow, CountingLevel)> {
        let starts = std::iter::once(Date::MIN).chain(self.change_days());
        let ends = self.change_days().chain([Date::MAX]);
        starts.zip(ends).filter_map(move |(start, end)| {
            let days = DateWindow::new(start.max(window.start), end.min(window.end))?;
            Some((days, self.on(days.start)))
        })
    }

    /// The level of each span of days; one may come again.
    pub fn all(&self) -> impl Iterator<Item = CountingLevel> {
        std::iter::once(self.first).chain(self.changes.iter().map(|change| change.level))
    }

    /// Refuses changes that are out of order, two on one day, and one that changes nothing. `at`
    /// names what has these levels.
    #[must_use]
    pub fn check(&self, at: &str) -> Option<Violation> {
        let mut pairs = self.all().zip(&self.changes);
        let ordered = self.changes.is_sorted_by(|one, next| one.on < next.on);
        let refused = !ordered || pairs.any(|(before, change)| before == change.level);
        refused
            .then(|| Violation::error("LEVEL_CHANGES", at, message!("element-level-changes-order")))
    }
}

impl fmt::Display for CountingLevels {
    /// As in `DISTRICT, 2025-07-01 COMMUNE`: each further level after its first day.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.first.as_str())?;
        self.changes.iter().try_for_each(|LevelChange { on, level }| write!(f, ", {on} {level}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn moved(changes: &[(Date, CountingLevel)]) -> CountingLevels {
        let changes = changes.iter().map(|(on, level)| LevelChange { on: *on, level: *level });
        CountingLevels { first: CountingLevel::District, changes: changes.collect() }
    }

    #[test]
    fn each_level_holds_from_its_day_until_the_day_before_the_next() {
        let july = date(2025, 7, 1);
        let levels = moved(&[(july, CountingLevel::Commune)]);
        assert_eq!(levels.on(date(2025, 6, 30)), CountingLevel::District);
        assert_eq!(levels.on(july), CountingLevel::Commune);
        assert_eq!(levels.to_string(), "DISTRICT, 2025-07-01 COMMUNE");
        let year = DateWindow { start: date(2025, 1, 1), end: date(2026, 1, 1) };
        let within: Vec<_> = levels.within(year).collect();
        let (first, second) =
            (DateWindow { end: july, ..year }, DateWindow { start: july, ..year });
        let expected = [(first, CountingLevel::District), (second, CountingLevel::Commune)];
        assert_eq!(within, expected);
        assert_eq!(levels.within(second).collect::<Vec<_>>(), expected[1..]);
        let all: Vec<_> = levels.all().collect();
        assert_eq!(all, [CountingLevel::District, CountingLevel::Commune]);
    }

    #[test]
    fn changes_out_of_order_on_one_day_or_to_the_same_level_are_refused() {
        let (july, august) = (date(2025, 7, 1), date(2025, 8, 1));
        let (commune, province) = (CountingLevel::Commune, CountingLevel::Province);
        let code = |changes: &[(Date, CountingLevel)]| {
            moved(changes).check("element.a").map(|violation| (violation.code, violation.path))
        };
        assert_eq!(code(&[(july, commune), (august, province)]), None);
        let refused = Some(("LEVEL_CHANGES", "element.a".to_owned()));
        for changes in [
            &[(august, commune), (july, province)][..],
            &[(july, commune), (july, province)],
            &[(july, CountingLevel::District)],
            &[(july, commune), (august, commune)],
        ] {
            assert_eq!(code(changes), refused, "{changes:?}");
        }
    }
}
