//! Brings the token of a request from its cookie to its calls, and renews it.

use super::Office;
use super::renewal::SessionCookie;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{AUTHORIZATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

/// The token of a request, from its cookie.
#[derive(Debug, Clone)]
pub(super) struct SessionToken(pub(super) String);

/// Puts the token of the session's cookie where the limits on requests look for a credential. What
/// stood there is removed: here a cookie alone is one.
pub fn carry_token(headers: &mut HeaderMap) {
    headers.remove(AUTHORIZATION);
    let bearer = SessionCookie::read(headers)
        .and_then(|cookie| HeaderValue::from_str(&format!("Bearer {}", cookie.token())).ok());
    if let Some(bearer) = bearer {
        headers.insert(AUTHORIZATION, bearer);
    }
}

/// Renews the session of a request and remembers its token for the page. A page that sets a cookie
/// of its own has begun or ended a session: its word is the last.
pub(super) async fn keep_session(
    State(office): State<Office>,
    mut request: Request,
    next: Next,
) -> Response {
    let Some(given) = SessionCookie::read(request.headers()) else {
        return next.run(request).await;
    };
    let (cookie, is_new) = office.renewals.renew((&office.services, &office.clock), given).await;
    request.extensions_mut().insert(SessionToken(cookie.token().to_owned()));
    let mut response = next.run(request).await;
    if is_new && !response.headers().contains_key(SET_COOKIE) {
        response.headers_mut().insert(SET_COOKIE, cookie.to_header());
    }
    response
}
