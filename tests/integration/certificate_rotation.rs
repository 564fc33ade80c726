//! Certificates are renewed while the server is serving.

use crate::harness::{TestServer, connect_dir};
use crate::hostile::attack_target::AttackTarget;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use thidua::clock::Clock;
use thidua::server::ca;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

async fn check_health(on: &Channel) {
    HealthClient::new(on.clone()).check(HealthCheckRequest::default()).await.unwrap();
}

/// The certificate that a new connection receives.
async fn presented_certificate(target: &AttackTarget) -> Vec<u8> {
    let connection = target.connect_tls().await.unwrap();
    connection.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_renewed_again_and_again_and_no_call_fails_on_old_or_new_connections() {
    let test_server = TestServer::start().await;
    let target = AttackTarget::new(
        test_server.server_dir().to_owned(),
        test_server.address.port(),
        std::process::id(),
    );
    let done = Arc::new(AtomicBool::new(false));
    let mut working = tokio::task::JoinSet::new();
    for worker in 0..6 {
        let (done, dir, port) =
            (done.clone(), test_server.server_dir().to_owned(), test_server.address.port());
        working.spawn(async move {
            let channel = connect_dir(&dir, port).await;
            let mut calls = 0_u32;
            while !done.load(Ordering::Relaxed) {
                // Half of the workers use one connection, the others a new one for each call.
                if worker % 2 == 0 {
                    check_health(&channel).await
                } else {
                    check_health(&connect_dir(&dir, port).await).await
                }
                calls += 1;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            calls
        });
    }
    for _ in 0..2 {
        let before = presented_certificate(&target).await;
        ca::init_tls(
            &test_server.files,
            &["127.0.0.1".into(), "localhost".into()],
            Clock::System.now(),
        )
        .unwrap();
        while presented_certificate(&target).await == before {
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
    test_server.close().await;
}
