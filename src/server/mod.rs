//! Opens sockets: the accept loop, TLS, the start and the end of a server process.
//!
//! Knows every room below it and decides nothing about campaigns.

pub mod accept;
pub mod ca;
pub mod health_probe;
mod jobs;
pub mod keys;
pub mod logging;
pub mod metrics;
pub mod otlp;
mod run;
pub mod tls;
mod tls_client;
mod tls_reload;
#[cfg(test)]
mod tls_tests;
mod trace_layer;

pub use run::{ServerSetup, run_server};
