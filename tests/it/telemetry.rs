//! Calls and nights as a collector of OpenTelemetry sees them, and calls whose collector is away.

use crate::collector::{Collector, pairs};
use crate::harness::{Phone, Town};
use crate::rpc::night::run_the_night;
use std::collections::BTreeMap;
use std::time::Duration;
use thidua::clock::Clock;
use thidua::domain::cell::CellValue;
use thidua::domain::permission::Role;
use thidua::jobs;
use thidua::pb;
use thidua::pb::org_service_client::OrgServiceClient;
use thidua::pb::otlp::opentelemetry::proto::metrics::v1::metric::Data;
use thidua::pb::otlp::opentelemetry::proto::trace::v1::Span;
use thidua::pb::otlp::opentelemetry::proto::trace::v1::span::SpanKind;
use thidua::pb::otlp::opentelemetry::proto::trace::v1::status::StatusCode;
use thidua::pb::report_service_client::ReportServiceClient;
use thidua::pb::sync_service_client::SyncServiceClient;
use thidua::server::accept::{self, Caps};
use thidua::server::ca::{self, TlsFiles};
use thidua::server::otlp::{self, Settings, Telemetry};
use thidua::server::tls::Certificates;
use thidua::trace::Tracer;
use tokio::net::TcpListener;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request};

const SYNC: &str = "thidua.v1.SyncService/Sync";
const UNIT: &str = "thidua.v1.OrgService/GetUnit";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn settings(address: &str) -> Settings {
    Settings { node: "node-a".into(), ..Settings::of(otlp::Collector::parse(address, false).unwrap()) }
}

/// A town whose calls a collector follows.
async fn followed() -> (Collector, Telemetry, Town) {
    let (collector, address) = Collector::start().await;
    let telemetry = otlp::begin(&settings(&format!("http://{address}")), None).unwrap();
    let town = Town::open_followed(telemetry.tracer().clone()).await;
    (collector, telemetry, town)
}

/// Ends both, so that everything has been sent.
async fn over(town: Town, telemetry: Telemetry) {
    town.close().await;
    telemetry.end().await;
}

fn with<T>(mut request: Request<T>, traceparent: &[&str]) -> Request<T> {
    for header in traceparent {
        request.metadata_mut().append("traceparent", header.parse().unwrap());
    }
    request
}

async fn unit(phone: &Phone, traceparent: &[&str]) -> Result<pb::GetUnitResponse, tonic::Status> {
    let mut client = OrgServiceClient::new(phone.channel.clone());
    let ask = with(
        phone.request(pb::GetUnitRequest { unit: Some(pb::get_unit_request::Unit::UnitId(phone.unit.0.to_vec())) }),
        traceparent,
    );
    client.get_unit(ask).await.map(tonic::Response::into_inner)
}

fn trace_id() -> Vec<u8> {
    0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736_u128.to_be_bytes().to_vec()
}

fn status(span: &Span) -> StatusCode {
    span.status.as_ref().map_or(StatusCode::Unset, |status| status.code())
}

#[tokio::test]
async fn a_call_is_a_span_of_its_callers_trace_and_what_it_did_behind_the_door_is_a_part_of_it() {
    let (collector, telemetry, town) = followed().await;
    let phone = town.phone("com-29242-0", Role::Reporter).await;
    let ask = with(phone.request(pb::SyncRequest::default()), &[PARENT]);
    let mut stream = SyncServiceClient::new(phone.channel.clone()).sync(ask).await.unwrap().into_inner();
    while stream.message().await.unwrap().is_some() {}
    over(town, telemetry).await;

    let [call] = &collector.named(SYNC)[..] else { panic!("{:?}", collector.spans()) };
    assert_eq!((&call.trace_id, call.parent_span_id.as_slice()), (&trace_id(), &PARENT_SPAN[..]));
    assert_eq!((call.kind(), status(call)), (SpanKind::Server, StatusCode::Unset));
    let said = [("rpc.system.name", "grpc"), ("rpc.method", SYNC), ("rpc.response.status_code", "OK")];
    assert_eq!(pairs(&call.attributes), said.map(|(key, value)| (key.to_owned(), value.to_owned())));
    assert!(call.start_time_unix_nano > 0 && call.end_time_unix_nano >= call.start_time_unix_nano);
    let parts: Vec<Span> = collector.named("behind the door");
    let parts: Vec<&Span> = parts.iter().filter(|part| part.parent_span_id == call.span_id).collect();
    assert!(!parts.is_empty() && parts.iter().all(|part| part.trace_id == trace_id() && part.attributes.is_empty()));
    let who =
        [("service.name", "thidua"), ("service.version", env!("CARGO_PKG_VERSION")), ("service.instance.id", "node-a")];
    assert_eq!(collector.who(), who.map(|(key, value)| (key.to_owned(), value.to_owned())));
}

