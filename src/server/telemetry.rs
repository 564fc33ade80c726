//! The log: lines to standard error, as text or JSON, always behind a filter.
//!
//! Knows no configuration file: what is wanted comes as arguments.

use tracing_subscriber::EnvFilter;

/// A filter that cannot be read, or a log that was begun before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LogError(String);

/// Begins to log: `filter` as in `info,thidua::sync=debug`, one JSON object a line with `json`.
pub fn begin(filter: &str, json: bool) -> Result<(), LogError> {
    let bad = |error: &dyn std::fmt::Display| LogError(format!("[log] filter = {filter:?}: {error}"));
    let filter = EnvFilter::try_new(filter).map_err(|error| bad(&error))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let begun = if json { log.json().try_init() } else { log.with_ansi(false).try_init() };
    begun.map_err(|error| bad(&error))
}
