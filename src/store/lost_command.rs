//! After a restore: the commands of revoked devices that the copy lacks. Every other device sends
//! its commands again (S24); a revoked one sends nothing any more (S19).
//!
//! Contains no rule: it compares two databases.

use super::backend::DatabaseLocation;
use super::error::Result;
use super::read_tx::ReadTx;
use super::schema::command;
use super::schema_migration;
use crate::domain::report::command::Verdict;
use crate::domain::support::ids::DeviceId;
use diesel::prelude::*;
use std::collections::BTreeSet;

/// A device that was revoked after the copy, and its commands that the copy lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostDeviceCommands {
    /// The device.
    pub device: DeviceId,
    /// The number of its last command in the copy; 0 if the copy lacks the device.
    pub last_in_copy: u64,
    /// Numbers of its later commands that the old database had acknowledged, in order; without the
    /// rejected ones, which had no effect. `None` if the old database cannot be read.
    pub numbers: Option<Vec<u64>>,
}

impl ReadTx<'_> {
    /// Numbers above `after` of the commands that a device sent and that were not rejected, in
    /// order.
    fn effective_command_numbers(&mut self, device: DeviceId, after: u64) -> Result<Vec<u64>> {
        let numbers: Vec<i64> = command::table
            .filter(command::device.eq(&device.0[..]))
            .filter(command::number.gt(after as i64))
            .filter(command::verdict.ne(Verdict::Rejected.number()))
            .order(command::number)
            .select(command::number)
            .load(self.conn()?)?;
        Ok(numbers.into_iter().map(|number| number as u64).collect())
    }
}

/// The devices that were revoked after the copy, with what the copy lacks of each: those that the
/// old database or `revoked_in_file` names and that `copy` does not know as revoked. A device of
/// which the old database holds nothing that is missing is left out.
///
/// # Errors
/// Fails if the copy cannot be read; an old database that cannot be read gives `None` for numbers.
pub fn list_lost_commands(
    old: Option<&DatabaseLocation>,
    copy: &DatabaseLocation,
    revoked_in_file: &[DeviceId],
) -> Result<Vec<LostDeviceCommands>> {
    let revoked_in_old = old.and_then(|old| list_revoked_devices(old).ok());
    let mut devices: BTreeSet<DeviceId> = revoked_in_file.iter().copied().collect();
    devices.extend(revoked_in_old.iter().flatten());
    let mut conn = copy.connect(false)?;
    let (mut tx, mut lost) = (ReadTx::new(&mut conn), Vec::new());
    for device in devices {
        let known = tx.device(device)?;
        if known.as_ref().is_some_and(|known| known.revoked_at.is_some()) {
            continue;
        }
        let last_in_copy = known.map_or(0, |known| known.last_command_number);
        let numbers = old.and_then(|old| list_numbers(old, device, last_in_copy).ok());
        if numbers.as_ref().is_none_or(|numbers| !numbers.is_empty()) {
            lost.push(LostDeviceCommands { device, last_in_copy, numbers });
        }
    }
    Ok(lost)
}

fn list_revoked_devices(old: &DatabaseLocation) -> Result<Vec<DeviceId>> {
    let mut conn = old.connect(false)?;
    schema_migration::check_schema_known(&mut conn)?;
    let devices = ReadTx::new(&mut conn).devices()?;
    Ok(devices
        .into_iter()
        .filter(|device| device.revoked_at.is_some())
        .map(|device| device.id)
        .collect())
}

fn list_numbers(old: &DatabaseLocation, device: DeviceId, after: u64) -> Result<Vec<u64>> {
    let mut conn = old.connect(false)?;
    schema_migration::check_schema_known(&mut conn)?;
    ReadTx::new(&mut conn).effective_command_numbers(device, after)
}
