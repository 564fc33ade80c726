//! The phone's key: P-256, made on the phone, and what is signed with it. Randomness for ids and jitter.
//!
//! Knows no server. A private key leaves this file only as PKCS #8 bytes on their way to the replica.

use crate::domain::time::Instant;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

/// The machine has no randomness, or a stored key is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the phone's key cannot be made or read")]
pub(crate) struct BadKey;

/// A new key as PKCS #8.
pub(crate) fn new_key() -> Result<Vec<u8>, BadKey> {
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    made.map(|document| document.as_ref().to_vec()).map_err(|_| BadKey)
}

/// A key that can sign.
pub(crate) struct Key(EcdsaKeyPair);

impl Key {
    /// Reads PKCS #8.
    pub(crate) fn read(pkcs8: &[u8]) -> Result<Self, BadKey> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new());
        pair.map(Self).map_err(|_| BadKey)
    }

    /// The public key: uncompressed point, 65 bytes.
    pub(crate) fn public(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }

    /// ECDSA P-256 SHA-256 over `message`: r and s, 64 bytes.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, BadKey> {
        let signed = self.0.sign(&SystemRandom::new(), message);
        signed.map(|signature| signature.as_ref().to_vec()).map_err(|_| BadKey)
    }
}

/// Random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], BadKey> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| BadKey)?;
    Ok(bytes)
}

/// A random number for jitter; 0 where there is no randomness, which only makes phones come back in step.
pub(crate) fn random_number() -> u64 {
    random().map_or(0, u64::from_be_bytes)
}

/// A UUIDv7: milliseconds since 1970, then chance.
pub(crate) fn new_id(now: Instant) -> Result<[u8; 16], BadKey> {
    let mut id: [u8; 16] = random()?;
    id[..6].copy_from_slice(&now.unix_millis().to_be_bytes()[2..]);
    id[6] = id[6] & 0x0f | 0x70;
    id[8] = id[8] & 0x3f | 0x80;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    #[test]
    fn a_stored_key_signs_what_its_public_key_verifies() {
        let key = Key::read(&new_key().unwrap()).unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.public());
        assert!(public.verify(b"nonce", &key.sign(b"nonce").unwrap()).is_ok());
        assert_eq!(key.public().len(), 65);
        assert!(Key::read(b"no key").is_err());
    }

    #[test]
    fn ids_made_later_sort_later_and_say_that_they_are_of_version_seven() {
        let (early, late) = (new_id(Instant(1_000_000_000)).unwrap(), new_id(Instant(2_000_000_000)).unwrap());
        assert!(early < late);
        assert_eq!((early[6] >> 4, early[8] >> 6), (7, 2));
    }
}
