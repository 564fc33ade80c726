//! The code generated from `proto/thidua/v1` and from the OpenTelemetry protos in `src/pb`. It is
//! documented in the protos.

#![allow(
    clippy::all,
    clippy::pedantic,
    clippy::wildcard_enum_match_arm,
    unreachable_pub,
    missing_docs,
    rustdoc::all
)]

// Messages only, unless the build makes calls (`client-net`) or serves them (`server`).
include!(concat!(env!("OUT_DIR"), "/thidua.v1.rs"));

include!(concat!(env!("OUT_DIR"), "/rpcs.rs"));

/// Descriptors of the whole contract with its imports, for reflection and for tests of the
/// contract.
pub const FILE_DESCRIPTOR_SET: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/thidua_descriptor.bin"));

/// The OpenTelemetry protocol (OTLP). Its protos are third-party: version 1.10, unchanged, under
/// their own licence (Apache-2.0).
#[cfg(feature = "server")]
pub mod otlp {
    include!(concat!(env!("OUT_DIR"), "/otlp.rs"));
}
