//! `thidua baseline import -f FILE` and `export`: imports the figures of earlier years with a
//! verdict for each line, all lines or none.

use super::context::CliContext;
use super::desk::{BaselineLine, Import, TableOfPeople};
use super::error::{CliError, CliResult};
use super::files;
use super::output::Colour;
use crate::domain::support::message::message;
use crate::exchange::baselines::newest_baselines;
use crate::files::baseline;
use crate::files::table::DecimalMark;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Most verdicts that are printed one by one.
const VERDICTS_PRINTED_MAX: usize = 50;

/// `thidua baseline ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: BaselineCommand,
}

#[derive(Debug, clap::Subcommand)]
enum BaselineCommand {
    /// Import a file: unit,element,first_day,last_day,value,source,status; nothing is written
    /// unless all lines pass.
    #[command(after_help = "Examples:
  thidua baseline import -f base.csv --dry-run
  thidua baseline import -f base.csv --json")]
    Import {
        /// The file: CSV or XLSX; docs/EXCHANGE.md says what is refused.
        #[arg(long, short)]
        file: PathBuf,
        /// Decimal mark of figures that are text: point or comma.
        #[arg(long, value_parser = files::parse_decimal_mark)]
        decimal: Option<DecimalMark>,
        /// Check only, write nothing.
        #[arg(long)]
        dry_run: bool,
        /// Show the verdict of lines that pass too.
        #[arg(long)]
        all: bool,
    },
    /// The figures in every version, with their source.
    #[command(after_help = "Examples:
  thidua baseline list --element so_offences
  thidua baseline list --json")]
    List {
        /// Only of this element, by its code.
        #[arg(long, value_name = "CODE")]
        element: Option<String>,
    },
    /// Export the newest version of every figure as such a file.
    #[command(after_help = "Examples:
  thidua baseline export > base.csv
  thidua baseline export -o base.csv")]
    Export {
        /// Write here instead of to standard output.
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    match &args.command {
        BaselineCommand::Import { file, decimal, dry_run, all } => {
            import_baselines(ctx, file, *decimal, (*dry_run, *all))
        }
        BaselineCommand::List { element } => list_baselines(ctx, element.as_deref()),
        BaselineCommand::Export { out } => export_baselines(ctx, out.as_deref()),
    }
}

fn import_baselines(
    ctx: &CliContext,
    file: &Path,
    decimal_mark: Option<DecimalMark>,
    (dry_run, all): (bool, bool),
) -> CliResult {
    let (name, bytes) = (files::display_name(file), files::read_bytes(file)?);
    let table = TableOfPeople { name, bytes, decimal_mark };
    let outcome = ctx.open_desk()?.import(Import::Baselines(&table), dry_run)?;
    let (refused, notes) = outcome.split_findings();
    let notes = files::show_notes(&ctx.output, &notes);
    let (lines, counts) = (outcome.row_count(), outcome.counts);
    if !outcome.is_taken {
        if !ctx.output.json && lines > 0 {
            let (passed, words) = (lines - counts.refused, ctx.output.text("baseline-lines-pass"));
            ctx.output.print_line(format!("{passed}/{lines} {words}"));
        }
        return Err(CliError::refused_files(refused));
    }
    let changed = counts.created + counts.changed;
    let written = if dry_run { 0 } else { changed };
    let output = &ctx.output;
    if all && !output.json {
        let shown = outcome.rows.iter().take(VERDICTS_PRINTED_MAX);
        shown.for_each(|row| output.print_line(format!("{}: ok", row.line)));
    }
    let text = || {
        let same = lines - changed;
        let tail = if dry_run {
            output.text("baseline-dry-run-nothing-written").to_owned()
        } else {
            output.say(message!("baseline-written", written, same))
        };
        let head = format!("{lines}/{lines} {}; {tail}", output.text("baseline-lines-pass"));
        format!("{}\n{}", output.paint(Colour::Green, &head), outcome.counts_text(output))
    };
    output.print_answer(text, || {
        let answer = json!({
            "lines": lines,
            "passed": lines,
            "written": written,
            "notes": notes,
            "dry_run": dry_run,
        });
        outcome.add_to(answer, output)
    });
    Ok(())
}

fn list_baselines(ctx: &CliContext, element: Option<&str>) -> CliResult {
    let row = |one: BaselineLine| {
        vec![
            one.unit,
            one.element,
            one.first_day.to_string(),
            one.last_day.to_string(),
            one.value,
            one.source,
            one.status.as_str().to_owned(),
            one.version.to_string(),
        ]
    };
    let lines = ctx.open_desk()?.baselines(element)?;
    let rows: Vec<Vec<String>> = lines.into_iter().map(row).collect();
    let output = &ctx.output;
    let headings = [
        output.text("access-unit"),
        output.text("org-handover-element"),
        output.text("access-from"),
        output.text("access-last-day"),
        output.text("baseline-figure"),
        output.text("baseline-source"),
        output.text("access-state"),
        output.text("runs-version"),
    ];
    let keys = ["unit", "element", "first_day", "last_day", "value", "source", "status", "version"];
    output.print_rows(&headings, &keys, &rows);
    Ok(())
}

fn export_baselines(ctx: &CliContext, out: Option<&Path>) -> CliResult {
    let desk = ctx.open_desk()?;
    let reference = desk.load_reference()?;
    let rows =
        newest_baselines(desk.baseline_rows(None)?.into_iter().map(|(row, _)| row).collect());
    files::write_text(&ctx.output, out, &baseline::format_baselines(&rows, &reference.catalogue))
}
