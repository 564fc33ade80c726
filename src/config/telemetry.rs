//! `[telemetry]`: `otlp` (default empty: off; `http://127.0.0.1:4317` exports traces and metrics
//! there), `ca` (PEM file with the authority of the collector's certificate, for `https://`),
//! `node` (default empty: a random name at each start), `one_in` (1: every call is sampled).

use serde::Deserialize;
use std::num::NonZeroU32;

/// Export of traces and metrics.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetryConfig {
    /// OpenTelemetry collector (OTLP over gRPC); empty: off.
    pub otlp: String,
    /// PEM file with the authority of its certificate.
    pub ca: String,
    /// Name of this node in exported data.
    pub node: String,
    /// One call in this many is sampled, unless its caller decided.
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
