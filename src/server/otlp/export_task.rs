//! The export task: it sends spans as soon as a batch is full or old enough, and metrics once a
//! minute. Each batch is sent once, without a retry.

use super::super::metrics::{DatabaseGauge, read_database_gauges};
use super::message::{self, MetricsSnapshot};
use crate::app::App;
use crate::clock::Clock;
use crate::domain::support::time::Timestamp;
use crate::pb::otlp::opentelemetry::proto as otlp;
use crate::trace::{SpanData, Tracer};
use otlp::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use otlp::collector::trace::v1::trace_service_client::TraceServiceClient;
use otlp::resource::v1::Resource;
use std::future::Future;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{interval_at, timeout, timeout_at};
use tonic::transport::Channel;
use tonic::{Response, Status};

/// Most spans in one message.
const SPANS_PER_BATCH: usize = 512;
/// How often metrics are sent.
const METRICS_INTERVAL: Duration = Duration::from_secs(60);

pub(super) struct OtlpExportTask {
    spans: TraceServiceClient<Channel>,
    metrics: MetricsServiceClient<Channel>,
    resource: Resource,
    tracer: Tracer,
    app: Option<App>,
    started_at: Timestamp,
    /// How long a span waits for a batch to fill, and the timeout of one export call.
    timing: (Duration, Duration),
    /// Whether the collector accepted the last batch; a change is logged once, not for each batch.
    is_collector_up: bool,
}

impl OtlpExportTask {
    pub(super) fn new(
        channel: Channel,
        node: &str,
        timing: (Duration, Duration),
        tracer: Tracer,
        app: Option<App>,
    ) -> Self {
        Self {
            spans: TraceServiceClient::new(channel.clone()),
            metrics: MetricsServiceClient::new(channel),
            resource: message::build_resource(node),
            tracer,
            app,
            started_at: Clock::System.now(),
            timing,
            is_collector_up: true,
        }
    }

    /// Exports until shutdown is requested, then sends the remaining spans.
    pub(super) async fn run(
        mut self,
        mut spans: mpsc::Receiver<SpanData>,
        mut shutdown_requested: oneshot::Receiver<()>,
    ) {
        let mut metrics_tick =
            interval_at(tokio::time::Instant::now() + METRICS_INTERVAL, METRICS_INTERVAL);
        loop {
            let mut batch = Vec::new();
            let step = tokio::select! {
                biased;
                _ = &mut shutdown_requested => ExportStep::Shutdown,
                _ = metrics_tick.tick() => ExportStep::Metrics,
                () = collect_batch(&mut spans, &mut batch, self.timing.0) => ExportStep::Spans,
            };
            self.send_spans(&batch).await;
            match step {
                ExportStep::Spans => {}
                ExportStep::Metrics => self.send_metrics().await,
                ExportStep::Shutdown => break,
            }
        }
        spans.close();
        let mut rest = Vec::new();
        while spans.recv_many(&mut rest, SPANS_PER_BATCH).await > 0 {
            self.send_spans(&rest).await;
            rest.clear();
        }
        self.send_metrics().await;
    }

    async fn send_spans(&mut self, batch: &[SpanData]) {
        if batch.is_empty() {
            return;
        }
        let message = message::build_trace_request(&self.resource, batch);
        let rejected = match call_with_timeout(self.spans.export(message), self.timing.1).await {
            Ok(response) => response
                .partial_success
                .map_or(0, |partial| partial.rejected_spans.max(0).unsigned_abs()),
            Err(status) => {
                if self.is_collector_up {
                    // The status message is not logged, because its text comes from another system.
                    tracing::warn!(code = ?status.code(), "the collector of traces does not answer: spans are dropped and counted");
                }
                self.is_collector_up = false;
                return self.tracer.count_dropped_spans(batch.len() as u64);
            }
        };
        if !self.is_collector_up {
            tracing::info!(
                lost = self.tracer.dropped_spans(),
                "the collector of traces answers again"
            );
        }
        self.is_collector_up = true;
        self.tracer.count_dropped_spans(rejected);
    }

    async fn send_metrics(&mut self) {
        let gauges = self.read_gauges().await;
        let (calls, spans_dropped) =
            (self.tracer.call_histograms(), self.tracer.dropped_spans().unwrap_or_default());
        let snapshot = MetricsSnapshot {
            started_at: self.started_at,
            now: Clock::System.now(),
            calls: &calls,
            spans_dropped,
            gauges: &gauges,
        };
        let message = message::build_metrics_request(&self.resource, &snapshot);
        // Metrics are cumulative, so the next export includes what this one loses.
        if let Err(status) = call_with_timeout(self.metrics.export(message), self.timing.1).await {
            tracing::debug!(code = ?status.code(), "the collector did not take the numbers");
        }
    }

    /// Reads the gauges of the database; empty if it does not answer.
    async fn read_gauges(&self) -> Vec<DatabaseGauge> {
        let Some(app) = self.app.clone() else { return Vec::new() };
        let gauges_task = tokio::task::spawn_blocking(move || read_database_gauges(&app));
        match timeout(self.timing.1, gauges_task).await {
            Ok(Ok(Ok(gauges))) => gauges,
            Ok(Ok(Err(_)) | Err(_)) | Err(_) => Vec::new(),
        }
    }
}

enum ExportStep {
    Spans,
    Metrics,
    Shutdown,
}

/// Collects spans until the batch is full or old enough. If the future is dropped, the spans
/// collected so far stay in `batch`.
async fn collect_batch(
    spans: &mut mpsc::Receiver<SpanData>,
    batch: &mut Vec<SpanData>,
    wait: Duration,
) {
    if spans.recv_many(batch, SPANS_PER_BATCH).await == 0 {
        // Every tracer is dropped: only the shutdown can follow.
        return std::future::pending().await;
    }
    let due = tokio::time::Instant::now() + wait;
    while batch.len() < SPANS_PER_BATCH {
        let room = SPANS_PER_BATCH - batch.len();
        match timeout_at(due, spans.recv_many(batch, room)).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

async fn call_with_timeout<T>(
    call: impl Future<Output = Result<Response<T>, Status>>,
    export_timeout: Duration,
) -> Result<T, Status> {
    let response =
        timeout(export_timeout, call).await.map_err(|_| Status::deadline_exceeded("collector"))?;
    response.map(Response::into_inner)
}
