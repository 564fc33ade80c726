//! Identifiers: 16 bytes each, one type for each kind of record, so that kinds cannot be confused.
//!
//! Files and screens have text codes; tables and the wire have the 16 bytes.

use sha2::{Digest, Sha256};
use std::fmt;

/// An id that cannot be read: not 16 bytes, or not the text form of 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id has 16 bytes, or 32 hexadecimal digits in text")]
pub struct BadId;

/// First 16 bytes of SHA-256 over `thidua.<kind>`, a zero byte and the parts, each preceded by its
/// length.
#[must_use]
pub fn derive_id(kind: &str, parts: &[&[u8]]) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(b"thidua.");
    hash.update(kind.as_bytes());
    hash.update([0]);
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    id
}

macro_rules! define_ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// The id of a text code of this kind, the same on every machine.
            #[must_use]
            pub fn from_code(code: &str) -> Self {
                Self(derive_id($kind, &[code.as_bytes()]))
            }

            /// Reads 16 bytes.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, BadId> {
                bytes.try_into().map(Self).map_err(|_| BadId)
            }

            /// Reads 32 hexadecimal digits.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                parse_hex(text).map(Self)
            }

            /// The 16 bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    )+};
}

define_ids! {
    /// A unit of the organisation (đơn vị); never reused, unlike official codes.
    UnitId = "unit";
    /// A campaign (phong trào thi đua).
    CampaignId = "campaign";
    /// A form (biểu mẫu).
    FormId = "form";
    /// A reporting contract: who reports which form by when.
    ContractId = "contract";
    /// A data element (chỉ tiêu thống kê).
    ElementId = "element";
    /// A report (báo cáo), derived from its key.
    ReportId = "report";
    /// A comment on a report.
    CommentId = "comment";
    /// A branch of a conflict: the value that was not stored.
    ConflictId = "conflict";
    /// A command that waits for its parent or for another person.
    HeldCommandId = "held";
    /// A proposal to amend an accepted report.
    ProposalId = "proposal";
    /// A device enrolled for one account.
    DeviceId = "device";
    /// An account of an official or an agency.
    AccountId = "account";
    /// A key of a partner agency.
    ServiceKeyId = "key";
    /// A published standing of one target at one unit.
    StandingId = "standing";
    /// One run of a job.
    RunId = "run";
    /// A change of the organisation.
    OrgChangeId = "change";
    /// A data-quality question to a unit.
    FindingId = "finding";
    /// A waiver of a missing report, derived from the report's id.
    WaiverId = "waiver";
    /// A hand-over of stocks, derived from its content.
    HandoverId = "handover";
}

fn parse_hex(text: &str) -> Result<[u8; 16], BadId> {
    let digits = text.as_bytes();
    if digits.len() != 32 {
        return Err(BadId);
    }
    let mut id = [0; 16];
    for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = hex_digit(pair[0])? << 4 | hex_digit(pair[1])?;
    }
    Ok(id)
}

fn hex_digit(digit: u8) -> Result<u8, BadId> {
    (digit as char).to_digit(16).map(|value| value as u8).ok_or(BadId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_names_the_same_id_everywhere_and_kinds_do_not_collide() {
        assert_eq!(UnitId::from_code("com-29242-1"), UnitId::from_code("com-29242-1"));
        assert_ne!(UnitId::from_code("A").0, CampaignId::from_code("A").0);
    }

    #[test]
    fn text_and_bytes_are_two_forms_of_one_id() {
        let id = UnitId::from_code("prov-84");
        assert_eq!(UnitId::parse(&id.to_string()), Ok(id));
        assert_eq!(UnitId::from_slice(id.as_bytes()), Ok(id));
        assert_eq!(UnitId::parse("xyz"), Err(BadId));
        assert_eq!(UnitId::from_slice(&[0; 15]), Err(BadId));
    }
}
