//! `thidua remind`: the reports that should be on their way, for whoever telephones; in the order of units' codes.

use super::access::units_under;
use super::ctx::Ctx;
use super::failure::Outcome;

/// `thidua remind`
#[derive(Debug, clap::Args)]
#[command(after_help = "Ví dụ / Examples:\n  thidua remind\n  thidua remind --unit dist-842 --json")]
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
    let say = &ctx.say;
    let mut rows = Vec::new();
    for owed in desk.app.owed(&desk.actor)? {
        if wanted.as_ref().is_some_and(|wanted| !wanted.contains(&owed.unit)) {
            continue;
        }
        let contract = reference.catalogue.contracts.iter().find(|one| one.id() == owed.contract);
        let last = |day: jiff::civil::Date| day.yesterday().unwrap_or(day).to_string();
        rows.push(vec![
            reference.org.unit(owed.unit).map_or_else(String::new, |unit| unit.uid.clone()),
            reference.org.name_near(owed.unit, today).to_owned(),
            contract.map_or_else(String::new, |contract| contract.code.clone()),
            owed.period.start.to_string(),
            last(owed.period.end),
            last(owed.due),
        ]);
    }
    let headings = [
        say.pick("đơn vị", "unit"),
        say.pick("tên", "name"),
        say.pick("biểu", "contract"),
        say.pick("từ ngày", "first day"),
        say.pick("đến ngày", "last day"),
        say.pick("hạn gửi", "due by"),
    ];
    say.rows(&headings, &["unit", "name", "contract", "first_day", "last_day", "due_by"], &rows);
    Ok(())
}
