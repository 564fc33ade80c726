//! The one encoding of each synced record (S21: server and phone store, digest and send exactly these bytes).
//!
//! Encoding is deterministic: no maps, lists in the order that the contract names, defaults left out. Nobody encodes a record again that
//! came as bytes; typed views are rebuilt from them. Knows no scope, no revision and no feed.

mod campaign;
mod catalogue;
mod desk;
mod finding;
mod org;
mod proposal;
mod report;
pub(in crate::wire) mod standing;
mod taken_up;

pub use crate::domain::numbers::{ElementNumbers, Numbering, UnitNumbers};
pub use campaign::{campaign, campaign_message, read_campaign};
pub use catalogue::{
    calendar, contract, element, form, read_calendar, read_catalogue, read_contract, read_element, read_form,
};
pub use desk::{comment, comment_message, conflict, conflict_message, held, read_comment, read_conflict, read_held};
pub use finding::{finding, finding_message, read_finding};
pub use org::{read_org, read_unit, unit, unit_message};
pub use proposal::{proposal, read_proposal};
pub use report::{read_report, read_report_message, report, report_message};
pub use standing::{
    judgement_message, read_judgement, read_run, read_standing, run, run_message, standing, standing_message,
    standing_view,
};

use crate::domain::reason::Reason;

/// Stored bytes that are not the record they should be, or a value that no record can carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    /// Not the encoding of the message at all.
    #[error("not a record of this kind: {0}")]
    Bytes(String),
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

fn decode<M: prost::Message + Default>(bytes: &[u8]) -> Result<M, BadRecord> {
    M::decode(bytes).map_err(|error| BadRecord::Bytes(error.to_string()))
}

fn field<T>(name: &'static str, got: Result<T, Reason>) -> Result<T, BadRecord> {
    got.map_err(|_| BadRecord::Field(name))
}

fn required<T>(name: &'static str, got: Option<T>) -> Result<T, BadRecord> {
    got.ok_or(BadRecord::Field(name))
}
