//! The phone's engine, a library for apps: replica, outbox and transport. Its rules are those of
//! `domain`, replayed on the data of the server.
//!
//! | module | does |
//! |---|---|
//! | `protocol` | types between engine, replica and runner |
//! | `engine` | decodes frames and decides actions; uses no disk, network or clock |
//! | `replica` | applies actions in SQLite, one transaction for what belongs together |
//! | `reference`, `rebase` | typed views: reference records, reports with the outbox replayed |
//! | `call_status`, `command_export`, `device_key` | what a call ended with, sealing, signatures |
//! | `runner` | enrolment and renewal; with `client-net` calls, retries, follow mode |
//! | `transport` | gRPC over TLS; only with `client-net` |
//! | `facade` | the only public API |
//!
//! Without the feature `client-net` nothing here does input or output beside the local database:
//! whoever holds the engine carries its bytes (`facade::external_transport`).
//!
//! It shows no target, limit or verdict computed from unsent cells.

pub(crate) mod call_status;
pub(crate) mod command_export;
pub(crate) mod device_key;
pub(crate) mod engine;
pub mod facade;
pub(crate) mod protocol;
pub(crate) mod rebase;
pub(crate) mod reference;
pub(crate) mod replica;
pub(crate) mod runner;
#[cfg(feature = "client-net")]
pub(crate) mod transport;

#[cfg(test)]
pub(crate) mod fixture;
