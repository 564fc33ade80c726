//! What every rule uses: ids, time, exact numbers, refusals, messages, closed word lists.

pub mod clock_fault;
pub mod hex;
pub mod ids;
pub mod limits;
pub mod line_diff;
pub mod message;
pub mod nearest_word;
pub mod ratio;
pub mod reason;
pub mod scope_digest;
pub(crate) mod string_enum;
pub mod text;
pub mod time;
pub mod violation;
