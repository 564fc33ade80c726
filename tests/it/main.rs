//! The product through its public doors: a real server over TLS on a loopback port, real calls, answers that are looked at.
#![allow(clippy::unwrap_used, reason = "a story that cannot be set up has failed")]
#![cfg(feature = "server")]

#[path = "../common/collector.rs"]
mod collector;
mod crash;
mod deadlines;
mod follow;
mod full_disk;
mod harness;
mod history;
mod hostile;
mod nodes;
#[path = "../common/pg.rs"]
mod pg;
#[path = "../common/pg_server.rs"]
mod pg_server;
mod phone;
mod power;
mod replica;
mod rotation;
mod rpc;
mod stolen;
mod telemetry;
mod vectors;
