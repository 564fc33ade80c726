//! Both shapes of a thing: what the contract says of it, and what the domain decides with.
//!
//! Every conversion names every field, so that a new field is a compile error and not a loss. Knows no network, no database
//! and no rule: a value that has the right shape and breaks a rule passes here and is refused by the domain.

pub mod access;
pub mod bytes;
pub mod command;
pub mod enums;
pub mod field_violations;
pub mod partner;
pub mod reasons;
pub mod record;
pub mod standing;
pub mod sync;
pub mod target;
pub mod values;
