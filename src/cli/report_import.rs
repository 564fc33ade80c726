//! `thidua report import`: reports from a table, through the same commands and rights as a phone.

use super::context::{CliContext, LocalApp};
use super::error::{CliError, CliResult};
use super::files;
use super::import_outcome::{counts_text, split_findings, with_outcome};
use super::output::Colour;
use super::report_places::join_denied;
use crate::app::act::{ActRequest, Performer};
use crate::domain::support::ids::AccountId;
use crate::domain::support::message::message;
use crate::exchange::reports::{ReportFile, import_reports};
use crate::files::table::{DecimalMark, TableInput};
use serde_json::json;
use std::path::PathBuf;

/// The arguments of `thidua report import`.
#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// The file: CSV or XLSX; docs/EXCHANGE.md says what is refused.
    #[arg(long, short)]
    file: PathBuf,
    /// The account in whose name, with its rights only.
    #[arg(long)]
    account: String,
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
pub(super) fn run_import(ctx: &CliContext, local_app: &LocalApp, args: &ImportArgs) -> CliResult {
    let bytes = files::read_bytes(&args.file)?;
    let name = files::display_name(&args.file);
    let input = TableInput { decimal_mark: args.decimal, ..TableInput::new(&name, &bytes) };
    let (app, account) = (&local_app.app, AccountId::from_code(&args.account));
    let actor = app.account_actor(&local_app.actor, account)?;
    let request = ActRequest::of_operator("files.reports", args.dry_run);
    let file = ReportFile { input, submit: args.submit, partial: args.partial };
    let end = import_reports(app, Performer::Operator(&actor), &request, file)?;
    let outcome = end.performed().unwrap_or_default();
    let (refused, notes) = split_findings(&outcome);
    let refused = join_denied(refused, &args.account);
    let notes = files::show_notes(&ctx.output, notes);
    if !outcome.is_taken {
        return Err(CliError::refused_files(refused));
    }
    let output = &ctx.output;
    if !output.json {
        output.print_warnings(&refused);
    }
    let (count, steps) = (outcome.rows.len() - outcome.counts().refused, outcome.commands);
    let text = || {
        let tail = if args.dry_run {
            output.text("baseline-dry-run-nothing-written")
        } else {
            output.text("report-written")
        };
        let said = output.say(message!("report-reports-commands", count, steps, tail));
        format!("{}\n{}", output.paint(Colour::Green, &said), counts_text(output, &outcome))
    };
    output.print_answer(text, || {
        let answer = json!({
            "reports": count,
            "commands": steps,
            "notes": notes,
            "dry_run": args.dry_run,
        });
        with_outcome(answer, &outcome, output.lang)
    });
    Ok(())
}
