//! Credentials: enrolment codes, tokens, nonces, passwords and signatures.
//!
//! Only hashes of secrets are passed to the store, so a stolen database gives no access. What an
//! account may do is decided in `app` and `domain::access::permission`.

mod command_export;
mod device_cookie;
mod form_token;
mod keys;
mod nonce;
mod password;
mod revocation;
mod second_factor;
mod secret;
mod signed_note;

pub use command_export::{ExportOpenError, derive_command_export_key, open_command_export};
pub use device_cookie::{create_device_cookie, is_device_cookie};
pub use form_token::create_form_token;
pub use keys::{
    AuthorityKey, AuthorityKeyError, SignatureError, verify_enrolment_proof, verify_renewal_proof,
    verify_signature,
};
pub use nonce::{create_renewal_nonce, verify_renewal_nonce};
pub use password::{HashError, HashPriority, HashSlot, PasswordHashPool};
pub use revocation::{RevocationError, RevocationLog};
pub use second_factor::FactorSecrets;
pub use secret::{
    GeneratedSecret, NoRandom, SecretHash, derive_card_code, derive_mac, generate_access_token,
    generate_enrol_code, generate_nonce, generate_service_key, generate_service_key_of,
    hash_card_code, hash_secret, parse_service_key_id, random_bytes,
};
pub use signed_note::NoteVerifierKey;

use crate::domain::access::enrolment::TYPED_CODE_MINUTES;
pub use crate::domain::support::limits::{
    ACCESS_TOKEN_LIFETIME_MICROS, DESK_SESSION_LIFETIME_MICROS,
};
use crate::domain::support::time::Timestamp;

/// Lifetime of an enrolment code that a person may type: 10 minutes.
pub const ENROL_CODE_MICROS: i64 = TYPED_CODE_MINUTES as i64 * 60 * 1_000_000;
/// Lifetime of a renewal nonce: 1 minute.
pub const NONCE_MICROS: i64 = 60 * 1_000_000;

/// When an access token that is issued at `now` expires.
#[must_use]
pub fn token_expires_at(now: Timestamp) -> Timestamp {
    now.saturating_add_micros(ACCESS_TOKEN_LIFETIME_MICROS)
}
