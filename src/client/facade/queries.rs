//! Queries of the app: due reports, reports, refusals, outbox, scopes, session.

use super::command_values::{CommandView, OutboxStatus, RefusedCommand};
use super::local_report::{self, LocalReport};
use super::own_held;
use super::sync_values::{ReceiptView, ScopeView, SessionView};
use super::values::{CellView, DueReport, ReportKeyView, ReportStatus, ReportView};
use super::{ClientError, Phone, Result, view_conversion};
use crate::client::reference::LocalReference;
use crate::client::replica::{OutboxEntry, ReplicaRecord};
use crate::domain::access::scope::RecordKind;
use crate::domain::report as domain_report;
use crate::domain::report::cell::Cells;
use crate::domain::reporting::expectation::{Expectation, compute_unit_expectations};
use crate::domain::reporting::period::Period;
use crate::domain::reporting::window::DateWindow;
use crate::domain::support::ids::{ReportId, UnitId};
use crate::domain::support::message::Message;
use crate::domain::support::time::{date_from_days, days_from_date};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

#[cfg_attr(feature = "bindings", uniffi::export)]
impl Phone {
    /// The user of this phone; `None` before enrolment. Available also after the lease has expired,
    /// because it shows no report data.
    pub fn session(&self) -> Result<Option<SessionView>> {
        let Some(device) = self.runner.replica().device()? else { return Ok(None) };
        let Some(enrolment) = device.enrolment else { return Ok(None) };
        let (reference, today) = (self.cached_reference()?, self.best_known_time()?.local_date());
        let unit = reference.org.unit(enrolment.unit);
        Ok(Some(SessionView {
            device_id: device.identity.device_id.to_string(),
            account_id: enrolment.account.to_string(),
            unit_id: enrolment.unit.to_string(),
            unit: unit.map_or_else(String::new, |unit| unit.uid.clone()),
            unit_name: reference.org.nearest_name(enrolment.unit, today).to_owned(),
            roles: enrolment.roles.clone(),
        }))
    }

    /// The reports that this phone's unit owes for the days `from_day..to_day`, also for closed
    /// units that it succeeds, with their status; by contract, unit and day. Days are since
    /// 1970-01-01; today is [`ClockView::today`](super::ClockView::today), not the date of the
    /// phone's clock. A window around a wrong date in which nothing is due is
    /// [`ClientError::ClockWrong`], so that a wrong clock never looks like an empty list.
    pub fn due_reports(&self, from_day: i32, to_day: i32) -> Result<Vec<DueReport>> {
        let (home, today) = self.home_and_today()?;
        let reference = self.reference()?;
        let window = DateWindow::new(date_from_days(from_day), date_from_days(to_day));
        let window = window.ok_or(ClientError::BadArgument { what: "days".to_owned() })?;
        let owed = own_expected_reports(&reference, (home, today), window);
        if owed.is_empty() {
            self.check_window_date(window, today)?;
        }
        let mut replica = self.lock_under_lease()?;
        let attachments = local_report::load_attachments(&mut replica, &reference)?;
        let mut due = Vec::with_capacity(owed.len());
        for expected in owed {
            let key = to_report_key(&expected);
            let present =
                local_report::load_local_report(&mut replica, &reference, key.id(), home, today)?;
            due.push(to_due_report(&expected, &key, &reference, present.status(&attachments)));
        }
        Ok(due)
    }

    /// One report with the outbox replayed on it; `None` if neither server nor outbox has it.
    pub fn report(&self, report_id: String) -> Result<Option<ReportView>> {
        let id = parse_report_id(&report_id)?;
        let (home, today) = self.home_and_today()?;
        let reference = self.reference()?;
        let mut replica = self.lock_under_lease()?;
        let present = local_report::load_local_report(&mut replica, &reference, id, home, today)?;
        let attachments = local_report::load_attachments(&mut replica, &reference)?;
        Ok(present.to_view(&reference, &attachments, home))
    }

    /// The id of the report with this key; it is derived, so all phones compute the same.
    pub fn report_id(&self, key: ReportKeyView) -> String {
        view_conversion::from_report_key_view(&key).id().to_string()
    }

