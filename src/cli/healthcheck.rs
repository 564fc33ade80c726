//! `thidua healthcheck`: for service managers and containers; exit code 0 when the server serves.

use super::context::CliContext;
use super::error::{CliError, CliResult};
use super::invite;
use crate::domain::support::clock_fault::ClockFault;
use crate::domain::support::message::message;
use crate::server::health_probe::{self, ClockHealth};
use serde_json::json;

/// `thidua healthcheck`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  thidua healthcheck
  thidua healthcheck --address https://127.0.0.1:8443")]
pub(super) struct Args {
    /// Address of the server (default: the listening address of the configuration).
    #[arg(long)]
    address: Option<String>,
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let config = ctx.read_config()?;
    let scheme = if config.listen.plaintext { "http" } else { "https" };
    let own = config.listen.address.replace("0.0.0.0:", "127.0.0.1:").replace("[::]:", "[::1]:");
    let address = args.address.clone().unwrap_or_else(|| format!("{scheme}://{own}"));
    let failed = |error: &dyn std::fmt::Display| {
        CliError::new("UNHEALTHY", message!("healthcheck-see-log-thidua-serve", address, error))
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(&error))?;
    let ca = invite::tls_files(&config).ca;
    let clock = runtime
        .block_on(health_probe::check_health(&address, &ca))
        .map_err(|error| failed(&error))?;
    let output = &ctx.output;
    // A server whose clock is in doubt serves: ending it would not mend the clock.
    let (code, remark) = match clock {
        ClockHealth::Believed => ("RIGHT", String::new()),
        ClockHealth::InDoubt => ("CLOCK", format!(", CLOCK: {}", output.say(ClockFault::remedy()))),
    };
    output.print_answer(
        || format!("{address}: SERVING{remark}"),
        || json!({ "address": address, "status": "SERVING", "clock": code }),
    );
    Ok(())
}
