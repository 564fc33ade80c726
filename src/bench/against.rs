//! Loads a server that runs somewhere, with one device that was enrolled for it: empty calls, syncs with nothing new, all rows pulled.
//!
//! It reads only: nothing is pushed, so that no invented figure comes among real ones. Knows no database and no files of the server.

use super::caller::Caller;
use super::rig::connect_to;
use super::table::{Measure, Row};
use super::unary::{empty, rate};
use super::{Plan, Result};
use crate::domain::enrolment::Code;
use crate::domain::ids::UnitId;
use crate::pb::sync_response::Frame;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Calls of one run, over all callers.
const CALLS: usize = 960;

/// Whom to load.
#[derive(Debug, Clone)]
pub struct Target {
    /// As in `https://thidua.example.vn:8443`; `http://` on loopback.
    pub url: String,
    /// The authority that signed its certificate, in PEM.
    pub ca: std::path::PathBuf,
    /// An enrolment code, good once.
    pub code: String,
}

/// The rows; `done` hears each as it ends.
pub fn run(target: &Target, plan: &Plan, mut done: impl FnMut(&Row)) -> Result<Vec<Row>> {
    super::rig::runtime()?.block_on(async {
        let channel = connect_to(Path::new(&target.ca), &target.url).await?;
        let code = Code::parse(&target.code)?;
        // The device acts for the unit of its account; which one that is does not matter to somebody who only reads.
        let mut caller = Caller::enrol(channel, UnitId([0; 16]), &code).await?;
        let mut pulls = Vec::new();
        for _ in 0..plan.rounds {
            caller.forget();
            let began = Instant::now();
            let (_, rows) = caller.sync(Vec::new()).await?;
            pulls.push(rows as f64 / began.elapsed().as_secs_f64());
        }
        let mut rows = vec![Row::alone("pull, all that the device may see", "rows/s", Measure::of(pulls), "-")];
        done(&rows[0]);
        let caller = Arc::new(caller);
        for callers in [1, 16, 64] {
            let (mut product, mut ceiling) = (Vec::new(), Vec::new());
            for _ in 0..plan.rounds {
                let channel = caller.channel.clone();
                ceiling.push(rate(callers, CALLS, move || empty(channel.clone())).await?);
                let caller = caller.clone();
                product.push(rate(callers, CALLS, move || nothing_new(caller.clone())).await?);
            }
            let (product, ceiling) = (Measure::of(product), Measure::of(ceiling));
            let name = format!("sync with nothing new, {callers} callers");
            let row = Row::against(&name, "calls/s", product, ceiling, ">= 0.83");
            done(&row);
            rows.push(row);
        }
        Ok(rows)
    })
}

/// One sync from the cursor that the device holds; what others write meanwhile is read and not kept.
async fn nothing_new(caller: Arc<Caller>) -> Result<()> {
    let mut stream = caller.stream(Vec::new(), false).await?;
    let mut whole = false;
    while let Some(message) = stream.message().await? {
        whole |= matches!(message.frame, Some(Frame::Checkpoint(_)));
    }
    if whole { Ok(()) } else { Err("a sync ended without its checkpoint".into()) }
}
