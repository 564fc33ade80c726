//! The phone's P-256 key and its signatures; random numbers for ids and jitter.
//!
//! The private key leaves this module only as PKCS #8 bytes for the replica.

use crate::domain::support::time::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

/// Random numbers are not available, or a stored key is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the phone's key cannot be made or read")]
pub(crate) struct DeviceKeyError;

/// Generates a key as PKCS #8.
pub(crate) fn generate_key() -> Result<Vec<u8>, DeviceKeyError> {
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    made.map(|document| document.as_ref().to_vec()).map_err(|_| DeviceKeyError)
}

/// A key for signatures.
pub(crate) struct DeviceKey(EcdsaKeyPair);

impl DeviceKey {
    /// Decodes PKCS #8.
    pub(crate) fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, DeviceKeyError> {
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new());
        pair.map(Self).map_err(|_| DeviceKeyError)
    }

    /// The public key: uncompressed point, 65 bytes.
    pub(crate) fn public_key(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }

    /// The ECDSA P-256 SHA-256 signature of `message`: r and s, 64 bytes.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, DeviceKeyError> {
        let signed = self.0.sign(&SystemRandom::new(), message);
        signed.map(|signature| signature.as_ref().to_vec()).map_err(|_| DeviceKeyError)
    }
}

/// Random bytes.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], DeviceKeyError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| DeviceKeyError)?;
    Ok(bytes)
}

/// A random number for jitter; 0 if none is available, which only removes the jitter.
pub(crate) fn random_u64() -> u64 {
    random_bytes().map_or(0, u64::from_be_bytes)
}

/// A UUIDv7: milliseconds since 1970, then random bits.
pub(crate) fn new_uuid_v7(now: Timestamp) -> Result<[u8; 16], DeviceKeyError> {
    let mut id: [u8; 16] = random_bytes()?;
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
        let key = DeviceKey::from_pkcs8(&generate_key().unwrap()).unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.public_key());
        assert!(public.verify(b"nonce", &key.sign(b"nonce").unwrap()).is_ok());
        assert_eq!(key.public_key().len(), 65);
        assert!(DeviceKey::from_pkcs8(b"no key").is_err());
    }

    #[test]
    fn ids_made_later_sort_later_and_say_that_they_are_of_version_seven() {
        let (early, late) = (
            new_uuid_v7(Timestamp(1_000_000_000)).unwrap(),
            new_uuid_v7(Timestamp(2_000_000_000)).unwrap(),
        );
        assert!(early < late);
        assert_eq!((early[6] >> 4, early[8] >> 6), (7, 2));
    }
}
