//! Spans and numbers in the words of OTLP, with the names of OpenTelemetry's conventions for rpc (as they became stable: `rpc.system.name`,
//! the whole method in `rpc.method`, the code as a word in `rpc.response.status_code`).
//!
//! The conventions also know the addresses of server and caller: they are left out on purpose. Knows no network.

use super::super::metrics::Fact;
use crate::domain::time::Instant;
use crate::pb::otlp::opentelemetry::proto as otlp;
use crate::trace::{BOUNDS_MICROS, Counted, Span, Work};
use otlp::collector::metrics::v1::ExportMetricsServiceRequest;
use otlp::collector::trace::v1::ExportTraceServiceRequest;
use otlp::common::v1::any_value::Value;
use otlp::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use otlp::metrics::v1::metric::Data;
use otlp::metrics::v1::number_data_point::Value as Number;
use otlp::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, Sum,
};
use otlp::resource::v1::Resource;
use otlp::trace::v1::span::SpanKind;
use otlp::trace::v1::status::StatusCode;
use otlp::trace::v1::{ResourceSpans, ScopeSpans, Status};
use std::collections::BTreeMap;

/// Codes of gRPC in their order.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];
/// Those that are a server's fault; the others are the caller's, and no error of the span.
const FAULTS: [&str; 6] = ["UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"];
/// Flags of a span: sampled; it is known whether its parent is elsewhere; it is.
const FLAGS: [u32; 3] = [0x001, 0x100, 0x200];

/// Who sends: this programme, its version, and the node.
pub(super) fn resource(node: &str) -> Resource {
    let attributes = vec![
        text("service.name", "thidua"),
        text("service.version", env!("CARGO_PKG_VERSION")),
        text("service.instance.id", node),
    ];
    Resource { attributes, ..Resource::default() }
}

/// A batch of spans.
pub(super) fn spans(resource: &Resource, batch: &[Span]) -> ExportTraceServiceRequest {
    let spans = batch.iter().map(span).collect();
    let scope_spans = vec![ScopeSpans { scope: Some(scope()), spans, ..ScopeSpans::default() }];
    let spans = ResourceSpans { resource: Some(resource.clone()), scope_spans, ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![spans] }
}

fn span(span: &Span) -> otlp::trace::v1::Span {
    let began = nanos(span.began);
    let (name, kind, attributes, fault) = match span.work {
        Work::Call(method, code) => {
            let attributes = call(method, code);
            (method.to_owned(), SpanKind::Server, attributes, FAULTS.contains(&word(code)))
        }
        Work::Behind => ("behind the door".to_owned(), SpanKind::Internal, Vec::new(), false),
        Work::Job(job, slot, well) => {
            let run = format!("{job}/{}", slot.local_text());
            let attributes = vec![text("thidua.job.name", job), text("thidua.job.run_id", &run)];
            (format!("job {job}"), SpanKind::Internal, attributes, !well)
        }
    };
    let remote = matches!(span.work, Work::Call(..)) && span.parent.is_some();
    otlp::trace::v1::Span {
        trace_id: span.trace.to_vec(),
        span_id: span.id.to_vec(),
        parent_span_id: span.parent.map(|id| id.to_vec()).unwrap_or_default(),
        flags: FLAGS[0] | FLAGS[1] | if remote { FLAGS[2] } else { 0 },
        name,
        kind: kind.into(),
        start_time_unix_nano: began,
        end_time_unix_nano: began.saturating_add(u64::try_from(span.took.as_nanos()).unwrap_or(u64::MAX)),
        attributes,
        status: fault.then(|| Status { code: StatusCode::Error.into(), ..Status::default() }),
        ..otlp::trace::v1::Span::default()
    }
}

/// What is said of a call, in its span and in its measurement.
fn call(method: &str, code: u8) -> Vec<KeyValue> {
    let code = word(code);
    let mut said =
        vec![text("rpc.system.name", "grpc"), text("rpc.method", method), text("rpc.response.status_code", code)];
    if FAULTS.contains(&code) {
        said.push(text("error.type", code));
    }
    said
}

