//! One table from errors to statuses: canonical code, one `ErrorInfo`, all field violations, the text for people, when to try again.
//!
//! The texts of refusals are the domain's; those of the transport stand here. Knows no rpc.

use crate::app::AppError;
use crate::domain::lang::Lang;
use crate::domain::reason::{Refusal, RefusalReason};
use crate::domain::target_rule::SyntaxError;
use crate::domain::violation::Violation;
use crate::pb::ErrorReason;
use crate::wire::reasons;
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// When a phone comes back to a server whose disk is full: a person has to act first.
const DISK_FULL_RETRY: Duration = Duration::from_secs(5);

/// The domain of every `ErrorInfo`.
pub const ERROR_DOMAIN: &str = "thidua";

/// What a call can fail with.
#[derive(Debug)]
pub enum RpcError {
    /// A step of the application failed.
    App(AppError),
    /// The enrolment code is unknown, used or expired.
    CodeRefused,
    /// A signature does not hold.
    BadSignature,
    /// The account or the password is wrong.
    SignInRefused,
    /// The password is too short or too long.
    PasswordLength,
    /// A limit with this name was exceeded; trying again as it is does not help.
    LimitExceeded(&'static str, u64),
    /// Too many requests of this kind; after so long they are welcome.
    RateLimited(&'static str, Duration),
    /// The server is busy or going down.
    Busy,
    /// The page token does not belong to this request.
    BadPageToken,
    /// The request id was used for something else.
    RequestIdReused,
    /// A target's text in this field cannot be read.
    BadTarget(&'static str, SyntaxError),
    /// The server itself failed; the text is for its log only.
    Internal(String),
}

impl<E: Into<AppError>> From<E> for RpcError {
    fn from(error: E) -> Self {
        Self::App(error.into())
    }
}

impl RpcError {
    /// The status, with texts in `lang`.
    #[must_use]
    pub fn into_status(self, lang: Lang) -> Status {
        match self {
            Self::App(error) => app_error_to_status(error, lang),
            Self::CodeRefused => {
                build_plain_status(ErrorReason::CodeRefused, Code::Unauthenticated, lang)
            }
            Self::BadSignature => {
                build_plain_status(ErrorReason::BadSignature, Code::Unauthenticated, lang)
            }
            Self::SignInRefused => {
                build_plain_status(ErrorReason::SignInRefused, Code::Unauthenticated, lang)
            }
            Self::PasswordLength => {
                build_plain_status(ErrorReason::PasswordLength, Code::InvalidArgument, lang)
            }
            Self::LimitExceeded(limit, maximum) => {
                let metadata = [("limit", limit.to_owned()), ("maximum", maximum.to_string())];
                build_status(
                    ErrorReason::LimitExceeded,
                    Code::ResourceExhausted,
                    lang,
                    &metadata,
                    Some(Duration::from_secs(1)),
                )
            }
            Self::RateLimited(limit, delay) => {
                let metadata = [("limit", limit.to_owned())];
                build_status(
                    ErrorReason::RateLimited,
                    Code::ResourceExhausted,
                    lang,
                    &metadata,
                    Some(delay),
                )
            }
            Self::Busy => build_status(
                ErrorReason::Busy,
                Code::Unavailable,
                lang,
                &[],
                Some(Duration::from_millis(500)),
            ),
            Self::BadPageToken => {
                build_plain_status(ErrorReason::BadPageToken, Code::InvalidArgument, lang)
            }
            Self::RequestIdReused => {
                build_plain_status(ErrorReason::RequestIdReused, Code::AlreadyExists, lang)
            }
            Self::BadTarget(field, error) => {
                let text = error.text(lang);
                let mut details = ErrorDetails::new();
                details.add_bad_request_violation(field, text.as_str());
                let metadata = [("column", error.column.to_string())];
                build_status_with_details(
                    ErrorReason::Malformed,
                    Code::InvalidArgument,
                    &text,
                    lang,
                    &metadata,
                    details,
                )
            }
            Self::Internal(cause) => {
                tracing::error!(%cause, "internal error");
                build_plain_status(ErrorReason::Internal, Code::Internal, lang)
            }
        }
    }
}

fn app_error_to_status(error: AppError, lang: Lang) -> Status {
    match error {
        AppError::Refused(refusal) => refusal_to_status(&refusal, lang),
        AppError::Unauthenticated => {
            build_plain_status(ErrorReason::Unauthenticated, Code::Unauthenticated, lang)
        }
        AppError::DeviceRevoked => {
            build_plain_status(ErrorReason::DeviceRevoked, Code::Unauthenticated, lang)
        }
        AppError::Store(error) if error.is_superseded() => {
            build_plain_status(ErrorReason::ServerSuperseded, Code::FailedPrecondition, lang)
        }
        AppError::Store(error) if error.is_storage_full() => {
            tracing::error!(%error, "THE DISK IS FULL: nothing is taken until there is room; phones keep what they have");
            build_status(ErrorReason::Busy, Code::Unavailable, lang, &[], Some(DISK_FULL_RETRY))
        }
        AppError::Store(error) if error.is_transient() => RpcError::Busy.into_status(lang),
        AppError::Store(error) => RpcError::Internal(error.to_string()).into_status(lang),
        AppError::LeaseLost => RpcError::Busy.into_status(lang),
        AppError::Violations(found) => violations_to_status(&found, lang),
    }
}

/// The status of a refusal by the rules, with every field that is wrong.
fn refusal_to_status(refusal: &Refusal, lang: Lang) -> Status {
    let Refusal { reason, field_errors: problems } = refusal;
    let mut details = ErrorDetails::new();
    for problem in problems {
        let text = lang.pick(problem.reason.text_vi(), problem.reason.text_en());
        details.add_bad_request_violation(problem.field.as_str(), text);
    }
    let text = lang.pick(reason.text_vi(), reason.text_en());
    build_status_with_details(
        reasons::reason_to_proto(*reason),
        reason_to_code(*reason),
        text,
        lang,
        &[],
        details,
    )
}

/// The status of input that breaks rules of a file or of the organisation.
fn violations_to_status(found: &[Violation], lang: Lang) -> Status {
    let mut details = ErrorDetails::new();
    for line in found {
        details.add_bad_request_violation(line.path.as_str(), lang.pick(&*line.vi, &*line.en));
    }
    let reason = RefusalReason::Malformed;
    let text = found.first().map_or(lang.pick(reason.text_vi(), reason.text_en()), |line| {
        lang.pick(&*line.vi, &*line.en)
    });
    build_status_with_details(
        reasons::reason_to_proto(reason),
        Code::FailedPrecondition,
        text,
        lang,
        &[],
        details,
    )
}

fn reason_to_code(reason: RefusalReason) -> Code {
    match reason {
        RefusalReason::NotFound => Code::NotFound,
        RefusalReason::Denied | RefusalReason::OwnReport | RefusalReason::AccountElsewhere => {
            Code::PermissionDenied
        }
        RefusalReason::ContentChanged => Code::Aborted,
        RefusalReason::CommentExists => Code::AlreadyExists,
        RefusalReason::WorkflowForbids
        | RefusalReason::PeriodNotOpen
        | RefusalReason::PeriodClosed
        | RefusalReason::ConflictSettled
        | RefusalReason::HeldSettled
        | RefusalReason::ProposalSettled => Code::FailedPrecondition,
        RefusalReason::UnknownElement
        | RefusalReason::ValueOutOfRange
        | RefusalReason::NotExpected
        | RefusalReason::CellBlank
        | RefusalReason::FormRule
        | RefusalReason::NoteTooLong
        | RefusalReason::NotePersonalData
        | RefusalReason::NothingToDo
        | RefusalReason::TooMany
        | RefusalReason::Malformed
        | RefusalReason::BadId => Code::InvalidArgument,
    }
}

/// The texts of a reason in Vietnamese and English: what happened and what to do. Those of refusals are the domain's.
fn find_texts(reason: ErrorReason) -> (&'static str, &'static str) {
    match reasons::reason_from_proto(reason.into()) {
        Some(refusal) => (refusal.text_vi(), refusal.text_en()),
        None => find_transport_texts(reason),
    }
}

/// The texts of the transport's own reasons.
#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "all other reasons are refusals, whose texts are the domain's"
)]
fn find_transport_texts(reason: ErrorReason) -> (&'static str, &'static str) {
    match reason {
        ErrorReason::Unauthenticated => (
            "Chưa đăng nhập hoặc phiên đã hết hạn. Hãy gia hạn rồi thử lại.",
            "Not signed in, or the token has expired. Renew it, then try again.",
        ),
        ErrorReason::DeviceRevoked => (
            "Thiết bị đã bị thu hồi. Hãy xóa dữ liệu trên máy và liên hệ quản trị.",
            "This device was revoked. Its local data must go; ask your administrator.",
        ),
        ErrorReason::CodeRefused => (
            "Mã đăng ký không đúng, đã dùng hoặc đã hết hạn. Hãy xin mã mới.",
            "The enrolment code is wrong, used or expired. Ask for a new one.",
        ),
        ErrorReason::BadSignature => (
            "Chữ ký của thiết bị không hợp lệ. Hãy bắt đầu lại.",
            "The device's signature does not hold. Begin again.",
        ),
        ErrorReason::SignInRefused => (
            "Tài khoản hoặc mật khẩu không đúng. Hãy thử lại; nếu quên, xin quản trị mã mới để đặt lại mật khẩu.",
            "The account or the password is wrong. Try again; if it is forgotten, ask your administrator for a code to set a new one.",
        ),
        ErrorReason::PasswordLength => (
            "Mật khẩu cần từ 15 đến 128 ký tự, không cần ký tự đặc biệt. Hãy chọn một câu dài dễ nhớ.",
            "A password has 15 to 128 characters, whichever. Choose a long sentence that you can remember.",
        ),
        ErrorReason::RateLimited => {
            ("Quá nhiều yêu cầu. Xin thử lại sau.", "Too many requests. Try again as told.")
        }
        ErrorReason::LimitExceeded => {
            ("Vượt giới hạn cho phép. Hãy gửi ít hơn.", "A limit was exceeded. Send less.")
        }
        ErrorReason::Busy => (
            "Máy chủ đang bận. Xin thử lại sau ít giây.",
            "The server is busy. Try again in a few seconds.",
        ),
        ErrorReason::BadPageToken => (
            "Mã trang không hợp lệ. Hãy tải lại từ đầu.",
            "The page token does not fit this request. Begin again.",
        ),
        ErrorReason::RequestIdReused => (
            "Mã yêu cầu đã dùng cho nội dung khác. Hãy dùng mã mới.",
            "The request id was used for other content. Use a new one.",
        ),
        ErrorReason::ServerSuperseded => (
            "Máy chủ này đã được thay thế. Hãy dùng địa chỉ kế tiếp; nếu không có, báo quản trị.",
            "This server was superseded. Go to the next address; without one, tell the operator.",
        ),
        ErrorReason::Internal => (
            "Lỗi máy chủ. Hãy thử lại một lần, rồi báo quản trị.",
            "The server failed. Try once more, then report it.",
        ),
        _ => ("", ""),
    }
}

fn build_plain_status(reason: ErrorReason, code: Code, lang: Lang) -> Status {
    build_status(reason, code, lang, &[], None)
}

fn build_status(
    reason: ErrorReason,
    code: Code,
    lang: Lang,
    metadata: &[(&str, String)],
    delay: Option<Duration>,
) -> Status {
    let mut details = ErrorDetails::new();
    if delay.is_some() {
        details.set_retry_info(delay);
    }
    let (vi, en) = find_texts(reason);
    build_status_with_details(reason, code, lang.pick(vi, en), lang, metadata, details)
}

fn build_status_with_details(
    reason: ErrorReason,
    code: Code,
    text: &str,
    lang: Lang,
    metadata: &[(&str, String)],
    mut details: ErrorDetails,
) -> Status {
    let name = reasons::error_reason_name(reason);
    let metadata: HashMap<String, String> =
        metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    let said: String = metadata.iter().map(|(key, value)| format!(" {key}={value}")).collect();
    details.set_error_info(name, ERROR_DOMAIN, metadata);
    details.set_localized_message(lang.as_str(), text);
    Status::with_error_details(code, format!("{name}{said}"), details)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reason::FieldError;

    #[test]
    fn a_refusal_names_its_reason_every_field_and_what_to_do_in_the_callers_language() {
        let problem =
            FieldError { field: "changes[2].mine".into(), reason: RefusalReason::ValueOutOfRange };
        let refusal =
            Refusal { reason: RefusalReason::ValueOutOfRange, field_errors: vec![problem] };
        for (lang, word) in [(Lang::Vi, "khoảng"), (Lang::En, "range")] {
            let status = RpcError::App(refusal.clone().into()).into_status(lang);
            let details = status.get_error_details();
            assert_eq!(status.code(), Code::InvalidArgument);
            assert_eq!(details.error_info().unwrap().reason, "VALUE_OUT_OF_RANGE");
            assert_eq!(details.bad_request().unwrap().field_violations[0].field, "changes[2].mine");
            assert!(details.localized_message().unwrap().message.contains(word));
        }
    }

    #[test]
    fn absent_and_out_of_sight_are_one_answer() {
        let out_of_sight =
            AppError::from(crate::domain::permission::AuthorizationError::NotVisible);
        let absent = AppError::from(RefusalReason::NotFound);
        let [a, b] = [out_of_sight, absent].map(|error| RpcError::App(error).into_status(Lang::Vi));
        assert_eq!((a.code(), a.message(), a.details()), (b.code(), b.message(), b.details()));
    }

    #[test]
    fn every_reason_of_the_contract_has_both_texts() {
        for number in 1..=111 {
            let Ok(reason) = ErrorReason::try_from(number) else { continue };
            // Said by a part that does not exist yet: masks.
            if matches!(reason, ErrorReason::Stale) {
                continue;
            }
            let (vi, en) = find_texts(reason);
            assert!(!vi.is_empty() && !en.is_empty(), "{reason:?}");
        }
    }
}
