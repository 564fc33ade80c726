//! Calls and nightly runs as an OpenTelemetry collector receives them, and calls while the
//! collector is unreachable.

use crate::harness::{TestClient, TestServer};
use crate::otlp_collector::{OtlpCollector, attribute_pairs};
use crate::rpc::jobs::run_nightly_job;
use std::collections::BTreeMap;
use std::time::Duration;
use thidua::clock::Clock;
use thidua::domain::access::permission::Role;
use thidua::domain::report::cell::CellValue;
use thidua::jobs;
use thidua::pb;
use thidua::pb::org_service_client::OrgServiceClient;
use thidua::pb::otlp::opentelemetry::proto::metrics::v1::metric::Data;
use thidua::pb::otlp::opentelemetry::proto::trace::v1::Span;
use thidua::pb::otlp::opentelemetry::proto::trace::v1::span::SpanKind;
use thidua::pb::otlp::opentelemetry::proto::trace::v1::status::StatusCode;
use thidua::pb::report_service_client::ReportServiceClient;
use thidua::pb::sync_service_client::SyncServiceClient;
use thidua::server::accept::{self, ServerLimits};
use thidua::server::ca::{self, TlsFiles};
use thidua::server::otlp::{self, OtlpExporter, OtlpSettings};
use thidua::server::tls::ReloadableTlsConfig;
use thidua::trace::Tracer;
use tokio::net::TcpListener;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request};

const SYNC: &str = "thidua.v1.SyncService/Sync";
const GET_UNIT: &str = "thidua.v1.OrgService/GetUnit";
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn otlp_settings(address: &str) -> OtlpSettings {
    OtlpSettings {
        node: "node-a".into(),
        ..OtlpSettings::new(otlp::CollectorAddress::parse(address, false).unwrap())
    }
}

/// A server whose calls are exported to a collector.
async fn server_with_collector() -> (OtlpCollector, OtlpExporter, TestServer) {
    let (collector, address) = OtlpCollector::start().await;
    let telemetry =
        otlp::start_exporter(&otlp_settings(&format!("http://{address}")), None).unwrap();
    let test_server = TestServer::start_traced(telemetry.tracer().clone()).await;
    (collector, telemetry, test_server)
}

/// Stops both, so that everything has been sent.
async fn shut_down(test_server: TestServer, telemetry: OtlpExporter) {
    test_server.close().await;
    telemetry.shutdown().await;
}

fn with_traceparent<T>(mut request: Request<T>, traceparent: &[&str]) -> Request<T> {
    for header in traceparent {
        request.metadata_mut().append("traceparent", header.parse().unwrap());
    }
    request
}

async fn get_unit(
    phone: &TestClient,
    traceparent: &[&str],
) -> Result<pb::GetUnitResponse, tonic::Status> {
    let mut client = OrgServiceClient::new(phone.channel.clone());
    let request = with_traceparent(
        phone.request(pb::GetUnitRequest {
            unit: Some(pb::get_unit_request::Unit::UnitId(phone.unit.0.to_vec())),
        }),
        traceparent,
    );
    client.get_unit(request).await.map(tonic::Response::into_inner)
}

fn trace_id() -> Vec<u8> {
    0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes().to_vec()
}

fn span_status(span: &Span) -> StatusCode {
    span.status.as_ref().map_or(StatusCode::Unset, |status| status.code())
}

