//! The error of a subcommand: a code, a reason with the next step, and the findings behind it.

use super::file_rights::to_rights_error;
use crate::app::AppError;
use crate::config::ConfigError;
use crate::domain::support::message::{Message, message};
use crate::domain::support::reason::Refusal;
use crate::domain::support::violation::{Severity, Violation};
use crate::files::diagnostic::{FileDiagnostic, RefusedCell, TextPosition};
use crate::i18n::Lang;
use crate::office::card_sheet::QrTooLong;
use crate::server::keys::ServerKeysError;
use crate::server::tls::TlsError;
use crate::store;
use std::path::Path;

/// Result of a subcommand's step.
pub(super) type CliResult<T = ()> = Result<T, CliError>;

/// Why a subcommand failed.
#[derive(Debug, Clone)]
pub(super) struct CliError {
    /// Stable code.
    pub(super) code: String,
    /// Reason and next step.
    pub(super) message: Message,
    /// The findings behind the error.
    pub(super) findings: Vec<CliFinding>,
    /// Wrong usage rather than a refusal; exit code 2.
    pub(super) is_usage_error: bool,
}

/// One finding, with its position in a file if it has one.
#[derive(Debug, Clone)]
pub(super) struct CliFinding {
    /// File and position in it.
    pub(super) place: Option<(String, TextPosition)>,
    /// The violation.
    pub(super) violation: Violation,
    /// The cell of a table, if it is about one.
    pub(super) cell: Option<Box<RefusedCell>>,
    /// The code, if a server sent the finding: it may be newer than this program.
    server_code: Option<String>,
}

impl CliFinding {
    /// A finding about a part of a request, as a server says it.
    pub(super) fn of_server(code: &str, severity: Severity, path: String, text: String) -> Self {
        let violation = Violation { severity, code: "", path, message: Message::verbatim(text) };
        Self { place: None, violation, cell: None, server_code: Some(code.to_owned()) }
    }

    /// A finding of this program.
    pub(super) fn new(place: Option<(String, TextPosition)>, violation: Violation) -> Self {
        Self { place, violation, cell: None, server_code: None }
    }

    /// The stable code.
    pub(super) fn code(&self) -> &str {
        self.server_code.as_deref().unwrap_or(self.violation.code)
    }

    /// One line of text.
    pub(super) fn to_line(&self, lang: Lang) -> String {
        let Violation { severity: grade, code: _, path: at, message } = &self.violation;
        let code = self.code();
        let mark = match grade {
            Severity::Error => "",
            Severity::Warning => lang.text("error-warning"),
        };
        let text = message.text(lang);
        match &self.place {
            Some((file, TextPosition { line, column })) => {
                format!("{file}:{line}:{column}: {mark}{code}: {at}: {text}")
            }
            None => format!("{mark}{code}: {at}: {text}"),
        }
    }
}

impl From<FileDiagnostic> for CliFinding {
    fn from(fault: FileDiagnostic) -> Self {
        let FileDiagnostic { file, position, violation, cell } = fault;
        Self { place: Some((file, position)), violation, cell, server_code: None }
    }
}

impl From<Violation> for CliFinding {
    fn from(violation: Violation) -> Self {
        Self { place: None, violation, cell: None, server_code: None }
    }
}

impl CliError {
    pub(super) fn new(code: &str, message: Message) -> Self {
        Self { code: code.to_owned(), message, findings: Vec::new(), is_usage_error: false }
    }

    pub(super) fn with_findings(
        mut self,
        findings: impl IntoIterator<Item = impl Into<CliFinding>>,
    ) -> Self {
        self.findings.extend(findings.into_iter().map(Into::into));
        self
    }

    /// The arguments do not go together.
    pub(super) fn usage_error(message: Message) -> Self {
        Self { is_usage_error: true, ..Self::new("USAGE", message) }
    }

