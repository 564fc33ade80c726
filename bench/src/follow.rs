//! Idle followers on shared connections: the cost of one, and the time until one commit has reached
//! all of them.
//!
//! Server and clients share this process, so the bytes per follower include both sides.

use crate::Result;
use crate::bench_row::{BenchMeasure, BenchRow};
use crate::cases::BenchPlan;
use crate::device::find_expected_reports;
use crate::fixture::{BenchFixture, connect, new_runtime};
use crate::host_stats::resident_kib;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use thidua::bench_api::pb::sync_response::Frame;
use thidua::bench_api::{Role, UnitKind};
use tokio::sync::Notify;

/// Streams on one connection; the server allows 64.
const STREAMS_PER_CONNECTION: usize = 60;

/// Resident memory of this process, in KiB.
fn resident_memory_kib() -> f64 {
    resident_kib(std::process::id()) as f64
}

/// Followers of the province after their first checkpoint, and the counter of the rows that they
/// receive.
struct FollowerGroup {
    received: Arc<AtomicUsize>,
    all_received: Arc<Notify>,
}

async fn start_followers(fixture: &BenchFixture, size: usize) -> Result<FollowerGroup> {
    let province =
        fixture.unit_uids(UnitKind::Province)?.into_iter().next().ok_or("no province")?;
    let followers = FollowerGroup { received: Arc::default(), all_received: Arc::default() };
    let mut remaining = size;
    while remaining > 0 {
        let caller = Arc::new(
            fixture
                .enrol_device(
                    connect(&fixture.files, fixture.port).await?,
                    &province,
                    Role::Reviewer,
                )
                .await?,
        );
        for _ in 0..remaining.min(STREAMS_PER_CONNECTION) {
            let mut stream = caller.open_stream(Vec::new(), true).await?;
            loop {
                let message =
                    stream.message().await?.ok_or("the stream ended before its checkpoint")?;
                if matches!(message.frame, Some(Frame::Checkpoint(_))) {
                    break;
                }
            }
            let (got, all) = (followers.received.clone(), followers.all_received.clone());
            tokio::spawn(async move {
                while let Ok(Some(message)) = stream.message().await {
                    if matches!(message.frame, Some(Frame::Rows(_)))
                        && got.fetch_add(1, Ordering::SeqCst) + 1 == size
                    {
                        all.notify_one();
                    }
                }
            });
        }
        remaining -= remaining.min(STREAMS_PER_CONNECTION);
    }
    Ok(followers)
}

/// Memory and fan-out of `plan.followers` idle streams.
pub(crate) fn bench_follow(plan: &BenchPlan) -> Result<Vec<BenchRow>> {
    let fixture = BenchFixture::start()?;
    let size = plan.followers;
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
        let followers = start_followers(&fixture, size).await?;
        let each = (resident_memory_kib() - before) / size as f64;
        let mut spans = Vec::new();
        for key in keys.iter().take(plan.rounds) {
            followers.received.store(0, Ordering::SeqCst);
            let commands = reporter.encode_report(key, &elements);
            let began = Instant::now();
            reporter.sync(commands.into()).await?;
            let reached =
                tokio::time::timeout(Duration::from_secs(60), followers.all_received.notified())
                    .await;
            reached.map_err(|_| {
                format!(
                    "{} of {size} followers received it",
                    followers.received.load(Ordering::SeqCst)
                )
            })?;
            spans.push(began.elapsed().as_secs_f64() * 1000.0);
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let memory = BenchRow::without_ceiling(
            "follower, shared connection",
            "KiB",
            BenchMeasure::from_runs(vec![each]),
            "<= 8 (server alone)",
        );
        let fan = BenchRow::without_ceiling(
            "one commit to every follower",
            "ms",
            BenchMeasure::from_runs(spans),
            "<= 100 at 2,000",
        );
        let note = format!(
            "{size} followers, {STREAMS_PER_CONNECTION} on a connection; both sides in this process"
        );
        Ok(vec![memory.with_note(note), fan])
    })
}
