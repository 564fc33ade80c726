//! Second factors of desk accounts: time-based one-time passwords (RFC 6238) with recovery codes.
//!
//! ```text
//!  seal.key + account + salt --HMAC-SHA256--> secret --HMAC-SHA1 of the 30 s step--> six digits
//!                            '--------------> eight recovery codes, stored as SHA-256
//! ```
//!
//! The database holds the salt only, so it does not suffice to compute a code. SHA-1 and six digits
//! are what every authenticator app supports; HMAC does not depend on collisions.

use super::secret::{derive_key, derive_mac, hash_secret};
use crate::domain::access::enrolment::EnrolmentCode;
use crate::domain::access::second_factor::{ConfirmedFactor, PresentedFactor};
use crate::domain::support::ids::AccountId;
use crate::domain::support::time::Timestamp;
use ring::hmac;
use std::fmt::Write as _;

/// Recovery codes of one second factor.
const RECOVERY_CODES: u8 = 8;
/// Microseconds of one time step.
const STEP_MICROS: i64 = 30 * 1_000_000;
/// Steps before and after the present one whose codes are accepted: clocks differ.
const STEP_WINDOW: i64 = 1;
const DIGITS: u32 = 6;
/// Bytes of a secret: the length of a SHA-1 (RFC 4226, 4).
const SECRET_BYTES: usize = 20;
/// Symbols of base 32 (RFC 4648, 6).
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// The issuer that an authenticator app shows.
const ISSUER: &str = "thidua";

/// The secret of a second factor and its recovery codes. `Debug` prints neither.
#[derive(Clone, PartialEq, Eq)]
pub struct FactorSecrets {
    salt: [u8; 16],
    secret: [u8; SECRET_BYTES],
    recovery_codes: Vec<EnrolmentCode>,
}

impl std::fmt::Debug for FactorSecrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FactorSecrets")
    }
}

impl FactorSecrets {
    /// The secrets of an account's second factor with this salt.
    #[must_use]
    pub fn derive(server_secret: &[u8], account: AccountId, salt: [u8; 16]) -> Self {
        let key = derive_key(server_secret, &[b"second factor", &account.0, &salt]);
        let mut secret = [0; SECRET_BYTES];
        secret.copy_from_slice(&key[..SECRET_BYTES]);
        let recovery_code = |nth: u8| {
            let parts: [&[u8]; 4] = [b"recovery code", &account.0, &salt, &[nth]];
            EnrolmentCode::new(derive_mac(server_secret, &parts))
        };
        Self { salt, secret, recovery_codes: (0..RECOVERY_CODES).map(recovery_code).collect() }
    }

    /// The secret in base 32, for typing into an authenticator app.
    #[must_use]
    pub fn secret_text(&self) -> String {
        encode_base32(&self.secret)
    }

    /// The text of a QR code that authenticator apps read.
    #[must_use]
    pub fn otpauth_uri(&self, account_label: &str) -> String {
        let (label, secret) = (percent_encode(account_label), self.secret_text());
        format!(
            "otpauth://totp/{ISSUER}:{label}?secret={secret}&issuer={ISSUER}&algorithm=SHA1\
             &digits={DIGITS}&period={}",
            STEP_MICROS / 1_000_000
        )
    }

    /// The recovery codes; each replaces one code of the app once.
    #[must_use]
    pub fn recovery_codes(&self) -> &[EnrolmentCode] {
        &self.recovery_codes
    }

    /// What is stored, if `code` is the app's code at `now`.
    #[must_use]
    pub fn confirm(&self, code: &str, now: Timestamp) -> Option<ConfirmedFactor> {
        let hashes = self.recovery_codes.iter().map(hash_recovery_code).collect();
        let step = find_step(&self.secret, code, now)?;
        Some(ConfirmedFactor { salt: self.salt, recovery_hashes: hashes, step })
    }

    /// Reads what a person typed at a sign-in.
    #[must_use]
    pub fn read_code(&self, typed: &str, now: Timestamp) -> PresentedFactor {
        if typed.trim().is_empty() {
            return PresentedFactor::Missing;
        }
        if let Some(step) = find_step(&self.secret, typed, now) {
            return PresentedFactor::Step(step);
        }
        EnrolmentCode::parse(typed).map_or(PresentedFactor::Wrong, |code| {
            PresentedFactor::RecoveryCode(hash_recovery_code(&code))
        })
    }
}

fn hash_recovery_code(code: &EnrolmentCode) -> [u8; 32] {
    hash_secret(code.symbols().as_bytes())
}

/// The step whose code this is, among those that are accepted at `now`; blanks are ignored.
fn find_step(secret: &[u8], code: &str, now: Timestamp) -> Option<i64> {
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    if digits.len() != DIGITS as usize || !digits.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let (typed, present): (u32, i64) = (digits.parse().ok()?, now.0.div_euclid(STEP_MICROS));
    // The newest first: if two steps have the same code, the older one is spent with it.
    (present - STEP_WINDOW..=present + STEP_WINDOW).rev().find(|step| {
        compute_totp(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret, *step, DIGITS) == typed
    })
}

