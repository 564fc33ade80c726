//! The error type of the phone's engine, with its texts for people.

use crate::client::device_key::DeviceKeyError;
use crate::client::protocol::HaltReason;
use crate::client::replica::ReplicaError;
use crate::client::runner::RunnerError;
use crate::domain::support::clock_fault::duration_message;
use crate::domain::support::message::{Message, message};
use crate::domain::support::reason::{FieldError, Refusal, RefusalReason};
use crate::i18n::Lang;

/// Why a call of the engine failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "bindings", derive(uniffi::Error))]
pub enum ClientError {
    /// The phone has to be enrolled first.
    #[error("this phone is not enrolled")]
    NotEnrolled,
    /// The phone is enrolled for an account. Erase the data before enrolling another one.
    #[error("this phone is enrolled already")]
    AlreadyEnrolled,
    /// The scanned or typed text is not an invitation of this version.
    #[error("{detail}")]
    BadInvitation {
        /// For logs.
        detail: String,
    },
    /// The server refused the code: wrong, used, or expired.
    #[error("the enrolment code was refused")]
    CodeRefused {
        /// For logs.
        detail: String,
    },
    /// A rule refuses the input; nothing was written.
    #[error("refused: {reason}")]
    Refused {
        /// Stable code, as in `VALUE_OUT_OF_RANGE`.
        reason: String,
        /// Every field that is wrong.
        problems: Vec<FieldProblem>,
    },
    /// The phone has no such object. Sync, then try again.
    #[error("no such {what} on this phone")]
    NotFound {
        /// The kind of object, as in `report`.
        what: String,
    },
    /// An argument does not have the required form.
    #[error("not a valid {what}")]
    BadArgument {
        /// The argument, as in `report_id`.
        what: String,
    },
    /// No server answered, or none had capacity. The input is stored in the outbox.
    #[error("no connection: {detail}")]
    Offline {
        /// Delay before the next attempt, in milliseconds.
        retry_after_ms: u64,
        /// For logs.
        detail: String,
    },
    /// The phone's clock is wrong. From a call: by this clock the server's certificate is not
    /// valid, and nothing was sent. From a query of due reports: nothing is due around the date of
    /// this clock, which is not the date of the server.
    #[error("the phone's clock is wrong by {by} s")]
    ClockWrong {
        /// Seconds by which it is wrong at least: positive if it is ahead.
        by: i64,
    },
    /// Sync stopped and does not continue without a person's action.
    #[error("stopped: {reason:?}: {detail}")]
    Stopped {
        /// The reason.
        reason: StopReason,
        /// For logs.
        detail: String,
    },
    /// The phone had no contact with its authority for too long: its data are hidden but stored.
    /// Sync once.
    #[error("no contact for {days} days: the local data are locked")]
    LeaseExpired {
        /// Length of the lease, in days.
        days: u32,
    },
    /// No server has given this phone the key that seals exported commands. Sync once.
    #[error("no key for exported commands yet")]
    NoExportKey,
    /// The phone's key, which its signer keeps, cannot be used: it is locked or gone, or the phone
    /// was opened without the signer.
    #[error("the device's key cannot be used: {detail}")]
    DeviceKey {
        /// For logs.
        detail: String,
    },
    /// The local database failed: disk full or file damaged.
    #[error("local storage failed: {detail}")]
    Storage {
        /// For logs.
        detail: String,
    },
    /// The local database was written by a newer app.
    #[error("the local data are of a newer app")]
    NewerApp,
    /// The local database is of the pre-release line, which this app cannot read or upgrade. The
    /// file is not changed. Send the outbox with the old app, then erase and enrol again.
    #[error("the local data are of a pre-release app; {unsent_commands} commands are unsent")]
    PreReleaseSchema {
        /// Commands in the outbox of the old file that no server has answered.
        unsent_commands: u32,
    },
}

