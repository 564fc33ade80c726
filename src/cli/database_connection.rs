//! The connections to the database and to its replica: reads them from the configuration, and holds
//! the warning for a remote database whose identity is not verified, in both languages.
//! [`DatabaseLocation::is_exposed`] decides when the warning applies.

use super::error::{CliError, CliResult};
use crate::config::Config;
use crate::store::{DatabaseLocation, POSTGRES_TLS_BUILT};

/// The warning.
pub(super) const UNVERIFIED_CONNECTION_TEXT: [&str; 2] = [
    "đường đến cơ sở dữ liệu ra khỏi máy này mà không kiểm tra ai trả lời: ai ở giữa cũng đọc và sửa được",
    "the line to the database leaves this machine and nobody makes sure who answers: whoever is on the way can read and change it",
];

/// The remedy that this build offers.
pub(super) const VERIFY_CONNECTION_HINT: [&str; 2] = if POSTGRES_TLS_BUILT {
    [
        "thêm sslmode=verify-full&sslrootcert=TỆP vào database.url; xem OPERATIONS.vi.md",
        "add sslmode=verify-full&sslrootcert=FILE to database.url; see OPERATIONS.md",
    ]
} else {
    [
        "dùng bản thidua dựng với --features postgres-tls cùng sslmode=verify-full, hoặc một đường hầm trên máy này; xem OPERATIONS.vi.md",
        "use a thidua built with --features postgres-tls and sslmode=verify-full, or a tunnel that begins on this machine; see OPERATIONS.md",
    ]
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
        (DatabaseLocation::Sqlite(_), _) | (_, DatabaseLocation::Sqlite(_)) => Err(CliError::new(
            "CONFIG",
            "database.replica_url chỉ dùng khi cả hai là PostgreSQL (postgres://...); hãy bỏ khóa đó hoặc sửa địa chỉ",
            "database.replica_url goes with PostgreSQL on both sides (postgres://...); take the key away or mend the address",
        )),
    }
}
