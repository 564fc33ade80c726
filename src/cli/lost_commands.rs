//! What `restore` and `promote` say of devices that were revoked after the copy: no phone brings
//! their commands again.

use super::error::CliResult;
use super::output::Output;
use crate::config::Config;
use crate::domain::support::ids::DeviceId;
use crate::domain::support::message::message;
use crate::server::keys::ServerKeys;
use crate::store::lost_command::LostDeviceCommands;
use serde_json::json;

/// The devices of `revoked.log`; none on a machine without the authority's key, which cannot read
/// the file.
pub(super) fn revoked_in_file(config: &Config) -> CliResult<Vec<DeviceId>> {
    if !config.dir.join("authority.key").exists() {
        return Ok(Vec::new());
    }
    Ok(ServerKeys::open(&config.dir)?.revocations.revoked_devices())
}

/// One line a device, then what to do; empty when nothing is lost.
pub(super) fn lost_command_texts(output: &Output, lost: &[LostDeviceCommands]) -> Vec<String> {
    let mut lines: Vec<String> = lost.iter().map(|one| device_text(output, one)).collect();
    if !lines.is_empty() {
        lines.push(output.text("backup-revoked-commands-next").to_owned());
    }
    lines
}

fn device_text(output: &Output, lost: &LostDeviceCommands) -> String {
    let device = lost.device;
    match &lost.numbers {
        Some(numbers) => {
            let numbers = number_ranges(numbers);
            output.say(message!("backup-revoked-commands-lost", device, numbers))
        }
        None => {
            let last = lost.last_in_copy;
            output.say(message!("backup-revoked-commands-unknown", device, last))
        }
    }
}

pub(super) fn lost_commands_json(lost: &[LostDeviceCommands]) -> serde_json::Value {
    let one = |one: &LostDeviceCommands| json!({ "device": one.device.to_string(), "last_in_copy": one.last_in_copy, "commands": one.numbers });
    lost.iter().map(one).collect()
}

/// Ascending numbers as ranges: `3-7, 9`.
pub(super) fn number_ranges(numbers: &[u64]) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let text = |(first, last): &(u64, u64)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    ranges.iter().map(text).collect::<Vec<_>>().join(", ")
}
