//! The authority's signature of audit checkpoints, and its verification with the public key.
//!
//! Signature type 2 of C2SP's signed-note: ECDSA over P-256 with SHA-256, in DER. The name of the
//! key, and of the audit, is `thidua/` and the authority's id, which is the SHA-256 of its public
//! key. A key under another name is refused, so a reader who has the id from a trusted source may
//! take the key from any source.

use super::keys::{AuthorityKey, AuthorityKeyError, PUBLIC_KEY_BYTES, SignatureError};
use super::secret::hash_secret;
use crate::domain::audit::audit_proof::{AuditCheckpoint, CheckpointSignature, SignedCheckpoint};
use crate::domain::support::hex::encode_hex;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use std::fmt;

/// The type of the signature: the first byte of an encoded key.
const SIGNATURE_TYPE_ECDSA: u8 = 2;
/// The DER bytes before the point of a P-256 key (SubjectPublicKeyInfo).
const SPKI_PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The public key that verifies an authority's checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteVerifierKey {
    public_point: Vec<u8>,
}

impl NoteVerifierKey {
    /// The verifier key of this authority.
    #[must_use]
    pub fn from_authority(authority: &AuthorityKey) -> Self {
        Self { public_point: authority.public_key().to_vec() }
    }

    /// Parses the printed form. `None` for a malformed key, and for a key whose name is not its
    /// own.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text.trim().splitn(3, '+').nth(2)?).ok()?;
        // Name and id follow from the point, so the parsed key must print as the same text.
        let point = bytes.strip_prefix(&[SIGNATURE_TYPE_ECDSA])?.strip_prefix(&SPKI_PREFIX)?;
        let key = Self { public_point: point.to_vec() };
        (point.len() == PUBLIC_KEY_BYTES && key.to_string() == text.trim()).then_some(key)
    }

    /// The name of the key, and of the audit that it signs.
    #[must_use]
    pub fn name(&self) -> String {
        format!("thidua/{}", encode_hex(&hash_secret(&self.public_point)))
    }

    fn to_der(&self) -> Vec<u8> {
        [&SPKI_PREFIX[..], &self.public_point].concat()
    }

    fn key_id(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = hash_secret(&self.to_der());
        [a, b, c, d]
    }

    /// Verifies that this authority signed the checkpoint and that the checkpoint is of its own
    /// audit.
    pub fn verify_checkpoint(&self, signed: &SignedCheckpoint) -> Result<(), SignatureError> {
        let (name, id, text) = (self.name(), self.key_id(), signed.checkpoint.signed_text());
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.public_point);
        let mut ours =
            signed.signatures.iter().filter(|one| one.name == name && one.key_id == id).peekable();
        let signs = signed.checkpoint.origin == name && ours.peek().is_some();
        let holds = signs && ours.all(|one| key.verify(text.as_bytes(), &one.bytes).is_ok());
        holds.then_some(()).ok_or(SignatureError)
    }
}

/// The form that other tools read: name, id and key.
impl fmt::Display for NoteVerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[SIGNATURE_TYPE_ECDSA][..], &self.to_der()].concat();
        write!(f, "{}+{}+{}", self.name(), encode_hex(&self.key_id()), STANDARD.encode(&bytes))
    }
}

impl AuthorityKey {
    /// Signs the checkpoint of the audit with this size and root hash.
    pub fn sign_checkpoint(
        &self,
        size: u64,
        root: [u8; 32],
    ) -> Result<SignedCheckpoint, AuthorityKeyError> {
        let key = NoteVerifierKey::from_authority(self);
        let checkpoint = AuditCheckpoint { origin: key.name(), size, root };
        let bytes = signature_to_der(&self.sign(checkpoint.signed_text().as_bytes())?);
        let signature = CheckpointSignature { name: key.name(), key_id: key.key_id(), bytes };
        Ok(SignedCheckpoint { checkpoint, signatures: vec![signature] })
    }
}

/// Converts a signature of fixed form (r and s, 32 bytes each) to a DER sequence of two integers.
fn signature_to_der(fixed: &[u8]) -> Vec<u8> {
    let (r, s) = fixed.split_at(fixed.len() / 2);
    let integer = |number: &[u8]| {
        let zeros = number.iter().take_while(|byte| **byte == 0).count().min(number.len() - 1);
        let number = &number[zeros..];
        // A set highest bit would make the DER integer negative.
        let sign: &[u8] = if number[0] & 0x80 == 0 { &[] } else { &[0] };
        [&[2, (sign.len() + number.len()) as u8], sign, number].concat()
    };
    let both = [integer(r), integer(s)].concat();
    [&[0x30, both.len() as u8], &both[..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority() -> AuthorityKey {
        AuthorityKey::from_pkcs8(&AuthorityKey::generate().unwrap()).unwrap()
    }

    #[test]
    fn a_checkpoint_is_its_authoritys_alone_and_says_what_was_signed() {
        let (ours, other) = (authority(), authority());
        let key =
            NoteVerifierKey::parse(&NoteVerifierKey::from_authority(&ours).to_string()).unwrap();
        // 600 signatures contain integers with a leading zero byte and with the highest bit set.
        for size in 0..600 {
            let signed = ours.sign_checkpoint(size, [7; 32]).unwrap();
            assert_eq!(key.verify_checkpoint(&signed), Ok(()));
            let mut larger = signed.clone();
            larger.checkpoint.size += 1;
            assert_eq!(key.verify_checkpoint(&larger), Err(SignatureError));
        }
        assert_eq!(
            key.verify_checkpoint(&other.sign_checkpoint(7, [7; 32]).unwrap()),
            Err(SignatureError)
        );
    }

    #[test]
    fn signatures_of_others_beside_it_are_passed_over_and_a_false_one_of_its_own_is_not() {
        let (ours, other) = (authority(), authority());
        let key = NoteVerifierKey::from_authority(&ours);
        let mut signed = ours.sign_checkpoint(7, [7; 32]).unwrap();
        signed.signatures.extend(other.sign_checkpoint(7, [7; 32]).unwrap().signatures);
        assert_eq!(key.verify_checkpoint(&signed), Ok(()));
        signed.signatures.extend(ours.sign_checkpoint(8, [7; 32]).unwrap().signatures);
        assert_eq!(key.verify_checkpoint(&signed), Err(SignatureError));
        signed.signatures.clear();
        assert_eq!(key.verify_checkpoint(&signed), Err(SignatureError));
    }

    #[test]
    fn a_key_under_anothers_name_is_refused() {
        let (ours, other) = (
            NoteVerifierKey::from_authority(&authority()).to_string(),
            NoteVerifierKey::from_authority(&authority()).to_string(),
        );
        let (name, _) = ours.split_once('+').unwrap();
        let (_, key) = other.split_once('+').unwrap();
        assert_eq!(NoteVerifierKey::parse(&format!("{name}+{key}")), None);
        assert_eq!(NoteVerifierKey::parse(&ours.replace("+Aj", "+Bj")), None);
        assert!(NoteVerifierKey::parse(&format!("{ours}\n")).is_some());
    }
}
