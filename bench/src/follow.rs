//! Idle followers and open pages of the office on shared connections: the cost of one, and the time
//! until one commit has reached all of them.
//!
//! Server and clients share this process, so the bytes of each include both sides.

use crate::Result;
use crate::bench_row::{BenchMeasure, BenchRow};
use crate::cases::BenchPlan;
use crate::device::{BenchDevice, find_expected_reports};
use crate::fixture::{BenchFixture, connect, new_runtime};
use crate::host_stats::resident_kib;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use thidua::bench_api::pb::sync_response::Frame;
use thidua::bench_api::{Role, UnitKind};
use tokio::sync::Notify;
use tonic::body::Body;
use tonic::codegen::http::Request;
use tonic::codegen::{Body as _, Service as _};

/// Streams on one connection; the server allows 64.
const STREAMS_PER_CONNECTION: usize = 60;

/// The second since 1970 from which a session's token is renewed.
const NOT_YET_RENEWED: u64 = 9_000_000_000;

/// Resident memory of this process, in KiB.
fn resident_memory_kib() -> f64 {
    resident_kib(std::process::id()) as f64
}

/// Who listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listener {
    /// A device that follows, after its first checkpoint.
    Follower,
    /// An open page of the office that waits for news of reports.
    Page,
}

/// Listeners at the province, and the counter of what reaches them.
#[derive(Clone)]
struct ListenerGroup {
    size: usize,
    /// The position in the feed when the first of them came.
    head: i64,
    received: Arc<AtomicUsize>,
    all_received: Arc<Notify>,
}

impl ListenerGroup {
    async fn start(fixture: &BenchFixture, listener: Listener, size: usize) -> Result<Self> {
        let province =
            fixture.unit_uids(UnitKind::Province)?.into_iter().next().ok_or("no province")?;
        let head = fixture.app.store().read(|tx| tx.head())?.seq;
        let group = Self { size, head, received: Arc::default(), all_received: Arc::default() };
        let mut remaining = size;
        while remaining > 0 {
            let channel = connect(&fixture.files, fixture.port).await?;
            let caller = fixture.enrol_device(channel, &province, Role::Reviewer).await?;
            for _ in 0..remaining.min(STREAMS_PER_CONNECTION) {
                match listener {
                    Listener::Follower => group.add_follower(&caller).await?,
                    Listener::Page => group.add_page(&caller).await?,
                }
            }
            remaining -= remaining.min(STREAMS_PER_CONNECTION);
        }
        Ok(group)
    }

    async fn add_follower(&self, caller: &BenchDevice) -> Result<()> {
        let mut stream = caller.open_stream(Vec::new(), true).await?;
        loop {
            let message =
                stream.message().await?.ok_or("the stream ended before its checkpoint")?;
            if matches!(message.frame, Some(Frame::Checkpoint(_))) {
                break;
            }
        }
        let group = self.clone();
        tokio::spawn(async move {
            while let Ok(Some(message)) = stream.message().await {
                if matches!(message.frame, Some(Frame::Rows(_))) {
                    group.count();
                }
            }
        });
        Ok(())
    }

    /// Opens the stream of events of a page, as a browser does with the cookie of its session.
    async fn add_page(&self, caller: &BenchDevice) -> Result<()> {
        let request = Request::get(format!("/office/events?kind=report&after={}", self.head))
            .header("cookie", format!("__Host-thidua-session={NOT_YET_RENEWED}.{}", caller.token()))
            .body(Body::empty())?;
        let mut channel = caller.channel.clone();
        std::future::poll_fn(|cx| channel.poll_ready(cx)).await?;
        let answer = channel.call(request).await?;
        if !answer.status().is_success() {
            return Err(format!("a page gets {}", answer.status()).into());
        }
        let (mut body, group) = (answer.into_body(), self.clone());
        tokio::spawn(async move {
            let mut next =
                async || std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
            while let Some(Ok(frame)) = next().await {
                let is_news = |data: &bytes::Bytes| data.starts_with(b"event:");
                if frame.data_ref().is_some_and(is_news) {
                    group.count();
                }
            }
        });
        Ok(())
    }

    fn count(&self) {
        if self.received.fetch_add(1, Ordering::SeqCst) + 1 == self.size {
            self.all_received.notify_one();
        }
    }

    /// Waits until everybody has heard of one commit.
    async fn wait_for_all(&self) -> Result<()> {
        let all = self.all_received.notified();
        let reached = tokio::time::timeout(Duration::from_secs(60), all).await;
        let count = || self.received.load(Ordering::SeqCst);
        reached.map_err(|_| format!("{} of {} received it", count(), self.size).into())
    }
}

/// Memory of each listener in KiB, and how long each commit took to reach all of them, in ms.
fn measure_listeners(plan: &BenchPlan, listener: Listener) -> Result<(BenchMeasure, BenchMeasure)> {
    let fixture = BenchFixture::start()?;
    new_runtime()?.block_on(async {
        let commune =
            fixture.unit_uids(UnitKind::Commune)?.into_iter().next().ok_or("no commune")?;
        let mut reporter = fixture
            .enrol_device(connect(&fixture.files, fixture.port).await?, &commune, Role::Reporter)
            .await?;
        let reference = fixture.app.store().read(|tx| fixture.app.reference(tx))?;
        let (keys, elements) =
            find_expected_reports(&reference, reporter.unit, fixture.app.now().local_date())?;
        let before = resident_memory_kib();
        let group = ListenerGroup::start(&fixture, listener, plan.followers).await?;
        let each = (resident_memory_kib() - before) / plan.followers as f64;
        let mut spans = Vec::new();
        for key in keys.iter().take(plan.rounds) {
            group.received.store(0, Ordering::SeqCst);
            let commands = reporter.encode_report(key, &elements);
            let began = Instant::now();
            reporter.sync(commands.into()).await?;
            group.wait_for_all().await?;
            spans.push(began.elapsed().as_secs_f64() * 1000.0);
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        Ok((BenchMeasure::from_runs(vec![each]), BenchMeasure::from_runs(spans)))
    })
}

/// Memory and fan-out of `plan.followers` idle streams.
pub(crate) fn bench_follow(plan: &BenchPlan) -> Result<Vec<BenchRow>> {
    let (each, spans) = measure_listeners(plan, Listener::Follower)?;
    let aim = "<= 8 (server alone)";
    let memory = BenchRow::without_ceiling("follower, shared connection", "KiB", each, aim);
    let aim = "<= 100 at 2,000";
    let fan = BenchRow::without_ceiling("one commit to every follower", "ms", spans, aim);
    Ok(vec![memory.with_note(describe(plan)), fan])
}

/// The same of open pages of the office, against as many followers.
pub(crate) fn bench_pages(plan: &BenchPlan) -> Result<Vec<BenchRow>> {
    // The first of both in a process pays for what its memory allocator keeps: the pages do.
    let (page, spans) = measure_listeners(plan, Listener::Page)?;
    let (follower, reached) = measure_listeners(plan, Listener::Follower)?;
    let aim = "<= a follower";
    let memory = BenchRow::with_ceiling("open page, shared connection", "KiB", page, follower, aim);
    let fan = BenchRow::with_ceiling("one commit to every open page", "ms", spans, reached, aim);
    Ok(vec![memory.with_note(describe(plan)), fan])
}

fn describe(plan: &BenchPlan) -> String {
    let size = plan.followers;
    format!("{size} streams, {STREAMS_PER_CONNECTION} on a connection; both sides in this process")
}
