//! The CA rolls over: a phone that synced while the next CA was announced follows, one that did not
//! stays out.

use super::{COMMUNE, enrolled_app};
use crate::harness::TestServer;
use thidua::clock::Clock;
use thidua::domain::access::permission::Role;
use thidua::server::ca;

fn server_names() -> Vec<String> {
    vec!["127.0.0.1".into(), "localhost".into()]
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_that_heard_of_the_next_ca_follow_when_it_takes_over_and_forget_the_one_before() {
    let now = Clock::System.now();
    let test_server = TestServer::start().await;
    let (synced_phone, offline_phone) = (
        enrolled_app(&test_server, COMMUNE, Role::Reporter),
        enrolled_app(&test_server, COMMUNE, Role::UnitHead),
    );
    let before = std::fs::read(&test_server.files.ca_key).unwrap();
    let (port, files) = (test_server.address.port(), test_server.files.clone());
    ca::create_next_ca(&files, now).unwrap();
    let next = std::fs::read(&files.next_ca).unwrap();
    ca::create_next_ca(&files, now).unwrap();
    assert_eq!(std::fs::read(&files.next_ca).unwrap(), next, "announced once");
    let dir = test_server.stop().await;

    let test_server = TestServer::serve_dir_on_port(dir.path(), port).await;
    synced_phone.sync_once().unwrap();
    test_server.close().await;
    assert!(ca::roll_over_ca(&files, &server_names(), now).unwrap());
    assert!(!ca::roll_over_ca(&files, &server_names(), now).unwrap(), "there is no further one");

    let test_server = TestServer::serve_dir_on_port(dir.path(), port).await;
    assert!(synced_phone.sync_once().unwrap().digests_match, "the next CA is trusted");
    assert!(
        offline_phone.sync_once().is_err(),
        "whoever did not hear of it trusts the old one alone"
    );
    test_server.close().await;

    // An attacker has the previous CA's key and runs a server of the same name with it.
    let (ca, key) = (std::fs::read(&files.ca).unwrap(), std::fs::read(&files.ca_key).unwrap());
    std::fs::write(&files.ca_key, before).unwrap();
    std::fs::copy(&files.previous_ca, &files.ca).unwrap();
    ca::init_tls(&files, &server_names(), now).unwrap();
    let test_server = TestServer::serve_dir_on_port(dir.path(), port).await;
    assert!(synced_phone.sync_once().is_err(), "the CA before is not trusted any more");
    test_server.close().await;

    std::fs::write(&files.ca, ca).unwrap();
    std::fs::write(&files.ca_key, key).unwrap();
    ca::init_tls(&files, &server_names(), now).unwrap();
    std::fs::remove_file(&files.previous_ca).unwrap();
    let test_server = TestServer::serve_dir_on_port(dir.path(), port).await;
    assert!(
        synced_phone.sync_once().unwrap().digests_match,
        "at peace again: nothing is announced, nothing changes"
    );
    test_server.close().await;
}
