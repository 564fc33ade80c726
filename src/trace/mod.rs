//! Follows one piece of work through the rooms: a call, the part of it behind the door, a job. What is known of each is closed and has no
//! place for a word that somebody typed: names that stand in this programme, codes, times, random ids. So nothing personal can leave.
//!
//! Knows neither who collects it nor what the work is about. Switched off, as it is by default, every function here does next to nothing.

mod calls;
mod ids;
mod parent;

pub use calls::{BOUNDS_MICROS, Counted};
pub use parent::Parent;

use crate::clock::Clock;
use crate::domain::time;
use calls::Calls;
use ids::Ids;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tracing::Instrument;

/// gRPC's code of a call whose caller did not wait for its end.
const CANCELLED: u8 = 1;

tokio::task_local! {
    /// What this task or thread works at; `None` where nobody looks.
    static NOW: Option<Current>;
}

/// What a span was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// A call of this method, as in `thidua.v1.SyncService/Sync`, and gRPC's code of its end.
    Call(&'static str, u8),
    /// What a call did behind the door: rules and database.
    Behind,
    /// A job's run of one slot, and whether it ended well.
    Job(&'static str, time::Instant, bool),
}

/// A piece of work that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Random id of the trace.
    pub trace: [u8; 16],
    /// Random id of this span.
    pub id: [u8; 8],
    /// The span that it is part of.
    pub parent: Option<[u8; 8]>,
    /// When it began, by the machine's clock.
    pub began: time::Instant,
    /// How long it took.
    pub took: Duration,
    /// What it was about.
    pub work: Work,
}

/// Where spans go. Clones are the same; the default takes none.
#[derive(Clone, Default)]
pub struct Tracer(Option<Arc<Inner>>);

struct Inner {
    ids: Ids,
    one_in: u64,
    spans: mpsc::Sender<Span>,
    lost: AtomicU64,
    calls: Calls,
}

impl Tracer {
    /// One whose spans wait for the receiver, so many of them; one call in `one_in` is followed, unless its caller decided. Jobs always are.
    #[must_use]
    pub fn new(one_in: NonZeroU32, waiting: usize) -> (Self, mpsc::Receiver<Span>) {
        let (spans, receiver) = mpsc::channel(waiting);
        let (ids, one_in) = (Ids::default(), one_in.get().into());
        (Self(Some(Arc::new(Inner { ids, one_in, spans, lost: AtomicU64::new(0), calls: Calls::default() }))), receiver)
    }

    /// Whether anybody looks.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// A random id for whoever needs one.
    #[must_use]
    pub fn name(&self) -> String {
        self.0.as_ref().map(|inner| Hex(&inner.ids.trace()).to_string()).unwrap_or_default()
    }

    /// Spans that were followed and have reached nobody, since the start; `None` when it is switched off.
    #[must_use]
    pub fn lost(&self) -> Option<u64> {
        self.0.as_ref().map(|inner| inner.lost.load(Ordering::Relaxed))
    }

    /// Counts spans that reached nobody.
    pub fn lose(&self, count: u64) {
        if let Some(inner) = &self.0 {
            inner.lost.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// How long calls took since the start, by method and code; followed or not.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<(&'static str, u8), Counted> {
        self.0.as_ref().map(|inner| inner.calls.so_far()).unwrap_or_default()
    }

    /// A call begins. `None`: nobody looks.
    #[must_use]
    pub fn call(&self, method: &'static str, parent: Option<Parent>) -> Option<Call> {
        let inner = self.0.clone()?;
        let trace = parent.map_or_else(|| inner.ids.trace(), |parent| parent.trace);
        let sampled = parent.map_or_else(|| inner.ids.one_in(inner.one_in), |parent| parent.sampled);
        let open = Open::new(inner, trace, parent.map(|parent| parent.span), sampled, Work::Call(method, CANCELLED));
        let log = tracing::error_span!("call", trace_id = %Hex(&open.trace));
        Some(Call { open, log })
    }

    /// Jobs that `work` runs are followed, each as a root.
    pub fn watch<T>(&self, work: impl FnOnce() -> T) -> T {
        let current = self.0.clone().map(|inner| Current { inner, at: None, log: tracing::Span::none() });
        NOW.sync_scope(current, work)
    }
}

/// A position inside a trace.
#[derive(Clone, Copy)]
struct At {
    trace: [u8; 16],
    span: [u8; 8],
    sampled: bool,
}

#[derive(Clone)]
struct Current {
    inner: Arc<Inner>,
    at: Option<At>,
    log: tracing::Span,
}

impl Current {
    fn get() -> Option<Self> {
        NOW.try_with(Clone::clone).ok().flatten()
    }
}

/// A span that is not over; it is when the value is dropped.
struct Open {
    inner: Arc<Inner>,
    trace: [u8; 16],
    id: [u8; 8],
    parent: Option<[u8; 8]>,
    sampled: bool,
    began: time::Instant,
    since: Instant,
    work: Work,
}

impl Open {
    fn new(inner: Arc<Inner>, trace: [u8; 16], parent: Option<[u8; 8]>, sampled: bool, work: Work) -> Self {
        let (id, began, since) = (inner.ids.span(), Clock::System.now(), Instant::now());
        Self { inner, trace, id, parent, sampled, began, since, work }
    }

