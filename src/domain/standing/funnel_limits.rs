//! Funnel limits: how far a share of few cases deviates from the overall share by chance alone.
//!
//! They replace a league table: a unit inside the limits cannot be distinguished from the overall
//! share, and a unit outside them is worth a question, on either side. Floats are used because the
//! limits are probabilities and never a verdict.

use crate::domain::support::ratio::Ratio;
use crate::domain::support::string_enum::string_enum;
use crate::domain::target_rule::distribution::binomial_cdf;

/// Ranges of the number of cases that chance alone produces at the overall share, with probability
/// 95 % and 99.8 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunnelLimits {
    /// Lower and upper limit at 95 %.
    pub limits_95: (i64, i64),
    /// Lower and upper limit at 99.8 %.
    pub limits_998: (i64, i64),
}

string_enum! {
    /// The position of a unit in the funnel.
    FunnelZone {
        /// Within the 95 % limits.
        WithinLimits = "USUAL",
        /// Outside the 95 % limits: one in twenty units is by chance.
        Outside95 = "WATCH",
        /// Outside the 99.8 % limits: worth a question, on either side.
        Outside998 = "ASK",
        /// Too few cases to say anything.
        TooFewCases = "FEW",
    }
}

/// Fewest cases for which a unit is classified.
const FUNNEL_CASES_MIN: i64 = 5;

/// The limits for `cases` at the overall share `share`; `None` for a share outside 0 to 1.
#[must_use]
pub fn compute_limits(cases: i64, share: Ratio) -> Option<FunnelLimits> {
    let share = share.to_f64();
    let at = |chance: f64| quantile(cases, share, chance);
    Some(FunnelLimits { limits_95: (at(0.025)?, at(0.975)?), limits_998: (at(0.001)?, at(0.999)?) })
}

/// The position of `hits` out of `cases`.
#[must_use]
pub fn classify_count(hits: i64, cases: i64, share: Ratio) -> Option<FunnelZone> {
    if cases < FUNNEL_CASES_MIN {
        return Some(FunnelZone::TooFewCases);
    }
    let limits = compute_limits(cases, share)?;
    let is_outside = |(low, high): (i64, i64)| hits < low || high < hits;
    Some(match (is_outside(limits.limits_95), is_outside(limits.limits_998)) {
        (false, _) => FunnelZone::WithinLimits,
        (true, false) => FunnelZone::Outside95,
        (true, true) => FunnelZone::Outside998,
    })
}

/// The least number of cases whose cumulative probability is at least `chance`.
fn quantile(cases: i64, share: f64, chance: f64) -> Option<i64> {
    let (mut low, mut high) = (0, cases);
    while low < high {
        let middle = low + (high - low) / 2;
        if binomial_cdf(cases, share, middle)? >= chance {
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
            let (low, high) = compute_limits(cases, share).unwrap().limits_95;
            (low * 1000 / cases, high * 1000 / cases)
        };
        assert_eq!(percent(5), (400, 1000));
        assert_eq!(percent(50), (740, 940));
        assert_eq!(percent(450), (815, 882), "81.6 and 88.2 rounded");
    }

    #[test]
    fn a_unit_is_asked_about_only_beyond_chance_and_never_for_few_cases() {
        let half = Ratio::new(1, 2).unwrap();
        assert_eq!(classify_count(4, 4, half), Some(FunnelZone::TooFewCases));
        assert_eq!(classify_count(7, 10, half), Some(FunnelZone::WithinLimits));
        assert_eq!(classify_count(9, 10, half), Some(FunnelZone::Outside95));
        assert_eq!(classify_count(0, 20, half), Some(FunnelZone::Outside998));
        assert_eq!(classify_count(20, 20, half), Some(FunnelZone::Outside998), "either side");
        assert_eq!(compute_limits(3, Ratio::from_integer(2)), None);
    }
}
