//! The product through its public interfaces: a real server over TLS on a loopback port, real calls
//! and their responses.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![cfg(feature = "server")]

mod certificate_rotation;
mod connect;
mod crash;
mod deadlines;
mod follow;
mod full_disk;
mod harness;
mod history_check;
mod hostile;
mod office;
#[path = "../common/otlp_collector.rs"]
mod otlp_collector;
#[path = "../common/pg.rs"]
mod pg;
#[path = "../common/pg_server.rs"]
mod pg_server;
mod phone;
mod power_loss;
mod replica;
mod rpc;
mod stolen_database;
mod telemetry;
mod two_nodes;
mod vectors;
