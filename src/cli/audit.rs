//! `thidua audit`: verifies the hash chain of the audit, lists its entries, and prints and checks
//! signed checkpoints and proofs.
//!
//! Each read of the audit is an entry of the audit. Entries name persons by account id only. The
//! store owns the chain, [`audit_proof`] the documents.

use super::audit_output::print_audit_lines;
use super::audit_proof;
use super::context::CliContext;
use super::error::{CliError, CliResult};
use crate::app::audit::AuditFilter;
use crate::domain::support::hex::{decode_hex, encode_hex};
use crate::domain::support::ids::AccountId;
use crate::domain::support::message::message;
use crate::domain::support::time::Timestamp;
use jiff::civil::Date;
use serde_json::json;

/// `thidua audit ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, clap::Subcommand)]
enum AuditCommand {
    /// Recompute the chain and hash all content: finds rows that were edited, dropped or moved, and
    /// with --head a tail that was cut off.
    #[command(
        after_help = "Examples:\n  thidua audit verify\n  thidua audit verify --head 1520:9f86d081..."
    )]
    Verify {
        /// Number and hash of a head that was printed earlier, as this command prints it.
        #[arg(long, value_name = "N:HEX", value_parser = parse_chain_head)]
        head: Option<(i64, [u8; 32])>,
    },
    /// Show lines of the audit, oldest first.
    #[command(
        after_help = "Examples:\n  thidua audit show --purpose \"planned inspection\" --after 1500\n  thidua audit show --purpose \"planned inspection\" --action report. --since 2026-11-01"
    )]
    Show {
        /// Why they are read.
        #[arg(long)]
        purpose: String,
        /// Behind this number.
        #[arg(long, default_value_t = 0)]
        after: i64,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
        #[command(flatten)]
        selected: SelectedLines,
    },
    /// Print a signed checkpoint over all lines so far, for another agency to keep.
    #[command(after_help = "Examples:\n  thidua audit checkpoint > 2026-11-26.checkpoint")]
    Checkpoint,
    /// Print the public key with which checkpoints are checked.
    #[command(after_help = "Examples:\n  thidua audit key > authority.key.txt")]
    Key,
    /// Print a proof for whoever keeps checkpoints.
    #[command(
        after_help = "Examples:\n  thidua audit prove --seq 1234 > 1234.tlog-proof\n  thidua audit prove --from 900 --to 1520 > 900-1520.proof"
    )]
    Prove(audit_proof::ProveArgs),
    /// Check checkpoints and proofs against each other, without the database.
    #[command(
        after_help = "Examples:\n  thidua audit check --key authority.key.txt 900.checkpoint 900-1520.proof 1234.tlog-proof"
    )]
    Check(audit_proof::CheckArgs),
}

/// Which lines are shown.
#[derive(Debug, clap::Args)]
struct SelectedLines {
    /// Only actions that begin so, as in report.
    #[arg(long, default_value = "", hide_default_value = true)]
    action: String,
    /// Only those of this account, by its id; the audit records that they were asked for.
    #[arg(long, value_parser = parse_id)]
    account: Option<[u8; 16]>,
    /// Only those about this record, by its id.
    #[arg(long, value_parser = parse_id)]
    record: Option<[u8; 16]>,
    /// Only those of this day and later.
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<Date>,
}

impl SelectedLines {
    fn filter(&self) -> AuditFilter {
        AuditFilter {
            action_prefix: self.action.clone(),
            account: self.account.map(AccountId),
            record: self.record,
            since: self.since.map(Timestamp::from_local_midnight),
        }
    }
}

/// Parses an id: 32 hexadecimal digits.
fn parse_id(text: &str) -> Result<[u8; 16], String> {
    let id = decode_hex(text).and_then(|bytes| bytes.try_into().ok());
    id.ok_or_else(|| "expected 32 hexadecimal digits".to_owned())
}

/// Parses a chain head in the form that `audit verify` prints: `SEQ:HEX`.
fn parse_chain_head(text: &str) -> Result<(i64, [u8; 32]), String> {
    let parts = text.split_once(':').and_then(|(number, hash)| {
        let hash: [u8; 32] = decode_hex(hash)?.try_into().ok()?;
        Some((number.parse().ok()?, hash))
    });
    parts.ok_or_else(|| {
        "expected a number, a colon and 64 hexadecimal digits, as audit verify prints them"
            .to_owned()
    })
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    match &args.command {
        AuditCommand::Verify { head } => verify_chain(ctx, *head),
        AuditCommand::Show { purpose, after, limit, selected } => {
            show_lines(ctx, purpose, (*after, *limit), &selected.filter())
        }
        AuditCommand::Checkpoint => audit_proof::print_checkpoint(ctx),
        AuditCommand::Key => audit_proof::print_public_key(ctx),
        AuditCommand::Prove(proof) => audit_proof::print_proof(ctx, proof),
        AuditCommand::Check(args) => audit_proof::check_documents(ctx, args),
    }
}

fn verify_chain(ctx: &CliContext, expected: Option<(i64, [u8; 32])>) -> CliResult {
    let (rows, chain) = ctx.open_desk()?.verify_audit(expected)?;
    let head = format!("{rows}:{}", encode_hex(&chain));
    ctx.output.print_answer(
        || ctx.output.lang.say(message!("audit-audit-whole-lines-note", rows, head)),
        || json!({ "whole": true, "rows": rows, "head": head }),
    );
    Ok(())
}

fn show_lines(
    ctx: &CliContext,
    purpose: &str,
    range: (i64, u16),
    filter: &AuditFilter,
) -> CliResult {
    if purpose.trim().is_empty() {
        return Err(CliError::usage_error(message!("audit-say-why-they-read")));
    }
    let lines = ctx.open_desk()?.audit_entries(purpose, range, filter)?;
    print_audit_lines(ctx, &lines);
    Ok(())
}
