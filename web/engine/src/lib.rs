//! The phone's engine in a browser's worker. The worker carries bytes; every decision is the
//! engine's own, the same that a phone runs.
//!
//! Values cross as JSON (the feature `json` of `thidua`), bytes as arrays of bytes, errors as JSON
//! with a code and texts in every language.

#[cfg(target_family = "wasm")]
mod device;
#[cfg(target_family = "wasm")]
#[expect(unreachable_pub, reason = "JavaScript reaches what is exported")]
mod engine;
#[cfg(target_family = "wasm")]
mod operations;
