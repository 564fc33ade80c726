//! The texts of an enrolment: the code, the invitation in a QR code, and the inputs that a device
//! signs.
//!
//! Phone and server share them, so that both sign and verify the same bytes.

use crate::domain::support::hex::{decode_hex, encode_hex};
use crate::domain::support::ids::DeviceId;
use crate::domain::support::limits::ARGUMENT;
use crate::domain::support::text::checked_text;
use std::fmt;

/// Symbols of a code: Crockford's base 32, without I, L, O and U.
const CODE_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Symbols of a code of 128 bits.
const CODE_LENGTH: usize = 26;
/// Prefix of an invitation; the number is the version of its format.
const INVITE_PREFIX: &str = "thidua:1?";

/// A single-use enrolment code of 128 bits.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrolmentCode([u8; 16]);

/// Minutes for which a code that a person may type is valid.
pub const TYPED_CODE_MINUTES: u32 = 10;

/// The public number of a code, printed on its card and used to revoke it: the first six bytes of
/// its hash. The code cannot be found from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnrolCodeId(pub [u8; 6]);

impl EnrolCodeId {
    /// The number of the code with this SHA-256.
    #[must_use]
    pub fn from_hash(hash: &[u8]) -> Self {
        let mut id = [0; 6];
        id.iter_mut().zip(hash).for_each(|(to, from)| *to = *from);
        Self(id)
    }

    /// Reads 12 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        decode_hex(text).and_then(|bytes| bytes.try_into().ok()).map(Self)
    }
}

impl fmt::Display for EnrolCodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode_hex(&self.0))
    }
}

/// What became of a printed card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardState {
    /// It can be used.
    Unused,
    /// It enrolled a device.
    Used,
    /// Its time is over.
    Expired,
    /// It was revoked before it was used.
    Revoked,
}

impl CardState {
    /// Its word in files and answers.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unused => "UNUSED",
            Self::Used => "USED",
            Self::Expired => "EXPIRED",
            Self::Revoked => "REVOKED",
        }
    }
}

/// Text that is not a code or not an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InviteError {
    /// Not 26 symbols, or a symbol outside the alphabet of codes.
    #[error("an enrolment code has 26 letters and digits")]
    Code,
    /// Not an invitation, or one of a newer format.
    #[error("not an invitation that this version knows")]
    Invite,
}

impl EnrolmentCode {
    /// The code of these random bytes.
    #[must_use]
    pub fn new(random: [u8; 16]) -> Self {
        Self(random)
    }

    /// Reads a typed code: blanks, hyphens and case are ignored, O is read as 0, I and L as 1.
    pub fn parse(text: &str) -> Result<Self, InviteError> {
        let mut bits = 0u128;
        let mut count = 0;
        for c in text.chars().filter(|c| !matches!(c, ' ' | '-')) {
            let c = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let value = CODE_ALPHABET
                .iter()
                .position(|symbol| char::from(*symbol) == c)
                .ok_or(InviteError::Code)?;
            count += 1;
            if count > CODE_LENGTH || (count == 1 && value > 7) {
                return Err(InviteError::Code);
            }
            bits = bits << 5 | value as u128;
        }
        if count == CODE_LENGTH { Ok(Self(bits.to_be_bytes())) } else { Err(InviteError::Code) }
    }

    /// The 26 symbols without groups: the form that is hashed and signed.
    #[must_use]
    pub fn symbols(&self) -> String {
        let bits = u128::from_be_bytes(self.0);
        (0..CODE_LENGTH)
            .rev()
            .map(|position| char::from(CODE_ALPHABET[(bits >> (5 * position)) as usize & 31]))
            .collect()
    }
}

impl fmt::Display for EnrolmentCode {
    /// In groups of four.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, symbol) in self.symbols().chars().enumerate() {
            if index > 0 && index % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{symbol}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for EnrolmentCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(secret)")
    }
}

/// The data that a phone needs to connect to its server for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// The single-use code.
    pub code: EnrolmentCode,
    /// SHA-256 of the authority's CA certificate (DER), the only issuer that the phone trusts.
    pub ca_sha256: [u8; 32],
    /// Addresses of the server, best first, as in `https://10.0.0.2:8443`.
    pub addresses: Vec<String>,
}