/// Why sync stopped, and what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Enum))]
pub enum StopReason {
    /// Two phones used one identity: a clone or a restored backup. Write down the unsent commands,
    /// erase, enrol again.
    Forked,
    /// The server requests commands that this phone no longer has. Inform the operator.
    CommandsLost,
    /// Two epochs have the same number. Inform the operator.
    EpochConflict,
    /// All known servers were superseded. Inform the operator.
    Superseded,
    /// The server does not know this phone. Enrol again.
    NotAdmitted,
    /// The phone was revoked; its local data were deleted.
    Revoked,
    /// Phone and server use incompatible protocols. Update the app.
    ProtocolError,
}

/// A wrong field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
pub struct FieldProblem {
    /// Path of the field, as in `changes[2].mine`.
    pub field: String,
    /// Code of the element that it is about, if it is about a cell.
    pub element: Option<String>,
    /// Stable code of the problem.
    pub reason: String,
}

impl FieldProblem {
    /// What is wrong and what to do.
    #[must_use]
    pub fn message(&self) -> Message {
        reason_message(&self.reason)
    }
}

impl ClientError {
    /// The stable code; of a refusal its reason.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::NotEnrolled => "NOT_ENROLLED",
            Self::AlreadyEnrolled => "ALREADY_ENROLLED",
            Self::BadInvitation { .. } => "BAD_INVITATION",
            Self::CodeRefused { .. } => "CODE_REFUSED",
            Self::Refused { reason, .. } => reason,
            Self::NotFound { .. } => "NOT_FOUND",
            Self::BadArgument { .. } => "BAD_ARGUMENT",
            Self::Offline { .. } => "OFFLINE",
            Self::ClockWrong { .. } => "CLOCK",
            Self::Stopped { .. } => "STOPPED",
            Self::LeaseExpired { .. } => "LEASE_OVER",
            Self::NoExportKey => "NO_EXPORT_KEY",
            Self::DeviceKey { .. } => "DEVICE_KEY",
            Self::Storage { .. } => "STORAGE",
            Self::NewerApp => "NEWER_APP",
            Self::PreReleaseSchema { .. } => "PRE_RELEASE_SCHEMA",
        }
    }

    /// What happened and what to do.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::NotEnrolled => message!("client-error-not-enrolled"),
            Self::AlreadyEnrolled => message!("client-error-already-enrolled"),
            Self::BadInvitation { .. } => message!("client-error-bad-invitation"),
            Self::CodeRefused { .. } => message!("client-error-code-refused"),
            Self::Refused { reason, .. } => reason_message(reason),
            Self::NotFound { .. } => message!("client-error-not-found"),
            Self::BadArgument { .. } => message!("client-error-bad-argument"),
            Self::Offline { .. } => message!("client-error-offline"),
            Self::ClockWrong { by } => clock_message(*by),
            Self::Stopped { reason: why, .. } => why.message(),
            Self::LeaseExpired { days } => message!("client-error-lease-expired", days),
            Self::NoExportKey => message!("client-error-no-export-key"),
            Self::DeviceKey { .. } => message!("client-error-device-key"),
            Self::Storage { .. } => message!("client-error-storage"),
            Self::NewerApp => message!("client-error-newer-app"),
            Self::PreReleaseSchema { unsent_commands: 0 } => {
                message!("client-error-pre-release-schema-all-sent")
            }
            Self::PreReleaseSchema { unsent_commands } => {
                message!("client-error-pre-release-schema", unsent_commands)
            }
        }
    }

    /// The same with the element of each wrong field that `element_of` knows.
    pub(super) fn with_elements(self, element_of: impl Fn(&str) -> Option<String>) -> Self {
        let Self::Refused { reason, problems } = self else { return self };
        let named = |problem: FieldProblem| FieldProblem {
            element: element_of(&problem.field).or(problem.element),
            ..problem
        };
        Self::Refused { reason, problems: problems.into_iter().map(named).collect() }
    }

    /// What happened and what to do, in a language.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        self.message().text(lang)
    }
}

