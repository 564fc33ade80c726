//! Commands of this phone that the server holds: on which unit's desk, and why.
//!
//! A person whose role has ended holds nothing of the unit any more, and still learns what became
//! of each command.

use super::command_values::{CommandKind, OwnHeldCommand};
use super::{Phone, Result, view_conversion};
use crate::client::protocol::{HeldAt, RecordKey, ScopeKey};
use crate::client::reference::LocalReference;
use crate::client::replica::{LocalReplica, OutboxEntry, OutboxEntryState, ReplicaError};
use crate::domain::access::scope::{RecordKind, ScopeKind};
use crate::domain::report::attachment::HeldState;
use crate::domain::support::hex::encode_hex;
use crate::domain::support::ids::UnitId;
use crate::domain::support::message::{Message, message};
use crate::pb;
use crate::wire;

#[cfg_attr(feature = "bindings", uniffi::export)]
impl Phone {
    /// Commands of this phone that the server holds, oldest first, until a person or the missing
    /// state settles them, as far as this phone learns of it.
    pub fn own_held_commands(&self) -> Result<Vec<OwnHeldCommand>> {
        let (home, _) = self.home_and_today()?;
        let reference = self.reference()?;
        let held = load_own_held(&mut *self.lock_under_lease()?)?;
        Ok(held
            .iter()
            .map(|(entry, place)| to_own_held_command(entry, place, &reference, home))
            .collect())
    }
}

/// The commands of this phone that the server still holds, each with its place.
pub(super) fn load_own_held(
    replica: &mut LocalReplica,
) -> std::result::Result<Vec<(OutboxEntry, HeldAt)>, ReplicaError> {
    let mut held = Vec::new();
    for (entry, place) in replica.held_commands()? {
        if is_still_held(replica, &entry, &place)? {
            held.push((entry, place));
        }
    }
    Ok(held)
}

/// Whether the command waits as far as this phone knows. While the phone holds the unit's desk, the
/// record there says so; a record that is gone was applied.
fn is_still_held(
    replica: &mut LocalReplica,
    entry: &OutboxEntry,
    place: &HeldAt,
) -> std::result::Result<bool, ReplicaError> {
    if entry.state != OutboxEntryState::Settled {
        return Ok(true);
    }
    let Ok(id) = <[u8; 16]>::try_from(entry.record_id.as_slice()) else { return Ok(true) };
    let record = replica.record(RecordKey { kind: RecordKind::Held.number(), id })?;
    if let Some(record) = record {
        let decoded = wire::record::decode_held(&record.bytes);
        return Ok(decoded.is_ok_and(|held| held.state == HeldState::Open));
    }
    let desk =
        |key: &ScopeKey| key.kind == ScopeKind::Desk.number() && key.id[..] == place.unit_id[..];
    let has_desk = replica.scopes()?.iter().any(|(key, row)| desk(key) && row.granted);
    Ok(!has_desk)
}

fn to_own_held_command(
    entry: &OutboxEntry,
    place: &HeldAt,
    reference: &LocalReference,
    home: UnitId,
) -> OwnHeldCommand {
    let command = wire::command::decode_command(&entry.bytes, home)
        .ok()
        .and_then(|numbered| numbered.command.ok());
    let body = command.map(|command| command.body);
    let (cells, text) = body
        .as_ref()
        .map(|body| view_conversion::command_content(body, reference))
        .unwrap_or_default();
    OwnHeldCommand {
        number: entry.number,
        report_id: encode_hex(&entry.report_id),
        kind: body.as_ref().map_or(CommandKind::Other, view_conversion::to_command_kind),
        reason: match pb::HeldReason::try_from(place.reason) {
            Ok(pb::HeldReason::UnknownBase) => "UNKNOWN_BASE".to_owned(),
            Ok(pb::HeldReason::GrantLost) => "GRANT_LOST".to_owned(),
            Ok(pb::HeldReason::UnknownKind | pb::HeldReason::Unspecified) | Err(_) => {
                place.reason.to_string()
            }
        },
        unit_id: encode_hex(&place.unit_id),
        unit_name: place.unit_name.clone(),
        place: held_message(place),
        cells,
        text,
        made_at: entry.made_at,
    }
}

/// Where the command is and who decides.
fn held_message(place: &HeldAt) -> Message {
    let unit = &place.unit_name;
    match pb::HeldReason::try_from(place.reason) {
        Ok(pb::HeldReason::GrantLost) => message!("held-grant-lost", unit),
        Ok(pb::HeldReason::UnknownBase) => message!("held-unknown-base", unit),
        Ok(pb::HeldReason::UnknownKind | pb::HeldReason::Unspecified) | Err(_) => {
            message!("held-other", unit)
        }
    }
}
