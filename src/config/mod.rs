//! Reads the configuration: a TOML file, then the environment (`THIDUA_<SECTION>_<KEY>`), then
//! flags (`--set section.key=value`).
//!
//! One struct per section, each in its own file whose first lines list its keys. Unknown keys are
//! rejected, secrets are never printed.

mod auth;
mod backup;
mod database;
mod enrolment;
mod given;
mod jobs;
mod limits;
mod listen;
mod log;
mod metrics;
mod office;
mod origin;
mod release;
mod secret;
mod telemetry;
#[cfg(test)]
mod tests;
mod tls;
mod web;

pub use auth::{AuthConfig, SecondFactorMode};
pub use backup::BackupConfig;
pub use database::DatabaseConfig;
pub use enrolment::{CodeMinutes, EnrolmentConfig};
pub use given::GivenSettings;
pub use jobs::JobsConfig;
pub use limits::LimitsConfig;
pub use listen::ListenConfig;
pub use log::{LogConfig, LogFormat};
pub use metrics::MetricsConfig;
pub use office::OfficeConfig;
pub use origin::WebOrigin;
pub use release::{ReleaseConfig, ReleaseLevel};
pub use secret::SecretValue;
pub use telemetry::TelemetryConfig;
pub use tls::{ClientAuthMode, TlsConfig};
pub use web::WebConfig;

use serde::Deserialize;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Name of the configuration file in the data directory.
pub const FILE_NAME: &str = "thidua.toml";
/// Sections of the configuration, as in the names of environment variables.
pub const SECTIONS: [&str; 14] = [
    "listen",
    "database",
    "tls",
    "auth",
    "limits",
    "enrolment",
    "jobs",
    "log",
    "metrics",
    "telemetry",
    "backup",
    "release",
    "web",
    "office",
];
/// Prefix of environment variables.
const ENV_PREFIX: &str = "THIDUA_";

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `[listen]`.
    pub listen: ListenConfig,
    /// `[database]`.
    pub database: DatabaseConfig,
    /// `[tls]`.
    pub tls: TlsConfig,
    /// `[auth]`.
    pub auth: AuthConfig,
    /// `[limits]`.
    pub limits: LimitsConfig,
    /// `[enrolment]`.
    pub enrolment: EnrolmentConfig,
    /// `[jobs]`.
    pub jobs: JobsConfig,
    /// `[log]`.
    pub log: LogConfig,
    /// `[metrics]`.
    pub metrics: MetricsConfig,
    /// `[telemetry]`.
    pub telemetry: TelemetryConfig,
    /// `[backup]`.
    pub backup: BackupConfig,
    /// `[release]`.
    pub release: ReleaseConfig,
    /// `[web]`.
    pub web: WebConfig,
    /// `[office]`.
    pub office: OfficeConfig,
    /// The data directory, to which relative paths refer. Not a key of the file.
    #[serde(skip)]
    pub dir: PathBuf,
}

/// Why a configuration is rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {message}")]
    UnreadableFile {
        /// The file.
        path: PathBuf,
        /// The system's error message.
        message: String,
    },
    /// An invalid line of the file: unknown key, wrong type of value.
    #[error("{path}:{line}: {message}")]
    InvalidKey {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// What is wrong and what was expected.
        message: String,
    },
    /// An invalid environment variable or flag.
    #[error("{from}: {message}")]
    Override {
        /// Name of the variable, or the flag.
        from: String,
        /// What is wrong with it.
        message: String,
    },
}

impl Config {
    /// Reads the configuration of the data directory `dir`: first `file` (default: `thidua.toml` in
    /// `dir`, which may be missing), then `environment`, then `flags` such as
    /// `listen.address=0.0.0.0:8443`.
    ///
    /// # Errors
    /// The first invalid entry, with its location. Values of secrets are not included.
    pub fn load(
        dir: &Path,
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &[String],
    ) -> Result<Self, ConfigError> {
        Self::load_with_settings(dir, file, environment, flags).map(|(config, _)| config)
    }

