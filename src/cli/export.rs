//! `thidua export template|reports|standings|runs|org`: tables for spreadsheets, CSV or XLSX, and
//! accepted reports as data value sets.
//!
//! Every export says above its header what it is: run, view, as of when, and that no figure is
//! suppressed. What is imported at all is imported back unchanged.

use super::context::CliContext;
use super::desk::Desk;
use super::error::{CliError, CliResult};
use super::files;
use super::lookup::find_campaign;
use super::output::Output;
use super::report::{SelectedReports, find_form, load_sent_reports, sent_reports};
use super::runs::{RUN_COLUMNS, run_rows};
use super::standings::{load_standings, parse_view, standing_table};
use crate::domain::org::StructureView;
use crate::domain::report::ReportKey;
use crate::domain::support::message::message;
use crate::domain::support::time::Timestamp;
use crate::exchange::dhis2::{
    Dhis2Export, Dhis2ExportFormat, Dhis2ExportRequest, Dhis2Scheme, export_data_values,
};
use crate::exchange::report_rows::{TemplateRequest, plan_template};
use crate::files::org_writer::org_tables;
use crate::files::report_template::build_report_template;
use crate::files::table::table_export::{ExportCell, TableExport, TableExportError};
use serde_json::json;
use std::path::{Path, PathBuf};

/// `thidua export ...`
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: ExportCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ExportCommand {
    /// A workbook to fill in: a row for each report that is owed, the last period's figures beside;
    /// `report import` takes it back.
    #[command(after_help = "Examples:
  thidua export template --form tuan-xa --units dist-842 --period 2024-W34 -o week.xlsx
  thidua export template --form tuan-xa --units com-29242-1,com-29251-0 --period 6/1/2025 -o week.xlsx")]
    Template {
        /// Code of the reporting contract.
        #[arg(long)]
        form: String,
        /// Codes of units, with commas; each stands for itself and all below it.
        #[arg(long, value_delimiter = ',', required = true)]
        units: Vec<String>,
        /// The period: 2024-W34, 34/2024, 2026-07, or its first day as 2024-08-19 or 19/8/2024.
        #[arg(long)]
        period: String,
        /// The workbook to write.
        #[arg(long, short)]
        out: PathBuf,
    },
    /// Sent reports of one contract, with state, lateness and day of receipt; `report import` takes
    /// them back.
    #[command(after_help = "Examples:
  thidua export reports --form tuan-xa > week.csv
  thidua export reports --form tuan-xa --unit dist-842 -o week.xlsx
  thidua export reports --form tuan-xa --format dhis2-json -o values.json
  thidua export reports --form tuan-xa --format adx --unit-ids uid > values.xml")]
    Reports {
        /// Code of the reporting contract.
        #[arg(long)]
        form: String,
        #[command(flatten)]
        selected: SelectedReports,
        /// Accepted reports as a data value set instead of a table: JSON of DHIS2, or ADX.
        #[arg(long)]
        format: Option<DataValueFormat>,
        /// How a data value set names units: by uid (dhis2-json otherwise) or by official code (adx
        /// otherwise).
        #[arg(long, requires = "format")]
        unit_ids: Option<UnitIds>,
        /// Write here, XLSX if the name ends so, else CSV; default: CSV to standard output.
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
    /// How the targets stand, every unit and phase.
    #[command(after_help = "Examples:
  thidua export standings > standings.csv
  thidua export standings --campaign A --view AS_IS -o standings.xlsx")]
    Standings {
        /// Code of the campaign; may be left out when there is only one.
        #[arg(long)]
        campaign: Option<String>,
        /// Judge this moment instead of reading the last night, on the server's machine; writes
        /// nothing to the database.
        #[arg(long)]
        now: bool,
        /// In which structure figures are summed: AS_WAS, AS_IS or FROZEN. Other than AS_WAS:
        /// judged this moment.
        #[arg(long, value_name = "VIEW", default_value = "AS_WAS")]
        view: String,
        /// Write here, XLSX if the name ends so, else CSV; default: CSV to standard output.
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
    /// Published runs, newest first.
    #[command(after_help = "Examples:\n  thidua export runs -o runs.xlsx")]
    Runs {
        /// Code of the campaign; may be left out when there is only one.
        #[arg(long)]
        campaign: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..))]
        limit: u16,
        /// Write here, XLSX if the name ends so, else CSV; default: CSV to standard output.
        #[arg(long, short)]
        out: Option<PathBuf>,
    },
    /// The organisation as units, parents and lineage; `org import` takes the directory back.
    #[command(
        after_help = "Examples:\n  thidua export org --out org\n  thidua export org --out org --xlsx"
    )]
    Org {
        /// The directory to write to.
        #[arg(long, short, value_name = "DIR")]
        out: PathBuf,
        /// Workbooks instead of CSV.
        #[arg(long)]
        xlsx: bool,
    },
}

