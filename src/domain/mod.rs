//! The rules of a campaign: targets, formulas, periods, workflow, merge.
//!
//! This module does not depend on a database, the network, a clock or protobuf. Inputs are
//! arguments and results are values, so the server and the phone run the same code.

pub mod access;
pub mod audit;
pub mod campaign;
pub mod org;
pub mod quality;
pub mod rehearsal;
pub mod release;
pub mod report;
pub mod reporting;
pub mod scoring;
pub mod standing;
pub mod support;
pub mod target_rule;
