//! The rehearsal of a change of the organisation: what it does to units, devices, open reports,
//! expectations, baselines and standings, and what does not reconcile. Writes nothing.
//!
//! The change comes from the caller, everything else from the store.

use super::standing::unknown_calendar_error;
use super::{App, AppError, ReferenceSnapshot, Result};
use crate::app::account::load_account_units;
use crate::domain::access::permission::{Actor, action};
use crate::domain::campaign::Campaign;
use crate::domain::org::{HandoverLine, Org, Stocks};
use crate::domain::rehearsal::{RehearsalInput, RehearsalReport, rehearse};
use crate::domain::report::workflow::ReportState;
use crate::domain::standing::baseline::{BaselineRow, Baselines};
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::{Message, message};
use crate::domain::support::time::Timestamp;
use crate::domain::support::violation::Violation;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The stocks that units state, and what goes where.
#[derive(Debug, Clone, Default)]
pub struct RehearsedStocks {
    /// Stated by closing units.
    pub closing: Stocks,
    /// What is handed over.
    pub lines: Vec<HandoverLine>,
    /// Stated by opening units.
    pub opening: Stocks,
}

/// A change of the organisation that is rehearsed.
#[derive(Debug, Clone)]
pub struct OrgChangeRequest<'a> {
    /// The organisation as it is after the change, with its past.
    pub org: &'a Org,
    /// The effective day; `None`: the next day of change.
    pub on: Option<Date>,
    /// The code of the campaign whose reports and baselines are looked at; `None`: the only one.
    pub campaign: Option<&'a str>,
    /// Empty: stocks are not checked.
    pub stocks: RehearsedStocks,
}

impl App {
    /// Rehearses a change.
    ///
    /// # Errors
    /// DENIED; the violations `NO_CHANGE`, `UNKNOWN_CAMPAIGN`, and those of the state before the
    /// change.
    pub fn rehearse_organisation(
        &self,
        actor: &Actor,
        request: OrgChangeRequest<'_>,
    ) -> Result<RehearsalReport> {
        let existing = self.reference_for::<action::ChangeOrg>(actor)?;
        let org = request.org;
        let on = match request.on {
            Some(day) => day,
            None => next_change_day(org, self.now().local_date())?,
        };
        let before = org.state_before(on).map_err(|found| {
            AppError::Violations(found.into_iter().map(|finding| finding.violation).collect())
        })?;
        let changes = org.changes_on(on, Timestamp::from_local_midnight(on));
        if changes.is_empty() {
            return Err(no_change(message!("rehearse-files-change-nothing", on)));
        }
        let campaign = existing.find_campaign(request.campaign);
        let campaign = campaign.map_err(|violation| AppError::Violations(vec![violation]))?;
        let mut input = self.load_rehearsal_input(&existing, &before, campaign, on)?;
        (input.closing_stocks, input.handover, input.opening_stocks) =
            (request.stocks.closing, request.stocks.lines, request.stocks.opening);
        let rehearsed = rehearse(&before, &changes, &input);
        let mut report = rehearsed.map_err(|unknown| unknown_calendar_error(&unknown))?;
        report.findings.extend(check_same_past(&existing.org, &before, on));
        Ok(report)
    }

    /// What is stored about the units that are open on the eve of the change: counts of devices and
    /// open reports, for a caller that may change the organisation.
    fn load_rehearsal_input(
        &self,
        existing: &ReferenceSnapshot,
        before: &Org,
        campaign: &Campaign,
        on: Date,
    ) -> Result<RehearsalInput> {
        let contracts = existing.catalogue.contracts_with_codes(&campaign.contracts);
        let calendars = existing.calendars.clone();
        let mut input = RehearsalInput::new(calendars, contracts, campaign.measurement_window);
        self.store().read(|tx| {
            add_baselines(&mut input, &tx.baselines()?, (existing, before, campaign), on);
            for device in tx.devices()? {
                // A session at a desk is bound to no unit that it would have to change.
                if device.revoked_at.is_none() && !device.is_desk_session() {
                    let units = load_account_units(self, tx, device.account)?;
                    *input.devices.entry(units.home_unit()).or_default() += 1;
                }
            }
            let open = [ReportState::Submitted, ReportState::Returned];
            for line in tx.report_summaries(&open, &[])? {
                *input.open_reports.entry(line.unit).or_default() += 1;
            }
            Ok::<_, AppError>(())
        })?;
        Ok(input)
    }
}

fn no_change(message: Message) -> AppError {
    AppError::Violations(vec![Violation::error("NO_CHANGE", "effective_day", message)])
}

fn next_change_day(org: &Org, today: Date) -> Result<Date> {
    let tomorrow = today.tomorrow().unwrap_or(today);
    let next = org.change_days_from(tomorrow).first().copied();
    next.ok_or_else(|| no_change(message!("rehearse-files-change-nothing-after", today)))
}

/// Baselines belong to the units that were open when the campaign began; those of the eve are
/// derived along the lineage.
fn add_baselines(
    input: &mut RehearsalInput,
    rows: &[BaselineRow],
    (existing, before, campaign): (&ReferenceSnapshot, &Org, &Campaign),
    on: Date,
) {
    let eve = on.yesterday().unwrap_or(on);
    let baselines = Baselines::new(rows);
    let (base, first) = (campaign.base_window(), campaign.measurement_window.start);
    for element in &existing.catalogue.elements {
        let of = |unit| Some((unit, baselines.value_of(unit, element, base).value()?));
        let bases: BTreeMap<UnitId, i64> =
            before.open_units_on(first).filter_map(|unit| of(unit.id)).collect();
        let Ok(carried) = before.rebase_baselines(&bases, first, eve) else { continue };
        let whole = carried.baselines.iter().filter(|one| one.without_baseline.is_empty());
        let bases: BTreeMap<UnitId, i64> = whole.map(|one| (one.unit, one.rounded)).collect();
        if !bases.is_empty() {
            input.baselines.insert(element.code.clone(), bases);
        }
    }
}

/// The files contain another past than the store: an import would change days that are over.
fn check_same_past(existing: &Org, before: &Org, on: Date) -> Option<Violation> {
    let stored = existing.state_before(on).ok()?;
    let differing = before.units().iter().filter(|unit| stored.unit(unit.id) != Some(unit)).count();
    let text = || message!("rehearse-before-files-differ-from", on, differing);
    (differing > 0).then(|| Violation::warning("OTHER_PAST", "org", text()))
}
