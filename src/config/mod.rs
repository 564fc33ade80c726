//! Reads the configuration: a TOML file, then the environment (`THIDUA_<SECTION>_<KEY>`), then flags (`--set section.key=value`).
//!
//! One struct per concern, each in its own file whose first lines list its keys. Unknown keys are refused, secrets never print. Knows no
//! other room: what the values mean is the server's business.

mod backup;
mod database;
mod jobs;
mod limits;
mod listen;
mod log;
mod metrics;
mod secret;
mod telemetry;
mod template;
#[cfg(test)]
mod tests;
mod tls;

pub use backup::Backup;
pub use database::Database;
pub use jobs::Jobs;
pub use limits::Limits;
pub use listen::Listen;
pub use log::{Log, LogFormat};
pub use metrics::Metrics;
pub use secret::Secret;
pub use telemetry::Telemetry;
pub use template::template;
pub use tls::{ClientAuth, Tls};

use serde::Deserialize;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Name of the configuration file in the data directory.
pub const FILE: &str = "thidua.toml";
/// Sections of the configuration: parts of the names of environment variables.
pub const SECTIONS: [&str; 9] =
    ["listen", "database", "tls", "limits", "jobs", "log", "metrics", "telemetry", "backup"];
/// Variables of the environment begin so.
const PREFIX: &str = "THIDUA_";

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `[listen]`.
    pub listen: Listen,
    /// `[database]`.
    pub database: Database,
    /// `[tls]`.
    pub tls: Tls,
    /// `[limits]`.
    pub limits: Limits,
    /// `[jobs]`.
    pub jobs: Jobs,
    /// `[log]`.
    pub log: Log,
    /// `[metrics]`.
    pub metrics: Metrics,
    /// `[telemetry]`.
    pub telemetry: Telemetry,
    /// `[backup]`.
    pub backup: Backup,
    /// The data directory; relative paths of the file are meant from here. No key of the file.
    #[serde(skip)]
    pub dir: PathBuf,
}

/// Why a configuration is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {message}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        message: String,
    },
    /// The file says something that cannot be: unknown key, wrong kind of value.
    #[error("{path}:{line}: {message}")]
    Key {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong there and what was expected.
        message: String,
    },
    /// A variable or a flag says something that cannot be.
    #[error("{from}: {message}")]
    Outside {
        /// Name of the variable, or the flag.
        from: String,
        /// What is wrong with it.
        message: String,
    },
}

impl Config {
    /// Reads the configuration of the data directory `dir` from `file` (default: `thidua.toml` there; it may be missing), then
    /// `environment`, then `flags` as in `listen.address=0.0.0.0:8443`.
    ///
    /// # Errors
    /// The first thing that is not understood, with its place. Values of secrets are not repeated.
    pub fn read(
        dir: &Path,
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &[String],
    ) -> Result<Self, ConfigError> {
        let path = file.map_or_else(|| dir.join(FILE), Path::to_owned);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(ConfigError::File { path, message: error.to_string() }),
        };
        let text = text.trim_start_matches('\u{feff}');
        parse::<Self>(&path, text)?;
        let mut table: Table = parse(&path, text)?;
        let mut variables: Vec<(String, String)> = environment.into_iter().collect();
        variables.sort();
        for (name, value) in variables {
            if let Some((section, key)) = place(&name) {
                overlay(&mut table, &name, section, &key, &value)?;
            }
        }
        for flag in flags {
            let from = format!("--set {}", flag.split('=').next().unwrap_or_default());
            let wanted = || outside(&from, "expected SECTION.KEY=VALUE, as in listen.address=0.0.0.0:8443");
            let (place, value) = flag.split_once('=').ok_or_else(wanted)?;
            let (section, key) = place.split_once('.').ok_or_else(wanted)?;
            overlay(&mut table, &from, section, key, value)?;
        }
        let mut config: Self = Value::Table(table).try_into().map_err(|error: toml::de::Error| {
            ConfigError::Outside { from: "configuration".to_owned(), message: error.message().to_owned() }
        })?;
        config.dir = dir.to_owned();
        Ok(config)
    }

    /// A path of the configuration, from the data directory if it is relative.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.join(path)
    }

    /// The database's URL; a relative path of an SQLite file is meant from the data directory.
    #[must_use]
    pub fn database_url(&self) -> String {
        let url = self.database.url.reveal();
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return url.clone();
        }
        let path = url.strip_prefix("sqlite:").unwrap_or(url);
        format!("sqlite:{}", self.path(path.strip_prefix("//").unwrap_or(path)).display())
    }
}

fn parse<T: serde::de::DeserializeOwned>(path: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start).min(text.len());
        let line = text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
        ConfigError::Key { path: path.to_owned(), line, message: error.message().trim().replace('\n', " ") }
    })
}

/// Section and key of a variable such as `THIDUA_LISTEN_ADDRESS`; `None` for variables that are not of the configuration.
fn place(name: &str) -> Option<(&'static str, String)> {
    let rest = name.strip_prefix(PREFIX)?.to_lowercase();
    let section = SECTIONS.into_iter().find(|section| rest.starts_with(&format!("{section}_")))?;
    Some((section, rest[section.len() + 1..].to_owned()))
}

/// Puts one value over the file's and tries at once whether the whole is still a configuration, so that a mistake has a name.
fn overlay(table: &mut Table, from: &str, section: &str, key: &str, value: &str) -> Result<(), ConfigError> {
    if !SECTIONS.contains(&section) {
        return Err(outside(from, &format!("unknown section `{section}`, expected one of {}", SECTIONS.join(", "))));
    }
    let entry = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
    let Value::Table(inner) = entry else { return Err(outside(from, "the section is not a table")) };
    let mut last = None;
    for candidate in readings(value) {
        inner.insert(key.to_owned(), candidate);
        let one = Table::from_iter([(section.to_owned(), Value::Table(inner.clone()))]);
        match Value::Table(one).try_into::<Config>() {
            Ok(_) => return Ok(()),
            Err(error) => last = Some(error.message().trim().replace('\n', " ")),
        }
    }
    Err(outside(from, &last.unwrap_or_default()))
}

/// What a text may mean, the likeliest first: a TOML value (`true`, `7`, `["a"]`), a list of words, a plain text.
fn readings(value: &str) -> Vec<Value> {
    let typed = toml::from_str::<Table>(&format!("value = {value}")).ok().and_then(|mut table| table.remove("value"));
    let words = value.split(',').map(|word| Value::String(word.trim().to_owned())).collect();
    typed.into_iter().chain([Value::Array(words), Value::String(value.to_owned())]).collect()
}

fn outside(from: &str, message: &str) -> ConfigError {
    ConfigError::Outside { from: from.to_owned(), message: message.to_owned() }
}
