//! `thidua remind`: the reports that are due and not sent, the latest first, for those who remind
//! units.

use super::context::CliContext;
use super::error::CliResult;
use crate::app::due_reports::ReportReminder;

/// `thidua remind`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  thidua remind\n  thidua remind --unit dist-842 --json")]
pub(super) struct Args {
    /// Only this unit and those under it today.
    #[arg(long)]
    unit: Option<String>,
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let output = &ctx.output;
    let last = |day: jiff::civil::Date| day.yesterday().unwrap_or(day).to_string();
    let row = |owed: ReportReminder| {
        vec![
            owed.unit_uid,
            owed.unit_name,
            owed.contract,
            owed.period.start.to_string(),
            last(owed.period.end),
            last(owed.due_day),
            owed.days_late.to_string(),
        ]
    };
    let due = ctx.open_desk()?.due_reports(args.unit.as_deref())?;
    let rows: Vec<Vec<String>> = due.into_iter().map(row).collect();
    let headings = [
        output.text("access-unit"),
        output.text("fleet-name"),
        output.text("remind-contract"),
        output.text("remind-first-day"),
        output.text("remind-last-day"),
        output.text("remind-due"),
        output.text("remind-days-late"),
    ];
    output.print_rows(
        &headings,
        &["unit", "name", "contract", "first_day", "last_day", "due_by", "days_late"],
        &rows,
    );
    Ok(())
}
