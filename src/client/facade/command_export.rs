//! The file in which a phone hands its unconfirmed commands to its authority before it is revoked.

use super::{ClientError, Phone, Result};
use crate::client::replica::LocalDevice;
use crate::client::transport::command_export::seal_commands;
use crate::client::transport::device_key::DeviceKey;
use crate::wire::command_export::ExportedCommands;

/// A file of exported commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandExportFile {
    /// The content of the file; only the authority can read it.
    pub bytes: Vec<u8>,
    /// The number of commands in it.
    pub command_count: u32,
}

impl Phone {
    /// Exports the commands that would be lost if this phone were revoked now: those without an
    /// answer, and those that no verified backup of the server holds yet. Works without a
    /// connection and after the lease has expired, because only the authority can read the file.
    /// Changes nothing on the phone.
    pub fn export_commands(&self) -> Result<CommandExportFile> {
        let mut replica = self.runner.replica();
        let Some(LocalDevice { identity, enrolment: Some(enrolment) }) = replica.device()? else {
            return Err(ClientError::NotEnrolled);
        };
        if enrolment.command_export_key.is_empty() {
            return Err(ClientError::NoExportKey);
        }
        let entries = replica.unconfirmed_commands()?;
        drop(replica);
        let command_count = super::saturating_u32(entries.len());
        let content = ExportedCommands {
            certificate: (enrolment.certificate, enrolment.certificate_signature),
            exported_at: self.runner.clock.now(),
            commands: entries.into_iter().map(|entry| entry.bytes).collect(),
        };
        let key = DeviceKey::from_pkcs8(&identity.private_key)?;
        let bytes =
            seal_commands(identity.device_id, &key, &enrolment.command_export_key, content)?;
        Ok(CommandExportFile { bytes, command_count })
    }
}
