//! The phone's engine, a library for apps: replica, outbox and transport. Its rules are those of
//! `domain`, replayed on the data of the server.
//!
//! | module | does |
//! |---|---|
//! | `protocol` | types between engine, replica and runner |
//! | `engine` | decodes frames and decides actions; uses no disk, network or clock |
//! | `replica` | applies actions in SQLite, one transaction for what belongs together |
//! | `reference`, `rebase` | typed views: reference records, reports with the outbox replayed |
//! | `transport`, `runner` | TLS, calls, retries, follow mode |
//! | `facade` | the only public API |
//!
//! It shows no target, limit or verdict computed from unsent cells.

pub(crate) mod engine;
pub mod facade;
pub(crate) mod protocol;
pub(crate) mod rebase;
pub(crate) mod reference;
pub(crate) mod replica;
pub(crate) mod runner;
pub(crate) mod transport;

#[cfg(test)]
pub(crate) mod fixture;
