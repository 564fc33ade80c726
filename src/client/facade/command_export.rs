//! The file in which a phone hands its unconfirmed commands to its authority before it is revoked.

use super::{ClientError, Phone, Result};
use crate::client::command_export::UnsignedExport;
use crate::wire::command_export::ExportedCommands;

/// A file of exported commands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "bindings", derive(uniffi::Record))]
pub struct CommandExportFile {
    /// The content of the file; only the authority can read it.
    pub bytes: Vec<u8>,
    /// The number of commands in it.
    pub command_count: u32,
}

#[cfg_attr(feature = "bindings", uniffi::export)]
impl Phone {
    /// Exports the commands that would be lost if this phone were revoked now: those without an
    /// answer, and those that no verified backup of the server holds yet. Works without a
    /// connection and after the lease has expired, because only the authority can read the file.
    /// Changes nothing on the phone.
    pub fn export_commands(&self) -> Result<CommandExportFile> {
        let (export, command_count) = self.seal_unconfirmed_commands()?;
        let (identity, _) = self.identity_and_enrolment()?;
        let signature = self.sign(&identity, export.signing_input())?;
        Ok(CommandExportFile { bytes: export.finish(&signature)?, command_count })
    }
}

impl Phone {
    /// Encrypts the unconfirmed commands; their number.
    pub(super) fn seal_unconfirmed_commands(&self) -> Result<(UnsignedExport, u32)> {
        let (identity, enrolment) = self.identity_and_enrolment()?;
        if enrolment.command_export_key.is_empty() {
            return Err(ClientError::NoExportKey);
        }
        let entries = self.runner.replica().unconfirmed_commands()?;
        let command_count = super::saturating_u32(entries.len());
        let content = ExportedCommands {
            certificate: (enrolment.certificate, enrolment.certificate_signature),
            exported_at: self.runner.clock.now(),
            commands: entries.into_iter().map(|entry| entry.bytes).collect(),
        };
        let export =
            UnsignedExport::seal(identity.device_id, &enrolment.command_export_key, content)?;
        Ok((export, command_count))
    }
}
