//! Errors of steps. A refusal is an expected result of the rules; the other variants are failures.

use crate::domain::access::permission::AuthorizationError;
use crate::domain::support::message::message;
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::domain::support::violation::Violation;
use crate::store;

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The rules refuse it; the refusal has a reason and field errors.
    #[error("refused: {}", .0.reason.code())]
    Refused(Refusal),
    /// The caller is unknown or no longer active.
    #[error("the caller is not known, or no longer allowed in")]
    Unauthenticated,
    /// The device was revoked.
    #[error("the device was revoked")]
    DeviceRevoked,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Another node runs the job: the fencing token of this one is no longer the newest.
    #[error("another node holds the job now; nothing was written")]
    LeaseLost,
    /// The content of a file violates rules; each violation has its location.
    #[error("{}", format_first_violation(.0))]
    Violations(Vec<Violation>),
}

/// The text of the first violation and the number of further ones. The complete list goes to the
/// sender of the file, not to the log.
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
    /// Whether it is a refusal for this reason.
    #[must_use]
    pub fn is_reason(&self, reason: RefusalReason) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.reason == reason)
    }

    /// The refusal of a failed step; other errors stay errors.
    pub fn into_refusal(self) -> Result<Refusal> {
        let Self::Refused(refusal) = self else { return Err(self) };
        Ok(refusal)
    }

    /// The code in logs and on the command line.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Refused(refusal) => refusal.reason.code(),
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::DeviceRevoked => "DEVICE_REVOKED",
            Self::Store(error) => error.code(),
            Self::LeaseLost => "LEASE_LOST",
            Self::Violations(found) => match found.as_slice() {
                [one] => one.code,
                _ => "FILE_REFUSED",
            },
        }
    }

    /// The error of a step that needs an organisation before the first import.
    #[must_use]
    pub fn no_organisation() -> Self {
        Self::Violations(vec![Violation::error(
            "NO_ORGANISATION",
            "org",
            message!("error-there-no-organisation-yet"),
        )])
    }
}

/// Result of a step.
pub type Result<T> = std::result::Result<T, AppError>;
