//! Converts between the messages of the contract (`pb`) and the types of the domain.
//!
//! Every conversion names every field, so that a new field is a compile error and not silently
//! lost. A conversion checks the shape of a value; a value of the right shape that breaks a rule is
//! refused by the domain.

pub mod access;
pub mod bytes;
pub mod command;
pub mod command_export;
pub mod enums;
pub mod field_violations;
pub mod grant;
pub mod participation;
pub mod partner;
pub mod reasons;
pub mod record;
pub mod rehearsal;
pub mod scoring;
pub mod standing;
pub mod status_details;
pub mod sync;
pub mod target;
pub mod values;
