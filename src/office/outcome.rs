//! What a form did, on the page to which it leads.

use super::address::page_address;
use super::forms::Fields;
use crate::i18n::Lang;
use maud::{Markup, html};

/// What a form did, for the page to which it leads: the word in the address and its text.
const OUTCOMES: [(&str, &str); 11] = [
    ("granted", "office-done-granted"),
    ("ended", "office-done-ended"),
    ("revoked", "office-done-revoked"),
    ("started", "office-done-started"),
    ("cancelled", "office-done-cancelled"),
    ("stepped", "office-done-stepped"),
    ("card-revoked", "office-done-card-revoked"),
    ("key-revoked", "office-done-key-revoked"),
    ("replied", "office-done-replied"),
    ("escalated", "office-done-escalated"),
    ("sessions-ended", "office-done-sessions-ended"),
];

/// The address of a page that says what was done.
pub(super) fn outcome_address(page: &str, query: &[(&str, &str)], outcome: &'static str) -> String {
    page_address(page, &[query, &[("done", outcome)]].concat())
}

/// What the form before this page did.
pub(super) fn render_outcome(fields: &Fields, lang: Lang) -> Markup {
    let done = fields.get("done").map_or("", String::as_str);
    let known = OUTCOMES.iter().find(|(word, _)| *word == done);
    html! { @if let Some((_, text)) = known { p.done role="status" { (lang.text(text)) } } }
}
