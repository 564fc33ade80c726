//! Setting a password with an enrolment code: the call `SetPassword`, with its limits.

use super::Office;
use super::address::page_address;
use super::desk::Visitor;
use super::failure::status_text;
use super::forms::Fields;
use super::frame::render_bare;
use crate::domain::support::limits::PASSWORD_CHARS;
use crate::pb;
use crate::pb::access_service_server::AccessService;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use maud::html;
use tonic::Status;

/// Shows the form.
pub(super) async fn show(visitor: Visitor) -> Response {
    render_page(&visitor, None).into_response()
}

/// Sets the password and leads to the sign-in.
pub(super) async fn set(
    State(office): State<Office>,
    visitor: Visitor,
    Form(fields): Form<Fields>,
) -> Response {
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let message = pb::SetPasswordRequest { code: field("code"), password: field("password") };
    match AccessService::set_password(&office.services, visitor.request(message)).await {
        Ok(_) => Redirect::to(&page_address("sign-in", &[])).into_response(),
        Err(refused) => {
            (StatusCode::BAD_REQUEST, render_page(&visitor, Some(&refused))).into_response()
        }
    }
}

fn render_page(visitor: &Visitor, refused: Option<&Status>) -> impl IntoResponse + use<> {
    let lang = visitor.lang;
    let title = lang.text("office-set-password");
    let shortest = PASSWORD_CHARS.start();
    let content = html! {
        h1 { (title) }
        @if let Some(refused) = refused { p.refused role="alert" { (status_text(refused)) } }
        form.fields method="post" action=(page_address("password", &[])) {
            label for="code" { (lang.text("office-code")) }
            input id="code" name="code" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false" required;
            label for="password" { (lang.text("office-new-password")) }
            input id="password" name="password" type="password" autocomplete="new-password" minlength=(shortest) required;
            button type="submit" { (title) }
        }
    };
    render_bare(title, &content, lang)
}
