//! The phone's engine in a browser's worker. The worker carries bytes; every decision is the
//! engine's own, the same that a phone runs.
//!
//! Values cross as JSON, bytes as arrays of bytes, errors as JSON with code and text in the
//! language of the app.

#[cfg(target_family = "wasm")]
mod device;
#[cfg(target_family = "wasm")]
#[expect(unreachable_pub, reason = "JavaScript reaches what is exported")]
mod engine;
#[cfg(target_family = "wasm")]
mod views;
