//! One file a service.

mod access;
mod bad;
mod behind;
mod desk;
mod doors;
mod matrix;
pub(crate) mod night;
mod org;
mod partner;
mod quality;
mod report;
mod sync;
mod target;
