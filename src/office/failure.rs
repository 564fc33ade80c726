//! Answers that are no page: a session that ended, a call that was refused, an address that leads
//! nowhere.

use super::address::page_address;
use super::cookie::{SESSION, build_cookie};
use super::desk::Visitor;
use super::{OFFICE_PATH, frame};
use crate::i18n::Lang;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{RETRY_AFTER, SET_COOKIE};
use http::{HeaderName, HeaderValue, StatusCode};
use maud::html;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// Leads an open page elsewhere, as htmx reads it.
const LEAD: HeaderName = HeaderName::from_static("hx-redirect");

/// Why a request gets no page.
#[derive(Debug)]
pub(super) enum PageFailure {
    /// There is no live session; where to return after a sign-in, and whether an open page asked.
    SignedOut { here: String, is_update: bool },
    /// A call was refused.
    Refused { status: Box<Status>, lang: Lang },
    /// There is no such page.
    NotFound { lang: Lang },
    /// A form was not shown in this session.
    ForeignForm { lang: Lang },
    /// A form lacks a field, or has one that cannot be read.
    BadForm { lang: Lang },
}

impl PageFailure {
    /// The failure of a call of this visitor.
    pub(super) fn from_status(status: Status, visitor: &Visitor) -> Self {
        if status.code() == Code::Unauthenticated {
            return Self::SignedOut { here: visitor.here.clone(), is_update: visitor.is_update };
        }
        Self::Refused { status: Box::new(status), lang: visitor.lang }
    }
}

impl IntoResponse for PageFailure {
    fn into_response(self) -> Response {
        match self {
            Self::SignedOut { here, is_update } => {
                let ended = [(SET_COOKIE, build_cookie(SESSION, "", Some(0)))];
                let sign_in = page_address("sign-in", &[("next", &here)]);
                if is_update {
                    // htmx would show the page behind a redirect inside the open one.
                    return (StatusCode::UNAUTHORIZED, ended, [(LEAD, sign_in)]).into_response();
                }
                (ended, Redirect::to(&sign_in)).into_response()
            }
            Self::Refused { status, lang } => refusal_response(&status, lang),
            Self::NotFound { lang } => not_found_page(lang),
            Self::ForeignForm { lang } => {
                plain_page(StatusCode::FORBIDDEN, lang.text("office-foreign-form"), lang)
            }
            Self::BadForm { lang } => {
                plain_page(StatusCode::BAD_REQUEST, lang.text("office-bad-form"), lang)
            }
        }
    }
}

/// The page of a refused call, in the words of the call.
#[must_use]
pub fn refusal_response(status: &Status, lang: Lang) -> Response {
    let code = match status.code() {
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        Code::Unavailable | Code::DeadlineExceeded => StatusCode::SERVICE_UNAVAILABLE,
        Code::InvalidArgument => StatusCode::BAD_REQUEST,
        Code::FailedPrecondition | Code::Aborted | Code::AlreadyExists => StatusCode::CONFLICT,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Ok
        | Code::Cancelled
        | Code::Unknown
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::Internal
        | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    };
    if status.code() == Code::NotFound {
        return not_found_page(lang);
    }
    let mut response = plain_page(code, &status_text(status), lang);
    put_retry_delay(status, &mut response);
    response
}

/// Says when a refused call may be tried again, if its status says it.
pub(super) fn put_retry_delay(status: &Status, response: &mut Response) {
    let wait = status.get_details_retry_info().and_then(|info| info.retry_delay);
    if let Some(wait) = wait {
        let seconds = wait.as_secs().max(1);
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
}

/// What a refused call says: its sentence, then what is wrong with each field.
pub(super) fn status_text(status: &Status) -> String {
    let details = status.get_error_details();
    let said = details.localized_message().map(|message| message.message.clone());
    let mut text = said.unwrap_or_else(|| status.message().to_owned());
    for violation in details.bad_request().iter().flat_map(|bad| &bad.field_violations) {
        if violation.description != text {
            text.push_str(&format!(" · {}: {}", violation.field, violation.description));
        }
    }
    text
}

/// The reason of a refused call, as in `SECOND_FACTOR_REQUIRED`.
pub(super) fn status_reason(status: &Status) -> String {
    status.get_details_error_info().map_or_else(String::new, |info| info.reason)
}

pub(super) async fn show_unknown_page(visitor: Visitor) -> Response {
    not_found_page(visitor.lang)
}

/// The same for an address that leads nowhere and for what the visitor may not see.
fn not_found_page(lang: Lang) -> Response {
    plain_page(StatusCode::NOT_FOUND, lang.text("office-not-found"), lang)
}

fn plain_page(code: StatusCode, text: &str, lang: Lang) -> Response {
    let content = html! {
        h1 { (text) }
        p { a href=(OFFICE_PATH) { (lang.text("office-to-first-page")) } }
    };
    (code, frame::render_bare(text, &content, lang)).into_response()
}
