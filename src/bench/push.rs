//! Pushing reports through the whole path, against the same rows written bare in commits of the same size.
//!
//! A report is two commands: save (every element of the weekly form and a note) and submit.

use super::bare;
use super::caller::{Caller, owed};
use super::rig::{Rig, connect, runtime};
use super::table::{Measure, Row};
use super::{Plan, Result};
use crate::domain::org::UnitKind;
use crate::domain::permission::Role;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// What one device has to send, call by call.
struct Load {
    caller: Caller,
    calls: Vec<Vec<Vec<u8>>>,
}

/// Fills a fresh province: every commune's weekly reports until today, `reports` in each call.
async fn loads(rig: &Rig, callers: usize, reports: usize) -> Result<Vec<Load>> {
    let today = rig.app.now().local_date();
    let reference = rig.app.store().read(|tx| rig.app.reference(tx))?;
    let mut channels = Vec::new();
    for _ in 0..callers.min(16) {
        channels.push(connect(&rig.files, rig.port).await?);
    }
    let mut loads = Vec::new();
    for (index, uid) in rig.uids(UnitKind::Commune)?.iter().enumerate() {
        let mut caller = rig.caller(channels[index % channels.len()].clone(), uid, Role::Reporter).await?;
        let (keys, elements) = owed(&reference, caller.unit, today)?;
        let calls = keys
            .chunks(reports)
            .map(|keys| keys.iter().flat_map(|key| caller.report(key, &elements)).collect())
            .collect();
        loads.push(Load { caller, calls });
    }
    Ok(loads)
}

/// What a run of one size showed.
struct Seen {
    reports_per_second: f64,
    bare_per_second: f64,
    p99_millis: f64,
    max_millis: f64,
}

fn once(callers: usize, reports: usize) -> Result<Seen> {
    let rig = Rig::start()?;
    let (count, seconds, mut waits) = runtime()?.block_on(async {
        let loads = loads(&rig, callers, reports).await?;
        let count: usize = loads.iter().flat_map(|load| &load.calls).map(|call| call.len() / 2).sum();
        let queue = Arc::new(Mutex::new(loads));
        let began = Instant::now();
        let tasks: Vec<_> = (0..callers).map(|_| tokio::spawn(drain(queue.clone()))).collect();
        let mut waits = Vec::new();
        for task in tasks {
            waits.extend(task.await??);
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((count, began.elapsed().as_secs_f64(), waits))
    })?;
    waits.sort_by(f64::total_cmp);
    let bare = bare::replay(&rig.database())?;
    Ok(Seen {
        reports_per_second: count as f64 / seconds,
        bare_per_second: count as f64 / bare,
        p99_millis: waits.get(waits.len() * 99 / 100).copied().unwrap_or_default(),
        max_millis: waits.last().copied().unwrap_or_default(),
    })
}

/// Sends load after load until there is none; how long each call took, in milliseconds.
async fn drain(queue: Arc<Mutex<Vec<Load>>>) -> Result<Vec<f64>> {
    let mut waits = Vec::new();
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(Load { mut caller, calls }) = next else { return Ok(waits) };
        for call in calls {
            let (began, sent) = (Instant::now(), call.len());
            let (applied, _) = caller.sync(call).await?;
            waits.push(began.elapsed().as_secs_f64() * 1000.0);
            if applied != sent {
                return Err(format!("{applied} of {sent} commands applied").into());
            }
        }
    }
}

/// One caller with large calls, and sixteen with calls of ten reports.
pub(super) fn run(plan: &Plan) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (callers, reports) in [(1, 100), (16, 10), (64, 1)] {
        let mut seen = Vec::new();
        for _ in 0..plan.rounds {
            seen.push(once(callers, reports)?);
        }
        let of = |pick: fn(&Seen) -> f64| Measure::of(seen.iter().map(pick).collect());
        let (product, ceiling) = (of(|one| one.reports_per_second), of(|one| one.bare_per_second));
        let (p99, max) = (of(|one| one.p99_millis), of(|one| one.max_millis));
        let name = format!("push, {callers} callers x {reports} reports");
        let note = format!("a call: p99 {:.0} ms, longest {:.0} ms; a report is save + submit", p99.median, max.median);
        rows.push(Row::against(&name, "reports/s", product, ceiling, ">= 0.7").noting(note));
    }
    Ok(rows)
}
