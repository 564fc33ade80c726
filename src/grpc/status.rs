//! One table from errors to statuses: canonical code, one `ErrorInfo`, all field violations, the text for people, when to try again.
//!
//! The texts of refusals are the domain's; those of the transport stand here. Knows no rpc.

use crate::app::AppError;
use crate::domain::broken::Broken;
use crate::domain::lang::Lang;
use crate::domain::reason::{Reason, Refusal};
use crate::domain::target::SyntaxError;
use crate::pb::ErrorReason;
use crate::wire::reasons;
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// When a phone comes back to a server whose disk is full: a person has to act first.
const FULL_AGAIN: Duration = Duration::from_secs(5);

/// The domain of every `ErrorInfo`.
pub const DOMAIN: &str = "thidua";

/// What a call can fail with.
#[derive(Debug)]
pub enum Failure {
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

impl<E: Into<AppError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::App(error.into())
    }
}

impl Failure {
    /// The status, with texts in `lang`.
    #[must_use]
    pub fn status(self, lang: Lang) -> Status {
        match self {
            Self::App(error) => of_app(error, lang),
            Self::CodeRefused => said(ErrorReason::CodeRefused, Code::Unauthenticated, lang),
            Self::BadSignature => said(ErrorReason::BadSignature, Code::Unauthenticated, lang),
            Self::SignInRefused => said(ErrorReason::SignInRefused, Code::Unauthenticated, lang),
            Self::PasswordLength => said(ErrorReason::PasswordLength, Code::InvalidArgument, lang),
            Self::LimitExceeded(limit, maximum) => {
                let facts = [("limit", limit.to_owned()), ("maximum", maximum.to_string())];
                build(ErrorReason::LimitExceeded, Code::ResourceExhausted, lang, &facts, Some(Duration::from_secs(1)))
            }
            Self::RateLimited(limit, delay) => {
                let facts = [("limit", limit.to_owned())];
                build(ErrorReason::RateLimited, Code::ResourceExhausted, lang, &facts, Some(delay))
            }
            Self::Busy => build(ErrorReason::Busy, Code::Unavailable, lang, &[], Some(Duration::from_millis(500))),
            Self::BadPageToken => said(ErrorReason::BadPageToken, Code::InvalidArgument, lang),
            Self::RequestIdReused => said(ErrorReason::RequestIdReused, Code::AlreadyExists, lang),
            Self::BadTarget(field, error) => {
                let text = error.text(lang);
                let mut details = ErrorDetails::new();
                details.add_bad_request_violation(field, text.as_str());
                let facts = [("column", error.column.to_string())];
                finish(ErrorReason::Malformed, Code::InvalidArgument, &text, lang, &facts, details)
            }
            Self::Internal(cause) => {
                tracing::error!(%cause, "internal error");
                said(ErrorReason::Internal, Code::Internal, lang)
            }
        }
    }
}

fn of_app(error: AppError, lang: Lang) -> Status {
    match error {
        AppError::Refused(refusal) => refused(&refusal, lang),
        AppError::Unauthenticated => said(ErrorReason::Unauthenticated, Code::Unauthenticated, lang),
        AppError::DeviceRevoked => said(ErrorReason::DeviceRevoked, Code::Unauthenticated, lang),
        AppError::Store(error) if error.is_superseded() => {
            said(ErrorReason::ServerSuperseded, Code::FailedPrecondition, lang)
        }
        AppError::Store(error) if error.is_full() => {
            tracing::error!(%error, "THE DISK IS FULL: nothing is taken until there is room; phones keep what they have");
            build(ErrorReason::Busy, Code::Unavailable, lang, &[], Some(FULL_AGAIN))
        }
        AppError::Store(error) if error.is_transient() => Failure::Busy.status(lang),
        AppError::Store(error) => Failure::Internal(error.to_string()).status(lang),
        AppError::LeaseLost => Failure::Busy.status(lang),
        AppError::Broken(found) => broken(&found, lang),
    }
}

/// The status of a refusal by the rules, with every field that is wrong.
fn refused(refusal: &Refusal, lang: Lang) -> Status {
    let Refusal { reason, problems } = refusal;
    let mut details = ErrorDetails::new();
    for problem in problems {
        let text = lang.pick(problem.reason.text_vi(), problem.reason.text_en());
        details.add_bad_request_violation(problem.field.as_str(), text);
    }
    let text = lang.pick(reason.text_vi(), reason.text_en());
    finish(reasons::reason(*reason), code(*reason), text, lang, &[], details)
}

/// The status of input that breaks rules of a file or of the organisation.
fn broken(found: &[Broken], lang: Lang) -> Status {
    let mut details = ErrorDetails::new();
    for line in found {
        details.add_bad_request_violation(line.at.as_str(), lang.pick(&*line.vi, &*line.en));
    }
    let reason = Reason::Malformed;
    let text =
        found.first().map_or(lang.pick(reason.text_vi(), reason.text_en()), |line| lang.pick(&*line.vi, &*line.en));
    finish(reasons::reason(reason), Code::FailedPrecondition, text, lang, &[], details)
}

