//! The score sheet of one unit: for each line the unit's own score, the computed score, and the
//! cluster's decision with its reason. A returned report, a correction by the unit or a rise in
//! reports must not cost a point.

use super::attainment::{Attainment, fair_attainment};
use super::criteria::{Criterion, LeafCriterion, ScoringMethod};
use crate::domain::campaign::Campaign;
use crate::domain::standing::{Coverage, Judgement, JudgementState};
use crate::domain::support::message::Message;
use crate::domain::support::ratio::Ratio;
use crate::domain::support::string_enum::string_enum;
use std::collections::BTreeMap;

string_enum! {
    /// Why a unit gets no score.
    ScoreExclusion {
        /// Fewer than three persons: the unit's score would be a personal one.
        TooSmall = "TOO_SMALL",
        /// Fewer than 95 % of reports are accepted.
        Incomplete = "INCOMPLETE",
        /// An escalated question about its figures is open.
        UnderQuestion = "UNDER_QUESTION",
        /// The named authority has documented a fact that excludes the unit.
        Veto = "VETO",
    }
}

impl ScoreExclusion {
    /// For a person.
    #[must_use]
    pub fn message(self) -> Message {
        Message::of_code("score-exclusion", self.as_str())
    }
}

/// A cluster's decision that replaces the computed score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreOverride {
    /// The points.
    pub points: Ratio,
    /// The reason; without one the decision is ignored.
    pub reason: String,
    /// The post that decided; never a person's name.
    pub decided_by_post: String,
}

/// Input of a unit's score.
#[derive(Debug, Clone, Default)]
pub struct ScoreInput<'a> {
    /// Judgements by target code.
    pub judgements: BTreeMap<&'a str, &'a Judgement>,
    /// Completeness of its reports.
    pub coverage: Coverage,
    /// Number of persons in the unit, if known.
    pub persons: Option<u32>,
    /// Whether an escalated question is open.
    pub under_question: bool,
    /// Documented counts, attestations and bonus points by leaf code.
    pub documented_values: BTreeMap<String, Ratio>,
    /// Self scores by leaf code.
    pub self_scores: BTreeMap<String, Ratio>,
    /// Cluster decisions by leaf code.
    pub cluster_overrides: BTreeMap<String, ScoreOverride>,
}

/// One line of the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreLine {
    /// Code of the leaf.
    pub code: String,
    /// Maximum points, after the weight of lines that do not apply was distributed.
    pub weight: Ratio,
    /// The unit's own score.
    pub self_score: Option<Ratio>,
    /// The computed score; `None`: awaiting data, not documented, or not applicable.
    pub system_score: Option<Ratio>,
    /// The cluster's decision.
    pub cluster_override: Option<ScoreOverride>,
    /// Whether the line does not apply; its weight is distributed to the others.
    pub not_applicable: bool,
}

impl ScoreLine {
    /// The score that counts.
    fn effective_score(&self) -> Option<Ratio> {
        self.cluster_override.as_ref().map(|decided| decided.points).or(self.system_score)
    }
}

/// The score sheet of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreSheet {
    /// The lines in tree order.
    pub lines: Vec<ScoreLine>,
    /// Total weight of lines that do not apply.
    pub redistributed_weight: Ratio,
    /// Why there is no score; empty if there is one.
    pub exclusions: Vec<ScoreExclusion>,
    /// The total; `None` while a line awaits data or if the unit is excluded.
    pub total: Option<Ratio>,
    /// The window is still running: everything may change.
    pub provisional: bool,
}

const COVERAGE_MIN: i128 = 95;
const PERSONS_MIN: u32 = 3;

/// Scores one unit. `None` on arithmetic overflow.
#[must_use]
pub fn score_unit(
    tree: &Criterion,
    campaign: &Campaign,
    input: &ScoreInput<'_>,
) -> Option<ScoreSheet> {
    let leaves = tree.leaves();
    let scored: Vec<(&LeafCriterion, LeafScore)> = leaves
        .iter()
        .map(|leaf| Some((*leaf, score_leaf(leaf, campaign, input)?)))
        .collect::<Option<_>>()?;
    let sum = |fits: &dyn Fn(&LeafScore) -> bool| {
        let weights = scored.iter().filter(|(_, one)| fits(one)).map(|(leaf, _)| leaf.weight);
        weights.into_iter().try_fold(Ratio::ZERO, Ratio::checked_add)
    };
    let redistributed_weight = sum(&|one| matches!(one, LeafScore::NotApplicable))?;
    let applicable_weight =
        sum(&|one| matches!(one, LeafScore::Share(..) | LeafScore::AwaitingData))?;
    let factor = if applicable_weight.is_zero() {
        Ratio::ONE
    } else {
        applicable_weight.checked_add(redistributed_weight)?.checked_div(applicable_weight)?
    };
    let lines: Vec<ScoreLine> = scored
        .iter()
        .map(|(leaf, one)| build_score_line(leaf, *one, factor, input))
        .collect::<Option<_>>()?;
    let exclusions = find_exclusions(&leaves, input);
    let counted = lines.iter().filter(|line| !line.not_applicable);
    let total = counted
        .map(ScoreLine::effective_score)
        .try_fold(Ratio::ZERO, |sum, points| sum.checked_add(points?));
    let running = |judgement: &&Judgement| {
        use JudgementState as S;
        matches!(judgement.state, S::OnPace | S::Behind | S::AlreadyMissed)
    };
    let provisional = input.judgements.values().any(running);
    Some(ScoreSheet {
        total: total.filter(|_| exclusions.is_empty()),
        lines,
        redistributed_weight,
        exclusions,
        provisional,
    })
}

