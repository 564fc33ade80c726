//! `thidua bench`: how close the product comes to the limit of this machine.
//!
//! Knows how to show rows; what is measured, and against what, is the bench's.

use super::ctx::Ctx;
use super::failure::{Failure, Outcome};
use crate::bench::{self, Plan};
use clap::Parser;

/// Options of the bench.
#[derive(Debug, Parser)]
#[command(after_help = "Ví dụ / Examples:
  cargo run --release --features bench -- bench
  cargo run --release --features bench -- bench push pull --rounds 5 --json")]
pub(super) struct Args {
    /// Các dòng cần đo; bỏ trống là tất cả · Rows to run: unary push pull nothing follow; all when none is named.
    rows: Vec<String>,
    /// Số lần đo mỗi dòng · How often each row runs; the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Số luồng theo dõi · Idle followers of the row `follow`.
    #[arg(long, default_value_t = 2_000)]
    followers: usize,
    /// Tải hỗn hợp trong bấy nhiêu giây lên một máy chủ thật · Mixed load of so many seconds on a real server, instead of the rows.
    #[arg(long, value_name = "SECONDS")]
    soak: Option<u64>,
    /// In JSON · Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(_: &Ctx, args: &Args) -> Outcome {
    if let Some(seconds) = args.soak {
        return bench::soak(seconds, |line| println!("{line}")).map_err(|error| failed(&error.to_string()));
    }
    let plan = Plan { rows: args.rows.clone(), rounds: args.rounds.max(1), followers: args.followers };
    if !args.json {
        println!("{}", bench::HEAD);
    }
    let rows = bench::run(&plan, |row| {
        if !args.json {
            println!("{}", row.line());
        }
    })
    .map_err(|error| failed(&error.to_string()))?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&rows).map_err(|error| failed(&error.to_string()))?);
    }
    Ok(())
}

fn failed(why: &str) -> Failure {
    Failure::new("BENCH_FAILED", format!("phép đo không chạy hết: {why}"), format!("the bench did not end well: {why}"))
}
