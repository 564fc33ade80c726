//! The key with which a device seals the commands that it exports, and opening such a file.
//!
//! The authority derives the key from the server's secret (`seal.key`), so it stores nothing, and a
//! restored server opens files of devices that its database lacks.

use super::secret::derive_key;
use crate::domain::access::command_export::{EXPORT_NONCE_BYTES, export_additional_data};
use crate::domain::support::ids::DeviceId;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

/// The file was not sealed by this device for this authority, or was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not sealed by this device for this authority")]
pub struct ExportOpenError;

/// The key of one device.
#[must_use]
pub fn derive_command_export_key(secret: &[u8], device: DeviceId) -> [u8; 32] {
    derive_key(secret, &[b"command export", &device.0])
}

/// Decrypts the content that a device sealed with its key.
pub fn open_command_export(
    secret: &[u8],
    device: DeviceId,
    nonce: [u8; EXPORT_NONCE_BYTES],
    sealed: &[u8],
) -> Result<Vec<u8>, ExportOpenError> {
    let key = UnboundKey::new(&AES_256_GCM, &derive_command_export_key(secret, device))
        .map_err(|_| ExportOpenError)?;
    let mut content = sealed.to_vec();
    let additional = Aad::from(export_additional_data(device));
    let opened = LessSafeKey::new(key)
        .open_in_place(Nonce::assume_unique_for_key(nonce), additional, &mut content)
        .map_err(|_| ExportOpenError)?;
    Ok(opened.to_vec())
}
