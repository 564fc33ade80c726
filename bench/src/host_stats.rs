//! CPU, memory and files of processes, from /proc; zero where it does not exist. A figure measured
//! beside a busy process must be read with its share in mind.

/// CPU ticks of all cores at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CpuTicks {
    total: u64,
    idle: u64,
    own: u64,
}

impl CpuTicks {
    /// Samples now; this process and `other_process` (a server that it started) count as own.
    pub(crate) fn sample(other_process: Option<u32>) -> Self {
        let text = read_or_empty("/proc/stat");
        let ticks: Vec<u64> = text
            .lines()
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .skip(1)
            .filter_map(|one| one.parse().ok())
            .collect();
        // The first eight fields; guest time is already part of user time.
        let total = ticks.iter().take(8).sum();
        let idle = ticks.iter().skip(3).take(2).sum();
        let own = [Some(std::process::id()), other_process]
            .into_iter()
            .flatten()
            .map(process_ticks)
            .sum();
        Self { total, idle, own }
    }

    /// CPU share of other processes, in percent, from `self` until `later`.
    pub(crate) fn other_load_percent(self, later: Self) -> f64 {
        let since = |pick: fn(&Self) -> u64| pick(&later).saturating_sub(pick(&self));
        let (all, idle, ours) =
            (since(|one| one.total), since(|one| one.idle), since(|one| one.own));
        if all == 0 {
            return 0.0;
        }
        all.saturating_sub(idle).saturating_sub(ours) as f64 * 100.0 / all as f64
    }
}

/// CPU ticks of a process, in user and system mode.
fn process_ticks(process: u32) -> u64 {
    let text = read_or_empty(&format!("/proc/{process}/stat"));
    // The process name is in parentheses and may contain blanks.
    let after_name = text.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    after_name.split_whitespace().skip(11).take(2).filter_map(|one| one.parse::<u64>().ok()).sum()
}

/// Resident memory of a process, in KiB.
pub(crate) fn resident_kib(process: u32) -> u64 {
    status_kib(process, "VmRSS:")
}

/// Anonymous memory of a process, without pages of mapped files, such as SQLite's database.
pub(crate) fn anon_kib(process: u32) -> u64 {
    status_kib(process, "RssAnon:")
}

fn status_kib(process: u32, name: &str) -> u64 {
    let status = read_or_empty(&format!("/proc/{process}/status"));
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or_default()
}

/// Open file descriptors of a process.
pub(crate) fn count_descriptors(process: u32) -> usize {
    std::fs::read_dir(format!("/proc/{process}/fd")).map(Iterator::count).unwrap_or_default()
}

/// Length of a file; 0 if it does not exist.
pub(crate) fn file_size(path: &std::path::Path) -> u64 {
    std::fs::metadata(path).map(|found| found.len()).unwrap_or_default()
}

fn read_or_empty(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
