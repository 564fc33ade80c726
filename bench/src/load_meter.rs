//! Measures the processes of a load while its clients record their calls.

use crate::Result;
use crate::counted_stream::WireBytes;
use crate::host_stats::{CpuTicks, own_cpu_millis, peak_kib, tree_cpu_millis};
use crate::write_figures::{LoadFigures, StretchFigures};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Reports at the beginning and at the end of a load that are measured by themselves.
const STRETCH_REPORTS: usize = 2_000;

/// Times and usage of one load, from its creation until [`LoadMeter::finish`].
pub(crate) struct LoadMeter {
    servers: Vec<u32>,
    postmaster: Option<u32>,
    reports: usize,
    stretch: usize,
    bytes: WireBytes,
    bytes_before: [u64; 2],
    ticks_before: CpuTicks,
    own_millis_before: u64,
    progress: Mutex<LoadProgress>,
}

struct LoadProgress {
    done: usize,
    /// The counts of reports at which usage is sampled, in descending order.
    sample_at: Vec<usize>,
    /// The count of reports and the usage then.
    samples: Vec<(usize, UsageSample)>,
    call_millis: Vec<f64>,
}

/// CPU of the measured processes at one moment.
#[derive(Debug, Clone, Copy)]
struct UsageSample {
    at: Instant,
    server_millis: u64,
    database_millis: u64,
}

impl LoadMeter {
    /// Starts to measure these servers and PostgreSQL's postmaster under a load of so many reports.
    pub(crate) fn start(
        servers: Vec<u32>,
        postmaster: Option<u32>,
        reports: usize,
        bytes: &WireBytes,
    ) -> Self {
        let stretch = STRETCH_REPORTS.min(reports / 4);
        let measured: Vec<u32> = servers.iter().copied().chain(postmaster).collect();
        let meter = Self {
            servers,
            postmaster,
            reports,
            stretch,
            bytes: bytes.clone(),
            bytes_before: bytes.read(),
            ticks_before: CpuTicks::sample(&measured),
            own_millis_before: own_cpu_millis(),
            progress: Mutex::new(LoadProgress {
                done: 0,
                sample_at: vec![reports, reports - stretch, stretch],
                samples: Vec::new(),
                call_millis: Vec::new(),
            }),
        };
        let begin = meter.sample_usage();
        meter.progress().samples.push((0, begin));
        meter
    }

    fn progress(&self) -> MutexGuard<'_, LoadProgress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sample_usage(&self) -> UsageSample {
        UsageSample {
            at: Instant::now(),
            server_millis: self.servers.iter().copied().map(tree_cpu_millis).sum(),
            database_millis: self.postmaster.map(tree_cpu_millis).unwrap_or_default(),
        }
    }

    /// Counts a call that a client has finished.
    pub(crate) fn record_call(&self, reports: usize, began: Instant) {
        let millis = began.elapsed().as_secs_f64() * 1000.0;
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

    /// The figures, after the last call.
    pub(crate) fn finish(&self) -> Result<LoadFigures> {
        let measured: Vec<u32> = self.servers.iter().copied().chain(self.postmaster).collect();
        let other_load_percent = self.ticks_before.other_load_percent(CpuTicks::sample(&measured));
        let client_millis = own_cpu_millis() - self.own_millis_before;
        let bytes = self.bytes.read();
        let peak = self.servers.iter().map(|server| peak_kib(*server)).max().unwrap_or_default();
        let mut progress = self.progress();
        progress.call_millis.sort_by(f64::total_cmp);
        let count = progress.done.max(1) as f64;
        let on_wire = |at: usize| (bytes[at] - self.bytes_before[at]) as f64 / count;
        let [whole, first, last] = self.compute_stretches(&progress.samples)?;
        Ok(LoadFigures {
            reports: self.reports,
            whole,
            first,
            last,
            p50_millis: percentile(&progress.call_millis, 50),
            p99_millis: percentile(&progress.call_millis, 99),
            max_millis: progress.call_millis.last().copied().unwrap_or_default(),
            client_cpu_millis: client_millis as f64 / count,
            peak_mib: peak as f64 / 1024.0,
            sent_bytes: on_wire(0),
            received_bytes: on_wire(1),
            other_load_percent,
        })
    }

    /// The figures of the whole load, of its first and of its last reports.
    fn compute_stretches(&self, samples: &[(usize, UsageSample)]) -> Result<[StretchFigures; 3]> {
        let [begin, first, .., before_last, end] = samples else {
            return Err("too few calls to tell the first reports from the last".into());
        };
        debug_assert!(before_last.0 >= self.reports - self.stretch);
        Ok([(begin, end), (begin, first), (before_last, end)]
            .map(|(from, to)| compute_stretch(from, to)))
    }
}

fn compute_stretch(
    (done, from): &(usize, UsageSample),
    (count, to): &(usize, UsageSample),
) -> StretchFigures {
    let reports = count.saturating_sub(*done).max(1) as f64;
    StretchFigures {
        reports_per_second: reports / to.at.duration_since(from.at).as_secs_f64(),
        server_cpu_millis: (to.server_millis - from.server_millis) as f64 / reports,
        database_cpu_millis: (to.database_millis - from.database_millis) as f64 / reports,
    }
}

/// The value below which this percentage of the values lies.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}
