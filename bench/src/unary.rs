//! Unary calls and empty syncs, against the empty call over the same connection.
//!
//! The empty call is the health check: no token, no database.

use crate::Result;
use crate::bench_row::{BenchMeasure, BenchRow};
use crate::cases::BenchPlan;
use crate::device::{BenchDevice, find_expected_reports};
use crate::fixture::{BenchFixture, connect, new_runtime};
use std::future::Future;
use std::sync::Arc;
use std::time::Instant;
use thidua::bench_api::pb::{GetReportRequest, report_service_client::ReportServiceClient};
use thidua::bench_api::{Role, UnitKind};
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// Calls of one run, over all callers.
const CALLS_PER_RUN: usize = 4_000;

/// Calls per second with `callers` in parallel.
pub(crate) async fn measure_call_rate<F: Future<Output = Result<()>> + Send + 'static>(
    callers: usize,
    calls: usize,
    call: impl Fn() -> F + Send + Sync + Clone + 'static,
) -> Result<f64> {
    let began = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..callers {
        let call = call.clone();
        tasks.push(tokio::spawn(async move {
            for _ in 0..calls / callers {
                call().await?;
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok((calls / callers * callers) as f64 / began.elapsed().as_secs_f64())
}

pub(crate) async fn call_health_check(channel: Channel) -> Result<()> {
    HealthClient::new(channel).check(HealthCheckRequest { service: String::new() }).await?;
    Ok(())
}

async fn call_get_report(caller: Arc<BenchDevice>, report: [u8; 16]) -> Result<()> {
    let request = caller.request(GetReportRequest { report_id: report.to_vec() })?;
    ReportServiceClient::new(caller.channel.clone()).get_report(request).await?;
    Ok(())
}

/// A commune's device with one sent report, and the report.
async fn send_one_report(fixture: &BenchFixture) -> Result<(BenchDevice, [u8; 16])> {
    let uid = fixture.unit_uids(UnitKind::Commune)?.into_iter().next().ok_or("no commune")?;
    let mut caller = fixture
        .enrol_device(connect(&fixture.files, fixture.port).await?, &uid, Role::Reporter)
        .await?;
    let today = fixture.app.now().local_date();
    let reference = fixture.app.store().read(|tx| fixture.app.reference(tx))?;
    let (keys, elements) = find_expected_reports(&reference, caller.unit, today)?;
    let key = keys.into_iter().next().ok_or("no report is expected")?;
    let commands = caller.encode_report(&key, &elements);
    caller.sync(commands.into()).await?;
    Ok((caller, key.id().0))
}

/// Unary calls with 1, 16 and 64 callers on one connection.
pub(crate) fn bench_unary(plan: &BenchPlan) -> Result<Vec<BenchRow>> {
    let fixture = BenchFixture::start()?;
    new_runtime()?.block_on(async {
        let (caller, report) = send_one_report(&fixture).await?;
        let caller = Arc::new(caller);
        let mut rows = Vec::new();
        for callers in [1, 16, 64] {
            let (mut product, mut ceiling) = (Vec::new(), Vec::new());
            for _ in 0..plan.rounds {
                let channel = caller.channel.clone();
                ceiling.push(
                    measure_call_rate(callers, CALLS_PER_RUN, move || {
                        call_health_check(channel.clone())
                    })
                    .await?,
                );
                let caller = caller.clone();
                product.push(
                    measure_call_rate(callers, CALLS_PER_RUN, move || {
                        call_get_report(caller.clone(), report)
                    })
                    .await?,
                );
            }
            let name = format!("unary, {callers} callers");
            rows.push(BenchRow::with_ceiling(
                &name,
                "calls/s",
                BenchMeasure::from_runs(product),
                BenchMeasure::from_runs(ceiling),
                ">= 0.75",
            ));
        }
        Ok(rows)
    })
}

/// Empty syncs, one after the other.
pub(crate) fn bench_idle_sync(plan: &BenchPlan) -> Result<Vec<BenchRow>> {
    let fixture = BenchFixture::start()?;
    new_runtime()?.block_on(async {
        let (mut caller, _) = send_one_report(&fixture).await?;
        let (mut product, mut ceiling) = (Vec::new(), Vec::new());
        for _ in 0..plan.rounds {
            let channel = caller.channel.clone();
            ceiling.push(
                1000.0
                    / measure_call_rate(1, CALLS_PER_RUN / 4, move || {
                        call_health_check(channel.clone())
                    })
                    .await?,
            );
            let began = Instant::now();
            for _ in 0..CALLS_PER_RUN / 4 {
                caller.sync(Vec::new()).await?;
            }
            product.push(began.elapsed().as_secs_f64() * 1000.0 / (CALLS_PER_RUN / 4) as f64);
        }
        let row = BenchRow::with_ceiling(
            "sync with nothing new",
            "ms",
            BenchMeasure::from_runs(product),
            BenchMeasure::from_runs(ceiling),
            "<= 1.2",
        );
        Ok(vec![row])
    })
}
