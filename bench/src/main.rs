//! `thidua-bench`: compares the product with the limits of this machine. Each row runs the whole
//! product path and, in the same minute and process, the minimal equivalent that it cannot beat,
//! and prints the ratio.
//!
//! Never part of a release. Of the product it names `thidua::bench_api` only. All traffic is
//! loopback; every row has a bounded count. Only ratios of one run are comparable, not figures of
//! two runs.

mod bench_row;
mod cases;
mod chart;
mod counted_stream;
mod device;
mod fixture;
mod follow;
mod growth;
mod host_stats;
mod load_meter;
mod peer_etcd;
mod pull;
mod push;
mod raw_writes;
mod remote;
mod rollup;
mod server_process;
mod soak;
mod targets;
mod unary;
mod write_case;
mod write_database;
mod write_figures;
mod write_load;
mod write_province;

use bench_row::{BenchRow, ROW_TABLE_HEADER};
use cases::BenchPlan;
use clap::{Parser, Subcommand};
use growth::{GROWTH_TABLE_HEADER, GrowthPoint};
use remote::BenchTarget;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use write_load::{PeersArgs, WriteArgs};

/// Any error ends the bench and is reported.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// With this first argument the process is the product: the rest is the command line of `thidua`.
/// So the soak's server has the same code as its clients.
const PRODUCT_ARGUMENT: &str = "thidua";

/// Compares the product with the limits of this machine.
#[derive(Debug, Parser)]
#[command(
    name = "thidua-bench",
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  scripts/bench
  scripts/bench push pull --rounds 5 --json
  scripts/bench --growth --chart docs/growth.svg
  scripts/bench --soak 1800
  scripts/bench write --reports 20000
  scripts/bench --against https://10.0.0.2:8443 --ca ca.pem --code CODE"
)]
struct BenchCli {
    #[command(subcommand)]
    load: Option<BenchLoad>,
    /// Rows to run: unary push pull nothing targets rollup follow; all when none is named.
    rows: Vec<String>,
    /// How often each row runs; the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Idle followers of the row `follow`.
    #[arg(long, default_value_t = 2_000)]
    followers: usize,
    /// 100, 1,000 and 10,000 communes after 1, 10 and 52 weeks, instead of the rows.
    #[arg(long)]
    growth: bool,
    /// With --growth: at least so many communes.
    #[arg(long, default_value_t = 0)]
    min_communes: usize,
    /// With --growth: at most so many communes.
    #[arg(long, default_value_t = 10_000)]
    max_communes: usize,
    /// With --growth: draw a chart (SVG) into this file.
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
    /// Mixed load of so many seconds on a real server process, instead of the rows.
    #[arg(long, value_name = "SECONDS")]
    soak: Option<u64>,
    /// Load a server that runs, reading only, instead of the rows.
    #[arg(long, value_name = "URL", requires_all = ["ca", "code"])]
    against: Option<String>,
    /// With --against: the CA's certificate in PEM.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// With --against: an enrolment code, usable once.
    #[arg(long)]
    code: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Loads on server processes.
#[derive(Debug, Subcommand)]
enum BenchLoad {
    Write(WriteArgs),
    Peers(PeersArgs),
}

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).peekable();
    if arguments.peek().is_some_and(|first| first == PRODUCT_ARGUMENT) {
        return thidua::bench_api::cli::run(arguments);
    }
    match run(&BenchCli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("thidua-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &BenchCli) -> Result<()> {
    match &cli.load {
        Some(BenchLoad::Write(args)) => return write_load::run_write_load(args),
        Some(BenchLoad::Peers(args)) => return write_load::run_peers(args),
        None => {}
    }
    if let Some(seconds) = cli.soak {
        return soak::run_soak(seconds, |line| println!("{line}"));
    }
    if cli.growth {
        return run_growth(cli);
    }
    let plan =
        BenchPlan { rows: cli.rows.clone(), rounds: cli.rounds.max(1), followers: cli.followers };
    print_text(cli, || ROW_TABLE_HEADER.to_owned());
    let show = |row: &BenchRow| print_text(cli, || row.to_table_line());
    let rows = match (&cli.against, &cli.ca, &cli.code) {
        (Some(url), Some(ca), Some(code)) => {
            let target = BenchTarget { url: url.clone(), ca: ca.clone(), code: code.clone() };
            remote::measure_remote(&target, &plan, show)
        }
        (_, _, _) => cases::run_benches(&plan, show),
    };
    print_json(cli.json, &rows?)
}

fn run_growth(cli: &BenchCli) -> Result<()> {
    print_text(cli, || GROWTH_TABLE_HEADER.to_owned());
    let communes = cli.min_communes..=cli.max_communes;
    let show = |point: &GrowthPoint| print_text(cli, || point.to_markdown_row());
    let points = growth::measure_growth(communes, show)?;
    if let Some(path) = &cli.chart {
        std::fs::write(path, chart::render_chart(&points))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    print_json(cli.json, &points)
}

fn print_text(cli: &BenchCli, text: impl FnOnce() -> String) {
    if !cli.json {
        println!("{}", text());
    }
}

fn print_json(json: bool, found: &impl Serialize) -> Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(found)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{BenchCli, run};
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_command_line_is_consistent_with_itself() {
        BenchCli::command().debug_assert();
    }

    #[test]
    fn a_row_that_does_not_exist_is_refused_with_the_rows_that_do() {
        let error = run(&BenchCli::parse_from(["thidua-bench", "pul"])).unwrap_err().to_string();
        assert!(error.starts_with("there is no row pul; there are: unary, push, pull"), "{error}");
    }
}
