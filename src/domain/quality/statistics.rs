//! Statistics of the quality rules, in integers and fractions, with the same result on every
//! machine. The tests use the examples of the rules' documentation.

use crate::domain::support::ratio::Ratio;

/// The exact median; `None` of an empty slice.
#[must_use]
pub fn median(values: &[Ratio]) -> Option<Ratio> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let middle = sorted.len() / 2;
    let high = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        Some(high)
    } else {
        sorted[middle - 1].checked_add(high)?.checked_div(Ratio::from_integer(2))
    }
}

/// Modified z of `value`: 0.6745 (x - median) / MAD. If more than half of the values are equal (MAD
/// = 0), the form over the mean deviation, and only from a distance of three cases.
#[must_use]
pub(crate) fn modified_z(own: &[i64], value: i64) -> Option<Ratio> {
    let all: Vec<Ratio> = own.iter().map(|one| Ratio::from_integer(*one)).collect();
    let middle = median(&all)?;
    let deviations: Vec<Ratio> =
        all.iter().map(|one| one.checked_sub(middle).map(abs_ratio)).collect::<Option<_>>()?;
    let distance = Ratio::from_integer(value).checked_sub(middle)?;
    let spread = median(&deviations)?;
    if !spread.is_zero() {
        return Ratio::new(6745, 10_000)?.checked_mul(distance)?.checked_div(spread);
    }
    let sum = deviations.iter().try_fold(Ratio::ZERO, |sum, one| sum.checked_add(*one))?;
    let mean = sum.checked_div(Ratio::from_integer(i64::try_from(deviations.len()).ok()?))?;
    if mean.is_zero() || abs_ratio(distance) < Ratio::from_integer(3) {
        return Some(Ratio::ZERO);
    }
    distance.checked_div(Ratio::new(1_253_314, 1_000_000)?.checked_mul(mean)?)
}

fn abs_ratio(value: Ratio) -> Ratio {
    if value < Ratio::ZERO { value.checked_neg().unwrap_or(value) } else { value }
}

/// Whether |2(√a - √b)| is at least `hundredths` / 100, without a square root: √a >= √b + t/2.
#[must_use]
pub(crate) fn is_significant_change(a: i64, b: i64, hundredths: i64) -> bool {
    let (high, low) = (i128::from(a.max(b)), i128::from(a.min(b)));
    let t = i128::from(hundredths);
    // All terms times 40 000: 4a - 4b - t² >= 4t √b.
    let left = 40_000 * high - 40_000 * low - t * t;
    left >= 0 && left * left >= 160_000 * t * t * low
}

/// The sum of (x - mean)² / mean, exact; `None` for a mean of zero.
fn dispersion(values: &[i64]) -> Option<Ratio> {
    let count = i128::try_from(values.len()).ok()?;
    let sum: i128 = values.iter().map(|value| i128::from(*value)).sum();
    let squares: i128 = values.iter().map(|value| i128::from(*value) * i128::from(*value)).sum();
    // Σ(x - m)²/m = (n Σx² - (Σx)²) / Σx.
    Ratio::new(count * squares - sum * sum, sum)
}

/// Chi-square bounds in thousandths for 7 to 11 degrees of freedom: 0.1 % lies below the first, 0.1
/// % above the second.
const CHI_SQUARE_BOUNDS: [(i64, i64); 5] =
    [(598, 24_322), (857, 26_124), (1_152, 27_877), (1_479, 29_588), (1_834, 31_264)];

/// Whether counts of 8 to 12 periods vary less (first) or more (second) than chance would in 0.1 %
/// of cases.
#[must_use]
pub(crate) fn check_dispersion(values: &[i64]) -> Option<(bool, bool)> {
    let (low, high) = CHI_SQUARE_BOUNDS.get(values.len().checked_sub(8)?)?;
    let spread = dispersion(values)?.checked_mul(Ratio::from_integer(1000))?;
    Some((spread < Ratio::from_integer(*low), spread > Ratio::from_integer(*high)))
}

/// Chi-square of ten counts against an even distribution, in thousandths, and whether it exceeds
/// the 0.1 % bound.
#[must_use]
pub(crate) fn chi_square_digits(counts: &[i64; 10]) -> Option<(Ratio, bool)> {
    let spread = dispersion(counts)?;
    Some((spread, spread > Ratio::new(27_877, 1000)?))
}

