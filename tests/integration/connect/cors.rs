//! Web pages: those of a configured origin may call, over Connect and over gRPC-Web.

use super::{COMMUNE, GET_UNIT, post_with};
use crate::harness::{ALLOWED_ORIGIN, HttpAnswer, TestClient, TestServer, send_http2};
use thidua::domain::access::permission::Role;

const OTHER_ORIGIN: &str = "https://elsewhere.example";

/// What a browser asks before it calls.
async fn ask_first(client: &TestClient, origin: &str) -> HttpAnswer {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,content-type"),
    ];
    send_http2(client.channel.clone(), "OPTIONS", GET_UNIT, &headers, Vec::new()).await
}

#[tokio::test]
async fn a_page_of_a_configured_origin_is_admitted_and_no_other() {
    let server = TestServer::start().await;
    let client = server.enrol_client(COMMUNE, Role::Reporter).await;
    let admitted = ask_first(&client, ALLOWED_ORIGIN).await;
    assert_eq!(admitted.status, 204);
    assert_eq!(admitted.header("access-control-allow-origin"), ALLOWED_ORIGIN);
    assert_eq!(admitted.header("access-control-allow-methods"), "POST");
    let headers = admitted.header("access-control-allow-headers");
    for name in ["authorization", "content-type", "connect-protocol-version", "x-grpc-web"] {
        assert!(headers.contains(name), "{headers}");
    }
    assert_eq!(admitted.header("access-control-allow-credentials"), "", "no cookies");
    for origin in [OTHER_ORIGIN, "null", "https://thidua.tinh.vn.elsewhere.example"] {
        let refused = ask_first(&client, origin).await;
        assert_eq!(refused.status, 403, "{origin}");
        assert_eq!(refused.header("access-control-allow-origin"), "");
    }
    server.close().await;
}

#[tokio::test]
async fn an_answer_is_readable_by_pages_of_a_configured_origin_in_either_protocol() {
    let server = TestServer::start().await;
    let client = server.enrol_client(COMMUNE, Role::Reporter).await;
    let json = br#"{"uid":"com-29242-0"}"#.to_vec();
    // A gRPC-Web message: no flags, the length, uid (field 2).
    let message = [&[0, 0, 0, 0, 13, 0x12, 11][..], b"com-29242-0"].concat();
    for (content_type, body) in
        [("application/json", json), ("application/grpc-web+proto", message)]
    {
        for (origin, expected) in [(ALLOWED_ORIGIN, ALLOWED_ORIGIN), (OTHER_ORIGIN, "")] {
            let headers = [("content-type", content_type), ("origin", origin)];
            let answer = post_with(&client, GET_UNIT, &headers, body.clone()).await;
            assert_eq!((answer.status, answer.header("vary")), (200, "origin"));
            assert_eq!(answer.header("access-control-allow-origin"), expected);
            let exposed = answer.header("access-control-expose-headers");
            assert_eq!(exposed.contains("grpc-status"), !expected.is_empty());
        }
    }
    server.close().await;
}

#[tokio::test]
async fn a_page_without_asking_cannot_send_what_is_a_call() {
    let server = TestServer::start().await;
    let client = server.enrol_client(COMMUNE, Role::Reporter).await;
    // The types of content that a browser sends to another origin without asking first.
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let headers = [("content-type", content_type), ("origin", OTHER_ORIGIN)];
        let answer = post_with(&client, GET_UNIT, &headers, b"{}".to_vec()).await;
        assert_eq!(answer.status, 415, "{content_type}");
    }
    server.close().await;
}
