//! Opens sockets: the accept loop, TLS, the start and the end of a server process.
//!
//! Knows every room below it and decides nothing about campaigns.

pub mod accept;
pub mod ca;
mod dial;
pub mod health;
mod jobs;
pub mod keys;
pub mod metrics;
pub mod otlp;
mod rotate;
mod run;
pub mod telemetry;
pub mod tls;
#[cfg(test)]
mod tls_tests;
mod traced;

pub use run::{Setup, run};
