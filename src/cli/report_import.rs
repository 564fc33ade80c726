//! `thidua report import`: reports from a table, through the same commands and rights as a phone.

use super::context::CliContext;
use super::desk::{Desk, Import, TableOfPeople};
use super::error::{CliError, CliResult};
use super::files;
use super::output::Colour;
use super::report_places::join_denied;
use crate::domain::support::message::message;
use crate::files::table::DecimalMark;
use serde_json::json;
use std::path::PathBuf;

/// The arguments of `thidua report import`.
#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// The file: CSV or XLSX; docs/EXCHANGE.md says what is refused.
    #[arg(long, short)]
    file: PathBuf,
    /// The account in whose name, with its rights only; with --server the one that signed in.
    #[arg(long)]
    account: Option<String>,
    /// Decimal mark of figures that are text: point or comma.
    #[arg(long, value_parser = files::parse_decimal_mark)]
    decimal: Option<DecimalMark>,
    /// Take the good lines and name the others, instead of all lines or none.
    #[arg(long)]
    partial: bool,
    /// Submit each report too.
    #[arg(long)]
    submit: bool,
    /// Check only, write nothing.
    #[arg(long)]
    dry_run: bool,
}

/// `thidua report import`
pub(super) fn run_import(ctx: &CliContext, desk: &Desk, args: &ImportArgs) -> CliResult {
    let (name, bytes) = (files::display_name(&args.file), files::read_bytes(&args.file)?);
    let table = TableOfPeople { name, bytes, decimal_mark: args.decimal };
    let (account, label) = desk.acting_account(args.account.as_deref())?;
    let (submit, partial) = (args.submit, args.partial);
    let import = Import::Reports { table: &table, account, submit, partial };
    let outcome = desk.import(import, args.dry_run)?;
    let (refused, notes) = outcome.split_findings();
    let refused = join_denied(refused, &label);
    let notes = files::show_notes(&ctx.output, &notes);
    if !outcome.is_taken {
        return Err(CliError::refused_files(refused));
    }
    let output = &ctx.output;
    if !output.json {
        output.print_warnings(&refused);
    }
    let (count, steps) = (outcome.row_count() - outcome.counts.refused, outcome.commands);
    let text = || {
        let tail = if args.dry_run {
            output.text("baseline-dry-run-nothing-written")
        } else {
            output.text("report-written")
        };
        let said = output.say(message!("report-reports-commands", count, steps, tail));
        format!("{}\n{}", output.paint(Colour::Green, &said), outcome.counts_text(output))
    };
    output.print_answer(text, || {
        let answer = json!({
            "reports": count,
            "commands": steps,
            "notes": notes,
            "dry_run": args.dry_run,
        });
        outcome.add_to(answer, output)
    });
    Ok(())
}