/// The form of a data value set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum DataValueFormat {
    Dhis2Json,
    Adx,
}

impl DataValueFormat {
    fn of_exchange(self) -> Dhis2ExportFormat {
        match self {
            Self::Dhis2Json => Dhis2ExportFormat::Json,
            Self::Adx => Dhis2ExportFormat::Adx,
        }
    }
}

/// How a data value set names units.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum UnitIds {
    Uid,
    Code,
}

impl UnitIds {
    fn scheme(self) -> Dhis2Scheme {
        match self {
            Self::Uid => Dhis2Scheme::Uid,
            Self::Code => Dhis2Scheme::Code,
        }
    }
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let desk = ctx.open_desk()?;
    let exporter = Exporter { ctx, desk: &desk };
    match &args.command {
        ExportCommand::Template { form, units, period, out } => {
            exporter.export_template((form, period), units, out)
        }
        ExportCommand::Reports { form, selected, format: Some(format), unit_ids, out } => {
            let scheme = unit_ids.map(UnitIds::scheme);
            let format = (format.of_exchange(), scheme.as_ref());
            exporter.export_data_values((form, selected), format, out.as_deref())
        }
        ExportCommand::Reports { form, selected, format: None, unit_ids: _, out } => {
            let mut table = sent_reports(&desk, form, selected)?;
            let what = format!("reports of {form}");
            table.remarks = exporter.about(&what, None, "-").to_remarks();
            exporter.write(&table, out.as_deref())
        }
        ExportCommand::Standings { campaign, now, view, out } => {
            let table = exporter.standing_table(campaign.as_deref(), *now, view)?;
            exporter.write(&table, out.as_deref())
        }
        ExportCommand::Runs { campaign, limit, out } => {
            let table = exporter.run_table(campaign.as_deref(), *limit)?;
            exporter.write(&table, out.as_deref())
        }
        ExportCommand::Org { out, xlsx } => exporter.export_org(out, *xlsx),
    }
}

/// What an export says about itself, in words that are the same in every language.
struct ExportAbout<'a> {
    /// What it is, as in `standings of A`.
    what: String,
    /// Number of the run; `None` for what is not of a run.
    run: Option<i64>,
    /// The structure in which figures are summed; `-` where nothing is.
    view: &'a str,
    as_of: Timestamp,
}

impl ExportAbout<'_> {
    fn to_remarks(&self) -> Vec<String> {
        let run = self.run.map_or_else(|| "-".to_owned(), |run| run.to_string());
        // An operator reads every figure; what partners read is another way (docs/PARTNERS.md).
        vec![
            format!("thidua {}: {}", env!("CARGO_PKG_VERSION"), self.what),
            format!("run: {run}"),
            format!("view: {}", self.view),
            format!("as of: {}", self.as_of.local_text()),
            "small figures suppressed: no".to_owned(),
        ]
    }
}

struct Exporter<'a> {
    ctx: &'a CliContext,
    desk: &'a Desk,
}

