//! People's files: campaigns as TOML, the organisation, baselines and reports as CSV.
//!
//! Knows only `domain`: no store, no network, no clock. A file that cannot be read says file, line and what was expected.

pub mod baseline;
pub mod campaign;
pub mod campaign_print;
mod campaign_taken_up;
#[cfg(test)]
mod campaign_tests;
pub mod catalogue;
pub mod fault;
pub mod handover;
pub mod org;
pub mod report_csv;
pub mod score;
#[cfg(test)]
mod score_tests;
mod sheet;
mod table;
mod toml_reader;
