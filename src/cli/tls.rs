//! `thidua tls init|roll-over`: creates the private CA and the server's certificate, or a new
//! certificate of the same CA, and replaces the CA by the next one, of which phones learn by
//! syncing.

use super::context::CliContext;
use super::error::{CliError, CliResult};
use super::invite;
use crate::clock::Clock;
use crate::domain::support::hex::encode_hex;
use crate::domain::support::message::message;
use crate::server::ca;
use serde_json::json;

/// `thidua tls ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: TlsCommand,
}

#[derive(Debug, clap::Subcommand)]
enum TlsCommand {
    /// Make the CA, unless there is one, and a new server certificate (397 days).
    #[command(after_help = "Examples:
  thidua tls init
  thidua tls init --name thidua.example.vn --name 10.0.0.2")]
    Init {
        /// Name or address in the certificate; may be repeated (default: tls.names).
        #[arg(long = "name", value_name = "NAME")]
        names: Vec<String>,
    },
    /// Change the CA: announce the next one, and change over 90 days later.
    #[command(after_help = "Examples:
  thidua tls roll-over            # makes the next CA; phones learn of it at each sync
  thidua tls roll-over --finish   # 90 days later: the next CA takes over")]
    RollOver {
        /// Put the next CA in the place of the present one.
        #[arg(long)]
        finish: bool,
        /// Before the 90 days are over; phones that did not sync since need a new code.
        #[arg(long, requires = "finish")]
        early: bool,
    },
}

/// Days for which the next CA is announced before it takes over. A phone that syncs once in this
/// time trusts it.
const ANNOUNCEMENT_DAYS: i64 = 90;

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    match &args.command {
        TlsCommand::Init { names } => init_tls(ctx, names),
        TlsCommand::RollOver { finish: false, early: _ } => announce_next_ca(ctx),
        TlsCommand::RollOver { finish: true, early } => finish_ca_rollover(ctx, *early),
    }
}

fn announce_next_ca(ctx: &CliContext) -> CliResult {
    let files = invite::tls_files(&ctx.read_config()?);
    ca::create_next_ca(&files, Clock::System.now())?;
    let hashes: Vec<String> =
        files.announced_ca_hashes()?.iter().map(|hash| encode_hex(hash)).collect();
    let output = &ctx.output;
    let text = || {
        let next = output.text("tls-restart-server-from-then");
        format!(
            "CA {}\nSHA-256 {}\n{next}",
            files.next_ca.display(),
            hashes.last().map_or("", String::as_str)
        )
    };
    output.print_answer(
        text,
        || json!({ "trusted_ca_sha256": hashes, "next_ca": files.next_ca.display().to_string() }),
    );
    Ok(())
}

fn finish_ca_rollover(ctx: &CliContext, early: bool) -> CliResult {
    let config = ctx.read_config()?;
    let (files, now) = (invite::tls_files(&config), Clock::System.now());
    let days = std::fs::metadata(&files.next_ca).and_then(|meta| meta.modified()).ok();
    let days = days
        .and_then(|at| at.elapsed().ok())
        .map_or(0, |age| (age.as_secs() / 86_400).cast_signed());
    if files.next_ca.exists() && days < ANNOUNCEMENT_DAYS && !early {
        return Err(CliError::new(
            "ANNOUNCED_TOO_SHORT",
            message!("tls-next-ca-announced-days", days, wait = ANNOUNCEMENT_DAYS),
        ));
    }
    if !ca::roll_over_ca(&files, &config.tls.names, now)? {
        return Err(CliError::new("NO_NEXT_CA", message!("tls-no-next-ca-announced")));
    }
    let (output, hash) = (&ctx.output, encode_hex(&files.ca_sha256()?));
    let text = || {
        let next = output.text("tls-restart-server-take-ca");
        format!("CA {}\nSHA-256 {hash}\n{next} {}", files.ca.display(), files.previous_ca.display())
    };
    output.print_answer(
        text,
        || json!({ "ca_sha256": hash, "previous_ca": files.previous_ca.display().to_string() }),
    );
    Ok(())
}

fn init_tls(ctx: &CliContext, names: &[String]) -> CliResult {
    let config = ctx.read_config()?;
    let names = if names.is_empty() { &config.tls.names[..] } else { names };
    let files = invite::tls_files(&config);
    ca::init_tls(&files, names, Clock::System.now())?;
    let hash = encode_hex(&files.ca_sha256()?);
    let output = &ctx.output;
    let text = || {
        let (ca, chain) = (files.ca.display(), files.chain.display());
        let names = names.join(", ");
        let next = output.text("tls-restart-server-use-new");
        format!("CA {ca}\nSHA-256 {hash}\n{chain} ({names})\n{next}")
    };
    let value = || {
        json!({
            "ca": files.ca.display().to_string(),
            "ca_sha256": hash,
            "chain": files.chain.display().to_string(),
            "names": names,
        })
    };
    output.print_answer(text, value);
    Ok(())
}
