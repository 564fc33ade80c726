//! The authority changes its CA: a phone that synced while the next one was announced follows, one that slept through it stays out.

use super::{COMMUNE, app};
use crate::harness::Town;
use thidua::clock::Clock;
use thidua::domain::permission::Role;
use thidua::server::ca;

fn names() -> Vec<String> {
    vec!["127.0.0.1".into(), "localhost".into()]
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_that_heard_of_the_next_ca_follow_when_it_takes_over_and_forget_the_one_before() {
    let now = Clock::System.now();
    let town = Town::open().await;
    let (awake, asleep) = (app(&town, COMMUNE, Role::Reporter), app(&town, COMMUNE, Role::UnitHead));
    let before = std::fs::read(&town.files.ca_key).unwrap();
    let (port, files) = (town.address.port(), town.files.clone());
    ca::announce_next(&files, now).unwrap();
    let next = std::fs::read(&files.next_ca).unwrap();
    ca::announce_next(&files, now).unwrap();
    assert_eq!(std::fs::read(&files.next_ca).unwrap(), next, "announced once");
    let dir = town.stop().await;

    let town = Town::at(dir.path(), port).await;
    awake.sync_once().unwrap();
    town.close().await;
    assert!(ca::roll_over(&files, &names(), now).unwrap());
    assert!(!ca::roll_over(&files, &names(), now).unwrap(), "there is no further one");

    let town = Town::at(dir.path(), port).await;
    assert!(awake.sync_once().unwrap().agrees, "the next CA is trusted");
    assert!(asleep.sync_once().is_err(), "whoever did not hear of it trusts the old one alone");
    town.close().await;

    // The key of the CA before is still somewhere, and somebody has it: a server of the same name under it.
    let (ca, key) = (std::fs::read(&files.ca).unwrap(), std::fs::read(&files.ca_key).unwrap());
    std::fs::write(&files.ca_key, before).unwrap();
    std::fs::copy(&files.previous_ca, &files.ca).unwrap();
    ca::init(&files, &names(), now).unwrap();
    let town = Town::at(dir.path(), port).await;
    assert!(awake.sync_once().is_err(), "the CA before is not trusted any more");
    town.close().await;

    std::fs::write(&files.ca, ca).unwrap();
    std::fs::write(&files.ca_key, key).unwrap();
    ca::init(&files, &names(), now).unwrap();
    std::fs::remove_file(&files.previous_ca).unwrap();
    let town = Town::at(dir.path(), port).await;
    assert!(awake.sync_once().unwrap().agrees, "at peace again: nothing is announced, nothing changes");
    town.close().await;
}
