//! Secrets that the server generates: enrolment codes, access tokens, nonces. Each has at least 128
//! random bits, so its plain SHA-256 can be stored.

use crate::domain::access::enrolment::EnrolmentCode;
use crate::domain::support::hex::encode_hex;
use crate::domain::support::ids::{AccountId, ServiceKeyId};
use crate::domain::support::time::Timestamp;
use ring::digest::{SHA256, digest};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use std::fmt;

/// Prefix of a partner agency's key. It lets scanners for leaked secrets recognise the key.
const SERVICE_KEY_PREFIX: &str = "thd_";

/// The SHA-256 of a secret; the store holds only this.
pub type SecretHash = [u8; 32];

/// The operating system returned no random numbers, so no secret can be generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the machine gives no random numbers")]
pub struct NoRandom;

/// A secret text that `Debug` does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct GeneratedSecret(String);

impl GeneratedSecret {
    /// The text itself, for the response to its owner.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for GeneratedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Random bytes of the operating system.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], NoRandom> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandom)?;
    Ok(bytes)
}

/// The SHA-256 of a secret's bytes.
#[must_use]
pub fn hash_secret(secret: &[u8]) -> SecretHash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, secret).as_ref());
    hash
}

/// A new enrolment code, and the hash of its symbols.
pub fn generate_enrol_code() -> Result<(EnrolmentCode, SecretHash), NoRandom> {
    let code = EnrolmentCode::new(random_bytes()?);
    let stored = hash_secret(code.symbols().as_bytes());
    Ok((code, stored))
}

/// A new access token (`tdt_` and 32 hexadecimal digits, 128 bits), and its hash.
pub fn generate_access_token() -> Result<(GeneratedSecret, SecretHash), NoRandom> {
    let text = format!("tdt_{}", encode_hex(&random_bytes::<16>()?));
    let stored = hash_secret(text.as_bytes());
    Ok((GeneratedSecret(text), stored))
}

/// A new key of a partner agency (`thd_`, its id, `_` and 64 hexadecimal digits), and its hash.
pub fn generate_service_key() -> Result<(ServiceKeyId, GeneratedSecret, SecretHash), NoRandom> {
    let id = ServiceKeyId(random_bytes()?);
    let (secret, hash) = generate_service_key_of(id)?;
    Ok((id, secret, hash))
}

/// A new key with this id, and its hash.
pub fn generate_service_key_of(
    id: ServiceKeyId,
) -> Result<(GeneratedSecret, SecretHash), NoRandom> {
    let text = format!("{SERVICE_KEY_PREFIX}{id}_{}", encode_hex(&random_bytes::<32>()?));
    let stored = hash_secret(text.as_bytes());
    Ok((GeneratedSecret(text), stored))
}

/// The id in the text of a key; `None` when the text is no key.
#[must_use]
pub fn parse_service_key_id(text: &str) -> Option<ServiceKeyId> {
    let (id, _) = text.strip_prefix(SERVICE_KEY_PREFIX)?.split_once('_')?;
    ServiceKeyId::parse(id).ok()
}

/// A new nonce, and its hash.
pub fn generate_nonce() -> Result<([u8; 32], SecretHash), NoRandom> {
    let nonce = random_bytes()?;
    Ok((nonce, hash_secret(&nonce)))
}

/// The code of a printed card; the same secret, account and time of issue give it again.
#[must_use]
pub fn derive_card_code(
    server_secret: &[u8],
    account: AccountId,
    issued_at: Timestamp,
) -> EnrolmentCode {
    let parts: [&[u8]; 3] = [b"enrolment card", &account.0, &issued_at.0.to_be_bytes()];
    EnrolmentCode::new(derive_mac(server_secret, &parts))
}

/// The hash of [`derive_card_code`].
#[must_use]
pub fn hash_card_code(
    server_secret: &[u8],
    account: AccountId,
    issued_at: Timestamp,
) -> SecretHash {
    hash_secret(derive_card_code(server_secret, account, issued_at).symbols().as_bytes())
}

/// The first 16 bytes of [`derive_key`].
#[must_use]
pub fn derive_mac(secret: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&derive_key(secret, parts)[..16]);
    bytes
}

/// HMAC-SHA256 of `parts`, each with its length, under the server's secret.
#[must_use]
pub(super) fn derive_key(secret: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret));
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.sign().as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_code_leads_to_the_stored_hash_and_secrets_do_not_print() {
        let (code, stored) = generate_enrol_code().unwrap();
        let typed = EnrolmentCode::parse(&code.to_string().to_lowercase()).unwrap();
        assert_eq!(hash_secret(typed.symbols().as_bytes()), stored);
        let (token, _) = generate_access_token().unwrap();
        assert_eq!(format!("{token:?}"), "Secret");
        assert_eq!(token.reveal().len(), 36);
        let (id, key, stored) = generate_service_key().unwrap();
        assert_eq!(
            (parse_service_key_id(key.reveal()), hash_secret(key.reveal().as_bytes())),
            (Some(id), stored)
        );
        assert_eq!(parse_service_key_id(token.reveal()), None);
        assert_ne!(generate_nonce().unwrap().0, generate_nonce().unwrap().0);
    }
}
