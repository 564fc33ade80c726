//! The rows of the bench: each runs the whole product path and, in the same minute and process, the
//! minimal equivalent that it cannot beat.

use crate::bench_row::BenchRow;
use crate::host_stats::CpuTicks;
use crate::{Result, follow, pull, push, rollup, targets, unary};

/// Rows and rounds to run.
#[derive(Debug, Clone)]
pub(crate) struct BenchPlan {
    /// Names of rows; all if empty.
    pub(crate) rows: Vec<String>,
    /// Runs of each row; the median counts.
    pub(crate) rounds: usize,
    /// Number of idle followers in the row `follow`.
    pub(crate) followers: usize,
}

/// Name, description and function of a row.
type BenchCase = (&'static str, &'static str, fn(&BenchPlan) -> Result<Vec<BenchRow>>);

/// Every row, in the order of execution.
pub(crate) const BENCH_CASES: &[BenchCase] = &[
    (
        "unary",
        "a call with token, rights and a rich answer, against an empty call",
        unary::bench_unary,
    ),
    (
        "push",
        "reports through the whole path, against the same rows written bare",
        push::bench_push,
    ),
    (
        "pull",
        "all rows to a decoding client, against the same frames from memory",
        pull::bench_pull,
    ),
    ("nothing", "a sync with nothing new, against an empty call", unary::bench_idle_sync),
    (
        "targets",
        "every target of a year judged, against reading its figures from SQLite",
        targets::bench_targets,
    ),
    (
        "rollup",
        "ten million cells added up, against the bare scan, SQLite and DuckDB",
        rollup::bench_rollup,
    ),
    (
        "follow",
        "idle followers, and one commit to all of them, against a bare fan-out",
        follow::bench_follow,
    ),
    (
        "pages",
        "open pages of the office, and one commit to all of them, against as many followers",
        follow::bench_pages,
    ),
];

/// Runs the rows of the plan; `done` is called for each result row.
pub(crate) fn run_benches(
    plan: &BenchPlan,
    mut done: impl FnMut(&BenchRow),
) -> Result<Vec<BenchRow>> {
    let unknown =
        plan.rows.iter().find(|name| !BENCH_CASES.iter().any(|(known, ..)| known == name));
    if let Some(name) = unknown {
        let known: Vec<&str> = BENCH_CASES.iter().map(|(name, ..)| *name).collect();
        return Err(format!("there is no row {name}; there are: {}", known.join(", ")).into());
    }
    let mut rows = Vec::new();
    for (name, _, run) in BENCH_CASES {
        if plan.rows.is_empty() || plan.rows.iter().any(|wanted| wanted == name) {
            let before = CpuTicks::sample(&[]);
            let mut found = run(plan)?;
            let foreign = before.other_load_percent(CpuTicks::sample(&[]));
            found.iter_mut().for_each(|row| row.other_load_percent = Some(foreign));
            found.iter().for_each(&mut done);
            rows.extend(found);
        }
    }
    Ok(rows)
}
