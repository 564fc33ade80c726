//! `thidua org rehearse DIR`: shows how a change of the organisation affects units, devices, open
//! reports, expectations, baselines and standings, and what does not reconcile. Writes nothing.
//!
//! The change comes from the files, everything else from the database.

use super::context::{CliContext, LocalApp};
use super::error::{CliError, CliFinding, CliResult};
use super::files;
use super::lookup::find_campaign;
use super::output::finding_json;
use crate::app::ReferenceSnapshot;
use crate::app::report_queries::ReportFilter;
use crate::domain::campaign::Campaign;
use crate::domain::org::Org;
use crate::domain::rehearsal::{RehearsalInput, RehearsalReport, rehearse};
use crate::domain::report::workflow::ReportState;
use crate::domain::standing::baseline::Baselines;
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::{Message, message};
use crate::domain::support::time::Timestamp;
use crate::domain::support::violation::Violation;
use crate::files::handover::read_handover;
use crate::files::table::TableInput;
use crate::i18n::Lang;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// `thidua org rehearse`
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  thidua org rehearse examples/tra-vinh/org --on 2025-07-01
  thidua org rehearse new-org --campaign A --handover handover.csv --json")]
pub(super) struct Args {
    /// The directory with the three files as they are after the change.
    dir: PathBuf,
    /// The effective day (default: the next day of change).
    #[arg(long)]
    on: Option<Date>,
    /// The campaign whose reports and baselines are looked at.
    #[arg(long)]
    campaign: Option<String>,
    /// The handover of stocks.
    #[arg(long, value_name = "FILE")]
    handover: Option<PathBuf>,
}

pub(super) fn run(ctx: &CliContext, args: &Args) -> CliResult {
    let org = super::org_files::read_org_files(&args.dir)?.org;
    let local_app = ctx.open_local_app()?;
    let existing = local_app.load_reference()?;
    let on = match args.on {
        Some(day) => day,
        None => next_change_day(&org, local_app.app.now().local_date())?,
    };
    let before = org.state_before(on).map_err(|found| {
        CliError::refused_files(found.into_iter().map(|finding| finding.violation))
    })?;
    let changes = org.changes_on(on, Timestamp::from_local_midnight(on));
    if changes.is_empty() {
        return Err(CliError::new("NO_CHANGE", message!("rehearse-files-change-nothing", on)));
    }
    let campaign = find_campaign(&existing, args.campaign.as_deref())?;
    let mut given = load_rehearsal_input(&local_app, &existing, &before, campaign, on)?;
    if let Some(path) = &args.handover {
        let (name, bytes) = (files::display_name(path), files::read_bytes(path)?);
        let input = TableInput::new(&name, &bytes);
        let read = read_handover(&input, &org, &existing.catalogue)?;
        (given.closing_stocks, given.handover, given.opening_stocks) =
            (read.closing, read.lines, read.opening);
    }
    let mut report = rehearse(&before, &changes, &given)
        .map_err(|unknown| CliError::new("UNKNOWN_CALENDAR", Message::verbatim(unknown)))?;
    report.findings.extend(check_same_past(&existing.org, &before, on));
    let output = &ctx.output;
    output.print_answer(|| output.say(report.message()), || report_json(&report, output.lang));
    if report.is_reconciled() {
        return Ok(());
    }
    Err(CliError::new("DOES_NOT_RECONCILE", message!("rehearse-rehearsal-does-not-reconcile")))
}

fn next_change_day(org: &Org, today: Date) -> CliResult<Date> {
    let tomorrow = today.tomorrow().unwrap_or(today);
    org.change_days_from(tomorrow).first().copied().ok_or_else(|| {
        CliError::new("NO_CHANGE", message!("rehearse-files-change-nothing-after", today))
    })
}

