//! Files edited by people: campaigns as TOML; the organisation, baselines, roles, hand-overs and
//! reports as tables, CSV or XLSX.
//!
//! An error in a file has the file name, the line and the expected value.

pub mod baseline;
pub mod campaign;
mod campaign_participation;
mod campaign_scope;
pub mod campaign_set;
#[cfg(test)]
mod campaign_tests;
pub mod campaign_writer;
pub mod catalogue;
pub mod diagnostic;
pub mod grant;
pub mod handover;
pub mod keys;
pub mod org;
pub mod org_writer;
pub mod report_csv;
pub mod report_template;
#[cfg(test)]
mod score_tests;
pub mod scoring_plan;
pub mod table;
#[cfg(test)]
mod table_tests;
mod text_limits;
mod toml_reader;
mod toml_shape;
