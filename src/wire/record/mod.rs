//! The only encoding of each synced record: server and phone store, digest and send exactly these
//! bytes (S21).
//!
//! Encoding is deterministic: no maps, lists in the order that the contract defines, defaults left
//! out. A record that was received as bytes must not be encoded again; typed views are decoded from
//! the bytes.

mod attachment;
mod campaign;
mod catalogue;
mod each_judgement;
mod finding;
mod handover;
mod judged_scope;
mod org;
pub(in crate::wire) mod participation;
mod proposal;
mod report;
pub(in crate::wire) mod standing;
mod waiver;

pub use crate::domain::report::numbers::{ElementNumbers, NumberMap, UnitNumbers};
pub use attachment::{
    comment_to_proto, conflict_to_proto, decode_comment, decode_conflict, decode_held,
    encode_comment, encode_conflict, encode_held, held_reason_to_proto,
};
pub use campaign::{campaign_to_proto, decode_campaign, encode_campaign, reopening_to_proto};
pub use catalogue::{
    catalogue_from_entries, catalogue_to_entries, decode_calendar, decode_catalogue,
    decode_contract, decode_element, decode_field, decode_form, encode_calendar, encode_contract,
    encode_element, encode_field, encode_form,
};
pub use finding::{decode_finding, encode_finding, finding_to_proto};
pub use handover::{decode_handover, encode_handover, handover_to_proto};
pub use org::{decode_org, encode_unit, unit_to_proto};
pub use participation::{
    decode_participation, encode_participation, participation_from_proto, participation_to_proto,
};
pub use proposal::{decode_proposal, encode_proposal};
pub use report::{decode_report, encode_report, report_to_proto};
pub use standing::{
    decode_run, decode_standing, encode_run, encode_standing, judgement_state_from_proto,
    judgement_state_to_proto, run_to_proto, standing_to_proto, standing_view_to_proto,
};
pub use waiver::{decode_waiver, encode_waiver, waiver_to_proto};

use crate::domain::support::reason::RefusalReason;

/// Why bytes are not a valid record, or why a value cannot be encoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The bytes are not an encoding of the message.
    #[error("not a record of this kind: {0}")]
    Decode(String),
    /// A field has a value that the contract does not allow.
    #[error("field {0} is not what the contract says")]
    Field(&'static str),
    /// A unit has no number, or a number has no unit.
    #[error("unit without a short number, or a number without a unit")]
    UnknownUnit,
    /// An element has no number, or a number has no element.
    #[error("element without a short number, or a number without an element")]
    UnknownElement,
}

fn decode_message<M: prost::Message + Default>(bytes: &[u8]) -> Result<M, RecordError> {
    M::decode(bytes).map_err(|error| RecordError::Decode(error.to_string()))
}

fn check_field<T>(name: &'static str, result: Result<T, RefusalReason>) -> Result<T, RecordError> {
    result.map_err(|_| RecordError::Field(name))
}

fn require_field<T>(name: &'static str, value: Option<T>) -> Result<T, RecordError> {
    value.ok_or(RecordError::Field(name))
}
