//! One case of the write load: so many clients with so many reports a call, on a new database.

use crate::counted_stream::WireBytes;
use crate::load_meter::LoadMeter;
use crate::server_process::ProductBinary;
use crate::write_database::SessionWaits;
use crate::write_figures::WriteFigures;
use crate::write_province::{CommuneLoad, WEEKS_PER_COMMUNE, WriteProvince};
use crate::{Result, fixture};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tonic::transport::Channel;

/// A token is valid for 15 minutes.
const RENEW_AFTER: Duration = Duration::from_secs(300);

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct WriteCase {
    pub(crate) clients: usize,
    pub(crate) reports_per_call: usize,
}

impl std::str::FromStr for WriteCase {
    type Err = String;

    /// `16x20`: 16 clients with 20 reports a call.
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let parsed = text.split_once('x').and_then(|(clients, reports)| {
            Some(Self { clients: clients.parse().ok()?, reports_per_call: reports.parse().ok()? })
        });
        parsed
            .filter(|one| {
                one.clients > 0 && (1..=WEEKS_PER_COMMUNE).contains(&one.reports_per_call)
            })
            .ok_or_else(|| format!("{text} is not CLIENTSxREPORTS, such as 16x20"))
    }
}

/// State shared by the clients of a load.
struct LoadState {
    queue: Mutex<Vec<CommuneLoad>>,
    prepared: Instant,
    meter: LoadMeter,
}

impl LoadState {
    fn next_load(&self) -> Option<CommuneLoad> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// Measures a case on a new database; the set-up is not measured.
pub(crate) fn measure_case(
    product: &ProductBinary,
    server_url: Option<&str>,
    nodes: usize,
    case: WriteCase,
    reports: usize,
) -> Result<WriteFigures> {
    let communes = reports.div_ceil(WEEKS_PER_COMMUNE);
    let province = WriteProvince::start(product, server_url, nodes, communes)?;
    fixture::new_runtime()?.block_on(run_case(product, &province, case))
}

async fn run_case(
    product: &ProductBinary,
    province: &WriteProvince,
    case: WriteCase,
) -> Result<WriteFigures> {
    let loads = province.prepare_loads(case.reports_per_call).await?;
    let prepared = Instant::now();
    let bytes = WireBytes::default();
    let mut channels = Vec::new();
    for client in 0..case.clients {
        channels.push(province.connect(client, &bytes).await?);
    }
    let stored_before = province.database.checkpoint_and_measure()?;
    let waits = province.database.sample_waits()?;
    let servers = province.nodes.iter().map(|node| node.id()).collect();
    let reports = loads.len() * WEEKS_PER_COMMUNE;
    let meter = LoadMeter::start(servers, province.database.postmaster(), reports, &bytes);
    let shared = Arc::new(LoadState { queue: Mutex::new(loads), prepared, meter });
    let tasks: Vec<_> = channels
        .into_iter()
        .map(|channel| tokio::spawn(send_loads(shared.clone(), channel)))
        .collect();
    for task in tasks {
        task.await??;
    }
    let load = shared.meter.finish()?;
    let waits: Option<SessionWaits> = waits.map(|sampler| sampler.finish()).transpose()?;
    let stored = province.database.checkpoint_and_measure()?.saturating_sub(stored_before);
    let wait_millis = |sessions: f64| sessions * 1e3 / load.whole.reports_per_second;
    Ok(WriteFigures {
        product: product.path().display().to_string(),
        database: province.database.kind(),
        nodes: province.nodes.len(),
        clients: case.clients,
        reports_per_call: case.reports_per_call,
        stored_bytes: stored as f64 / reports as f64,
        lock_wait_millis: waits.map(|one| wait_millis(one.for_locks)),
        log_wait_millis: waits.map(|one| wait_millis(one.for_log)),
        load,
    })
}

/// Sends loads over the client's own connection until none is left.
async fn send_loads(shared: Arc<LoadState>, channel: Channel) -> Result<()> {
    while let Some(CommuneLoad { mut device, calls }) = shared.next_load() {
        device.channel = channel.clone();
        let mut renewed = shared.prepared;
        for call in calls {
            if renewed.elapsed() > RENEW_AFTER {
                device.renew_token().await?;
                renewed = Instant::now();
            }
            let (began, commands) = (Instant::now(), call.len());
            let (applied, _) = device.sync(call).await?;
            if applied != commands {
                return Err(format!("{applied} of {commands} commands applied").into());
            }
            shared.meter.record_call(commands / 2, began);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::WriteCase;

    #[test]
    fn a_case_is_clients_and_the_reports_of_a_call() {
        let case: WriteCase = "16x20".parse().unwrap();
        assert_eq!(case, WriteCase { clients: 16, reports_per_call: 20 });
        for wrong in ["16", "x20", "0x20", "16x0", "16x101"] {
            let error = wrong.parse::<WriteCase>().unwrap_err();
            assert_eq!(error, format!("{wrong} is not CLIENTSxREPORTS, such as 16x20"));
        }
    }
}
