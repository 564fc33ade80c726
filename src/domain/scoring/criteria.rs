//! The criteria tree: groups and weighted leaves, each with a scoring method.
//! [`Criterion::validate`] rejects a tree that could punish honest reporting.

use crate::domain::campaign::{Campaign, Commitment};
use crate::domain::support::ratio::Ratio;

/// A criterion: a group, or a leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Criterion {
    /// A group of criteria.
    Group {
        /// Its code.
        code: String,
        /// Its members.
        nodes: Vec<Criterion>,
    },
    /// A scored criterion.
    Leaf(LeafCriterion),
}

/// A scored criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafCriterion {
    /// Its code.
    pub code: String,
    /// Maximum points, without the bonus.
    pub weight: Ratio,
    /// How it is scored.
    pub method: ScoringMethod,
}

/// Scoring method of a leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScoringMethod {
    /// By the attainment of this target.
    Quant {
        /// Code of the target.
        target: String,
    },
    /// All or nothing, as attested by a named post.
    PassFail,
    /// Points per item, up to the leaf's weight.
    PointsEach {
        /// Points each.
        points: Ratio,
    },
    /// Bonus or deduction between the floor (0 or less) and the weight. A deduction below 0 needs
    /// the number of a signed decision.
    BonusPenalty {
        /// Minimum points.
        floor: Ratio,
        /// The decision that allows a deduction; without it the floor is 0.
        decision: Option<String>,
    },
    /// Not ranked (không xếp loại) when the named authority documents a fact; never by an
    /// algorithm.
    Veto {
        /// The only authority that may document it.
        authority: String,
    },
}

/// Why a tree is rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CriteriaError {
    /// A leaf names a target that the campaign does not have.
    #[error("{0}: the campaign has no target {1}")]
    UnknownTarget(String, String),
    /// A weight below zero.
    #[error("{0}: a weight is not below zero")]
    NegativeWeight(String),
    /// A floor above zero.
    #[error("{0}: a floor is zero or below")]
    PositiveFloor(String),
    /// A veto without an authority.
    #[error("{0}: a veto names who alone may say so")]
    MissingAuthority(String),
    /// A code that occurs twice.
    #[error("{0}: this code is there twice")]
    DuplicateCode(String),
}

impl Criterion {
    /// One leaf for each committed target, with equal weights that sum to 100.
    #[must_use]
    pub fn from_targets(campaign: &Campaign) -> Self {
        let promised: Vec<_> = campaign
            .targets
            .iter()
            .filter(|target| target.commitment != Commitment::Direction)
            .collect();
        let count = i128::try_from(promised.len().max(1)).unwrap_or(1);
        let weight = Ratio::new(100, count).unwrap_or(Ratio::ZERO);
        let leaf = |code: &String| LeafCriterion {
            code: code.clone(),
            weight,
            method: ScoringMethod::Quant { target: code.clone() },
        };
        let nodes = promised.iter().map(|target| Self::Leaf(leaf(&target.code))).collect();
        Self::Group { code: campaign.code.clone(), nodes }
    }

    /// The leaves in tree order.
    #[must_use]
    pub fn leaves(&self) -> Vec<&LeafCriterion> {
        match self {
            Self::Leaf(leaf) => vec![leaf],
            Self::Group { nodes, .. } => nodes.iter().flat_map(Self::leaves).collect(),
        }
    }

    /// All errors of the tree.
    #[must_use]
    pub fn validate(&self, campaign: &Campaign) -> Vec<CriteriaError> {
        let mut errors = Vec::new();
        let leaves = self.leaves();
        for (at, leaf) in leaves.iter().enumerate() {
            let code = || leaf.code.clone();
            if leaves[..at].iter().any(|other| other.code == leaf.code) {
                errors.push(CriteriaError::DuplicateCode(code()));
            }
            if leaf.weight < Ratio::ZERO {
                errors.push(CriteriaError::NegativeWeight(code()));
            }
            match &leaf.method {
                ScoringMethod::Quant { target } if campaign.target(target).is_none() => {
                    errors.push(CriteriaError::UnknownTarget(code(), target.clone()));
                }
                ScoringMethod::BonusPenalty { floor, .. } if *floor > Ratio::ZERO => {
                    errors.push(CriteriaError::PositiveFloor(code()))
                }
                ScoringMethod::Veto { authority } if authority.trim().is_empty() => {
                    errors.push(CriteriaError::MissingAuthority(code()))
                }
                ScoringMethod::Quant { .. }
                | ScoringMethod::PassFail
                | ScoringMethod::PointsEach { .. }
                | ScoringMethod::BonusPenalty { .. }
                | ScoringMethod::Veto { .. } => {}
            }
        }
        errors
    }
}