#[tokio::test]
async fn a_call_is_a_span_of_its_callers_trace_and_its_work_on_the_blocking_pool_is_a_part_of_it() {
    let (collector, telemetry, test_server) = server_with_collector().await;
    let phone = test_server.enrol_client("com-29242-0", Role::Reporter).await;
    let request = with_traceparent(phone.request(pb::SyncRequest::default()), &[TRACEPARENT]);
    let mut stream =
        SyncServiceClient::new(phone.channel.clone()).sync(request).await.unwrap().into_inner();
    while stream.message().await.unwrap().is_some() {}
    shut_down(test_server, telemetry).await;

    let [call] = &collector.spans_named(SYNC)[..] else { panic!("{:?}", collector.spans()) };
    assert_eq!((&call.trace_id, call.parent_span_id.as_slice()), (&trace_id(), &PARENT_SPAN[..]));
    assert_eq!((call.kind(), span_status(call)), (SpanKind::Server, StatusCode::Unset));
    let expected =
        [("rpc.system.name", "grpc"), ("rpc.method", SYNC), ("rpc.response.status_code", "OK")];
    assert_eq!(
        attribute_pairs(&call.attributes),
        expected.map(|(key, value)| (key.to_owned(), value.to_owned()))
    );
    assert!(call.start_time_unix_nano > 0 && call.end_time_unix_nano >= call.start_time_unix_nano);
    let parts: Vec<Span> = collector.spans_named("blocking pool");
    let parts: Vec<&Span> =
        parts.iter().filter(|part| part.parent_span_id == call.span_id).collect();
    assert!(
        !parts.is_empty()
            && parts.iter().all(|part| part.trace_id == trace_id() && part.attributes.is_empty())
    );
    let resource = [
        ("service.name", "thidua"),
        ("service.version", env!("CARGO_PKG_VERSION")),
        ("service.instance.id", "node-a"),
    ];
    assert_eq!(
        collector.resource_attributes(),
        resource.map(|(key, value)| (key.to_owned(), value.to_owned()))
    );
}

const PARENT_SPAN: [u8; 8] = 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes();

#[tokio::test]
async fn a_caller_that_keeps_no_trace_gets_no_span_and_a_header_that_is_malformed_or_doubled_is_as_good_as_none()
 {
    let (collector, telemetry, test_server) = server_with_collector().await;
    let phone = test_server.enrol_client("com-29242-0", Role::Reporter).await;
    get_unit(&phone, &[&TRACEPARENT.replace("-01", "-00")]).await.unwrap();
    get_unit(&phone, &[&TRACEPARENT.replace("00-4bf", "ff-4bf")]).await.unwrap();
    get_unit(&phone, &[&TRACEPARENT.to_uppercase()]).await.unwrap();
    get_unit(&phone, &["thidua"]).await.unwrap();
    get_unit(&phone, &[TRACEPARENT, TRACEPARENT]).await.unwrap();
    shut_down(test_server, telemetry).await;

    let spans = collector.spans_named(GET_UNIT);
    assert_eq!(spans.len(), 4);
    for span in &spans {
        assert!(
            span.parent_span_id.is_empty()
                && span.trace_id.len() == 16
                && span.trace_id != trace_id(),
            "{span:?}"
        );
    }
    let Some(Data::Histogram(seconds)) =
        collector.latest_metric("rpc.server.call.duration").unwrap().data
    else {
        panic!()
    };
    let of = |point: &&_| {
        attribute_pairs(point_attributes(point))
            .contains(&("rpc.method".to_owned(), GET_UNIT.to_owned()))
    };
    let point = seconds.data_points.iter().find(of).unwrap();
    assert_eq!(
        (point.count, point.bucket_counts.iter().sum::<u64>()),
        (5, 5),
        "numbers count them all"
    );
    assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
}

fn point_attributes(
    point: &thidua::pb::otlp::opentelemetry::proto::metrics::v1::HistogramDataPoint,
) -> &[thidua::pb::otlp::opentelemetry::proto::common::v1::KeyValue] {
    &point.attributes
}

