//! One file a service.

mod access;
mod doors;
mod sync;
