//! Accidents rehearsed on one machine: real nodes, real PostgreSQL, real phones; run by `scripts/drill`, which prepares the machine.
//!
//! One line a case: seconds in which nobody got an answer, and in which one phone got none, commands answered, acknowledged commands lost, doubled, runs published twice,
//! digests equal. Ends with 1 when a figure is not what it must be. Everything stays on loopback and ends with this process.

mod books;
mod cases;
mod cluster;
mod devices;
mod host;
mod line;
mod node;
mod plain;
mod two_machines;

use cases::{CASES, Ground};
use host::Host;
use std::process::ExitCode;
use std::time::Duration;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Phones at work.
const PHONES: usize = 40;

/// What a case left behind.
pub(crate) struct Outcome {
    name: String,
    /// Nobody got an answer for so long; one phone got none for so long.
    outage: [Duration; 2],
    commands: i64,
    lost: i64,
    doubled: i64,
    twice: i64,
    agree: bool,
}

impl Outcome {
    fn holds(&self) -> bool {
        self.lost == 0 && self.doubled == 0 && self.twice == 0 && self.agree && self.commands > 0
    }

    fn print(&self) {
        let Self { name, outage, commands, lost, doubled, twice, agree } = self;
        let (agree, holds) = (if *agree { "yes" } else { "NO" }, if self.holds() { "" } else { "  FAILED" });
        let [all, one] = outage.map(|outage| outage.as_secs_f64());
        println!("{name:<32} {all:>8.1} {one:>9.1} {commands:>9} {lost:>6} {doubled:>8} {twice:>9} {agree:>7}{holds}");
    }
}

fn main() -> ExitCode {
    let only = std::env::args().nth(1).unwrap_or_default();
    match rehearse(&only) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failed) => {
            eprintln!("drill: {failed} cases failed");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("drill: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Lives through the cases whose name contains `only`; how many failed.
fn rehearse(only: &str) -> Result<usize> {
    let host = Host::here()?;
    let mut failed = 0;
    println!(
        "{:<32} {:>8} {:>9} {:>9} {:>6} {:>8} {:>9} {:>7}",
        "case", "outage s", "one phone", "commands", "lost", "doubled", "pub twice", "digests"
    );
    if let (Ok(url), Ok(restart)) = (std::env::var("DRILL_PLAIN"), std::env::var("DRILL_RESTART")) {
        for outcome in plain::live_through(&host, &url, &restart)? {
            outcome.print();
            failed += usize::from(!outcome.holds());
        }
        return Ok(failed);
    }
    if "two machines".contains(only) {
        let outcome = two_machines::live_through(&host)?;
        outcome.print();
        failed += usize::from(!outcome.holds());
    }
    let cases: Vec<_> = CASES.iter().filter(|(name, _)| name.contains(only)).collect();
    if cases.is_empty() || host.patroni.is_empty() {
        return Ok(failed);
    }
    let mut ground = Ground::lay(host)?;
    for case in cases {
        let outcome = ground.live_through(case)?;
        outcome.print();
        failed += usize::from(!outcome.holds());
    }
    Ok(failed)
}
