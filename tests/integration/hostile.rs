//! Attacks on a real server in another process, as HTTP/2 bytes over TLS.
//!
//! Each attack is bounded in count and time. The tests check that the attacker's connection ends,
//! that others are served during and after the attack, and that memory does not grow.
//! `docs/SECURITY.md` names these tests. `scripts/hostile` runs the same attacks continuously
//! against the release binary and prints the effect on other clients.

mod attack;
pub(crate) mod attack_target;
mod latency;
mod unfinished;

use attack::{
    OpenCall, flood_continuation, flood_pings, flood_rapid_reset, flood_settings, open_calls,
    open_idle_tls, open_partial_tls_hello, open_silent_tcp, open_stalled_bodies,
    send_decompression_bomb, send_oversized_message,
};
use attack_target::{AttackTarget, PING, encode_frame, wait_until_closed};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// The most memory that an attack may leave allocated in the server: 50 MB, in MiB.
const FLOOD_MIB: u64 = 47;

#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_and_half_a_hello_are_shown_out_and_keep_nobody_out() {
    let target = AttackTarget::start().await;
    let mut health_client = target.health_client().await;
    let before = target.memory_mib();
    let (silent, idle, half_hello) = (
        open_silent_tcp(&target, 300).await,
        open_idle_tls(&target, 30).await,
        open_partial_tls_hello(&target, 1).await,
    );
    assert_eq!((silent.len(), idle.len(), half_hello.len()), (300, 30, 1));
    target.assert_healthy(&mut health_client, before).await;
    let timeout = Duration::from_secs(20);
    let closed = async |connections: Vec<TcpStream>| {
        let mut all = true;
        for connection in connections {
            all &= wait_until_closed(connection, timeout).await.is_some();
        }
        all
    };
    assert!(closed(silent).await && closed(half_hello).await);
    for connection in idle {
        assert!(wait_until_closed(connection, timeout).await.is_some());
    }
    target.assert_healthy(&mut health_client, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_begun_and_taken_back_at_once_end_the_connection_that_makes_them() {
    let target = AttackTarget::start().await;
    let mut health_client = target.health_client().await;
    let before = target.memory_mib();
    assert!(
        flood_rapid_reset(target.connect_h2_default().await).await,
        "rapid reset goes on for ever"
    );
    target.assert_healthy(&mut health_client, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_without_an_end_end_the_connection_that_sends_them() {
    let target = AttackTarget::start().await;
    let mut health_client = target.health_client().await;
    let before = target.memory_mib();
    assert!(
        flood_continuation(target.connect_h2_default().await).await,
        "a CONTINUATION flood goes on for ever"
    );
    target.assert_healthy(&mut health_client, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pings_and_settings_without_end_cost_no_memory_and_keep_nobody_waiting() {
    let target = AttackTarget::start().await;
    let mut health_client = target.health_client().await;
    let before = target.memory_mib();
    flood_pings(target.connect_h2_default().await, 20_000).await;
    flood_settings(target.connect_h2_default().await, 20_000).await;
    target.assert_healthy(&mut health_client, before).await;
    // The same with a client that never reads the responses.
    let mut connection = target.connect_h2_default().await;
    let pings = encode_frame(PING, 0, 0, &[7; 8]).repeat(1000);
    for _ in 0..100 {
        if tokio::time::timeout(Duration::from_millis(200), connection.write_all(&pings))
            .await
            .is_err()
        {
            break;
        }
    }
    target.assert_healthy(&mut health_client, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_says_it_is_enormous_or_comes_packed_is_refused_before_it_is_taken_in() {
    let target = AttackTarget::start().await;
    let mut health_client = target.health_client().await;
    let before = target.memory_mib();
    assert!(
        send_oversized_message(target.connect_h2_default().await).await,
        "the call is answered without waiting for the rest"
    );
    for _ in 0..20 {
        assert!(
            send_decompression_bomb(target.connect_h2_default().await).await,
            "what comes packed is not unpacked"
        );
    }
    target.assert_healthy(&mut health_client, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_stall_hold_no_worker_and_no_memory() {
    let target = AttackTarget::start().await;
    let mut health_client = target.health_client().await;
    let before = target.memory_mib();
    let stalled = open_stalled_bodies(&target, 20).await;
    assert_eq!(stalled.len(), 20);
    tokio::time::sleep(Duration::from_millis(300)).await;
    target.assert_healthy(&mut health_client, before).await;
    drop(stalled);
    target.assert_healthy(&mut health_client, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_under_ever_new_names_take_no_more_memory_than_two_passwords_need() {
    assert_flood_takes_no_memory(OpenCall::SignIn, 300).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn enrolments_with_wrong_codes_take_no_memory() {
    // The server processes 120 of them a minute and rejects the others.
    assert_flood_takes_no_memory(OpenCall::Enrol, 10_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn renewals_of_ever_new_devices_take_no_memory() {
    assert_flood_takes_no_memory(OpenCall::Renew, 10_000).await;
}

/// After this many calls without a token the server's memory is within 50 MB of before, and others
/// are served.
async fn assert_flood_takes_no_memory(what: OpenCall, calls: u64) {
    let target = AttackTarget::start().await;
    let mut health_client = target.health_client().await;
    let before = target.memory_mib();
    let processed = open_calls(&target, what, calls).await;
    assert!(processed >= 50, "only {processed} calls were worked on");
    let after = target.memory_mib();
    println!("{processed} calls: {before} MiB before, {after} MiB after");
    assert!(after < before + FLOOD_MIB, "memory grew from {before} to {after} MiB");
    target.assert_healthy(&mut health_client, before).await;
}
