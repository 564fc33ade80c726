//! The score sheet of one unit: line by line what the unit said, what the figures say, what the cluster decided, and why.
//!
//! Knows no other unit. A return, a correction by the unit itself or a rise in what is reported enters nowhere, and so costs nothing.

use super::attainment::{Attainment, fair_attainment};
use super::criteria::{Criterion, LeafCriterion, ScoringMethod};
use crate::domain::campaign::Campaign;
use crate::domain::lang::Lang;
use crate::domain::ratio::Ratio;
use crate::domain::standing::{Coverage, Judgement, JudgementState};
use crate::domain::string_enum::string_enum;
use std::collections::BTreeMap;

string_enum! {
    /// Why a unit gets no score.
    ScoreExclusion {
        /// Fewer than three persons: a score of the unit would be one of a person.
        TooSmall = "TOO_SMALL",
        /// Fewer than 95 of 100 reports are in.
        Incomplete = "INCOMPLETE",
        /// A question about its figures is being looked into.
        UnderQuestion = "UNDER_QUESTION",
        /// A named authority has documented a fact that takes it out.
        Veto = "VETO",
    }
}

impl ScoreExclusion {
    /// For a person.
    #[must_use]
    pub fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::TooSmall => lang.pick(
                "dưới 3 người: không chấm điểm, vì điểm của đơn vị sẽ là điểm của cá nhân",
                "fewer than 3 persons: no score, since it would be one of a person",
            ),
            Self::Incomplete => lang.pick(
                "báo cáo chưa đủ 95 %: chờ số liệu, không phải 0 điểm",
                "fewer than 95 % of reports are in: waiting for figures, not zero points",
            ),
            Self::UnderQuestion => lang.pick(
                "còn câu hỏi về số liệu đang cùng cấp trên xem lại",
                "a question about its figures is being looked into with its superior",
            ),
            Self::Veto => lang.pick(
                "không xếp loại theo văn bản của cơ quan có thẩm quyền",
                "not ranked, by a document of the authority named",
            ),
        }
    }
}

/// A score that the cluster puts in place of the system's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreOverride {
    /// The points.
    pub points: Ratio,
    /// Why; without a reason it does not count.
    pub reason: String,
    /// The post that decided, never a person's name.
    pub decided_by_post: String,
}

/// What a unit is scored by.
#[derive(Debug, Clone, Default)]
pub struct ScoreInput<'a> {
    /// Judgements by the code of the target.
    pub judgements: BTreeMap<&'a str, &'a Judgement>,
    /// How complete its reports are.
    pub coverage: Coverage,
    /// Persons in the unit, where known.
    pub persons: Option<u32>,
    /// An escalated question is open.
    pub under_question: bool,
    /// Counts, attestations and bonus points by the code of the leaf, as documented.
    pub documented_values: BTreeMap<String, Ratio>,
    /// What the unit says of itself, by the code of the leaf.
    pub self_scores: BTreeMap<String, Ratio>,
    /// What the cluster decided, by the code of the leaf.
    pub cluster_overrides: BTreeMap<String, ScoreOverride>,
}

/// One line of the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreLine {
    /// Code of the leaf.
    pub code: String,
    /// Most points, after the weight of what does not apply was shared out.
    pub weight: Ratio,
    /// The unit's own score.
    pub self_score: Option<Ratio>,
    /// The score that follows from the figures; `None`: waiting, not documented, or not applicable.
    pub system_score: Option<Ratio>,
    /// The cluster's score with its reason.
    pub cluster_override: Option<ScoreOverride>,
    /// It does not apply here; its weight went to the others.
    pub not_applicable: bool,
}

impl ScoreLine {
    /// The score that stands.
    #[must_use]
    pub fn effective_score(&self) -> Option<Ratio> {
        self.cluster_override.as_ref().map(|decided| decided.points).or(self.system_score)
    }
}

/// The score sheet of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreSheet {
    /// Its lines in the order of the tree.
    pub lines: Vec<ScoreLine>,
    /// Weight of lines that do not apply, shared out among the others.
    pub redistributed_weight: Ratio,
    /// Why there is no score; empty where there is one.
    pub exclusions: Vec<ScoreExclusion>,
    /// The sum; `None` while a line waits, or where the unit is not scored.
    pub total: Option<Ratio>,
    /// The window runs still: everything may change.
    pub provisional: bool,
}

const COVERAGE_MIN: i128 = 95;
const PERSONS_MIN: u32 = 3;

/// Scores one unit. `None` where the numbers do not fit.
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
    let shared_out = sum(&|one| matches!(one, LeafScore::NotApplicable))?;
    let applicable_weight =
        sum(&|one| matches!(one, LeafScore::Share(..) | LeafScore::AwaitingData))?;
    let factor = if applicable_weight.is_zero() {
        Ratio::ONE
    } else {
        applicable_weight.checked_add(shared_out)?.checked_div(applicable_weight)?
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
        redistributed_weight: shared_out,
        exclusions,
        provisional,
    })
}

#[derive(Debug, Clone, Copy)]
enum LeafScore {
    /// Of the leaf's weight, and of a tenth of it.
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
