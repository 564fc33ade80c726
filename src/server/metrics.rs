//! What an operator's Prometheus reads: calls by method and outcome, where the history stands, how old backups and nights are.
//!
//! Counts calls, never people: no account, device, unit or address is a label. Served in plain text on an address of its own, which
//! belongs on loopback or a management network. Knows no rpc by name.

use crate::app::App;
use crate::domain::time::Instant;
use crate::store::ReplicaReads;
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

/// Bounds of call times, in seconds: from an empty call to the deadline.
const BOUNDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0];
/// gRPC's status of a method that does not exist.
const UNIMPLEMENTED: &str = "12";
/// What the format of the answer is called.
const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A call, in the words of OpenTelemetry's conventions for rpc.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Call {
    rpc_method: String,
    rpc_grpc_status_code: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Method {
    rpc_method: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct JobName {
    job: String,
}

/// The numbers of one server process.
#[derive(Clone)]
pub struct Metrics {
    calls: Family<Call, Counter>,
    seconds: Family<Method, Histogram, fn() -> Histogram>,
    tracer: Tracer,
}

impl Default for Metrics {
    /// Nothing counted yet.
    fn default() -> Self {
        let seconds = Family::new_with_constructor((|| Histogram::new(BOUNDS)) as fn() -> Histogram);
        Self { calls: Family::default(), seconds, tracer: Tracer::default() }
    }
}

impl Metrics {
    /// The same, of a server whose calls are followed too.
    #[must_use]
    pub fn followed(self, tracer: Tracer) -> Self {
        Self { tracer, ..self }
    }

    /// Where its calls are followed.
    pub(super) fn tracer(&self) -> Tracer {
        self.tracer.clone()
    }

    /// Serves the numbers on `listener` for as long as it is polled.
    pub async fn serve(self, listener: TcpListener, app: App) -> std::io::Result<()> {
        let page = Arc::new(move || self.page(&app));
        let show = move || {
            let page = page.clone();
            async move {
                // The database is asked on a thread of its own; a panic there is an empty page.
                let text = tokio::task::spawn_blocking(move || page()).await.unwrap_or_default();
                ([(CONTENT_TYPE, FORMAT)], text).into_response()
            }
        };
        axum::serve(listener, Router::new().route("/metrics", get(show))).await
    }

    fn page(&self, app: &App) -> String {
        let mut registry = Registry::with_prefix("thidua");
        registry.register("rpc_server_calls", "Calls that ended, by method and gRPC status code", self.calls.clone());
        registry.register_with_unit(
            "rpc_server_duration",
            "Time until a call answered or its stream began",
            Unit::Seconds,
            self.seconds.clone(),
        );
        match facts(app) {
            Ok(facts) => gauges(&mut registry, facts),
            Err(error) => tracing::warn!(%error, "the database did not answer the metrics"),
        }
        let mut counted = |name: &str, help: &str, value: u64| {
            let counter: Counter = Counter::default();
            counter.inc_by(value);
            registry.register(name, help, counter);
        };
        if let Some(lost) = self.tracer.lost() {
            counted("telemetry_spans_lost", "Spans that reached no collector", lost);
        }
        if let Some(ReplicaReads { served, declined }) = app.store().replica_reads() {
            counted("replica_reads", "Pages of syncs that the replica gave", served);
            counted("replica_declined", "Pages that the primary gave because the replica could not", declined);
        }
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = encode(&mut text, &registry);
        text
    }

    fn ended(&self, method: &str, code: &str, began: std::time::Instant) {
        let rpc_method = method.trim_start_matches('/').to_owned();
        self.seconds.get_or_create(&Method { rpc_method: rpc_method.clone() }).observe(began.elapsed().as_secs_f64());
        self.calls.get_or_create(&Call { rpc_method, rpc_grpc_status_code: code.to_owned() }).inc();
    }
}

/// One number about the database, as it stands now.
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    /// A length of time in seconds; else a plain count.
    pub(super) seconds: bool,
    /// Of this job.
    pub(super) job: Option<String>,
    pub(super) value: i64,
}

/// Where the history stands now; without a database there are no such lines, which is an alarm of its own.
pub(super) fn facts(app: &App) -> crate::app::Result<Vec<Fact>> {
    let (head, now) = (app.store().read(|tx| tx.head())?, app.now());
    let plain = |name, help, value| Fact { name, help, seconds: false, job: None, value };
    let mut facts = vec![
        plain("head_seq", "Seq of the last change", head.seq),
        plain("epoch", "Number of this history", head.epoch),
        plain("backup_behind_changes", "Changes that no verified backup holds", head.seq - head.safe_past),
    ];
    let mut ages = BTreeMap::new();
    for run in app.job_runs(None, 200)?.into_iter().rev().filter(|run| run.state == "DONE") {
        ages.insert(run.job, age_seconds(now, Instant(run.finished.unwrap_or(run.started))));
    }
    let (name, help) = ("job_last_done_age", "Time since the job last ended well");
    facts.extend(ages.into_iter().map(|(job, value)| Fact { name, help, seconds: true, job: Some(job), value }));
    Ok(facts)
}

fn gauges(registry: &mut Registry, facts: Vec<Fact>) {
    let ages: Family<JobName, Gauge> = Family::default();
    let (mut age, mut plain) = (None, Vec::new());
    for fact in facts {
        match &fact.job {
            Some(job) => {
                ages.get_or_create(&JobName { job: job.clone() }).set(fact.value);
                age = Some((fact.name, fact.help));
            }
            None => plain.push(fact),
        }
    }
    for fact in plain {
        let gauge: Gauge = Gauge::default();
        gauge.set(fact.value);
        registry.register(fact.name, fact.help, gauge);
    }
    if let Some((name, help)) = age {
        registry.register_with_unit(name, help, Unit::Seconds, ages);
    }
}

fn age_seconds(now: Instant, then: Instant) -> i64 {
    (now.0 - then.0).max(0) / 1_000_000
}

impl<S> Layer<S> for Metrics {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted { inner, metrics: self.clone() }
    }
}

/// A service whose calls are counted.
#[derive(Clone)]
pub struct Counted<S> {
    inner: S,
    metrics: Metrics,
}

impl<S, B, R> Service<Request<B>> for Counted<S>
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
        let began = std::time::Instant::now();
        let call = self.inner.call(request);
        Box::pin(async move {
            let answer = call.await;
            // A call that failed before its stream began carries its status in the headers; others began well.
            let refused = answer.as_ref().ok().and_then(|answer| answer.headers().get("grpc-status"));
            let known = answer.as_ref().is_ok_and(|answer| answer.status().is_success());
            if known {
                let code = refused.and_then(|code| code.to_str().ok()).unwrap_or("0");
                // Paths that are no method share one name, or a stranger could fill the memory with names.
                metrics.ended(if code == UNIMPLEMENTED { "unknown" } else { &method }, code, began);
            }
            answer
        })
    }
}
