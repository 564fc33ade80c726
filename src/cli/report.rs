//! `thidua report import|export|revisions`: reports as a spreadsheet file, through the same
//! commands and rights as a phone, and their revisions side by side.

use super::context::CliContext;
use super::desk::Desk;
use super::error::{CliError, CliResult};
use super::files;
use super::report_import::{ImportArgs, run_import};
use super::standing_format::{plain_figure, scale_of};
use crate::app::ReferenceSnapshot;
use crate::domain::report::Report;
use crate::domain::report::cell::{CellValue, ElementNumber};
use crate::domain::report::element::ElementCode;
use crate::domain::report::form::{Catalogue, Form};
use crate::domain::support::ids::{ContractId, ReportId};
use crate::domain::support::message::message;
use crate::exchange::report_rows::to_report_row;
use crate::files::report_csv;
use crate::files::table::table_export::TableExport;
use jiff::civil::Date;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// `thidua report ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: ReportCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ReportCommand {
    /// Import a file: contract,unit,first_day,last_day,nil,note and a column an element; all lines
    /// or none.
    #[command(after_help = "Examples:
  thidua report import -f week.csv --account xa-29242 --dry-run
  thidua report import -f week.xlsx --account xa-29242 --submit
  thidua report import -f week.csv --account xa-29242 --decimal comma --partial")]
    Import(ImportArgs),
    /// Export sent reports of one contract as such a file, with state, lateness and day of receipt.
    #[command(after_help = "Examples:
  thidua report export --csv tuan-xa > week.csv
  thidua report export --csv tuan-xa --unit dist-842 --from 2024-08-19 --to 2024-09-01")]
    Export {
        /// Code of the reporting contract.
        contract: String,
        /// As CSV; `export reports` writes XLSX too.
        #[arg(long, required = true)]
        csv: bool,
        #[command(flatten)]
        selected: SelectedReports,
        /// Write here instead of to standard output.
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
    /// Every revision that was sent, side by side; what changed is marked.
    #[command(after_help = "Examples:
  thidua report revisions 0191f3c2a4b57d8e9f00112233445566")]
    Revisions {
        /// Id of the report.
        report: String,
    },
}

/// Which sent reports of a contract are exported.
#[derive(Debug, clap::Args)]
pub(super) struct SelectedReports {
    /// Only of this unit and of those under it today.
    #[arg(long)]
    unit: Option<String>,
    /// First day of the periods.
    #[arg(long, requires = "to")]
    from: Option<Date>,
    /// Last day of the periods.
    #[arg(long, requires = "from")]
    to: Option<Date>,
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let desk = ctx.open_desk()?;
    match &args.command {
        ReportCommand::Import(args) => run_import(ctx, &desk, args),
        ReportCommand::Export { contract, csv: _, selected, out } => {
            let text = sent_reports(&desk, contract, selected)?.to_csv(true);
            files::write_text(&ctx.output, out.as_deref(), &text)
        }
        ReportCommand::Revisions { report } => show_revisions(ctx, &desk, report),
    }
}

/// Prints one column for each revision, oldest first; a cell that differs from the one before
/// carries a `*`.
fn show_revisions(ctx: &CliContext, desk: &Desk, report: &str) -> CliResult {
    let unknown = || CliError::new("NOT_FOUND", message!("report-there-no-report", report));
    let id = ReportId::parse(report).map_err(|_| unknown())?;
    let reference = desk.load_reference()?;
    let filed = desk.revisions(&reference, id)?;
    let elements: BTreeSet<ElementNumber> =
        filed.iter().flat_map(|(_, report)| report.cells.keys().copied()).collect();
    let shown = |value: Option<&CellValue>, scale: u8| match value {
        None => "-".to_owned(),
        Some(CellValue::Reported(figure)) => plain_figure(*figure, scale),
        Some(CellValue::Carried(figure)) => format!("carried:{}", plain_figure(*figure, scale)),
        Some(CellValue::Nil) => "nil".to_owned(),
        Some(CellValue::Missing(_)) => "missing".to_owned(),
    };
    let mut rows = vec![mark_changed_texts(
        "state",
        filed.iter().map(|(_, report)| report.state.code().to_owned()),
    )];
    for element in elements {
        let name = reference.element_code(element).unwrap_or_default();
        let code = ElementCode::new(name).ok();
        let scale = code.map_or(0, |code| scale_of(&reference.catalogue, &code));
        rows.push(mark_changed_texts(
            name,
            filed.iter().map(|(_, report)| shown(report.cells.get(&element), scale)),
        ));
    }
    rows.push(mark_changed_texts("note", filed.iter().map(|(_, report)| report.note.clone())));
    let heads: Vec<String> = filed.iter().map(|(revision, _)| revision.to_string()).collect();
    let headings: Vec<&str> = std::iter::once("").chain(heads.iter().map(String::as_str)).collect();
    let output = &ctx.output;
    if output.json {
        let row = |row: &Vec<String>| json!({ "line": row[0], "values": row[1..] });
        output.print_answer(
            String::new,
            || json!({ "revisions": heads, "lines": rows.iter().map(row).collect::<Vec<_>>() }),
        );
        return Ok(());
    }
    output.print_table(&headings, &rows);
    Ok(())
}

/// A row of texts; a text that differs from the one before it is marked.
fn mark_changed_texts(name: &str, texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut row = vec![name.to_owned()];
    let mut before: Option<String> = None;
    for text in texts {
        let differs = before.as_ref().is_some_and(|before| *before != text);
        row.push(if differs { format!("{text} *") } else { text.clone() });
        before = Some(text);
    }
    row
}

/// The sent reports of a contract as a table.
pub(super) fn sent_reports(
    desk: &Desk,
    contract: &str,
    selected: &SelectedReports,
) -> CliResult<TableExport> {
    let reference = desk.load_reference()?;
    let form = find_form(&reference.catalogue, contract)?;
    let reports = load_sent_reports(desk, &reference, contract, selected)?;
    let rows: Vec<_> =
        reports.iter().map(|report| to_report_row(&reference, contract, report)).collect();
    Ok(report_csv::report_table(&rows, &form.elements, &reference.catalogue))
}

/// The form of a contract.
pub(super) fn find_form<'c>(catalogue: &'c Catalogue, contract: &str) -> CliResult<&'c Form> {
    let form = catalogue.contract(contract).and_then(|contract| catalogue.form(&contract.form));
    form.ok_or_else(|| {
        let codes: Vec<&str> =
            catalogue.contracts.iter().map(|contract| contract.code.as_str()).collect();
        let codes = codes.join(", ");
        CliError::new(
            "UNKNOWN_CONTRACT",
            message!("report-there-no-reporting-contract", contract, codes),
        )
    })
}

/// The sent reports of a contract.
pub(super) fn load_sent_reports(
    desk: &Desk,
    reference: &ReferenceSnapshot,
    contract: &str,
    selected: &SelectedReports,
) -> CliResult<Vec<Report>> {
    let SelectedReports { unit, from, to } = selected;
    let days = from.zip(*to).map(|(from, to)| (from, to.tomorrow().unwrap_or(to)));
    let unit = unit.as_deref().map(|code| desk.unit_or_root(reference, Some(code)));
    desk.sent_reports(reference, ContractId::from_code(contract), unit.transpose()?, days)
}
