//! `[metrics]`: `address` (default empty: off; `127.0.0.1:9464` serves metrics in plain text for
//! Prometheus).

use serde::Deserialize;

/// Address of the metrics.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsConfig {
    /// Address and port; empty: off.
    pub address: String,
}
