//! The task that sends: spans as soon as a batch is full or five seconds old, numbers once a minute.
//!
//! Each batch is tried once. Knows no rpc of ours.

use super::super::metrics::{DatabaseGauge, read_database_gauges};
use super::message::{self, MetricsSnapshot};
use crate::app::App;
use crate::clock::Clock;
use crate::domain::time::Timestamp;
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

/// Most spans of one message.
const SPANS_PER_BATCH: usize = 512;
/// How often numbers are sent.
const METRICS_INTERVAL: Duration = Duration::from_secs(60);

pub(super) struct OtlpExportTask {
    spans: TraceServiceClient<Channel>,
    metrics: MetricsServiceClient<Channel>,
    resource: Resource,
    tracer: Tracer,
    app: Option<App>,
    started_at: Timestamp,
    /// How long a span waits for others; how long the collector may take.
    timing: (Duration, Duration),
    /// The collector took the last batch: said once when it changes, not at each batch.
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
            timing: timing,
            is_collector_up: true,
        }
    }

    /// Sends until it is told to end, then what still waits.
    pub(super) async fn run(
        mut self,
        mut spans: mpsc::Receiver<SpanData>,
        mut ended: oneshot::Receiver<()>,
    ) {
        let mut minute =
            interval_at(tokio::time::Instant::now() + METRICS_INTERVAL, METRICS_INTERVAL);
        loop {
            let mut batch = Vec::new();
            let step = tokio::select! {
                biased;
                _ = &mut ended => ExportStep::Shutdown,
                _ = minute.tick() => ExportStep::Metrics,
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
        let refused = match call_with_timeout(self.spans.export(message), self.timing.1).await {
            Ok(response) => response
                .partial_success
                .map_or(0, |partial| partial.rejected_spans.max(0).unsigned_abs()),
            Err(status) => {
                if self.is_collector_up {
                    // Not its message: it is somebody else's text.
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
        self.tracer.count_dropped_spans(refused);
    }

    async fn send_metrics(&mut self) {
        let facts = self.read_gauges().await;
        let (calls, lost) =
            (self.tracer.call_histograms(), self.tracer.dropped_spans().unwrap_or_default());
        let numbers = MetricsSnapshot {
            started_at: self.started_at,
            now: Clock::System.now(),
            calls: &calls,
            spans_dropped: lost,
            gauges: &facts,
        };
        let message = message::build_metrics_request(&self.resource, &numbers);
        // They count since the start: what is lost now is told the next time.
        if let Err(status) = call_with_timeout(self.metrics.export(message), self.timing.1).await {
            tracing::debug!(code = ?status.code(), "the collector did not take the numbers");
        }
    }

    /// What the database says of itself; nothing when it does not answer.
    async fn read_gauges(&self) -> Vec<DatabaseGauge> {
        let Some(app) = self.app.clone() else { return Vec::new() };
        let gauges_task = tokio::task::spawn_blocking(move || read_database_gauges(&app));
        match timeout(self.timing.1, gauges_task).await {
            Ok(Ok(Ok(facts))) => facts,
            Ok(Ok(Err(_)) | Err(_)) | Err(_) => Vec::new(),
        }
    }
}

enum ExportStep {
    Spans,
    Metrics,
    Shutdown,
}

/// Waits for a span, then for others, until the batch is full or old enough. What it has gathered stays when it is dropped.
async fn collect_batch(
    spans: &mut mpsc::Receiver<SpanData>,
    batch: &mut Vec<SpanData>,
    wait: Duration,
) {
    if spans.recv_many(batch, SPANS_PER_BATCH).await == 0 {
        // Every tracer is gone: only the end is still to come.
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
