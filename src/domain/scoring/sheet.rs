//! The score sheet of one unit: line by line what the unit said, what the figures say, what the cluster decided, and why.
//!
//! Knows no other unit. A return, a correction by the unit itself or a rise in what is reported enters nowhere, and so costs nothing.

use super::curve::{Attainment, fair};
use super::tree::{Leaf, LeafKind, Node};
use crate::domain::campaign::Campaign;
use crate::domain::lang::Lang;
use crate::domain::ratio::Ratio;
use crate::domain::standing::{Coverage, Judgement, JudgementState};
use crate::domain::worded::worded;
use std::collections::BTreeMap;

worded! {
    /// Why a unit gets no score.
    NoScore {
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

impl NoScore {
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
pub struct Override {
    /// The points.
    pub points: Ratio,
    /// Why; without a reason it does not count.
    pub reason: String,
    /// The post that decided, never a person's name.
    pub post: String,
}

/// What a unit is scored by.
#[derive(Debug, Clone, Default)]
pub struct Ground<'a> {
    /// Judgements by the code of the target.
    pub judgements: BTreeMap<&'a str, &'a Judgement>,
    /// How complete its reports are.
    pub coverage: Coverage,
    /// Persons in the unit, where known.
    pub persons: Option<u32>,
    /// An escalated question is open.
    pub under_question: bool,
    /// Counts, attestations and bonus points by the code of the leaf, as documented.
    pub documented: BTreeMap<String, Ratio>,
    /// What the unit says of itself, by the code of the leaf.
    pub own: BTreeMap<String, Ratio>,
    /// What the cluster decided, by the code of the leaf.
    pub cluster: BTreeMap<String, Override>,
}

/// One line of the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Code of the leaf.
    pub code: String,
    /// Most points, after the weight of what does not apply was shared out.
    pub weight: Ratio,
    /// The unit's own score.
    pub own: Option<Ratio>,
    /// The score that follows from the figures; `None`: waiting, not documented, or not applicable.
    pub system: Option<Ratio>,
    /// The cluster's score with its reason.
    pub cluster: Option<Override>,
    /// It does not apply here; its weight went to the others.
    pub not_applicable: bool,
}

impl Line {
    /// The score that stands.
    #[must_use]
    pub fn stands(&self) -> Option<Ratio> {
        self.cluster.as_ref().map(|decided| decided.points).or(self.system)
    }
}

/// The score sheet of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Its lines in the order of the tree.
    pub lines: Vec<Line>,
    /// Weight of lines that do not apply, shared out among the others.
    pub shared_out: Ratio,
    /// Why there is no score; empty where there is one.
    pub refused: Vec<NoScore>,
    /// The sum; `None` while a line waits, or where the unit is not scored.
    pub total: Option<Ratio>,
    /// The window runs still: everything may change.
    pub provisional: bool,
}

const COVERAGE_MIN: i128 = 95;
const PERSONS_MIN: u32 = 3;

/// Scores one unit. `None` where the numbers do not fit.
#[must_use]
pub fn score(tree: &Node, campaign: &Campaign, ground: &Ground<'_>) -> Option<Sheet> {
    let leaves = tree.leaves();
    let scored: Vec<(&Leaf, Attained)> =
        leaves.iter().map(|leaf| Some((*leaf, attained(leaf, campaign, ground)?))).collect::<Option<_>>()?;
    let sum = |fits: &dyn Fn(&Attained) -> bool| {
        let weights = scored.iter().filter(|(_, one)| fits(one)).map(|(leaf, _)| leaf.weight);
        weights.into_iter().try_fold(Ratio::ZERO, Ratio::plus)
    };
    let shared_out = sum(&|one| matches!(one, Attained::NotApplicable))?;
    let kept = sum(&|one| matches!(one, Attained::Share(..) | Attained::Waiting))?;
    let factor = if kept.is_zero() { Ratio::ONE } else { kept.plus(shared_out)?.over(kept)? };
    let lines: Vec<Line> = scored.iter().map(|(leaf, one)| line(leaf, *one, factor, ground)).collect::<Option<_>>()?;
    let refused = refused(&leaves, ground);
    let counted = lines.iter().filter(|line| !line.not_applicable);
    let total = counted.map(Line::stands).try_fold(Ratio::ZERO, |sum, points| sum.plus(points?));
    let running = |judgement: &&Judgement| {
        use JudgementState as S;
        matches!(judgement.state, S::OnPace | S::Behind | S::AlreadyMissed)
    };
    let provisional = ground.judgements.values().any(running);
    Some(Sheet { total: total.filter(|_| refused.is_empty()), lines, shared_out, refused, provisional })
}

