//! `scripts/bench write`: reports pushed to the product as its own processes, so that the CPU of
//! the server, of PostgreSQL and of the clients are told apart.
//!
//! Each case has a new database, clients over TLS, and the product's default settings of
//! durability. A report is two commands, save and submit, and each must be applied.

use crate::peer_etcd::measure_etcd;
use crate::server_process::ProductBinary;
use crate::write_case::{WriteCase, measure_case};
use crate::write_figures::{WRITE_TABLE_HEADER, WriteFigures};
use crate::{Result, print_json};
use std::path::PathBuf;

/// Reports pushed to server processes: rate, CPU a report of each side, memory and bytes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  scripts/bench write
  scripts/bench write --postgres --reports 8000 --cases 16x20
  scripts/bench write --postgres --nodes 1,2 --cases 16x20
  scripts/bench write --product old/thidua-bench --product target/release/thidua-bench --rounds 3

The script starts a durable PostgreSQL for --postgres, or uses the server in THIDUA_TEST_PG.")]
pub(crate) struct WriteArgs {
    /// Reports of each case, rounded up to hundreds: each commune sends 100 weeks.
    #[arg(long, default_value_t = 50_000)]
    reports: usize,
    /// Clients and reports a call.
    #[arg(long, value_delimiter = ',', default_value = "1x100,16x20,16x1")]
    cases: Vec<WriteCase>,
    /// A PostgreSQL server on this machine and a database from which others may be created; without
    /// it SQLite.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Server processes over one database, with PostgreSQL; several numbers are compared.
    #[arg(long, value_delimiter = ',', default_value = "1")]
    nodes: Vec<usize>,
    /// The binary to measure, thidua or a bench; several are measured in turn. Without it this one.
    #[arg(long = "product", value_name = "FILE")]
    products: Vec<PathBuf>,
    /// How often each case runs.
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs every case.
pub(crate) fn run_write_load(args: &WriteArgs) -> Result<()> {
    if args.reports == 0 || args.nodes.contains(&0) {
        return Err("--reports and --nodes start at 1".into());
    }
    if args.database.is_none() && args.nodes.iter().any(|nodes| *nodes > 1) {
        return Err("several nodes need --postgres or --database: SQLite has one writer".into());
    }
    let mut products: Vec<_> = args.products.iter().cloned().map(ProductBinary::at).collect();
    if products.is_empty() {
        products.push(ProductBinary::own()?);
    }
    let print_line = |line: &str| {
        if !args.json {
            println!("{line}");
        }
    };
    print_line(WRITE_TABLE_HEADER);
    let mut found = Vec::new();
    for case in &args.cases {
        for _ in 0..args.rounds.max(1) {
            for product in &products {
                let mut first: Option<WriteFigures> = None;
                for nodes in &args.nodes {
                    let database = args.database.as_deref();
                    let figures = measure_case(product, database, *nodes, *case, args.reports)?;
                    print_line(&figures.to_table_line());
                    if let Some(first) = &first {
                        print_line(&figures.compare_with(first));
                    }
                    first.get_or_insert_with(|| figures.clone());
                    found.push(figures);
                }
            }
        }
    }
    print_json(args.json, &found)
}

/// The same load on a peer, with opaque values instead of reports.
#[derive(Debug, clap::Args)]
pub(crate) struct PeersArgs {
    /// Values of each case.
    #[arg(long, default_value_t = 50_000)]
    reports: usize,
    /// Clients and values a call.
    #[arg(long, value_delimiter = ',', default_value = "1x100,16x20,16x1")]
    cases: Vec<WriteCase>,
    /// How often each case runs.
    #[arg(long, default_value_t = 1)]
    rounds: usize,
    /// etcd's program.
    #[arg(long, value_name = "FILE", default_value = "etcd")]
    etcd: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs every case on etcd.
pub(crate) fn run_peers(args: &PeersArgs) -> Result<()> {
    if !args.json {
        println!("{WRITE_TABLE_HEADER}");
    }
    let mut found = Vec::new();
    for case in &args.cases {
        for _ in 0..args.rounds.max(1) {
            let figures = measure_etcd(&args.etcd, *case, args.reports)?;
            if !args.json {
                println!("{}", figures.to_table_line());
            }
            found.push(figures);
        }
    }
    print_json(args.json, &found)
}
