//! The phone's P-256 key and its signatures; random numbers for ids and jitter.
//!
//! The engine asks a [`DeviceSigner`] for each signature. The key is either in the replica (as PKCS
//! #8), or where no program can read it: in the phone's secure hardware or in the browser's
//! WebCrypto.

use crate::domain::support::time::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
    UnparsedPublicKey,
};

/// Length of an uncompressed point of P-256: 4, then x and y.
const POINT_BYTES: usize = 65;
/// What stands before the point in a public key of P-256 in X.509 form (SubjectPublicKeyInfo).
const X509_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// Length of a number of a signature: r and s.
const SCALAR_BYTES: usize = 32;

/// Signs with the device's P-256 key. An app implements it over Android Keystore or the Secure
/// Enclave. The key must stay the same for one enrolment. Called from any thread; it may block.
#[cfg_attr(feature = "bindings", uniffi::export(with_foreign))]
pub trait DeviceSigner: Send + Sync {
    /// The public key: an uncompressed point of 65 bytes (Apple), or the X.509 form of 91 bytes
    /// (Android).
    fn public_key(&self) -> Result<Vec<u8>, SignerError>;
    /// The ECDSA P-256 signature over SHA-256 of `message`: r and s in 64 bytes, or in DER as
    /// Android and Apple return it.
    fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, SignerError>;
}

/// Why a signer could not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "bindings", derive(uniffi::Error))]
pub enum SignerError {
    /// The key is locked, was deleted, or the person refused.
    #[error("the signer failed: {detail}")]
    Unavailable {
        /// For logs.
        detail: String,
    },
}

/// Why a signature could not be made or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DeviceKeyError {
    /// Random numbers are not available, or a stored key is invalid.
    #[error("the phone's key cannot be made or read")]
    Unusable,
    /// The key is outside the replica, and the phone was opened without a signer.
    #[error("the key is outside the local data: open with its signer")]
    NoSigner,
    /// A public key or signature of a signer is not of P-256, or they do not belong together.
    #[error("the signer's key or signature is not of P-256")]
    BadSignature,
    /// The signer failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
}

/// Generates a key as PKCS #8.
pub(crate) fn generate_key() -> Result<Vec<u8>, DeviceKeyError> {
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    made.map(|document| document.as_ref().to_vec()).map_err(|_| DeviceKeyError::Unusable)
}

/// A key that the replica stores.
pub(crate) struct ReplicaKey(EcdsaKeyPair);

impl ReplicaKey {
    /// Decodes PKCS #8.
    pub(crate) fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, DeviceKeyError> {
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new());
        pair.map(Self).map_err(|_| DeviceKeyError::Unusable)
    }
}

impl DeviceSigner for ReplicaKey {
    fn public_key(&self) -> Result<Vec<u8>, SignerError> {
        Ok(self.0.public_key().as_ref().to_vec())
    }

    fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, SignerError> {
        let signed = self.0.sign(&SystemRandom::new(), &message);
        let failed = |_| SignerError::Unavailable { detail: "no random numbers".to_owned() };
        signed.map(|signature| signature.as_ref().to_vec()).map_err(failed)
    }
}

/// The uncompressed point of a public key, which may come in X.509 form.
pub(crate) fn uncompressed_point(public_key: &[u8]) -> Result<Vec<u8>, DeviceKeyError> {
    let point = public_key.strip_prefix(&X509_PREFIX).unwrap_or(public_key);
    let is_point = point.len() == POINT_BYTES && point.first() == Some(&4);
    if is_point { Ok(point.to_vec()) } else { Err(DeviceKeyError::BadSignature) }
}

/// The 64 bytes r and s of a signature, which may come in DER.
pub(crate) fn fixed_signature(signature: &[u8]) -> Result<Vec<u8>, DeviceKeyError> {
    if signature.len() == 2 * SCALAR_BYTES {
        return Ok(signature.to_vec());
    }
    decode_der_signature(signature).ok_or(DeviceKeyError::BadSignature)
}

/// A sequence of two integers, each at most 33 bytes long: every length takes one byte.
fn decode_der_signature(der: &[u8]) -> Option<Vec<u8>> {
    let [0x30, length, body @ ..] = der else { return None };
    if body.len() != usize::from(*length) {
        return None;
    }
    let mut fixed = Vec::with_capacity(2 * SCALAR_BYTES);
    let mut rest = body;
    for _ in 0..2 {
        let [0x02, length, after @ ..] = rest else { return None };
        let (number, after) = after.split_at_checked(usize::from(*length))?;
        let number = number.strip_prefix(&[0]).unwrap_or(number);
        let padding = SCALAR_BYTES.checked_sub(number.len())?;
        fixed.resize(fixed.len() + padding, 0);
        fixed.extend_from_slice(number);
        rest = after;
    }
    rest.is_empty().then_some(fixed)
}

/// Checks a signature of 64 bytes with an uncompressed point.
pub(crate) fn verify(
    public_key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), DeviceKeyError> {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public_key)
        .verify(message, signature)
        .map_err(|_| DeviceKeyError::BadSignature)
}

/// Random bytes.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], DeviceKeyError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| DeviceKeyError::Unusable)?;
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

    #[test]
    fn a_stored_key_signs_what_its_public_key_verifies() {
        let key = ReplicaKey::from_pkcs8(&generate_key().unwrap()).unwrap();
        let public = key.public_key().unwrap();
        let signature = key.sign(b"nonce".to_vec()).unwrap();
        assert_eq!((public.len(), signature.len()), (POINT_BYTES, 2 * SCALAR_BYTES));
        assert_eq!(verify(&public, b"nonce", &signature), Ok(()));
        assert!(verify(&public, b"another", &signature).is_err());
        assert!(ReplicaKey::from_pkcs8(b"no key").is_err());
    }

    #[test]
    fn a_signature_in_der_is_the_same_as_in_64_bytes() {
        use ring::signature::ECDSA_P256_SHA256_ASN1_SIGNING;
        let (random, pkcs8) = (SystemRandom::new(), generate_key().unwrap());
        let key =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &pkcs8, &random).unwrap();
        // Often enough for numbers with a leading zero, with and without padding.
        for _ in 0..300 {
            let der = key.sign(&random, b"nonce").unwrap();
            let fixed = fixed_signature(der.as_ref()).unwrap();
            assert_eq!(verify(key.public_key().as_ref(), b"nonce", &fixed), Ok(()));
            let mut longer = der.as_ref().to_vec();
            longer.push(0);
            assert_eq!(fixed_signature(&longer), Err(DeviceKeyError::BadSignature));
        }
        assert_eq!(fixed_signature(&[]), Err(DeviceKeyError::BadSignature));
    }

    #[test]
    fn a_public_key_in_x509_form_is_the_same_as_its_point() {
        let key = ReplicaKey::from_pkcs8(&generate_key().unwrap()).unwrap();
        let point = key.public_key().unwrap();
        let x509 = [&X509_PREFIX[..], &point].concat();
        assert_eq!(uncompressed_point(&x509), Ok(point.clone()));
        assert_eq!(uncompressed_point(&point), Ok(point.clone()));
        assert!(uncompressed_point(&point[1..]).is_err());
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
