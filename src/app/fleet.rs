//! The fleet by units: when a unit was last heard, and whether something waits on its desk. About units, never about persons.
//!
//! No time of day, no device and no account leaves this file: it must not serve as a record of attendance. Knows no message.

use super::{App, Result};
use crate::domain::ids::UnitId;
use crate::domain::permission::{Actor, action, authorize};
use crate::domain::time::days_from_date;
use crate::domain::worded::worded;
use std::collections::BTreeMap;

worded! {
    /// When a unit was last heard; the order is from the nearest to the farthest.
    Contact {
        /// Today.
        Today = "TODAY",
        /// Within seven days.
        ThisWeek = "THIS_WEEK",
        /// Longer ago.
        Older = "OLDER",
    }
}

worded! {
    /// What waits, as far as the server knows: what a phone has not sent it cannot know.
    Waiting {
        /// Nothing.
        None = "NONE",
        /// Commands that wait on the unit's desk.
        Some = "SOME",
        /// A phone that can no longer sync: it was copied, and must be enrolled anew.
        Stuck = "STUCK",
    }
}

/// One unit's phones together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitFleet {
    /// Phones and desks that may act for it.
    pub devices: usize,
    /// When the last of them was heard.
    pub contact: Contact,
    /// What waits.
    pub waiting: Waiting,
}

impl App {
    /// The units that the caller may list devices of, with at least one. A token lives for `token_micros` from its last renewal.
    pub fn fleet(&self, actor: &Actor, token_micros: i64) -> Result<BTreeMap<UnitId, UnitFleet>> {
        let today = days_from_date(self.now().local_date());
        self.store().read(|tx| {
            let mut fleet: BTreeMap<UnitId, UnitFleet> = BTreeMap::new();
            for device in tx.devices()?.into_iter().filter(|device| device.revoked.is_none()) {
                let Some(unit) = tx.grants(device.account)?.first().map(|grant| grant.unit) else { continue };
                let place = tx.unit_path(unit)?;
                if authorize::<action::ListDevices>(actor, &place, self.now().local_date()).is_err() {
                    continue;
                }
                let heard = device.token_expires.map_or(device.enrolled, |end| end.plus_micros(-token_micros));
                let contact = match today - days_from_date(heard.local_date()) {
                    ..=0 => Contact::Today,
                    1..=6 => Contact::ThisWeek,
                    7.. => Contact::Older,
                };
                let waiting = match (device.forked, tx.waiting_of(device.id)?) {
                    (true, _) => Waiting::Stuck,
                    (false, 1..) => Waiting::Some,
                    (false, ..=0) => Waiting::None,
                };
                let known = fleet.entry(place.acting).or_insert(UnitFleet { devices: 0, contact, waiting });
                known.devices += 1;
                known.contact = known.contact.min(contact);
                known.waiting = known.waiting.max(waiting);
            }
            Ok(fleet)
        })
    }
}
