//! The rpcs, one file for each service.

mod access;
mod authorization;
mod baselines;
mod campaigns;
mod conclusion;
pub(crate) mod desk_session;
mod desk_work;
mod dhis2;
mod drilldown;
mod endpoints;
mod exchange;
mod grants;
mod handovers;
mod import_file;
mod invalid_input;
pub(crate) mod jobs;
mod one_standing;
mod org;
mod partner;
mod quality;
mod report;
mod runs;
pub(crate) mod second_factor;
mod sign_in_limits;
mod sync;
mod target;
