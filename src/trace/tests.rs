//! Tests of tracing.

use super::{
    SpanData, TraceParent, TracedJobOutcome, TracedOperation, Tracer, trace_blocking, trace_job,
    with_current_span,
};
use crate::domain::support::time::Timestamp;
use std::num::NonZeroU32;
use tokio::sync::mpsc::Receiver;

const METHOD: &str = "thidua.v1.SyncService/Sync";

fn tracer(waiting: usize) -> (Tracer, Receiver<SpanData>) {
    Tracer::new(NonZeroU32::MIN, waiting)
}

fn all(spans: &mut Receiver<SpanData>) -> Vec<SpanData> {
    std::iter::from_fn(|| spans.try_recv().ok()).collect()
}

#[tokio::test]
async fn work_on_another_task_and_thread_is_part_of_its_call_and_a_call_nobody_ended_was_cancelled()
{
    let (tracer, mut spans) = tracer(10);
    let parent = TraceParent { trace_id: [7; 16], span_id: [8; 8], sampled: true };
    let call = tracer.start_call(METHOD, Some(parent)).unwrap();
    let work = call.instrument(async {
        tokio::spawn(with_current_span(async { std::thread::spawn(trace_blocking(|| ())).join() }))
            .await
    });
    work.await.unwrap().unwrap();
    call.end(0);
    drop(tracer.start_call(METHOD, None));
    let spans = all(&mut spans);
    let [inner, outer, other] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!(
        (outer.trace_id, outer.parent_span_id, outer.operation),
        ([7; 16], Some([8; 8]), TracedOperation::Call(METHOD, 0))
    );
    assert_eq!(
        (inner.trace_id, inner.parent_span_id, inner.operation),
        ([7; 16], Some(outer.span_id), TracedOperation::Blocking)
    );
    assert_eq!((other.parent_span_id, other.operation), (None, TracedOperation::Call(METHOD, 1)));
    assert!(other.trace_id != [7; 16] && other.trace_id != [0; 16]);
    assert_eq!(tracer.call_histograms().len(), 2);
}

#[tokio::test]
async fn what_its_caller_does_not_keep_is_counted_as_a_call_and_is_no_span() {
    let (tracer, mut spans) = tracer(10);
    let parent = TraceParent { trace_id: [7; 16], span_id: [8; 8], sampled: false };
    let call = tracer.start_call(METHOD, Some(parent)).unwrap();
    call.instrument(async { trace_blocking(|| ())() }).await;
    call.end(0);
    assert_eq!((all(&mut spans), tracer.dropped_spans()), (vec![], Some(0)));
    assert_eq!(tracer.call_histograms()[&(METHOD, 0)].buckets[0], 1);
}

#[test]
fn a_job_is_a_root_unless_a_call_asked_for_it_and_a_turn_without_work_is_no_span() {
    let (tracer, mut spans) = tracer(10);
    let run = |how| trace_job("aggregate", Timestamp(1), || (), |()| how);
    run(TracedJobOutcome::Done);
    tracer.in_scope(|| {
        [TracedJobOutcome::NoWork, TracedJobOutcome::Failed, TracedJobOutcome::Done].map(run)
    });
    let spans = all(&mut spans);
    let ended: Vec<_> = spans.iter().map(|span| (span.parent_span_id, span.operation)).collect();
    let job = |well| (None, TracedOperation::Job("aggregate", Timestamp(1), well));
    assert_eq!(ended, [job(false), job(true)]);
    assert!(spans[0].trace_id != spans[1].trace_id);
}

#[test]
fn a_full_queue_and_one_that_nobody_reads_lose_spans_and_count_them() {
    let (tracer, spans) = tracer(2);
    (0..5).for_each(|_| drop(tracer.start_call(METHOD, None)));
    assert_eq!(tracer.dropped_spans(), Some(3));
    drop(spans);
    drop(tracer.start_call(METHOD, None));
    assert_eq!(tracer.dropped_spans(), Some(4));
}

#[test]
fn one_call_in_so_many_is_followed() {
    let (tracer, mut spans) = Tracer::new(NonZeroU32::MIN.saturating_add(9), 10_000);
    (0..10_000).for_each(|_| drop(tracer.start_call(METHOD, None)));
    let followed = all(&mut spans).len();
    assert!((700..1300).contains(&followed), "{followed}");
}

#[test]
fn switched_off_nobody_looks() {
    let off = Tracer::default();
    assert!(
        off.start_call(METHOD, None).is_none()
            && off.dropped_spans().is_none()
            && off.call_histograms().is_empty()
    );
    assert_eq!(
        off.in_scope(|| trace_job("aggregate", Timestamp(1), || 7, |_| TracedJobOutcome::Done)),
        7
    );
    assert_eq!(trace_blocking(|| 7)(), 7);
}
