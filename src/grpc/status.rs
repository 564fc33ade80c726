//! Converts errors into gRPC statuses: a canonical code, one `ErrorInfo`, all field violations, a
//! localized message, and a retry delay.
//!
//! The texts are in the catalogue: refusals under `refusal`, transport errors under `status`.

use crate::app::AppError;
use crate::domain::support::limits::RECORD_BYTES_MAX;
use crate::domain::support::message::{Message, message};
use crate::domain::support::reason::{Refusal, RefusalReason};
use crate::domain::support::violation::Violation;
use crate::domain::target_rule::SyntaxError;
use crate::i18n::Lang;
use crate::pb::ErrorReason;
use crate::wire::reasons;
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// Retry delay while the server's disk is full: an operator has to act first.
const DISK_FULL_RETRY: Duration = Duration::from_secs(5);

/// Most codes of violations that a status names.
const VIOLATION_CODES_MAX: usize = 20;

/// The `domain` of every `ErrorInfo`.
pub const ERROR_DOMAIN: &str = "thidua";

/// The ways in which a call can fail.
#[derive(Debug)]
pub enum RpcError {
    /// The application returned an error.
    App(AppError),
    /// The enrolment code is unknown, used or expired.
    CodeRefused,
    /// A signature is invalid.
    BadSignature,
    /// The account or the password is wrong.
    SignInRefused,
    /// The password is too short or too long.
    PasswordLength,
    /// The limit of this name and value was exceeded; a retry of the same request does not help.
    LimitExceeded(&'static str, u64),
    /// Too many requests of this kind; the caller may retry after this delay.
    RateLimited(&'static str, Duration),
    /// The server is busy or shutting down.
    Busy,
    /// The page token does not belong to this request.
    BadPageToken,
    /// The request id was used for something else.
    RequestIdReused,
    /// The target text in this field has a syntax error.
    BadTarget(&'static str, SyntaxError),
    /// The JSON body of a Connect call does not fit its message; what, with line and column.
    BadJson(String),
    /// The server failed; the text goes to its log only.
    Internal(String),
}

impl<E: Into<AppError>> From<E> for RpcError {
    fn from(error: E) -> Self {
        Self::App(error.into())
    }
}

impl RpcError {
    /// Converts the error into a status with texts in `lang`.
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
            Self::LimitExceeded(limit, maximum) => limit_exceeded_status(limit, maximum, lang),
            Self::RateLimited(limit, delay) => rate_limited_status(limit, delay, lang),
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
            Self::BadTarget(field, error) => bad_target_status(field, &error, lang),
            Self::BadJson(error) => bad_json_status(&error, lang),
            Self::Internal(cause) => {
                tracing::error!(%cause, "internal error");
                build_plain_status(ErrorReason::Internal, Code::Internal, lang)
            }
        }
    }
}

fn limit_exceeded_status(limit: &str, maximum: u64, lang: Lang) -> Status {
    let metadata = [("limit", limit.to_owned()), ("maximum", maximum.to_string())];
    let delay = Some(Duration::from_secs(1));
    build_status(ErrorReason::LimitExceeded, Code::ResourceExhausted, lang, &metadata, delay)
}

fn rate_limited_status(limit: &str, delay: Duration, lang: Lang) -> Status {
    let metadata = [("limit", limit.to_owned())];
    build_status(ErrorReason::RateLimited, Code::ResourceExhausted, lang, &metadata, Some(delay))
}

/// The status of a target text with a syntax error: the field, the text and the column.
fn bad_target_status(field: &str, error: &SyntaxError, lang: Lang) -> Status {
    let text = error.message().text(lang);
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

/// The status of a JSON body that does not fit its message.
fn bad_json_status(error: &str, lang: Lang) -> Status {
    let text = message!("status-bad-json", error).text(lang);
    build_status_with_details(
        ErrorReason::Malformed,
        Code::InvalidArgument,
        &text,
        lang,
        &[("json", error.to_owned())],
        ErrorDetails::new(),
    )
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
        AppError::Store(error) if error.is_record_too_large() => {
            limit_exceeded_status("record_bytes", RECORD_BYTES_MAX as u64, lang)
        }
        AppError::Store(error) if error.is_transient() => RpcError::Busy.into_status(lang),
        AppError::Store(error) => RpcError::Internal(error.to_string()).into_status(lang),
        AppError::LeaseLost => RpcError::Busy.into_status(lang),
        AppError::Violations(found) => violations_to_status(&found, lang),
    }
}

/// Converts a refusal into a status with every invalid field.
fn refusal_to_status(refusal: &Refusal, lang: Lang) -> Status {
    let Refusal { reason, field_errors: problems } = refusal;
    let mut details = ErrorDetails::new();
    for problem in problems {
        let text = problem.reason.message().text(lang);
        details.add_bad_request_violation(problem.field.as_str(), text);
    }
    let text = reason.message().text(lang);
    build_status_with_details(
        reasons::reason_to_proto(*reason),
        reason_to_code(*reason),
        &text,
        lang,
        &[],
        details,
    )
}

/// Converts violations of a file or of the organisation into a status.
fn violations_to_status(found: &[Violation], lang: Lang) -> Status {
    let mut details = ErrorDetails::new();
    for line in found {
        details.add_bad_request_violation(line.path.as_str(), line.message.text(lang));
    }
    let reason = RefusalReason::Malformed;
    let text = found.first().map_or_else(|| reason.message(), |line| line.message.clone());
    let codes: Vec<&str> = found.iter().take(VIOLATION_CODES_MAX).map(|line| line.code).collect();
    build_status_with_details(
        reasons::reason_to_proto(reason),
        Code::FailedPrecondition,
        &text.text(lang),
        lang,
        &[("violations", codes.join(","))],
        details,
    )
}

fn reason_to_code(reason: RefusalReason) -> Code {
    match reason {
        RefusalReason::NotFound => Code::NotFound,
        RefusalReason::SecondFactorRequired
        | RefusalReason::SecondFactorWrong
        | RefusalReason::SecondFactorNotEnrolled => Code::Unauthenticated,
        RefusalReason::Denied
        | RefusalReason::OwnReport
        | RefusalReason::SecondPerson
        | RefusalReason::OwnUnit
        | RefusalReason::AccountElsewhere => Code::PermissionDenied,
        RefusalReason::ContentChanged => Code::Aborted,
        RefusalReason::CommentExists => Code::AlreadyExists,
        RefusalReason::WorkflowForbids
        | RefusalReason::PeriodNotOpen
        | RefusalReason::PeriodNotOver
        | RefusalReason::PeriodClosed
        | RefusalReason::ConflictSettled
        | RefusalReason::HeldSettled
        | RefusalReason::NotMissing
        | RefusalReason::ProposalSettled => Code::FailedPrecondition,
        RefusalReason::UnknownElement
        | RefusalReason::ValueOutOfRange
        | RefusalReason::NotExpected
        | RefusalReason::CellBlank
        | RefusalReason::StockUnsaid
        | RefusalReason::ReportTwice
        | RefusalReason::FormRule
        | RefusalReason::NoteTooLong
        | RefusalReason::NotePersonalData
        | RefusalReason::NothingToDo
        | RefusalReason::TooMany
        | RefusalReason::Malformed
        | RefusalReason::BadId
        | RefusalReason::ControlCharacter
        | RefusalReason::TextTooLong => Code::InvalidArgument,
    }
}

/// The message of a reason: what happened and what to do. The transport's own reasons have theirs
/// under `status`, the others are refusals of the domain.
fn reason_message(reason: ErrorReason) -> Message {
    let own = || Message::of_code("status", reasons::error_reason_name(reason));
    reasons::reason_from_proto(reason.into()).map_or_else(own, RefusalReason::message)
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
    let text = reason_message(reason).text(lang);
    build_status_with_details(reason, code, &text, lang, metadata, details)
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
    let suffix: String = metadata.iter().map(|(key, value)| format!(" {key}={value}")).collect();
    details.set_error_info(name, ERROR_DOMAIN, metadata);
    details.set_localized_message(lang.as_str(), text);
    Status::with_error_details(code, format!("{name}{suffix}"), details)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::support::reason::FieldError;

    #[test]
    fn a_refusal_names_its_reason_every_field_and_what_to_do_in_the_callers_language() {
        let problem =
            FieldError { field: "changes[2].mine".into(), reason: RefusalReason::ValueOutOfRange };
        let refusal =
            Refusal { reason: RefusalReason::ValueOutOfRange, field_errors: vec![problem] };
        for (lang, word) in [(Lang::VI, "khoảng"), (Lang::EN, "range")] {
            let status = RpcError::App(refusal.clone().into()).into_status(lang);
            let details = status.get_error_details();
            assert_eq!(status.code(), Code::InvalidArgument);
            assert_eq!(details.error_info().unwrap().reason, "VALUE_OUT_OF_RANGE");
            assert_eq!(details.bad_request().unwrap().field_violations[0].field, "changes[2].mine");
            assert!(details.localized_message().unwrap().message.contains(word));
        }
    }

    #[test]
    fn absent_and_invisible_records_give_the_same_status() {
        let invisible =
            AppError::from(crate::domain::access::permission::AuthorizationError::NotVisible);
        let absent = AppError::from(RefusalReason::NotFound);
        let [a, b] = [invisible, absent].map(|error| RpcError::App(error).into_status(Lang::VI));
        assert_eq!((a.code(), a.message(), a.details()), (b.code(), b.message(), b.details()));
    }

    #[test]
    fn every_reason_of_the_contract_has_its_text_in_every_language() {
        for number in 1..=111 {
            let Ok(reason) = ErrorReason::try_from(number) else { continue };
            // Only field masks give this reason, and they are not implemented yet.
            if matches!(reason, ErrorReason::Stale) {
                continue;
            }
            for lang in Lang::all() {
                assert!(lang.find_text(&reason_message(reason).id).is_some(), "{lang} {reason:?}");
            }
        }
    }
}
