//! What the app lists: what is due, reports, refusals, the outbox, scopes, who uses the phone.

use super::report::{self, Present};
use super::values::{
    CellView, CommandView, DueReport, OutboxStatus, ReceiptView, RefusedCommand, ReportKey, ReportStatus, ReportView,
    ScopeView, SessionView,
};
use super::{ClientError, Phone, Result, show};
use crate::client::reference::Reference;
use crate::client::replica::{Entry, Stored};
use crate::domain::cell::Cells;
use crate::domain::expectation::{Expectation, expectations_of};
use crate::domain::ids::{ReportId, UnitId};
use crate::domain::report as domain_report;
use crate::domain::scope::RecordKind;
use crate::domain::time::{date_from_days, days_from_date};
use crate::domain::window::Window;
use std::collections::{BTreeMap, BTreeSet};

impl Phone {
    /// Who uses this phone; `None` before it is enrolled. Also when the lease is over: whose phone it is says nothing of its work.
    pub fn session(&self) -> Result<Option<SessionView>> {
        let Some(device) = self.core.replica().device()? else { return Ok(None) };
        let Some(admission) = device.admission else { return Ok(None) };
        let (reference, today) = (self.reference_at_hand()?, self.core.clock.now().local_date());
        let unit = reference.org.unit(admission.unit);
        Ok(Some(SessionView {
            device_id: device.applicant.device.to_string(),
            account_id: admission.account.to_string(),
            unit_id: admission.unit.to_string(),
            unit: unit.map_or_else(String::new, |unit| unit.uid.clone()),
            unit_name: reference.org.name_near(admission.unit, today).to_owned(),
            roles: admission.roles.iter().map(|role| role.code().to_owned()).collect(),
        }))
    }

    /// What this phone's unit owes for the days from `from_day` until before `to_day`, also for closed units that it follows, with where each
    /// stands: by contract, unit and day. Days are since 1970-01-01.
    pub fn due(&self, from_day: i32, to_day: i32) -> Result<Vec<DueReport>> {
        let (home, today) = self.here()?;
        let reference = self.reference()?;
        let window = Window::new(date_from_days(from_day), date_from_days(to_day));
        let window = window.ok_or(ClientError::BadArgument { what: "days".to_owned() })?;
        // Until the token is renewed a phone of a closed unit still calls itself by the old one.
        let home_now = reference.acts_for(home, today);
        let ours = reference.org.units().iter().filter(|unit| reference.org.acts_for(unit.id, today) == Some(home_now));
        let ours: Vec<UnitId> = ours.map(|unit| unit.id).collect();
        let owed = owed(&reference, &ours, window);
        let mut replica = self.unlocked()?;
        let beside = report::beside(&mut replica, &reference)?;
        let mut due = Vec::with_capacity(owed.len());
        for expected in owed {
            let key = key_of(&expected);
            let present = report::present(&mut replica, &reference, key.id(), home, today)?;
            due.push(due_view(&expected, &key, &reference, present.status(&beside)));
        }
        Ok(due)
    }

    /// One report with the outbox on top; `None` when there is none here or there.
    pub fn report(&self, report_id: String) -> Result<Option<ReportView>> {
        let id = parse_report(&report_id)?;
        let (home, today) = self.here()?;
        let reference = self.reference()?;
        let mut replica = self.unlocked()?;
        let present = report::present(&mut replica, &reference, id, home, today)?;
        let beside = report::beside(&mut replica, &reference)?;
        Ok(present.view(&reference, &beside, home))
    }

    /// The id of the report that answers this; two phones that never met derive the same.
    pub fn report_id(&self, key: ReportKey) -> String {
        show::read_key(&key).id().to_string()
    }

    /// All reports on this phone, those only in the outbox included, by id.
    pub fn reports(&self) -> Result<Vec<ReportView>> {
        let (home, _) = self.here()?;
        let (reference, presents, beside) = self.presents()?;
        Ok(presents.iter().filter_map(|present| present.view(&reference, &beside, home)).collect())
    }

    pub(super) fn presents(&self) -> Result<(std::sync::Arc<Reference>, Vec<Present>, report::Beside)> {
        let (home, today) = self.here()?;
        let reference = self.reference()?;
        let mut replica = self.unlocked()?;
        let stored = replica.records(RecordKind::Report.number())?;
        let mut pending: BTreeMap<[u8; 16], Vec<Entry>> = BTreeMap::new();
        for entry in replica.pending()? {
            if let Ok(id) = <[u8; 16]>::try_from(entry.report.as_slice()) {
                pending.entry(id).or_default().push(entry);
            }
        }
        let beside = report::beside(&mut replica, &reference)?;
        let stored: BTreeMap<[u8; 16], Stored> = stored.into_iter().map(|stored| (stored.key.id, stored)).collect();
        let ids: BTreeSet<[u8; 16]> = stored.keys().chain(pending.keys()).copied().collect();
        let replayed = |id: [u8; 16]| {
            let about = pending.remove(&id).unwrap_or_default();
            report::replayed(ReportId(id), stored.get(&id), about, &reference, (home, today))
        };
        let presents = ids.into_iter().map(replayed).collect();
        Ok((reference, presents, beside))
    }