    /// All reports of the replica and the outbox, by id.
    pub fn reports(&self) -> Result<Vec<ReportView>> {
        let (home, _) = self.home_and_today()?;
        let (reference, local_reports, attachments) = self.load_local_reports()?;
        Ok(local_reports
            .iter()
            .filter_map(|present| present.to_view(&reference, &attachments, home))
            .collect())
    }

    /// The blank form of a contract: every cell in order, without a value.
    pub fn blank_form(&self, contract: String) -> Result<Vec<CellView>> {
        let reference = self.reference()?;
        let found = reference.catalogue.contract(&contract);
        let form = found.and_then(|contract| reference.catalogue.form(&contract.form));
        let form = form.ok_or(ClientError::NotFound { what: "contract".to_owned() })?;
        Ok(local_report::to_cell_views(Some(form), &Cells::new(), &reference))
    }

    /// Refused commands that are not resolved, oldest first.
    pub fn refused_commands(&self) -> Result<Vec<RefusedCommand>> {
        let (home, _) = self.home_and_today()?;
        let reference = self.reference()?;
        let refused = self.lock_under_lease()?.refused_commands()?;
        Ok(refused
            .iter()
            .map(|entry| view_conversion::to_refused_command(entry, &reference, home))
            .collect())
    }

    /// The latest commands of this phone, newest first, at most `most`.
    pub fn command_history(&self, most: u32) -> Result<Vec<CommandView>> {
        let (home, _) = self.home_and_today()?;
        let entries = self.lock_under_lease()?.latest_commands(i64::from(most))?;
        Ok(entries.iter().map(|entry| view_conversion::to_command_view(entry, home)).collect())
    }

    /// The newest receipt; `None` before the first one.
    pub fn latest_receipt(&self) -> Result<Option<ReceiptView>> {
        let newest = self.lock_under_lease()?.latest_receipt()?;
        Ok(newest.map(|one| ReceiptView {
            commands_taken: one.commands_taken,
            body: one.body,
            signature: one.signature,
        }))
    }

    /// Counts of the outbox. Available also after the lease has expired, because counts show no
    /// report data.
    pub fn outbox_status(&self) -> Result<OutboxStatus> {
        let mut replica = self.runner.replica();
        let [waiting, sent, acknowledged, _] =
            replica.count_by_state()?.map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        let refused = super::saturating_u32(replica.refused_commands()?.len());
        let held = super::saturating_u32(own_held::load_own_held(&mut replica)?.len());
        let last_sync = replica.progress()?.server_time;
        Ok(OutboxStatus { waiting, sent, acknowledged, held, refused, last_sync })
    }

    /// The scopes that this phone has or had, with count and digest, to compare with the server.
    pub fn scopes(&self) -> Result<Vec<ScopeView>> {
        let scopes = self.lock_under_lease()?.scopes()?;
        Ok(scopes
            .iter()
            .map(|(key, row)| view_conversion::to_scope_view(key, Some(row), row.removal_reason))
            .collect())
    }
}

impl Phone {
    /// Fails if the window was made around the date of a wrong clock: it contains that date, and
    /// not today.
    fn check_window_date(&self, window: DateWindow, today: Date) -> Result<()> {
        let phone_date = self.runner.clock.now().local_date();
        if phone_date != today && window.contains(phone_date) && !window.contains(today) {
            return Err(ClientError::ClockWrong { by: self.clock()?.ahead_seconds });
        }
        Ok(())
    }

