//! The attacks, each bounded: the tests check the result of one, `scripts/hostile` repeats them
//! while others are served.

use super::attack_target::{
    AttackTarget, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, RST_STREAM, SETTINGS,
    TlsConnection, encode_call_headers, encode_frame, is_answered, write_until_closed,
};
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use thidua::auth::AuthorityKey;
use thidua::domain::access::enrolment::{self, enrolment_signing_input};
use thidua::domain::support::limits::ACCOUNT_LABEL_CHARS_MAX;
use thidua::pb;
use thidua::pb::access_service_client::AccessServiceClient;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tonic::Code;

const CHECK: &str = "/grpc.health.v1.Health/Check";
const ENROL: &str = "/thidua.v1.AccessService/Enrol";
/// A password that no account has.
const PASSWORD: &str = "a sentence that is nobody's password";
/// The number of writes in one flood.
const MAX_WRITES: usize = 50_000;

/// Opens connections that never send anything.
pub(crate) async fn open_silent_tcp(target: &AttackTarget, count: usize) -> Vec<TcpStream> {
    let mut connections = Vec::new();
    for _ in 0..count {
        connections.extend(target.connect_tcp().await.ok());
    }
    connections
}

/// Opens connections that send part of a TLS hello.
pub(crate) async fn open_partial_tls_hello(target: &AttackTarget, count: usize) -> Vec<TcpStream> {
    let mut connections = open_silent_tcp(target, count).await;
    for connection in &mut connections {
        let _ = connection.write_all(b"\x16\x03\x01\x02\x00\x01").await;
    }
    connections
}

/// Opens TLS connections that then send nothing.
pub(crate) async fn open_idle_tls(target: &AttackTarget, count: usize) -> Vec<TlsConnection> {
    let mut connections = Vec::new();
    for _ in 0..count {
        connections.extend(target.connect_tls().await.ok());
    }
    connections
}

/// Opens HTTP/2 connections that make no call.
async fn open_idle_h2(target: &AttackTarget, count: usize) -> Vec<TlsConnection> {
    let mut connections = Vec::new();
    for _ in 0..count {
        connections.extend(target.connect_h2(&[]).await.ok());
    }
    connections
}

/// Begins calls and resets them at once; returns whether the server closed the connection.
pub(crate) async fn flood_rapid_reset(connection: TlsConnection) -> bool {
    let block = encode_call_headers(CHECK, &[]);
    let next = |at: usize| {
        let stream = 1 + 2 * at as u32;
        [
            encode_frame(HEADERS, END_HEADERS, stream, &block),
            encode_frame(RST_STREAM, 0, stream, &8u32.to_be_bytes()),
        ]
        .concat()
    };
    write_until_closed(connection, MAX_WRITES, next).await
}

/// Sends headers without an end; returns whether the server closed the connection.
pub(crate) async fn flood_continuation(connection: TlsConnection) -> bool {
    let more = [b"\x00\x05x-abc\x7f\x81\x7e".as_slice(), &[b'a'; 255]].concat();
    let next = |at: usize| match at {
        0 => encode_frame(HEADERS, 0, 1, &encode_call_headers(CHECK, &[])),
        _ => encode_frame(CONTINUATION, 0, 1, &more),
    };
    write_until_closed(connection, MAX_WRITES, next).await
}

pub(crate) async fn flood_pings(connection: TlsConnection, most: usize) -> bool {
    write_until_closed(connection, most, |_| encode_frame(PING, 0, 0, &[7; 8])).await
}

pub(crate) async fn flood_settings(connection: TlsConnection, most: usize) -> bool {
    write_until_closed(connection, most, |_| encode_frame(SETTINGS, 0, 0, &[])).await
}

/// Sends a message that claims four gigabytes; returns whether the server answers without waiting
/// for them.
pub(crate) async fn send_oversized_message(connection: TlsConnection) -> bool {
    send_message(connection, &[], &[&[0, 0xff, 0xff, 0xff, 0xff][..], &[0x1f; 1024]].concat()).await
}

/// Sends a few kilobytes that decompress to 8 MiB, twice the message limit; returns whether the
/// server answers.
pub(crate) async fn send_decompression_bomb(connection: TlsConnection) -> bool {
    static COMPRESSED: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![0; 8 << 20]).unwrap();
        let compressed = encoder.finish().unwrap();
        [&[1][..], &(compressed.len() as u32).to_be_bytes(), &compressed].concat()
    });
    send_message(connection, &[("grpc-encoding", "gzip")], &COMPRESSED).await
}

