//! `thidua org rehearse DIR`: what a change of the organisation would do to units, devices, open reports, expectations, baselines and
//! standings, and what does not reconcile. Writes nothing.
//!
//! Knows where the facts come from: the change from the files, everything else from the database.

use super::campaign;
use super::ctx::{Ctx, Desk};
use super::failure::{Failure, Finding, Outcome};
use super::files;
use super::say::finding_json;
use crate::app::Reference;
use crate::app::review::Wanted;
use crate::domain::baseline::Baselines;
use crate::domain::broken::Broken;
use crate::domain::campaign::Campaign;
use crate::domain::ids::UnitId;
use crate::domain::lang::Lang;
use crate::domain::org::Org;
use crate::domain::rehearsal::{Given, RehearsalReport, rehearse};
use crate::domain::time::Instant;
use crate::domain::workflow::State;
use crate::files::handover::read_handover;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// `thidua org rehearse`
#[derive(Debug, clap::Args)]
#[command(after_help = "Ví dụ / Examples:
  thidua org rehearse examples/tra-vinh/org --on 2025-07-01
  thidua org rehearse new-org --campaign A --handover handover.csv --json")]
pub(super) struct Args {
    /// Thư mục có ba tệp tổ chức sau thay đổi · The directory with the three files as they are after the change.
    dir: PathBuf,
    /// Ngày hiệu lực (mặc định: ngày thay đổi kế tiếp) · The effective day (default: the next day of change).
    #[arg(long)]
    on: Option<Date>,
    /// Phong trào mà kỳ báo cáo và số kỳ gốc được xét · The campaign whose reports and baselines are looked at.
    #[arg(long)]
    campaign: Option<String>,
    /// Bàn giao tồn đọng (CSV: side,from_uid,to_uid,element,amount) · The handover of stocks.
    #[arg(long, value_name = "FILE")]
    handover: Option<PathBuf>,
}

pub(super) fn run(ctx: &Ctx, args: &Args) -> Outcome {
    let org = super::org::read(&args.dir)?;
    let desk = ctx.desk()?;
    let known = desk.reference()?;
    let on = match args.on {
        Some(day) => day,
        None => next_change(&org, desk.app.now().local_date())?,
    };
    let before =
        org.before(on).map_err(|found| Failure::refused_files(found.into_iter().map(|finding| finding.broken)))?;
    let changes = org.changes_on(on, Instant::local_midnight(on));
    if changes.is_empty() {
        return Err(Failure::new(
            "NO_CHANGE",
            format!("các tệp không có thay đổi nào vào ngày {on}"),
            format!("the files change nothing on {on}"),
        ));
    }
    let campaign = campaign::find(&known, args.campaign.as_deref())?;
    let mut given = given(&desk, &known, &before, campaign, on)?;
    if let Some(path) = &args.handover {
        let read = read_handover(&files::name(path), &files::read(path)?, &org)?;
        (given.closing, given.handover, given.opening) = (read.closing, read.lines, read.opening);
    }
    let mut report = rehearse(&before, &changes, &given).map_err(|unknown| {
        let text = unknown.to_string();
        Failure::new("UNKNOWN_CALENDAR", text.clone(), text)
    })?;
    report.findings.extend(other_past(&known.org, &before, on));
    let say = &ctx.say;
    say.answer(|| report.text(say.lang == Lang::Vi).trim_end().to_owned(), || report_json(&report, say.lang));
    if report.reconciles() {
        return Ok(());
    }
    Err(Failure::new(
        "DOES_NOT_RECONCILE",
        "diễn tập không khớp; sửa các điểm đã nêu rồi diễn tập lại",
        "the rehearsal does not reconcile; mend what it names and rehearse again",
    ))
}

fn next_change(org: &Org, today: Date) -> Outcome<Date> {
    let tomorrow = today.tomorrow().unwrap_or(today);
    org.change_days_from(tomorrow).first().copied().ok_or_else(|| {
        Failure::new(
            "NO_CHANGE",
            format!("các tệp không có thay đổi nào sau ngày {today}; hãy thêm --on NGÀY"),
            format!("the files change nothing after {today}; add --on DAY"),
        )
    })
}

