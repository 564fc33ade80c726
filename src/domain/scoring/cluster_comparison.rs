//! Comparison of the units of one cluster: what few cases can show, and how uncertain ranks are.
//! Internal to the council.
//!
//! Floats are allowed: no verdict and no score depends on the result, and only bands are shown. The
//! seed is an argument and the arithmetic uses only `+ - * /` and square roots, so every machine
//! computes the same result.

use crate::domain::support::message::Message;
use crate::domain::support::ratio::Ratio;
use crate::domain::support::string_enum::string_enum;

string_enum! {
    /// Position of a unit among the others of its cluster.
    ClusterBand {
        /// Fewer cases than expected, beyond chance.
        Fewer = "FEWER",
        /// As expected.
        Expected = "EXPECTED",
        /// More cases than expected, beyond chance.
        More = "MORE",
    }
}

impl ClusterBand {
    /// Text for a person. A rise in reported cases may be trust: it is reviewed and costs nothing.
    #[must_use]
    pub fn message(self) -> Message {
        Message::of_code("cluster-band", self.as_str())
    }
}

/// Cases of one unit, and the cases expected from its base and exposure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitCases {
    /// Cases.
    pub cases: i64,
    /// Expected cases, above zero.
    pub expected: Ratio,
}

/// Result for one unit of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClusterPlacement {
    /// (A + α) / (E + α): shrunk towards one where there are few cases.
    pub shrunk_rate: Ratio,
    /// Ranks between which it lies in 90 % of draws; for the council only.
    pub ranks: (usize, usize),
    /// The band that may be shown.
    pub band: ClusterBand,
}

/// Number of draws.
const DRAW_COUNT: usize = 2000;

/// Weight of the prior, 1 to 1000, estimated by moments from how much the units differ beyond
/// chance.
#[must_use]
pub fn estimate_prior_weight(cases: &[UnitCases]) -> Option<Ratio> {
    let (mut beyond, mut squares) = (Ratio::ZERO, Ratio::ZERO);
    for case in cases {
        let deviation = Ratio::from_integer(case.cases).checked_sub(case.expected)?;
        beyond =
            beyond.checked_add(deviation.checked_mul(deviation)?)?.checked_sub(case.expected)?;
        squares = squares.checked_add(case.expected.checked_mul(case.expected)?)?;
    }
    let most = Ratio::from_integer(1000);
    Some(if beyond <= Ratio::ZERO {
        most
    } else {
        squares.checked_div(beyond)?.clamp(Ratio::ONE, most)
    })
}

/// (A + α) / (E + α).
fn shrink_rate(case: UnitCases, prior: Ratio) -> Option<Ratio> {
    Ratio::from_integer(case.cases)
        .checked_add(prior)?
        .checked_div(case.expected.checked_add(prior)?)
}

/// Computes the placement of each unit, in the order given.
#[must_use]
pub fn place_units(cases: &[UnitCases], prior: Ratio, seed: u64) -> Option<Vec<ClusterPlacement>> {
    let mut rng = SplitMix64(seed);
    let mut ranks: Vec<Vec<usize>> = vec![Vec::with_capacity(DRAW_COUNT); cases.len()];
    let mut below: Vec<usize> = vec![0; cases.len()];
    for _ in 0..DRAW_COUNT {
        let drawn: Vec<f64> = cases.iter().map(|case| rng.next_rate(*case, prior)).collect();
        let mut order: Vec<usize> = (0..cases.len()).collect();
        order.sort_by(|one, other| drawn[*one].total_cmp(&drawn[*other]));
        order.iter().enumerate().for_each(|(rank, unit)| ranks[*unit].push(rank + 1));
        drawn.iter().enumerate().for_each(|(unit, rate)| below[unit] += usize::from(*rate < 1.0));
    }
    let placed = cases.iter().enumerate().map(|(unit, case)| {
        ranks[unit].sort_unstable();
        let band = match below[unit] * 100 / DRAW_COUNT {
            95.. => ClusterBand::Fewer,
            6..=94 => ClusterBand::Expected,
            0..=5 => ClusterBand::More,
        };
        let (low, high) =
            (ranks[unit][DRAW_COUNT / 20], ranks[unit][DRAW_COUNT - 1 - DRAW_COUNT / 20]);
        Some(ClusterPlacement { shrunk_rate: shrink_rate(*case, prior)?, ranks: (low, high), band })
    });
    placed.collect()
}

/// Deterministic pseudo-random generator (splitmix64).
struct SplitMix64(u64);

impl SplitMix64 {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Approximately standard normal: the sum of twelve uniform draws minus six.
    fn next_normal(&mut self) -> f64 {
        (0..12).map(|_| (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64).sum::<f64>() - 6.0
    }

    /// A draw from the posterior Gamma(A + α, E + α), by the Wilson-Hilferty cube of a normal.
    fn next_rate(&mut self, case: UnitCases, prior: Ratio) -> f64 {
        let shape = case.cases as f64 + prior.to_f64();
        let root = 1.0 - 1.0 / (9.0 * shape) + self.next_normal() / (3.0 * shape.sqrt());
        let root = root.max(0.0);
        shape * root * root * root / (case.expected.to_f64() + prior.to_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(cases: i64, expected: &str) -> UnitCases {
        UnitCases { cases, expected: Ratio::parse(expected).unwrap() }
    }

    #[test]
    fn little_is_drawn_towards_one_and_much_is_not() {
        let text = |cases, expected| {
            shrink_rate(case(cases, expected), Ratio::from_integer(10))
                .unwrap()
                .format_rounded(3)
                .unwrap()
        };
        assert_eq!(text(0, "1"), "0.909", "none of one expected is no zero");
        assert_eq!(text(120, "100"), "1.182");
    }

    #[test]
    fn raw_ranks_of_small_units_mean_nothing() {
        let cases = [
            case(0, "1.5"),
            case(2, "3"),
            case(5, "6"),
            case(9, "9"),
            case(13, "12"),
            case(27, "24"),
            case(42, "36"),
            case(58, "48"),
        ];
        let placed = place_units(
            &cases,
            estimate_prior_weight(&cases).unwrap().min(Ratio::from_integer(10)),
            20_240_819,
        )
        .unwrap();
        let anywhere = placed.iter().filter(|one| one.ranks.1 - one.ranks.0 >= 6).count();
        assert!(anywhere >= 4, "{placed:?}");
        assert!(placed[..5].iter().all(|one| one.band == ClusterBand::Expected), "{placed:?}");
        assert_eq!(
            place_units(&cases, Ratio::from_integer(10), 7),
            place_units(&cases, Ratio::from_integer(10), 7),
            "the seed decides"
        );
    }

    #[test]
    fn a_difference_beyond_chance_shows_as_a_band() {
        let cases = [case(60, "100"), case(100, "100"), case(150, "100")];
        let bands: Vec<ClusterBand> = place_units(&cases, Ratio::from_integer(10), 1)
            .unwrap()
            .iter()
            .map(|one| one.band)
            .collect();
        assert_eq!(bands, [ClusterBand::Fewer, ClusterBand::Expected, ClusterBand::More]);
    }
}
