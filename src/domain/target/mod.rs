//! Targets (chỉ tiêu) as a language with exact meaning: the tree, its text, and what it says of given figures.
//!
//! Knows no unit, no calendar and no store: figures are given by the caller, who also knows which window they cover.
//! Verdicts are judged in integers and rationals only; missing reports never count as zero.

pub mod ast;
mod decimal;
mod expected;
mod parse;
mod print;
mod token;
mod walk;

pub use ast::{
    Baseline, Basis, Bound, Comparator, Comparison, Expr, Measure, Mode, Name, Rule, Sign, Target, Units, Window,
};
pub use decimal::Decimal;
pub use expected::{Expected, SyntaxError};

#[cfg(test)]
mod tests;
