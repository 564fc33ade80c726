//! The task that sends: spans as soon as a batch is full or five seconds old, numbers once a minute.
//!
//! Each batch is tried once. Knows no rpc of ours.

use super::super::metrics::{Fact, facts};
use super::message::{self, Numbers};
use crate::app::App;
use crate::clock::Clock;
use crate::domain::time::Instant;
use crate::pb::otlp::opentelemetry::proto as otlp;
use crate::trace::{Span, Tracer};
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
const BATCH: usize = 512;
/// How often numbers are sent.
const NUMBERS: Duration = Duration::from_secs(60);

pub(super) struct Sender {
    spans: TraceServiceClient<Channel>,
    numbers: MetricsServiceClient<Channel>,
    resource: Resource,
    tracer: Tracer,
    app: Option<App>,
    began: Instant,
    /// How long a span waits for others; how long the collector may take.
    pace: (Duration, Duration),
    /// The collector took the last batch: said once when it changes, not at each batch.
    taken: bool,
}

impl Sender {
    pub(super) fn new(
        channel: Channel,
        node: &str,
        pace: (Duration, Duration),
        tracer: Tracer,
        app: Option<App>,
    ) -> Self {
        Self {
            spans: TraceServiceClient::new(channel.clone()),
            numbers: MetricsServiceClient::new(channel),
            resource: message::resource(node),
            tracer,
            app,
            began: Clock::System.now(),
            pace,
            taken: true,
        }
    }

    /// Sends until it is told to end, then what still waits.
    pub(super) async fn run(mut self, mut spans: mpsc::Receiver<Span>, mut ended: oneshot::Receiver<()>) {
        let mut minute = interval_at(tokio::time::Instant::now() + NUMBERS, NUMBERS);
        loop {
            let mut batch = Vec::new();
            let step = tokio::select! {
                biased;
                _ = &mut ended => Step::End,
                _ = minute.tick() => Step::Numbers,
                () = gather(&mut spans, &mut batch, self.pace.0) => Step::Spans,
            };
            self.send_spans(&batch).await;
            match step {
                Step::Spans => {}
                Step::Numbers => self.send_numbers().await,
                Step::End => break,
            }
        }
        spans.close();
        let mut rest = Vec::new();
        while spans.recv_many(&mut rest, BATCH).await > 0 {
            self.send_spans(&rest).await;
            rest.clear();
        }
        self.send_numbers().await;
    }

    async fn send_spans(&mut self, batch: &[Span]) {
        if batch.is_empty() {
            return;
        }
        let message = message::spans(&self.resource, batch);
        let refused = match in_time(self.spans.export(message), self.pace.1).await {
            Ok(answer) => answer.partial_success.map_or(0, |partial| partial.rejected_spans.max(0).unsigned_abs()),
            Err(status) => {
                if self.taken {
                    // Not its message: it is somebody else's text.
                    tracing::warn!(code = ?status.code(), "the collector of traces does not answer: spans are dropped and counted");
                }
                self.taken = false;
                return self.tracer.lose(batch.len() as u64);
            }
        };
        if !self.taken {
            tracing::info!(lost = self.tracer.lost(), "the collector of traces answers again");
        }
        self.taken = true;
        self.tracer.lose(refused);
    }

    async fn send_numbers(&mut self) {
        let facts = self.facts().await;
        let (calls, lost) = (self.tracer.calls(), self.tracer.lost().unwrap_or_default());
        let numbers = Numbers { began: self.began, now: Clock::System.now(), calls: &calls, lost, facts: &facts };
        let message = message::numbers(&self.resource, &numbers);
        // They count since the start: what is lost now is told the next time.
        if let Err(status) = in_time(self.numbers.export(message), self.pace.1).await {
            tracing::debug!(code = ?status.code(), "the collector did not take the numbers");
        }
    }

    /// What the database says of itself; nothing when it does not answer.
    async fn facts(&self) -> Vec<Fact> {
        let Some(app) = self.app.clone() else { return Vec::new() };
        let asked = tokio::task::spawn_blocking(move || facts(&app));
        match timeout(self.pace.1, asked).await {
            Ok(Ok(Ok(facts))) => facts,
            Ok(Ok(Err(_)) | Err(_)) | Err(_) => Vec::new(),
        }
    }
}

enum Step {
    Spans,
    Numbers,
    End,
}

/// Waits for a span, then for others, until the batch is full or old enough. What it has gathered stays when it is dropped.
async fn gather(spans: &mut mpsc::Receiver<Span>, batch: &mut Vec<Span>, wait: Duration) {
    if spans.recv_many(batch, BATCH).await == 0 {
        // Every tracer is gone: only the end is still to come.
        return std::future::pending().await;
    }
    let due = tokio::time::Instant::now() + wait;
    while batch.len() < BATCH {
        let room = BATCH - batch.len();
        match timeout_at(due, spans.recv_many(batch, room)).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

async fn in_time<T>(call: impl Future<Output = Result<Response<T>, Status>>, patience: Duration) -> Result<T, Status> {
    let answer = timeout(patience, call).await.map_err(|_| Status::deadline_exceeded("collector"))?;
    answer.map(Response::into_inner)
}
