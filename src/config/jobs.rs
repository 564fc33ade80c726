//! `[jobs]`: `enabled` (default `true`: this process runs due jobs; several processes share them by
//! lease), `lease_seconds` (default 600: another process may take over a job that is not finished
//! by then; longer than the longest nightly run).

use serde::Deserialize;
use std::num::NonZeroU32;

/// Whether this process runs jobs, and the duration of their lease.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JobsConfig {
    /// Whether this process runs jobs.
    pub enabled: bool,
    /// Seconds after which another process may take over a job.
    pub lease_seconds: NonZeroU32,
}

impl Default for JobsConfig {
    fn default() -> Self {
        Self { enabled: true, lease_seconds: NonZeroU32::MIN.saturating_add(599) }
    }
}
