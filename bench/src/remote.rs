//! Load on a running server, with one device that is enrolled for it: empty calls, empty syncs,
//! full pulls.
//!
//! Read-only: nothing is pushed, so that no synthetic figure enters real data.

use crate::Result;
use crate::bench_row::{BenchMeasure, BenchRow};
use crate::cases::BenchPlan;
use crate::device::BenchDevice;
use crate::fixture::connect_to_url;
use crate::unary::{call_health_check, measure_call_rate};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use thidua::bench_api::pb::sync_response::Frame;
use thidua::bench_api::{EnrolmentCode, UnitId};

/// Calls of one run, over all callers.
const CALLS_PER_RUN: usize = 960;

/// The server to load.
#[derive(Debug, Clone)]
pub(crate) struct BenchTarget {
    /// For example `https://thidua.example.vn:8443`; `http://` on loopback.
    pub(crate) url: String,
    /// The CA of its certificate, in PEM.
    pub(crate) ca: std::path::PathBuf,
    /// An enrolment code, usable once.
    pub(crate) code: String,
}

/// Measures the rows; `done` is called for each.
pub(crate) fn measure_remote(
    target: &BenchTarget,
    plan: &BenchPlan,
    mut on_row: impl FnMut(&BenchRow),
) -> Result<Vec<BenchRow>> {
    crate::fixture::new_runtime()?.block_on(async {
        let channel = connect_to_url(Path::new(&target.ca), &target.url).await?;
        let code = EnrolmentCode::parse(&target.code)?;
        // The device acts for the unit of its account; the unit does not matter for reading.
        let mut caller = BenchDevice::enrol(channel, UnitId([0; 16]), &code).await?;
        let mut pulls = Vec::new();
        for _ in 0..plan.rounds {
            caller.clear_cursor();
            let began = Instant::now();
            let (_, rows) = caller.sync(Vec::new()).await?;
            pulls.push(rows as f64 / began.elapsed().as_secs_f64());
        }
        let mut rows = vec![BenchRow::without_ceiling(
            "pull, all that the device may see",
            "rows/s",
            BenchMeasure::from_runs(pulls),
            "-",
        )];
        on_row(&rows[0]);
        let caller = Arc::new(caller);
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
                        sync_without_changes(caller.clone())
                    })
                    .await?,
                );
            }
            let (product, ceiling) =
                (BenchMeasure::from_runs(product), BenchMeasure::from_runs(ceiling));
            let name = format!("sync with nothing new, {callers} callers");
            let row = BenchRow::with_ceiling(&name, "calls/s", product, ceiling, ">= 0.83");
            on_row(&row);
            rows.push(row);
        }
        Ok(rows)
    })
}

/// One sync from the device's cursor; rows written meanwhile are read and discarded.
async fn sync_without_changes(caller: Arc<BenchDevice>) -> Result<()> {
    let mut stream = caller.open_stream(Vec::new(), false).await?;
    let mut whole = false;
    while let Some(message) = stream.message().await? {
        whole |= matches!(message.frame, Some(Frame::Checkpoint(_)));
    }
    if whole { Ok(()) } else { Err("a sync ended without its checkpoint".into()) }
}
