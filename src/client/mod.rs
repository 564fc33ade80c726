//! The phone's engine: what an app links in. It holds the replica, the outbox and the link, and decides no rule of its own:
//! rules are the domain's, replayed here on what the server sent.
//!
//! | part | does |
//! |---|---|
//! | `step` | the words between engine and replica |
//! | `engine` | reads frames and says what to do; touches no disk, no network and no clock |
//! | `replica` | does it: SQLite, one transaction for what belongs together |
//! | `reference`, `rebase` | typed views: reference records, reports with the outbox replayed on top |
//! | `link`, `runner` | TLS, calls, retries, follow mode |
//! | `facade` | the only public surface |
//!
//! Knows no server code and no database but its own. Shows no target, limit or verdict computed from unsent cells.

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
