//! Data quality: questions to the unit that reported, never a judgement.
//!
//! Every rule is exact where it decides and asks with evidence; the unit is asked first and has the right of reply. Nothing here ranks
//! units, and nobody can sort them by findings. Knows no store and no person.

pub mod exact;
mod finding;
mod many;
mod rules;
mod series;
mod text;

pub use finding::{Finding, FindingState, REPLY_DAYS, Reply, Rule};
pub use many::{QUESTIONS_A_WEEK, sift};
pub use rules::{Asked, ask};
pub use series::{Looked, Near, Point, Revision, Sent, Series, Sheets, look, near};
