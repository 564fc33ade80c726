//! Targets (chỉ tiêu) as a language with exact meaning: the tree, its text, and what it says of given figures.
//!
//! Knows no unit, no calendar and no store: figures are given by the caller, who also knows which window they cover.
//! Verdicts are judged in integers and rationals only; missing reports never count as zero.

pub mod ast;
mod compare;
mod decimal;
mod eval;
mod evaluation;
mod expected;
mod figures;
pub mod guard;
mod luck;
pub mod missing;
mod need;
mod pace;
mod parse;
mod print;
mod read;
mod show;
pub(in crate::domain) mod spread;
mod text;
mod token;
mod verdict;
mod walk;

pub use ast::{
    Baseline, Basis, Bound, Comparator, Comparison, Expr, Measure, Mode, Name, Rule, Sign, Target, Units, Window,
};
pub use decimal::Decimal;
pub use evaluation::{Counts, Evaluation, Failures, Pace};
pub use expected::{Expected, SyntaxError};
pub use figures::{Attested, Figures, Missing, Sheet, Terms};
pub use luck::{Luck, NoLuck};
pub use verdict::{Comparability, PaceState, Reason, Stage, Tier, Verdict};

#[cfg(test)]
mod tests;
