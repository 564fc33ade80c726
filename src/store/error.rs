//! What can go wrong with the store itself. Refusals of the game are not here: they are values of `domain::reason`.

/// Trouble with the database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database is busy, restarting, or a batch failed for another member's sake: try again.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// The URL asks for TLS, which this programme was built without.
    #[error("this programme was built without TLS to PostgreSQL, and the URL asks for it")]
    TlsNotBuilt,
    /// Who answers did not prove to be the database that was asked for, or one end does not take the line as the other wants it.
    #[error("the line to the database is not as it has to be: {0}")]
    TlsFailed(String),
    /// The disk is full or the database cannot be written: nothing was applied.
    #[error("the database cannot be written: {0}")]
    StorageFull(String),
    /// A file beside the database cannot be read or written: a copy, its sum, its directory.
    #[error("a file cannot be read or written: {0}")]
    FileIo(String),
    /// The file's schema is newer than this programme.
    #[error(
        "the database has schema {found}, this programme knows {supported}; use a programme that knows it"
    )]
    NewerSchema {
        /// The newest migration found.
        found: String,
        /// The newest migration known.
        supported: String,
    },
    /// The schema is older than this programme, and only a person can say that there is a copy.
    #[error(
        "the database's schema is older than this programme ({pending_migrations} to apply): run thidua migrate"
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
        /// The oldest migration found.
        found: String,
    },
    /// Another server has taken this one's place: nothing is written here any more.
    #[error("another server has replaced this one: it writes nothing any more; see thidua doctor")]
    Superseded,
    /// Stored data does not make sense.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// Any other failure.
    #[error("database: {0}")]
    Database(String),
}

impl Error {
    /// Whether another server has taken this one's place.
    #[must_use]
    pub fn is_superseded(&self) -> bool {
        matches!(self, Self::Superseded)
    }

    /// Whether there is no room: nothing was applied, and nothing will be before a person has made some.
    #[must_use]
    pub fn is_storage_full(&self) -> bool {
        matches!(self, Self::StorageFull(_))
    }

    /// Whether the same call may succeed if it is made again, here or at another node.
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