/// The one-time password of a step (RFC 4226, 5.3).
fn compute_totp(algorithm: hmac::Algorithm, secret: &[u8], step: i64, digits: u32) -> u32 {
    let tag = hmac::sign(&hmac::Key::new(algorithm, secret), &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes[bytes.len() - 1] & 15);
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[offset..offset + 4]);
    (u32::from_be_bytes(word) & 0x7FFF_FFFF) % 10u32.pow(digits)
}

fn encode_base32(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let symbol = |first: usize| (first..first + 5).fold(0, |value, at| value << 1 | bit(at));
    (0..bytes.len() * 8).step_by(5).map(|at| char::from(BASE32[usize::from(symbol(at))])).collect()
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
fn percent_encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_724_000_000_000_000);

    fn secrets() -> FactorSecrets {
        FactorSecrets::derive(&[7; 32], AccountId([1; 16]), [2; 16])
    }

    fn code_at(secrets: &FactorSecrets, now: Timestamp) -> String {
        let step = now.0 / STEP_MICROS;
        let code = compute_totp(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secrets.secret, step, DIGITS);
        format!("{code:06}")
    }

    #[test]
    fn the_vectors_of_rfc_6238_appendix_b_hold() {
        let algorithms = [
            (hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, 20),
            (hmac::HMAC_SHA256, 32),
            (hmac::HMAC_SHA512, 64),
        ];
        let vectors = [
            (59, [94_287_082, 46_119_246, 90_693_936]),
            (1_111_111_109, [7_081_804, 68_084_774, 25_091_201]),
            (1_111_111_111, [14_050_471, 67_062_674, 99_943_326]),
            (1_234_567_890, [89_005_924, 91_819_424, 93_441_116]),
            (2_000_000_000, [69_279_037, 90_698_825, 38_618_901]),
            (20_000_000_000, [65_353_130, 77_737_706, 47_863_826]),
        ];
        for (seconds, expected) in vectors {
            for ((algorithm, length), expected) in algorithms.into_iter().zip(expected) {
                let seed: Vec<u8> = b"1234567890".iter().copied().cycle().take(length).collect();
                assert_eq!(compute_totp(algorithm, &seed, seconds / 30, 8), expected, "{seconds}");
            }
        }
        // The same first vector with six digits, as it is typed.
        let at = Timestamp(59_000_000);
        assert_eq!(find_step(b"12345678901234567890", "287 082", at), Some(1));
    }

    #[test]
    fn base_32_is_that_of_rfc_4648_and_a_label_is_escaped() {
        let encoded = ["", "f", "fo", "foo", "foob", "fooba", "foobar"]
            .map(|text| encode_base32(text.as_bytes()));
        assert_eq!(encoded, ["", "MY", "MZXQ", "MZXW6", "MZXW6YQ", "MZXW6YTB", "MZXW6YTBOI"]);
        let uri = secrets().otpauth_uri("xa 1/đ");
        assert!(uri.starts_with("otpauth://totp/thidua:xa%201%2F%C4%91?secret="), "{uri}");
        assert!(uri.ends_with("&issuer=thidua&algorithm=SHA1&digits=6&period=30"), "{uri}");
        assert_eq!(format!("{:?}", secrets()), "FactorSecrets");
    }

    #[test]
    fn a_code_is_accepted_one_step_early_and_late_and_no_further() {
        let (secrets, step) = (secrets(), NOW.0 / STEP_MICROS);
        let code = code_at(&secrets, NOW);
        for (steps, accepted) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let later = Timestamp(NOW.0 + steps * STEP_MICROS);
            let expected =
                if accepted { PresentedFactor::Step(step) } else { PresentedFactor::Wrong };
            assert_eq!(secrets.read_code(&code, later), expected, "{steps} steps");
        }
    }

    #[test]
    fn a_code_is_of_one_account_one_salt_and_one_server() {
        let code = code_at(&secrets(), NOW);
        for other in [
            FactorSecrets::derive(&[8; 32], AccountId([1; 16]), [2; 16]),
            FactorSecrets::derive(&[7; 32], AccountId([2; 16]), [2; 16]),
            FactorSecrets::derive(&[7; 32], AccountId([1; 16]), [3; 16]),
        ] {
            assert_eq!(other.read_code(&code, NOW), PresentedFactor::Wrong);
            assert_eq!(other.confirm(&code, NOW), None);
            assert_ne!(other.recovery_codes(), secrets().recovery_codes());
        }
    }

    #[test]
    fn what_is_typed_is_a_code_a_recovery_code_nothing_or_wrong() {
        let secrets = secrets();
        let confirmed = secrets.confirm(&code_at(&secrets, NOW), NOW).unwrap();
        assert_eq!(confirmed.recovery_hashes.len(), usize::from(RECOVERY_CODES));
        for (code, hash) in secrets.recovery_codes().iter().zip(confirmed.recovery_hashes) {
            let typed = code.to_string().to_lowercase();
            assert_eq!(secrets.read_code(&typed, NOW), PresentedFactor::RecoveryCode(hash));
        }
        assert_eq!(secrets.read_code("  ", NOW), PresentedFactor::Missing);
        for wrong in ["12345", "1234567", "abcdef", "+12345", "١٢٣٤٥٦"] {
            assert_eq!(secrets.read_code(wrong, NOW), PresentedFactor::Wrong, "{wrong}");
        }
    }
}
