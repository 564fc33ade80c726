//! Data quality: questions to the unit that reported, never a judgement.
//!
//! Every rule decides exactly and asks with evidence; the unit is asked first and can reply. Units
//! must not be ranked or sorted by findings.

mod false_discovery;
mod finding;
mod finding_text;
mod opening_check;
mod rules;
mod series;
mod series_checks;
pub mod statistics;

pub use false_discovery::select_findings;
pub use finding::{Finding, FindingReply, FindingState, QualityRule};
pub use rules::{RuleFindings, run_rules};
pub use series::{
    ElementSeries, FirstSubmission, LateRevision, NearLimitCount, QualityData, ReportSeries,
    SeriesPoint, WordSeries, collect_quality_data, count_near_limit,
};
