//! Encodes spans and metrics as OTLP messages, with the names of OpenTelemetry's stable conventions
//! for rpc: `rpc.system.name`, the full method in `rpc.method`, and the name of the code in
//! `rpc.response.status_code`.
//!
//! The conventions also define the addresses of server and caller: they must not be sent.

use super::super::metrics::DatabaseGauge;
use crate::domain::support::time::Timestamp;
use crate::pb::otlp::opentelemetry::proto as otlp;
use crate::trace::{BUCKET_BOUNDS_MICROS, LatencyHistogram, SpanData, TracedOperation};
use otlp::collector::metrics::v1::ExportMetricsServiceRequest;
use otlp::collector::trace::v1::ExportTraceServiceRequest;
use otlp::common::v1::any_value::Value;
use otlp::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use otlp::metrics::v1::metric::Data;
use otlp::metrics::v1::number_data_point::Value as Number;
use otlp::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
    ResourceMetrics, ScopeMetrics, Sum,
};
use otlp::resource::v1::Resource;
use otlp::trace::v1::span::SpanKind;
use otlp::trace::v1::status::StatusCode;
use otlp::trace::v1::{ResourceSpans, ScopeSpans, Status};
use std::collections::BTreeMap;

/// Names of the gRPC status codes, by number.
const STATUS_CODE_NAMES: [&str; 17] = [
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
/// Codes that are errors of the server. The others are errors of the caller, and not an error of
/// the span.
const SERVER_ERROR_CODES: [&str; 6] =
    ["UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS"];
/// Span flags: sampled; "parent is remote" is known; parent is remote.
const SPAN_FLAGS: [u32; 3] = [0x001, 0x100, 0x200];

/// Builds the resource: the service name, its version, and the node.
pub(super) fn build_resource(node: &str) -> Resource {
    let attributes = vec![
        string_attribute("service.name", "thidua"),
        string_attribute("service.version", env!("CARGO_PKG_VERSION")),
        string_attribute("service.instance.id", node),
    ];
    Resource { attributes, ..Resource::default() }
}

/// Builds the export request of a batch of spans.
pub(super) fn build_trace_request(
    resource: &Resource,
    batch: &[SpanData],
) -> ExportTraceServiceRequest {
    let spans = batch.iter().map(span_to_proto).collect();
    let scope_spans =
        vec![ScopeSpans { scope: Some(build_scope()), spans, ..ScopeSpans::default() }];
    let spans =
        ResourceSpans { resource: Some(resource.clone()), scope_spans, ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![spans] }
}

fn span_to_proto(span: &SpanData) -> otlp::trace::v1::Span {
    let start_nanos = to_unix_nanos(span.started_at);
    let (name, kind, attributes, is_error) = match span.operation {
        TracedOperation::Call(method, code) => {
            let attributes = call_attributes(method, code);
            (
                method.to_owned(),
                SpanKind::Server,
                attributes,
                SERVER_ERROR_CODES.contains(&status_code_name(code)),
            )
        }
        TracedOperation::Blocking => {
            ("blocking pool".to_owned(), SpanKind::Internal, Vec::new(), false)
        }
        TracedOperation::Job(job, slot, is_success) => {
            let run = format!("{job}/{}", slot.local_text());
            let attributes = vec![
                string_attribute("thidua.job.name", job),
                string_attribute("thidua.job.run_id", &run),
            ];
            (format!("job {job}"), SpanKind::Internal, attributes, !is_success)
        }
    };
    let remote =
        matches!(span.operation, TracedOperation::Call(..)) && span.parent_span_id.is_some();
    otlp::trace::v1::Span {
        trace_id: span.trace_id.to_vec(),
        span_id: span.span_id.to_vec(),
        parent_span_id: span.parent_span_id.map(|id| id.to_vec()).unwrap_or_default(),
        flags: SPAN_FLAGS[0] | SPAN_FLAGS[1] | if remote { SPAN_FLAGS[2] } else { 0 },
        name,
        kind: kind.into(),
        start_time_unix_nano: start_nanos,
        end_time_unix_nano: start_nanos
            .saturating_add(u64::try_from(span.duration.as_nanos()).unwrap_or(u64::MAX)),
        attributes,
        status: is_error.then(|| Status { code: StatusCode::Error.into(), ..Status::default() }),
        ..otlp::trace::v1::Span::default()
    }
}

/// Attributes of a call, in its span and in its histogram.
fn call_attributes(method: &str, code: u8) -> Vec<KeyValue> {
    let code = status_code_name(code);
    let mut attributes = vec![
        string_attribute("rpc.system.name", "grpc"),
        string_attribute("rpc.method", method),
        string_attribute("rpc.response.status_code", code),
    ];
    if SERVER_ERROR_CODES.contains(&code) {
        attributes.push(string_attribute("error.type", code));
    }
    attributes
}

/// The metrics counted since `started_at`, as of `now`.
pub(super) struct MetricsSnapshot<'a> {
    pub(super) started_at: Timestamp,
    pub(super) now: Timestamp,
    pub(super) calls: &'a BTreeMap<(&'static str, u8), LatencyHistogram>,
    pub(super) spans_dropped: u64,
    pub(super) gauges: &'a [DatabaseGauge],
}

