//! The server's nonces for renewals: made and known again without the database, so that whoever only asks for them costs nothing.
//!
//! ```text
//!  expires (8) | random (8) | HMAC of the server's secret over device, expires, random (16)
//! ```
//!
//! Every node of one authority knows them. That each serves once is the store's: it keeps the hash of those that were used, until they expire.

use super::NONCE_MICROS;
use super::secret::{NoRandom, derived, random};
use crate::domain::ids::DeviceId;
use crate::domain::time::Instant;

/// A nonce for this device to sign, good for a minute.
pub fn nonce_for(secret: &[u8], device: DeviceId, now: Instant) -> Result<[u8; 32], NoRandom> {
    let expires = now.plus_micros(NONCE_MICROS).0.to_be_bytes();
    let mut nonce = [0; 32];
    nonce[..8].copy_from_slice(&expires);
    nonce[8..16].copy_from_slice(&random::<8>()?);
    let seal = seal(secret, device, &nonce[..16]);
    nonce[16..].copy_from_slice(&seal);
    Ok(nonce)
}

/// When the nonce expires, if it was made here for this device and is still good at `now`.
#[must_use]
pub fn nonce_expires(secret: &[u8], device: DeviceId, nonce: &[u8], now: Instant) -> Option<Instant> {
    let nonce: &[u8; 32] = nonce.try_into().ok()?;
    let (head, shown) = nonce.split_at(16);
    // Who guesses has 128 bits to guess and a minute: how long the comparison takes helps nobody.
    let made_here = seal(secret, device, head) == *shown;
    let expires = Instant(i64::from_be_bytes(head[..8].try_into().ok()?));
    (made_here && now < expires).then_some(expires)
}

fn seal(secret: &[u8], device: DeviceId, head: &[u8]) -> [u8; 16] {
    derived(secret, &[b"renewal nonce", &device.0, head])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_known_again_for_its_device_for_a_minute_and_by_nobody_elses_secret() {
        let (device, now) = (DeviceId([1; 16]), Instant(1_724_000_000_000_000));
        let nonce = nonce_for(b"secret", device, now).unwrap();
        let end = now.plus_micros(NONCE_MICROS);
        assert_eq!(nonce_expires(b"secret", device, &nonce, now), Some(end));
        assert_eq!(nonce_expires(b"secret", device, &nonce, end), None);
        assert_eq!(nonce_expires(b"secret", DeviceId([2; 16]), &nonce, now), None);
        assert_eq!(nonce_expires(b"another", device, &nonce, now), None);
        for at in 0..nonce.len() {
            let mut changed = nonce;
            changed[at] ^= 1;
            assert_eq!(nonce_expires(b"secret", device, &changed, now), None, "byte {at}");
        }
        assert_eq!(nonce_expires(b"secret", device, &nonce[..31], now), None);
        assert_ne!(nonce_for(b"secret", device, now).unwrap(), nonce);
    }
}
