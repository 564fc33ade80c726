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
/// Seconds after which a page that shows work under way fetches itself.
const WORK_SECONDS: u32 = 2;

/// When an open page fetches itself again.
#[derive(Debug, Clone, Copy)]
pub(super) enum Live {
    /// Never.
    Never,
    /// When there is news.
    News(News),
    /// In a moment: it shows work under way.
    Soon,
}

/// The content of a page at `here` that fetches itself.
pub(super) fn render_live(live: Live, here: &str, content: &Markup) -> Markup {
    let News { after, kind } = match live {
        // A page that was under way before is replaced by this one.
        Live::Never => return html! { div id="live" { (content) } },
        Live::Soon => return render_soon(here, content),
        Live::News(news) => news,
    };
    let after = after.to_string();
    let query = [("after", after.as_str()), ("kind", kind.name())];
    let events = page_address("events", &query);
    let question = page_address("news", &query);
    html! {
        div id="live" hx-ext="sse" sse-connect=(events) hx-get=(here)
            hx-trigger={ "sse:" (kind.name()) ", news" } hx-select="#live" hx-select-oob="#announcement:innerHTML"
            hx-swap="outerHTML" hx-target="this" {
            div hx-get=(question) hx-trigger={ "every " (QUESTION_SECONDS) "s" } hx-swap="none" {}
            (content)
        }
    }
}

fn render_soon(here: &str, content: &Markup) -> Markup {
    html! {
        div id="live" hx-get=(here) hx-trigger={ "load delay:" (WORK_SECONDS) "s" } hx-select="#live" hx-select-oob="#announcement:innerHTML"
            hx-swap="outerHTML" hx-target="this" {
            (content)
        }
    }
}
