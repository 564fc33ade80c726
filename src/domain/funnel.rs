//! Funnel limits: how far a share of few cases strays from the whole's by chance alone.
//!
//! Instead of a league table: a unit inside the limits cannot be told apart from the whole, and outside them it is worth a question,
//! whichever the side. Floats, for this is chance and judges nobody. Knows no unit and no target.

use super::ratio::Ratio;
use super::target::spread::binomial_at_most;
use super::worded::worded;

/// Cases between which the share of the whole would leave a unit, by chance, in 95 and in 99.8 of 100 tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Lower and upper limit at 95 %.
    pub usual: (i64, i64),
    /// Lower and upper limit at 99.8 %.
    pub rare: (i64, i64),
}

worded! {
    /// Where a unit lies in the funnel.
    Place {
        /// Within what chance does.
        Usual = "USUAL",
        /// Outside of 95 %: one in twenty units lies here by chance.
        Watch = "WATCH",
        /// Outside of 99.8 %: worth a question, on either side.
        Ask = "ASK",
        /// So few cases that every count is usual.
        Few = "FEW",
    }
}

/// Fewest cases for which a place says anything.
pub const CASES_MIN: i64 = 5;

/// The limits for so many cases where the whole's share is `share`; `None` for a share outside 0 to 1.
#[must_use]
pub fn limits(cases: i64, share: Ratio) -> Option<Limits> {
    let share = share.approximately();
    let at = |chance: f64| quantile(cases, share, chance);
    Some(Limits { usual: (at(0.025)?, at(0.975)?), rare: (at(0.001)?, at(0.999)?) })
}

/// Where `hits` of `cases` lie.
#[must_use]
pub fn place(hits: i64, cases: i64, share: Ratio) -> Option<Place> {
    if cases < CASES_MIN {
        return Some(Place::Few);
    }
    let limits = limits(cases, share)?;
    let outside = |(low, high): (i64, i64)| hits < low || high < hits;
    Some(match (outside(limits.usual), outside(limits.rare)) {
        (false, _) => Place::Usual,
        (true, false) => Place::Watch,
        (true, true) => Place::Ask,
    })
}

/// The least number of cases at or below which the chance is at least `chance`.
fn quantile(cases: i64, share: f64, chance: f64) -> Option<i64> {
    let (mut low, mut high) = (0, cases);
    while low < high {
        let middle = low + (high - low) / 2;
        if binomial_at_most(cases, share, middle)? >= chance {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_funnel_narrows_as_cases_grow() {
        let share = Ratio::new(85, 100).unwrap();
        let percent = |cases: i64| {
            let (low, high) = limits(cases, share).unwrap().usual;
            (low * 1000 / cases, high * 1000 / cases)
        };
        assert_eq!(percent(5), (400, 1000));
        assert_eq!(percent(50), (740, 940));
        assert_eq!(percent(450), (815, 882), "81.6 and 88.2 rounded");
    }

    #[test]
    fn a_unit_is_asked_about_only_beyond_chance_and_never_for_few_cases() {
        let half = Ratio::new(1, 2).unwrap();
        assert_eq!(place(4, 4, half), Some(Place::Few));
        assert_eq!(place(7, 10, half), Some(Place::Usual));
        assert_eq!(place(9, 10, half), Some(Place::Watch));
        assert_eq!(place(0, 20, half), Some(Place::Ask));
        assert_eq!(place(20, 20, half), Some(Place::Ask), "either side");
        assert_eq!(limits(3, Ratio::whole(2)), None);
    }
}
