//! The error of a subcommand: a code, a reason with the next step in both languages, and the
//! findings behind it.

use crate::app::AppError;
use crate::config::ConfigError;
use crate::domain::support::lang::Lang;
use crate::domain::support::reason::Refusal;
use crate::domain::support::violation::{Severity, Violation};
use crate::files::diagnostic::{FileDiagnostic, TextPosition};
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
    texts: [String; 2],
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
}

impl CliFinding {
    /// One line of text.
    pub(super) fn to_line(&self, lang: Lang) -> String {
        let Violation { severity: grade, code, path: at, vi, en } = &self.violation;
        let mark = match grade {
            Severity::Error => "",
            Severity::Warning => lang.pick("cảnh báo: ", "warning: "),
        };
        let text = lang.pick(vi, en);
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
        Self { place: Some((fault.file, fault.position)), violation: fault.violation }
    }
}

impl From<Violation> for CliFinding {
    fn from(violation: Violation) -> Self {
        Self { place: None, violation }
    }
}

impl CliError {
    pub(super) fn new(code: &str, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            texts: [vi.into(), en.into()],
            findings: Vec::new(),
            is_usage_error: false,
        }
    }

    /// The text in a language.
    pub(super) fn text(&self, lang: Lang) -> &str {
        let [vi, en] = &self.texts;
        lang.pick(vi, en)
    }

    pub(super) fn with_findings(
        mut self,
        findings: impl IntoIterator<Item = impl Into<CliFinding>>,
    ) -> Self {
        self.findings.extend(findings.into_iter().map(Into::into));
        self
    }

    /// The arguments do not go together.
    pub(super) fn usage_error(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { is_usage_error: true, ..Self::new("USAGE", vi, en) }
    }

    /// The random number generator failed.
    pub(super) fn no_random() -> Self {
        Self::new(
            "NO_RANDOM",
            "máy không cho số ngẫu nhiên; hãy thử lại",
            "the machine gives no random numbers; try again",
        )
    }

    /// The database does not exist yet.
    pub(super) fn not_initialised(dir: &Path) -> Self {
        let dir = dir.display();
        Self::new(
            "NOT_INITIALISED",
            format!("chưa có dữ liệu trong {dir}; hãy chạy: thidua init --data {dir}"),
            format!("there is no data in {dir} yet; run: thidua init --data {dir}"),
        )
    }

    /// A file cannot be read or written.
    pub(super) fn file_error(path: &Path, error: &std::io::Error) -> Self {
        let path = path.display();
        Self::new(
            "FILE",
            format!("không đọc hoặc ghi được {path}: {error}; hãy xem lại đường dẫn và quyền"),
            format!("cannot read or write {path}: {error}; look at the path and its rights"),
        )
    }

    /// `database.url` asks for TLS and this build has no TLS to PostgreSQL.
    fn no_database_tls() -> Self {
        Self::new(
            "NO_DATABASE_TLS",
            "database.url đòi TLS (sslmode) nhưng chương trình này không có TLS đến PostgreSQL; \
                 hãy dùng bản dựng với --features postgres-tls (scripts/package dựng như vậy), \
                 hoặc bỏ sslmode và dẫn đường đó qua một đường hầm trên máy này",
            "database.url asks for TLS (sslmode) and this programme has no TLS to PostgreSQL; \
                 use one built with --features postgres-tls (scripts/package makes it), \
                 or take sslmode away and lead the line through a tunnel that begins on this machine",
        )
    }

    /// The database did not prove its identity, or one side refused the connection.
    fn database_unverified(text: &str) -> Self {
        Self::new(
            "DATABASE_NOT_PROVEN",
            format!(
                "cơ sở dữ liệu trả lời nhưng không chứng minh được là đúng máy, hoặc một bên không nhận đường này ({text}); \
                     hãy xem tên máy, sslmode và sslrootcert trong database.url, chứng thư và pg_hba.conf của PostgreSQL"
            ),
            format!(
                "the database answers and does not prove to be the one that was asked for, or one end refuses the line as it is ({text}); \
                     look at the host name, sslmode and sslrootcert in database.url, and at PostgreSQL's certificate and pg_hba.conf"
            ),
        )
    }

    /// A database of the pre-release line: neither read nor upgraded.
    fn pre_release_schema(found: &str) -> Self {
        Self::new(
            "PRE_RELEASE_SCHEMA",
            format!(
                "cơ sở dữ liệu thuộc dòng trước phát hành (lược đồ {found}), chương trình này không đọc và không nâng cấp được; không có gì bị thay đổi: hãy giữ lại tệp, dùng chương trình cũ để xem, và tạo cơ sở dữ liệu mới bằng thidua init"
            ),
            format!(
                "the database is of the pre-release line (schema {found}), which this program can neither read nor upgrade; nothing was changed: keep it, read it with the program that made it, and make a new one with thidua init"
            ),
        )
    }

    /// The database was made by a newer program.
    fn newer_schema(found: &str, supported: &str) -> Self {
        Self::new(
            "NEWER_SCHEMA",
            format!(
                "cơ sở dữ liệu có lược đồ {found}, chương trình này chỉ biết đến {supported}; hãy dùng phiên bản thidua biết lược đồ {found}"
            ),
            format!(
                "the database has schema {found}, this programme knows schemas up to {supported}; use a thidua that knows schema {found}"
            ),
        )
    }

    /// The content of files was refused and nothing was written.
    pub(super) fn refused_files(findings: impl IntoIterator<Item = impl Into<CliFinding>>) -> Self {
        let failure = Self::new(
            "FILE_REFUSED",
            "tệp có lỗi, chưa ghi gì; hãy sửa các chỗ sau rồi chạy lại",
            "the file has mistakes, nothing was written; mend these places and run again",
        );
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
            Violation::error(why.code(), problem.field, why.text_vi(), why.text_en())
        });
        Self::new(reason.code(), reason.text_vi(), reason.text_en()).with_findings(problems)
    }
}

