//! `[jobs]`: `enabled` (default `true`: this process runs the jobs that are due; several processes share them by lease).

use serde::Deserialize;

/// Whether this process runs jobs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Jobs {
    /// Run them here.
    pub enabled: bool,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { enabled: true }
    }
}
