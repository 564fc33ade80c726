//! `[jobs]`: `enabled` (default `true`: this process runs the jobs that are due; several processes share them by lease), `lease_seconds`
//! (default 600: a job whose node has not ended it by then may be run by another; longer than the longest night).

use serde::Deserialize;
use std::num::NonZeroU32;

/// Whether this process runs jobs, and how long it may keep one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JobsConfig {
    /// Run them here.
    pub enabled: bool,
    /// Seconds after which another process may take a job over.
    pub lease_seconds: NonZeroU32,
}

impl Default for JobsConfig {
    fn default() -> Self {
        Self { enabled: true, lease_seconds: NonZeroU32::MIN.saturating_add(599) }
    }
}