/// Probability of `side` or more heads in `tosses` of a fair coin, in parts per billion; `None`
/// beyond 120 tosses.
#[must_use]
pub(crate) fn binomial_tail_chance(side: u32, tosses: u32) -> Option<i64> {
    if tosses > 120 || side > tosses {
        return None;
    }
    let mut ways: u128 = 1;
    let mut hits: u128 = 0;
    for heads in 0..=tosses {
        if heads >= side {
            hits += ways;
        }
        ways = ways * u128::from(tosses - heads) / u128::from(heads + 1);
    }
    let all = 1_u128 << tosses;
    // 10^9 times 2^120 does not fit: divide first where the numbers are large.
    let shift = tosses.saturating_sub(90);
    i64::try_from((hits >> shift) * 1_000_000_000 / (all >> shift)).ok()
}

/// Two-sided probability of a z at least this large, in parts per billion; rounded up to the next
/// table step.
#[must_use]
pub(crate) fn z_tail_chance(hundredths: i64) -> i64 {
    const STEPS: [(i64, i64); 9] = [
        (600, 2),
        (550, 38),
        (500, 574),
        (450, 6_796),
        (400, 63_343),
        (350, 465_259),
        (300, 2_699_797),
        (250, 12_419_331),
        (200, 45_500_264),
    ];
    STEPS.iter().find(|(z, _)| hundredths.abs() >= *z).map_or(1_000_000_000, |(_, chance)| *chance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenths(ratio: Option<Ratio>) -> String {
        ratio.unwrap().format_rounded(1).unwrap()
    }

    #[test]
    fn d4_an_outlier_is_far_from_its_own_usual() {
        let own = [12, 14, 11, 13, 15, 12, 10, 13, 14, 12, 11, 41];
        assert_eq!(tenths(modified_z(&own, 41)), "12.8");
        assert_eq!(tenths(modified_z(&own, 15)), "1.1");
        assert_eq!(tenths(modified_z(&[0, 0, 0, 0, 0, 0, 0, 3], 3)), "6.4");
        assert_eq!(
            modified_z(&[0, 0, 0, 0, 0, 0, 0, 2], 2),
            Some(Ratio::ZERO),
            "two cases are not yet a question"
        );
    }

    #[test]
    fn d5_counts_differ_from_z_three_on() {
        assert!(
            !is_significant_change(1, 2, 300) && !is_significant_change(31, 25, 300),
            "0.83 and 1.14"
        );
        assert!(is_significant_change(0, 3, 300), "2√3 = 3.46");
        assert!(!is_significant_change(0, 2, 300), "2√2 = 2.83");
        assert!(
            is_significant_change(25, 64, 300)
                && is_significant_change(64, 25, 600)
                && !is_significant_change(64, 25, 601)
        );
    }

    #[test]
    fn d6_and_d7_counts_vary_as_chance_does() {
        let smooth = [10, 10, 11, 10, 9, 10, 10, 11, 10, 10, 9, 10];
        let index = |values: &[i64]| {
            dispersion(values)
                .unwrap()
                .checked_div(Ratio::from_integer(11))
                .unwrap()
                .format_rounded(3)
                .unwrap()
        };
        assert_eq!(
            (index(&smooth).as_str(), check_dispersion(&smooth)),
            ("0.036", Some((true, false)))
        );
        let usual = [7, 12, 9, 14, 8, 10, 13, 6, 11, 9, 12, 10];
        assert_eq!(
            (index(&usual).as_str(), check_dispersion(&usual)),
            ("0.585", Some((false, false)))
        );
        let wild = [0, 0, 40, 0, 0, 38, 0, 1, 41, 0, 0, 0];
        assert_eq!(check_dispersion(&wild), Some((false, true)));
        assert_eq!(check_dispersion(&[5; 7]), None, "seven periods are too few");
    }

    #[test]
    fn d8_last_digits_are_even() {
        let (spread, odd) = chi_square_digits(&[22, 9, 10, 8, 9, 28, 9, 8, 9, 8]).unwrap();
        assert_eq!((spread, odd), (Ratio::from_integer(37), true));
        assert!(!chi_square_digits(&[12, 9, 14, 8, 13, 15, 11, 12, 14, 12]).unwrap().1);
    }

    #[test]
    fn d10_a_fair_coin_is_counted_exactly() {
        assert_eq!(binomial_tail_chance(9, 10), Some(10_742_187), "11 of 1024");
        assert_eq!(binomial_tail_chance(0, 5), Some(1_000_000_000));
        assert_eq!(binomial_tail_chance(100, 120).map(|chance| chance < 100), Some(true));
        assert_eq!(binomial_tail_chance(1, 121), None);
    }
}
