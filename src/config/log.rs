//! `[log]`: `filter` (default `info,tokio_cron_scheduler=warn`; for example
//! `info,thidua::sync=debug`), `format` (`text`, the default, or `json`).

use serde::Deserialize;

/// The log on standard error.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// Levels by module.
    pub filter: String,
    /// Format of a line.
    pub format: LogFormat,
}

/// Format of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line, for collectors.
    Json,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { filter: "info,tokio_cron_scheduler=warn".to_owned(), format: LogFormat::Text }
    }
}
