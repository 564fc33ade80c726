//! Seals a phone's commands for its authority: encrypted first, then signed over the sealed bytes.

use super::device_key::{DeviceKeyError, fixed_signature, random_bytes};
use crate::domain::access::command_export::{export_additional_data, export_signing_input};
use crate::domain::support::ids::DeviceId;
use crate::domain::support::reason::RefusalReason;
use crate::wire::command_export::{
    ExportedCommands, SealedCommandExport, decode_sealed_export, encode_exported_commands,
    encode_sealed_export,
};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// Commands that are encrypted but not signed.
pub(crate) struct UnsignedExport {
    device: DeviceId,
    nonce: [u8; 12],
    sealed: Vec<u8>,
}

impl UnsignedExport {
    /// Encrypts the content with the key that the authority gave to this device.
    pub(crate) fn seal(
        device: DeviceId,
        export_key: &[u8],
        content: ExportedCommands,
    ) -> Result<Self, DeviceKeyError> {
        let cipher =
            UnboundKey::new(&AES_256_GCM, export_key).map_err(|_| DeviceKeyError::Unusable)?;
        let nonce = random_bytes()?;
        let mut sealed = encode_exported_commands(content);
        LessSafeKey::new(cipher)
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(export_additional_data(device)),
                &mut sealed,
            )
            .map_err(|_| DeviceKeyError::Unusable)?;
        Ok(Self { device, nonce, sealed })
    }

    /// The bytes that the device's key signs.
    pub(crate) fn signing_input(&self) -> Vec<u8> {
        export_signing_input(self.device, &self.nonce, &self.sealed)
    }

    /// The file without its signature.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let Self { device, nonce, sealed } = self;
        let (device, nonce, sealed) = (*device, *nonce, sealed.clone());
        encode_sealed_export(SealedCommandExport { device, nonce, sealed, signature: Vec::new() })
    }

    /// Decodes the file without its signature.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, RefusalReason> {
        let SealedCommandExport { device, nonce, sealed, signature: _ } =
            decode_sealed_export(bytes)?;
        Ok(Self { device, nonce, sealed })
    }

    /// The content of the file.
    pub(crate) fn finish(self, signature: &[u8]) -> Result<Vec<u8>, DeviceKeyError> {
        let signature = fixed_signature(signature)?;
        let Self { device, nonce, sealed } = self;
        Ok(encode_sealed_export(SealedCommandExport { device, nonce, sealed, signature }))
    }
}