impl From<AppError> for CliError {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Refused(refusal) => refusal.into(),
            AppError::Unauthenticated => Self::new(
                "UNAUTHENTICATED",
                "không rõ người gọi là ai; hãy ghi danh lại thiết bị",
                "the caller is not known; enrol the device again",
            ),
            AppError::DeviceRevoked => Self::new(
                "DEVICE_REVOKED",
                "thiết bị đã bị thu hồi; hãy xin mã ghi danh mới",
                "the device was revoked; ask for a new enrolment code",
            ),
            AppError::LeaseLost => Self::new(
                "LEASE_LOST",
                "một máy chủ khác đang chạy việc này, chưa ghi gì; hãy xem: thidua jobs history",
                "another server runs this job now, nothing was written; see: thidua jobs history",
            ),
            AppError::Store(error) => error.into(),
            AppError::Violations(found) => match <[Violation; 1]>::try_from(found) {
                Ok([one]) => Self::new(one.code, one.vi, one.en),
                Err(found) => Self::refused_files(found),
            },
        }
    }
}

impl From<store::Error> for CliError {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NewerSchema { found, supported } => {
                Self::newer_schema(&found, &supported)
            }
            store::Error::Busy(text) => Self::new(
                "BUSY",
                format!("cơ sở dữ liệu đang bận hoặc không kết nối được ({text}); hãy thử lại"),
                format!("the database is busy or cannot be reached ({text}); try again"),
            ),
            store::Error::TlsNotBuilt => Self::no_database_tls(),
            store::Error::TlsFailed(text) => Self::database_unverified(&text),
            store::Error::StorageFull(text) => Self::new(
                "DISK_FULL",
                format!("không ghi được cơ sở dữ liệu ({text}); hãy xem dung lượng và quyền ghi"),
                format!("the database cannot be written ({text}); look at free space and rights"),
            ),
            store::Error::FileIo(text) => Self::new(
                "FILE",
                format!("không đọc hoặc ghi được tệp ({text}); hãy xem đường dẫn và quyền"),
                format!("a file cannot be read or written ({text}); look at its path and rights"),
            ),
            store::Error::OlderSchema { pending_migrations: pending } => Self::new(
                "OLDER_SCHEMA",
                format!(
                    "lược đồ cơ sở dữ liệu cũ hơn chương trình (cần: {pending}); sao lưu rồi chạy thidua migrate"
                ),
                format!(
                    "the database's schema is older than this programme (to apply: {pending}); back it up, then run thidua migrate"
                ),
            ),
            store::Error::PreReleaseSchema { found } => Self::pre_release_schema(&found),
            store::Error::Superseded => Self::new(
                "SERVER_SUPERSEDED",
                "máy chủ này đã được máy khác thay thế, không ghi gì nữa; chạy thidua doctor để biết phải làm gì",
                "another server has replaced this one, it writes nothing any more; thidua doctor says what to do",
            ),
            store::Error::WrongPermit { action, unit } => Self::new(
                "WRONG_PERMIT",
                format!(
                    "quyền {action} tại {unit} không dùng cho bản ghi này; chưa ghi gì, hãy báo lại kèm dòng này"
                ),
                format!(
                    "the permit for {action} at {unit} is not for this record; nothing was written, report it with this line"
                ),
            ),
            store::Error::Damaged(text) => Self::new(
                "DAMAGED",
                format!("dữ liệu lưu bị hỏng: {text}; hãy khôi phục từ bản sao lưu"),
                format!("stored data is damaged: {text}; restore from a backup"),
            ),
            store::Error::Database(text) => Self::new(
                "DATABASE",
                format!("lỗi cơ sở dữ liệu: {text}; xem docs/STATUS.md hoặc báo lại kèm dòng này"),
                format!(
                    "database trouble: {text}; see docs/STATUS.md, or report it with this line"
                ),
            ),
        }
    }
}

impl From<ConfigError> for CliError {
    fn from(error: ConfigError) -> Self {
        Self::new(
            "CONFIG",
            format!("cấu hình sai: {error}"),
            format!("the configuration is wrong: {error}"),
        )
    }
}

impl From<TlsError> for CliError {
    fn from(error: TlsError) -> Self {
        Self::new("TLS", format!("chứng thư: {error}"), error.to_string())
    }
}

impl From<ServerKeysError> for CliError {
    fn from(error: ServerKeysError) -> Self {
        Self::new("KEYS", format!("khóa của máy chủ: {error}"), error.to_string())
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
            store::Error::Damaged(text()),
            store::Error::Database(text()),
        ];
        let violation = Violation::error("CODE", "x", "x", "x");
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
