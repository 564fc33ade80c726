//! Scoring (chấm điểm): a criteria tree over a unit's standings, with self, system and cluster scores side by side.
//!
//! Subjects are units. What nobody can say yet has no score and no zero; what does not apply gives its weight to the others, and the
//! sheet says so. No number that rose because more was reported costs a point. Knows no store, no person and no rank that would
//! leave the council: see `compare`.

pub mod attainment;
pub mod cluster_comparison;
mod criteria;
mod score_sheet;

pub use attainment::Attainment;
pub use criteria::{CriteriaError, Criterion, LeafCriterion, ScoringMethod};
pub use score_sheet::{
    ScoreExclusion, ScoreInput, ScoreLine, ScoreOverride, ScoreSheet, score_unit,
};
