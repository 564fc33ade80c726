//! `[jobs]`: `enabled` (default `true`: this process runs due jobs; several processes share them by
//! lease), `lease_seconds` (default 600: another process may take over a job that is not finished
//! by then; longer than the longest nightly run), `downtime_days` (default 14: at a start a longer
//! time since the newest commit means that the clock is in doubt, and no job runs until a person
//! says that it is right).

use serde::Deserialize;
use std::num::{NonZeroU16, NonZeroU32};

/// Whether this process runs jobs, and the duration of their lease.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JobsConfig {
    /// Whether this process runs jobs.
    pub enabled: bool,
    /// Seconds after which another process may take over a job.
    pub lease_seconds: NonZeroU32,
    /// Days since the newest commit that a start takes for downtime.
    pub downtime_days: NonZeroU16,
}

impl Default for JobsConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            lease_seconds: NonZeroU32::MIN.saturating_add(599),
            downtime_days: NonZeroU16::MIN.saturating_add(13),
        }
    }
}
