//! Calls that fail: the code of Connect, the HTTP status, the details of gRPC.

use super::{COMMUNE, GET_UNIT, post_as_stranger, post_json, post_with};
use crate::harness::{TestServer, send_http2};
use http_body::Frame;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use thidua::domain::access::permission::Role;
use tokio::time::Sleep;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{Bytes, Service as _, http};

const JSON: (&str, &str) = ("content-type", "application/json");
const SYNC: &str = "/thidua.v1.SyncService/Sync";

#[tokio::test]
async fn a_refusal_has_the_code_and_the_details_that_grpc_gives() {
    let server = TestServer::start().await;
    let stranger = post_as_stranger(&server, GET_UNIT, b"{}".to_vec()).await;
    assert_eq!((stranger.status, &stranger.json()["code"]), (401, &"unauthenticated".into()));
    assert_eq!(stranger.detail("ErrorInfo")["reason"], "UNAUTHENTICATED");
    assert_eq!(stranger.header("content-type"), "application/json");

    let client = server.enrol_client(COMMUNE, Role::Reporter).await;
    let get_standing = "/thidua.v1.StandingService/GetStanding";
    let absent =
        post_json(&client, get_standing, r#"{"standingId":"AAAAAAAAAAAAAAAAAAAAAA=="}"#).await;
    assert_eq!((absent.status, &absent.json()["code"]), (404, &"not_found".into()));
    assert_eq!(absent.detail("LocalizedMessage")["locale"], "en");

    let save = "/thidua.v1.ReportService/SaveReport";
    let invalid = post_json(&client, save, r#"{"requestId":"AA=="}"#).await;
    assert_eq!((invalid.status, &invalid.json()["code"]), (400, &"invalid_argument".into()));
    assert!(invalid.detail("BadRequest")["fieldViolations"][0]["field"].is_string());
    // A detail's value is what gRPC sends: base64 without padding.
    assert!(!invalid.json()["details"][0]["value"].as_str().unwrap().ends_with('='));
    server.close().await;
}

#[tokio::test]
async fn json_that_does_not_fit_is_refused_with_the_name_and_the_place() {
    let server = TestServer::start().await;
    let client = server.enrol_client(COMMUNE, Role::Reporter).await;
    for (json, expected) in [
        (r#"{"uid":"com-29242-0","unitName":"x"}"#, "unitName"),
        (r#"{"uid":7}"#, "line 1 column 8"),
        ("{\n", "line 2"),
        ("", "EOF"),
        (r#"{"unitId":"not base64!"}"#, "base64"),
    ] {
        let refused = post_json(&client, GET_UNIT, json).await;
        assert_eq!((refused.status, &refused.json()["code"]), (400, &"invalid_argument".into()));
        assert!(refused.json()["message"].as_str().unwrap().contains(expected), "{refused:?}");
        let text = refused.detail("LocalizedMessage")["message"].to_string();
        assert!(text.contains("The JSON body does not fit"), "{text}");
    }
    server.close().await;
}

#[tokio::test]
async fn what_is_no_call_of_the_contract_is_told_what_to_send() {
    let server = TestServer::start().await;
    let client = server.enrol_client(COMMUNE, Role::Reporter).await;
    let no_method = post_json(&client, "/thidua.v1.OrgService/GetNothing", "{}").await;
    assert_eq!((no_method.status, &no_method.json()["code"]), (404, &"unimplemented".into()));
    let got = send_http2(client.channel.clone(), "GET", GET_UNIT, &[], Vec::new()).await;
    assert_eq!((got.status, got.header("allow")), (405, "POST"));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let form = post_with(&client, GET_UNIT, &form, b"{}".to_vec()).await;
    assert_eq!(form.status, 415);
    assert!(form.header("accept-post").contains("application/json"), "{form:?}");
    let other_version = [JSON, ("connect-protocol-version", "2")];
    let other_version = post_with(&client, GET_UNIT, &other_version, b"{}".to_vec()).await;
    assert_eq!(other_version.status, 400);
    let timeout = [JSON, ("connect-timeout-ms", "soon")];
    assert_eq!(post_with(&client, GET_UNIT, &timeout, b"{}".to_vec()).await.status, 400);
    let brotli = [JSON, ("content-encoding", "br")];
    let brotli = post_with(&client, GET_UNIT, &brotli, b"{}".to_vec()).await;
    assert_eq!((brotli.status, brotli.header("accept-encoding")), (501, "gzip, identity"));
    server.close().await;
}

/// A body that is sent a little after its headers.
struct LateBody(Pin<Box<Sleep>>, Arc<AtomicBool>);

impl http_body::Body for LateBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        ready!(self.0.as_mut().poll(cx));
        let was_sent = self.1.swap(true, Ordering::SeqCst);
        Poll::Ready((!was_sent).then(|| Ok(Frame::data(Bytes::from_static(b"{}")))))
    }
}

#[tokio::test]
async fn a_refusal_waits_for_the_end_of_a_short_request() {
    let server = TestServer::start().await;
    let sent = Arc::new(AtomicBool::new(false));
    let late = Box::pin(tokio::time::sleep(Duration::from_millis(200)));
    let request = http::Request::post(GET_UNIT).header("content-type", "text/plain");
    let request = request.body(Body::new(LateBody(late, Arc::clone(&sent)))).unwrap();
    let mut channel = server.connect().await;
    std::future::poll_fn(|cx| channel.poll_ready(cx)).await.unwrap();
    let response = channel.call(request).await.unwrap();
    assert_eq!(response.status(), 415);
    assert!(sent.load(Ordering::SeqCst), "the answer came before the request's end");
    server.close().await;
}

#[tokio::test]
async fn a_stream_is_not_offered_and_the_answer_names_what_is() {
    let server = TestServer::start().await;
    let client = server.enrol_client(COMMUNE, Role::Reporter).await;
    let unary = post_json(&client, SYNC, "{}").await;
    assert_eq!((unary.status, &unary.json()["code"]), (415, &"unimplemented".into()));
    assert!(unary.json()["message"].as_str().unwrap().contains("gRPC-Web"), "{unary:?}");
    assert_eq!(unary.header("accept-post"), "application/grpc, application/grpc-web");
    // A Connect client of streams reads the error from the message that ends the stream.
    let stream = [("content-type", "application/connect+json")];
    let stream = post_with(&client, SYNC, &stream, Vec::new()).await;
    assert_eq!((stream.status, stream.body[0]), (200, 2));
    let end: serde_json::Value = serde_json::from_slice(&stream.body[5..]).unwrap();
    assert_eq!(end["error"]["code"], "unimplemented");
    server.close().await;
}

#[tokio::test]
async fn a_call_whose_time_is_over_ends() {
    let server = TestServer::start().await;
    let client = server.enrol_client(COMMUNE, Role::Reporter).await;
    let over = [JSON, ("connect-timeout-ms", "0")];
    let over = post_with(&client, GET_UNIT, &over, br#"{"uid":"com-29242-0"}"#.to_vec()).await;
    // Work whose time is over is not begun: BUSY, as in gRPC.
    assert!([503, 504].contains(&over.status), "{over:?}");
    let ample = [JSON, ("connect-timeout-ms", "9999999999")];
    let ample = post_with(&client, GET_UNIT, &ample, br#"{"uid":"com-29242-0"}"#.to_vec()).await;
    assert_eq!(ample.status, 200);
    server.close().await;
}
