//! Requests that never end: each sends the header of a large message and most of its bytes.

use super::attack_target::AttackTarget;
use crate::harness::{TestClient, connect_dir, connect_dir_from};
use http_body::Frame;
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::UnitId;
use thidua::domain::support::limits::MESSAGE_BYTES_MAX;
use tokio::task::JoinSet;
use tonic::body::Body;
use tonic::codegen::{Bytes, Service, http};
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

const ENROL: &str = "/thidua.v1.AccessService/Enrol";
const SAVE_REPORT: &str = "/thidua.v1.ReportService/SaveReport";
const COMMUNE: &str = "com-29242-0";
/// Attacks come from an address of their own.
const ATTACKER: &str = "127.0.0.2";
const OTHER_ADDRESS: &str = "127.0.0.3";
/// How long an attack lasts.
const ATTACK_TIME: Duration = Duration::from_secs(4);
/// The most memory that an attack may take, in MiB: 50 MB.
const ATTACK_MIB: u64 = 47;

/// A message of this length of which the last kilobyte never comes.
struct UnfinishedMessage(VecDeque<Bytes>);

impl UnfinishedMessage {
    fn new(length: usize) -> Self {
        let header = [&[0][..], &(length as u32).to_be_bytes()].concat();
        let chunk = Bytes::from(vec![7; 16 * 1024]);
        let mut rest = length - 1024;
        let mut chunks = VecDeque::from([Bytes::from(header)]);
        while rest > 0 {
            let bytes = rest.min(chunk.len());
            chunks.push_back(chunk.slice(..bytes));
            rest -= bytes;
        }
        Self(chunks)
    }
}

impl http_body::Body for UnfinishedMessage {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        match self.0.pop_front() {
            Some(chunk) => Poll::Ready(Some(Ok(Frame::data(chunk)))),
            None => Poll::Pending,
        }
    }
}

/// Begins a call and returns the status with which the server ends it.
async fn begin_call(
    mut channel: Channel,
    path: &'static str,
    length: usize,
    token: Option<String>,
) -> Status {
    let mut request = http::Request::post(path)
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Body::new(UnfinishedMessage::new(length))).unwrap();
    std::future::poll_fn(|cx| channel.poll_ready(cx)).await.unwrap();
    let response = channel.call(request).await;
    match response {
        Ok(response) => Status::from_header_map(response.headers()).unwrap(),
        Err(error) => Status::unknown(error.to_string()),
    }
}

/// Calls that the server holds open, and the refusals of the others.
struct Attack {
    held: JoinSet<Status>,
    refused: Vec<Status>,
}

