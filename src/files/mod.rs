//! People's files: campaigns as TOML, the organisation, baselines and reports as CSV.
//!
//! Knows only `domain`: no store, no network, no clock. A file that cannot be read says file, line and what was expected.

pub mod baseline;
pub mod campaign;
#[cfg(test)]
mod campaign_tests;
pub mod catalogue;
pub mod fault;
pub mod org;
mod sheet;
pub mod table;
mod toml_reader;
