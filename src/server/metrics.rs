//! Metrics for Prometheus: calls by method and status, the head of the change feed, and the age of
//! backups and nightly runs.
//!
//! Metrics count calls and never people: no label may hold an account, device, unit or address.
//! They are served in plain text on an address of their own, which belongs on loopback or a
//! management network.

use crate::app::App;
use crate::domain::support::time::Timestamp;
use crate::store::ReplicaReadCounts;
use crate::trace::Tracer;
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use http::{Request, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::net::TcpListener;
use tower::{Layer, Service};

/// Bucket bounds of call durations in seconds, from an empty call to the deadline.
const DURATION_BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0];
/// The gRPC status code of a method that does not exist.
const GRPC_UNIMPLEMENTED: &str = "12";
/// Content type of the response.
const OPENMETRICS_CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Labels of a call, named as in OpenTelemetry's conventions for rpc.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    rpc_method: String,
    rpc_grpc_status_code: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MethodLabels {
    rpc_method: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobLabels {
    job: String,
}

/// The metrics of one server process.
#[derive(Clone)]
pub struct ServerMetrics {
    call_count: Family<CallLabels, Counter>,
    call_duration: Family<MethodLabels, Histogram, fn() -> Histogram>,
    tracer: Tracer,
}

impl Default for ServerMetrics {
    /// Returns metrics without any counted call.
    fn default() -> Self {
        let call_duration = Family::new_with_constructor(
            (|| Histogram::new(DURATION_BUCKETS)) as fn() -> Histogram,
        );
        Self { call_count: Family::default(), call_duration, tracer: Tracer::default() }
    }
}

impl ServerMetrics {
    /// Adds a tracer that traces the calls.
    #[must_use]
    pub fn with_tracer(self, tracer: Tracer) -> Self {
        Self { tracer, ..self }
    }

    /// Returns the tracer of the calls.
    pub(super) fn tracer(&self) -> Tracer {
        self.tracer.clone()
    }

    /// Serves the metrics on `listener` for as long as the future is polled.
    pub async fn serve(self, listener: TcpListener, app: App) -> std::io::Result<()> {
        let page = Arc::new(move || self.render_metrics(&app));
        let handler = move || {
            let page = page.clone();
            async move {
                // The database is read on a blocking thread; a panic there gives an empty page.
                let text = tokio::task::spawn_blocking(move || page()).await.unwrap_or_default();
                ([(CONTENT_TYPE, OPENMETRICS_CONTENT_TYPE)], text).into_response()
            }
        };
        axum::serve(listener, Router::new().route("/metrics", get(handler))).await
    }

    fn render_metrics(&self, app: &App) -> String {
        let mut registry = Registry::with_prefix("thidua");
        registry.register(
            "rpc_server_calls",
            "Calls that ended, by method and gRPC status code",
            self.call_count.clone(),
        );
        registry.register_with_unit(
            "rpc_server_duration",
            "Time until a call answered or its stream began",
            Unit::Seconds,
            self.call_duration.clone(),
        );
        match read_database_gauges(app) {
            Ok(gauges) => register_gauges(&mut registry, gauges),
            Err(error) => tracing::warn!(%error, "the database did not answer the metrics"),
        }
        let mut add_counter = |name: &str, help: &str, value: u64| {
            let counter: Counter = Counter::default();
            counter.inc_by(value);
            registry.register(name, help, counter);
        };
        if let Some(dropped) = self.tracer.dropped_spans() {
            add_counter("telemetry_spans_lost", "Spans that reached no collector", dropped);
        }
        if let Some(ReplicaReadCounts { served_count, declined_count }) =
            app.store().replica_read_counts()
        {
            add_counter("replica_reads", "Pages of syncs that the replica gave", served_count);
            add_counter(
                "replica_declined",
                "Pages that the primary gave because the replica could not",
                declined_count,
            );
        }
        let mut text = String::new();
        // Writing into a string cannot fail.
        let _ = encode(&mut text, &registry);
        text
    }

    fn record_call(&self, method: &str, code: &str, started: std::time::Instant) {
        let rpc_method = method.trim_start_matches('/').to_owned();
        self.call_duration
            .get_or_create(&MethodLabels { rpc_method: rpc_method.clone() })
            .observe(started.elapsed().as_secs_f64());
        self.call_count
            .get_or_create(&CallLabels { rpc_method, rpc_grpc_status_code: code.to_owned() })
            .inc();
    }
}

/// A gauge read from the database.
pub(super) struct DatabaseGauge {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    /// True for a duration in seconds, false for a count.
    pub(super) is_seconds: bool,
    /// The job that the value belongs to, if any.
    pub(super) job: Option<String>,
    pub(super) value: i64,
}

/// Reads the gauges of the database. If the database does not answer, the metrics page has no such
/// lines, which should raise an alarm of its own.
pub(super) fn read_database_gauges(app: &App) -> crate::app::Result<Vec<DatabaseGauge>> {
    let (head, now) = (app.store().read(|tx| tx.head())?, app.now());
    let plain =
        |name, help, value| DatabaseGauge { name, help, is_seconds: false, job: None, value };
    let mut gauges = vec![
        plain("head_seq", "Seq of the last change", head.seq),
        plain("epoch", "Number of this history", head.epoch),
        plain(
            "backup_behind_changes",
            "Changes that no verified backup holds",
            head.seq - head.safe_past_seq,
        ),
        plain(
            "clock_in_doubt",
            "CLOCK: 1 while the clock is in doubt and no job runs",
            i64::from(app.clock_fault().is_some()),
        ),
    ];
    let mut ages = BTreeMap::new();
    for run in app.past_job_runs(None, 200)?.into_iter().rev().filter(|run| run.state == "DONE") {
        ages.insert(
            run.job,
            elapsed_seconds(now, Timestamp(run.ended_at.unwrap_or(run.started_at))),
        );
    }
    let (name, help) = ("job_last_done_age", "Time since the job last ended well");
    gauges.extend(ages.into_iter().map(|(job, value)| DatabaseGauge {
        name,
        help,
        is_seconds: true,
        job: Some(job),
        value,
    }));
    Ok(gauges)
}

fn register_gauges(registry: &mut Registry, gauges: Vec<DatabaseGauge>) {
    let ages: Family<JobLabels, Gauge> = Family::default();
    let (mut age_name, mut counts) = (None, Vec::new());
    for gauge in gauges {
        match &gauge.job {
            Some(job) => {
                ages.get_or_create(&JobLabels { job: job.clone() }).set(gauge.value);
                age_name = Some((gauge.name, gauge.help));
            }
            None => counts.push(gauge),
        }
    }
    for count in counts {
        let gauge: Gauge = Gauge::default();
        gauge.set(count.value);
        registry.register(count.name, count.help, gauge);
    }
    if let Some((name, help)) = age_name {
        registry.register_with_unit(name, help, Unit::Seconds, ages);
    }
}

fn elapsed_seconds(now: Timestamp, then: Timestamp) -> i64 {
    (now.0 - then.0).max(0) / 1_000_000
}

impl<S> Layer<S> for ServerMetrics {
    type Service = MetricsService<S>;

    fn layer(&self, inner: S) -> MetricsService<S> {
        MetricsService { inner, metrics: self.clone() }
    }
}

/// A service that counts its calls.
#[derive(Clone)]
pub struct MetricsService<S> {
    inner: S,
    metrics: ServerMetrics,
}

impl<S, B, R> Service<Request<B>> for MetricsService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (metrics, method) = (self.metrics.clone(), request.uri().path().to_owned());
        let started = std::time::Instant::now();
        let call = self.inner.call(request);
        Box::pin(async move {
            let response = call.await;
            // A call that failed before its stream began has its status in the headers; any other
            // call began successfully.
            let refused =
                response.as_ref().ok().and_then(|response| response.headers().get("grpc-status"));
            let is_http_ok = response.as_ref().is_ok_and(|response| response.status().is_success());
            if is_http_ok {
                let code = refused.and_then(|code| code.to_str().ok()).unwrap_or("0");
                // Unknown paths share one label, so that a client cannot create any number of
                // labels.
                metrics.record_call(
                    if code == GRPC_UNIMPLEMENTED { "unknown" } else { &method },
                    code,
                    started,
                );
            }
            response
        })
    }
}
