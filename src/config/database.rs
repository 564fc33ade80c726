//! `[database]`: `url` (default `sqlite:thidua.db`, relative to the data directory; or
//! `postgres://user:password@host/name`, with `?sslmode=verify-full&sslrootcert=FILE` for another
//! machine), `replica_url` (default none: a hot standby of that PostgreSQL, used for catch-up
//! reads).

use super::SecretValue;
use serde::Deserialize;

/// The database.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// The URL; a secret, because it may contain a password.
    pub url: SecretValue<String>,
    /// The URL of a read replica; empty: none.
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
