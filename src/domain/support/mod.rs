//! What every rule uses: ids, time, exact numbers, refusals, languages, closed word lists.

pub mod clock_fault;
pub mod hex;
pub mod ids;
pub mod lang;
pub mod limits;
pub mod ratio;
pub mod reason;
pub mod scope_digest;
pub(crate) mod string_enum;
pub mod time;
pub mod violation;
