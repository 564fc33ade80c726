//! Followers of a real server: the cost of many, and of one that does not read. S27, S28.

use crate::harness::{TestClient, TestServer};
use std::collections::BTreeMap;
use std::time::Duration;
use thidua::domain::access::permission::Role;
use thidua::domain::report::cell::CellValue;
use thidua::pb::sync_response::Frame;
use tonic::Streaming;

const COMMUNE: &str = "com-29242-0";
const PROVINCE: &str = "prov-84";

async fn read_to_checkpoint(stream: &mut Streaming<thidua::pb::SyncResponse>) -> (i64, usize) {
    let mut rows = 0;
    loop {
        match stream.message().await.unwrap().unwrap().frame {
            Some(Frame::Rows(batch)) => rows += batch.rows.len(),
            Some(Frame::Checkpoint(checkpoint)) => return (checkpoint.seq, rows),
            _ => {}
        }
    }
}

fn element_values(server: &TestServer) -> BTreeMap<u32, CellValue> {
    let reference = server.app.store().read(|tx| server.app.reference(tx)).unwrap();
    let form = reference.catalogue.form("tuan-xa").unwrap();
    form.elements
        .iter()
        .map(|code| (reference.element_numbers.number(code).unwrap(), CellValue::Nil))
        .collect()
}

async fn send_report(lan: &mut TestClient, cells: &BTreeMap<u32, CellValue>) {
    let report = lan.first_week_key().id();
    let acting_unit = lan.unit;
    let save = lan.save_command(cells);
    let submit =
        lan.next_command(thidua::domain::report::command::CommandBody::submit(report, acting_unit));
    lan.sync(vec![save, submit]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn s28_a_commit_reaches_500_followers_for_the_price_of_a_look_and_not_of_500_queries() {
    const FOLLOWERS: usize = 500;
    let server = TestServer::start().await;
    let mut lan = server.enrol_client(COMMUNE, Role::Reporter).await;
    let mut streams = Vec::new();
    let mut phones = Vec::new();
    for _ in 0..FOLLOWERS / 50 {
        let mut phone = server.enrol_client(PROVINCE, Role::Reviewer).await;
        phone.sync(Vec::new()).await.unwrap();
        phones.push(phone);
    }
    for phone in phones {
        for _ in 0..50 {
            let mut stream = phone.open_stream(Vec::new(), true).await.unwrap();
            read_to_checkpoint(&mut stream).await;
            streams.push(stream);
        }
    }
    let before = server.app.store().read_count();
    send_report(&mut lan, &element_values(&server)).await;
    let mut received = Vec::new();
    for stream in &mut streams {
        let (seq, rows) = read_to_checkpoint(stream).await;
        assert!(rows > 0, "the report came");
        received.push(seq);
    }
    let cost = server.app.store().read_count() - before;
    assert!(received.iter().all(|seq| *seq == received[0]), "all heard of one commit");
    assert!(cost < FOLLOWERS as u64 / 10, "{cost} reading transactions for {FOLLOWERS} followers");
    drop(streams);
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s27_a_follower_who_does_not_read_holds_no_snapshot_and_goes_on_from_the_feed() {
    let server = TestServer::start().await;
    let mut lan = server.enrol_client(COMMUNE, Role::Reporter).await;
    let mut slow = server.enrol_client(PROVINCE, Role::Reviewer).await;
    slow.channel = server.connect_with_small_window().await;
    let mut stream = slow.open_stream(Vec::new(), true).await.unwrap();
    read_to_checkpoint(&mut stream).await;
    let mut cells = element_values(&server);
    send_report(&mut lan, &cells).await;
    let first = *cells.keys().next().unwrap();
    let mut previous = CellValue::Nil;
    for figure in 1..40 {
        let next = CellValue::Reported(figure);
        let save = lan.correction_command(first, next, previous);
        lan.sync(vec![save]).await.unwrap();
        cells.insert(first, next);
        previous = next;
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    let (open, idle) = server.app.store().reader_counts();
    assert!(open - idle <= 1, "{open} connections, {idle} idle: a stalled stream keeps none");
    let head = server.app.store().read(|tx| tx.head()).unwrap().seq;
    let mut frames = 0;
    while read_to_checkpoint(&mut stream).await.0 < head {
        frames += 1;
    }
    assert!(frames < 30, "{frames} checkpoints waited for a reader who slept through 40 commits");
    drop(stream);
    server.close().await;
}
