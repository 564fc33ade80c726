//! The rpcs, one file for each service.

mod access;
mod authorization;
mod baselines;
mod campaigns;
mod conclusion;
pub(crate) mod desk_session;
mod dhis2;
mod drilldown;
mod endpoints;
mod every_format;
mod exchange;
mod grants;
mod handovers;
mod import_file;
mod invalid_input;
pub(crate) mod jobs;
mod one_standing;
mod org;
mod participation;
mod partner;
mod quality;
mod report;
mod runs;
pub(crate) mod second_factor;
mod sign_in_limits;
mod sync;
mod target;
