//! Pushing reports through the whole path, against the same rows written directly in commits of the
//! same size.
//!
//! A report is two commands: save (every element of the weekly form and a note) and submit.

use crate::Result;
use crate::bench_row::{BenchMeasure, BenchRow};
use crate::cases::BenchPlan;
use crate::device::{BenchDevice, find_expected_reports};
use crate::fixture::{BenchFixture, connect, new_runtime};
use crate::raw_writes;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use thidua::bench_api::{Role, UnitKind};

/// The calls that one device sends.
struct DeviceLoad {
    caller: BenchDevice,
    calls: Vec<Vec<Vec<u8>>>,
}

/// Prepares a new province: every commune's weekly reports until today, `reports` per call.
async fn prepare_loads(
    fixture: &BenchFixture,
    callers: usize,
    reports: usize,
) -> Result<Vec<DeviceLoad>> {
    let today = fixture.app.now().local_date();
    let reference = fixture.app.store().read(|tx| fixture.app.reference(tx))?;
    let mut channels = Vec::new();
    for _ in 0..callers.min(16) {
        channels.push(connect(&fixture.files, fixture.port).await?);
    }
    let mut loads = Vec::new();
    for (index, uid) in fixture.unit_uids(UnitKind::Commune)?.iter().enumerate() {
        let mut caller = fixture
            .enrol_device(channels[index % channels.len()].clone(), uid, Role::Reporter)
            .await?;
        let (keys, elements) = find_expected_reports(&reference, caller.unit, today)?;
        let calls = keys
            .chunks(reports)
            .map(|keys| keys.iter().flat_map(|key| caller.encode_report(key, &elements)).collect())
            .collect();
        loads.push(DeviceLoad { caller, calls });
    }
    Ok(loads)
}

/// Results of a run of one size.
struct PushTimings {
    reports_per_second: f64,
    bare_per_second: f64,
    p99_millis: f64,
    max_millis: f64,
}

fn measure_once(callers: usize, reports: usize) -> Result<PushTimings> {
    let fixture = BenchFixture::start()?;
    let (count, seconds, mut call_millis) = new_runtime()?.block_on(async {
        let loads = prepare_loads(&fixture, callers, reports).await?;
        let count: usize =
            loads.iter().flat_map(|load| &load.calls).map(|call| call.len() / 2).sum();
        let queue = Arc::new(Mutex::new(loads));
        let began = Instant::now();
        let tasks: Vec<_> = (0..callers).map(|_| tokio::spawn(send_loads(queue.clone()))).collect();
        let mut call_millis = Vec::new();
        for task in tasks {
            call_millis.extend(task.await??);
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((
            count,
            began.elapsed().as_secs_f64(),
            call_millis,
        ))
    })?;
    call_millis.sort_by(f64::total_cmp);
    let bare = raw_writes::replay_commits(&fixture.database())?;
    Ok(PushTimings {
        reports_per_second: count as f64 / seconds,
        bare_per_second: count as f64 / bare,
        p99_millis: call_millis.get(call_millis.len() * 99 / 100).copied().unwrap_or_default(),
        max_millis: call_millis.last().copied().unwrap_or_default(),
    })
}

/// Sends all loads; returns the time of each call in milliseconds.
async fn send_loads(queue: Arc<Mutex<Vec<DeviceLoad>>>) -> Result<Vec<f64>> {
    let mut call_millis = Vec::new();
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(DeviceLoad { mut caller, calls }) = next else { return Ok(call_millis) };
        for call in calls {
            let (began, sent) = (Instant::now(), call.len());
            let (applied, _) = caller.sync(call).await?;
            call_millis.push(began.elapsed().as_secs_f64() * 1000.0);
            if applied != sent {
                return Err(format!("{applied} of {sent} commands applied").into());
            }
        }
    }
}

/// One caller with large calls, and sixteen with calls of ten reports.
pub(crate) fn bench_push(plan: &BenchPlan) -> Result<Vec<BenchRow>> {
    let mut rows = Vec::new();
    for (callers, reports) in [(1, 100), (16, 10), (64, 1)] {
        let mut timings = Vec::new();
        for _ in 0..plan.rounds {
            timings.push(measure_once(callers, reports)?);
        }
        let of = |pick: fn(&PushTimings) -> f64| {
            BenchMeasure::from_runs(timings.iter().map(pick).collect())
        };
        let (product, ceiling) = (of(|one| one.reports_per_second), of(|one| one.bare_per_second));
        let (p99, max) = (of(|one| one.p99_millis), of(|one| one.max_millis));
        let name = format!("push, {callers} callers x {reports} reports");
        let note = format!(
            "a call: p99 {:.0} ms, longest {:.0} ms; a report is save + submit",
            p99.median, max.median
        );
        rows.push(
            BenchRow::with_ceiling(&name, "reports/s", product, ceiling, ">= 0.7").with_note(note),
        );
    }
    Ok(rows)
}
