//! Seals a phone's commands for its authority.

use super::device_key::{DeviceKey, DeviceKeyError, random_bytes};
use crate::domain::access::command_export::{export_additional_data, export_signing_input};
use crate::domain::support::ids::DeviceId;
use crate::wire::command_export::{
    ExportedCommands, SealedCommandExport, encode_exported_commands, encode_sealed_export,
};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// Encrypts the content with the key that the authority gave to this device, and signs it with the
/// device's own key.
pub(crate) fn seal_commands(
    device: DeviceId,
    key: &DeviceKey,
    export_key: &[u8],
    content: ExportedCommands,
) -> Result<Vec<u8>, DeviceKeyError> {
    let cipher = UnboundKey::new(&AES_256_GCM, export_key).map_err(|_| DeviceKeyError)?;
    let nonce = random_bytes()?;
    let mut sealed = encode_exported_commands(content);
    LessSafeKey::new(cipher)
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(export_additional_data(device)),
            &mut sealed,
        )
        .map_err(|_| DeviceKeyError)?;
    let signature = key.sign(&export_signing_input(device, &nonce, &sealed))?;
    Ok(encode_sealed_export(SealedCommandExport { device, nonce, sealed, signature }))
}
