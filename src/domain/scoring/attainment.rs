//! Attainment of a target as a share of its weight. Exact, and independent of any criterion's
//! weight.
//!
//! The fair curve scores the distance covered; the half-and-leader curve is for those who are
//! required to use it, with its defects.

use crate::domain::quality::statistics;
use crate::domain::standing::{Judgement, JudgementState};
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::{Comparator, Comparison, Measure, Target};

/// Result of a target for scoring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attainment {
    /// A share of the weight, 0 to 1, and a bonus in tenths of the weight, 0 to 1.
    Share {
        /// Attained share.
        share: Ratio,
        /// Bonus beyond the bound, by more than chance.
        bonus: Ratio,
    },
    /// Not decidable yet (chờ số liệu): neither a score nor zero.
    AwaitingData,
    /// Nothing to score.
    NotApplicable,
}

/// Attainment on the fair curve.
#[must_use]
pub fn fair_attainment(judgement: &Judgement, formula: &Target) -> Attainment {
    match judgement.state {
        JudgementState::NotApplicable
        | JudgementState::NotCountedHere
        | JudgementState::Contribution => {
            return Attainment::NotApplicable;
        }
        JudgementState::Undetermined | JudgementState::NotComparable | JudgementState::NoData => {
            return Attainment::AwaitingData;
        }
        JudgementState::OnPace
        | JudgementState::Behind
        | JudgementState::AlreadyMissed
        | JudgementState::Met
        | JudgementState::Missed => {}
    }
    match formula {
        Target::Compare(comparison) => comparison_attainment(judgement, comparison),
        Target::All(_) => combine_members(judgement, formula, mean_share),
        Target::Any(_) => combine_members(judgement, formula, |all| all.iter().copied().max()),
        // Only the floor is a commitment.
        Target::Tier { floor, .. } => judgement
            .members
            .first()
            .map_or(Attainment::AwaitingData, |member| fair_attainment(member, floor)),
        Target::Milestone(_) | Target::Attest(_) => all_or_nothing(is_met(judgement)),
    }
}

fn is_met(judgement: &Judgement) -> bool {
    matches!(judgement.state, JudgementState::Met | JudgementState::OnPace)
}

fn all_or_nothing(met: bool) -> Attainment {
    Attainment::Share { share: if met { Ratio::ONE } else { Ratio::ZERO }, bonus: Ratio::ZERO }
}

/// Combines the applicable members; awaits data if one of them does.
fn combine_members(
    judgement: &Judgement,
    formula: &Target,
    join: impl Fn(&[Ratio]) -> Option<Ratio>,
) -> Attainment {
    let mut shares = Vec::new();
    for (member, formula) in judgement.members.iter().zip(formula.members()) {
        match fair_attainment(member, formula) {
            Attainment::Share { share, .. } => shares.push(share),
            Attainment::AwaitingData => return Attainment::AwaitingData,
            Attainment::NotApplicable => {}
        }
    }
    join(&shares)
        .map_or(Attainment::NotApplicable, |share| Attainment::Share { share, bonus: Ratio::ZERO })
}

fn mean_share(shares: &[Ratio]) -> Option<Ratio> {
    let sum = shares.iter().try_fold(Ratio::ZERO, |sum, share| sum.checked_add(*share))?;
    sum.checked_div(Ratio::from_integer(i64::try_from(shares.len()).ok()?))
}

fn comparison_attainment(judgement: &Judgement, comparison: &Comparison) -> Attainment {
    let found = match &comparison.measure {
        Measure::Change { .. } => reduction_attainment(judgement, comparison),
        Measure::Ratio { .. } | Measure::Rate { .. } | Measure::Count(_) | Measure::Stock(_) => {
            lower_bound_attainment(judgement, comparison)
        }
    };
    found.unwrap_or_else(|| all_or_nothing(is_met(judgement)))
}

/// (B - A) / (p B): the share of the promised reduction that was reached.
fn reduction_attainment(judgement: &Judgement, comparison: &Comparison) -> Option<Attainment> {
    let falls = matches!(comparison.cmp, Comparator::Less | Comparator::AtMost);
    let (before, now) = (judgement.count_before?, judgement.count_now?);
    let bound = judgement.bound.filter(|_| falls && !before.is_zero())?;
    let promised = bound.checked_neg()?.checked_mul(before)?;
    let fallen = before.checked_sub(now)?;
    // No magnitude was promised: a decrease by one case is enough.
    let share = if promised <= Ratio::ZERO { fallen } else { fallen.checked_div(promised)? };
    let share = cap_share(share, judgement);
    let limit = before.checked_sub(promised.max(Ratio::ZERO))?;
    let far = statistics::is_significant_change(floor_to_i64(now)?, floor_to_i64(limit)?, 196)
        && now < limit;
    let bonus = if far && is_met(judgement) {
        limit.checked_sub(now)?.checked_div(limit)?.min(Ratio::ONE)
    } else {
        Ratio::ZERO
    };
    Some(Attainment::Share { share, bonus })
}

