//! `thidua fleet`: every open unit, when it was last heard, and what waits on its devices. Units
//! without a device first, with the day until which a card for them is open; then by unit code.

use super::context::CliContext;
use super::error::CliResult;
use crate::app::fleet::UnitDevices;
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
    let row = |unit: UnitDevices| {
        let UnitFleet { device_count, last_contact, backlog } = unit.fleet;
        let card = unit.card_open_until.map_or_else(String::new, |day| day.to_string());
        let [devices, contact, waiting] =
            [device_count.to_string(), last_contact.to_string(), backlog.to_string()];
        vec![unit.unit_uid, unit.unit_name, devices, contact, waiting, card]
    };
    let units = ctx.open_desk()?.unit_devices(args.unit.as_deref())?;
    let rows: Vec<Vec<String>> = units.into_iter().map(row).collect();
    let output = &ctx.output;
    let headings = [
        output.text("access-unit"),
        output.text("fleet-name"),
        output.text("fleet-devices"),
        output.text("fleet-last-contact"),
        output.text("fleet-waiting"),
        output.text("fleet-card-open-until"),
    ];
    let keys = ["unit", "name", "devices", "last_contact", "waiting", "card_open_until"];
    output.print_rows(&headings, &keys, &rows);
    Ok(())
}
