//! `thidua fleet`: when units were last heard, and what waits at them; in the order of their codes.

use super::access::units_under;
use super::ctx::Ctx;
use super::failure::Outcome;
use crate::domain::fleet::UnitFleet;

/// `thidua fleet`
#[derive(Debug, clap::Args)]
#[command(after_help = "Ví dụ / Examples:\n  thidua fleet\n  thidua fleet --unit dist-842 --json")]
pub(super) struct Args {
    /// Chỉ đơn vị này và cấp dưới · Only this unit and those under it today.
    #[arg(long)]
    unit: Option<String>,
}

pub(super) fn run(ctx: &Ctx, args: &Args) -> Outcome {
    let desk = ctx.desk()?;
    let reference = desk.reference()?;
    let today = desk.app.now().local_date();
    let wanted = units_under(&desk, args.unit.as_deref())?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (unit, fleet) in desk.app.fleet(&desk.actor)? {
        if wanted.as_ref().is_some_and(|wanted| !wanted.contains(&unit)) {
            continue;
        }
        let UnitFleet { devices, contact, waiting } = fleet;
        let code = reference.org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone());
        let name = reference.org.name_near(unit, today).to_owned();
        rows.push(vec![code, name, devices.to_string(), contact.to_string(), waiting.to_string()]);
    }
    rows.sort();
    let say = &ctx.say;
    let headings = [
        say.pick("đơn vị", "unit"),
        say.pick("tên", "name"),
        say.pick("thiết bị", "devices"),
        say.pick("liên lạc", "last contact"),
        say.pick("chờ xử lý", "waiting"),
    ];
    say.rows(&headings, &["unit", "name", "devices", "last_contact", "waiting"], &rows);
    Ok(())
}
