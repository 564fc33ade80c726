//! Health, reflection, TLS: what the tools of operators and partners call first.

use crate::harness::{TestClient, TestServer};
use std::sync::Arc;
use thidua::domain::access::permission::Role;
use thidua::domain::support::limits::MESSAGE_BYTES_MAX;
use thidua::pb::org_service_client::OrgServiceClient;
use thidua::pb::target_service_client::TargetServiceClient;
use thidua::pb::{EvaluateTargetRequest, ListDevicesRequest, ListUnitsRequest};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_stream::StreamExt;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::{v1, v1alpha};
use tonic_types::StatusExt;

const COMMUNE: &str = "com-29242-0";

#[tokio::test]
async fn health_answers_without_a_token() {
    let server = TestServer::start().await;
    let mut health = HealthClient::new(server.connect().await);
    let answer =
        health.check(HealthCheckRequest { service: String::new() }).await.unwrap().into_inner();
    assert_eq!(answer.status(), tonic_health::pb::health_check_response::ServingStatus::Serving);
    server.close().await;
}

#[tokio::test]
async fn a_load_balancer_is_told_not_serving_while_the_server_drains() {
    let server = TestServer::start().await;
    let mut health = HealthClient::new(server.connect().await);
    let request = HealthCheckRequest { service: String::new() };
    let mut watch = health.watch(request).await.unwrap().into_inner();
    let serving = watch.message().await.unwrap().unwrap().status();
    assert_eq!(serving, tonic_health::pb::health_check_response::ServingStatus::Serving);
    let closing = tokio::spawn(server.close());
    // The watcher may receive SERVING once more: the first database check confirms the initial
    // status.
    let mut draining = watch.message().await.unwrap().unwrap().status();
    while draining == serving {
        draining = watch.message().await.unwrap().unwrap().status();
    }
    assert_eq!(draining, tonic_health::pb::health_check_response::ServingStatus::NotServing);
    drop(watch);
    closing.await.unwrap();
}

#[tokio::test]
async fn reflection_is_not_offered_unless_the_operator_turns_it_on() {
    let server = TestServer::start().await;
    let mut client =
        v1::server_reflection_client::ServerReflectionClient::new(server.connect().await);
    let request = v1::ServerReflectionRequest::default();
    let refused = client.server_reflection_info(tokio_stream::once(request)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unimplemented);
    server.close().await;
}

#[tokio::test]
async fn both_versions_of_reflection_list_our_services_once_they_are_turned_on() {
    let server = TestServer::start_with_reflection().await;
    let channel = server.connect().await;
    let request = v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1::server_reflection_request::MessageRequest::ListServices(
            String::new(),
        )),
    };
    let mut client = v1::server_reflection_client::ServerReflectionClient::new(channel.clone());
    let mut answers =
        client.server_reflection_info(tokio_stream::once(request)).await.unwrap().into_inner();
    let listed = format!("{:?}", answers.next().await.unwrap().unwrap());
    assert!(
        listed.contains("thidua.v1.SyncService") && listed.contains("thidua.v1.AccessService"),
        "{listed}"
    );

    let request = v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1alpha::server_reflection_request::MessageRequest::ListServices(
            String::new(),
        )),
    };
    let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(channel);
    let mut answers =
        client.server_reflection_info(tokio_stream::once(request)).await.unwrap().into_inner();
    assert!(
        format!("{:?}", answers.next().await.unwrap().unwrap()).contains("thidua.v1.SyncService")
    );
    server.close().await;
}

#[tokio::test]
async fn a_phone_that_calls_without_end_is_told_when_to_come_back_and_keeps_nobody_waiting() {
    let server = TestServer::start().await;
    let (hasty, other) = (
        server.enrol_client(COMMUNE, Role::Reporter).await,
        server.enrol_client(COMMUNE, Role::Reporter).await,
    );
    let request = async |phone: &TestClient| {
        let mut access = phone.access_client();
        access.get_session(phone.request(thidua::pb::GetSessionRequest::default())).await
    };
    let mut refused = None;
    for _ in 0..700 {
        refused =
            request(&hasty).await.err().filter(|status| status.code() == Code::ResourceExhausted);
        if refused.is_some() {
            break;
        }
    }
    let refused = refused.expect("600 calls a minute are enough");
    assert!(
        refused.get_details_retry_info().and_then(|info| info.retry_delay).is_some(),
        "{refused:?}"
    );
    assert!(request(&other).await.is_ok(), "another phone is not kept waiting");
    server.close().await;
}

#[tokio::test]
async fn a_client_that_does_not_know_the_private_ca_does_not_get_in() {
    let server = TestServer::start().await;
    let config = ClientConfig::builder()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let tcp = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let refused =
        TlsConnector::from(Arc::new(config)).connect("127.0.0.1".try_into().unwrap(), tcp).await;
    assert!(refused.is_err());
    server.close().await;
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_by_each_service_with_the_limit_and_its_value() {
    let server = TestServer::start().await;
    let phone = server.enrol_client(COMMUNE, Role::Reporter).await;
    let large = || "x".repeat(MESSAGE_BYTES_MAX);
    let list_devices = ListDevicesRequest { page_token: large(), ..Default::default() };
    let list_units = ListUnitsRequest { page_token: large(), ..Default::default() };
    let evaluate = EvaluateTargetRequest { target_text: large(), ..Default::default() };
    let channel = || phone.channel.clone();
    let mut target = TargetServiceClient::new(channel());
    let refusals = [
        phone.access_client().list_devices(phone.request(list_devices)).await.unwrap_err(),
        OrgServiceClient::new(channel()).list_units(phone.request(list_units)).await.unwrap_err(),
        target.evaluate_target(phone.request(evaluate)).await.unwrap_err(),
    ];
    for refused in refusals {
        assert_eq!(refused.code(), Code::ResourceExhausted, "{refused:?}");
        let details = refused.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!(info.reason, "LIMIT_EXCEEDED");
        assert_eq!(info.metadata["limit"], "message_bytes");
        assert_eq!(info.metadata["maximum"], MESSAGE_BYTES_MAX.to_string());
        assert!(details.retry_info().is_some());
    }
    server.close().await;
}
