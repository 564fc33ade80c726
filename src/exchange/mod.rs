//! Files in: parses what a person or a system sends, says what is wrong with it and what it would
//! change, and hands it to the step of `app` that a command of its own would take. One way for the
//! command line and for the rpcs. Score sheets and rehearsals of the organisation come from files
//! too, and store nothing. For files out it finds the reports that a template asks for.

pub mod baselines;
pub mod definitions;
pub mod dhis2;
pub mod grants;
pub mod org_rehearsal;
pub mod organisation;
pub mod outcome;
pub mod outcome_json;
mod report_places;
pub mod report_rows;
pub mod reports;
pub mod scores;
