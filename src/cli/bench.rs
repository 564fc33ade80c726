//! `thidua bench`: prints how close the product comes to the limit of this machine. `crate::bench`
//! measures.

use super::context::CliContext;
use super::error::{CliError, CliResult};
use crate::bench::{self, BenchPlan, BenchRow, GrowthPoint};
use crate::domain::support::message::message;
use clap::Parser;
use serde::Serialize;
use std::path::PathBuf;

/// Options of the bench.
#[derive(Debug, Parser)]
#[command(after_help = "Examples:
  cargo run --release --features bench -- bench
  cargo run --release --features bench -- bench push pull --rounds 5 --json
  cargo run --release --features bench -- bench --growth --chart docs/growth.svg
  cargo run --release --features bench -- bench --soak 1800
  cargo run --release --features bench -- bench --against https://10.0.0.2:8443 --ca ca.pem --code CODE")]
pub(super) struct Args {
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
    /// With --growth: draw it into this file.
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
    /// Mixed load of so many seconds on a real server, instead of the rows.
    #[arg(long, value_name = "SECONDS")]
    soak: Option<u64>,
    /// Load a server that runs, reading only, instead of the rows.
    #[arg(long, value_name = "URL", requires_all = ["ca", "code"])]
    against: Option<String>,
    /// With --against: the CA's certificate in PEM.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// With --against: an enrolment code, good once.
    #[arg(long)]
    code: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(_: &CliContext, args: &Args) -> CliResult {
    if let Some(seconds) = args.soak {
        return bench::soak(seconds, |line| println!("{line}"))
            .map_err(|error| bench_error(&error.to_string()));
    }
    if args.growth {
        return run_growth(args);
    }
    let plan = BenchPlan {
        rows: args.rows.clone(),
        rounds: args.rounds.max(1),
        followers: args.followers,
    };
    print_heading(args, bench::ROW_TABLE_HEADER);
    let show = |row: &BenchRow| print_line(args, || row.to_table_line());
    let rows = match (&args.against, &args.ca, &args.code) {
        (Some(url), Some(ca), Some(code)) => {
            let target =
                bench::BenchTarget { url: url.clone(), ca: ca.clone(), code: code.clone() };
            bench::against(&target, &plan, show)
        }
        (_, _, _) => bench::run_benches(&plan, show),
    };
    print_json(args, &rows.map_err(|error| bench_error(&error.to_string()))?)
}

fn run_growth(args: &Args) -> CliResult {
    print_heading(args, bench::GROWTH_TABLE_HEADER);
    let points = bench::growth(args.min_communes..=args.max_communes, |point: &GrowthPoint| {
        print_line(args, || point.to_markdown_row())
    });
    let points = points.map_err(|error| bench_error(&error.to_string()))?;
    if let Some(path) = &args.chart {
        std::fs::write(path, bench::render_chart(&points))
            .map_err(|error| CliError::file_error(path, &error))?;
    }
    print_json(args, &points)
}

fn print_heading(args: &Args, text: &str) {
    if !args.json {
        println!("{text}");
    }
}

fn print_line(args: &Args, text: impl FnOnce() -> String) {
    if !args.json {
        println!("{}", text());
    }
}

fn print_json(args: &Args, found: &impl Serialize) -> CliResult {
    if args.json {
        println!(
            "{}",
            serde_json::to_string_pretty(found).map_err(|error| bench_error(&error.to_string()))?
        );
    }
    Ok(())
}

fn bench_error(why: &str) -> CliError {
    CliError::new("BENCH_FAILED", message!("bench-bench-did-not-end", why))
}
