//! One file a service.

mod access;
mod behind;
mod doors;
mod night;
mod org;
mod quality;
mod report;
mod sync;
