//! The frame of every page: headers, style sheet, navigation, and the mark of invented figures.

use super::OFFICE_PATH;
use super::address::page_address;
use super::assets::{script_addresses, stylesheet_address};
use super::desk::DeskCaller;
use super::forms::render_proof;
use super::live::{Live, render_live};
use crate::domain::support::text::escape_lines;
use crate::i18n::Lang;
use crate::pb::Role;
use axum::response::Html;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue, Response};
use maud::{DOCTYPE, Markup, html};

/// What a page may do: its own style sheet and scripts, forms and events of its own server.
const CONTENT_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
/// htmx evaluates no text, asks no other server, and keeps no page in the browser.
const HTMX_SETTINGS: &str = r#"{"includeIndicatorStyles":false,"allowEval":false,"allowScriptTags":false,"selfRequestsOnly":true,"historyEnabled":false}"#;

/// Puts the headers of every page: what it may do, and that nobody stores or frames it.
pub(super) async fn put_page_headers<B>(mut response: Response<B>) -> Response<B> {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, CONTENT_POLICY);
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // With none at all a browser would hide the origin of a form, too.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    let none = HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=()");
    headers.insert(PERMISSIONS_POLICY, none);
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// One page of a signed-in person.
pub(super) struct Page<'a> {
    /// Its title, also its first heading.
    pub(super) title: &'a str,
    /// What it shows. An open page replaces it when there is news.
    pub(super) content: Markup,
    /// When the open page fetches itself again.
    pub(super) live: Live,
    /// Whether its figures are invented.
    pub(super) is_synthetic: bool,
}

impl Page<'_> {
    /// The page in its frame.
    pub(super) fn render(&self, desk: &DeskCaller) -> Html<String> {
        let lang = desk.lang();
        let body = html! {
            a.skip href="#main" { (lang.text("office-skip")) }
            (render_navigation(desk))
            @if self.is_synthetic { div.synthetic role="note" { (lang.text("page-synthetic")) } }
            main id="main" {
                h1 { (self.title) }
                (render_live(self.live, &desk.visitor.here, &self.content))
            }
            p id="announcement" role="status" {
                @if desk.visitor.is_update { (lang.text("office-updated")) }
            }
        };
        render_document(self.title, &body, lang)
    }
}

/// A page without a session.
pub(super) fn render_bare(title: &str, content: &Markup, lang: Lang) -> Html<String> {
    let body = html! {
        nav aria-label=(lang.text("office-navigation")) {
            a.brand href=(OFFICE_PATH) { "thidua" }
            (render_language(OFFICE_PATH, lang))
        }
        main.narrow id="main" { (content) }
    };
    render_document(title, &body, lang)
}

fn render_document(title: &str, body: &Markup, lang: Lang) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang=(lang.as_str()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="htmx-config" content=(HTMX_SETTINGS);
                title { (title) " · thidua" }
                link rel="stylesheet" href=(stylesheet_address());
                @for address in script_addresses() { script defer src=(address) {} }
            }
            body { (body) }
        }
    };
    // HTML's own escaping leaves controls of terminals and of direction as they are.
    Html(escape_lines(&page.into_string()).into_owned())
}

/// Who is offered which pages; each page asks its calls again whether it may.
pub(super) const SECTIONS: &[(&str, &str, &[Role])] = &[
    (
        "office-nav-today",
        "today",
        &[Role::CampaignHead, Role::Reviewer, Role::UnitHead, Role::Reporter],
    ),
    ("office-nav-runs", "runs", &[Role::CampaignHead]),
    (
        "office-nav-questions",
        "questions",
        &[Role::CampaignHead, Role::Reviewer, Role::UnitHead, Role::Reporter],
    ),
    ("office-nav-fleet", "fleet", &[Role::Admin, Role::CampaignHead]),
    ("office-nav-accounts", "accounts", &[Role::Admin]),
    ("office-nav-cards", "cards", &[Role::Admin]),
    ("office-nav-keys", "keys", &[Role::Admin]),
    ("office-nav-organisation", "organisation", &[Role::DataSteward]),
    ("office-nav-forms", "report-forms", &[Role::DataSteward, Role::CampaignHead]),
    ("office-nav-imports", "imports", &[Role::Admin, Role::DataSteward]),
    ("office-campaigns", "campaigns", &[Role::CampaignHead, Role::DataSteward]),
    (
        "office-nav-jobs",
        "jobs",
        &[Role::Admin, Role::DataSteward, Role::Auditor, Role::CampaignHead],
    ),
    ("office-nav-health", "health", &[Role::Admin]),
    ("office-nav-audit", "audit", &[Role::Auditor]),
];

fn render_navigation(desk: &DeskCaller) -> Markup {
    let lang = desk.lang();
    let here = desk.visitor.here.as_str();
    let offered = SECTIONS.iter().filter(|(.., roles)| desk.holds(roles));
    html! {
        nav aria-label=(lang.text("office-navigation")) {
            a.brand href=(OFFICE_PATH) { "thidua" }
            @for (name, page, _) in offered {
                @let address = page_address(page, &[]);
                a href=(address) aria-current=[here.starts_with(&address).then_some("page")] {
                    (lang.text(name))
                }
            }
            @if desk.holds(&[Role::Reviewer, Role::Reporter, Role::UnitHead]) {
                a href="/app/" { (lang.text("office-nav-field-app")) }
            }
            span.end {
                @let sessions = page_address("sessions", &[]);
                a href=(sessions) aria-current=[here.starts_with(&sessions).then_some("page")] {
                    (lang.text("office-sessions"))
                }
                (render_language(here, lang))
                form method="post" action=(page_address("sign-out", &[])) {
                    (render_proof(desk))
                    button type="submit" { (lang.text("office-sign-out")) }
                }
            }
        }
    }
}

/// Links to this page in the other languages.
fn render_language(here: &str, lang: Lang) -> Markup {
    html! {
        @for other in Lang::all().filter(|other| *other != lang) {
            a href=(page_address("language", &[("to", other.as_str()), ("next", here)])) lang=(other.as_str()) hreflang=(other.as_str()) {
                (other.text("office-language"))
            }
        }
    }
}
