//! The one encoding of each synced record (S21: server and phone store, digest and send exactly these bytes).
//!
//! Encoding is deterministic: no maps, lists in the order that the contract names, defaults left out. Nobody encodes a record again that
//! came as bytes; typed views are rebuilt from them. Knows no scope, no revision and no feed.

mod attachment;
mod campaign;
mod catalogue;
mod finding;
mod org;
mod participation;
mod proposal;
mod report;
pub(in crate::wire) mod standing;

pub use crate::domain::numbers::{ElementNumbers, NumberMap, UnitNumbers};
pub use attachment::{
    comment_to_proto, conflict_to_proto, decode_comment, decode_conflict, decode_held,
    encode_comment, encode_conflict, encode_held,
};
pub use campaign::{campaign_to_proto, decode_campaign, encode_campaign};
pub use catalogue::{
    decode_calendar, decode_catalogue, decode_contract, decode_element, decode_form,
    encode_calendar, encode_contract, encode_element, encode_form,
};
pub use finding::{decode_finding, encode_finding, finding_to_proto};
pub use org::{decode_org, decode_unit, encode_unit, unit_to_proto};
pub use proposal::{decode_proposal, encode_proposal};
pub use report::{decode_report, encode_report, report_from_proto, report_to_proto};
pub use standing::{
    decode_run, decode_standing, encode_run, encode_standing, judgement_from_proto,
    judgement_to_proto, run_to_proto, standing_to_proto, standing_view_to_proto,
};

use crate::domain::reason::RefusalReason;

/// Stored bytes that are not the record they should be, or a value that no record can carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Not the encoding of the message at all.
    #[error("not a record of this kind: {0}")]
    Decode(String),
    /// A field that is not what the contract says.
    #[error("field {0} is not what the contract says")]
    Field(&'static str),
    /// A unit without a number, or a number without a unit.
    #[error("unit without a short number, or a number without a unit")]
    UnknownUnit,
    /// An element without a number, or a number without an element.
    #[error("element without a short number, or a number without an element")]
    UnknownElement,
}

fn decode_message<M: prost::Message + Default>(bytes: &[u8]) -> Result<M, RecordError> {
    M::decode(bytes).map_err(|error| RecordError::Decode(error.to_string()))
}

fn check_field<T>(name: &'static str, got: Result<T, RefusalReason>) -> Result<T, RecordError> {
    got.map_err(|_| RecordError::Field(name))
}

fn require_field<T>(name: &'static str, got: Option<T>) -> Result<T, RecordError> {
    got.ok_or(RecordError::Field(name))
}