    /// The random number generator failed.
    pub(super) fn no_random() -> Self {
        Self::new("NO_RANDOM", message!("error-machine-gives-no-random"))
    }

    /// The database does not exist yet.
    pub(super) fn not_initialised(dir: &Path) -> Self {
        let dir = dir.display();
        Self::new("NOT_INITIALISED", message!("error-there-no-data-yet", dir))
    }

    /// A file cannot be read or written.
    pub(super) fn file_error(path: &Path, error: &std::io::Error) -> Self {
        to_rights_error(path, error).unwrap_or_else(|| {
            let path = path.display();
            if error.kind() == std::io::ErrorKind::NotFound {
                return Self::new("FILE", message!("error-there-is-no-file", path));
            }
            Self::new("FILE", message!("error-cannot-read-write-look", path, error))
        })
    }

    /// `database.url` asks for TLS and this build has no TLS to PostgreSQL.
    fn no_database_tls() -> Self {
        Self::new("NO_DATABASE_TLS", message!("error-database-url-asks-tls"))
    }

    /// The database did not prove its identity, or one side refused the connection.
    fn database_unverified(text: &str) -> Self {
        Self::new("DATABASE_NOT_PROVEN", message!("error-database-answers-does-not", text))
    }

    /// Stored content is not what was written.
    pub(super) fn content_altered(place: &str) -> Self {
        Self::new("CONTENT_ALTERED", message!("error-content-altered", place))
    }

    /// A database of the pre-release line: neither read nor upgraded.
    fn pre_release_schema(found: &str) -> Self {
        Self::new("PRE_RELEASE_SCHEMA", message!("error-database-pre-release-line", found))
    }

    /// The database was made by a newer program.
    fn newer_schema(found: &str, supported: &str) -> Self {
        Self::new("NEWER_SCHEMA", message!("error-database-schema-program-knows", found, supported))
    }

    /// The content of files was refused and nothing was written.
    pub(super) fn refused_files(findings: impl IntoIterator<Item = impl Into<CliFinding>>) -> Self {
        let failure = Self::new("FILE_REFUSED", message!("error-file-mistakes-nothing-written"));
        failure.with_findings(findings)
    }
}

impl From<Vec<FileDiagnostic>> for CliError {
    fn from(faults: Vec<FileDiagnostic>) -> Self {
        Self::refused_files(faults)
    }
}

impl From<Refusal> for CliError {
    fn from(refusal: Refusal) -> Self {
        let reason = refusal.reason;
        let problems = refusal.field_errors.into_iter().map(|problem| {
            let why = problem.reason;
            Violation::error(why.code(), problem.field, why.message())
        });
        Self::new(reason.code(), reason.message()).with_findings(problems)
    }
}

impl From<AppError> for CliError {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Refused(refusal) => refusal.into(),
            AppError::Unauthenticated => {
                Self::new("UNAUTHENTICATED", message!("error-caller-not-known-enrol"))
            }
            AppError::DeviceRevoked => {
                Self::new("DEVICE_REVOKED", message!("error-device-revoked-ask-new"))
            }
            AppError::LeaseLost => {
                Self::new("LEASE_LOST", message!("error-another-server-runs-job"))
            }
            AppError::Store(error) => error.into(),
            AppError::Violations(found) => match <[Violation; 1]>::try_from(found) {
                Ok([one]) => Self::new(one.code, one.message),
                Err(found) => Self::refused_files(found),
            },
        }
    }
}

impl From<QrTooLong> for CliError {
    fn from(_: QrTooLong) -> Self {
        Self::new("QR_TOO_LONG", message!("sheet-addresses-too-long"))
    }
}