/// What the database holds about the units that are open on the eve of the change.
fn load_rehearsal_input(
    local_app: &LocalApp,
    existing: &ReferenceSnapshot,
    before: &Org,
    campaign: &Campaign,
    on: Date,
) -> CliResult<RehearsalInput> {
    let contracts = existing.catalogue.contracts_with_codes(&campaign.contracts);
    let mut given =
        RehearsalInput::new(existing.calendars.clone(), contracts, campaign.measurement_window);
    let eve = on.yesterday().unwrap_or(on);
    let baselines = Baselines::new(&local_app.app.baselines(&local_app.actor)?);
    // Baselines belong to the units that were open when the campaign began; those of the eve are
    // derived along the lineage.
    let (base, first) = (campaign.base_window(), campaign.measurement_window.start);
    for element in &existing.catalogue.elements {
        let of = |unit| Some((unit, baselines.value_of(unit, element, base).value()?));
        let bases: BTreeMap<UnitId, i64> =
            before.open_units_on(first).filter_map(|unit| of(unit.id)).collect();
        let Ok(carried) = before.rebase_baselines(&bases, first, eve) else { continue };
        let whole = carried
            .baselines
            .iter()
            .filter(|one| one.without_baseline.is_empty())
            .map(|one| (one.unit, one.rounded));
        let bases: BTreeMap<UnitId, i64> = whole.collect();
        if !bases.is_empty() {
            given.baselines.insert(element.code.clone(), bases);
        }
    }
    for (device, units) in local_app.app.visible_devices(&local_app.actor)? {
        if device.revoked_at.is_none() {
            *given.devices.entry(units.home_unit()).or_default() += 1;
        }
    }
    let open = ReportFilter {
        unit: None,
        states: vec![ReportState::Submitted, ReportState::Returned],
        contract: None,
        days: None,
    };
    for line in local_app.app.visible_reports(&local_app.actor, &open)? {
        *given.open_reports.entry(line.unit).or_default() += 1;
    }
    Ok(given)
}

/// The files contain another past than the database: an import would change days that are over.
fn check_same_past(existing: &Org, before: &Org, on: Date) -> Option<Violation> {
    let stored = existing.state_before(on).ok()?;
    let differing = before.units().iter().filter(|unit| stored.unit(unit.id) != Some(unit)).count();
    (differing > 0).then(|| {
        Violation::warning(
            "OTHER_PAST",
            "org",
            message!("rehearse-before-files-differ-from", on, differing),
        )
    })
}

fn report_json(report: &RehearsalReport, lang: Lang) -> Value {
    let closes = report.closing_units.iter().map(|one| {
        let heirs = one.successors.iter().map(|(unit, weight)| json!({ "unit": unit, "weight": weight.to_string() }));
        json!({ "unit": one.unit, "heirs": heirs.collect::<Vec<_>>(), "acts": one.acting_unit, "devices": one.devices, "open_reports": one.open_reports })
    });
    let moved = report
        .reparented_units
        .iter()
        .map(|one| json!({ "unit": one.unit, "from": one.old_parent, "to": one.new_parent }));
    let renamed = report.renamed_units.iter().map(|(old, new)| json!({ "from": old, "to": new }));
    let expected = report.expectation_changes.iter().map(|one| {
        json!({ "contract": one.contract, "before": one.before, "after": one.after, "more_pieces": one.added_pieces })
    });
    let rebased = report.rebased_elements.iter().map(|one| {
        json!({ "element": one.element.to_string(), "before": one.sums.0, "after": one.sums.1, "exact": one.exact, "derived": one.derived, "incomplete": one.incomplete })
    });
    let counts = report.unit_counts.iter().map(
        |(kind, before, after)| json!({ "kind": kind.as_str(), "before": before, "after": after }),
    );
    let straddling = report
        .straddling_units
        .iter()
        .map(|(kind, units)| json!({ "level": kind.as_str(), "units": units }));
    let findings =
        report.findings.iter().map(|broken| finding_json(&CliFinding::from(broken.clone()), lang));
    json!({
        "days": report.days.iter().map(Date::to_string).collect::<Vec<_>>(),
        "legal": report.legal_bases,
        "counts": counts.collect::<Vec<_>>(),
        "opens": report.opening_units,
        "closes": closes.collect::<Vec<_>>(),
        "moved": moved.collect::<Vec<_>>(),
        "renamed": renamed.collect::<Vec<_>>(),
        "expected": expected.collect::<Vec<_>>(),
        "rebased": rebased.collect::<Vec<_>>(),
        "straddling": straddling.collect::<Vec<_>>(),
        "unranked": report.unranked_units,
        "findings": findings.collect::<Vec<_>>(),
        "reconciles": report.is_reconciled(),
    })
}
