//! Runs the server process: the accept loop, TLS, start and shutdown.
//!
//! It must not decide anything about campaigns.

pub mod accept;
mod beside;
pub mod ca;
mod call_limits;
pub mod certificate_end;
mod connect;
mod cors;
pub mod desk_client;
pub mod escaped_writer;
mod exchange_http;
pub mod health_probe;
mod jobs;
pub mod keys;
pub mod logging;
pub mod metrics;
mod office;
pub mod otlp;
mod request_body;
mod request_limits;
mod run;
pub mod tls;
mod tls_client;
mod tls_reload;
#[cfg(test)]
mod tls_tests;
mod trace_layer;
mod web_app;
pub mod web_certificate;

pub use run::{ServerSetup, run_server};
