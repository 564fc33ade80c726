//! What a phone's file of exported commands binds: the inputs of its encryption and its signature.

use crate::domain::support::ids::DeviceId;

/// Length of the encryption's nonce in bytes.
pub const EXPORT_NONCE_BYTES: usize = 12;

/// The additional data of the encryption: the device to which the content belongs.
#[must_use]
pub fn export_additional_data(device: DeviceId) -> Vec<u8> {
    [b"thidua.commands.v1\0", &device.0[..]].concat()
}

/// The input that a device signs: proof that the sealed content is its own.
#[must_use]
pub fn export_signing_input(device: DeviceId, nonce: &[u8], sealed: &[u8]) -> Vec<u8> {
    [&export_additional_data(device), nonce, sealed].concat()
}