impl StopReason {
    fn message(self) -> Message {
        match self {
            Self::Forked => message!("sync-stop-forked"),
            Self::CommandsLost => message!("sync-stop-commands-lost"),
            Self::EpochConflict => message!("sync-stop-epoch-conflict"),
            Self::Superseded => message!("sync-stop-superseded"),
            Self::NotAdmitted => message!("sync-stop-not-admitted"),
            Self::Revoked => message!("sync-stop-revoked"),
            Self::ProtocolError => message!("sync-stop-protocol-error"),
        }
    }
}

/// The message of a clock that is ahead by so many seconds, or behind if negative.
fn clock_message(by_seconds: i64) -> Message {
    let by = duration_message(by_seconds.saturating_mul(1_000_000));
    if by_seconds < 0 {
        message!("client-error-clock-behind", by => by)
    } else {
        message!("client-error-clock-ahead", by => by)
    }
}

/// The message of a reason; the code itself for a reason of a newer server.
pub(super) fn reason_message(code: &str) -> Message {
    RefusalReason::from_code(code).map_or_else(|| Message::verbatim(code), RefusalReason::message)
}

impl From<Refusal> for ClientError {
    fn from(refusal: Refusal) -> Self {
        let Refusal { reason, field_errors: problems } = refusal;
        let problems = problems
            .into_iter()
            .map(|FieldError { field, reason }| FieldProblem {
                field,
                element: None,
                reason: reason.code().to_owned(),
            })
            .collect();
        Self::Refused { reason: reason.code().to_owned(), problems }
    }
}

impl From<ReplicaError> for ClientError {
    fn from(error: ReplicaError) -> Self {
        match error {
            ReplicaError::NewerSchema(_) => Self::NewerApp,
            ReplicaError::PreReleaseSchema { unsent_commands } => Self::PreReleaseSchema {
                unsent_commands: u32::try_from(unsent_commands).unwrap_or(u32::MAX),
            },
            ReplicaError::Database(_) | ReplicaError::Damaged(_) => {
                Self::Storage { detail: error.to_string() }
            }
        }
    }
}

impl From<DeviceKeyError> for ClientError {
    fn from(error: DeviceKeyError) -> Self {
        let detail = error.to_string();
        match error {
            DeviceKeyError::Unusable => Self::Storage { detail },
            DeviceKeyError::NoSigner | DeviceKeyError::BadSignature | DeviceKeyError::Signer(_) => {
                Self::DeviceKey { detail }
            }
        }
    }
}

impl From<RunnerError> for ClientError {
    fn from(error: RunnerError) -> Self {
        match error {
            RunnerError::Replica(error) => error.into(),
            RunnerError::RetryLater { after, message } => {
                let retry_after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
                Self::Offline { retry_after_ms, detail: message }
            }
            RunnerError::ClockWrong { by_seconds } => Self::ClockWrong { by: by_seconds },
            RunnerError::Halted { halt, message } => {
                Self::Stopped { reason: halt.into(), detail: message }
            }
            RunnerError::NotEnrolled => Self::NotEnrolled,
            RunnerError::AlreadyEnrolled => Self::AlreadyEnrolled,
            RunnerError::Invite(bad) => Self::BadInvitation { detail: bad.to_string() },
            RunnerError::Refused { reason } => Self::Refused { reason, problems: Vec::new() },
            RunnerError::CodeRefused(detail) => Self::CodeRefused { detail },
            RunnerError::DeviceKey(error) => error.into(),
        }
    }
}

impl From<HaltReason> for StopReason {
    fn from(halt: HaltReason) -> Self {
        match halt {
            HaltReason::Forked(_) => Self::Forked,
            HaltReason::CommandsLost(_) => Self::CommandsLost,
            HaltReason::EpochConflict => Self::EpochConflict,
            HaltReason::Superseded => Self::Superseded,
            HaltReason::NotAdmitted => Self::NotAdmitted,
            HaltReason::Revoked => Self::Revoked,
            HaltReason::ProtocolError => Self::ProtocolError,
        }
    }
}
