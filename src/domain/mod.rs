//! The rules of a campaign: targets, formulas, periods, workflow, merge.
//!
//! This module does not depend on a database, the network, a clock or protobuf. Inputs are
//! arguments and results are values, so the server and the phone run the same code.

pub mod attachment;
pub mod audit;
pub mod base64;
pub mod baseline;
pub mod calendar;
pub mod campaign;
pub mod cell;
pub mod command;
pub mod element;
pub mod enrolment;
pub mod expectation;
pub mod fleet;
pub mod form;
pub mod free_text;
pub mod funnel_limits;
pub mod hex;
pub mod ids;
pub mod lang;
pub mod lease;
pub mod limits;
pub mod numbers;
pub mod org;
pub mod partner;
pub mod period;
pub mod permission;
pub mod proposal;
pub mod quality;
pub mod ratio;
pub mod reason;
pub mod rehearsal;
pub mod release;
pub mod report;
pub mod scope;
pub mod scope_digest;
pub mod scoring;
pub mod standing;
pub(crate) mod string_enum;
pub mod target_rule;
pub mod time;
pub mod violation;
pub mod visible_scopes;
pub mod window;
pub mod workflow;
