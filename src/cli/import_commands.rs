//! `thidua access import-commands`: takes the commands that a phone exported before it was revoked
//! into the hand-over box of its unit, as the act of the unit's head.

use super::context::LocalApp;
use super::error::{CliError, CliResult};
use super::lost_commands::number_ranges;
use super::output::Output;
use crate::app::command::{CommandImport, ExportingDevice, ImportedCommand};
use crate::auth;
use crate::config::Config;
use crate::domain::access::command_export::export_signing_input;
use crate::domain::support::ids::AccountId;
use crate::domain::support::message::message;
use crate::domain::support::reason::RefusalReason;
use crate::server::keys::ServerKeys;
use crate::wire::access::{DeviceCertificateBody, decode_certificate};
use crate::wire::command::decode_command;
use crate::wire::command_export::{decode_exported_commands, decode_sealed_export};
use serde_json::json;
use std::path::Path;

/// Imports the file; `head` is the label of the account of the unit's head.
pub(super) fn import_commands(
    output: &Output,
    config: &Config,
    local_app: &LocalApp,
    file: &Path,
    head: &str,
) -> CliResult {
    let bytes = std::fs::read(file).map_err(|error| CliError::file_error(file, &error))?;
    let keys = ServerKeys::open(&config.dir)?;
    let (exporter, commands) = open_export(&keys, &bytes).ok_or_else(|| {
        let shown = file.display();
        CliError::new("EXPORT_REFUSED", message!("import-commands-not-this-authority", shown))
    })?;
    let account = AccountId::from_code(head);
    if local_app.app.account_label(&local_app.actor, account)?.is_none() {
        return Err(CliError::new(
            "UNKNOWN_ACCOUNT",
            message!("access-account-holds-no-role", account = head),
        ));
    }
    let device = exporter.device;
    match local_app.app.import_commands(account, &exporter, &commands)? {
        CommandImport::DeviceNotRevoked => Err(CliError::new(
            "DEVICE_NOT_REVOKED",
            message!("import-commands-device-not-revoked", device),
        )),
        CommandImport::Imported { held, known, refused } => {
            print_import(output, &device.to_string(), &held, &known, &refused);
            Ok(())
        }
    }
}

fn print_import(
    output: &Output,
    device: &str,
    held: &[u64],
    known: &[u64],
    refused: &[(u64, RefusalReason)],
) {
    let text = || {
        let (count, skipped) = (held.len(), known.len());
        let mut lines = vec![output.say(message!("import-commands-done", device, count, skipped))];
        if !held.is_empty() {
            let numbers = number_ranges(held);
            lines.push(output.say(message!("import-commands-held", numbers)));
        }
        for (number, reason) in refused {
            let why = output.say(reason.message());
            lines.push(output.say(message!("import-commands-refused", number, why)));
        }
        lines.join("\n")
    };
    let refused_json = |(number, reason): &(u64, RefusalReason)| json!({ "number": number, "reason": reason.code() });
    output.print_answer(text, || {
        json!({
            "device": device, "held": held, "known": known,
            "refused": refused.iter().map(refused_json).collect::<Vec<_>>(),
        })
    });
}

/// Decrypts the file and verifies that it comes from a device of this authority; `None` if not.
fn open_export(keys: &ServerKeys, bytes: &[u8]) -> Option<(ExportingDevice, Vec<ImportedCommand>)> {
    let file = decode_sealed_export(bytes).ok()?;
    let device = file.device;
    let content =
        auth::open_command_export(&keys.cursor_key, device, file.nonce, &file.sealed).ok()?;
    let content = decode_exported_commands(&content).ok()?;
    let (body, signature) = &content.certificate;
    auth::verify_signature(keys.authority.public_key(), body, signature).ok()?;
    let certified = decode_certificate(body).ok()?;
    let DeviceCertificateBody { authority, account, unit, public_key, roles, .. } = certified;
    if certified.device != device || authority != keys.authority.id() {
        return None;
    }
    let signed = export_signing_input(device, &file.nonce, &file.sealed);
    auth::verify_signature(&public_key, &signed, &file.signature).ok()?;
    let is_in_revocation_file = keys.revocations.is_revoked(device);
    let read = |bytes: Vec<u8>| {
        let numbered = decode_command(&bytes, unit).ok()?;
        let hash = auth::hash_secret(&bytes);
        Some(ImportedCommand { number: numbered.number, hash, bytes, command: numbered.command })
    };
    let commands = content.commands.into_iter().map(read).collect::<Option<Vec<_>>>()?;
    Some((ExportingDevice { device, account, unit, roles, is_in_revocation_file }, commands))
}