impl Invite {
    /// Reads the text of a QR code: `thidua:1?c=CODE&f=SHA256&a=ADDRESS&a=ADDRESS`.
    pub fn parse(text: &str) -> Result<Self, InviteError> {
        let text = checked_text(text.trim(), ARGUMENT).map_err(|_| InviteError::Invite)?;
        let fields = text.strip_prefix(INVITE_PREFIX).ok_or(InviteError::Invite)?;
        let (mut code, mut ca_sha256, mut addresses) = (None, None, Vec::new());
        for field in fields.split('&') {
            match field.split_once('=').ok_or(InviteError::Invite)? {
                ("c", value) => code = Some(EnrolmentCode::parse(value)?),
                ("f", value) => ca_sha256 = Some(parse_sha256(value)?),
                ("a", value) if value.starts_with("https://") => addresses.push(value.to_owned()),
                // Unknown fields of a later format are ignored.
                (_, _) => {}
            }
        }
        match (code, ca_sha256) {
            (Some(code), Some(ca_sha256)) if !addresses.is_empty() => {
                Ok(Self { code, ca_sha256, addresses })
            }
            (_, _) => Err(InviteError::Invite),
        }
    }
}

impl fmt::Display for Invite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{INVITE_PREFIX}c={}&f=", self.code.symbols())?;
        self.ca_sha256.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        self.addresses.iter().try_for_each(|address| write!(f, "&a={address}"))
    }
}

fn parse_sha256(text: &str) -> Result<[u8; 32], InviteError> {
    decode_hex(text).and_then(|bytes| bytes.try_into().ok()).ok_or(InviteError::Invite)
}

/// The input that a device signs to enrol: proof that it holds the private key of `public_key`.
#[must_use]
pub fn enrolment_signing_input(code: &EnrolmentCode, public_key: &[u8]) -> Vec<u8> {
    [b"thidua.enrol.v1\0", code.symbols().as_bytes(), b"\0", public_key].concat()
}

/// The input that a device signs to renew its token: the server's nonce, never the device's time.
#[must_use]
pub fn renewal_signing_input(device: DeviceId, nonce: &[u8]) -> Vec<u8> {
    [b"thidua.renew.v1\0", &device.0[..], nonce].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = EnrolmentCode::new(*b"0123456789abcdef");
        let presented = code.to_string();
        assert_eq!(presented.len(), 26 + 6);
        let typed = presented.to_lowercase().replace('1', "l").replace('0', "o").replace('-', " ");
        assert_eq!(EnrolmentCode::parse(&typed), Ok(code.clone()));
        for bad in [
            "",
            "ABCD",
            "U234-5678-9012-3456-7890-1234-56",
            &presented.replace('-', "")[1..],
            "Z".repeat(26).as_str(),
        ] {
            assert_eq!(EnrolmentCode::parse(bad), Err(InviteError::Code), "{bad}");
        }
        assert_eq!(format!("{code:?}"), "Code(secret)", "a code is not for logs");
    }

    #[test]
    fn an_invitation_without_address_or_of_another_form_is_refused() {
        let invite = Invite {
            code: EnrolmentCode::new([7; 16]),
            ca_sha256: [0xab; 32],
            addresses: vec!["https://[::1]:8443".into()],
        };
        let text = invite.to_string();
        assert_eq!(Invite::parse(&text), Ok(invite));
        assert_eq!(Invite::parse(&format!("{text}&later=1")).map(|i| i.addresses.len()), Ok(1));
        assert_eq!(Invite::parse(&text.replace("thidua:1", "thidua:2")), Err(InviteError::Invite));
        assert_eq!(Invite::parse(&text.replace("https", "http")), Err(InviteError::Invite));
    }

    proptest! {
        #[test]
        fn every_code_is_read_back_and_nothing_typed_panics(bytes in any::<[u8; 16]>(), typed in ".{0,40}") {
            let code = EnrolmentCode::new(bytes);
            prop_assert_eq!(EnrolmentCode::parse(&code.to_string()), Ok(code));
            let _ = EnrolmentCode::parse(&typed);
            let _ = Invite::parse(&typed);
        }
    }
}
