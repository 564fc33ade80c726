//! Calls that succeed.

use super::{COMMUNE, GET_UNIT, post_as_stranger, post_json, post_with};
use crate::harness::{TestServer, post_http1};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use prost::Message as _;
use std::io::{Read as _, Write as _};
use thidua::domain::access::permission::Role;
use thidua::pb;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_plain_post_of_json_answers_json_over_http_1_and_over_http_2() {
    let server = TestServer::start().await;
    let client = server.enrol_client(COMMUNE, Role::Reporter).await;
    let over_2 = post_json(&client, GET_UNIT, r#"{"uid":"com-29242-0"}"#).await;
    let bearer = format!("Bearer {}", client.token);
    let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
    let over_1 = post_http1(&server, GET_UNIT, &headers, r#"{"uid":"com-29242-0"}"#).await;
    for answer in [&over_1, &over_2] {
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
        let unit = &answer.json()["unit"];
        assert_eq!(unit["revision"], "1", "64-bit numbers are strings");
        assert_eq!(unit["id"].as_str().unwrap().len(), 24, "16 bytes as base64");
    }
    assert_eq!(over_1.json(), over_2.json());
    server.close().await;
}

#[tokio::test]
async fn binary_and_json_answer_with_the_same_message() {
    let server = TestServer::start().await;
    let client = server.enrol_client(COMMUNE, Role::Reporter).await;
    let request =
        pb::GetUnitRequest { unit: Some(pb::get_unit_request::Unit::Uid(COMMUNE.to_owned())) };
    let headers = [("content-type", "application/proto"), ("connect-protocol-version", "1")];
    let answer = post_with(&client, GET_UNIT, &headers, request.encode_to_vec()).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/proto"));
    let unit = pb::GetUnitResponse::decode(answer.body.as_slice()).unwrap().unit.unwrap();
    let json = post_json(&client, GET_UNIT, r#"{"uid":"com-29242-0"}"#).await.json();
    assert_eq!(json["unit"]["record"]["uid"], unit.record.unwrap().uid.as_str());
    server.close().await;
}

#[tokio::test]
async fn enums_are_read_by_name_and_by_number_and_fields_by_either_of_their_names() {
    let server = TestServer::start().await;
    let client = server.enrol_client(COMMUNE, Role::Reporter).await;
    let list = "/thidua.v1.OrgService/ListUnits";
    let [a, b] = [r#"{"kind":"UNIT_KIND_PROVINCE","pageSize":5}"#, r#"{"kind":1,"page_size":5}"#];
    let (a, b) = (post_json(&client, list, a).await, post_json(&client, list, b).await);
    assert_eq!(a.status, 200, "{:?}", a.json());
    assert!(!a.json()["units"].as_array().unwrap().is_empty());
    assert_eq!(b.status, 200, "{:?}", b.json());
    server.close().await;
}

#[tokio::test]
async fn bodies_are_compressed_both_ways() {
    let server = TestServer::start().await;
    let client = server.enrol_client(COMMUNE, Role::Reporter).await;
    let list = "/thidua.v1.OrgService/ListUnits";
    let headers = [
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
        ("accept-encoding", "br, gzip"),
    ];
    let packed = post_with(&client, list, &headers, gzip(br#"{"pageSize":20}"#)).await;
    assert_eq!((packed.status, packed.header("content-encoding")), (200, "gzip"));
    let mut unpacked = Vec::new();
    GzDecoder::new(packed.body.as_slice()).read_to_end(&mut unpacked).unwrap();
    let plain = post_json(&client, list, r#"{"pageSize":20}"#).await;
    assert_eq!(plain.header("content-encoding"), "");
    assert_eq!(unpacked, plain.body);
    server.close().await;
}

#[tokio::test]
async fn health_is_asked_in_json_without_a_token() {
    let server = TestServer::start().await;
    let answer = post_as_stranger(&server, "/grpc.health.v1.Health/Check", b"{}".to_vec()).await;
    assert_eq!((answer.status, &answer.json()["status"]), (200, &"SERVING".into()));
    server.close().await;
}
