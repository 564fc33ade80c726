//! `[metrics]`: `address` (default empty: no metrics; `127.0.0.1:9464` serves them there in plain text for Prometheus).

use serde::Deserialize;

/// Where metrics are served.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsConfig {
    /// Address and port; empty: nowhere.
    pub address: String,
}
