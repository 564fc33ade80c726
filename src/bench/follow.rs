//! Idle followers on shared connections: what one costs, and how long one commit takes to reach all of them.
//!
//! Server and clients share this process, so the bytes per follower are those of both sides together.

use super::caller::owed;
use super::machine::resident_kib;
use super::rig::{Rig, connect, runtime};
use super::table::{Measure, Row};
use super::{Plan, Result};
use crate::domain::org::UnitKind;
use crate::domain::permission::Role;
use crate::pb::sync_response::Frame;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Streams on one connection; the server allows 64.
const SHARED: usize = 60;

/// Resident memory of this process, in KiB.
fn resident() -> f64 {
    resident_kib(std::process::id()) as f64
}

/// Followers of the province that have reached their first checkpoint, and what counts the rows they get.
struct Crowd {
    got: Arc<AtomicUsize>,
    all: Arc<Notify>,
}

async fn gather(rig: &Rig, size: usize) -> Result<Crowd> {
    let province = rig.uids(UnitKind::Province)?.into_iter().next().ok_or("no province")?;
    let crowd = Crowd { got: Arc::default(), all: Arc::default() };
    let mut left = size;
    while left > 0 {
        let caller = Arc::new(rig.caller(connect(&rig.files, rig.port).await?, &province, Role::Reviewer).await?);
        for _ in 0..left.min(SHARED) {
            let mut stream = caller.stream(Vec::new(), true).await?;
            loop {
                let message = stream.message().await?.ok_or("the stream ended before its checkpoint")?;
                if matches!(message.frame, Some(Frame::Checkpoint(_))) {
                    break;
                }
            }
            let (got, all) = (crowd.got.clone(), crowd.all.clone());
            tokio::spawn(async move {
                while let Ok(Some(message)) = stream.message().await {
                    if matches!(message.frame, Some(Frame::Rows(_))) && got.fetch_add(1, Ordering::SeqCst) + 1 == size {
                        all.notify_one();
                    }
                }
            });
        }
        left -= left.min(SHARED);
    }
    Ok(crowd)
}

/// Memory and fan-out of `plan.followers` idle streams.
pub(super) fn run(plan: &Plan) -> Result<Vec<Row>> {
    let rig = Rig::start()?;
    let size = plan.followers;
    runtime()?.block_on(async {
        let commune = rig.uids(UnitKind::Commune)?.into_iter().next().ok_or("no commune")?;
        let mut reporter = rig.caller(connect(&rig.files, rig.port).await?, &commune, Role::Reporter).await?;
        let reference = rig.app.store().read(|tx| rig.app.reference(tx))?;
        let (keys, elements) = owed(&reference, reporter.unit, rig.app.now().local_date())?;
        let before = resident();
        let crowd = gather(&rig, size).await?;
        let each = (resident() - before) / size as f64;
        let mut spans = Vec::new();
        for key in keys.iter().take(plan.rounds) {
            crowd.got.store(0, Ordering::SeqCst);
            let commands = reporter.report(key, &elements);
            let began = Instant::now();
            reporter.sync(commands.into()).await?;
            let reached = tokio::time::timeout(Duration::from_secs(60), crowd.all.notified()).await;
            reached.map_err(|_| format!("{} of {size} followers heard of it", crowd.got.load(Ordering::SeqCst)))?;
            spans.push(began.elapsed().as_secs_f64() * 1000.0);
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        let memory = Row::alone("follower, shared connection", "KiB", Measure::of(vec![each]), "<= 8 (server alone)");
        let fan = Row::alone("one commit to every follower", "ms", Measure::of(spans), "<= 100 at 2,000");
        let note = format!("{size} followers, {SHARED} on a connection; both sides in this process");
        Ok(vec![memory.noting(note), fan])
    })
}
