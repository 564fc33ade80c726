//! Where a person begins, and the choice of the language.

use super::OFFICE_PATH;
use super::address::{page_address, safe_return};
use super::cookie::{LANGUAGE, REMEMBERED_SECONDS, build_cookie};
use super::desk::DeskCaller;
use super::frame::SECTIONS;
use crate::i18n::Lang;
use axum::extract::Query;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use std::collections::BTreeMap;

/// Leads a person to the first page of their work.
pub(super) async fn lead_home(desk: DeskCaller) -> Redirect {
    let first = SECTIONS.iter().find(|(.., roles)| desk.holds(roles));
    Redirect::to(&page_address(first.map_or("today", |(_, page, _)| page), &[]))
}

/// Remembers a language and returns to the page on which it was chosen.
pub(super) async fn choose_language(Query(query): Query<BTreeMap<String, String>>) -> Response {
    let find = |name: &str| query.get(name).map_or("", String::as_str);
    let next = Redirect::to(safe_return(query.get("next").map_or(OFFICE_PATH, String::as_str)));
    match Lang::parse(find("to")) {
        Some(lang) => {
            let cookie = build_cookie(LANGUAGE, lang.as_str(), Some(REMEMBERED_SECONDS));
            ([(SET_COOKIE, cookie)], next).into_response()
        }
        None => next.into_response(),
    }
}
