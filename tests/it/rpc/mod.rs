//! One file a service.

mod access;
mod doors;
mod org;
mod report;
mod sync;
