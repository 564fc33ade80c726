//! The connections to the database and to its replica: reads them from the configuration, and holds
//! the warning for a remote database whose identity is not verified.
//! [`DatabaseLocation::is_exposed`] decides when the warning applies.

use super::error::{CliError, CliResult};
use crate::config::Config;
use crate::domain::support::message::{Message, message};
use crate::store::{DatabaseLocation, POSTGRES_TLS_BUILT};

/// The warning.
pub(super) const UNVERIFIED_CONNECTION: Message =
    message!("database-connection-line-database-leaves-machine");

/// The remedy that this build offers.
pub(super) const VERIFY_CONNECTION_HINT: Message = if POSTGRES_TLS_BUILT {
    message!("database-connection-add-sslmode-verify-full")
} else {
    message!("database-connection-use-thidua-built-features")
};

/// The location of the replica, if one is configured. Only PostgreSQL has replicas.
pub(super) fn replica_location(config: &Config) -> CliResult<Option<DatabaseLocation>> {
    let url = config.database.replica_url.reveal();
    if url.is_empty() {
        return Ok(None);
    }
    match (DatabaseLocation::parse(&config.database_url()), DatabaseLocation::parse(url)) {
        (DatabaseLocation::Postgres(_), replica @ DatabaseLocation::Postgres(_)) => {
            Ok(Some(replica))
        }
        (DatabaseLocation::Sqlite(_), _) | (_, DatabaseLocation::Sqlite(_)) => {
            Err(CliError::new("CONFIG", message!("database-connection-database-replica-url-goes")))
        }
    }
}