impl Exporter<'_> {
    fn about<'v>(
        &self,
        what: &str,
        run: Option<(i64, Timestamp)>,
        view: &'v str,
    ) -> ExportAbout<'v> {
        let as_of = run.map_or_else(|| self.desk.now(), |(_, cut_at)| cut_at);
        ExportAbout { what: what.to_owned(), run: run.map(|(number, _)| number), view, as_of }
    }

    fn export_template(
        &self,
        (contract, period): (&str, &str),
        units: &[String],
        out: &Path,
    ) -> CliResult {
        let reference = self.desk.load_reference_in_force()?;
        let units = units.iter().map(|code| self.desk.unit_or_root(&reference, Some(code)));
        let units = units.collect::<CliResult<Vec<_>>>()?;
        let (lang, today) = (self.ctx.output.lang, self.desk.now().local_date());
        let request = TemplateRequest { contract, units: &units, period };
        let load = |keys: &[ReportKey]| self.desk.reports_with_keys(&reference, keys);
        let template = plan_template(&reference, today, request, load)?
            .map_err(|refused| CliError::new(refused.code, refused.message))?;
        let bytes =
            build_report_template(&template, lang, today).map_err(|error| no_workbook(&error))?;
        write_bytes(out, &bytes)?;
        self.say_written(out, template.rows.len());
        Ok(())
    }

    fn standing_table(
        &self,
        campaign: Option<&str>,
        now: bool,
        view: &str,
    ) -> CliResult<TableExport> {
        let reference = self.desk.load_reference()?;
        let campaign = find_campaign(&reference, campaign)?;
        let view = parse_view(view, campaign, self.desk.now().local_date())?;
        let judged_now = (now || view != StructureView::AsWas).then_some(view);
        let (standings, run) = load_standings(self.desk, &reference, campaign, judged_now)?;
        let mut table = standing_table(&self.ctx.output, &reference, campaign, standings);
        let (what, view) = (format!("standings of {}", campaign.code), view.to_string());
        table.remarks = self.about(&what, run, &view).to_remarks();
        Ok(table)
    }

    fn run_table(&self, campaign: Option<&str>, limit: u16) -> CliResult<TableExport> {
        let reference = self.desk.load_reference()?;
        let campaign = find_campaign(&reference, campaign)?;
        let rows = run_rows(&self.desk.runs(campaign.id(), limit.into())?);
        let what = format!("runs of {}", campaign.code);
        Ok(TableExport {
            remarks: self.about(&what, None, "AS_WAS").to_remarks(),
            columns: RUN_COLUMNS.map(str::to_owned).to_vec(),
            rows: rows
                .into_iter()
                .map(|row| row.into_iter().map(ExportCell::Text).collect())
                .collect(),
        })
    }

    fn export_data_values(
        &self,
        (contract, selected): (&str, &SelectedReports),
        (format, unit_scheme): (Dhis2ExportFormat, Option<&Dhis2Scheme>),
        out: Option<&Path>,
    ) -> CliResult {
        let reference = self.desk.load_reference()?;
        let form = find_form(&reference.catalogue, contract)?;
        let filed = load_sent_reports(self.desk, &reference, contract, selected)?;
        let reports: Vec<_> = filed.iter().collect();
        let exported_at = self.desk.now();
        let request = Dhis2ExportRequest { contract, form, format, unit_scheme, exported_at };
        let set = export_data_values(&reports, &request, &reference).map_err(|error| {
            CliError::new("NO_DATA_VALUES", message!("export-no-data-values", error))
        })?;
        let output = &self.ctx.output;
        files::write_text(output, out, &set.text)?;
        if !output.json || out.is_none() {
            set.omitted.iter().for_each(|one| output.print_remark(output.say(&one.message)));
        }
        if let Some(path) = out {
            say_data_values(output, path, &set);
        }
        Ok(())
    }

    fn export_org(&self, dir: &Path, xlsx: bool) -> CliResult {
        let reference = self.desk.load_reference()?;
        std::fs::create_dir_all(dir).map_err(|error| CliError::file_error(dir, &error))?;
        let ending = if xlsx { "xlsx" } else { "csv" };
        for (name, mut table) in org_tables(reference.org.facts()) {
            table.remarks = self.about(&format!("organisation, {name}"), None, "-").to_remarks();
            self.write(&table, Some(&dir.join(format!("{name}.{ending}"))))?;
        }
        Ok(())
    }

    /// Writes to `out`, XLSX or CSV by its name; to standard output without it.
    fn write(&self, table: &TableExport, out: Option<&Path>) -> CliResult {
        let Some(path) = out else {
            self.ctx.output.print_text(&table.to_csv(true));
            return Ok(());
        };
        let is_workbook =
            path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx"));
        if is_workbook {
            let today = self.desk.now().local_date();
            write_bytes(path, &table.to_workbook(today).map_err(|error| no_workbook(&error))?)?;
        } else {
            write_bytes(path, table.to_csv(true).as_bytes())?;
        }
        self.say_written(path, table.rows.len());
        Ok(())
    }

    fn say_written(&self, path: &Path, count: usize) {
        let shown = files::display_name(path);
        self.ctx.output.print_answer(
            || self.ctx.output.lang.say(message!("export-wrote", path = shown, count)),
            || json!({ "path": files::display_name(path), "rows": count }),
        );
    }
}

/// The answer, with what the set does not say.
fn say_data_values(output: &Output, path: &Path, set: &Dhis2Export) {
    let path = files::display_name(path);
    let (reports, values) = (set.report_count, set.value_count);
    let omitted = set.omitted.iter().map(|one| {
        let message = output.say(&one.message);
        json!({ "code": one.code, "count": one.count, "message": message })
    });
    output.print_answer(
        || output.say(message!("export-wrote-data-values", path, values, reports)),
        || {
            json!({
                "path": path,
                "reports": reports,
                "values": values,
                "omitted": omitted.collect::<Vec<_>>(),
            })
        },
    );
}

fn no_workbook(error: &TableExportError) -> CliError {
    CliError::new("NO_WORKBOOK", message!("morning-report-no-workbook", error))
}

fn write_bytes(path: &Path, bytes: &[u8]) -> CliResult {
    std::fs::write(path, bytes).map_err(|error| CliError::file_error(path, &error))
}