    pub(super) fn load_local_reports(
        &self,
    ) -> Result<(std::sync::Arc<LocalReference>, Vec<LocalReport>, local_report::LocalAttachments)>
    {
        let (home, today) = self.home_and_today()?;
        let reference = self.reference()?;
        let mut replica = self.lock_under_lease()?;
        let stored = replica.records(RecordKind::Report.number())?;
        let mut pending: BTreeMap<[u8; 16], Vec<OutboxEntry>> = BTreeMap::new();
        for entry in replica.pending_commands()? {
            if let Ok(id) = <[u8; 16]>::try_from(entry.report_id.as_slice()) {
                pending.entry(id).or_default().push(entry);
            }
        }
        let attachments = local_report::load_attachments(&mut replica, &reference)?;
        let stored: BTreeMap<[u8; 16], ReplicaRecord> =
            stored.into_iter().map(|stored| (stored.key.id, stored)).collect();
        let ids: BTreeSet<[u8; 16]> = stored.keys().chain(pending.keys()).copied().collect();
        let replayed = |id: [u8; 16]| {
            let about = pending.remove(&id).unwrap_or_default();
            local_report::replay_local_report(
                ReportId(id),
                stored.get(&id),
                about,
                &reference,
                (home, today),
            )
        };
        let local_reports = ids.into_iter().map(replayed).collect();
        Ok((reference, local_reports, attachments))
    }
}

pub(super) fn parse_report_id(text: &str) -> Result<ReportId> {
    ReportId::parse(text).map_err(|_| ClientError::BadArgument { what: "report_id".to_owned() })
}

/// The reports that the home unit owes, also for closed units that it succeeds. Until its token is
/// renewed, the phone of a closed unit still has the old unit as its home.
pub(super) fn own_expected_reports(
    reference: &LocalReference,
    (home, today): (UnitId, Date),
    window: DateWindow,
) -> Vec<Expectation> {
    let home_now = reference.acting_unit_of(home, today);
    let units = reference.org.units().iter();
    let ours = units.filter(|one| reference.org.acting_unit(one.id, today) == Some(home_now));
    expected_reports(reference, &ours.map(|unit| unit.id).collect::<Vec<_>>(), window)
}

/// The reports that these units owe for periods that overlap the window. Periods are not cut at the
/// window.
fn expected_reports(
    reference: &LocalReference,
    units: &[UnitId],
    window: DateWindow,
) -> Vec<Expectation> {
    let LocalReference { org, calendars, catalogue, .. } = reference;
    let mut owed = Vec::new();
    for contract in &catalogue.contracts {
        // Not received yet.
        let Some(calendar) = calendars.get(&contract.calendar) else { continue };
        let whole = calendar.periods_in(window);
        let (Some(first), Some(last)) = (whole.first(), whole.last()) else { continue };
        let wider = DateWindow { start: first.start, end: last.end };
        for unit in units {
            let found = compute_unit_expectations(org, calendars, contract, *unit, wider)
                .unwrap_or_default();
            owed.extend(
                found.into_iter().filter(|one| one.period.overlaps(window.start, window.end)),
            );
        }
    }
    owed
}

fn to_report_key(expected: &Expectation) -> domain_report::ReportKey {
    let Expectation { contract, unit, period, .. } = expected;
    domain_report::ReportKey { contract: *contract, unit: *unit, period: period.clone() }
}

fn to_due_report(
    expected: &Expectation,
    key: &domain_report::ReportKey,
    reference: &LocalReference,
    status: ReportStatus,
) -> DueReport {
    let form = reference.form(key.contract);
    DueReport {
        key: view_conversion::to_report_key_view(key, reference),
        report_id: key.id().to_string(),
        form_name_vi: form.map_or_else(String::new, |form| form.name_vi.clone()),
        form_name_en: form.map_or_else(String::new, |form| form.name_en.clone()),
        period_name: period_name(&key.period, reference),
        submit_from_day: days_from_date(expected.submit_from),
        due_day: days_from_date(expected.due_day),
        grace_end_day: days_from_date(expected.grace_end_day),
        status,
    }
}

/// The name of a period; its code and days while its calendar is unknown.
pub(super) fn period_name(period: &Period, reference: &LocalReference) -> Message {
    let calendar = reference.calendars.get(&period.calendar);
    calendar.map_or_else(|| Message::verbatim(period), |calendar| calendar.period_name(period))
}

/// Whether another unit than the home unit signs for `unit`.
pub(super) fn is_foreign_unit(
    unit: UnitId,
    home: UnitId,
    reference: &LocalReference,
    today: jiff::civil::Date,
) -> bool {
    reference.acting_unit_of(unit, today) != reference.acting_unit_of(home, today)
}