const PARENT_SPAN: [u8; 8] = 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes();

#[tokio::test]
async fn a_caller_that_keeps_no_trace_gets_no_span_and_a_header_that_is_malformed_or_doubled_is_as_good_as_none() {
    let (collector, telemetry, town) = followed().await;
    let phone = town.phone("com-29242-0", Role::Reporter).await;
    unit(&phone, &[&PARENT.replace("-01", "-00")]).await.unwrap();
    unit(&phone, &[&PARENT.replace("00-4bf", "ff-4bf")]).await.unwrap();
    unit(&phone, &[&PARENT.to_uppercase()]).await.unwrap();
    unit(&phone, &["thidua"]).await.unwrap();
    unit(&phone, &[PARENT, PARENT]).await.unwrap();
    over(town, telemetry).await;

    let spans = collector.named(UNIT);
    assert_eq!(spans.len(), 4);
    for span in &spans {
        assert!(span.parent_span_id.is_empty() && span.trace_id.len() == 16 && span.trace_id != trace_id(), "{span:?}");
    }
    let Some(Data::Histogram(seconds)) = collector.metric("rpc.server.call.duration").unwrap().data else { panic!() };
    let of = |point: &&_| pairs(point_attributes(point)).contains(&("rpc.method".to_owned(), UNIT.to_owned()));
    let point = seconds.data_points.iter().find(of).unwrap();
    assert_eq!((point.count, point.bucket_counts.iter().sum::<u64>()), (5, 5), "numbers count them all");
    assert_eq!(point.bucket_counts.len(), point.explicit_bounds.len() + 1);
}

fn point_attributes(
    point: &thidua::pb::otlp::opentelemetry::proto::metrics::v1::HistogramDataPoint,
) -> &[thidua::pb::otlp::opentelemetry::proto::common::v1::KeyValue] {
    &point.attributes
}

#[tokio::test]
async fn a_refusal_is_told_by_its_code_and_only_a_servers_fault_is_an_error() {
    let (collector, telemetry, town) = followed().await;
    let mut stranger = Phone::new(town.channel().await, thidua::domain::ids::UnitId::named("com-29242-0"));
    assert_eq!(unit(&stranger, &[]).await.unwrap_err().code(), Code::Unauthenticated);
    stranger.token = "tdt_0badc0de".into();
    assert_eq!(unit(&stranger, &[]).await.unwrap_err().code(), Code::Unauthenticated);
    let mut grpc = tonic::client::Grpc::new(town.channel().await);
    grpc.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<pb::SyncRequest, pb::SyncResponse>::default();
    let path = "/thidua.v1.SyncService/NguyenVanA".parse().unwrap();
    let unknown = grpc.unary(Request::new(pb::SyncRequest::default()), path, codec).await.unwrap_err();
    assert_eq!(unknown.code(), Code::Unimplemented);
    over(town, telemetry).await;

    let code = |span: &Span| pairs(&span.attributes).into_iter().map(|(_, value)| value).skip(2).collect::<Vec<_>>();
    let refused = collector.named(UNIT);
    assert_eq!(refused.len(), 2);
    assert!(refused.iter().all(|span| code(span) == ["UNAUTHENTICATED"] && status(span) == StatusCode::Unset));
    let [other] = &collector.named("_OTHER")[..] else { panic!("{:?}", collector.spans()) };
    assert_eq!((code(other), status(other)), (vec!["UNIMPLEMENTED".into(), "UNIMPLEMENTED".into()], StatusCode::Error));
    assert!(!holds(&collector.bytes(), b"NguyenVanA"), "a path that a stranger typed");
}

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

#[tokio::test]
async fn nothing_of_persons_units_devices_or_figures_leaves_with_a_trace() {
    let (collector, telemetry, town) = followed().await;
    let mut phone = town.phone("com-29242-0", Role::Reporter).await;
    let figure: i64 = 918_273_645;
    let cells = BTreeMap::from([(1, CellValue::Reported(figure))]);
    let save = phone.save(&cells);
    phone.sync(vec![save]).await.unwrap();
    let mut ask = with(phone.request(pb::SyncRequest::default()), &[PARENT]);
    ask.metadata_mut().insert("tracestate", "vendor=NguyenVanA".parse().unwrap());
    SyncServiceClient::new(phone.channel.clone()).sync(ask).await.unwrap();
    let report = phone.first_week().id().0;
    let ask = phone.request(pb::GetReportRequest { report_id: report.to_vec() });
    // Whatever it answers: its span is what is looked at.
    let _ = ReportServiceClient::new(phone.channel.clone()).get_report(ask).await;
    let identity = town.app.identify(&thidua::auth::hash(phone.token.as_bytes())).unwrap();
    let token_hash = thidua::auth::hash(phone.token.as_bytes());
    over(town, telemetry).await;

    let bytes = collector.bytes();
    assert!(holds(&bytes, SYNC.as_bytes()) && holds(&bytes, b"grpc"), "what is looked through is what was sent");
    let account = identity.actor.account.0;
    let (token, unit) = (phone.token.as_bytes(), phone.unit.0);
    let hex = |id: &[u8]| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes();
    let mut packed = Vec::new();
    prost::encoding::encode_varint(figure.unsigned_abs(), &mut packed);
    let text = figure.to_string();
    let figures = [text.as_bytes(), &packed, &figure.to_be_bytes(), &figure.to_le_bytes()];
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
        assert!(!holds(&bytes, secret), "{:?}", String::from_utf8_lossy(secret));
        assert!(!holds(&bytes, &hex(secret)), "{:?} in hexadecimal", String::from_utf8_lossy(secret));
    }
}

