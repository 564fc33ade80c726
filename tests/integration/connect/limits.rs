//! The limits of gRPC hold for Connect: sizes before and after unpacking, calls of a credential.

use super::{COMMUNE, GET_UNIT, post_as_stranger, post_json, post_with};
use crate::harness::{HttpAnswer, TestServer, send_http2};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;
use thidua::domain::access::permission::Role;
use thidua::domain::support::limits::MESSAGE_BYTES_MAX;

const GZIP: [(&str, &str); 2] =
    [("content-type", "application/json"), ("content-encoding", "gzip")];
/// What a caller without a token may send.
const STRANGER_BYTES_MAX: usize = 64 * 1024;

/// JSON of more than `bytes` bytes.
fn large_json(bytes: usize) -> Vec<u8> {
    format!(r#"{{"uid":"{}"}}"#, "x".repeat(bytes)).into_bytes()
}

/// JSON of this size, packed to a thousandth of it.
fn bomb(bytes: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&large_json(bytes)).unwrap();
    encoder.finish().unwrap()
}

fn assert_too_large(answer: &HttpAnswer, maximum: usize) {
    assert_eq!((answer.status, &answer.json()["code"]), (429, &"resource_exhausted".into()));
    let info = answer.detail("ErrorInfo");
    assert_eq!(info["reason"], "LIMIT_EXCEEDED");
    assert_eq!(info["metadata"]["limit"], "message_bytes");
    assert_eq!(info["metadata"]["maximum"], maximum.to_string());
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_with_the_limit() {
    let server = TestServer::start().await;
    let client = server.enrol_client(COMMUNE, Role::Reporter).await;
    let json = [("content-type", "application/json")];
    let refused = post_with(&client, GET_UNIT, &json, large_json(MESSAGE_BYTES_MAX)).await;
    assert_too_large(&refused, MESSAGE_BYTES_MAX);
    let large = post_with(&client, GET_UNIT, &json, large_json(MESSAGE_BYTES_MAX / 2)).await;
    // A live token may send it; the field has its own limit.
    assert_eq!(large.detail("ErrorInfo")["reason"], "TEXT_TOO_LONG", "{:?}", large.json());
    let stranger = post_as_stranger(&server, GET_UNIT, large_json(STRANGER_BYTES_MAX)).await;
    assert_too_large(&stranger, STRANGER_BYTES_MAX);
    server.close().await;
}

#[tokio::test]
async fn a_bomb_is_measured_while_it_is_unpacked() {
    let server = TestServer::start().await;
    let client = server.enrol_client(COMMUNE, Role::Reporter).await;
    let (small, large) = (bomb(2 * STRANGER_BYTES_MAX), bomb(4 * MESSAGE_BYTES_MAX));
    assert!(small.len() < STRANGER_BYTES_MAX / 100 && large.len() < MESSAGE_BYTES_MAX / 100);
    let refused = post_with(&client, GET_UNIT, &GZIP, large).await;
    assert_too_large(&refused, MESSAGE_BYTES_MAX);
    let stranger = send_http2(server.connect().await, "POST", GET_UNIT, &GZIP, small).await;
    assert_too_large(&stranger, STRANGER_BYTES_MAX);
    let broken = post_with(&client, GET_UNIT, &GZIP, b"no gzip at all".to_vec()).await;
    assert_eq!((broken.status, &broken.json()["code"]), (400, &"invalid_argument".into()));
    server.close().await;
}

#[tokio::test]
async fn a_credential_that_calls_without_end_is_told_when_to_come_back() {
    let server = TestServer::start().await;
    let client = server.enrol_client(COMMUNE, Role::Reporter).await;
    let mut refused = None;
    for _ in 0..700 {
        let answer = post_json(&client, GET_UNIT, r#"{"uid":"com-29242-0"}"#).await;
        refused = Some(answer).filter(|answer| answer.status == 429);
        if refused.is_some() {
            break;
        }
    }
    let refused = refused.expect("600 calls a minute are enough");
    assert_eq!(refused.detail("ErrorInfo")["reason"], "RATE_LIMITED");
    assert!(refused.detail("RetryInfo")["retryDelay"].is_string());
    server.close().await;
}
