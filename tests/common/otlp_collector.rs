//! An OpenTelemetry collector for tests: the OTLP services from their own protos; it stores all
//! messages.

use otlp::collector::metrics::v1::metrics_service_server::{MetricsService, MetricsServiceServer};
use otlp::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use otlp::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use otlp::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use otlp::common::v1::KeyValue;
use otlp::common::v1::any_value::Value;
use otlp::metrics::v1::Metric;
use otlp::trace::v1::Span;
use prost::Message;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use thidua::pb::otlp::opentelemetry::proto as otlp;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

/// A collector that runs until its runtime ends.
#[derive(Clone, Default)]
pub(crate) struct OtlpCollector {
    received: Arc<Mutex<ReceivedTelemetry>>,
}

#[derive(Default)]
struct ReceivedTelemetry {
    spans: Vec<Span>,
    resource: Vec<KeyValue>,
    metrics: Vec<Metric>,
    bytes: Vec<u8>,
}

impl OtlpCollector {
    /// Starts it on a free port on loopback.
    pub(crate) async fn start() -> (Self, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let collector = Self::default();
        tokio::spawn(collector.router().serve_with_incoming(TcpListenerStream::new(listener)));
        (collector, address)
    }

    pub(crate) fn router(&self) -> tonic::transport::server::Router {
        Server::builder()
            .add_service(TraceServiceServer::new(self.clone()))
            .add_service(MetricsServiceServer::new(self.clone()))
    }

    /// All spans received so far.
    pub(crate) fn spans(&self) -> Vec<Span> {
        self.received.lock().unwrap().spans.clone()
    }

    /// The spans with this name.
    pub(crate) fn spans_named(&self, name: &str) -> Vec<Span> {
        self.spans().into_iter().filter(|span| span.name == name).collect()
    }

    /// The resource attributes of the last message.
    pub(crate) fn resource_attributes(&self) -> Vec<(String, String)> {
        attribute_pairs(&self.received.lock().unwrap().resource)
    }

    /// The newest value of this metric.
    pub(crate) fn latest_metric(&self, name: &str) -> Option<Metric> {
        self.received
            .lock()
            .unwrap()
            .metrics
            .iter()
            .rev()
            .find(|metric| metric.name == name)
            .cloned()
    }

    /// All received messages, each with its headers.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.received.lock().unwrap().bytes.clone()
    }

    fn record(
        &self,
        headers: &tonic::metadata::MetadataMap,
        message: &impl Message,
    ) -> std::sync::MutexGuard<'_, ReceivedTelemetry> {
        let mut received = self.received.lock().unwrap();
        received.bytes.extend(format!("{headers:?}").bytes());
        received.bytes.extend(message.encode_to_vec());
        received
    }
}

/// Attributes as text.
pub(crate) fn attribute_pairs(attributes: &[KeyValue]) -> Vec<(String, String)> {
    let text = |pair: &KeyValue| {
        let Some(Value::StringValue(text)) = pair.value.clone().unwrap().value else {
            panic!("{} is no text", pair.key)
        };
        (pair.key.clone(), text)
    };
    attributes.iter().map(text).collect()
}

#[tonic::async_trait]
impl TraceService for OtlpCollector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut received = self.record(request.metadata(), request.get_ref());
        for resource in request.into_inner().resource_spans {
            received.resource = resource.resource.unwrap().attributes;
            received.spans.extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for OtlpCollector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let mut received = self.record(request.metadata(), request.get_ref());
        for resource in request.into_inner().resource_metrics {
            received
                .metrics
                .extend(resource.scope_metrics.into_iter().flat_map(|scope| scope.metrics));
        }
        Ok(Response::new(Default::default()))
    }
}
