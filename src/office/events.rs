//! News for open pages: a stream of events, and the answer to a page that asks without one.

use super::desk::DeskCaller;
use super::failure::PageFailure;
use super::forms::Fields;
use super::live::NewsKind;
use crate::domain::access::scope::RecordKind;
use crate::grpc::NewsRequest;
use axum::extract::Query;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use std::convert::Infallible;
use std::time::Duration;
use tokio_stream::StreamExt as _;

/// Where a browser resumes a stream.
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");
/// The event that an answer triggers in htmx.
const TRIGGER: HeaderName = HeaderName::from_static("hx-trigger");
/// How soon a browser comes again after its stream ended.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// How often an idle stream says that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Streams news: an event at each, whose id is the position to resume from. A browser passes over
/// an event without data.
pub(super) async fn stream(
    desk: DeskCaller,
    headers: HeaderMap,
    Query(query): Query<Fields>,
) -> Result<Response, PageFailure> {
    let resumed = headers.get(LAST_EVENT).and_then(|id| id.to_str().ok()?.parse().ok());
    let (kind, request) = read_request(&query, resumed);
    let followed = desk.services().follow_news(desk.request(request)).await;
    let news = followed.map_err(|status| PageFailure::from_status(status, &desk.visitor))?;
    let first = Event::default().retry(RETRY_DELAY).comment("");
    let events = news.map(move |seq| {
        Event::default().event(kind.name()).id(seq.to_string()).data(seq.to_string())
    });
    let events = tokio_stream::once(first).chain(events).map(Ok::<_, Infallible>);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}

/// Says whether there is news: an event in the page, or nothing.
pub(super) async fn answer(
    desk: DeskCaller,
    Query(query): Query<Fields>,
) -> Result<Response, PageFailure> {
    let (_, request) = read_request(&query, None);
    let found = desk.services().find_news(desk.request(request)).await;
    let found = found.map_err(|status| PageFailure::from_status(status, &desk.visitor))?;
    let news = found.map(|_| (StatusCode::OK, [(TRIGGER, HeaderValue::from_static("news"))]));
    Ok(news.map_or_else(|| StatusCode::NO_CONTENT.into_response(), IntoResponse::into_response))
}

/// What a page asks: of which kind, and after which position; else after everything.
fn read_request(query: &Fields, resumed: Option<i64>) -> (NewsKind, NewsRequest) {
    let name = query.get("kind").map_or("", String::as_str);
    let kind = NewsKind::ALL.into_iter().find(|kind| kind.name() == name);
    let kind = kind.unwrap_or(NewsKind::Run);
    let asked = query.get("after").and_then(|after| after.parse().ok());
    let record = match kind {
        NewsKind::Run => RecordKind::Run,
        NewsKind::Report => RecordKind::Report,
    };
    (kind, NewsRequest { kind: record, after: resumed.or(asked).unwrap_or_default() })
}
