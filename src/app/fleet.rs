//! Devices by unit, for a caller that may know when they were heard. `domain::access::fleet`
//! computes the summary of a unit.

use super::account::{authorize_over_units, load_account_units};
use super::enrol_card::CardFilter;
use super::{App, Result};
use crate::domain::access::fleet::UnitFleet;
use crate::domain::access::permission::{Actor, action, authorize};
use crate::domain::org::UnitKind;
use crate::domain::support::ids::UnitId;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A unit and its devices, with the texts that a list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitDevices {
    /// The code of the unit.
    pub unit_uid: String,
    /// Its name today.
    pub unit_name: String,
    /// Its devices together.
    pub fleet: UnitFleet,
    /// Its kind today; `None` if it is closed.
    pub unit_kind: Option<UnitKind>,
    /// The day on which the last open card for it expires.
    pub card_open_until: Option<Date>,
}

impl App {
    /// [`App::fleet_by_unit`] of one unit and those under it today, or of all: units without a
    /// device first, then by code.
    ///
    /// # Errors
    /// The database failed.
    pub fn unit_devices(&self, actor: &Actor, unit: Option<UnitId>) -> Result<Vec<UnitDevices>> {
        let (reference, now) = (self.current_reference()?, self.now());
        let (org, today) = (&reference.org, now.local_date());
        let requested = unit.map(|unit| org.effective_descendants(unit, today));
        let mut cards: BTreeMap<UnitId, Date> = BTreeMap::new();
        for (code, _) in self.enrol_cards(actor, CardFilter::default())? {
            let day = code.expires_at.local_date();
            cards.entry(code.unit).and_modify(|last| *last = day.max(*last)).or_insert(day);
        }
        let mut fleet = self.fleet_by_unit(actor)?;
        fleet.retain(|unit, _| requested.as_ref().is_none_or(|asked| asked.contains(unit)));
        let line = |(unit, fleet)| UnitDevices {
            unit_uid: org.unit(unit).map_or_else(String::new, |unit| unit.uid.clone()),
            unit_name: org.nearest_name(unit, today).to_owned(),
            unit_kind: org.kind_on(unit, today),
            fleet,
            card_open_until: cards.get(&unit).copied(),
        };
        let mut lines: Vec<UnitDevices> = fleet.into_iter().map(line).collect();
        lines.sort_by_cached_key(|one| (one.fleet.device_count > 0, one.unit_uid.clone()));
        Ok(lines)
    }

    /// The units whose devices the caller may know of: those that are open today, also without a
    /// device, and those with an active device.
    pub fn fleet_by_unit(&self, actor: &Actor) -> Result<BTreeMap<UnitId, UnitFleet>> {
        let now = self.now();
        let today = now.local_date();
        self.store().read(|tx| {
            let mut fleet: BTreeMap<UnitId, UnitFleet> = BTreeMap::new();
            let reference = self.reference(tx)?;
            for unit in reference.org.open_units_on(today) {
                // A cluster compares units and reports nothing itself.
                let reports = reference.org.kind_on(unit.id, today) != Some(UnitKind::Cluster);
                let unit_path = tx.unit_path(unit.id)?;
                if reports && authorize::<action::ReadFleet>(actor, &unit_path, today).is_ok() {
                    fleet.insert(unit.id, UnitFleet::WITHOUT_DEVICE);
                }
            }
            for device in tx
                .devices()?
                .into_iter()
                .filter(|device| device.revoked_at.is_none() && !device.is_expired_session(now))
            {
                let units = load_account_units(self, tx, device.account)?;
                if authorize_over_units::<action::ReadFleet>(tx, actor, &units, today)?.is_err() {
                    continue;
                }
                let unit_path = tx.unit_path(units.home_unit())?;
                let unit_fleet = UnitFleet::from_device(
                    device.last_seen().local_date(),
                    today,
                    device.is_forked,
                    tx.count_waiting_commands(device.id)?,
                );
                fleet
                    .entry(unit_path.acting_unit)
                    .and_modify(|existing| *existing = existing.merge(unit_fleet))
                    .or_insert(unit_fleet);
            }
            Ok(fleet)
        })
    }
}
