//! Reports that are due within two days or late, and were not sent. For an operator who reminds
//! units by telephone. A late report stays in the list, also after its grace, until it is sent or
//! every campaign that counts it is concluded.
//!
//! The latest first, then by unit code. The list is not stored: a stored list would record who was
//! late. A device reminds its own user.

use super::standing::unknown_calendar_error;
use super::{App, Result};
use crate::domain::access::permission::{Actor, action, authorize};
use crate::domain::reporting::expectation::{Expectation, compute_expectations};
use crate::domain::support::ids::ReportId;
use std::cmp::Reverse;
use std::collections::BTreeSet;

impl App {
    /// The due reports of visible units: by days of lateness, most first, then unit code, contract
    /// and day.
    pub fn due_reports(&self, actor: &Actor) -> Result<Vec<Expectation>> {
        let today = self.now().local_date();
        self.store().read(|tx| {
            let reference = self.reference(tx)?;
            let sent: BTreeSet<ReportId> = tx
                .reports_in_states(&super::standing::SENT_STATES, &reference.unit_numbers)?
                .iter()
                .map(|one| one.report.key.id())
                .collect();
            let mut found: Vec<Expectation> = Vec::new();
            for campaign in reference.judged_campaigns() {
                let contracts = reference.catalogue.contracts_with_codes(&campaign.contracts);
                let window = campaign.measurement_window;
                let expected =
                    compute_expectations(&reference.org, &reference.calendars, &contracts, window);
                let due = expected.map_err(|unknown| unknown_calendar_error(&unknown))?.into_iter();
                found.extend(due.filter(|one| {
                    let key = one.report_key();
                    one.is_due_for_reminder(today)
                        && !sent.contains(&key.id())
                        && !reference.is_every_campaign_concluded(&key)
                }));
            }
            let mut seen = Vec::new();
            for one in found {
                if authorize::<action::ReadReport>(actor, &tx.unit_path(one.unit)?, today).is_ok() {
                    seen.push(one);
                }
            }
            let code =
                |one: &Expectation| reference.org.unit(one.unit).map(|unit| unit.uid.clone());
            seen.sort_by_cached_key(|one| {
                (Reverse(one.days_late(today)), code(one), one.contract, one.period.start)
            });
            // Two campaigns may count the same report.
            seen.dedup_by(|a, b| {
                (a.contract, a.unit, &a.period) == (b.contract, b.unit, &b.period)
            });
            Ok(seen)
        })
    }
}