/// Builds the export request of the metrics.
pub(super) fn build_metrics_request(
    resource: &Resource,
    snapshot: &MetricsSnapshot<'_>,
) -> ExportMetricsServiceRequest {
    let mut metrics = vec![build_duration_metric(snapshot), build_spans_dropped_metric(snapshot)];
    metrics.extend(snapshot.gauges.iter().map(|gauge| build_gauge_metric(gauge, snapshot.now)));
    let scope_metrics =
        vec![ScopeMetrics { scope: Some(build_scope()), metrics, ..ScopeMetrics::default() }];
    let all = ResourceMetrics {
        resource: Some(resource.clone()),
        scope_metrics,
        ..ResourceMetrics::default()
    };
    ExportMetricsServiceRequest { resource_metrics: vec![all] }
}

fn build_duration_metric(snapshot: &MetricsSnapshot<'_>) -> Metric {
    let explicit_bounds: Vec<f64> =
        BUCKET_BOUNDS_MICROS.iter().map(|micros| *micros as f64 / 1e6).collect();
    let point = |((method, code), histogram): (&(&'static str, u8), &LatencyHistogram)| {
        HistogramDataPoint {
            attributes: call_attributes(method, *code),
            start_time_unix_nano: to_unix_nanos(snapshot.started_at),
            time_unix_nano: to_unix_nanos(snapshot.now),
            count: histogram.buckets.iter().sum(),
            sum: Some(histogram.sum.as_secs_f64()),
            bucket_counts: histogram.buckets.to_vec(),
            explicit_bounds: explicit_bounds.clone(),
            ..HistogramDataPoint::default()
        }
    };
    Metric {
        name: "rpc.server.call.duration".to_owned(),
        description: "How long calls took, from their first byte to their last".to_owned(),
        unit: "s".to_owned(),
        data: Some(Data::Histogram(Histogram {
            data_points: snapshot.calls.iter().map(point).collect(),
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
        })),
        ..Metric::default()
    }
}

fn build_spans_dropped_metric(snapshot: &MetricsSnapshot<'_>) -> Metric {
    let point = NumberDataPoint {
        start_time_unix_nano: to_unix_nanos(snapshot.started_at),
        ..build_data_point(snapshot.spans_dropped, snapshot.now)
    };
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

fn build_gauge_metric(gauge: &DatabaseGauge, now: Timestamp) -> Metric {
    let attributes = gauge.job.iter().map(|job| string_attribute("thidua.job.name", job)).collect();
    let value = u64::try_from(gauge.value).unwrap_or(0);
    Metric {
        name: format!("thidua.{}", gauge.name),
        description: gauge.help.to_owned(),
        unit: if gauge.is_seconds { "s" } else { "1" }.to_owned(),
        data: Some(Data::Gauge(Gauge {
            data_points: vec![NumberDataPoint { attributes, ..build_data_point(value, now) }],
        })),
        ..Metric::default()
    }
}

fn build_data_point(value: u64, now: Timestamp) -> NumberDataPoint {
    let value = Some(Number::AsInt(i64::try_from(value).unwrap_or(i64::MAX)));
    NumberDataPoint { time_unix_nano: to_unix_nanos(now), value, ..NumberDataPoint::default() }
}

fn build_scope() -> InstrumentationScope {
    InstrumentationScope { name: "thidua".to_owned(), ..InstrumentationScope::default() }
}

fn status_code_name(code: u8) -> &'static str {
    STATUS_CODE_NAMES.get(usize::from(code)).copied().unwrap_or("UNKNOWN")
}

fn string_attribute(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

fn to_unix_nanos(at: Timestamp) -> u64 {
    u64::try_from(at.0).unwrap_or(0).saturating_mul(1000)
}
