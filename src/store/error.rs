//! Errors of the store. Refusals by rules are values of `domain::support::reason`.

use crate::domain::support::ids::UnitId;

/// Any failure of the store.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The database is busy or restarting, or the batch failed because of another member: retry.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// The URL asks for TLS, and the program was built without it.
    #[error("this program was built without TLS to PostgreSQL, and the URL asks for it")]
    TlsNotBuilt,
    /// The server did not prove its identity, or one end refuses the connection's security.
    #[error("the line to the database is not as it has to be: {0}")]
    TlsFailed(String),
    /// The disk is full or the database cannot be written: nothing was applied.
    #[error("the database cannot be written: {0}")]
    StorageFull(String),
    /// A file beside the database cannot be read or written: a backup, its checksum, its directory.
    #[error("a file cannot be read or written: {0}")]
    FileIo(String),
    /// The schema is newer than the program.
    #[error(
        "the database has schema {found}, this program knows {supported}; use a program that knows it"
    )]
    NewerSchema {
        /// The newest migration found.
        found: String,
        /// The newest migration known.
        supported: String,
    },
    /// The schema is older than the program, and the operator has not confirmed a backup.
    #[error(
        "the database's schema is older than this program ({pending_migrations} to apply): run thidua migrate"
    )]
    OlderSchema {
        /// The migrations to apply, oldest first.
        pending_migrations: String,
    },
    /// The database has the schema of the pre-release line: it can be neither read nor upgraded.
    #[error(
        "the database is of the pre-release line (schema {found}); this program cannot read it: keep it and begin a new one"
    )]
    PreReleaseSchema {
        /// The newest migration found.
        found: String,
    },
    /// Another server has replaced this one: it writes nothing any more.
    #[error("another server has replaced this one: it writes nothing any more; see thidua doctor")]
    Superseded,
    /// A record does not fit a message: every phone that follows it would stop. Nothing was
    /// applied.
    #[error("a record of {bytes} bytes is larger than the limit of {max} bytes")]
    RecordTooLarge {
        /// Its size.
        bytes: usize,
        /// The limit, [`crate::domain::support::limits::RECORD_BYTES_MAX`].
        max: usize,
    },
    /// A caller writes a record with a permit for another unit: a defect; nothing was written.
    #[error(
        "the permit for {action} at the unit {unit} is not for this record: nothing was written"
    )]
    WrongPermit {
        /// The action's word.
        action: &'static str,
        /// The unit of the permit.
        unit: UnitId,
    },
    /// The commit panicked: whether it was applied is not known.
    #[error("the commit failed inside the program, and may have been applied or not: {0}")]
    CommitPanicked(String),
    /// The PostgreSQL database does not hold text as UTF-8.
    #[error("the database has the encoding {encoding}, and thidua needs UTF8")]
    NotUtf8 {
        /// Its encoding, as in `LATIN1`.
        encoding: String,
    },
    /// A pooler gives each transaction another session of PostgreSQL.
    #[error("a pooler in transaction mode stands before the database, and thidua needs sessions")]
    TransactionPooler,
    /// Stored data is inconsistent.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// Stored content is not what the audit says was written: it was changed by hand, or the disk
    /// changed it. The text names the table and the row.
    #[error(
        "CONTENT_ALTERED: {0}; keep the database as evidence and restore a whole copy: thidua restore"
    )]
    ContentAltered(String),
    /// Any other failure.
    #[error("database: {0}")]
    Database(String),
}

impl Error {
    /// The code in logs and on the command line.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Busy(_) => "BUSY",
            Self::TlsNotBuilt => "NO_DATABASE_TLS",
            Self::TlsFailed(_) => "DATABASE_NOT_PROVEN",
            Self::StorageFull(_) => "DISK_FULL",
            Self::FileIo(_) => "FILE",
            Self::NewerSchema { .. } => "NEWER_SCHEMA",
            Self::OlderSchema { .. } => "OLDER_SCHEMA",
            Self::PreReleaseSchema { .. } => "PRE_RELEASE_SCHEMA",
            Self::Superseded => "SERVER_SUPERSEDED",
            Self::WrongPermit { .. } => "WRONG_PERMIT",
            Self::RecordTooLarge { .. } => "RECORD_TOO_LARGE",
            Self::ContentAltered(_) => "CONTENT_ALTERED",
            Self::CommitPanicked(_) => "COMMIT_PANICKED",
            Self::NotUtf8 { .. } => "DATABASE_ENCODING",
            Self::TransactionPooler => "TRANSACTION_POOLER",
            Self::Damaged(_) => "DAMAGED",
            Self::Database(_) => "DATABASE",
        }
    }

    /// Whether another server has replaced this one.
    #[must_use]
    pub fn is_superseded(&self) -> bool {
        matches!(self, Self::Superseded)
    }

    /// Whether the disk is full: nothing was applied, and nothing will be until there is space.
    #[must_use]
    pub fn is_storage_full(&self) -> bool {
        matches!(self, Self::StorageFull(_))
    }

    /// Whether a record is larger than a message.
    #[must_use]
    pub fn is_record_too_large(&self) -> bool {
        matches!(self, Self::RecordTooLarge { .. })
    }

    /// Whether the same call may succeed if it is repeated, here or on another node.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::TlsFailed(_))
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        super::backend::to_store_error(&error)
    }
}

/// Result of a store call.
pub type Result<T, E = Error> = std::result::Result<T, E>;