#[derive(Debug, Clone, Copy)]
enum Attained {
    /// Of the leaf's weight, and of a tenth of it.
    Share(Ratio, Ratio),
    /// Points outside of the weights: bonus or deduction.
    Points(Ratio),
    Waiting,
    NotApplicable,
}

fn attained(leaf: &Leaf, campaign: &Campaign, ground: &Ground<'_>) -> Option<Attained> {
    let documented = ground.documented.get(&leaf.code).copied();
    Some(match &leaf.kind {
        LeafKind::Quant { target } => match (ground.judgements.get(target.as_str()), campaign.target(target)) {
            (Some(judgement), Some(line)) => match fair(judgement, &line.formula) {
                Attainment::Share { share, bonus } => Attained::Share(share, bonus),
                Attainment::Waiting => Attained::Waiting,
                Attainment::NotApplicable => Attained::NotApplicable,
            },
            (Some(_) | None, Some(_) | None) => Attained::Waiting,
        },
        LeafKind::PassFail => match documented {
            Some(done) => Attained::Share(if done.is_zero() { Ratio::ZERO } else { Ratio::ONE }, Ratio::ZERO),
            None => Attained::Waiting,
        },
        LeafKind::PerUnit { points } => match documented {
            Some(_) if leaf.weight.is_zero() => Attained::NotApplicable,
            Some(count) => {
                let share = points.times(count)?.over(leaf.weight)?;
                Attained::Share(share.clamp(Ratio::ZERO, Ratio::ONE), Ratio::ZERO)
            }
            None => Attained::Waiting,
        },
        LeafKind::BonusPenalty { floor, decision } => {
            let lowest = if decision.is_some() { *floor } else { Ratio::ZERO };
            Attained::Points(documented.unwrap_or(Ratio::ZERO).clamp(lowest.min(Ratio::ZERO), leaf.weight))
        }
        LeafKind::Veto { .. } => Attained::Points(Ratio::ZERO),
    })
}

fn line(leaf: &Leaf, attained: Attained, factor: Ratio, ground: &Ground<'_>) -> Option<Line> {
    let weight = match attained {
        Attained::Share(..) | Attained::Waiting => leaf.weight.times(factor)?,
        Attained::Points(_) => leaf.weight,
        Attained::NotApplicable => Ratio::ZERO,
    };
    let system = match attained {
        Attained::Share(share, bonus) => Some(weight.times(share)?.plus(weight.times(bonus)?.over(Ratio::whole(10))?)?),
        Attained::Points(points) => Some(points),
        Attained::Waiting | Attained::NotApplicable => None,
    };
    let cluster = ground.cluster.get(&leaf.code);
    Some(Line {
        code: leaf.code.clone(),
        weight,
        own: ground.own.get(&leaf.code).copied(),
        system,
        cluster: cluster.filter(|one| !one.reason.trim().is_empty() && !one.post.trim().is_empty()).cloned(),
        not_applicable: matches!(attained, Attained::NotApplicable),
    })
}

fn refused(leaves: &[&Leaf], ground: &Ground<'_>) -> Vec<NoScore> {
    let mut refused = Vec::new();
    if ground.persons.is_some_and(|persons| persons < PERSONS_MIN) {
        refused.push(NoScore::TooSmall);
    }
    if Ratio::new(COVERAGE_MIN, 100).is_some_and(|least| ground.coverage.share() < least) {
        refused.push(NoScore::Incomplete);
    }
    if ground.under_question {
        refused.push(NoScore::UnderQuestion);
    }
    let vetoed = |leaf: &&&Leaf| {
        matches!(leaf.kind, LeafKind::Veto { .. })
            && ground.documented.get(&leaf.code).is_some_and(|fact| !fact.is_zero())
    };
    if leaves.iter().any(|leaf| vetoed(&leaf)) {
        refused.push(NoScore::Veto);
    }
    refused
}