    /// What is done inside this span.
    fn inside(&self, log: &tracing::Span) -> Option<Current> {
        let at = At { trace: self.trace, span: self.id, sampled: self.sampled };
        Some(Current { inner: Arc::clone(&self.inner), at: Some(at), log: log.clone() })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let took = self.since.elapsed();
        if let Work::Call(method, code) = self.work {
            self.inner.calls.add(method, code, took);
        }
        let Self { trace, id, parent, began, work, .. } = *self;
        // Nobody waits here: a queue that is full loses the span and counts it.
        if self.sampled && self.inner.spans.try_send(Span { trace, id, parent, began, took, work }).is_err() {
            self.inner.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A call that is under way. Dropped without a code, it was cancelled.
pub struct Call {
    open: Open,
    log: tracing::Span,
}

impl Call {
    /// The same future, known as the work of this call, in the log too.
    pub fn scope<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        NOW.scope(self.open.inside(&self.log), work.instrument(self.log.clone()))
    }

    /// It ended with this code of gRPC.
    pub fn end(mut self, code: u8) {
        if let Work::Call(_, ended) = &mut self.open.work {
            *ended = code;
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if let Work::Call(method, code) = self.open.work {
            let millis = self.open.since.elapsed().as_millis();
            self.log.in_scope(|| tracing::debug!(method, code, millis, "a call has ended"));
        }
    }
}

/// A future for another task, known there as part of what is done here.
pub fn along<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let current = Current::get();
    let log = current.as_ref().map_or_else(tracing::Span::none, |current| current.log.clone());
    NOW.scope(current, work.instrument(log))
}

/// Work for a thread behind the door, known there as a part of what is done here.
pub fn behind<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let current = Current::get();
    move || {
        let Some(Current { inner, at: Some(at), log }) = current else { return work() };
        let open = Open::new(inner, at.trace, Some(at.span), at.sampled, Work::Behind);
        NOW.sync_scope(open.inside(&log), || log.in_scope(work))
    }
}

/// How a job's turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Its work is done.
    Done,
    /// It failed.
    Failed,
    /// There was nothing to do: no span.
    Nothing,
}

/// Runs a job's turn, known as a root; or as part of the call that asked for it. `how` tells from the answer how it ended.
pub fn job<T>(name: &'static str, slot: time::Instant, work: impl FnOnce() -> T, how: impl FnOnce(&T) -> Ended) -> T {
    let Some(Current { inner, at, .. }) = Current::get() else { return work() };
    let trace = at.map_or_else(|| inner.ids.trace(), |at| at.trace);
    let sampled = at.is_none_or(|at| at.sampled);
    let mut open = Open::new(inner, trace, at.map(|at| at.span), sampled, Work::Job(name, slot, false));
    let log = tracing::error_span!("job", trace_id = %Hex(&open.trace));
    let answer = NOW.sync_scope(open.inside(&log), || log.in_scope(work));
    match how(&answer) {
        Ended::Done => open.work = Work::Job(name, slot, true),
        Ended::Failed => {}
        Ended::Nothing => open.sampled = false,
    }
    answer
}

/// Bytes as OpenTelemetry writes ids.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests;
