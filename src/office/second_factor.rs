//! Enrolling a second factor with an enrolment code: the calls `BeginSecondFactor` and
//! `ConfirmSecondFactor`, with their limits.
//!
//! The code is the proof of the person, here as everywhere: neither a password nor a session of one
//! may give an account a second factor. So the pages need no session.

use super::Office;
use super::address::page_address;
use super::card_sheet::draw_qr;
use super::desk::Visitor;
use super::failure::{put_retry_delay, status_reason, status_text};
use super::forms::Fields;
use super::frame::render_bare;
use crate::domain::support::hex::{decode_hex, encode_hex};
use crate::i18n::Lang;
use crate::pb;
use crate::pb::second_factor_service_server::SecondFactorService;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use maud::{Markup, html};
use qrcodegen::{QrCode, QrCodeEcc};
use tonic::{Code, Status};

/// Asks for the enrolment code.
pub(super) async fn show(visitor: Visitor) -> Response {
    render_page(&visitor, &render_code_form(visitor.lang))
}

/// Shows the secret and the recovery codes, once, and asks for the first code of the app.
pub(super) async fn begin(
    State(office): State<Office>,
    visitor: Visitor,
    Form(fields): Form<Fields>,
) -> Response {
    let code = field(&fields, "code");
    let message = pb::BeginSecondFactorRequest { code: code.to_owned() };
    let request = visitor.request(message);
    let begun = match SecondFactorService::begin_second_factor(&office.services, request).await {
        Ok(begun) => begun.into_inner(),
        Err(refused) => return render_refused(&visitor, &refused, &render_code_form(visitor.lang)),
    };
    let lang = visitor.lang;
    let content = html! {
        (render_secret(&begun, lang))
        (render_recovery_codes(&begun.recovery_codes, lang))
        h2 { (lang.text("office-factor-confirm")) }
        (render_confirm_form(code, &encode_hex(&begun.second_factor_id), lang))
    };
    render_page(&visitor, &content)
}

/// Enrols the factor whose app shows the right code.
pub(super) async fn confirm(
    State(office): State<Office>,
    visitor: Visitor,
    Form(fields): Form<Fields>,
) -> Response {
    let (lang, code, id) = (visitor.lang, field(&fields, "code"), field(&fields, "factor"));
    let message = pb::ConfirmSecondFactorRequest {
        code: code.to_owned(),
        second_factor_id: decode_hex(id).unwrap_or_default(),
        second_factor_code: field(&fields, "app-code").to_owned(),
    };
    let request = visitor.request(message);
    match SecondFactorService::confirm_second_factor(&office.services, request).await {
        Ok(_) => {
            let content = html! {
                p.done role="status" { (lang.text("office-factor-enrolled")) }
                p { a href=(page_address("sign-in", &[])) { (lang.text("office-sign-in")) } }
            };
            render_page(&visitor, &content)
        }
        // The app has the secret; it is not shown again.
        Err(refused) if status_reason(&refused) == "SECOND_FACTOR_WRONG" => {
            let content = html! {
                (render_confirm_form(code, id, lang))
                p { a href=(page_address("second-factor", &[])) { (lang.text("office-factor-again")) } }
            };
            render_refused(&visitor, &refused, &content)
        }
        Err(refused) => render_refused(&visitor, &refused, &render_code_form(lang)),
    }
}

fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str)
}

fn render_page(visitor: &Visitor, content: &Markup) -> Response {
    let title = visitor.lang.text("office-enrol-factor");
    let content = html! { h1 { (title) } (content) };
    render_bare(title, &content, visitor.lang).into_response()
}

fn render_refused(visitor: &Visitor, refused: &Status, content: &Markup) -> Response {
    let is_limited = refused.code() == Code::ResourceExhausted;
    let code = if is_limited { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::BAD_REQUEST };
    let content = html! { p.refused role="alert" { (status_text(refused)) } (content) };
    let mut response = (code, render_page(visitor, &content)).into_response();
    put_retry_delay(refused, &mut response);
    response
}

fn render_code_form(lang: Lang) -> Markup {
    html! {
        p { (lang.text("office-factor-hint")) }
        form.fields method="post" action=(page_address("second-factor", &[])) {
            label for="code" { (lang.text("office-code")) }
            input id="code" name="code" autocomplete="off" autocapitalize="characters" spellcheck="false" required;
            button type="submit" { (lang.text("office-continue")) }
        }
    }
}

fn render_secret(begun: &pb::BeginSecondFactorResponse, lang: Lang) -> Markup {
    // A text that is too long for a picture is typed.
    let picture = QrCode::encode_text(&begun.otpauth_uri, QrCodeEcc::Medium).ok();
    html! {
        h2 { (lang.text("office-factor-app")) }
        p { (lang.text("office-factor-scan")) }
        @if let Some(picture) = picture { div.secret { (draw_qr(&picture, lang.text("office-qr"))) } }
        p { (lang.text("office-factor-type")) " " code id="secret" { (group_by_four(&begun.secret)) } }
    }
}

fn render_recovery_codes(codes: &[String], lang: Lang) -> Markup {
    html! {
        h2 { (lang.text("office-recovery-codes")) }
        p { (lang.text("office-recovery-hint")) }
        ul.recovery { @for code in codes { li { code { (code) } } } }
    }
}

fn render_confirm_form(code: &str, factor: &str, lang: Lang) -> Markup {
    html! {
        form.fields method="post" action=(page_address("second-factor/confirm", &[])) {
            input type="hidden" name="code" value=(code);
            input type="hidden" name="factor" value=(factor);
            label for="app-code" { (lang.text("office-factor-code")) }
            input id="app-code" name="app-code" autocomplete="one-time-code" inputmode="numeric" required;
            button type="submit" { (lang.text("office-enrol-factor")) }
        }
    }
}

/// Letters in groups, as they are read aloud and typed; apps ignore the blanks.
fn group_by_four(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}
