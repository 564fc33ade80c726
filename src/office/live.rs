//! Keeps an open page up to date: it learns of news by an event, or asks for it, and then fetches
//! itself again.

use super::address::page_address;
use maud::{Markup, html};

/// Of what a page wants to learn, and up to where it knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct News {
    /// The position in the feed of changes up to which the page is made.
    pub(super) after: i64,
    pub(super) kind: NewsKind,
}

/// What happened, as far as pages tell news apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NewsKind {
    /// A run was published.
    Run,
    /// A report was sent, returned or accepted.
    Report,
}

impl NewsKind {
    pub(super) const ALL: [Self; 2] = [Self::Run, Self::Report];

    /// The name of its event, and of the query that asks for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Report => "report",
        }
    }
}

/// Seconds between two questions for news, for a page that receives no events.
const QUESTION_SECONDS: u32 = 30;

/// The content of a page at `here` that fetches itself when there is news.
pub(super) fn render_live(news: Option<News>, here: &str, content: &Markup) -> Markup {
    let Some(News { after, kind }) = news else { return html! { (content) } };
    let after = after.to_string();
    let query = [("after", after.as_str()), ("kind", kind.name())];
    let events = page_address("events", &query);
    let question = page_address("news", &query);
    html! {
        div id="live" hx-ext="sse" sse-connect=(events) hx-get=(here)
            hx-trigger={ "sse:" (kind.name()) ", news" } hx-select="#live" hx-swap="outerHTML" hx-target="this" {
            div hx-get=(question) hx-trigger={ "every " (QUESTION_SECONDS) "s" } hx-swap="none" {}
            (content)
        }
    }
}
