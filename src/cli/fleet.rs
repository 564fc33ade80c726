//! `thidua fleet`: when each unit was last heard, and what waits on its devices, ordered by unit
//! code.

use super::context::CliContext;
use super::error::CliResult;
use super::lookup::find_units_under;
use crate::domain::access::fleet::UnitFleet;

/// `thidua fleet`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  thidua fleet\n  thidua fleet --unit dist-842 --json")]
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
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (unit, fleet) in local_app.app.fleet_by_unit(&local_app.actor)? {
        if requested.as_ref().is_some_and(|requested| !requested.contains(&unit)) {
            continue;
        }
        let UnitFleet { device_count: devices, last_contact: contact, backlog: waiting } = fleet;
        let code = reference.org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone());
        let name = reference.org.nearest_name(unit, today).to_owned();
        rows.push(vec![code, name, devices.to_string(), contact.to_string(), waiting.to_string()]);
    }
    rows.sort();
    let output = &ctx.output;
    let headings = [
        output.text("access-unit"),
        output.text("fleet-name"),
        output.text("fleet-devices"),
        output.text("fleet-last-contact"),
        output.text("fleet-waiting"),
    ];
    output.print_rows(&headings, &["unit", "name", "devices", "last_contact", "waiting"], &rows);
    Ok(())
}