/// Everything that is counted since `began`, as it stands at `now`.
pub(super) struct Numbers<'a> {
    pub(super) began: Instant,
    pub(super) now: Instant,
    pub(super) calls: &'a BTreeMap<(&'static str, u8), Counted>,
    pub(super) lost: u64,
    pub(super) facts: &'a [Fact],
}

/// The numbers in one message.
pub(super) fn numbers(resource: &Resource, numbers: &Numbers<'_>) -> ExportMetricsServiceRequest {
    let mut metrics = vec![durations(numbers), lost(numbers)];
    metrics.extend(numbers.facts.iter().map(|fact| gauge(fact, numbers.now)));
    let scope_metrics = vec![ScopeMetrics { scope: Some(scope()), metrics, ..ScopeMetrics::default() }];
    let all = ResourceMetrics { resource: Some(resource.clone()), scope_metrics, ..ResourceMetrics::default() };
    ExportMetricsServiceRequest { resource_metrics: vec![all] }
}

fn durations(numbers: &Numbers<'_>) -> Metric {
    let explicit_bounds: Vec<f64> = BOUNDS_MICROS.iter().map(|micros| *micros as f64 / 1e6).collect();
    let point = |((method, code), counted): (&(&'static str, u8), &Counted)| HistogramDataPoint {
        attributes: call(method, *code),
        start_time_unix_nano: nanos(numbers.began),
        time_unix_nano: nanos(numbers.now),
        count: counted.buckets.iter().sum(),
        sum: Some(counted.sum.as_secs_f64()),
        bucket_counts: counted.buckets.to_vec(),
        explicit_bounds: explicit_bounds.clone(),
        ..HistogramDataPoint::default()
    };
    Metric {
        name: "rpc.server.call.duration".to_owned(),
        description: "How long calls took, from their first byte to their last".to_owned(),
        unit: "s".to_owned(),
        data: Some(Data::Histogram(Histogram {
            data_points: numbers.calls.iter().map(point).collect(),
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
        })),
        ..Metric::default()
    }
}

fn lost(numbers: &Numbers<'_>) -> Metric {
    let point = NumberDataPoint { start_time_unix_nano: nanos(numbers.began), ..point(numbers.lost, numbers.now) };
    Metric {
        name: "thidua.telemetry.spans_lost".to_owned(),
        description: "Spans that reached nobody: the collector was away, or too slow".to_owned(),
        unit: "{span}".to_owned(),
        data: Some(Data::Sum(Sum {
            data_points: vec![point],
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
            is_monotonic: true,
        })),
        ..Metric::default()
    }
}

fn gauge(fact: &Fact, now: Instant) -> Metric {
    let attributes = fact.job.iter().map(|job| text("thidua.job.name", job)).collect();
    let value = u64::try_from(fact.value).unwrap_or(0);
    Metric {
        name: format!("thidua.{}", fact.name),
        description: fact.help.to_owned(),
        unit: if fact.seconds { "s" } else { "1" }.to_owned(),
        data: Some(Data::Gauge(Gauge { data_points: vec![NumberDataPoint { attributes, ..point(value, now) }] })),
        ..Metric::default()
    }
}

fn point(value: u64, now: Instant) -> NumberDataPoint {
    let value = Some(Number::AsInt(i64::try_from(value).unwrap_or(i64::MAX)));
    NumberDataPoint { time_unix_nano: nanos(now), value, ..NumberDataPoint::default() }
}

fn scope() -> InstrumentationScope {
    InstrumentationScope { name: "thidua".to_owned(), ..InstrumentationScope::default() }
}

fn word(code: u8) -> &'static str {
    CODES.get(usize::from(code)).copied().unwrap_or("UNKNOWN")
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

fn nanos(at: Instant) -> u64 {
    u64::try_from(at.0).unwrap_or(0).saturating_mul(1000)
}