#[tokio::test]
async fn a_refusal_is_told_by_its_code_and_only_a_servers_fault_is_an_error() {
    let (collector, telemetry, test_server) = server_with_collector().await;
    let mut stranger = TestClient::new(
        test_server.connect().await,
        thidua::domain::support::ids::UnitId::from_code("com-29242-0"),
    );
    assert_eq!(get_unit(&stranger, &[]).await.unwrap_err().code(), Code::Unauthenticated);
    stranger.token = "tdt_0badc0de".into();
    assert_eq!(get_unit(&stranger, &[]).await.unwrap_err().code(), Code::Unauthenticated);
    let mut grpc = tonic::client::Grpc::new(test_server.connect().await);
    grpc.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<pb::SyncRequest, pb::SyncResponse>::default();
    let path = "/thidua.v1.SyncService/NguyenVanA".parse().unwrap();
    let unknown =
        grpc.unary(Request::new(pb::SyncRequest::default()), path, codec).await.unwrap_err();
    assert_eq!(unknown.code(), Code::Unimplemented);
    shut_down(test_server, telemetry).await;

    let code = |span: &Span| {
        attribute_pairs(&span.attributes)
            .into_iter()
            .map(|(_, value)| value)
            .skip(2)
            .collect::<Vec<_>>()
    };
    let refused = collector.spans_named(GET_UNIT);
    assert_eq!(refused.len(), 2);
    let is_client_fault =
        |span: &Span| code(span) == ["UNAUTHENTICATED"] && span_status(span) == StatusCode::Unset;
    assert!(refused.iter().all(is_client_fault));
    let [other] = &collector.spans_named("_OTHER")[..] else { panic!("{:?}", collector.spans()) };
    assert_eq!(
        (code(other), span_status(other)),
        (vec!["UNIMPLEMENTED".into(), "UNIMPLEMENTED".into()], StatusCode::Error)
    );
    assert!(!contains_bytes(&collector.bytes(), b"NguyenVanA"), "a path that a stranger typed");
}

fn contains_bytes(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

#[tokio::test]
async fn nothing_of_persons_units_devices_or_figures_leaves_with_a_trace() {
    let (collector, telemetry, test_server) = server_with_collector().await;
    let mut phone = test_server.enrol_client("com-29242-0", Role::Reporter).await;
    let figure: i64 = 918_273_645;
    let cells = BTreeMap::from([(1, CellValue::Reported(figure))]);
    let save = phone.save_command(&cells);
    phone.sync(vec![save]).await.unwrap();
    let mut request = with_traceparent(phone.request(pb::SyncRequest::default()), &[TRACEPARENT]);
    request.metadata_mut().insert("tracestate", "vendor=NguyenVanA".parse().unwrap());
    SyncServiceClient::new(phone.channel.clone()).sync(request).await.unwrap();
    let report = phone.first_week_key().id().0;
    let request = phone.request(pb::GetReportRequest { report_id: report.to_vec() });
    // The result does not matter: only the span is checked.
    let _ = ReportServiceClient::new(phone.channel.clone()).get_report(request).await;
    let identity = test_server
        .app
        .authenticate_token(&thidua::auth::hash_secret(phone.token.as_bytes()))
        .unwrap();
    let token_hash = thidua::auth::hash_secret(phone.token.as_bytes());
    shut_down(test_server, telemetry).await;

    let bytes = collector.bytes();
    assert!(
        contains_bytes(&bytes, SYNC.as_bytes()) && contains_bytes(&bytes, b"grpc"),
        "what is looked through is what was sent"
    );
    let account = identity.actor.account.0;
    let (token, unit) = (phone.token.as_bytes(), phone.unit.0);
    let hex =
        |id: &[u8]| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes();
    let mut varint = Vec::new();
    prost::encoding::encode_varint(figure.unsigned_abs(), &mut varint);
    let text = figure.to_string();
    let figures = [text.as_bytes(), &varint, &figure.to_be_bytes(), &figure.to_le_bytes()];
    let ids: [&[u8]; 5] = [&phone.device.0, &account, &unit, &report, &token_hash];
    let words: [&[u8]; 10] = [
        token,
        b"tdt_",
        b"Bearer",
        b"com-29242",
        b"29242",
        b"prov-84",
        "Trà".as_bytes(),
        b"tuan-xa",
        b"127.0.0.1",
        b"NguyenVanA",
    ];
    for secret in figures.into_iter().chain(ids).chain(words) {
        assert!(!contains_bytes(&bytes, secret), "{:?}", String::from_utf8_lossy(secret));
        assert!(
            !contains_bytes(&bytes, &hex(secret)),
            "{:?} in hexadecimal",
            String::from_utf8_lossy(secret)
        );
    }
}

#[tokio::test]
async fn a_nightly_run_is_a_trace_of_its_own_with_its_id_and_one_that_was_requested_is_part_of_the_call()
 {
    let (collector, telemetry, test_server) = server_with_collector().await;
    let (app, tracer) = (test_server.app.clone(), telemetry.tracer().clone());
    let slot = jobs::find_job("aggregate").unwrap().latest_slot(app.now());
    let run_due_jobs = move || tracer.in_scope(|| jobs::run_all_due(&app, "node-a"));
    tokio::task::spawn_blocking(run_due_jobs).await.unwrap().unwrap();
    let admin = test_server.enrol_client("prov-84", Role::Admin).await;
    run_nightly_job(&admin).await;
    shut_down(test_server, telemetry).await;

    let job_spans = collector.spans_named("job aggregate");
    let [run_due_jobs, requested_span] = &job_spans[..] else { panic!("{:?}", collector.spans()) };
    assert!(
        run_due_jobs.parent_span_id.is_empty()
            && run_due_jobs.kind() == SpanKind::Internal
            && span_status(run_due_jobs) == StatusCode::Unset
    );
    let run = format!("aggregate/{}", slot.local_text());
    let expected = [("thidua.job.name", "aggregate"), ("thidua.job.run_id", &run)];
    assert_eq!(
        attribute_pairs(&run_due_jobs.attributes),
        expected.map(|(key, value)| (key.to_owned(), value.to_owned()))
    );
    let [call] = &collector.spans_named("thidua.v1.JobService/RunJob")[..] else {
        panic!("{:?}", collector.spans())
    };
    assert_eq!(requested_span.trace_id, call.trace_id);
    let others: Vec<String> =
        jobs::SCHEDULED_JOBS.iter().map(|job| format!("job {}", job.name())).collect();
    assert!(
        others.iter().all(|job| !collector.spans_named(job).is_empty()),
        "every job that was due"
    );
}

/// Accepts connections and never answers.
async fn start_silent_collector() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (listener, address)
}