/// What the database holds of the units that are open on the eve of the change.
fn given(desk: &Desk, known: &Reference, before: &Org, campaign: &Campaign, on: Date) -> Outcome<Given> {
    let contracts = known.catalogue.contracts_of(&campaign.contracts);
    let mut given = Given::new(known.calendars.clone(), contracts, campaign.measurement_window);
    let eve = on.yesterday().unwrap_or(on);
    let baselines = Baselines::new(&desk.app.baselines(&desk.actor)?);
    // Baselines are those of the units that stood when the campaign began; the eve's are made of them along the lineage.
    let (base, first) = (campaign.base_window(), campaign.measurement_window.start);
    for element in &known.catalogue.elements {
        let of = |unit| Some((unit, baselines.of(unit, element, base).value()?));
        let bases: BTreeMap<UnitId, i64> = before.units_on(first).filter_map(|unit| of(unit.id)).collect();
        let Ok(carried) = before.rebase(&bases, first, eve) else { continue };
        let whole = carried.units.iter().filter(|one| one.missing.is_empty()).map(|one| (one.unit, one.whole));
        let bases: BTreeMap<UnitId, i64> = whole.collect();
        if !bases.is_empty() {
            given.bases.insert(element.code.clone(), bases);
        }
    }
    for (device, units) in desk.app.devices_in_sight(&desk.actor)? {
        if device.revoked.is_none() {
            *given.devices.entry(units.home()).or_default() += 1;
        }
    }
    let open = Wanted { unit: None, states: vec![State::Submitted, State::Returned], contract: None, days: None };
    for line in desk.app.reports_in_sight(&desk.actor, &open)? {
        *given.open_reports.entry(line.unit).or_default() += 1;
    }
    Ok(given)
}

/// The files tell another past than the database: importing them would change what is over.
fn other_past(known: &Org, before: &Org, on: Date) -> Option<Broken> {
    let stored = known.before(on).ok()?;
    let differing = before.units().iter().filter(|unit| stored.unit(unit.id) != Some(unit)).count();
    (differing > 0).then(|| {
        Broken::warns(
            "OTHER_PAST",
            "org",
            format!("trước ngày {on} các tệp khác cơ sở dữ liệu ở {differing} đơn vị; hãy so lại trước khi nạp"),
            format!("before {on} the files differ from the database at {differing} units; compare before importing"),
        )
    })
}

fn report_json(report: &RehearsalReport, lang: Lang) -> Value {
    let closes = report.closes.iter().map(|one| {
        let heirs = one.heirs.iter().map(|(unit, weight)| json!({ "unit": unit, "weight": weight.to_string() }));
        json!({ "unit": one.unit, "heirs": heirs.collect::<Vec<_>>(), "acts": one.acts, "devices": one.devices, "open_reports": one.open_reports })
    });
    let moved = report.moved.iter().map(|one| json!({ "unit": one.unit, "from": one.from, "to": one.to }));
    let renamed = report.renamed.iter().map(|(old, new)| json!({ "from": old, "to": new }));
    let expected = report.expected.iter().map(|one| {
        json!({ "contract": one.contract, "before": one.before, "after": one.after, "more_pieces": one.more_pieces })
    });
    let rebased = report.rebased.iter().map(|one| {
        json!({ "element": one.element.to_string(), "before": one.sums.0, "after": one.sums.1, "exact": one.exact, "derived": one.derived, "incomplete": one.incomplete })
    });
    let counts = report
        .counts
        .iter()
        .map(|(kind, before, after)| json!({ "kind": kind.as_str(), "before": before, "after": after }));
    let straddling = report.straddling.iter().map(|(kind, units)| json!({ "level": kind.as_str(), "units": units }));
    let findings = report.findings.iter().map(|broken| finding_json(&Finding::from(broken.clone()), lang));
    json!({
        "days": report.days.iter().map(Date::to_string).collect::<Vec<_>>(),
        "legal": report.legal,
        "counts": counts.collect::<Vec<_>>(),
        "opens": report.opens,
        "closes": closes.collect::<Vec<_>>(),
        "moved": moved.collect::<Vec<_>>(),
        "renamed": renamed.collect::<Vec<_>>(),
        "expected": expected.collect::<Vec<_>>(),
        "rebased": rebased.collect::<Vec<_>>(),
        "straddling": straddling.collect::<Vec<_>>(),
        "unranked": report.unranked,
        "findings": findings.collect::<Vec<_>>(),
        "reconciles": report.reconciles(),
    })
}
