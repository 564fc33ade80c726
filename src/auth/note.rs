//! The authority's name under checkpoints of its audit, and the checking of it by whoever holds its public key.
//!
//! Signature type 2 of C2SP's signed-note: ECDSA over P-256 with SHA-256, in DER. The name of the key, and of the audit, is `thidua/` and the
//! authority's id, which is the SHA-256 of its public key: a key under another's name is refused, so that whoever was told the id may be
//! handed the key by anybody. Knows no line of the audit.

use super::keys::{Authority, BadKey, BadSignature, PUBLIC_KEY_BYTES};
use super::secret::hash;
use crate::domain::audit::paper::{Checkpoint, Signature, Signed};
use crate::domain::base64::{base64, unbase64};
use crate::domain::hex::hex;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use std::fmt;

/// The type of the signature: the first byte of a key.
const ECDSA: u8 = 2;
/// What stands before the point of a P-256 key in DER (SubjectPublicKeyInfo).
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The public key with which an authority's checkpoints are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteKey {
    point: Vec<u8>,
}

impl NoteKey {
    /// Of this authority.
    #[must_use]
    pub fn of(authority: &Authority) -> Self {
        Self { point: authority.public_key().to_vec() }
    }

    /// Reads a key as it is printed; `None` also for one whose name is another's.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = unbase64(text.trim().splitn(3, '+').nth(2)?)?;
        // Name and id follow from the point: what is printed again has to be what was read.
        let point = bytes.strip_prefix(&[ECDSA])?.strip_prefix(&SPKI)?;
        let key = Self { point: point.to_vec() };
        (point.len() == PUBLIC_KEY_BYTES && key.to_string() == text.trim()).then_some(key)
    }

    /// The name of the key, and of the audit that it signs.
    #[must_use]
    pub fn name(&self) -> String {
        format!("thidua/{}", hex(&hash(&self.point)))
    }

    fn der(&self) -> Vec<u8> {
        [&SPKI[..], &self.point].concat()
    }

    fn id(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = hash(&self.der());
        [a, b, c, d]
    }

    /// Whether this authority signed the checkpoint, as one of its own audit.
    pub fn check(&self, signed: &Signed) -> Result<(), BadSignature> {
        let (name, id, text) = (self.name(), self.id(), signed.checkpoint.text());
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.point);
        let mut ours = signed.signatures.iter().filter(|one| one.name == name && one.key == id).peekable();
        let signs = signed.checkpoint.origin == name && ours.peek().is_some();
        let holds = signs && ours.all(|one| key.verify(text.as_bytes(), &one.bytes).is_ok());
        holds.then_some(()).ok_or(BadSignature)
    }
}

/// As other tools take it: name, id and key.
impl fmt::Display for NoteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[ECDSA][..], &self.der()].concat();
        write!(f, "{}+{}+{}", self.name(), hex(&self.id()), base64(&bytes))
    }
}

impl Authority {
    /// Signs what the audit is at one size.
    pub fn sign_checkpoint(&self, size: u64, root: [u8; 32]) -> Result<Signed, BadKey> {
        let key = NoteKey::of(self);
        let checkpoint = Checkpoint { origin: key.name(), size, root };
        let bytes = der(&self.sign(checkpoint.text().as_bytes())?);
        let signature = Signature { name: key.name(), key: key.id(), bytes };
        Ok(Signed { checkpoint, signatures: vec![signature] })
    }
}

/// A signature of fixed form (r and s, 32 bytes each) as DER's sequence of two integers.
fn der(fixed: &[u8]) -> Vec<u8> {
    let (r, s) = fixed.split_at(fixed.len() / 2);
    let integer = |number: &[u8]| {
        let zeros = number.iter().take_while(|byte| **byte == 0).count().min(number.len() - 1);
        let number = &number[zeros..];
        // The highest bit is the sign's.
        let sign: &[u8] = if number[0] & 0x80 == 0 { &[] } else { &[0] };
        [&[2, (sign.len() + number.len()) as u8], sign, number].concat()
    };
    let both = [integer(r), integer(s)].concat();
    [&[0x30, both.len() as u8], &both[..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn authority() -> Authority {
        Authority::from_pkcs8(&Authority::generate().unwrap()).unwrap()
    }

    #[test]
    fn a_checkpoint_is_its_authoritys_alone_and_says_what_was_signed() {
        let (ours, other) = (authority(), authority());
        let key = NoteKey::parse(&NoteKey::of(&ours).to_string()).unwrap();
        // Often enough that numbers with a leading zero or a set sign come up.
        for size in 0..600 {
            let signed = ours.sign_checkpoint(size, [7; 32]).unwrap();
            assert_eq!(key.check(&signed), Ok(()));
            let mut larger = signed.clone();
            larger.checkpoint.size += 1;
            assert_eq!(key.check(&larger), Err(BadSignature));
        }
        assert_eq!(key.check(&other.sign_checkpoint(7, [7; 32]).unwrap()), Err(BadSignature));
    }

    #[test]
    fn signatures_of_others_beside_it_are_passed_over_and_a_false_one_of_its_own_is_not() {
        let (ours, other) = (authority(), authority());
        let key = NoteKey::of(&ours);
        let mut signed = ours.sign_checkpoint(7, [7; 32]).unwrap();
        signed.signatures.extend(other.sign_checkpoint(7, [7; 32]).unwrap().signatures);
        assert_eq!(key.check(&signed), Ok(()));
        signed.signatures.extend(ours.sign_checkpoint(8, [7; 32]).unwrap().signatures);
        assert_eq!(key.check(&signed), Err(BadSignature));
        signed.signatures.clear();
        assert_eq!(key.check(&signed), Err(BadSignature));
    }

    #[test]
    fn a_key_under_anothers_name_is_refused() {
        let (ours, other) = (NoteKey::of(&authority()).to_string(), NoteKey::of(&authority()).to_string());
        let (name, _) = ours.split_once('+').unwrap();
        let (_, key) = other.split_once('+').unwrap();
        assert_eq!(NoteKey::parse(&format!("{name}+{key}")), None);
        assert_eq!(NoteKey::parse(&ours.replace("+Aj", "+Bj")), None);
        assert!(NoteKey::parse(&format!("{ours}\n")).is_some());
    }
}
