//! `thidua morning-report`: writes the morning page and its workbook of one unit from the published
//! standings. `crate::morning_report` draws them.

use super::context::CliContext;
use super::desk::MorningReportSelection;
use super::error::{CliError, CliResult};
use crate::domain::support::message::message;
use crate::morning_report::MorningReportFiles;
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

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let asked = MorningReportSelection {
        campaign: args.campaign.as_deref(),
        phase: args.phase,
        unit: args.unit.as_deref(),
    };
    let files = ctx.open_desk()?.morning_report(asked, ctx.output.lang)?;
    let (page, book) = write_morning_report(&files, &args.out)?;
    let (page, book) = (page.display(), book.display());
    ctx.output.print_answer(
        || ctx.output.lang.say(message!("morning-report-wrote", page, book)),
        || json!({ "page": page.to_string(), "workbook": book.to_string() }),
    );
    Ok(())
}

/// Writes page and workbook into `dir` and gives their paths.
pub(super) fn write_morning_report(
    files: &MorningReportFiles,
    dir: &Path,
) -> CliResult<(PathBuf, PathBuf)> {
    let put = |ending: &str, bytes: &[u8]| -> CliResult<PathBuf> {
        let path = dir.join(format!("{}.{ending}", files.name));
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
    Ok((put("html", files.page.as_bytes())?, put("xlsx", &files.workbook)?))
}