    /// The blank form of a contract: every cell in its order, nothing entered.
    pub fn blank_form(&self, contract: String) -> Result<Vec<CellView>> {
        let reference = self.reference()?;
        let found = reference.catalogue.contract(&contract);
        let form = found.and_then(|contract| reference.catalogue.form(&contract.form));
        let form = form.ok_or(ClientError::NotFound { what: "contract".to_owned() })?;
        Ok(report::cells(Some(form), &Cells::new(), &reference))
    }

    /// Refused commands that nobody has dealt with, oldest first.
    pub fn refused(&self) -> Result<Vec<RefusedCommand>> {
        let (home, _) = self.here()?;
        let reference = self.reference()?;
        let refused = self.unlocked()?.refused()?;
        Ok(refused.iter().map(|entry| show::refused(entry, &reference, home)).collect())
    }

    /// The latest commands of this phone, newest first, at most `most`.
    pub fn history(&self, most: u32) -> Result<Vec<CommandView>> {
        let (home, _) = self.here()?;
        let entries = self.unlocked()?.latest(i64::from(most))?;
        Ok(entries.iter().map(|entry| show::command(entry, home)).collect())
    }

    /// The newest receipt; `None` before the first command was taken.
    pub fn receipt(&self) -> Result<Option<ReceiptView>> {
        let newest = self.unlocked()?.receipt()?;
        Ok(newest.map(|one| ReceiptView { commands_taken: one.taken, body: one.body, signature: one.signature }))
    }

    /// The outbox at a glance; also when the lease is over: how much waits is no secret, what it says is.
    pub fn outbox(&self) -> Result<OutboxStatus> {
        let mut replica = self.core.replica();
        let [waiting, sent, acknowledged, _] = replica.counts()?.map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        let refused = super::small(replica.refused()?.len());
        let last_sync = replica.progress()?.server_time;
        Ok(OutboxStatus { waiting, sent, acknowledged, refused, last_sync })
    }

    /// The scopes that this phone holds or held, with count and digest: what the server can be compared with.
    pub fn scopes(&self) -> Result<Vec<ScopeView>> {
        let scopes = self.unlocked()?.scopes()?;
        Ok(scopes.iter().map(|(key, row)| show::scope(key, Some(row), row.removal)).collect())
    }
}

pub(super) fn parse_report(text: &str) -> Result<ReportId> {
    ReportId::parse(text).map_err(|_| ClientError::BadArgument { what: "report_id".to_owned() })
}

/// What these units owe for periods that share a day with the window. Periods stay whole: the window cuts none.
fn owed(reference: &Reference, units: &[UnitId], window: Window) -> Vec<Expectation> {
    let Reference { org, calendars, catalogue, .. } = reference;
    let mut owed = Vec::new();
    for contract in &catalogue.contracts {
        let Some(calendar) = calendars.get(&contract.calendar) else { continue }; // It has not come yet.
        let whole = calendar.periods_in(window);
        let (Some(first), Some(last)) = (whole.first(), whole.last()) else { continue };
        let wider = Window { start: first.start, end: last.end };
        for unit in units {
            let found = expectations_of(org, calendars, contract, *unit, wider).unwrap_or_default();
            owed.extend(found.into_iter().filter(|one| one.period.overlaps(window.start, window.end)));
        }
    }
    owed
}

fn key_of(expected: &Expectation) -> domain_report::ReportKey {
    let Expectation { contract, unit, period, .. } = expected;
    domain_report::ReportKey { contract: *contract, unit: *unit, period: period.clone() }
}

fn due_view(
    expected: &Expectation,
    key: &domain_report::ReportKey,
    reference: &Reference,
    status: ReportStatus,
) -> DueReport {
    let form = reference.form(key.contract);
    let label = |vi: bool| {
        let calendar = reference.calendars.get(&key.period.calendar);
        calendar.map_or_else(|| key.period.to_string(), |calendar| calendar.label(&key.period, vi))
    };
    DueReport {
        key: show::key(key, reference),
        report_id: key.id().to_string(),
        form_vi: form.map_or_else(String::new, |form| form.name_vi.clone()),
        form_en: form.map_or_else(String::new, |form| form.name_en.clone()),
        period_vi: label(true),
        period_en: label(false),
        due_day: days_from_date(expected.due),
        grace_end_day: days_from_date(expected.grace_end),
        status,
    }
}

/// Whether a unit's reports are for somebody else to review here.
pub(super) fn is_other(unit: UnitId, home: UnitId, reference: &Reference, today: jiff::civil::Date) -> bool {
    reference.acts_for(unit, today) != reference.acts_for(home, today)
}
