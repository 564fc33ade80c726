//! The fleet by units, for whoever may list their devices. What it says of a unit is decided in the domain. Knows no message.

use super::account::{may_over, units_of};
use super::{App, Result};
use crate::domain::fleet::UnitFleet;
use crate::domain::ids::UnitId;
use crate::domain::permission::{Actor, action};
use std::collections::BTreeMap;

impl App {
    /// The units that the caller may list devices of, with at least one that may act.
    pub fn fleet(&self, actor: &Actor) -> Result<BTreeMap<UnitId, UnitFleet>> {
        let now = self.now();
        let today = now.local_date();
        self.store().read(|tx| {
            let mut fleet: BTreeMap<UnitId, UnitFleet> = BTreeMap::new();
            for device in tx.devices()?.into_iter().filter(|device| device.revoked.is_none() && !device.is_over(now)) {
                let units = units_of(self, tx, device.account)?;
                if may_over::<action::ListDevices>(tx, actor, &units, today)?.is_err() {
                    continue;
                }
                let place = tx.unit_path(units.home())?;
                let one = UnitFleet::of(device.heard().local_date(), today, device.forked, tx.waiting_of(device.id)?);
                fleet.entry(place.acting).and_modify(|known| *known = known.and(one)).or_insert(one);
            }
            Ok(fleet)
        })
    }
}
