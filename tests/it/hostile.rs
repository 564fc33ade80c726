//! Hands that mean harm, at the real door of a server in a process of its own: bytes of HTTP/2 written by hand over real TLS.
//!
//! Each attack is bounded in count and time. What is asked: the attacker's connection ends, others are served meanwhile and afterwards,
//! and memory stays where it was. `docs/SECURITY.md` names these stories. `scripts/hostile` lets the same attacks go on against the real
//! binary and prints what others feel of them.

mod attack;
pub(crate) mod door;
mod measured;

use attack::{
    Open, bomb, continuation, open_calls, oversized, pings, quiet, rapid_reset, settings, silent, stalled_bodies,
    stammering,
};
use door::{Door, PING, frame, until_closed};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// Most that is left of an attack in the server's memory: 50 MB, in MiB.
const FLOOD_MIB: u64 = 47;

#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_and_half_a_hello_are_shown_out_and_keep_nobody_out() {
    let door = Door::open().await;
    let mut honest = door.honest().await;
    let before = door.memory();
    let (silent, quiet, stammering) = (silent(&door, 300).await, quiet(&door, 30).await, stammering(&door, 1).await);
    assert_eq!((silent.len(), quiet.len(), stammering.len()), (300, 30, 1));
    door.is_well(&mut honest, before).await;
    let most = Duration::from_secs(20);
    let closed = async |lines: Vec<TcpStream>| {
        let mut all = true;
        for line in lines {
            all &= until_closed(line, most).await.is_some();
        }
        all
    };
    assert!(closed(silent).await && closed(stammering).await);
    for line in quiet {
        assert!(until_closed(line, most).await.is_some());
    }
    door.is_well(&mut honest, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_are_begun_and_taken_back_at_once_end_the_connection_that_makes_them() {
    let door = Door::open().await;
    let mut honest = door.honest().await;
    let before = door.memory();
    assert!(rapid_reset(door.h2().await).await, "rapid reset goes on for ever");
    door.is_well(&mut honest, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_without_an_end_end_the_connection_that_sends_them() {
    let door = Door::open().await;
    let mut honest = door.honest().await;
    let before = door.memory();
    assert!(continuation(door.h2().await).await, "a CONTINUATION flood goes on for ever");
    door.is_well(&mut honest, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pings_and_settings_without_end_cost_no_memory_and_keep_nobody_waiting() {
    let door = Door::open().await;
    let mut honest = door.honest().await;
    let before = door.memory();
    pings(door.h2().await, 20_000).await;
    settings(door.h2().await, 20_000).await;
    door.is_well(&mut honest, before).await;
    // Nor does one who never reads the answers.
    let mut deaf = door.h2().await;
    let pings = frame(PING, 0, 0, &[7; 8]).repeat(1000);
    for _ in 0..100 {
        if tokio::time::timeout(Duration::from_millis(200), deaf.write_all(&pings)).await.is_err() {
            break;
        }
    }
    door.is_well(&mut honest, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_says_it_is_enormous_or_comes_packed_is_refused_before_it_is_taken_in() {
    let door = Door::open().await;
    let mut honest = door.honest().await;
    let before = door.memory();
    assert!(oversized(door.h2().await).await, "the call is answered without waiting for the rest");
    for _ in 0..20 {
        assert!(bomb(door.h2().await).await, "what comes packed is not unpacked");
    }
    door.is_well(&mut honest, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_stall_hold_no_worker_and_no_memory() {
    let door = Door::open().await;
    let mut honest = door.honest().await;
    let before = door.memory();
    let stalled = stalled_bodies(&door, 20).await;
    assert_eq!(stalled.len(), 20);
    tokio::time::sleep(Duration::from_millis(300)).await;
    door.is_well(&mut honest, before).await;
    drop(stalled);
    door.is_well(&mut honest, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_ins_under_ever_new_names_take_no_more_memory_than_two_passwords_need() {
    flooded(Open::SignIn, 300).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn enrolments_with_wrong_codes_take_no_memory() {
    // The server works on 120 of them a minute and turns the others away.
    flooded(Open::Enrol, 10_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn renewals_of_ever_new_devices_take_no_memory() {
    flooded(Open::Renew, 10_000).await;
}

/// After so many calls without a token the server's process is within 50 MB of what it was, and
/// others are served.
async fn flooded(what: Open, calls: u64) {
    let door = Door::open().await;
    let mut honest = door.honest().await;
    let before = door.memory();
    let worked = open_calls(&door, what, calls).await;
    assert!(worked >= 50, "only {worked} calls were worked on");
    let after = door.memory();
    println!("{worked} calls: {before} MiB before, {after} MiB after");
    assert!(after < before + FLOOD_MIB, "memory grew from {before} to {after} MiB");
    door.is_well(&mut honest, before).await;
}
