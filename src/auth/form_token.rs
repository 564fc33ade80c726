//! Form tokens: the proof that a form of a page was shown in the session that sends it.
//!
//! A token follows from the session and the server's secret, so every node verifies it, nothing is
//! stored, and the token in a cookie cannot be read from it.

use super::secret::derive_mac;
use crate::domain::support::ids::DeviceId;

/// The form token of a desk session.
#[must_use]
pub fn create_form_token(secret: &[u8], session: DeviceId) -> [u8; 16] {
    derive_mac(secret, &[b"form token", &session.0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_token_is_of_one_session_and_one_secret() {
        let token = create_form_token(b"secret", DeviceId([1; 16]));
        assert_eq!(token, create_form_token(b"secret", DeviceId([1; 16])));
        assert_ne!(token, create_form_token(b"secret", DeviceId([2; 16])));
        assert_ne!(token, create_form_token(b"another", DeviceId([1; 16])));
    }
}
