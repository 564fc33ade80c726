//! `[log]`: `filter` (default `info,tokio_cron_scheduler=warn`; as in `info,thidua::sync=debug`), `format` (`text`, the default, or `json`).

use serde::Deserialize;

/// What is logged, to standard error.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// Levels by module.
    pub filter: String,
    /// The form of a line.
    pub format: LogFormat,
}

/// The form of a line of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { filter: "info,tokio_cron_scheduler=warn".to_owned(), format: LogFormat::Text }
    }
}
