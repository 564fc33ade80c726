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
    /// Samples now; this process and `measured` (servers, each with its children) count as own.
    pub(crate) fn sample(measured: &[u32]) -> Self {
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
        let own = process_ticks(std::process::id(), OWN_FIELDS)
            + measured.iter().copied().map(tree_ticks).sum::<u64>();
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

/// Fields of /proc/PID/stat after the name: user and system time of the process.
const OWN_FIELDS: std::ops::Range<usize> = 11..13;
/// The same, and those of its children that have ended.
const REAPED_FIELDS: std::ops::Range<usize> = 11..15;
/// The parent's id.
const PARENT_FIELD: std::ops::Range<usize> = 1..2;

/// Linux reports 100 ticks a second on every machine.
const MILLIS_PER_TICK: u64 = 10;

/// CPU ticks of a process, in user and system mode.
fn process_ticks(process: u32, fields: std::ops::Range<usize>) -> u64 {
    sum_stat_fields(process, fields)
}

/// CPU ticks of a process, of its children and of those that have ended; grandchildren only when
/// they have ended.
fn tree_ticks(root: u32) -> u64 {
    let of_children: u64 =
        children_of(root).into_iter().map(|child| process_ticks(child, REAPED_FIELDS)).sum();
    process_ticks(root, REAPED_FIELDS) + of_children
}

/// CPU milliseconds of a process, of its children and of those that have ended.
pub(crate) fn tree_cpu_millis(root: u32) -> u64 {
    tree_ticks(root) * MILLIS_PER_TICK
}

/// CPU milliseconds of this process.
pub(crate) fn own_cpu_millis() -> u64 {
    process_ticks(std::process::id(), OWN_FIELDS) * MILLIS_PER_TICK
}

fn children_of(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|process| parent_of(*process) == Some(parent))
        .collect()
}

/// The process that started this one; none if it has ended.
pub(crate) fn parent_of(process: u32) -> Option<u32> {
    sum_stat_fields(process, PARENT_FIELD).try_into().ok().filter(|parent| *parent > 0)
}

fn sum_stat_fields(process: u32, fields: std::ops::Range<usize>) -> u64 {
    let text = read_or_empty(&format!("/proc/{process}/stat"));
    // The process name is in parentheses and may contain blanks.
    let after_name = text.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let values = after_name.split_whitespace().skip(fields.start).take(fields.len());
    values.filter_map(|one| one.parse::<u64>().ok()).sum()
}

/// The largest resident memory that a process has had, in KiB.
pub(crate) fn peak_kib(process: u32) -> u64 {
    status_kib(process, "VmHWM:")
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
