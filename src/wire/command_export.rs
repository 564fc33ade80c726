//! Encodes and decodes the file in which a phone exports its commands. Encryption and signatures
//! belong to `client` and `auth`.

use super::values;
use crate::domain::access::command_export::EXPORT_NONCE_BYTES;
use crate::domain::support::ids::DeviceId;
use crate::domain::support::reason::RefusalReason;
use crate::domain::support::time::Timestamp;
use crate::pb;
use prost::Message as _;

/// The file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedCommandExport {
    /// The device that made it.
    pub device: DeviceId,
    /// Nonce of the encryption.
    pub nonce: [u8; EXPORT_NONCE_BYTES],
    /// The encrypted content: an [`ExportedCommands`].
    pub sealed: Vec<u8>,
    /// The device's signature.
    pub signature: Vec<u8>,
}

/// The content of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedCommands {
    /// Body and signature of the device's certificate.
    pub certificate: (Vec<u8>, Vec<u8>),
    /// When it was made, by the device's clock.
    pub exported_at: Timestamp,
    /// The commands in order of number, each as the device would send it.
    pub commands: Vec<Vec<u8>>,
}

/// Encodes the file.
#[must_use]
pub fn encode_sealed_export(file: SealedCommandExport) -> Vec<u8> {
    let SealedCommandExport { device, nonce, sealed, signature } = file;
    let (device_id, nonce) = (device.0.to_vec(), nonce.to_vec());
    pb::CommandExport { device_id, nonce, sealed, signature }.encode_to_vec()
}

/// Decodes the file.
///
/// # Errors
/// [`RefusalReason::Malformed`] or [`RefusalReason::BadId`] if the bytes are no such file.
pub fn decode_sealed_export(bytes: &[u8]) -> Result<SealedCommandExport, RefusalReason> {
    let pb::CommandExport { device_id, nonce, sealed, signature } =
        pb::CommandExport::decode(bytes).map_err(|_| RefusalReason::Malformed)?;
    let device = values::id_from_bytes(&device_id, DeviceId::from_slice)?;
    let nonce = nonce.try_into().map_err(|_| RefusalReason::Malformed)?;
    Ok(SealedCommandExport { device, nonce, sealed, signature })
}

/// Encodes the content.
#[must_use]
pub fn encode_exported_commands(content: ExportedCommands) -> Vec<u8> {
    let ExportedCommands { certificate: (body, signature), exported_at, commands } = content;
    let message = pb::CommandExportBody {
        certificate: Some(pb::DeviceCertificate { body, signature }),
        exported_at: Some(values::timestamp_to_proto(exported_at)),
        commands,
    };
    message.encode_to_vec()
}

/// Decodes the content.
///
/// # Errors
/// [`RefusalReason::Malformed`] if the bytes do not follow the contract.
pub fn decode_exported_commands(bytes: &[u8]) -> Result<ExportedCommands, RefusalReason> {
    let pb::CommandExportBody { certificate, exported_at, commands } =
        pb::CommandExportBody::decode(bytes).map_err(|_| RefusalReason::Malformed)?;
    let pb::DeviceCertificate { body, signature } = certificate.ok_or(RefusalReason::Malformed)?;
    let exported_at = values::timestamp_from_proto(exported_at.ok_or(RefusalReason::Malformed)?)?;
    Ok(ExportedCommands { certificate: (body, signature), exported_at, commands })
}
