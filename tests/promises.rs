//! The promises of the sync contract, each named after its number, on SQLite and on PostgreSQL from
//! one body.
//!
//! These tests call `sync::Exchange` without a socket; `tests/integration` tests the same on a real
//! server, `client` on a real phone.
#![allow(clippy::needless_pass_by_value, reason = "each test takes a world of its own")]
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![cfg(feature = "server")]

#[path = "promises/access_oracle.rs"]
mod access_oracle;
#[path = "promises/accounts.rs"]
mod accounts;
#[path = "promises/awards.rs"]
mod awards;
#[path = "promises/backend_parity.rs"]
mod backend_parity;
#[path = "promises/batching.rs"]
mod batching;
#[path = "promises/clock.rs"]
mod clock;
#[path = "promises/conclusion.rs"]
mod conclusion;
#[path = "promises/conflicts.rs"]
mod conflicts;
#[path = "promises/convergence.rs"]
mod convergence;
#[path = "promises/epochs.rs"]
mod epochs;
#[path = "promises/evidence.rs"]
mod evidence;
#[path = "promises/follow.rs"]
mod follow;
#[path = "promises/handovers.rs"]
mod handovers;
#[path = "promises/held_commands.rs"]
mod held_commands;
#[path = "promises/job_crash.rs"]
mod job_crash;
#[path = "promises/jobs.rs"]
mod jobs;
#[path = "promises/mirrored_org.rs"]
mod mirrored_org;
#[path = "promises/nil_reports.rs"]
mod nil_reports;
#[path = "promises/openings.rs"]
mod openings;
#[path = "promises/own_commit.rs"]
mod own_commit;
#[path = "promises/participation.rs"]
mod participation;
#[path = "promises/permits.rs"]
mod permits;
#[path = "common/pg.rs"]
mod pg;
#[path = "promises/proposals.rs"]
mod proposals;
#[path = "promises/push.rs"]
mod push;
#[path = "promises/random_walks.rs"]
mod random_walks;
#[path = "promises/replaced_revisions.rs"]
mod replaced_revisions;
#[path = "promises/retention.rs"]
mod retention;
#[path = "promises/runs.rs"]
mod runs;
#[path = "promises/scopes.rs"]
mod scopes;
#[path = "promises/vectors.rs"]
mod vectors;
#[path = "promises/world.rs"]
mod world;
#[path = "promises/year.rs"]
mod year;

/// Runs each test on a new SQLite file and on a new PostgreSQL database.
macro_rules! on_both_databases {
    ($($name:ident)+) => {
        mod on_sqlite { $(#[test] fn $name() { super::$name(crate::world::World::on_sqlite()); })+ }
        mod on_postgres {
            $(#[test] fn $name() {
                if let Some(world) = crate::world::World::on_postgres() { super::$name(world); }
            })+
        }
    };
}
pub(crate) use on_both_databases;
