//! Traces calls, their work on the blocking pool, and jobs. A span consists of names that are
//! constants of this program, codes, times and random ids. It has no field for user text, so no
//! personal data can leave through it.
//!
//! Tracing is off by default; then every function here does almost nothing.

mod call_histograms;
mod id_generator;
mod trace_parent;

pub use call_histograms::{BUCKET_BOUNDS_MICROS, LatencyHistogram};
pub use trace_parent::TraceParent;

use crate::clock::Clock;
use crate::domain::support::time;
use call_histograms::CallHistograms;
use id_generator::IdGenerator;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tracing::Instrument;

/// gRPC code CANCELLED: the caller did not wait for the end.
const CANCELLED: u8 = 1;

tokio::task_local! {
    /// The span of the current task or thread; `None` if tracing is off.
    static CURRENT_SPAN: Option<CurrentSpan>;
}

/// The operation of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TracedOperation {
    /// A call of this method, for example `thidua.v1.SyncService/Sync`, with its gRPC status code.
    Call(&'static str, u8),
    /// The part of a call on the blocking pool: rules and database.
    Blocking,
    /// A job's run for one slot, and whether it succeeded.
    Job(&'static str, time::Timestamp, bool),
}

/// A finished span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanData {
    /// Random id of the trace.
    pub trace_id: [u8; 16],
    /// Random id of this span.
    pub span_id: [u8; 8],
    /// Id of the parent span, if any.
    pub parent_span_id: Option<[u8; 8]>,
    /// Start by the system clock.
    pub started_at: time::Timestamp,
    /// Its duration.
    pub duration: Duration,
    /// Its operation.
    pub operation: TracedOperation,
}

/// Creates spans. Clones share state; the default is off.
#[derive(Clone, Default)]
pub struct Tracer(Option<Arc<TracerInner>>);

struct TracerInner {
    id_generator: IdGenerator,
    sample_one_in: u64,
    span_sender: mpsc::Sender<SpanData>,
    dropped_spans: AtomicU64,
    call_histograms: CallHistograms,
}

impl Tracer {
    /// A tracer with a queue of `waiting` spans. One call in `one_in` is sampled unless its caller
    /// decided; jobs always are.
    #[must_use]
    pub fn new(one_in: NonZeroU32, waiting: usize) -> (Self, mpsc::Receiver<SpanData>) {
        let (spans, receiver) = mpsc::channel(waiting);
        let (ids, one_in) = (IdGenerator::default(), one_in.get().into());
        (
            Self(Some(Arc::new(TracerInner {
                id_generator: ids,
                sample_one_in: one_in,
                span_sender: spans,
                dropped_spans: AtomicU64::new(0),
                call_histograms: CallHistograms::default(),
            }))),
            receiver,
        )
    }

    /// Whether tracing is on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// A random id in hexadecimal; empty if tracing is off.
    #[must_use]
    pub fn new_id(&self) -> String {
        self.0
            .as_ref()
            .map(|inner| HexId(&inner.id_generator.new_trace_id()).to_string())
            .unwrap_or_default()
    }

    /// Sampled spans that were dropped since the start; `None` if tracing is off.
    #[must_use]
    pub fn dropped_spans(&self) -> Option<u64> {
        self.0.as_ref().map(|inner| inner.dropped_spans.load(Ordering::Relaxed))
    }