fn floor_to_i64(value: Ratio) -> Option<i64> {
    i64::try_from(value.floor()).ok()
}

/// value / bound, for a lower bound.
fn lower_bound_attainment(judgement: &Judgement, comparison: &Comparison) -> Option<Attainment> {
    let rises =
        matches!(comparison.cmp, Comparator::Greater | Comparator::AtLeast | Comparator::Equal);
    let (value, bound) =
        (judgement.value?, judgement.bound.filter(|bound| rises && !bound.is_zero())?);
    let share = cap_share(value.checked_div(bound)?, judgement);
    Some(Attainment::Share {
        share,
        bonus: bonus_share(judgement, comparison, value, bound).unwrap_or(Ratio::ZERO),
    })
}

/// Share of the distance from the bound to 100 %, if the value exceeds the bound by more than
/// chance: (v - b)² n > 1.96² b (1 - b).
fn bonus_share(
    judgement: &Judgement,
    comparison: &Comparison,
    value: Ratio,
    bound: Ratio,
) -> Option<Ratio> {
    let Measure::Ratio { num, den, .. } = &comparison.measure else { return None };
    let cases = judgement
        .figures
        .get(num.elements().len()..)?
        .iter()
        .map(|figure| figure.value)
        .sum::<Option<i64>>()?;
    let (over, room) = (value.checked_sub(bound)?, Ratio::ONE.checked_sub(bound)?);
    let spread = Ratio::new(38_416, 10_000)?.checked_mul(bound)?.checked_mul(room)?;
    let clear = over > Ratio::ZERO
        && over.checked_mul(over)?.checked_mul(Ratio::from_integer(cases))? > spread
        && den.elements().len() == 1;
    if clear && is_met(judgement) && room > Ratio::ZERO {
        Some(over.checked_div(room)?.min(Ratio::ONE))
    } else {
        None
    }
}

/// Clamps to 0 to 1; 1 only if met, because reaching a strict bound exactly is not enough.
fn cap_share(share: Ratio, judgement: &Judgement) -> Ratio {
    let most =
        if is_met(judgement) { Ratio::ONE } else { Ratio::new(999, 1000).unwrap_or(Ratio::ZERO) };
    share.clamp(Ratio::ZERO, most)
}

/// Points on the half-and-leader curve as used in practice: half the weight for meeting `target`,
/// the rest by the distance to the leader.
///
/// The product does not use it; the tests show what it does: a unit's points depend on another
/// unit, a leader at its target divides by zero, and chance decides between small communes.
#[must_use]
pub fn half_and_leader_points(
    weight: Ratio,
    attained: Ratio,
    target: Ratio,
    leader: Ratio,
) -> Option<Ratio> {
    let half = weight.checked_div(Ratio::from_integer(2))?;
    if attained < target {
        return half.checked_mul(attained.max(Ratio::ZERO).checked_div(target)?);
    }
    let way = leader.checked_sub(target)?;
    if way <= Ratio::ZERO {
        return Some(half);
    }
    half.checked_add(
        half.checked_mul(attained.checked_sub(target)?.checked_div(way)?.min(Ratio::ONE))?,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(text: &str) -> Ratio {
        Ratio::parse(text).unwrap()
    }

    #[test]
    fn the_half_and_leader_curve_pays_half_for_meeting_the_target() {
        let points = |a: &str| {
            half_and_leader_points(
                Ratio::from_integer(10),
                ratio(a),
                Ratio::from_integer(80),
                Ratio::from_integer(100),
            )
            .unwrap()
            .format_rounded(2)
            .unwrap()
        };
        assert_eq!(
            ["79.9", "80", "90", "95", "100"].map(points),
            ["4.99", "5.00", "7.50", "8.75", "10.00"]
        );
        let at_the_leader = half_and_leader_points(
            Ratio::from_integer(10),
            Ratio::from_integer(80),
            Ratio::from_integer(80),
            Ratio::from_integer(80),
        );
        assert_eq!(at_the_leader, Some(Ratio::from_integer(5)), "no division by zero");
    }
}
