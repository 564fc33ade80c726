//! Targets (chỉ tiêu) as an expression language with exact semantics: syntax tree, text, and
//! evaluation on given figures.
//!
//! The caller supplies the figures and knows which window they cover. Verdicts use integers and
//! rationals only; missing reports never count as zero.

pub mod ast;
mod chance;
pub mod coercive_quota;
mod comparison;
mod comparison_figures;
mod contribution;
mod decimal;
mod display;
pub(in crate::domain) mod distribution;
mod each;
mod evaluate;
mod evaluation;
mod evaluation_text;
mod figure_source;
pub mod missing_bound;
mod pace;
mod pace_course;
mod parse;
mod print;
mod queries;
mod syntax_error;
mod threshold;
mod token;
mod verdict;
mod zero_base;

pub use ast::{
    Baseline, ChangeMode, Comparator, Comparison, EachUnits, Expr, FormRuleExpr, FormulaIdentifier,
    Measure, RatioBasis, Target, TargetBound, TargetUnits, TargetWindow, TermSign,
};
pub use chance::{ChanceError, TargetChance};
pub use contribution::Contribution;
pub use decimal::Decimal;
pub use each::{EachFigures, EachOutcome, EachState, NeutralReason};
pub use evaluation::{CaseCounts, EvaluatedPace, Evaluation, FailureAllowance};
pub use figure_source::{
    Attestation, EvaluationTerms, FigureSource, MissingReports, OwnTerms, StaticFigures,
};
pub use pace_course::{CourseDays, PaceCourse, PaceMilestone};
pub use syntax_error::{ExpectedSyntax, SyntaxError};
pub use verdict::{Comparability, PaceState, StandingStage, TargetVerdict, Tier, VerdictReason};
pub use zero_base::ZeroBasePolicy;

#[cfg(test)]
mod tests;
