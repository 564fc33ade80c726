//! `thidua baseline import -f FILE` and `export`: imports the figures of earlier years with a
//! verdict for each line, all lines or none.

use super::context::{CliContext, LocalApp};
use super::desk::BaselineLine;
use super::error::{CliError, CliFinding, CliResult};
use super::files;
use super::output::{Colour, finding_json};
use crate::app::ReferenceSnapshot;
use crate::domain::org::UnitKind;
use crate::domain::report::element::{CountingLevel, ElementCode};
use crate::domain::standing::baseline::BaselineRow;
use crate::domain::support::message::message;
use crate::files::baseline::{self, BaselineImport};
use crate::files::table::{DecimalMark, TableInput};
use serde_json::json;
use std::collections::BTreeMap;
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
    let bytes = files::read_bytes(file)?;
    let local_app = ctx.open_local_app()?;
    let reference = local_app.load_reference()?;
    let name = files::display_name(file);
    let input = TableInput { decimal_mark, ..TableInput::new(&name, &bytes) };
    let mut read = baseline::read_baselines(&input, 1, &reference.catalogue, |uid| {
        counting_level_of(&reference, uid)
    })?;
    let notes = files::show_notes(&ctx.output, std::mem::take(&mut read.notes));
    show_verdicts(ctx, &read, all);
    let (lines, passed) = (read.line_count, read.valid_line_count());
    let rows = read.into_rows().map_err(CliError::refused_files)?;
    let stored: Vec<BaselineRow> =
        rows.into_iter().map(|row| with_canonical_uid(&reference, row)).collect();
    let written =
        if dry_run { 0 } else { local_app.app.import_baselines(&local_app.actor, &stored)? };
    let output = &ctx.output;
    let text = || {
        let same = stored.len() - written;
        let tail = if dry_run {
            output.text("baseline-dry-run-nothing-written").to_owned()
        } else {
            output.say(message!("baseline-written", written, same))
        };
        output.paint(
            Colour::Green,
            &format!("{passed}/{lines} {}; {tail}", output.text("baseline-lines-pass")),
        )
    };
    output.print_answer(
        text,
        || json!({ "lines": lines, "passed": passed, "written": written, "notes": notes, "dry_run": dry_run }),
    );
    Ok(())
}

/// Prints the findings of each line, and with `all` also `ok` for lines without one.
fn show_verdicts(ctx: &CliContext, read: &BaselineImport, all: bool) {
    let output = &ctx.output;
    if output.json {
        if !read.diagnostics.is_empty() {
            let findings: Vec<_> = read
                .diagnostics
                .iter()
                .cloned()
                .map(|fault| finding_json(&CliFinding::from(fault), output.lang))
                .collect();
            output.print_line(format!(
                "{:#}",
                json!({ "lines": read.line_count, "passed": read.valid_line_count(), "findings": findings })
            ));
        }
        return;
    }
    if !read.diagnostics.is_empty() {
        output.print_line(format!(
            "{}/{} {}",
            read.valid_line_count(),
            read.line_count,
            output.text("baseline-lines-pass")
        ));
    }
    if all {
        let bad: Vec<usize> = read.diagnostics.iter().map(|fault| fault.position.line).collect();
        let good = (2..)
            .filter(|line| !bad.contains(line))
            .take(read.valid_line_count().min(VERDICTS_PRINTED_MAX));
        good.for_each(|line| output.print_line(format!("{line}: ok")));
    }
}

/// The level at which a unit counts: that of its last version, since figures of earlier years were
/// counted for the unit as it was.
fn counting_level_of(reference: &ReferenceSnapshot, uid: &str) -> Option<CountingLevel> {
    match reference.org.unit_by_uid(uid)?.versions.last()?.kind {
        UnitKind::Province => Some(CountingLevel::Province),
        UnitKind::District => Some(CountingLevel::District),
        UnitKind::Commune => Some(CountingLevel::Commune),
        UnitKind::Department => Some(CountingLevel::Department),
        UnitKind::Cluster => None,
    }
}

/// The row with the uid under which the organisation stores the unit; of several merged units the
/// earliest.
fn with_canonical_uid(reference: &ReferenceSnapshot, row: BaselineRow) -> BaselineRow {
    let uid = reference.org.unit_by_uid(&row.unit_uid).map(|unit| unit.uid.clone());
    BaselineRow { unit_uid: uid.unwrap_or(row.unit_uid), ..row }
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
    let local_app = ctx.open_local_app()?;
    let reference = local_app.load_reference()?;
    let rows = newest_baselines(&local_app)?;
    files::write_text(&ctx.output, out, &baseline::format_baselines(&rows, &reference.catalogue))
}

/// The newest import of each unit and element, ordered by unit, element and day.
fn newest_baselines(local_app: &LocalApp) -> CliResult<Vec<BaselineRow>> {
    let mut newest: BTreeMap<(String, ElementCode), Vec<BaselineRow>> = BTreeMap::new();
    for row in local_app.app.baselines(&local_app.actor)? {
        let kept = newest.entry((row.unit_uid.clone(), row.element.clone())).or_default();
        if kept.first().is_some_and(|before| before.version < row.version) {
            kept.clear();
        }
        if kept.first().is_none_or(|before| before.version == row.version) {
            kept.push(row);
        }
    }
    let mut rows: Vec<BaselineRow> = newest.into_values().flatten().collect();
    rows.sort_by(|a, b| {
        (&a.unit_uid, &a.element, a.window).cmp(&(&b.unit_uid, &b.element, b.window))
    });
    Ok(rows)
}
