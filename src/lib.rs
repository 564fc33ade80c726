//! thidua (thi đua, emulation): the offline-first service on which a public authority runs its
//! campaigns.
//!
//! One line per module; `tests/architecture.rs` enforces the allowed dependencies.

// The foreign function interface of `client::facade`, for the workspace member `sdk`.
#[cfg(feature = "bindings")]
uniffi::setup_scaffolding!();

/// Planted bugs; active only with the feature `sabotage`.
#[macro_use]
mod sabotage;

/// Use cases: check permissions and run inside transactions.
#[cfg(feature = "server")]
pub mod app;
/// Authentication: codes, tokens, nonces, signatures.
#[cfg(feature = "server")]
pub mod auth;
/// What the workspace member `bench` names of the product.
#[doc(hidden)]
pub mod bench_api;
/// The command line; one file per subcommand.
#[cfg(feature = "server")]
pub mod cli;
/// The client on the phone: replica, outbox, sync; `client::facade` is its only public interface.
#[cfg(feature = "client")]
pub mod client;
/// The system clock; no other module reads it.
pub mod clock;
/// The configuration: file, environment, flags.
#[cfg(feature = "server")]
pub mod config;
/// Rules, targets, periods, workflow, merge. Must not depend on database, network, clock or
/// protobuf.
pub mod domain;
/// Files in: what people and systems send, checked, compared and applied, one way for all.
#[cfg(feature = "server")]
pub mod exchange;
/// Reads and writes files (TOML, CSV) to and from domain values.
#[cfg(feature = "server")]
pub mod files;
/// The gRPC services: authenticate callers, map errors to statuses.
#[cfg(feature = "server")]
pub mod grpc;
/// The texts for people, by language.
pub mod i18n;
/// The nightly jobs.
#[cfg(feature = "server")]
pub mod jobs;
/// Renders the morning report as a page and as a workbook.
#[cfg(feature = "server")]
pub mod morning_report;
/// The office in the browser: pages for people who sign in at a desk.
#[cfg(feature = "server")]
pub mod office;
/// The code generated from the contract.
pub mod pb;
/// Accept loop, TLS, start and shutdown of a server process.
#[cfg(feature = "server")]
pub mod server;
/// The server's database: assigns commit numbers, stores feed, digests, hash chain and audit.
#[cfg(feature = "server")]
pub mod store;
/// Sync of a device: reads the feed and executes the device's commands.
#[cfg(feature = "server")]
pub mod sync;
/// Traces calls and jobs; spans cannot contain user text.
#[cfg(feature = "server")]
pub mod trace;
/// Converts between protobuf and domain; owns the encoding of every synced record.
pub mod wire;
