//! Scoring (chấm điểm): a criteria tree over a unit's standings, with self, system and cluster
//! scores.
//!
//! Only units are scored. What is undecided has no score and no zero; the weight of what does not
//! apply is distributed to the other lines, and the sheet shows it. A number that rises because
//! more was reported must not cost a point. Ranks must not leave the council: see
//! `cluster_comparison`.

pub mod attainment;
pub mod cluster_comparison;
mod criteria;
mod score_sheet;

pub use attainment::Attainment;
pub use criteria::{CriteriaError, Criterion, LeafCriterion, ScoringMethod};
pub use score_sheet::{
    ScoreExclusion, ScoreInput, ScoreLine, ScoreOverride, ScoreSheet, score_unit,
};