async fn wait_for_dropped_spans(tracer: &Tracer, at_least: u64) {
    while tracer.dropped_spans().unwrap() < at_least {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_collector_that_is_away_or_hangs_changes_no_call_and_what_is_dropped_is_counted() {
    let (listener, address) = start_silent_collector().await;
    let silent_collector = tokio::spawn(async move {
        let mut streams = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            streams.push(stream);
        }
    });
    let closed_address = start_silent_collector().await.1;
    for address in [address, closed_address] {
        let short = Duration::from_millis(50);
        let settings =
            OtlpSettings { batch_delay: short, export_timeout: short, ..otlp_settings(&address) };
        let telemetry = otlp::start_exporter(&settings, None).unwrap();
        let tracer = telemetry.tracer().clone();
        let test_server = TestServer::start_traced(tracer.clone()).await;
        let phone = test_server.enrol_client("com-29242-0", Role::Reporter).await;
        for _ in 0..20 {
            get_unit(&phone, &[TRACEPARENT]).await.unwrap();
        }
        // Twenty calls, the pool span of each, and the enrolment.
        wait_for_dropped_spans(&tracer, 42).await;
        get_unit(&phone, &[TRACEPARENT]).await.unwrap();
        shut_down(test_server, telemetry).await;
    }
    silent_collector.abort();
}

#[tokio::test]
async fn beyond_this_machine_a_collector_is_known_by_its_authority() {
    let dir = tempfile::tempdir().unwrap();
    let (files, other) =
        (TlsFiles::in_dir(&dir.path().join("a")), TlsFiles::in_dir(&dir.path().join("b")));
    for files in [&files, &other] {
        ca::init_tls(files, &["127.0.0.1".into()], Clock::System.now()).unwrap();
    }
    let collector = OtlpCollector::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let certificates = ReloadableTlsConfig::load(&files.chain, &files.key, false).unwrap();
    let incoming = ReceiverStream::new(accept::accept_connections(
        listener,
        Some(certificates),
        ServerLimits::default(),
    ));
    tokio::spawn(collector.router().serve_with_incoming(incoming));

    let (mut taken, mut dropped) = (0, 0);
    for ca in [files.ca, other.ca] {
        let telemetry =
            otlp::start_exporter(&OtlpSettings { ca: Some(ca), ..otlp_settings(&address) }, None)
                .unwrap();
        let tracer = telemetry.tracer().clone();
        drop(tracer.start_call(SYNC, None));
        telemetry.shutdown().await;
        taken = collector.spans().len();
        dropped += tracer.dropped_spans().unwrap();
    }
    assert_eq!((taken, dropped), (1, 1), "the second one trusts another authority");
}
