//! What is followed, and what is not.

use super::{Ended, Parent, Span, Tracer, Work, along, behind, job};
use crate::domain::time::Instant;
use std::num::NonZeroU32;
use tokio::sync::mpsc::Receiver;

const METHOD: &str = "thidua.v1.SyncService/Sync";

fn tracer(waiting: usize) -> (Tracer, Receiver<Span>) {
    Tracer::new(NonZeroU32::MIN, waiting)
}

fn all(spans: &mut Receiver<Span>) -> Vec<Span> {
    std::iter::from_fn(|| spans.try_recv().ok()).collect()
}

#[tokio::test]
async fn work_on_another_task_and_thread_is_part_of_its_call_and_a_call_nobody_ended_was_cancelled() {
    let (tracer, mut spans) = tracer(10);
    let parent = Parent { trace: [7; 16], span: [8; 8], sampled: true };
    let call = tracer.call(METHOD, Some(parent)).unwrap();
    let work = call.scope(async { tokio::spawn(along(async { std::thread::spawn(behind(|| ())).join() })).await });
    work.await.unwrap().unwrap();
    call.end(0);
    drop(tracer.call(METHOD, None));
    let spans = all(&mut spans);
    let [inner, outer, other] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!((outer.trace, outer.parent, outer.work), ([7; 16], Some([8; 8]), Work::Call(METHOD, 0)));
    assert_eq!((inner.trace, inner.parent, inner.work), ([7; 16], Some(outer.id), Work::Behind));
    assert_eq!((other.parent, other.work), (None, Work::Call(METHOD, 1)));
    assert!(other.trace != [7; 16] && other.trace != [0; 16]);
    assert_eq!(tracer.calls().len(), 2);
}

#[tokio::test]
async fn what_its_caller_does_not_keep_is_counted_as_a_call_and_is_no_span() {
    let (tracer, mut spans) = tracer(10);
    let parent = Parent { trace: [7; 16], span: [8; 8], sampled: false };
    let call = tracer.call(METHOD, Some(parent)).unwrap();
    call.scope(async { behind(|| ())() }).await;
    call.end(0);
    assert_eq!((all(&mut spans), tracer.lost()), (vec![], Some(0)));
    assert_eq!(tracer.calls()[&(METHOD, 0)].buckets[0], 1);
}

#[test]
fn a_job_is_a_root_unless_a_call_asked_for_it_and_a_turn_without_work_is_no_span() {
    let (tracer, mut spans) = tracer(10);
    let run = |how| job("aggregate", Instant(1), || (), |()| how);
    run(Ended::Done);
    tracer.watch(|| [Ended::Nothing, Ended::Failed, Ended::Done].map(run));
    let spans = all(&mut spans);
    let ended: Vec<_> = spans.iter().map(|span| (span.parent, span.work)).collect();
    let job = |well| (None, Work::Job("aggregate", Instant(1), well));
    assert_eq!(ended, [job(false), job(true)]);
    assert!(spans[0].trace != spans[1].trace);
}

#[test]
fn a_full_queue_and_one_that_nobody_reads_lose_spans_and_count_them() {
    let (tracer, spans) = tracer(2);
    (0..5).for_each(|_| drop(tracer.call(METHOD, None)));
    assert_eq!(tracer.lost(), Some(3));
    drop(spans);
    drop(tracer.call(METHOD, None));
    assert_eq!(tracer.lost(), Some(4));
}

#[test]
fn one_call_in_so_many_is_followed() {
    let (tracer, mut spans) = Tracer::new(NonZeroU32::MIN.saturating_add(9), 10_000);
    (0..10_000).for_each(|_| drop(tracer.call(METHOD, None)));
    let followed = all(&mut spans).len();
    assert!((700..1300).contains(&followed), "{followed}");
}

#[test]
fn switched_off_nobody_looks() {
    let off = Tracer::default();
    assert!(off.call(METHOD, None).is_none() && off.lost().is_none() && off.calls().is_empty());
    assert_eq!(off.watch(|| job("aggregate", Instant(1), || 7, |_| Ended::Done)), 7);
    assert_eq!(behind(|| 7)(), 7);
}
