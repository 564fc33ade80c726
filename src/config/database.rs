//! `[database]`: `url` (default `sqlite:thidua.db`, from the data directory; or `postgres://user:password@host/name`, with
//! `?sslmode=verify-full&sslrootcert=FILE` where that is another machine), `replica_url` (default none: a hot standby of that PostgreSQL, from which catching up may be read).

use super::SecretValue;
use serde::Deserialize;

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// The URL; a secret, because it may hold a password.
    pub url: SecretValue<String>,
    /// The URL of a replica; empty: none.
    pub replica_url: SecretValue<String>,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: SecretValue::new("sqlite:thidua.db".to_owned()),
            replica_url: SecretValue::default(),
        }
    }
}
