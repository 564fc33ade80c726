//! Evidence by which other parties verify the audit log: checkpoints of a Merkle tree over all its
//! lines, and proofs that need no other data.
//!
//! ```text
//!  lines of the audit log -> merkle: root and proofs -> audit_proof: their text form
//!                                                      -> verify: whether they agree
//! ```
//!
//! The content of a line is defined in `store`; signatures are verified in `auth`.

pub mod audit_proof;
pub mod merkle;
pub mod verify;
