//! What a step can answer besides success. Refusals are values of the game; trouble is what lies outside it.

use crate::domain::broken::Broken;
use crate::domain::permission::Denied;
use crate::domain::reason::{Reason, Refusal};
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
    #[error("{}", first_of(.0))]
    Broken(Vec<Broken>),
}

/// The first broken rule in its words, and how many more there are: the rest is for whoever sent the file, not for a line of the log.
fn first_of(broken: &[Broken]) -> String {
    match broken {
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

impl From<Reason> for AppError {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason.into())
    }
}

impl From<Denied> for AppError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::OutOfSight => Reason::NotFound.into(),
            Denied::Forbidden(_) => Reason::Denied.into(),
            Denied::Elsewhere(_) => Reason::AccountElsewhere.into(),
        }
    }
}

impl AppError {
    /// What is said while no organisation is there yet.
    #[must_use]
    pub fn no_organisation() -> Self {
        Self::Broken(vec![Broken::refuses(
            "NO_ORGANISATION",
            "org",
            "Chưa có tổ chức. Hãy chạy `thidua org import` trước.",
            "There is no organisation yet. Run `thidua org import` first.",
        )])
    }
}

/// Result of a step.
pub type Result<T> = std::result::Result<T, AppError>;
