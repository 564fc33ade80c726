//! Signing in and out. The page is the call `SignIn`: the same limits, the same refusals.

use super::OFFICE_PATH;
use super::Office;
use super::address::{page_address, safe_return};
use super::cookie::{DEVICE, REMEMBERED_SECONDS, SESSION, build_cookie, read_cookie};
use super::desk::Visitor;
use super::failure::{put_retry_delay, status_reason, status_text};
use super::forms::{Fields, PostedForm};
use super::frame::render_bare;
use super::renewal::SessionCookie;
use crate::auth::random_bytes;
use crate::domain::support::hex::{decode_hex, encode_hex};
use crate::pb;
use crate::pb::access_service_server::AccessService;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use tonic::{Code, Status};

/// Shows the form.
pub(super) async fn show(visitor: Visitor, Query(query): Query<Fields>) -> Response {
    let next = query.get("next").map_or(OFFICE_PATH, String::as_str);
    render_page(&visitor, next, "", None).into_response()
}

/// Begins a session and leads to the page that was asked for.
pub(super) async fn begin(
    State(office): State<Office>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Response {
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    let device_cookie = read_cookie(&headers, DEVICE).and_then(decode_hex).unwrap_or_default();
    let message = pb::SignInRequest {
        account_label: field("account").to_owned(),
        password: field("password").to_owned(),
        device_cookie,
        second_factor_code: field("code").to_owned(),
    };
    match AccessService::sign_in(&office.services, visitor.request(message)).await {
        Ok(answer) => {
            let pb::SignInResponse { token, device_cookie, .. } = answer.into_inner();
            let token = token.map(|token| token.token).unwrap_or_default();
            let session = SessionCookie::new(token, office.clock.now()).to_header();
            let device = encode_hex(&device_cookie);
            let device = build_cookie(DEVICE, &device, Some(REMEMBERED_SECONDS));
            let cookies = AppendHeaders([(SET_COOKIE, session), (SET_COOKIE, device)]);
            (cookies, Redirect::to(safe_return(field("next")))).into_response()
        }
        Err(refused) => {
            let is_limited = refused.code() == Code::ResourceExhausted;
            let code =
                if is_limited { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNAUTHORIZED };
            let page = render_page(&visitor, field("next"), field("account"), Some(&refused));
            let mut response = (code, page).into_response();
            put_retry_delay(&refused, &mut response);
            response
        }
    }
}

/// Ends the session on the server, too.
pub(super) async fn end(form: PostedForm) -> Response {
    let desk = &form.desk;
    let message = pb::RevokeDeviceRequest {
        request_id: random_bytes::<16>().map(Vec::from).unwrap_or_default(),
        device_id: desk.session.device_id.clone(),
    };
    let ended =
        desk.ask(AccessService::revoke_device(desk.services(), desk.request(message))).await;
    match ended {
        Ok(_) => lead_to_sign_in(),
        Err(failure) => failure.into_response(),
    }
}

/// Where a person is whose session has ended: without its cookie, before the sign-in.
pub(super) fn lead_to_sign_in() -> Response {
    let removed = [(SET_COOKIE, build_cookie(SESSION, "", Some(0)))];
    (removed, Redirect::to(&page_address("sign-in", &[]))).into_response()
}

fn render_page(
    visitor: &Visitor,
    next: &str,
    account: &str,
    refused: Option<&Status>,
) -> impl IntoResponse + use<> {
    let lang = visitor.lang;
    let title = lang.text("office-sign-in");
    let content = html! {
        h1 { (title) }
        @if let Some(refused) = refused { p.refused role="alert" { (status_text(refused)) } }
        (render_form(visitor, next, account, refused))
        p.soft {
            (lang.text("office-with-code")) " "
            a href=(page_address("password", &[])) { (lang.text("office-set-password")) }
            " · "
            a href=(page_address("second-factor", &[])) { (lang.text("office-enrol-factor")) }
        }
    };
    render_bare(title, &content, lang)
}

fn render_form(visitor: &Visitor, next: &str, account: &str, refused: Option<&Status>) -> Markup {
    let lang = visitor.lang;
    let wants_code = refused.is_some_and(|status| status_reason(status).contains("SECOND_FACTOR"));
    html! {
        form.fields method="post" action=(page_address("sign-in", &[])) {
            input type="hidden" name="next" value=(safe_return(next));
            label for="account" { (lang.text("office-account")) }
            input id="account" name="account" value=(account) autocomplete="username" autocapitalize="none" spellcheck="false" required;
            label for="password" { (lang.text("office-password")) }
            input id="password" name="password" type="password" autocomplete="current-password" required;
            label for="code" { (lang.text("office-second-factor")) }
            input id="code" name="code" autocomplete="one-time-code" inputmode="numeric" autofocus[wants_code] required[wants_code];
            p.soft { (lang.text("office-second-factor-hint")) }
            button type="submit" { (lang.text("office-sign-in")) }
        }
    }
}
