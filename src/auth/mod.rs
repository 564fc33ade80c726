//! Turns credentials into proofs: codes, tokens, nonces and signatures.
//!
//! Only hashes of secrets leave this room towards the store, so that a stolen database opens nothing. Knows no rpc, no right and no
//! table: who an account is and what it may do is asked elsewhere.

mod keys;
mod nonce;
mod password;
mod revocation;
mod secret;
mod signed_note;

pub use keys::{
    AuthorityKey, AuthorityKeyError, BadSignature, verify_enrolment_proof, verify_renewal_proof,
    verify_signature,
};
pub use nonce::{create_renewal_nonce, verify_renewal_nonce};
pub use password::{HashError, PasswordHashPool};
pub use revocation::{RevocationError, RevocationLog};
pub use secret::{
    GeneratedSecret, NoRandom, SecretHash, derive_mac, generate_access_token, generate_enrol_code,
    generate_nonce, generate_service_key, hash_secret, parse_service_key_id, random_bytes,
};
pub use signed_note::NoteVerifierKey;

pub use crate::domain::limits::{ACCESS_TOKEN_LIFETIME_MICROS, DESK_SESSION_LIFETIME_MICROS};
use crate::domain::time::Timestamp;

/// How long an enrolment code is good: 10 minutes.
pub const ENROL_CODE_MICROS: i64 = 10 * 60 * 1_000_000;
/// How long a nonce is good: 1 minute.
pub const NONCE_MICROS: i64 = 60 * 1_000_000;

/// The end of a token given at `now`.
#[must_use]
pub fn token_expires_at(now: Timestamp) -> Timestamp {
    now.saturating_add_micros(ACCESS_TOKEN_LIFETIME_MICROS)
}
