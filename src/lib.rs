//! thidua (thi đua, emulation): the offline-first service on which a public authority runs its campaigns.
//!
//! The map, one line for each room; `tests/architecture.rs` enforces who may name whom.

/// Arms planted bugs; only with the feature `sabotage`.
#[macro_use]
mod sabotage;

/// Runs steps inside transactions, after asking permission.
#[cfg(feature = "server")]
pub mod app;
/// Turns credentials into proofs: codes, tokens, nonces, signatures.
#[cfg(feature = "server")]
pub mod auth;
/// Measures the product beside the bare thing; only with the feature `bench`.
#[cfg(feature = "bench")]
pub mod bench;
/// Talks to a person in a terminal; one file a subcommand.
#[cfg(feature = "server")]
pub mod cli;
/// Runs on the phone: replica, outbox, sync; `client::facade` is its only public surface.
#[cfg(feature = "client")]
pub mod client;
/// Asks the machine what time it is; nobody else does.
pub mod clock;
/// Reads the configuration: file, environment, flags.
#[cfg(feature = "server")]
pub mod config;
/// Decides: rules, targets, periods, workflow, merge. Knows no database, network, clock or protobuf.
pub mod domain;
/// Reads and writes people's files (TOML, CSV) to and from domain values.
#[cfg(feature = "server")]
pub mod files;
/// Carries the contract as services: opens callers, makes statuses, awaits.
#[cfg(feature = "server")]
pub mod grpc;
/// Acts with no caller: the nightly jobs.
#[cfg(feature = "server")]
pub mod jobs;
/// Draws the morning page and the workbook.
#[cfg(feature = "server")]
pub mod morning_report;
/// Contains the code generated from the contract.
pub mod pb;
/// Opens sockets: accept loop, TLS, start and end of a server process.
#[cfg(feature = "server")]
pub mod server;
/// Speaks SQL on the server: numbers changes, keeps feed, digests, chain and audit.
#[cfg(feature = "server")]
pub mod store;
/// Walks the feed for a device and takes its commands.
#[cfg(feature = "server")]
pub mod sync;
/// Follows calls and jobs through the rooms, for whoever collects it; can hold no word that somebody typed.
#[cfg(feature = "server")]
pub mod trace;
/// Knows both shapes of a thing, protobuf and domain; owns the one encoding of each synced record.
pub mod wire;
