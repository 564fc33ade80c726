//! The error type of the phone's engine, with its texts for people.

use crate::client::protocol::HaltReason;
use crate::client::replica::ReplicaError;
use crate::client::runner::RunnerError;
use crate::client::transport::device_key::DeviceKeyError;
use crate::domain::support::clock_fault::duration_text;
use crate::domain::support::lang::Lang;
use crate::domain::support::reason::{FieldError, Refusal, RefusalReason};

/// Why a call of the engine failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The phone has to be enrolled first.
    #[error("this phone is not enrolled")]
    NotEnrolled,
    /// The phone is enrolled for an account. Erase the data before enrolling another one.
    #[error("this phone is enrolled already")]
    AlreadyEnrolled,
    /// The scanned or typed text is not an invitation of this version.
    #[error("{message}")]
    BadInvitation {
        /// What is wrong, in both languages.
        message: String,
    },
    /// The server refused the code: wrong, used, or expired.
    #[error("the enrolment code was refused")]
    CodeRefused {
        /// For logs.
        message: String,
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
    #[error("no connection: {message}")]
    Offline {
        /// Delay before the next attempt, in milliseconds.
        retry_after_ms: u64,
        /// For logs.
        message: String,
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
    #[error("stopped: {reason:?}: {message}")]
    Stopped {
        /// The reason.
        reason: StopReason,
        /// For logs.
        message: String,
    },
    /// The phone had no contact with its authority for too long: its data are hidden but stored.
    /// Sync once.
    #[error("no contact for {days} days: the local data are locked")]
    LeaseExpired {
        /// Length of the lease, in days.
        days: u32,
    },
    /// The local database failed: disk full or file damaged.
    #[error("local storage failed: {message}")]
    Storage {
        /// For logs.
        message: String,
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
pub struct FieldProblem {
    /// Path of the field, as in `changes[2].mine`.
    pub field: String,
    /// Stable code of the problem.
    pub reason: String,
    /// The text in Vietnamese.
    pub text_vi: String,
    /// The text in English.
    pub text_en: String,
}

impl ClientError {
    /// The text for people in Vietnamese: what happened and what to do.
    #[must_use]
    pub fn text_vi(&self) -> String {
        match self {
            Self::NotEnrolled => "Điện thoại chưa đăng ký. Hãy quét mã do quản trị cấp.".into(),
            Self::AlreadyEnrolled => {
                "Điện thoại đã đăng ký cho một người. Hãy xóa dữ liệu trước khi đăng ký lại.".into()
            }
            Self::BadInvitation { .. } => {
                "Mã không đúng dạng. Hãy quét lại hoặc xin mã mới.".into()
            }
            Self::CodeRefused { .. } => {
                "Mã đăng ký không đúng, đã dùng hoặc đã hết hạn. Hãy xin mã mới.".into()
            }
            Self::Refused { reason, .. } => reason_texts(reason).0,
            Self::NotFound { .. } => {
                "Không có trên điện thoại này. Hãy đồng bộ rồi xem lại.".into()
            }
            Self::BadArgument { .. } => {
                "Dữ liệu nhập không đúng dạng. Hãy cập nhật ứng dụng.".into()
            }
            Self::Offline { .. } => {
                "Chưa kết nối được máy chủ. Số liệu đã lưu an toàn và sẽ được gửi sau.".into()
            }
            Self::ClockWrong { by } => clock_texts(*by).0,
            Self::Stopped { reason: why, .. } => why.text_vi().into(),
            Self::LeaseExpired { days } => format!(
                "Đã {days} ngày điện thoại không liên lạc với máy chủ nên dữ liệu tạm khóa. \
                 Phần chưa gửi vẫn được giữ. Hãy kết nối mạng và đồng bộ một lần để mở lại."
            ),
            Self::Storage { .. } => {
                "Không ghi được vào bộ nhớ điện thoại. Hãy kiểm tra dung lượng trống.".into()
            }
            Self::NewerApp => {
                "Dữ liệu do phiên bản ứng dụng mới hơn ghi. Hãy cập nhật ứng dụng.".into()
            }
            Self::PreReleaseSchema { unsent_commands: 0 } => {
                "Dữ liệu do bản thử nghiệm cũ của ứng dụng ghi; không còn lệnh nào chờ gửi. \
                 Hãy xóa dữ liệu rồi đăng ký lại."
                    .into()
            }
            Self::PreReleaseSchema { unsent_commands } => format!(
                "Dữ liệu do bản thử nghiệm cũ của ứng dụng ghi; còn {unsent_commands} lệnh chưa \
                 gửi. Tệp được giữ nguyên. Hãy dùng bản cũ để đồng bộ cho đến khi gửi hết, rồi mới \
                 cập nhật ứng dụng, xóa dữ liệu và đăng ký lại."
            ),
        }
    }

    /// The text for people in English: what happened and what to do.
    #[must_use]
    pub fn text_en(&self) -> String {
        match self {
            Self::NotEnrolled => {
                "This phone is not enrolled. Scan the code that your administrator gives you."
                    .into()
            }
            Self::AlreadyEnrolled => {
                "This phone is enrolled for somebody. Erase its data before enrolling anew.".into()
            }
            Self::BadInvitation { .. } => {
                "This is no enrolment code. Scan again, or ask for a new one.".into()
            }
            Self::CodeRefused { .. } => {
                "The code is wrong, used or expired. Ask for a new one.".into()
            }
            Self::Refused { reason, .. } => reason_texts(reason).1,
            Self::NotFound { .. } => "Not on this phone. Sync, then look again.".into(),
            Self::BadArgument { .. } => {
                "What was typed has not the right form. Update the app.".into()
            }
            Self::Offline { .. } => {
                "No connection yet. What you typed is safe and will be sent later.".into()
            }
            Self::ClockWrong { by } => clock_texts(*by).1,
            Self::Stopped { reason: why, .. } => why.text_en().into(),
            Self::LeaseExpired { days } => format!(
                "This phone has not reached its server for {days} days, so its data are locked. \
                 What is unsent is kept. Connect and sync once to open them again."
            ),
            Self::Storage { .. } => {
                "The phone's storage failed. Check that there is free space.".into()
            }
            Self::NewerApp => "The data were written by a newer app. Update the app.".into(),
            Self::PreReleaseSchema { unsent_commands: 0 } => {
                "The data were written by a pre-release app; no command waits to be sent. \
                 Erase the data and enrol anew."
                    .into()
            }
            Self::PreReleaseSchema { unsent_commands } => format!(
                "The data were written by a pre-release app; commands not sent yet: \
                 {unsent_commands}. The file is unchanged. Sync with the old app until all are \
                 sent, and only then update the app, erase the data and enrol anew."
            ),
        }
    }
}

impl StopReason {
    fn text_vi(self) -> &'static str {
        match self {
            Self::Forked => {
                "Điện thoại này có bản sao đang dùng chung danh tính. Hãy ghi lại phần chưa gửi \
                 rồi đăng ký lại."
            }
            Self::CommandsLost => {
                "Máy chủ cần lệnh cũ mà điện thoại không còn giữ. Hãy báo quản trị."
            }
            Self::EpochConflict => "Có hai máy chủ cùng nhận là chính. Hãy báo quản trị.",
            Self::Superseded => "Máy chủ đã được thay thế. Hãy báo quản trị để có địa chỉ mới.",
            Self::NotAdmitted => "Máy chủ không nhận điện thoại này. Hãy đăng ký lại.",
            Self::Revoked => "Điện thoại đã bị thu hồi; dữ liệu trên máy đã được xóa.",
            Self::ProtocolError => "Ứng dụng và máy chủ không hiểu nhau. Hãy cập nhật ứng dụng.",
        }
    }

    fn text_en(self) -> &'static str {
        match self {
            Self::Forked => {
                "A copy of this phone uses the same identity. Note what is unsent, then enrol anew."
            }
            Self::CommandsLost => {
                "The server needs old commands that this phone no longer has. Tell the operator."
            }
            Self::EpochConflict => "Two servers both claim to be the right one. Tell the operator.",
            Self::Superseded => "The server was superseded. Ask the operator for the new address.",
            Self::NotAdmitted => "The server does not admit this phone. Enrol anew.",
            Self::Revoked => "This phone was revoked; its data have been destroyed.",
            Self::ProtocolError => "App and server do not understand each other. Update the app.",
        }
    }
}

/// Both texts of a wrong clock.
fn clock_texts(by_seconds: i64) -> (String, String) {
    let by = |lang| duration_text(by_seconds.saturating_mul(1_000_000), lang);
    let (vi, en) = if by_seconds < 0 { ("chậm", "behind") } else { ("nhanh", "ahead") };
    (
        format!(
            "Ngày giờ trên điện thoại sai, {vi} ít nhất {}. Hãy đặt lại ngày giờ (nên để \
             tự động), rồi đồng bộ lại. Phần đã nhập vẫn được giữ. Nếu ngày giờ trên điện thoại \
             đúng, hãy báo quản trị: chứng thư của máy chủ có thể đã hết hạn.",
            by(Lang::Vi)
        ),
        format!(
            "The phone's date is wrong: {en} by at least {}. Set the date and time, best \
             to automatic, then sync again. What you typed is kept. If the phone's date is right, \
             tell the operator: the server's certificate may have expired.",
            by(Lang::En)
        ),
    )
}

/// Both texts of a reason; the code itself for a reason of a newer server.
pub(super) fn reason_texts(code: &str) -> (String, String) {
    let known = RefusalReason::from_code(code)
        .map(|reason| (reason.text_vi().to_owned(), reason.text_en().to_owned()));
    known.unwrap_or_else(|| (code.to_owned(), code.to_owned()))
}

/// Builds a field problem with its texts.
pub(super) fn to_field_problem(field: String, code: &str) -> FieldProblem {
    let (text_vi, text_en) = reason_texts(code);
    FieldProblem { field, reason: code.to_owned(), text_vi, text_en }
}

impl From<Refusal> for ClientError {
    fn from(refusal: Refusal) -> Self {
        let Refusal { reason, field_errors: problems } = refusal;
        let problems = problems
            .into_iter()
            .map(|FieldError { field, reason }| to_field_problem(field, reason.code()))
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
                Self::Storage { message: error.to_string() }
            }
        }
    }
}

impl From<DeviceKeyError> for ClientError {
    fn from(error: DeviceKeyError) -> Self {
        Self::Storage { message: error.to_string() }
    }
}

impl From<RunnerError> for ClientError {
    fn from(error: RunnerError) -> Self {
        match error {
            RunnerError::Replica(error) => error.into(),
            RunnerError::RetryLater { after, message } => {
                let retry_after_ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
                Self::Offline { retry_after_ms, message }
            }
            RunnerError::ClockWrong { by_seconds } => Self::ClockWrong { by: by_seconds },
            RunnerError::Halted { halt, message } => Self::Stopped { reason: halt.into(), message },
            RunnerError::NotEnrolled => Self::NotEnrolled,
            RunnerError::AlreadyEnrolled => Self::AlreadyEnrolled,
            RunnerError::BadInvite(bad) => Self::BadInvitation { message: bad.to_string() },
            RunnerError::CodeRefused(message) => Self::CodeRefused { message },
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