impl From<store::Error> for CliError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NewerSchema { found, supported } => {
                Self::newer_schema(&found, &supported)
            }
            store::Error::Busy(text) => {
                Self::new("BUSY", message!("error-database-busy-cannot-reached", text))
            }
            store::Error::TlsNotBuilt => Self::no_database_tls(),
            store::Error::TlsFailed(text) => Self::database_unverified(&text),
            store::Error::StorageFull(text) => {
                Self::new("DISK_FULL", message!("error-database-cannot-written-look", text))
            }
            store::Error::FileIo(text) => {
                Self::new("FILE", message!("error-file-cannot-read-written", text))
            }
            store::Error::OlderSchema { pending_migrations: pending } => {
                Self::new("OLDER_SCHEMA", message!("error-database-schema-older-program", pending))
            }
            store::Error::PreReleaseSchema { found } => Self::pre_release_schema(&found),
            store::Error::Superseded => {
                Self::new("SERVER_SUPERSEDED", message!("error-another-server-replaced-one"))
            }
            store::Error::RecordTooLarge { bytes, max } => {
                Self::new("RECORD_TOO_LARGE", message!("error-record-too-large", bytes, max))
            }
            store::Error::WrongPermit { action, unit } => {
                Self::new("WRONG_PERMIT", message!("error-wrong-permit", action, unit))
            }
            store::Error::CommitPanicked(text) => {
                Self::new("COMMIT_PANICKED", message!("error-commit-panicked", text))
            }
            store::Error::NotUtf8 { encoding } => {
                Self::new("DATABASE_ENCODING", message!("error-database-encoding", encoding))
            }
            store::Error::TransactionPooler => {
                Self::new("TRANSACTION_POOLER", message!("error-transaction-pooler"))
            }
            store::Error::Damaged(text) => {
                Self::new("DAMAGED", message!("error-stored-data-damaged-restore", text))
            }
            store::Error::ContentAltered(place) => Self::content_altered(&place),
            store::Error::Database(text) => {
                Self::new("DATABASE", message!("error-database-trouble-see-docs", text))
            }
        }
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self::new("CONFIG", message!("error-configuration-wrong", error))
    }
}

impl From<TlsError> for CliError {
    fn from(error: TlsError) -> Self {
        if let TlsError::File { path, error } = &error
            && let Some(failure) = to_rights_error(path, error)
        {
            return failure;
        }
        Self::new("TLS", message!("error-tls", error))
    }
}

impl From<ServerKeysError> for CliError {
    fn from(error: ServerKeysError) -> Self {
        if let ServerKeysError::File(TlsError::File { path, error }) = &error
            && let Some(failure) = to_rights_error(path, error)
        {
            return failure;
        }
        Self::new("KEYS", message!("error-keys", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::support::ids::UnitId;
    use crate::domain::support::reason::RefusalReason;

    #[test]
    fn the_log_and_the_command_line_give_an_error_the_same_code() {
        let text = || "x".to_owned();
        let store_errors = [
            store::Error::Busy(text()),
            store::Error::TlsNotBuilt,
            store::Error::TlsFailed(text()),
            store::Error::StorageFull(text()),
            store::Error::FileIo(text()),
            store::Error::NewerSchema { found: text(), supported: text() },
            store::Error::OlderSchema { pending_migrations: text() },
            store::Error::PreReleaseSchema { found: text() },
            store::Error::Superseded,
            store::Error::WrongPermit { action: "x", unit: UnitId([0; 16]) },
            store::Error::RecordTooLarge { bytes: 2, max: 1 },
            store::Error::ContentAltered(text()),
            store::Error::Damaged(text()),
            store::Error::Database(text()),
        ];
        let violation = Violation::error("CODE", "x", Message::verbatim("x"));
        let app_errors = [
            RefusalReason::Denied.into(),
            AppError::Unauthenticated,
            AppError::DeviceRevoked,
            AppError::LeaseLost,
            AppError::Violations(vec![violation.clone()]),
            AppError::Violations(vec![violation.clone(), violation]),
        ];
        for error in store_errors.map(AppError::from).into_iter().chain(app_errors) {
            let code = error.code().to_owned();
            assert_eq!(CliError::from(error).code, code);
        }
    }
}
