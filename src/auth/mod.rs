//! Turns credentials into proofs: codes, tokens, nonces and signatures.
//!
//! Only hashes of secrets leave this room towards the store, so that a stolen database opens nothing. Knows no rpc, no right and no
//! table: who an account is and what it may do is asked elsewhere.

mod keys;
mod nonce;
mod note;
mod password;
mod revocation;
mod secret;

pub use keys::{Authority, BadKey, BadSignature, check_enrolment, check_renewal, verify};
pub use nonce::{nonce_expires, nonce_for};
pub use note::NoteKey;
pub use password::{NotNow, Pool};
pub use revocation::{RevocationError, Revocations};
pub use secret::{Hash, NoRandom, Secret, code, derived, hash, key_id, nonce, random, service_key, token};

pub use crate::domain::limits::{SESSION_MICROS, TOKEN_MICROS};
use crate::domain::time::Instant;

/// How long an enrolment code is good: 10 minutes.
pub const CODE_MICROS: i64 = 10 * 60 * 1_000_000;
/// How long a nonce is good: 1 minute.
pub const NONCE_MICROS: i64 = 60 * 1_000_000;

/// The end of a token given at `now`.
#[must_use]
pub fn token_end(now: Instant) -> Instant {
    now.plus_micros(TOKEN_MICROS)
}