    /// Counts dropped spans.
    pub fn count_dropped_spans(&self, count: u64) {
        if let Some(inner) = &self.0 {
            inner.dropped_spans.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Latencies of all calls since the start, sampled or not, by method and code.
    #[must_use]
    pub fn call_histograms(&self) -> BTreeMap<(&'static str, u8), LatencyHistogram> {
        self.0.as_ref().map(|inner| inner.call_histograms.snapshot()).unwrap_or_default()
    }

    /// Starts the span of a call; `None` if tracing is off.
    #[must_use]
    pub fn start_call(
        &self,
        method: &'static str,
        parent: Option<TraceParent>,
    ) -> Option<CallSpan> {
        let inner = self.0.clone()?;
        let trace =
            parent.map_or_else(|| inner.id_generator.new_trace_id(), |parent| parent.trace_id);
        let sampled = parent.map_or_else(
            || inner.id_generator.is_sampled_one_in(inner.sample_one_in),
            |parent| parent.sampled,
        );
        let span = ActiveSpan::new(
            inner,
            trace,
            parent.map(|parent| parent.span_id),
            sampled,
            TracedOperation::Call(method, CANCELLED),
        );
        let log = tracing::error_span!("call", trace_id = %HexId(&span.trace_id));
        Some(CallSpan { active_span: span, log_span: log })
    }

    /// Runs `work`; jobs inside it are traced, each as a root.
    pub fn in_scope<T>(&self, work: impl FnOnce() -> T) -> T {
        let current = self.0.clone().map(|inner| CurrentSpan {
            tracer: inner,
            context: None,
            log_span: tracing::Span::none(),
        });
        CURRENT_SPAN.sync_scope(current, work)
    }
}

/// A position inside a trace.
#[derive(Clone, Copy)]
struct SpanContext {
    trace_id: [u8; 16],
    span_id: [u8; 8],
    sampled: bool,
}

#[derive(Clone)]
struct CurrentSpan {
    tracer: Arc<TracerInner>,
    context: Option<SpanContext>,
    log_span: tracing::Span,
}

impl CurrentSpan {
    fn get() -> Option<Self> {
        CURRENT_SPAN.try_with(Clone::clone).ok().flatten()
    }
}

/// A span that has not ended; it ends when dropped.
struct ActiveSpan {
    tracer: Arc<TracerInner>,
    trace_id: [u8; 16],
    span_id: [u8; 8],
    parent_span_id: Option<[u8; 8]>,
    sampled: bool,
    started_at: time::Timestamp,
    started: Instant,
    operation: TracedOperation,
}

impl ActiveSpan {
    fn new(
        tracer: Arc<TracerInner>,
        trace_id: [u8; 16],
        parent_span_id: Option<[u8; 8]>,
        sampled: bool,
        operation: TracedOperation,
    ) -> Self {
        let (span_id, started_at, started) =
            (tracer.id_generator.new_span_id(), Clock::System.now(), Instant::now());
        Self { tracer, trace_id, span_id, parent_span_id, sampled, started_at, started, operation }
    }

    /// The current span for work inside this one.
    fn to_current_span(&self, log: &tracing::Span) -> Option<CurrentSpan> {
        let context =
            SpanContext { trace_id: self.trace_id, span_id: self.span_id, sampled: self.sampled };
        Some(CurrentSpan {
            tracer: Arc::clone(&self.tracer),
            context: Some(context),
            log_span: log.clone(),
        })
    }
}

impl Drop for ActiveSpan {
    fn drop(&mut self) {
        let duration = self.started.elapsed();
        if let TracedOperation::Call(method, code) = self.operation {
            self.tracer.call_histograms.record(method, code, duration);
        }
        let Self {
            trace_id: trace,
            span_id: id,
            parent_span_id: parent,
            started_at: began,
            operation: work,
            ..
        } = *self;
        // Never blocks: if the queue is full, the span is dropped and counted.
        if self.sampled
            && self
                .tracer
                .span_sender
                .try_send(SpanData {
                    trace_id: trace,
                    span_id: id,
                    parent_span_id: parent,
                    started_at: began,
                    duration,
                    operation: work,
                })
                .is_err()
        {
            self.tracer.dropped_spans.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The span of a running call. Dropped without a code, the call was cancelled.
pub struct CallSpan {
    active_span: ActiveSpan,
    log_span: tracing::Span,
}

impl CallSpan {
    /// Wraps the future so that its spans and log lines belong to this call.
    pub fn instrument<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        CURRENT_SPAN.scope(
            self.active_span.to_current_span(&self.log_span),
            work.instrument(self.log_span.clone()),
        )
    }

    /// Ends the call with this gRPC code.
    pub fn end(mut self, code: u8) {
        if let TracedOperation::Call(_, ended) = &mut self.active_span.operation {
            *ended = code;
        }
    }
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        if let TracedOperation::Call(method, code) = self.active_span.operation {
            let millis = self.active_span.started.elapsed().as_millis();
            self.log_span.in_scope(|| tracing::debug!(method, code, millis, "a call has ended"));
        }
    }
}

/// Wraps a future for another task so that it keeps the current span.
pub fn with_current_span<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let current = CurrentSpan::get();
    let log = current.as_ref().map_or_else(tracing::Span::none, |current| current.log_span.clone());
    CURRENT_SPAN.scope(current, work.instrument(log))
}

/// Wraps work for the blocking pool so that it becomes a child of the current span.
pub fn trace_blocking<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let current = CurrentSpan::get();
    move || {
        let Some(CurrentSpan { tracer: inner, context: Some(context), log_span: log }) = current
        else {
            return work();
        };
        let span = ActiveSpan::new(
            inner,
            context.trace_id,
            Some(context.span_id),
            context.sampled,
            TracedOperation::Blocking,
        );
        CURRENT_SPAN.sync_scope(span.to_current_span(&log), || log.in_scope(work))
    }
}

/// Outcome of a job's run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TracedJobOutcome {
    /// Succeeded.
    Done,
    /// Failed.
    Failed,
    /// Nothing to do: no span.
    NoWork,
}

/// Runs a job in a span: a root, or a child of the call that started it. `how` maps the result to
/// the outcome.
pub fn trace_job<T>(
    name: &'static str,
    slot: time::Timestamp,
    work: impl FnOnce() -> T,
    how: impl FnOnce(&T) -> TracedJobOutcome,
) -> T {
    let Some(CurrentSpan { tracer: inner, context: at, .. }) = CurrentSpan::get() else {
        return work();
    };
    let trace = at.map_or_else(|| inner.id_generator.new_trace_id(), |context| context.trace_id);
    let sampled = at.is_none_or(|context| context.sampled);
    let mut span = ActiveSpan::new(
        inner,
        trace,
        at.map(|context| context.span_id),
        sampled,
        TracedOperation::Job(name, slot, false),
    );
    let log = tracing::error_span!("job", trace_id = %HexId(&span.trace_id));
    let answer = CURRENT_SPAN.sync_scope(span.to_current_span(&log), || log.in_scope(work));
    match how(&answer) {
        TracedJobOutcome::Done => span.operation = TracedOperation::Job(name, slot, true),
        TracedJobOutcome::Failed => {}
        TracedJobOutcome::NoWork => span.sampled = false,
    }
    answer
}

/// Displays bytes in lower-case hexadecimal, as OpenTelemetry writes ids.
struct HexId<'a>(&'a [u8]);

impl fmt::Display for HexId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests;
