//! Secrets that the server makes: enrolment codes, access tokens, nonces. Each has 128 bits or more, so its plain SHA-256 can be stored.
//!
//! Knows nothing of what a secret opens.

use crate::domain::enrolment::Code;
use crate::domain::hex::hex;
use crate::domain::ids::KeyId;
use ring::digest::{SHA256, digest};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use std::fmt;

/// What the text of a partner agency's key begins with, so that it is known when it lies where it should not.
const KEY_PREFIX: &str = "thd_";

/// The SHA-256 of a secret: what is stored.
pub type Hash = [u8; 32];

/// The machine gives no random numbers; nothing secret can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the machine gives no random numbers")]
pub struct NoRandom;

/// A text that must not be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one to whom it is given.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Random bytes of the machine.
pub fn random<const N: usize>() -> Result<[u8; N], NoRandom> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandom)?;
    Ok(bytes)
}

/// The hash of a secret, given as its bytes.
#[must_use]
pub fn hash(secret: &[u8]) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, secret).as_ref());
    hash
}

/// A new enrolment code, and the hash of its symbols.
pub fn code() -> Result<(Code, Hash), NoRandom> {
    let code = Code::new(random()?);
    let stored = hash(code.symbols().as_bytes());
    Ok((code, stored))
}

/// A new access token (`tdt_` and 64 hexadecimal digits), and its hash.
pub fn token() -> Result<(Secret, Hash), NoRandom> {
    let text = format!("tdt_{}", hex(&random::<32>()?));
    let stored = hash(text.as_bytes());
    Ok((Secret(text), stored))
}

/// A new key of a partner agency (`thd_`, its id, `_` and 64 hexadecimal digits), and its hash.
pub fn service_key() -> Result<(KeyId, Secret, Hash), NoRandom> {
    let id = KeyId(random()?);
    let text = format!("{KEY_PREFIX}{id}_{}", hex(&random::<32>()?));
    let stored = hash(text.as_bytes());
    Ok((id, Secret(text), stored))
}

/// The id in the text of a key; `None` when the text is no key.
#[must_use]
pub fn key_id(text: &str) -> Option<KeyId> {
    let (id, _) = text.strip_prefix(KEY_PREFIX)?.split_once('_')?;
    KeyId::parse(id).ok()
}

/// A new nonce, and its hash.
pub fn nonce() -> Result<([u8; 32], Hash), NoRandom> {
    let nonce = random()?;
    Ok((nonce, hash(&nonce)))
}

/// 16 bytes that follow from the server's secret and `parts`, and from nothing else.
#[must_use]
pub fn derived(secret: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&context.sign().as_ref()[..16]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_code_leads_to_the_stored_hash_and_secrets_do_not_print() {
        let (code, stored) = code().unwrap();
        let typed = Code::parse(&code.to_string().to_lowercase()).unwrap();
        assert_eq!(hash(typed.symbols().as_bytes()), stored);
        let (token, _) = token().unwrap();
        assert_eq!(format!("{token:?}"), "Secret");
        assert_eq!(token.reveal().len(), 68);
        let (id, key, stored) = service_key().unwrap();
        assert_eq!((key_id(key.reveal()), hash(key.reveal().as_bytes())), (Some(id), stored));
        assert_eq!(key_id(token.reveal()), None);
        assert_ne!(nonce().unwrap().0, nonce().unwrap().0);
    }
}
