//! One case of the write load: so many clients with so many reports a call, on a new database.

use crate::counted_stream::WireBytes;
use crate::host_stats::{CpuTicks, own_cpu_millis, peak_kib, tree_cpu_millis};
use crate::server_process::ProductBinary;
use crate::write_database::SessionWaits;
use crate::write_figures::{StretchFigures, WriteFigures};
use crate::write_province::{CommuneLoad, WEEKS_PER_COMMUNE, WriteProvince};
use crate::{Result, fixture};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Reports at the beginning and at the end of a load that are measured by themselves.
const STRETCH_REPORTS: usize = 2_000;
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
            .filter(|one| one.clients > 0 && (1..=WEEKS_PER_COMMUNE).contains(&one.reports_per_call))
            .ok_or_else(|| format!("{text} is not CLIENTSxREPORTS, such as 16x20"))
    }
}

/// CPU of the measured processes at one moment.
#[derive(Debug, Clone, Copy)]
struct UsageSample {
    at: Instant,
    server_millis: u64,
    database_millis: u64,
}

/// State shared by the clients of a load.
struct LoadState {
    queue: Mutex<Vec<CommuneLoad>>,
    prepared: Instant,
    progress: Mutex<LoadProgress>,
    servers: Vec<u32>,
    postmaster: Option<u32>,
}

struct LoadProgress {
    done: usize,
    /// The counts of reports at which usage is sampled, in descending order.
    sample_at: Vec<usize>,
    /// The count of reports and the usage then.
    samples: Vec<(usize, UsageSample)>,
    call_millis: Vec<f64>,
}

impl LoadState {
    fn sample_usage(&self) -> UsageSample {
        UsageSample {
            at: Instant::now(),
            server_millis: self.servers.iter().copied().map(tree_cpu_millis).sum(),
            database_millis: self.postmaster.map(tree_cpu_millis).unwrap_or_default(),
        }
    }

    fn progress(&self) -> MutexGuard<'_, LoadProgress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_load(&self) -> Option<CommuneLoad> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn record_call(&self, reports: usize, millis: f64) {
        let mut progress = self.progress();
        progress.done += reports;
        progress.call_millis.push(millis);
        let done = progress.done;
        if progress.sample_at.last().is_some_and(|at| done >= *at) {
            progress.sample_at.retain(|at| done < *at);
            let sample = self.sample_usage();
            progress.samples.push((done, sample));
        }
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
    let bytes = WireBytes::default();
    let mut channels = Vec::new();
    for client in 0..case.clients {
        channels.push(province.connect(client, &bytes).await?);
    }
    let bytes_at_rest = province.database.checkpoint_and_measure()?;
    let reports = loads.len() * WEEKS_PER_COMMUNE;
    let stretch = STRETCH_REPORTS.min(reports / 4);
    let shared = Arc::new(LoadState {
        queue: Mutex::new(loads),
        prepared: Instant::now(),
        progress: Mutex::new(LoadProgress {
            done: 0,
            sample_at: vec![reports, reports - stretch, stretch],
            samples: Vec::new(),
            call_millis: Vec::new(),
        }),
        servers: province.nodes.iter().map(|node| node.id()).collect(),
        postmaster: province.database.postmaster(),
    });
    let measured: Vec<u32> = shared.servers.iter().copied().chain(shared.postmaster).collect();
    let waits = province.database.sample_waits()?;
    let (ticks, bytes_before, own_before) =
        (CpuTicks::sample(&measured), bytes.read(), own_cpu_millis());
    let start = shared.sample_usage();
    shared.progress().samples.push((0, start));
    let tasks: Vec<_> = channels
        .into_iter()
        .map(|channel| tokio::spawn(send_loads(shared.clone(), channel)))
        .collect();
    for task in tasks {
        task.await??;
    }
    let other_load_percent = ticks.other_load_percent(CpuTicks::sample(&measured));
    let client_millis = own_cpu_millis() - own_before;
    let [sent, received] = [0, 1].map(|at| (bytes.read()[at] - bytes_before[at]) as f64);
    let waits: Option<SessionWaits> = waits.map(|sampler| sampler.finish()).transpose()?;
    let peaks = shared.servers.iter().map(|server| peak_kib(*server));
    let peak_mib = peaks.max().unwrap_or_default() as f64 / 1024.0;
    let stored = province.database.checkpoint_and_measure()?.saturating_sub(bytes_at_rest);
    let mut progress = shared.progress();
    let (whole, first, last) = compute_stretches(&progress.samples, stretch)?;
    progress.call_millis.sort_by(f64::total_cmp);
    let count = reports as f64;
    Ok(WriteFigures {
        product: product.path().display().to_string(),
        database: province.database.kind(),
        nodes: province.nodes.len(),
        clients: case.clients,
        reports_per_call: case.reports_per_call,
        reports,
        p50_millis: percentile(&progress.call_millis, 50),
        p99_millis: percentile(&progress.call_millis, 99),
        max_millis: progress.call_millis.last().copied().unwrap_or_default(),
        client_cpu_millis: client_millis as f64 / count,
        peak_mib,
        sent_bytes: sent / count,
        received_bytes: received / count,
        stored_bytes: stored as f64 / count,
        lock_wait_millis: waits.map(|one| one.for_locks * 1e3 / whole.reports_per_second),
        log_wait_millis: waits.map(|one| one.for_log * 1e3 / whole.reports_per_second),
        whole,
        first,
        last,
        other_load_percent,
    })
}

/// The figures of the whole load, of its first and of its last reports.
fn compute_stretches(
    samples: &[(usize, UsageSample)],
    stretch: usize,
) -> Result<(StretchFigures, StretchFigures, StretchFigures)> {
    let ([begin, first, .., end], Some(before_last)) =
        (samples, samples.iter().rev().nth(1).filter(|(done, _)| *done >= stretch))
    else {
        return Err("too few calls to tell the first reports from the last".into());
    };
    let between = |(done, from): &(usize, UsageSample), (count, to): &(usize, UsageSample)| {
        let reports = count.saturating_sub(*done).max(1) as f64;
        StretchFigures {
            reports_per_second: reports / to.at.duration_since(from.at).as_secs_f64(),
            server_cpu_millis: (to.server_millis - from.server_millis) as f64 / reports,
            database_cpu_millis: (to.database_millis - from.database_millis) as f64 / reports,
        }
    };
    Ok((between(begin, end), between(begin, first), between(before_last, end)))
}

/// Sends loads over the client's own connection until none is left.
async fn send_loads(shared: Arc<LoadState>, channel: tonic::transport::Channel) -> Result<()> {
    let mut renewed = shared.prepared;
    while let Some(CommuneLoad { mut device, calls }) = shared.next_load() {
        device.channel = channel.clone();
        if shared.prepared.elapsed() > RENEW_AFTER {
            device.renew_token().await?;
            renewed = Instant::now();
        }
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
            shared.record_call(commands / 2, began.elapsed().as_secs_f64() * 1000.0);
        }
    }
    Ok(())
}

fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}
