//! The desk sessions of the person who is signed in: since when, until when, and their end.

use super::address::page_address;
use super::desk::DeskCaller;
use super::failure::PageFailure;
use super::forms::{Fields, PostedForm, render_request_proof};
use super::frame::Page;
use super::live::Live;
use super::names::LIST_PAGE_SIZE;
use super::outcome::{outcome_address, render_outcome};
use super::sign_in::lead_to_sign_in;
use super::table::Heading::Text;
use super::table::table_head;
use crate::domain::support::hex::encode_hex;
use crate::pb;
use crate::pb::session_service_server::SessionService;
use crate::wire::values::timestamp_from_proto;
use axum::extract::Query;
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::{Markup, html};

/// Lists the own sessions, the newest first.
pub(super) async fn list(
    desk: DeskCaller,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, PageFailure> {
    let lang = desk.lang();
    let request = pb::ListSessionsRequest { page_size: LIST_PAGE_SIZE, ..Default::default() };
    let call = SessionService::list_sessions(desk.services(), desk.request(request));
    let sessions = desk.ask(call).await?.sessions;
    let content = html! {
        (render_outcome(&fields, lang))
        p.soft { (lang.text("office-sessions-hint")) }
        div.wide {
            table.plain {
                (table_head(&[
                    Text(lang.text("office-session-began")),
                    Text(lang.text("office-session-used")),
                    Text(lang.text("office-end-session")),
                ]))
                tbody { @for session in &sessions { (render_session(&desk, session)) } }
            }
        }
        @if sessions.len() > 1 {
            form method="post" action=(page_address("sessions/end-others", &[])) {
                (render_request_proof(&desk))
                button type="submit" { (lang.text("office-end-other-sessions")) }
            }
        }
        h2 { (lang.text("office-factor")) }
        p { a href=(page_address("second-factor", &[])) { (lang.text("office-enrol-factor")) } }
    };
    let title = lang.text("office-sessions");
    Ok(Page { title, content, live: Live::Never, is_synthetic: false }.render(&desk))
}

fn render_session(desk: &DeskCaller, session: &pb::DeskSession) -> Markup {
    let lang = desk.lang();
    let time = |at: Option<prost_types::Timestamp>| {
        let at = at.and_then(|at| timestamp_from_proto(at).ok());
        at.map_or_else(String::new, |at| at.local_text())
    };
    html! {
        tr {
            th scope="row" {
                (time(session.began_at))
                @if session.current { br; (lang.text("office-session-this")) }
            }
            td { (time(session.renewed_at)) }
            td {
                form method="post" action=(page_address("sessions/end", &[])) {
                    (render_request_proof(desk))
                    input type="hidden" name="session" value=(encode_hex(&session.session_id));
                    button type="submit" {
                        (lang.text(if session.current { "office-sign-out" } else { "office-end-session" }))
                    }
                }
            }
        }
    }
}

/// Ends one own session; the end of the present one is a sign-out.
pub(super) async fn end(form: PostedForm) -> Result<Response, PageFailure> {
    let session_id = form.id("session")?;
    let is_current = session_id == form.desk.session.device_id;
    end_sessions(&form, session_id).await?;
    if is_current {
        return Ok(lead_to_sign_in());
    }
    Ok(lead_back().into_response())
}

/// Ends every own session but the present one.
pub(super) async fn end_others(form: PostedForm) -> Result<Redirect, PageFailure> {
    end_sessions(&form, Vec::new()).await?;
    Ok(lead_back())
}

async fn end_sessions(form: &PostedForm, session_id: Vec<u8>) -> Result<(), PageFailure> {
    let desk = &form.desk;
    let request =
        pb::EndSessionsRequest { request_id: form.request_id()?, session_id, validate_only: false };
    desk.ask(SessionService::end_sessions(desk.services(), desk.request(request))).await?;
    Ok(())
}

fn lead_back() -> Redirect {
    Redirect::to(&outcome_address("sessions", &[], "sessions-ended"))
}
