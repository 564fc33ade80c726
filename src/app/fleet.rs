//! Devices by unit, for a caller that may list them. `domain::access::fleet` computes the summary
//! of a unit.

use super::account::{authorize_over_units, load_account_units};
use super::{App, Result};
use crate::domain::access::fleet::UnitFleet;
use crate::domain::access::permission::{Actor, action, authorize};
use crate::domain::org::UnitKind;
use crate::domain::support::ids::UnitId;
use std::collections::BTreeMap;

impl App {
    /// The units whose devices the caller may list: those that are open today, also without a
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
                if reports && authorize::<action::ListDevices>(actor, &unit_path, today).is_ok() {
                    fleet.insert(unit.id, UnitFleet::WITHOUT_DEVICE);
                }
            }
            for device in tx
                .devices()?
                .into_iter()
                .filter(|device| device.revoked_at.is_none() && !device.is_expired_session(now))
            {
                let units = load_account_units(self, tx, device.account)?;
                if authorize_over_units::<action::ListDevices>(tx, actor, &units, today)?.is_err() {
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
