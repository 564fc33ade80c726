//! P-256: the authority's own key, and the checking of what devices sign.
//!
//! Signatures are ECDSA with SHA-256 in fixed form (64 bytes: r and s), public keys uncompressed points (65 bytes): what phone hardware
//! and every library can do. Knows no file: keys come and go as bytes.

use super::secret::{Hash, hash};
use crate::domain::enrolment::{Code, enrol_proof, renew_proof};
use crate::domain::ids::DeviceId;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
};
use std::fmt;

/// Bytes of a public key.
pub(super) const PUBLIC_KEY_BYTES: usize = 65;

/// A signature that does not hold, or a key of the wrong form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not hold")]
pub struct BadSignature;

/// A stored key that cannot be read, or a key that cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a P-256 key in PKCS#8, or no random numbers to make one")]
pub struct BadKey;

/// The authority's key: signs certificates of devices, receipts and checkpoints of the audit.
pub struct Authority {
    pair: EcdsaKeyPair,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}

impl Authority {
    /// Makes a key; the bytes (PKCS#8) are for a file that only the server reads.
    pub fn generate() -> Result<Vec<u8>, BadKey> {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        document.map(|bytes| bytes.as_ref().to_vec()).map_err(|_| BadKey)
    }

    /// Reads a key that [`generate`](Self::generate) made.
    pub fn from_pkcs8(bytes: &[u8]) -> Result<Self, BadKey> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes, &SystemRandom::new());
        pair.map(|pair| Self { pair }).map_err(|_| BadKey)
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// The name of the authority: the SHA-256 of its public key.
    #[must_use]
    pub fn id(&self) -> Hash {
        hash(self.public_key())
    }

    /// Signs.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, BadKey> {
        let signature = self.pair.sign(&SystemRandom::new(), message).map_err(|_| BadKey)?;
        Ok(signature.as_ref().to_vec())
    }
}

/// Checks a signature by `public_key` over `message`.
pub fn verify(public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
    if public_key.len() != PUBLIC_KEY_BYTES {
        return Err(BadSignature);
    }
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public_key);
    key.verify(message, signature).map_err(|_| BadSignature)
}

/// Checks that whoever enrols with `code` holds the key.
pub fn check_enrolment(code: &Code, public_key: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
    verify(public_key, &enrol_proof(code, public_key), signature)
}

/// Checks that whoever renews holds the device's key.
pub fn check_renewal(device: DeviceId, public_key: &[u8], nonce: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
    verify(public_key, &renew_proof(device, nonce), signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_holder_of_the_key_enrols_and_renews() {
        let device = Authority::from_pkcs8(&Authority::generate().unwrap()).unwrap();
        let other = Authority::from_pkcs8(&Authority::generate().unwrap()).unwrap();
        let (code, id) = (Code::new([3; 16]), DeviceId([4; 16]));
        let signed = device.sign(&enrol_proof(&code, device.public_key())).unwrap();
        assert_eq!(check_enrolment(&code, device.public_key(), &signed), Ok(()));
        assert_eq!(check_enrolment(&Code::new([9; 16]), device.public_key(), &signed), Err(BadSignature));
        assert_eq!(check_enrolment(&code, other.public_key(), &signed), Err(BadSignature));

        let signed = device.sign(&renew_proof(id, b"nonce")).unwrap();
        assert_eq!(check_renewal(id, device.public_key(), b"nonce", &signed), Ok(()));
        assert_eq!(check_renewal(id, device.public_key(), b"older", &signed), Err(BadSignature));
        assert_eq!(check_renewal(id, &[], b"nonce", &signed), Err(BadSignature));
        assert!(Authority::from_pkcs8(b"no key").is_err());
    }
}
