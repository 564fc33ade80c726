//! Device cookies: the proof that somebody signed in to an account on this device before. The
//! failures of strangers then do not keep the device waiting.
//!
//! ```text
//!  issued (8) | HMAC of the server's secret over account, issued (16)
//! ```
//!
//! A cookie is no credential: it replaces no password. The server does not store it; every node of
//! one authority verifies it.

use super::secret::derive_mac;
use crate::domain::support::ids::AccountId;
use crate::domain::support::time::Timestamp;

/// Lifetime of a device cookie: 400 days. Each sign-in gives a new one.
const DEVICE_COOKIE_MICROS: i64 = 400 * 86_400_000_000;
const ISSUED_BYTES: usize = 8;

/// A cookie for a device on which this account signed in at `now`.
#[must_use]
pub fn create_device_cookie(secret: &[u8], account: AccountId, now: Timestamp) -> [u8; 24] {
    let issued = now.0.to_be_bytes();
    let mut cookie = [0; 24];
    cookie[..ISSUED_BYTES].copy_from_slice(&issued);
    cookie[ISSUED_BYTES..].copy_from_slice(&compute_cookie_mac(secret, account, &issued));
    cookie
}

/// Whether the cookie was created for this account with this secret and has not expired at `now`.
#[must_use]
pub fn is_device_cookie(secret: &[u8], account: AccountId, cookie: &[u8], now: Timestamp) -> bool {
    let Some((issued, presented_mac)) = cookie.split_first_chunk::<ISSUED_BYTES>() else {
        return false;
    };
    // No constant-time comparison: the MAC has 128 bits, and a cookie opens nothing.
    let is_mac_valid = compute_cookie_mac(secret, account, issued) == *presented_mac;
    let issued_at = Timestamp(i64::from_be_bytes(*issued));
    is_mac_valid && now < issued_at.saturating_add_micros(DEVICE_COOKIE_MICROS)
}

fn compute_cookie_mac(secret: &[u8], account: AccountId, issued: &[u8]) -> [u8; 16] {
    derive_mac(secret, &[b"device cookie", &account.0, issued])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_of_one_account_one_secret_and_400_days() {
        let (account, now) = (AccountId([1; 16]), Timestamp(1_724_000_000_000_000));
        let cookie = create_device_cookie(b"secret", account, now);
        let end = now.saturating_add_micros(DEVICE_COOKIE_MICROS);
        assert!(is_device_cookie(b"secret", account, &cookie, now));
        assert!(!is_device_cookie(b"secret", account, &cookie, end));
        assert!(!is_device_cookie(b"secret", AccountId([2; 16]), &cookie, now));
        assert!(!is_device_cookie(b"another", account, &cookie, now));
        for at in 0..cookie.len() {
            let mut changed = cookie;
            changed[at] ^= 1;
            assert!(!is_device_cookie(b"secret", account, &changed, now), "byte {at}");
        }
        for end in [0, 7, 8, 23] {
            assert!(!is_device_cookie(b"secret", account, &cookie[..end], now), "{end} bytes");
        }
    }
}