    /// Like [`Config::load`]; also returns the keys that file, environment and flags set.
    ///
    /// # Errors
    /// Those of [`Config::load`].
    pub fn load_with_settings(
        dir: &Path,
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &[String],
    ) -> Result<(Self, GivenSettings), ConfigError> {
        let path = file.map_or_else(|| dir.join(FILE_NAME), Path::to_owned);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                String::new()
            }
            Err(error) => {
                return Err(ConfigError::UnreadableFile { path, message: error.to_string() });
            }
        };
        let text = text.trim_start_matches('\u{feff}');
        parse_toml::<Self>(&path, text)?;
        let mut table: Table = parse_toml(&path, text)?;
        let mut variables: Vec<(String, String)> = environment.into_iter().collect();
        variables.sort();
        for (name, value) in variables {
            if let Some((section, key)) = parse_variable_name(&name) {
                apply_override(&mut table, &name, section, &key, &value)?;
            }
        }
        for flag in flags {
            let from = format!("--set {}", flag.split('=').next().unwrap_or_default());
            let usage_error = || {
                override_error(
                    &from,
                    "expected SECTION.KEY=VALUE, as in listen.address=0.0.0.0:8443",
                )
            };
            let (place, value) = flag.split_once('=').ok_or_else(usage_error)?;
            let (section, key) = place.split_once('.').ok_or_else(usage_error)?;
            apply_override(&mut table, &from, section, key, value)?;
        }
        let mut config: Self =
            Value::Table(table.clone()).try_into().map_err(|error: toml::de::Error| {
                ConfigError::Override {
                    from: "configuration".to_owned(),
                    message: error.message().to_owned(),
                }
            })?;
        config.dir = dir.to_owned();
        Ok((config, GivenSettings::new(table)))
    }

    /// Resolves a path of the configuration relative to the data directory.
    #[must_use]
    pub fn resolve_path(&self, path: &str) -> PathBuf {
        self.dir.join(path)
    }

    /// The database's URL; a relative SQLite path is resolved against the data directory.
    #[must_use]
    pub fn database_url(&self) -> String {
        let url = self.database.url.reveal();
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return url.clone();
        }
        let path = url.strip_prefix("sqlite:").unwrap_or(url);
        format!("sqlite:{}", self.resolve_path(path.strip_prefix("//").unwrap_or(path)).display())
    }
}

fn parse_toml<T: serde::de::DeserializeOwned>(path: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start).min(text.len());
        let line = text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1;
        ConfigError::InvalidKey {
            path: path.to_owned(),
            line,
            message: error.message().trim().replace('\n', " "),
        }
    })
}

/// Section and key of a variable such as `THIDUA_LISTEN_ADDRESS`; `None` for other variables.
fn parse_variable_name(name: &str) -> Option<(&'static str, String)> {
    let rest = name.strip_prefix(ENV_PREFIX)?.to_lowercase();
    let section = SECTIONS.into_iter().find(|section| rest.starts_with(&format!("{section}_")))?;
    Some((section, rest[section.len() + 1..].to_owned()))
}

/// Overrides one value and checks the section at once, so that an error names its source.
fn apply_override(
    table: &mut Table,
    from: &str,
    section: &str,
    key: &str,
    value: &str,
) -> Result<(), ConfigError> {
    if !SECTIONS.contains(&section) {
        return Err(override_error(
            from,
            &format!("unknown section `{section}`, expected one of {}", SECTIONS.join(", ")),
        ));
    }
    let entry = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
    let Value::Table(inner) = entry else {
        return Err(override_error(from, "the section is not a table"));
    };
    let mut last = None;
    for candidate in parse_candidates(value) {
        inner.insert(key.to_owned(), candidate);
        let one = Table::from_iter([(section.to_owned(), Value::Table(inner.clone()))]);
        match Value::Table(one).try_into::<Config>() {
            Ok(_) => return Ok(()),
            Err(error) => last = Some(error.message().trim().replace('\n', " ")),
        }
    }
    Err(override_error(from, &last.unwrap_or_default()))
}

/// Possible values of a text, most likely first: a TOML value (`true`, `7`, `["a"]`), a list of
/// words, a plain string.
fn parse_candidates(value: &str) -> Vec<Value> {
    let typed = toml::from_str::<Table>(&format!("value = {value}"))
        .ok()
        .and_then(|mut table| table.remove("value"));
    let words = value.split(',').map(|word| Value::String(word.trim().to_owned())).collect();
    typed.into_iter().chain([Value::Array(words), Value::String(value.to_owned())]).collect()
}

fn override_error(from: &str, message: &str) -> ConfigError {
    ConfigError::Override { from: from.to_owned(), message: message.to_owned() }
}
