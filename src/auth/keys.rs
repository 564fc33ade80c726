//! P-256 keys: the authority's own key, and verification of signatures by devices.
//!
//! Signatures are ECDSA with SHA-256 in fixed form (64 bytes: r and s). Public keys are
//! uncompressed points (65 bytes). Hardware of phones and common libraries support both. This
//! module does no file I/O: keys are passed as bytes.

use super::secret::{SecretHash, hash_secret};
use crate::domain::access::enrolment::{
    EnrolmentCode, enrolment_signing_input, renewal_signing_input,
};
use crate::domain::support::ids::DeviceId;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
    UnparsedPublicKey,
};
use std::fmt;

/// Length of a public key in bytes.
pub(super) const PUBLIC_KEY_BYTES: usize = 65;

/// The signature is invalid, or the public key has the wrong form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not hold")]
pub struct SignatureError;

/// A stored key cannot be parsed, or a new key cannot be generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a P-256 key in PKCS#8, or no random numbers to make one")]
pub struct AuthorityKeyError;

/// The authority's key. It signs device certificates, receipts and audit checkpoints.
pub struct AuthorityKey {
    key_pair: EcdsaKeyPair,
}

impl fmt::Debug for AuthorityKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authority")
    }
}

impl AuthorityKey {
    /// Generates a key and returns it as PKCS#8. The caller stores it in a file that only the
    /// server can read.
    pub fn generate() -> Result<Vec<u8>, AuthorityKeyError> {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        document.map(|bytes| bytes.as_ref().to_vec()).map_err(|_| AuthorityKeyError)
    }

    /// Parses a key that [`generate`](Self::generate) returned.
    pub fn from_pkcs8(bytes: &[u8]) -> Result<Self, AuthorityKeyError> {
        let key_pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes, &SystemRandom::new());
        key_pair.map(|key_pair| Self { key_pair }).map_err(|_| AuthorityKeyError)
    }

    /// The public key as an uncompressed point of 65 bytes.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.key_pair.public_key().as_ref()
    }

    /// The id of the authority: the SHA-256 of its public key.
    #[must_use]
    pub fn id(&self) -> SecretHash {
        hash_secret(self.public_key())
    }

    /// Signs the message. The signature is 64 bytes: r and s.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, AuthorityKeyError> {
        let signature =
            self.key_pair.sign(&SystemRandom::new(), message).map_err(|_| AuthorityKeyError)?;
        Ok(signature.as_ref().to_vec())
    }
}

/// Verifies a signature by `public_key` over `message`.
pub fn verify_signature(
    public_key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    if public_key.len() != PUBLIC_KEY_BYTES {
        return Err(SignatureError);
    }
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public_key);
    key.verify(message, signature).map_err(|_| SignatureError)
}

/// Verifies that the device that enrols with `code` holds the private key.
pub fn verify_enrolment_proof(
    code: &EnrolmentCode,
    public_key: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    verify_signature(public_key, &enrolment_signing_input(code, public_key), signature)
}

/// Verifies that the device that renews its token holds its private key.
pub fn verify_renewal_proof(
    device: DeviceId,
    public_key: &[u8],
    nonce: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    verify_signature(public_key, &renewal_signing_input(device, nonce), signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_holder_of_the_key_enrols_and_renews() {
        let device = AuthorityKey::from_pkcs8(&AuthorityKey::generate().unwrap()).unwrap();
        let other = AuthorityKey::from_pkcs8(&AuthorityKey::generate().unwrap()).unwrap();
        let (code, id) = (EnrolmentCode::new([3; 16]), DeviceId([4; 16]));
        let signed = device.sign(&enrolment_signing_input(&code, device.public_key())).unwrap();
        assert_eq!(verify_enrolment_proof(&code, device.public_key(), &signed), Ok(()));
        assert_eq!(
            verify_enrolment_proof(&EnrolmentCode::new([9; 16]), device.public_key(), &signed),
            Err(SignatureError)
        );
        assert_eq!(verify_enrolment_proof(&code, other.public_key(), &signed), Err(SignatureError));

        let signed = device.sign(&renewal_signing_input(id, b"nonce")).unwrap();
        assert_eq!(verify_renewal_proof(id, device.public_key(), b"nonce", &signed), Ok(()));
        assert_eq!(
            verify_renewal_proof(id, device.public_key(), b"older", &signed),
            Err(SignatureError)
        );
        assert_eq!(verify_renewal_proof(id, &[], b"nonce", &signed), Err(SignatureError));
        assert!(AuthorityKey::from_pkcs8(b"no key").is_err());
    }
}
