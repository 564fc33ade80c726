//! How close the product comes to the limit of this machine: each row runs the whole path and, in the same minute and process, the
//! bare thing that it cannot beat, and prints the ratio.
//!
//! Knows every room and decides nothing. Built only with the feature `bench`, so never part of a release. All traffic is loopback;
//! every row is bounded in count. Figures of two runs are not to be compared: only ratios of one run are.

mod against;
mod bare;
mod caller;
mod chart;
mod follow;
mod growth;
mod machine;
mod process;
mod pull;
mod push;
mod rig;
mod rollup;
mod soak;
mod table;
mod targets;
mod unary;

pub use against::{Target, run as against};
pub use chart::chart;
pub use growth::{GROWTH_HEAD, Point, run as growth};
pub use soak::run as soak;
pub use table::{HEAD, Measure, Row};

use machine::Moment;
use std::error::Error;

/// What may go wrong in a bench: reported, never hidden.
pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// What to run and how often.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Names of rows; all when empty.
    pub rows: Vec<String>,
    /// How often each row runs; the median counts.
    pub rounds: usize,
    /// Idle followers of the row `follow`.
    pub followers: usize,
}

/// A row's name, what it measures, and what runs it.
type Entry = (&'static str, &'static str, fn(&Plan) -> Result<Vec<Row>>);

/// Every row, in the order in which they run.
pub const ROWS: &[Entry] = &[
    ("unary", "a call with token, rights and a rich answer, against an empty call", unary::run),
    ("push", "reports through the whole path, against the same rows written bare", push::run),
    ("pull", "all rows to a decoding client, against the same frames from memory", pull::run),
    ("nothing", "a sync with nothing new, against an empty call", unary::nothing),
    ("targets", "every target of a year judged, against reading its figures from SQLite", targets::run),
    ("rollup", "ten million cells added up, against the bare scan, SQLite and DuckDB", rollup::run),
    ("follow", "idle followers, and one commit to all of them, against a bare fan-out", follow::run),
];

/// Runs the rows that the plan names; `done` hears each as it ends.
pub fn run(plan: &Plan, mut done: impl FnMut(&Row)) -> Result<Vec<Row>> {
    let unknown = plan.rows.iter().find(|name| !ROWS.iter().any(|(known, ..)| known == name));
    if let Some(name) = unknown {
        let known: Vec<&str> = ROWS.iter().map(|(name, ..)| *name).collect();
        return Err(format!("there is no row {name}; there are: {}", known.join(", ")).into());
    }
    let mut rows = Vec::new();
    for (name, _, run) in ROWS {
        if plan.rows.is_empty() || plan.rows.iter().any(|wanted| wanted == name) {
            let before = Moment::now(None);
            let mut found = run(plan)?;
            let foreign = before.foreign(Moment::now(None));
            found.iter_mut().for_each(|row| row.foreign = Some(foreign));
            found.iter().for_each(&mut done);
            rows.extend(found);
        }
    }
    Ok(rows)
}
