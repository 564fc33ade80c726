//! Logging to standard error, as text or JSON, with a filter that can be changed while the server
//! runs.

use super::escaped_writer::EscapedWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Registry, fmt, reload};

/// The filter cannot be parsed, or logging was initialized before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LogError(String);

/// A handle to the filter of the running log.
#[derive(Debug, Clone)]
pub struct LogFilterHandle(reload::Handle<EnvFilter, Registry>);

/// Initializes logging. `filter` is as in `info,thidua::sync=debug`; with `json` each line is one
/// JSON object.
pub fn init_logging(filter: &str, json: bool) -> Result<LogFilterHandle, LogError> {
    let (layer, handle) = reload::Layer::new(parse_filter(filter)?);
    let lines = fmt::layer().with_writer(|| EscapedWriter::for_records(std::io::stderr()));
    let log = tracing_subscriber::registry().with(layer);
    let result = if json {
        log.with(lines.json()).try_init()
    } else {
        log.with(lines.with_ansi(false)).try_init()
    };
    result.map_err(|error| to_log_error(filter, &error))?;
    Ok(LogFilterHandle(handle))
}

impl LogFilterHandle {
    /// Replaces the filter; one that cannot be parsed changes nothing.
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