async fn send_message(mut connection: TlsConnection, more: &[(&str, &str)], body: &[u8]) -> bool {
    let mut bytes = encode_frame(HEADERS, END_HEADERS, 1, &encode_call_headers(ENROL, more));
    // The server accepts frames of 16 KiB at most.
    body.chunks(16_000).for_each(|part| bytes.extend(encode_frame(DATA, 0, 1, part)));
    let _ = connection.write_all(&bytes).await;
    is_answered(&mut connection).await
}

/// Opens calls whose bodies stop in the middle, fifty on each connection.
pub(crate) async fn open_stalled_bodies(
    target: &AttackTarget,
    connections: usize,
) -> Vec<TlsConnection> {
    let mut stalled = Vec::new();
    for _ in 0..connections {
        let Ok(mut connection) = target.connect_h2(&[]).await else { continue };
        let one = |at: u32| {
            let stream = 1 + 2 * at;
            [
                encode_frame(HEADERS, END_HEADERS, stream, &encode_call_headers(ENROL, &[])),
                encode_frame(DATA, 0, stream, &[0, 0, 1, 0, 0, 1, 2, 3]),
            ]
            .concat()
        };
        let _ = connection.write_all(&(0..50).flat_map(one).collect::<Vec<_>>()).await;
        let _ = connection.flush().await;
        stalled.push(connection);
    }
    stalled
}

/// Opens syncs that read nothing: a window of no bytes, fifty on each connection.
async fn open_slow_readers(
    target: &AttackTarget,
    connections: usize,
    token: &str,
) -> Vec<TlsConnection> {
    let bearer = format!("Bearer {token}");
    let block = encode_call_headers("/thidua.v1.SyncService/Sync", &[("authorization", &bearer)]);
    let mut slow = Vec::new();
    for _ in 0..connections {
        // Setting 4 is the initial window of a stream.
        let Ok(mut connection) = target.connect_h2(&[0, 4, 0, 0, 0, 0]).await else { continue };
        let one = |at: u32| {
            let stream = 1 + 2 * at;
            [
                encode_frame(HEADERS, END_HEADERS, stream, &block),
                encode_frame(DATA, END_STREAM, stream, &[0; 5]),
            ]
            .concat()
        };
        let _ = connection.write_all(&(0..50).flat_map(one).collect::<Vec<_>>()).await;
        let _ = connection.flush().await;
        slow.push(connection);
    }
    slow
}

/// A call that needs no token.
#[derive(Clone, Copy)]
pub(crate) enum OpenCall {
    SignIn,
    Enrol,
    Renew,
}

/// A request to enrol that is valid except for its code.
fn wrong_code_request(device_id: Vec<u8>) -> pb::EnrolRequest {
    static WRONG: LazyLock<pb::EnrolRequest> = LazyLock::new(|| {
        let key = AuthorityKey::from_pkcs8(&AuthorityKey::generate().unwrap()).unwrap();
        let code = enrolment::EnrolmentCode::new([7; 16]);
        pb::EnrolRequest {
            code: code.to_string(),
            public_key: key.public_key().to_vec(),
            signature: key.sign(&enrolment_signing_input(&code, key.public_key())).unwrap(),
            client_version: "test".into(),
            device_id: Vec::new(),
        }
    });
    pb::EnrolRequest { device_id, ..WRONG.clone() }
}

type AccessClient = AccessServiceClient<tonic::transport::Channel>;

async fn access_client(target: &AttackTarget) -> AccessClient {
    AccessServiceClient::new(crate::harness::connect_dir(&target.dir, target.port).await)
}

/// Makes one such call; each number is another account or device. Returns whether the server
/// processed the call before it refused.
async fn make_call(what: OpenCall, mut access: AccessClient, number: u64) -> bool {
    let device_id = [&[9; 8][..], &number.to_be_bytes()].concat();
    let refused = match what {
        OpenCall::SignIn => {
            let account_label = format!("{number:0>ACCOUNT_LABEL_CHARS_MAX$}");
            access
                .sign_in(pb::SignInRequest {
                    account_label,
                    password: PASSWORD.to_owned(),
                    device_cookie: Vec::new(),
                    second_factor_code: String::new(),
                })
                .await
                .err()
        }
        OpenCall::Enrol => access.enrol(wrong_code_request(device_id)).await.err(),
        OpenCall::Renew => {
            let begun = access
                .begin_renewal(pb::BeginRenewalRequest { device_id: device_id.clone() })
                .await;
            let Ok(nonce) = begun.map(|answer| answer.into_inner().nonce) else { return false };
            let signature = vec![7; 64];
            access
                .renew_token(pb::RenewTokenRequest {
                    device_id,
                    nonce,
                    signature,
                    certificate: None,
                })
                .await
                .err()
        }
    };
    refused.is_some_and(|status| status.code() == Code::Unauthenticated)
}

