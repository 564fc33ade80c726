//! The failures of strangers keep nobody else out: sign-ins and enrolment codes are limited by
//! account, by address and by both together, and a device that signed in before is apart from all
//! strangers. Callers at other addresses are other loopback addresses.

use super::desk_session::{LABEL, PASSWORD, create_desk_code, set_password};
use super::report::error_reason;
use crate::harness::{TestClient, TestServer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use thidua::auth;
use thidua::domain::access::enrolment::EnrolmentCode;
use thidua::domain::access::permission::Role;
use thidua::domain::support::ids::UnitId;
use thidua::pb;
use thidua::pb::access_service_client::AccessServiceClient;
use tonic::Status;
use tonic::transport::Channel;
use tonic_types::StatusExt as _;

const OFFICE: &str = "127.0.0.2";
const STRANGER: &str = "127.0.0.3";
const WRONG: &str = "một câu khác hẳn, cũng dài";

async fn sign_in(
    channel: &Channel,
    (label, password): (&str, &str),
    cookie: &[u8],
) -> Result<pb::SignInResponse, Status> {
    let request = pb::SignInRequest {
        account_label: label.to_owned(),
        password: password.to_owned(),
        device_cookie: cookie.to_vec(),
        second_factor_code: String::new(),
    };
    AccessServiceClient::new(channel.clone())
        .sign_in(request)
        .await
        .map(tonic::Response::into_inner)
}

/// The limit and the delay of a refusal.
fn told_wait(refused: &Status) -> (String, Duration) {
    assert_eq!(error_reason(refused), "RATE_LIMITED", "{refused:?}");
    let details = refused.get_error_details();
    let delay = details.retry_info().and_then(|info| info.retry_delay).unwrap();
    assert!(delay > Duration::ZERO);
    (details.error_info().unwrap().metadata["limit"].clone(), delay)
}

/// Tries wrong passwords until the caller is told to wait; returns the limit.
async fn try_until_limited(channel: &Channel, label: impl Fn(usize) -> String) -> String {
    for at in 0..500 {
        let refused = sign_in(channel, (&label(at), WRONG), &[]).await.unwrap_err();
        if error_reason(&refused) != "SIGN_IN_REFUSED" {
            return told_wait(&refused).0;
        }
    }
    panic!("never told to wait")
}

async fn start_with_desk_account() -> TestServer {
    let server = TestServer::start().await;
    set_password(&server, &create_desk_code(&server), PASSWORD).await.unwrap();
    server
}

#[tokio::test]
async fn wrong_passwords_from_another_address_keep_the_holder_of_an_account_out_of_nothing() {
    let server = start_with_desk_account().await;
    let stranger = server.connect_from(STRANGER).await;
    let limit = try_until_limited(&stranger, |_| LABEL.to_owned()).await;
    assert_eq!(limit, "sign_ins_of_account_from_address");
    let office = server.connect_from(OFFICE).await;
    sign_in(&office, (LABEL, PASSWORD), &[]).await.unwrap();
    server.close().await;
}

#[tokio::test]
async fn a_device_that_signed_in_before_keeps_its_way_in_and_others_at_its_address_are_told_the_wait()
 {
    let server = start_with_desk_account().await;
    let office = server.connect_from(OFFICE).await;
    let cookie = sign_in(&office, (LABEL, PASSWORD), &[]).await.unwrap().device_cookie;
    try_until_limited(&office, |_| LABEL.to_owned()).await;
    let limit = try_until_limited(&office, |at| format!("tai-khoan-{at}")).await;
    assert_eq!(limit, "sign_ins_from_address");
    told_wait(&sign_in(&office, (LABEL, PASSWORD), &[]).await.unwrap_err());
    let again = sign_in(&office, (LABEL, PASSWORD), &cookie).await.unwrap();
    assert!(!again.device_cookie.is_empty(), "each sign-in gives a cookie");
    let refused = sign_in(&office, (LABEL, WRONG), &cookie).await.unwrap_err();
    assert_eq!(error_reason(&refused), "SIGN_IN_REFUSED", "a cookie replaces no password");
    // A place of the address comes back each second: a slow machine may meet one, not many.
    let mut stranger = sign_in(&office, ("tai-khoan-1", PASSWORD), &cookie).await.unwrap_err();
    for _ in 0..5 {
        if error_reason(&stranger) == "SIGN_IN_REFUSED" {
            stranger = sign_in(&office, ("tai-khoan-1", PASSWORD), &cookie).await.unwrap_err();
        }
    }
    told_wait(&stranger);
    server.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_labels_over_32_connections_lock_out_neither_a_known_device_nor_another_address() {
    let server = start_with_desk_account().await;
    let here = server.connect_from(STRANGER).await;
    let cookie = sign_in(&here, (LABEL, PASSWORD), &[]).await.unwrap().device_cookie;
    let (stop, number) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let mut flood = Vec::new();
    for _ in 0..32 {
        let channel = server.connect_from(STRANGER).await;
        let (stop, number) = (stop.clone(), number.clone());
        flood.push(tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let label = format!("tai-khoan-{}", number.fetch_add(1, Ordering::Relaxed));
                sign_in(&channel, (&label, PASSWORD), &[]).await.unwrap_err();
            }
        }));
    }
    let elsewhere = server.connect_from(OFFICE).await;
    while number.load(Ordering::Relaxed) < 200 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for _ in 0..5 {
        sign_in(&here, (LABEL, PASSWORD), &cookie).await.unwrap();
        sign_in(&elsewhere, (LABEL, PASSWORD), &[]).await.unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    for caller in flood {
        caller.await.unwrap();
    }
    server.close().await;
}

#[tokio::test]
async fn wrong_codes_from_one_address_keep_no_phone_elsewhere_from_enrolling() {
    let server = TestServer::start().await;
    let code = server.create_code("com-29242-0", Role::Reporter);
    let unit = UnitId::from_code("com-29242-0");
    let guesser = server.connect_from(STRANGER).await;
    let mut limited = None;
    for _ in 0..500 {
        let guess = EnrolmentCode::new(auth::random_bytes().unwrap());
        let refused = TestClient::new(guesser.clone(), unit).enrol(&guess).await.unwrap_err();
        if error_reason(&refused) != "CODE_REFUSED" {
            limited = Some(told_wait(&refused).0);
            break;
        }
    }
    assert_eq!(limited.as_deref(), Some("codes_from_address"));
    let mut phone = TestClient::new(server.connect_from(OFFICE).await, unit);
    phone.enrol(&code).await.unwrap();
    server.close().await;
}
