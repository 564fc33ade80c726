//! The log: lines to standard error, as text or JSON, always behind a filter that can be changed while the server runs.
//!
//! Knows no configuration file: what is wanted comes as arguments.

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

/// A filter that cannot be read, or a log that was begun before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LogError(String);

/// The filter of the log that was begun.
#[derive(Debug, Clone)]
pub struct LogFilterHandle(reload::Handle<EnvFilter, Registry>);

/// Begins to log: `filter` as in `info,thidua::sync=debug`, one JSON object a line with `json`.
pub fn init_logging(filter: &str, json: bool) -> Result<LogFilterHandle, LogError> {
    let (layer, handle) = reload::Layer::new(parse_filter(filter)?);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let log = tracing_subscriber::registry().with(layer);
    let begun = if json {
        log.with(lines.json()).try_init()
    } else {
        log.with(lines.with_ansi(false)).try_init()
    };
    begun.map_err(|error| to_log_error(filter, &error))?;
    Ok(LogFilterHandle(handle))
}

impl LogFilterHandle {
    /// From now on this filter holds; one that cannot be read changes nothing.
    pub fn set_filter(&self, filter: &str) -> Result<(), LogError> {
        self.0.reload(parse_filter(filter)?).map_err(|error| to_log_error(filter, &error))
    }
}

fn parse_filter(filter: &str) -> Result<EnvFilter, LogError> {
    EnvFilter::try_new(filter).map_err(|error| to_log_error(filter, &error))
}

fn to_log_error(filter: &str, error: &dyn std::fmt::Display) -> LogError {
    LogError(format!("[log] filter = {filter:?}: {error}"))
}
