//! `thidua morning-report`: writes the morning page and its workbook of one unit from the published
//! standings. `crate::morning_report` draws them.

use super::context::CliContext;
use super::error::{CliError, CliResult};
use super::lookup::find_campaign;
use crate::app::App;
use crate::app::morning_report::MorningReportRequest;
use crate::domain::access::permission::Actor;
use crate::domain::support::message::message;
use crate::i18n::Lang;
use crate::morning_report::{build_workbook, render_page};
use serde_json::json;
use std::path::{Path, PathBuf};

/// `thidua morning-report`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  thidua morning-report
  thidua morning-report --campaign A --phase 1 --out /srv/www/thidua
  thidua morning-report --unit dist-842 --lang en")]
pub(super) struct Args {
    /// Code of the campaign; may be left out when there is only one.
    #[arg(long)]
    campaign: Option<String>,
    /// Phase; 0 is the whole campaign.
    #[arg(long, default_value_t = 0)]
    phase: u8,
    /// Code of the unit (default: the whole authority).
    #[arg(long)]
    unit: Option<String>,
    /// Directory to write to.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
}

/// The two files that were written.
#[derive(Debug, Clone)]
pub(super) struct MorningReportFiles {
    /// The HTML page.
    pub(super) page: PathBuf,
    /// The XLSX workbook.
    pub(super) workbook: PathBuf,
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let local_app = ctx.open_local_app()?;
    let reference = local_app.load_reference()?;
    let campaign = find_campaign(&reference, args.campaign.as_deref())?;
    if args.phase > 0 && !campaign.phases.iter().any(|phase| phase.no == args.phase) {
        return Err(CliError::usage_error(message!(
            "morning-report-campaign-no-phase",
            code = campaign.code,
            phase = args.phase
        )));
    }
    let unit = args
        .unit
        .as_deref()
        .map(|code| super::lookup::find_unit_id(&local_app, code))
        .transpose()?;
    let requested = MorningReportRequest { campaign: campaign.id(), phase: args.phase, unit };
    let written = write_morning_report(
        &local_app.app,
        &local_app.actor,
        &requested,
        &args.out,
        ctx.output.lang,
    )?;
    let (page, book) = (written.page.display(), written.workbook.display());
    ctx.output.print_answer(
        || ctx.output.lang.say(message!("morning-report-wrote", page, book)),
        || json!({ "page": page.to_string(), "workbook": book.to_string() }),
    );
    Ok(())
}

/// Writes page and workbook of a unit into `dir`.
pub(super) fn write_morning_report(
    app: &App,
    actor: &Actor,
    requested: &MorningReportRequest,
    dir: &Path,
    lang: Lang,
) -> CliResult<MorningReportFiles> {
    let morning = app.morning_report(actor, requested)?;
    let book = build_workbook(&morning, lang).map_err(|error| {
        CliError::new("NO_WORKBOOK", message!("morning-report-no-workbook", error))
    })?;
    let name = format!(
        "thidua-{}-{}-{}-{}.{lang}",
        morning.campaign.code, morning.phase, morning.unit.uid, morning.today
    );
    let put = |ending: &str, bytes: &[u8]| -> CliResult<PathBuf> {
        let path = dir.join(format!("{name}.{ending}"));
        std::fs::create_dir_all(dir).and_then(|()| std::fs::write(&path, bytes)).map_err(
            |error| {
                CliError::new(
                    "NOT_WRITTEN",
                    message!("morning-report-could-not-written-name", path = path.display(), error),
                )
            },
        )?;
        Ok(path)
    };
    Ok(MorningReportFiles {
        page: put("html", render_page(&morning, lang).as_bytes())?,
        workbook: put("xlsx", &book)?,
    })
}
