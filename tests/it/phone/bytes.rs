//! Bytes on the wire, TLS included, as docs/PERFORMANCE.md publishes them. Prints the table:
//! `cargo nextest run --test it bytes_on_the_wire --no-capture`.

use super::{App, COMMUNE, DISTRICT, app, first_week, invitation_at, unopened};
use crate::harness::{Line, Town};
use std::time::{Duration, Instant};
use thidua::client::facade::SyncSummary;
use thidua::domain::permission::Role;

struct Table(Vec<String>);

impl Table {
    fn line(&mut self, what: &str, done: &SyncSummary, seconds: f64) {
        let framed: u64 = done.wire.iter().map(|line| line.bytes).sum();
        let of = |kind: &str| done.wire.iter().find(|line| line.kind == kind).map_or(0, |line| line.bytes);
        let whole = done.bytes_sent + done.bytes_received;
        self.0.push(format!(
            "| {what} | {} | {} | {} | {} | {} | {} | {} | {seconds:.1} |",
            done.calls,
            done.bytes_sent,
            done.bytes_received,
            of("Rows"),
            of("Welcome") + of("Checkpoint") + of("Bookmark") + of("Verdict") + of("Reset") + of("SnapshotEnd"),
            of("> request") + of("> commands"),
            whole - framed,
        ));
    }
}

fn timed(app: &App) -> (SyncSummary, f64) {
    let began = Instant::now();
    let done = app.sync_once().unwrap();
    assert!(done.agrees, "{done:?}");
    (done, began.elapsed().as_secs_f64())
}

fn send_week(app: &App) {
    let key = first_week(app);
    app.save_nil(key.clone()).unwrap();
    app.submit(app.report_id(key)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_on_the_wire_stay_within_what_a_commune_can_pay() {
    let line = Line::new(20_000, Duration::from_millis(600)).await;
    let town = Town::open_behind(&line).await;
    let mut table = Table(vec![
        "| what | calls | sent | received | of it: rows | frames beside | request | TLS, HTTP/2 | seconds at 20 kB/s, 600 ms |".into(),
        "|---|---|---|---|---|---|---|---|---|".into(),
    ]);
    let slow = unopened(&town);
    slow.enrol(invitation_at(&town, line.address, town.code(COMMUNE, Role::Reporter))).unwrap();
    slow.hang_up();
    let (first, seconds) = timed(&slow);
    table.line("first sync of a commune, handshake included", &first, seconds);
    let (nothing, seconds) = timed(&slow);
    table.line("nothing new, connection open", &nothing, seconds);
    send_week(&slow);
    let (pushed, seconds) = timed(&slow);
    table.line("one report pushed (save, submit)", &pushed, seconds);

    // A week behind: a colleague's report, its return, its correction and its acceptance.
    let (colleague, district) = (app(&town, "com-29245-0", Role::Reporter), app(&town, DISTRICT, Role::Reviewer));
    let behind = app(&town, "com-29245-0", Role::Reporter);
    behind.hang_up();
    send_week(&colleague);
    colleague.sync_once().unwrap();
    district.sync_once().unwrap();
    let waiting = district.review_queue().unwrap();
    let report = waiting.iter().map(|one| &one.report).find(|one| one.key.unit == "com-29245-0").unwrap();
    district.comment(report.report_id.clone(), "Đã xem, đúng hạn".into()).unwrap();
    district.accept(report.report_id.clone(), report.content_hash.clone()).unwrap();
    district.sync_once().unwrap();
    let (week, seconds) = timed(&behind);
    table.line("a week behind (one report, its comment and acceptance), handshake included", &week, seconds);

    println!("{}", table.0.join("\n"));
    assert_eq!(first.calls, 1, "one round trip");
    let whole = |done: &SyncSummary| done.bytes_sent + done.bytes_received;
    assert!(whole(&first) < 100_000, "first sync: {} bytes", whole(&first));
    assert!(whole(&nothing) <= NOTHING_NEW_MAX, "nothing new: {} bytes", whole(&nothing));
    town.close().await;
}

/// What a sync with nothing new may cost on an open connection.
const NOTHING_NEW_MAX: u64 = 750;