impl Attack {
    /// Begins so many calls on each channel.
    async fn begin(
        channels: &[Channel],
        calls: usize,
        (path, length): (&'static str, usize),
        token: Option<&str>,
    ) -> Self {
        let mut held = JoinSet::new();
        for channel in channels {
            for _ in 0..calls {
                held.spawn(begin_call(channel.clone(), path, length, token.map(str::to_owned)));
            }
        }
        let mut refused = Vec::new();
        let ended = async {
            while let Some(status) = held.join_next().await {
                refused.push(status.unwrap());
            }
        };
        let _ = tokio::time::timeout(ATTACK_TIME, ended).await;
        Self { held, refused }
    }

    fn assert_refusals(&self, code: Code, message: &str) {
        for status in &self.refused {
            assert_eq!(status.code(), code, "{status:?}");
            assert!(status.message().contains(message), "{status:?}");
        }
    }
}

async fn attack_channels(target: &AttackTarget, count: usize) -> Vec<Channel> {
    let mut channels = Vec::new();
    for _ in 0..count {
        channels.push(connect_dir_from(&target.dir, target.port, ATTACKER).await);
    }
    channels
}

fn assert_memory(target: &AttackTarget, before: u64) {
    let during = target.memory_mib();
    println!("{before} MiB before, {during} MiB during");
    assert!(during < before + ATTACK_MIB, "memory grew from {before} to {during} MiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_messages_without_a_live_token_are_refused_before_they_are_stored() {
    let target = AttackTarget::start().await;
    let channels = attack_channels(&target, 1).await;
    let before = target.memory_mib();
    let attack = Attack::begin(&channels, 60, (ENROL, MESSAGE_BYTES_MAX), None).await;
    assert_eq!(attack.refused.len(), 60, "{} calls are held", attack.held.len());
    attack.assert_refusals(Code::ResourceExhausted, "maximum=65536");
    let token = format!("tdt_{}", "0".repeat(64));
    let attack = Attack::begin(&channels, 60, (SAVE_REPORT, MESSAGE_BYTES_MAX), Some(&token)).await;
    assert_eq!(attack.refused.len(), 60, "{} calls are held", attack.held.len());
    attack.assert_refusals(Code::Unauthenticated, "UNAUTHENTICATED");
    assert_memory(&target, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_messages_of_a_live_token_take_no_more_than_the_budget_of_the_process() {
    let (target, code) = AttackTarget::start_with_code(COMMUNE, Role::Reporter).await;
    let channels = attack_channels(&target, 1).await;
    let mut phone = TestClient::new(channels[0].clone(), UnitId::from_code(COMMUNE));
    phone.enrol(&code).await.unwrap();
    let mut health_client = target.health_client().await;
    let before = target.memory_mib();
    let call = (SAVE_REPORT, MESSAGE_BYTES_MAX);
    let attack = Attack::begin(&channels, 60, call, Some(&phone.token)).await;
    assert_eq!(attack.held.len(), 8, "eight of the largest messages are the budget");
    attack.assert_refusals(Code::ResourceExhausted, "RATE_LIMITED limit=unfinished_request_bytes");
    assert_memory(&target, before);
    target.assert_healthy(&mut health_client, before).await;
    phone.sync(Vec::new()).await.unwrap();
    drop(attack);
    // What ended calls held is free again.
    let again = Attack::begin(&channels, 4, call, Some(&phone.token)).await;
    assert_eq!(again.held.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn small_unfinished_calls_of_one_address_keep_out_neither_tokens_nor_other_addresses() {
    let (target, code) = AttackTarget::start_with_code(COMMUNE, Role::Reporter).await;
    let channels = attack_channels(&target, 10).await;
    let unit = UnitId::from_code(COMMUNE);
    let mut phone = TestClient::new(channels[0].clone(), unit);
    phone.enrol(&code).await.unwrap();
    let before = target.memory_mib();
    let attack = Attack::begin(&channels[1..], 60, (ENROL, 64 * 1024), None).await;
    assert_eq!(attack.held.len(), 128, "the places of one address");
    let limit = "RATE_LIMITED limit=unfinished_calls_without_token";
    attack.assert_refusals(Code::ResourceExhausted, limit);
    assert_memory(&target, before);
    phone.sync(Vec::new()).await.unwrap();
    let held = begin_call(channels[0].clone(), SAVE_REPORT, 4096, Some(phone.token.clone()));
    let held = tokio::time::timeout(Duration::from_secs(1), held).await;
    assert!(held.is_err(), "a live token may send slowly: {held:?}");
    phone.channel = connect_dir_from(&target.dir, target.port, OTHER_ADDRESS).await;
    phone.renew_token().await.unwrap();
    let held = begin_call(phone.channel.clone(), ENROL, 4096, None);
    let held = tokio::time::timeout(Duration::from_secs(1), held).await;
    assert!(held.is_err(), "another address may send slowly: {held:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn watches_of_the_health_service_are_bounded_and_checks_go_on() {
    let target = AttackTarget::start().await;
    let channels = attack_channels(&target, 2).await;
    let mut watches = Vec::new();
    let mut refused = 0;
    for channel in &channels {
        for _ in 0..20 {
            let mut client = HealthClient::new(channel.clone());
            match client.watch(HealthCheckRequest::default()).await {
                Ok(watch) => watches.push(watch.into_inner()),
                Err(status) => {
                    assert!(status.message().contains("limit=open_streams_without_token"));
                    refused += 1;
                }
            }
        }
    }
    assert_eq!((watches.len(), refused), (16, 24), "of one address");
    HealthClient::new(channels[0].clone()).check(HealthCheckRequest::default()).await.unwrap();
    let other = connect_dir(&target.dir, target.port).await;
    HealthClient::new(other.clone()).watch(HealthCheckRequest::default()).await.unwrap();
    watches.clear();
    for _ in 0..100 {
        let mut client = HealthClient::new(channels[0].clone());
        if client.watch(HealthCheckRequest::default()).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("an ended stream frees no place");
}
