//! News of an open page: events, resuming, and the question of a page without events.

use super::{Browser, ROOT};
use crate::harness::TestServer;
use crate::rpc::jobs::{run_nightly_job, run_nightly_job_as};
use crate::rpc::report::submit_nil_report;
use std::pin::Pin;
use std::time::{Duration, Instant};
use thidua::domain::access::permission::Role;
use tonic::body::Body;
use tonic::codegen::{Body as _, Service as _, http};

/// How long an event may take on a busy machine; it is there within two seconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// The events of a page that was opened.
struct Events(Body);

impl Events {
    /// Opens the stream of a page; `last` is the id of the last event that it received.
    async fn open(browser: &Browser, query: &str, last: Option<&str>) -> Self {
        let path = format!("/office/events?{query}");
        let request = http::Request::get(path).header("cookie", browser.cookie_line());
        let request = match last {
            Some(last) => request.header("last-event-id", last),
            None => request,
        };
        let mut channel = browser.channel.clone();
        std::future::poll_fn(|cx| channel.poll_ready(cx)).await.unwrap();
        let response = channel.call(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self(response.into_body())
    }

    /// The next event with this name, and its id.
    async fn next(&mut self, name: &str) -> String {
        let found = tokio::time::timeout(PATIENCE, self.read_until(name)).await;
        found.unwrap_or_else(|_| panic!("no event {name}"))
    }

    async fn read_until(&mut self, name: &str) -> String {
        loop {
            let frame = std::future::poll_fn(|cx| Pin::new(&mut self.0).poll_frame(cx)).await;
            let data = frame.expect("the stream is open").unwrap().into_data().unwrap();
            let text = String::from_utf8(data.to_vec()).unwrap();
            if text.contains(&format!("event: {name}")) {
                let id = text.lines().find_map(|line| line.strip_prefix("id: "));
                return id.unwrap().to_owned();
            }
        }
    }
}

#[tokio::test]
async fn an_open_page_learns_of_a_run_and_of_a_report_and_of_nothing_twice() {
    let server = TestServer::start().await;
    let admin = server.enrol_client(ROOT, Role::Admin).await;
    run_nightly_job(&admin).await;
    let reporter = server.enrol_client(super::COMMUNE, Role::Reporter).await;
    let browser = Browser::signed_in(&server, Role::CampaignHead, ROOT).await;
    let head = server.app.store().read(|tx| tx.head()).unwrap().seq;
    let query = |kind: &str| format!("after={head}&kind={kind}");
    let mut of_runs = Events::open(&browser, &query("run"), None).await;
    let mut of_reports = Events::open(&browser, &query("report"), None).await;

    let sent = Instant::now();
    submit_nil_report(&server, &reporter).await;
    of_reports.next("report").await;
    println!("a report was news after {:?}", sent.elapsed());

    server.clock.set(server.app.now().saturating_add_micros(60_000_000));
    run_nightly_job_as(&admin, 2).await;
    let published = Instant::now();
    let seq = of_runs.next("run").await;
    println!("a run was news after {:?}", published.elapsed());

    drop((of_runs, of_reports));
    let mut resumed = Events::open(&browser, "after=0&kind=run", Some(&seq)).await;
    let nothing = tokio::time::timeout(Duration::from_millis(500), resumed.read_until("run")).await;
    assert!(nothing.is_err(), "what was told is not told again");
    let mut missed = Events::open(&browser, &query("run"), None).await;
    missed.next("run").await;
    server.close().await;
}

#[tokio::test]
async fn a_page_without_events_asks_and_is_told_once() {
    let server = TestServer::start().await;
    let admin = server.enrol_client(ROOT, Role::Admin).await;
    run_nightly_job(&admin).await;
    let mut browser = Browser::signed_in(&server, Role::CampaignHead, ROOT).await;
    let before = server.app.store().read(|tx| tx.head()).unwrap().seq;
    let question = |after: i64| format!("/office/news?after={after}&kind=run");
    assert_eq!(browser.get(&question(before)).await.status, 204);
    let reporter = server.enrol_client(super::COMMUNE, Role::Reporter).await;
    submit_nil_report(&server, &reporter).await;
    server.clock.set(server.app.now().saturating_add_micros(60_000_000));
    run_nightly_job_as(&admin, 2).await;
    let told = browser.get(&question(before)).await;
    assert_eq!((told.status, told.header("hx-trigger")), (200, "news"));
    let after = server.app.store().read(|tx| tx.head()).unwrap().seq;
    assert_eq!(browser.get(&question(after)).await.status, 204);
    server.close().await;
}

#[tokio::test]
async fn a_commune_hears_of_its_own_reports_and_not_of_its_neighbours() {
    let server = TestServer::start().await;
    let neighbour = server.enrol_client(super::COMMUNE, Role::Reporter).await;
    let mut browser = Browser::signed_in(&server, Role::Reporter, super::OTHER_COMMUNE).await;
    let mut own = Browser::signed_in(&server, Role::Reporter, super::COMMUNE).await;
    let before = server.app.store().read(|tx| tx.head()).unwrap().seq;
    submit_nil_report(&server, &neighbour).await;
    let question = format!("/office/news?after={before}&kind=report");
    assert_eq!(browser.get(&question).await.status, 204);
    assert_eq!(own.get(&question).await.status, 200);
    server.close().await;
}