fn code(reason: Reason) -> Code {
    match reason {
        Reason::NotFound => Code::NotFound,
        Reason::Denied | Reason::OwnReport | Reason::AccountElsewhere => Code::PermissionDenied,
        Reason::ContentChanged => Code::Aborted,
        Reason::CommentExists => Code::AlreadyExists,
        Reason::WorkflowForbids
        | Reason::PeriodNotOpen
        | Reason::PeriodClosed
        | Reason::ConflictSettled
        | Reason::HeldSettled
        | Reason::ProposalSettled => Code::FailedPrecondition,
        Reason::UnknownElement
        | Reason::ValueOutOfRange
        | Reason::NotExpected
        | Reason::CellBlank
        | Reason::FormRule
        | Reason::NoteTooLong
        | Reason::NotePersonalData
        | Reason::NothingToDo
        | Reason::TooMany
        | Reason::Malformed
        | Reason::BadId => Code::InvalidArgument,
    }
}

/// The texts of a reason in Vietnamese and English: what happened and what to do. Those of refusals are the domain's.
fn texts(reason: ErrorReason) -> (&'static str, &'static str) {
    match reasons::read_reason(reason.into()) {
        Some(refusal) => (refusal.text_vi(), refusal.text_en()),
        None => own_texts(reason),
    }
}

/// The texts of the transport's own reasons.
#[allow(clippy::wildcard_enum_match_arm, reason = "all other reasons are refusals, whose texts are the domain's")]
fn own_texts(reason: ErrorReason) -> (&'static str, &'static str) {
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
        ErrorReason::BadSignature => {
            ("Chữ ký của thiết bị không hợp lệ. Hãy bắt đầu lại.", "The device's signature does not hold. Begin again.")
        }
        ErrorReason::SignInRefused => (
            "Tài khoản hoặc mật khẩu không đúng. Hãy thử lại; nếu quên, xin quản trị mã mới để đặt lại mật khẩu.",
            "The account or the password is wrong. Try again; if it is forgotten, ask your administrator for a code to set a new one.",
        ),
        ErrorReason::PasswordLength => (
            "Mật khẩu cần từ 15 đến 128 ký tự, không cần ký tự đặc biệt. Hãy chọn một câu dài dễ nhớ.",
            "A password has 15 to 128 characters, whichever. Choose a long sentence that you can remember.",
        ),
        ErrorReason::RateLimited => ("Quá nhiều yêu cầu. Xin thử lại sau.", "Too many requests. Try again as told."),
        ErrorReason::LimitExceeded => ("Vượt giới hạn cho phép. Hãy gửi ít hơn.", "A limit was exceeded. Send less."),
        ErrorReason::Busy => {
            ("Máy chủ đang bận. Xin thử lại sau ít giây.", "The server is busy. Try again in a few seconds.")
        }
        ErrorReason::BadPageToken => {
            ("Mã trang không hợp lệ. Hãy tải lại từ đầu.", "The page token does not fit this request. Begin again.")
        }
        ErrorReason::RequestIdReused => (
            "Mã yêu cầu đã dùng cho nội dung khác. Hãy dùng mã mới.",
            "The request id was used for other content. Use a new one.",
        ),
        ErrorReason::ServerSuperseded => (
            "Máy chủ này đã được thay thế. Hãy dùng địa chỉ kế tiếp; nếu không có, báo quản trị.",
            "This server was superseded. Go to the next address; without one, tell the operator.",
        ),
        ErrorReason::Internal => {
            ("Lỗi máy chủ. Hãy thử lại một lần, rồi báo quản trị.", "The server failed. Try once more, then report it.")
        }
        _ => ("", ""),
    }
}

fn said(reason: ErrorReason, code: Code, lang: Lang) -> Status {
    build(reason, code, lang, &[], None)
}

fn build(reason: ErrorReason, code: Code, lang: Lang, facts: &[(&str, String)], delay: Option<Duration>) -> Status {
    let mut details = ErrorDetails::new();
    if delay.is_some() {
        details.set_retry_info(delay);
    }
    let (vi, en) = texts(reason);
    finish(reason, code, lang.pick(vi, en), lang, facts, details)
}

fn finish(
    reason: ErrorReason,
    code: Code,
    text: &str,
    lang: Lang,
    facts: &[(&str, String)],
    mut details: ErrorDetails,
) -> Status {
    let name = reasons::name(reason);
    let facts: HashMap<String, String> = facts.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    let said: String = facts.iter().map(|(key, value)| format!(" {key}={value}")).collect();
    details.set_error_info(name, DOMAIN, facts);
    details.set_localized_message(lang.as_str(), text);
    Status::with_error_details(code, format!("{name}{said}"), details)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reason::Problem;

    #[test]
    fn a_refusal_names_its_reason_every_field_and_what_to_do_in_the_callers_language() {
        let problem = Problem { field: "changes[2].mine".into(), reason: Reason::ValueOutOfRange };
        let refusal = Refusal { reason: Reason::ValueOutOfRange, problems: vec![problem] };
        for (lang, word) in [(Lang::Vi, "khoảng"), (Lang::En, "range")] {
            let status = Failure::App(refusal.clone().into()).status(lang);
            let details = status.get_error_details();
            assert_eq!(status.code(), Code::InvalidArgument);
            assert_eq!(details.error_info().unwrap().reason, "VALUE_OUT_OF_RANGE");
            assert_eq!(details.bad_request().unwrap().field_violations[0].field, "changes[2].mine");
            assert!(details.localized_message().unwrap().message.contains(word));
        }
    }

    #[test]
    fn absent_and_out_of_sight_are_one_answer() {
        let out_of_sight = AppError::from(crate::domain::permission::Denied::OutOfSight);
        let absent = AppError::from(Reason::NotFound);
        let [a, b] = [out_of_sight, absent].map(|error| Failure::App(error).status(Lang::Vi));
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
            let (vi, en) = texts(reason);
            assert!(!vi.is_empty() && !en.is_empty(), "{reason:?}");
        }
    }
}