#[derive(Debug, Clone, Copy)]
enum LeafScore {
    /// Share of the leaf's weight, and bonus in tenths of it.
    Share(Ratio, Ratio),
    /// Points outside of the weights: bonus or deduction.
    Points(Ratio),
    AwaitingData,
    NotApplicable,
}

fn score_leaf(
    leaf: &LeafCriterion,
    campaign: &Campaign,
    input: &ScoreInput<'_>,
) -> Option<LeafScore> {
    let documented = input.documented_values.get(&leaf.code).copied();
    Some(match &leaf.method {
        ScoringMethod::Quant { target } => {
            match (input.judgements.get(target.as_str()), campaign.target(target)) {
                (Some(judgement), Some(line)) => match fair_attainment(judgement, &line.formula) {
                    Attainment::Share { share, bonus } => LeafScore::Share(share, bonus),
                    Attainment::AwaitingData => LeafScore::AwaitingData,
                    Attainment::NotApplicable => LeafScore::NotApplicable,
                },
                (Some(_) | None, Some(_) | None) => LeafScore::AwaitingData,
            }
        }
        ScoringMethod::PassFail => match documented {
            Some(done) => {
                LeafScore::Share(if done.is_zero() { Ratio::ZERO } else { Ratio::ONE }, Ratio::ZERO)
            }
            None => LeafScore::AwaitingData,
        },
        ScoringMethod::PointsEach { points } => match documented {
            Some(_) if leaf.weight.is_zero() => LeafScore::NotApplicable,
            Some(count) => {
                let share = points.checked_mul(count)?.checked_div(leaf.weight)?;
                LeafScore::Share(share.clamp(Ratio::ZERO, Ratio::ONE), Ratio::ZERO)
            }
            None => LeafScore::AwaitingData,
        },
        ScoringMethod::BonusPenalty { floor, decision } => {
            let lowest = if decision.is_some() { *floor } else { Ratio::ZERO };
            LeafScore::Points(
                documented.unwrap_or(Ratio::ZERO).clamp(lowest.min(Ratio::ZERO), leaf.weight),
            )
        }
        ScoringMethod::Veto { .. } => LeafScore::Points(Ratio::ZERO),
    })
}

fn build_score_line(
    leaf: &LeafCriterion,
    attained: LeafScore,
    factor: Ratio,
    input: &ScoreInput<'_>,
) -> Option<ScoreLine> {
    let weight = match attained {
        LeafScore::Share(..) | LeafScore::AwaitingData => leaf.weight.checked_mul(factor)?,
        LeafScore::Points(_) => leaf.weight,
        LeafScore::NotApplicable => Ratio::ZERO,
    };
    let system = match attained {
        LeafScore::Share(share, bonus) => Some(
            weight
                .checked_mul(share)?
                .checked_add(weight.checked_mul(bonus)?.checked_div(Ratio::from_integer(10))?)?,
        ),
        LeafScore::Points(points) => Some(points),
        LeafScore::AwaitingData | LeafScore::NotApplicable => None,
    };
    let cluster = input.cluster_overrides.get(&leaf.code);
    Some(ScoreLine {
        code: leaf.code.clone(),
        weight,
        self_score: input.self_scores.get(&leaf.code).copied(),
        system_score: system,
        cluster_override: cluster
            .filter(|one| !one.reason.trim().is_empty() && !one.decided_by_post.trim().is_empty())
            .cloned(),
        not_applicable: matches!(attained, LeafScore::NotApplicable),
    })
}

fn find_exclusions(leaves: &[&LeafCriterion], input: &ScoreInput<'_>) -> Vec<ScoreExclusion> {
    let mut exclusions = Vec::new();
    if input.persons.is_some_and(|persons| persons < PERSONS_MIN) {
        exclusions.push(ScoreExclusion::TooSmall);
    }
    if Ratio::new(COVERAGE_MIN, 100).is_some_and(|least| input.coverage.accepted_share() < least) {
        exclusions.push(ScoreExclusion::Incomplete);
    }
    if input.under_question {
        exclusions.push(ScoreExclusion::UnderQuestion);
    }
    let vetoed = |leaf: &&&LeafCriterion| {
        matches!(leaf.method, ScoringMethod::Veto { .. })
            && input.documented_values.get(&leaf.code).is_some_and(|fact| !fact.is_zero())
    };
    if leaves.iter().any(|leaf| vetoed(&leaf)) {
        exclusions.push(ScoreExclusion::Veto);
    }
    exclusions
}
