//! `[telemetry]`: `otlp` (default empty: off; `http://127.0.0.1:4317` sends traces and numbers there), `ca` (PEM file that a collector's
//! certificate is from, for `https://`), `node` (default empty: a random name at each start), `one_in` (1: every call is followed).

use serde::Deserialize;
use std::num::NonZeroU32;

/// Where traces and numbers are sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetryConfig {
    /// A collector of OpenTelemetry that speaks gRPC; empty: none.
    pub otlp: String,
    /// PEM file with the authority of its certificate.
    pub ca: String,
    /// The name of this node in what is sent.
    pub node: String,
    /// One call in so many is followed, unless its caller decided.
    pub one_in: NonZeroU32,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            otlp: String::new(),
            ca: String::new(),
            node: String::new(),
            one_in: NonZeroU32::MIN,
        }
    }
}
