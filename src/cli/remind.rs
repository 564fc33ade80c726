//! `thidua remind`: the reports that are due and not sent, the latest first, for those who remind
//! units.

use super::context::CliContext;
use super::error::CliResult;
use super::lookup::find_units_under;

/// `thidua remind`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  thidua remind\n  thidua remind --unit dist-842 --json")]
pub(super) struct Args {
    /// Only this unit and those under it today.
    #[arg(long)]
    unit: Option<String>,
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let local_app = ctx.open_local_app()?;
    let reference = local_app.load_reference()?;
    let today = local_app.app.now().local_date();
    let requested = find_units_under(&local_app, args.unit.as_deref())?;
    let output = &ctx.output;
    let mut rows = Vec::new();
    for owed in local_app.app.due_reports(&local_app.actor)? {
        if requested.as_ref().is_some_and(|requested| !requested.contains(&owed.unit)) {
            continue;
        }
        let contract = reference.contract(owed.contract);
        let last = |day: jiff::civil::Date| day.yesterday().unwrap_or(day).to_string();
        rows.push(vec![
            reference.org.unit(owed.unit).map_or_else(String::new, |unit| unit.uid.clone()),
            reference.org.nearest_name(owed.unit, today).to_owned(),
            contract.map_or_else(String::new, |contract| contract.code.clone()),
            owed.period.start.to_string(),
            last(owed.period.end),
            last(owed.due_day),
            owed.days_late(today).to_string(),
        ]);
    }
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
