//! The server's nonces for token renewals. They are created and verified without the database, so a
//! request for a nonce writes nothing.
//!
//! ```text
//!  expires (8) | random (8) | HMAC of the server's secret over device, expires, random (16)
//! ```
//!
//! Every node of one authority verifies them. The store enforces single use: it stores the hash of
//! each used nonce until the nonce expires.

use super::NONCE_MICROS;
use super::secret::{NoRandom, derive_mac, random_bytes};
use crate::domain::support::ids::DeviceId;
use crate::domain::support::time::Timestamp;

/// A nonce for this device to sign, valid for [`NONCE_MICROS`].
pub fn create_renewal_nonce(
    secret: &[u8],
    device: DeviceId,
    now: Timestamp,
) -> Result<[u8; 32], NoRandom> {
    let expires = now.saturating_add_micros(NONCE_MICROS).0.to_be_bytes();
    let mut nonce = [0; 32];
    nonce[..8].copy_from_slice(&expires);
    nonce[8..16].copy_from_slice(&random_bytes::<8>()?);
    let mac = compute_nonce_mac(secret, device, &nonce[..16]);
    nonce[16..].copy_from_slice(&mac);
    Ok(nonce)
}

/// When the nonce expires; `None` if it was not created for this device with this secret, or has
/// expired at `now`.
#[must_use]
pub fn verify_renewal_nonce(
    secret: &[u8],
    device: DeviceId,
    nonce: &[u8],
    now: Timestamp,
) -> Option<Timestamp> {
    let nonce: &[u8; 32] = nonce.try_into().ok()?;
    let (payload, presented_mac) = nonce.split_at(16);
    // No constant-time comparison: the MAC has 128 bits and the nonce expires after a minute.
    let is_mac_valid = compute_nonce_mac(secret, device, payload) == *presented_mac;
    let expires = Timestamp(i64::from_be_bytes(payload[..8].try_into().ok()?));
    (is_mac_valid && now < expires).then_some(expires)
}

fn compute_nonce_mac(secret: &[u8], device: DeviceId, payload: &[u8]) -> [u8; 16] {
    derive_mac(secret, &[b"renewal nonce", &device.0, payload])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_known_again_for_its_device_for_a_minute_and_by_nobody_elses_secret() {
        let (device, now) = (DeviceId([1; 16]), Timestamp(1_724_000_000_000_000));
        let nonce = create_renewal_nonce(b"secret", device, now).unwrap();
        let end = now.saturating_add_micros(NONCE_MICROS);
        assert_eq!(verify_renewal_nonce(b"secret", device, &nonce, now), Some(end));
        assert_eq!(verify_renewal_nonce(b"secret", device, &nonce, end), None);
        assert_eq!(verify_renewal_nonce(b"secret", DeviceId([2; 16]), &nonce, now), None);
        assert_eq!(verify_renewal_nonce(b"another", device, &nonce, now), None);
        for at in 0..nonce.len() {
            let mut changed = nonce;
            changed[at] ^= 1;
            assert_eq!(verify_renewal_nonce(b"secret", device, &changed, now), None, "byte {at}");
        }
        assert_eq!(verify_renewal_nonce(b"secret", device, &nonce[..31], now), None);
        assert_ne!(create_renewal_nonce(b"secret", device, now).unwrap(), nonce);
    }
}
