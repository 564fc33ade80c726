//! Reads the last run as a partner agency would, and checks what it is shown.

use super::DemoError;
use super::authority::units_below_owner;
use super::check::DemoCheck;
use super::simulation::Simulation;
use crate::domain::release::{PublishedCell, PublishedStanding};
use crate::domain::support::ids::{RunId, UnitId};
use crate::domain::support::message::message;
use crate::domain::support::time::date_from_days;
use crate::i18n::Lang;
use std::collections::BTreeSet;

/// Figures of this size and above may be shown.
const SHOWN_FROM: i64 = 5;

/// Checks that a partner reads the owner and the units directly below it, and no small figure.
pub(super) fn check_partner(
    simulation: &Simulation<'_>,
    lang: Lang,
) -> Result<DemoCheck, DemoError> {
    let (app, province) = (&simulation.server.app, simulation.province);
    let (owner, today) = (province.campaign.owner_id(), app.now().local_date());
    let key = simulation.server.issue_partner_key("demo-partner", owner, today)?;
    let partner = app.authenticate_service_key(key.id, &key.hash)?;
    let runs = app.partner_runs_after(&partner, None, Some(province.campaign.id()), i64::MAX)?;
    let last = runs.runs.last().ok_or_else(|| DemoError("there is no run".to_owned()))?;
    let id = RunId::from_slice(&last.0.id).map_err(|error| DemoError(error.to_string()))?;
    let release = app.partner_release(&partner, id)?;
    let day = date_from_days(release.run.as_of_day);
    let below = units_below_owner(&province.org, &province.campaign, day);
    let due: BTreeSet<UnitId> = below.iter().map(|unit| unit.id).chain([owner]).collect();
    let read: BTreeSet<UnitId> = release.lines.iter().map(|line| line.unit).collect();
    let cells: Vec<PublishedCell> = release.lines.iter().flat_map(line_cells).collect();
    let is_small = |cell: &PublishedCell| matches!(cell, PublishedCell::Figure(figure) if *figure < SHOWN_FROM);
    let hidden = cells.iter().filter(|cell| **cell == PublishedCell::Suppressed).count();
    let small = cells.iter().filter(|cell| is_small(cell)).count();
    let (lines, units) = (release.lines.len(), read.len());
    let text = lang.say(message!("check-partner-reads", lines, units, hidden, small));
    Ok(DemoCheck { is_ok: read == due && small == 0 && hidden > 0, text })
}

fn line_cells(line: &PublishedStanding) -> Vec<PublishedCell> {
    let cells = line.figures.iter();
    cells.flat_map(|figure| [figure.value, figure.baseline_now, figure.baseline_full]).collect()
}
