//! `thidua fleet`: every open unit, when it was last heard, and what waits on its devices. Units
//! without a device first, with the day until which a card for them is open; then by unit code.

use super::context::{CliContext, LocalApp};
use super::error::CliResult;
use super::lookup::find_units_under;
use crate::domain::access::fleet::UnitFleet;
use crate::domain::support::ids::UnitId;
use jiff::civil::Date;
use std::collections::BTreeMap;

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
    let cards = open_cards(&local_app)?;
    let mut rows: Vec<(bool, Vec<String>)> = Vec::new();
    for (unit, fleet) in local_app.app.fleet_by_unit(&local_app.actor)? {
        if requested.as_ref().is_some_and(|requested| !requested.contains(&unit)) {
            continue;
        }
        let UnitFleet { device_count: devices, last_contact: contact, backlog: waiting } = fleet;
        let code = reference.org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone());
        let name = reference.org.nearest_name(unit, today).to_owned();
        let card = cards.get(&unit).map_or_else(String::new, |day| day.to_string());
        let [devices_text, contact, waiting] =
            [devices.to_string(), contact.to_string(), waiting.to_string()];
        rows.push((devices > 0, vec![code, name, devices_text, contact, waiting, card]));
    }
    rows.sort();
    let rows: Vec<Vec<String>> = rows.into_iter().map(|(_, row)| row).collect();
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

/// The day on which the last open card of each unit expires.
fn open_cards(local_app: &LocalApp) -> CliResult<BTreeMap<UnitId, Date>> {
    let now = local_app.app.now();
    let mut days = BTreeMap::new();
    for (code, _) in local_app.app.enrol_cards(&local_app.actor)? {
        if code.is_open(now) {
            let day = code.expires_at.local_date();
            days.entry(code.unit)
                .and_modify(|last: &mut Date| *last = day.max(*last))
                .or_insert(day);
        }
    }
    Ok(days)
}
