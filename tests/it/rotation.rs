//! Certificates are renewed while the server is at work.

use crate::harness::{Town, channel};
use crate::hostile::door::Door;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use thidua::clock::Clock;
use thidua::server::ca;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

async fn ask(on: &Channel) {
    HealthClient::new(on.clone()).check(HealthCheckRequest::default()).await.unwrap();
}

/// The certificate that a new connection is shown.
async fn shown(door: &Door) -> Vec<u8> {
    let line = door.try_tls().await.unwrap();
    line.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_renewed_again_and_again_and_no_call_fails_on_old_or_new_connections() {
    let town = Town::open().await;
    let door = Door::of(town.home().to_owned(), town.address.port(), std::process::id());
    let done = Arc::new(AtomicBool::new(false));
    let mut working = tokio::task::JoinSet::new();
    for worker in 0..6 {
        let (done, dir, port) = (done.clone(), town.home().to_owned(), town.address.port());
        working.spawn(async move {
            let kept = channel(&dir, port).await;
            let mut calls = 0_u32;
            while !done.load(Ordering::Relaxed) {
                // Half of them stay where they are, half come anew each time.
                if worker % 2 == 0 {
                    ask(&kept).await
                } else {
                    ask(&channel(&dir, port).await).await
                }
                calls += 1;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            calls
        });
    }
    for _ in 0..2 {
        let before = shown(&door).await;
        ca::init(&town.files, &["127.0.0.1".into(), "localhost".into()], Clock::System.now()).unwrap();
        while shown(&door).await == before {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    done.store(true, Ordering::Relaxed);
    let mut calls = 0;
    while let Some(one) = working.join_next().await {
        calls += one.expect("a call failed");
    }
    println!("{calls} calls over two renewals, none failed");
    assert!(calls > 100);
    town.close().await;
}
