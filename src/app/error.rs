//! What a step can answer besides success. Refusals are values of the game; trouble is what lies outside it.

use crate::domain::permission::AuthorizationError;
use crate::domain::reason::{Refusal, RefusalReason};
use crate::domain::violation::Violation;
use crate::store;

/// Why a step did not happen.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The rules refuse it; the refusal says why, field by field.
    #[error("refused: {}", .0.reason.code())]
    Refused(Refusal),
    /// The caller is nobody, or no longer anybody.
    #[error("the caller is not known, or no longer allowed in")]
    Unauthenticated,
    /// The device was revoked.
    #[error("the device was revoked")]
    DeviceRevoked,
    /// The database is in trouble.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Another node runs the job: this one's fencing token is no longer the newest.
    #[error("another node holds the job now; nothing was written")]
    LeaseLost,
    /// A file's content breaks rules; each line says which and where.
    #[error("{}", format_first_violation(.0))]
    Violations(Vec<Violation>),
}

/// The first broken rule in its words, and how many more there are: the rest is for whoever sent the file, not for a line of the log.
fn format_first_violation(violations: &[Violation]) -> String {
    match violations {
        [] => "nothing is said to be broken".to_owned(),
        [one] => one.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<RefusalReason> for AppError {
    fn from(reason: RefusalReason) -> Self {
        Self::Refused(reason.into())
    }
}

impl From<AuthorizationError> for AppError {
    fn from(denied: AuthorizationError) -> Self {
        match denied {
            AuthorizationError::NotVisible => RefusalReason::NotFound.into(),
            AuthorizationError::Forbidden(_) => RefusalReason::Denied.into(),
            AuthorizationError::AllowedElsewhere(_) => RefusalReason::AccountElsewhere.into(),
        }
    }
}

impl AppError {
    /// What is said while no organisation is there yet.
    #[must_use]
    pub fn no_organisation() -> Self {
        Self::Violations(vec![Violation::error(
            "NO_ORGANISATION",
            "org",
            "Chưa có tổ chức. Hãy chạy `thidua org import` trước.",
            "There is no organisation yet. Run `thidua org import` first.",
        )])
    }
}

/// Result of a step.
pub type Result<T> = std::result::Result<T, AppError>;
