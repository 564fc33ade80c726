//! What others hold an authority to its audit with: checkpoints of a tree over all its lines, and proofs that need nothing else.
//!
//! ```text
//!  lines of the audit -> merkle: root, proofs -> paper: texts that are handed out -> check: whether those that somebody holds agree
//! ```
//!
//! Knows no database and no key: what a line is, is the store's; whose a signature is, `auth` says.

pub mod audit_proof;
pub mod merkle;
pub mod verify;