/// Makes such calls over eight connections, 64 at once, until the server has processed `most` of
/// them or ten seconds have passed; returns the number processed.
pub(crate) async fn open_calls(target: &AttackTarget, what: OpenCall, most: u64) -> u64 {
    let (started, processed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let access = access_client(target).await;
        for _ in 0..8 {
            let (access, started, processed) = (access.clone(), started.clone(), processed.clone());
            callers.spawn(async move {
                while processed.load(Ordering::Relaxed) < most {
                    let number = started.fetch_add(1, Ordering::Relaxed);
                    processed.fetch_add(
                        u64::from(make_call(what, access.clone(), number).await),
                        Ordering::Relaxed,
                    );
                }
            });
        }
    }
    let all = async { while callers.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(Duration::from_secs(10), all).await;
    processed.load(Ordering::Relaxed)
}

/// Makes this many calls a second over eight connections, answered or not, until it is cancelled.
async fn call_at_rate(target: &AttackTarget, what: OpenCall, calls: u64) {
    let mut clients = Vec::new();
    for _ in 0..8 {
        clients.push(access_client(target).await);
    }
    // In batches every 10 ms: timers below a millisecond are not reliable.
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    for at in 0u64.. {
        tick.tick().await;
        for one in 0..calls / 100 {
            let number = at * 1_000 + one;
            tokio::spawn(make_call(what, clients[(number % 8) as usize].clone(), number));
        }
    }
}

/// Repeats the attack in eight tasks until it is cancelled.
async fn repeat_attack<F: Future<Output = bool> + Send + 'static>(
    target: &Arc<AttackTarget>,
    attack: impl Fn(TlsConnection) -> F + Copy + Send + 'static,
) {
    let mut attackers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let target = target.clone();
        attackers.spawn(async move {
            loop {
                match target.connect_h2(&[]).await {
                    Ok(connection) => drop(attack(connection).await),
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        });
    }
    while attackers.join_next().await.is_some() {}
}

/// Keeps connections open until it is cancelled.
async fn hold_open<T>(connections: Vec<T>) {
    println!("{} lines are open", connections.len());
    std::future::pending::<()>().await;
    drop(connections);
}

/// Every attack that is measured.
pub(crate) const ATTACKS: [&str; 15] = [
    "silent TCP, 1,500",
    "half a TLS hello, 1,500",
    "TLS and no word, 500",
    "idle HTTP/2, 500",
    "stalled bodies, 1,000",
    "slow readers, 500",
    "rapid reset",
    "CONTINUATION flood",
    "PING flood",
    "oversized messages",
    "packed bombs",
    "10,000 connections",
    "1,000 sign-ins/s",
    "1,000 enrolments/s",
    "1,000 renewals/s",
];

/// Runs this attack until the process ends.
pub(crate) async fn run_attack(name: &str, target: AttackTarget, token: &str) {
    let target = Arc::new(target);
    match name {
        "silent TCP, 1,500" => hold_open(open_silent_tcp(&target, 1_500).await).await,
        "half a TLS hello, 1,500" => hold_open(open_partial_tls_hello(&target, 1_500).await).await,
        "TLS and no word, 500" => hold_open(open_idle_tls(&target, 500).await).await,
        "idle HTTP/2, 500" => hold_open(open_idle_h2(&target, 500).await).await,
        "stalled bodies, 1,000" => hold_open(open_stalled_bodies(&target, 20).await).await,
        "slow readers, 500" => hold_open(open_slow_readers(&target, 10, token).await).await,
        "rapid reset" => repeat_attack(&target, flood_rapid_reset).await,
        "CONTINUATION flood" => repeat_attack(&target, flood_continuation).await,
        "PING flood" => {
            repeat_attack(&target, |connection| flood_pings(connection, MAX_WRITES)).await
        }
        "oversized messages" => repeat_attack(&target, send_oversized_message).await,
        "packed bombs" => repeat_attack(&target, send_decompression_bomb).await,
        "10,000 connections" => hold_open(open_silent_tcp(&target, 10_000).await).await,
        "1,000 sign-ins/s" => call_at_rate(&target, OpenCall::SignIn, 1_000).await,
        "1,000 enrolments/s" => call_at_rate(&target, OpenCall::Enrol, 1_000).await,
        "1,000 renewals/s" => call_at_rate(&target, OpenCall::Renew, 1_000).await,
        _ => panic!("no attack is called {name}"),
    }
}