#[tokio::test]
async fn a_night_is_a_trace_of_its_own_with_the_id_of_its_run_and_one_that_was_asked_for_is_part_of_the_call() {
    let (collector, telemetry, town) = followed().await;
    let (app, tracer) = (town.app.clone(), telemetry.tracer().clone());
    let slot = jobs::find("aggregate").unwrap().slot_before(app.now());
    let night = move || tracer.watch(|| jobs::run_all_due(&app, "node-a"));
    tokio::task::spawn_blocking(night).await.unwrap().unwrap();
    let admin = town.phone("prov-84", Role::Admin).await;
    run_the_night(&admin).await;
    over(town, telemetry).await;

    let nights = collector.named("job aggregate");
    let [night, asked] = &nights[..] else { panic!("{:?}", collector.spans()) };
    assert!(
        night.parent_span_id.is_empty() && night.kind() == SpanKind::Internal && status(night) == StatusCode::Unset
    );
    let run = format!("aggregate/{}", slot.local_text());
    let said = [("thidua.job.name", "aggregate"), ("thidua.job.run_id", &run)];
    assert_eq!(pairs(&night.attributes), said.map(|(key, value)| (key.to_owned(), value.to_owned())));
    let [call] = &collector.named("thidua.v1.JobService/RunJob")[..] else { panic!("{:?}", collector.spans()) };
    assert_eq!(asked.trace_id, call.trace_id);
    let others: Vec<String> = jobs::ALL.iter().map(|job| format!("job {}", job.name)).collect();
    assert!(others.iter().all(|job| !collector.named(job).is_empty()), "every job that was due");
}

/// Takes connections and never says a word.
async fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    (listener, address)
}

async fn lost(tracer: &Tracer, at_least: u64) {
    while tracer.lost().unwrap() < at_least {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_collector_that_is_away_or_hangs_changes_no_call_and_what_is_dropped_is_counted() {
    let (listener, address) = silent().await;
    let hung = tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            kept.push(stream);
        }
    });
    let gone = silent().await.1;
    for address in [address, gone] {
        let short = Duration::from_millis(50);
        let settings = Settings { gather: short, patience: short, ..settings(&address) };
        let telemetry = otlp::begin(&settings, None).unwrap();
        let tracer = telemetry.tracer().clone();
        let town = Town::open_followed(tracer.clone()).await;
        let phone = town.phone("com-29242-0", Role::Reporter).await;
        for _ in 0..20 {
            unit(&phone, &[PARENT]).await.unwrap();
        }
        // Twenty calls, the part of each behind the door, and the enrolment.
        lost(&tracer, 42).await;
        unit(&phone, &[PARENT]).await.unwrap();
        over(town, telemetry).await;
    }
    hung.abort();
}

#[tokio::test]
async fn beyond_this_machine_a_collector_is_known_by_its_authority() {
    let dir = tempfile::tempdir().unwrap();
    let (files, other) = (TlsFiles::in_dir(&dir.path().join("a")), TlsFiles::in_dir(&dir.path().join("b")));
    for files in [&files, &other] {
        ca::init(files, &["127.0.0.1".into()], Clock::System.now()).unwrap();
    }
    let collector = Collector::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let certificates = Certificates::load(&files.chain, &files.key, false).unwrap();
    let incoming = ReceiverStream::new(accept::accept(listener, Some(certificates), Caps::default()));
    tokio::spawn(collector.router().serve_with_incoming(incoming));

    let (mut taken, mut dropped) = (0, 0);
    for ca in [files.ca, other.ca] {
        let telemetry = otlp::begin(&Settings { ca: Some(ca), ..settings(&address) }, None).unwrap();
        let tracer = telemetry.tracer().clone();
        drop(tracer.call(SYNC, None));
        telemetry.end().await;
        taken = collector.spans().len();
        dropped += tracer.lost().unwrap();
    }
    assert_eq!((taken, dropped), (1, 1), "the second one trusts another authority");
}
