//! Bytes on the wire, TLS included, as docs/PERFORMANCE.md publishes them. Prints the table:
//! `cargo nextest run --test integration bytes_on_the_wire --no-capture`.

use super::{
    COMMUNE, DISTRICT, PhoneApp, enrolled_app, first_week_key, invitation_at, unenrolled_app,
};
use crate::harness::{TestServer, ThrottledProxy};
use std::time::{Duration, Instant};
use thidua::client::facade::SyncSummary;
use thidua::domain::access::permission::Role;

struct TrafficTable(Vec<String>);

impl TrafficTable {
    fn add_row(&mut self, what: &str, done: &SyncSummary, seconds: f64) {
        let framed: u64 = done.traffic.iter().map(|proxy| proxy.bytes).sum();
        let of = |kind: &str| {
            done.traffic.iter().find(|proxy| proxy.kind == kind).map_or(0, |proxy| proxy.bytes)
        };
        let total_bytes = done.bytes_sent + done.bytes_received;
        self.0.push(format!(
            "| {what} | {} | {} | {} | {} | {} | {} | {} | {seconds:.1} |",
            done.calls,
            done.bytes_sent,
            done.bytes_received,
            of("Rows"),
            of("Welcome")
                + of("Checkpoint")
                + of("Bookmark")
                + of("Verdict")
                + of("Reset")
                + of("SnapshotEnd"),
            of("> request") + of("> commands"),
            total_bytes - framed,
        ));
    }
}

fn sync_timed(app: &PhoneApp) -> (SyncSummary, f64) {
    let start = Instant::now();
    let done = app.sync_once().unwrap();
    assert!(done.digests_match, "{done:?}");
    (done, start.elapsed().as_secs_f64())
}

fn send_week(app: &PhoneApp) {
    let key = first_week_key(app);
    app.save_nil(key.clone()).unwrap();
    app.submit_report(app.report_id(key)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_on_the_wire_stay_within_what_a_commune_can_pay() {
    let proxy = ThrottledProxy::new(20_000, Duration::from_millis(600)).await;
    let server = TestServer::start_behind_proxy(&proxy).await;
    let mut table = TrafficTable(vec![
        "| what | calls | sent | received | of it: rows | frames beside | request | TLS, HTTP/2 \
         | seconds at 20 kB/s, 600 ms |"
            .into(),
        "|---|---|---|---|---|---|---|---|---|".into(),
    ]);
    let slow = unenrolled_app(&server);
    slow.enrol(invitation_at(&server, proxy.address, server.create_code(COMMUNE, Role::Reporter)))
        .unwrap();
    slow.disconnect();
    let (first, seconds) = sync_timed(&slow);
    table.add_row("first sync of a commune, handshake included", &first, seconds);
    let (nothing, seconds) = sync_timed(&slow);
    table.add_row("nothing new, connection open", &nothing, seconds);
    send_week(&slow);
    let (pushed, seconds) = sync_timed(&slow);
    table.add_row("one report pushed (save, submit)", &pushed, seconds);

    // A phone that missed a week: another ward's report, with a comment, and its acceptance.
    let (colleague, district) = (
        enrolled_app(&server, "com-29245-0", Role::Reporter),
        enrolled_app(&server, DISTRICT, Role::Reviewer),
    );
    let late_phone = enrolled_app(&server, "com-29245-0", Role::Reporter);
    late_phone.disconnect();
    send_week(&colleague);
    colleague.sync_once().unwrap();
    district.sync_once().unwrap();
    let waiting = district.review_queue().unwrap();
    let report =
        waiting.iter().map(|one| &one.report).find(|one| one.key.unit == "com-29245-0").unwrap();
    district.add_comment(report.report_id.clone(), "Đã xem, đúng hạn".into()).unwrap();
    district.accept_report(report.report_id.clone(), report.content_hash.clone()).unwrap();
    district.sync_once().unwrap();
    let (week, seconds) = sync_timed(&late_phone);
    table.add_row(
        "a week behind (one report, its comment and acceptance), handshake included",
        &week,
        seconds,
    );

    println!("{}", table.0.join("\n"));
    assert_eq!(first.calls, 1, "one round trip");
    let total_bytes = |done: &SyncSummary| done.bytes_sent + done.bytes_received;
    assert!(total_bytes(&first) < 100_000, "first sync: {} bytes", total_bytes(&first));
    assert!(
        total_bytes(&nothing) <= MAX_EMPTY_SYNC_BYTES,
        "nothing new: {} bytes",
        total_bytes(&nothing)
    );
    assert!(
        pushed.bytes_received <= MAX_PUSH_ANSWER_BYTES,
        "one report: {} bytes received",
        pushed.bytes_received
    );
    server.close().await;
}

/// The most bytes of a sync with nothing new on an open connection.
const MAX_EMPTY_SYNC_BYTES: u64 = 300;
/// The most bytes received for one report, saved and submitted.
const MAX_PUSH_ANSWER_BYTES: u64 = 500;
