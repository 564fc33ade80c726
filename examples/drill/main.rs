//! Failure cases rehearsed on one machine with real nodes, PostgreSQL and phones.
//!
//! `scripts/drill` prepares the machine and runs this program. It prints one line a case: seconds
//! without an acknowledgement to any phone and to one phone, commands acknowledged, acknowledged
//! commands lost, doubled, runs published twice, digests equal. It exits with 1 when a figure is
//! wrong. Everything stays on loopback and ends with this process.

mod cases;
mod cluster;
mod database_checks;
mod devices;
mod host;
mod node;
mod proxy;
mod single_database;
mod two_machines;

use cases::{DRILL_CASES, DrillFixture};
use host::DrillHost;
use std::process::ExitCode;
use std::time::Duration;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The number of phones.
const PHONES: usize = 40;

/// The result of one case.
pub(crate) struct CaseOutcome {
    name: String,
    /// The longest time without an acknowledgement to any phone, and to one phone.
    outage: [Duration; 2],
    commands: i64,
    lost: i64,
    doubled: i64,
    published_twice: i64,
    digests_agree: bool,
}

impl CaseOutcome {
    fn passes(&self) -> bool {
        self.lost == 0
            && self.doubled == 0
            && self.published_twice == 0
            && self.digests_agree
            && self.commands > 0
    }

    fn print(&self) {
        let Self {
            name,
            outage,
            commands,
            lost,
            doubled,
            published_twice: twice,
            digests_agree: agree,
        } = self;
        let (agree, failed_mark) =
            (if *agree { "yes" } else { "NO" }, if self.passes() { "" } else { "  FAILED" });
        let [all, one] = outage.map(|outage| outage.as_secs_f64());
        println!(
            "{name:<32} {all:>8.1} {one:>9.1} {commands:>9} {lost:>6} {doubled:>8} {twice:>9} {agree:>7}{failed_mark}"
        );
    }
}

fn main() -> ExitCode {
    let only = std::env::args().nth(1).unwrap_or_default();
    match run_cases(&only) {
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

/// Runs the cases whose name contains `only` and returns how many failed.
fn run_cases(only: &str) -> Result<usize> {
    let host = DrillHost::from_env()?;
    let mut failed = 0;
    println!(
        "{:<32} {:>8} {:>9} {:>9} {:>6} {:>8} {:>9} {:>7}",
        "case", "outage s", "one phone", "commands", "lost", "doubled", "pub twice", "digests"
    );
    if let (Ok(url), Ok(restart)) = (std::env::var("DRILL_PLAIN"), std::env::var("DRILL_RESTART")) {
        for outcome in single_database::run_cases(&host, &url, &restart)? {
            outcome.print();
            failed += usize::from(!outcome.passes());
        }
        return Ok(failed);
    }
    if "two machines".contains(only) {
        let outcome = two_machines::run_case(&host)?;
        outcome.print();
        failed += usize::from(!outcome.passes());
    }
    let cases: Vec<_> = DRILL_CASES.iter().filter(|(name, _)| name.contains(only)).collect();
    if cases.is_empty() || host.patroni.is_empty() {
        return Ok(failed);
    }
    let mut fixture = DrillFixture::start(host)?;
    for case in cases {
        let outcome = fixture.run_case(case)?;
        outcome.print();
        failed += usize::from(!outcome.passes());
    }
    Ok(failed)
}
