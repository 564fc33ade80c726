//! The promises of the sync contract, each named after its number, on SQLite and on PostgreSQL from one body.
//!
//! Here the exchange itself is asked, without a socket; `tests/it` asks the same of a real server, `client` of a real phone.
#![allow(clippy::needless_pass_by_value, reason = "a story takes a world of its own")]
#![allow(clippy::unwrap_used, reason = "a story that cannot be set up has failed")]
#![cfg(feature = "server")]

#[path = "promises/accounts.rs"]
mod accounts;
#[path = "promises/ages.rs"]
mod ages;
#[path = "promises/conflicts.rs"]
mod conflicts;
#[path = "promises/epochs.rs"]
mod epochs;
#[path = "promises/following.rs"]
mod following;
#[path = "promises/held.rs"]
mod held;
#[path = "promises/jobs.rs"]
mod jobs;
#[path = "promises/killed.rs"]
mod killed;
#[path = "promises/nights.rs"]
mod nights;
#[path = "common/pg.rs"]
mod pg;
#[path = "promises/printed.rs"]
mod printed;
#[path = "promises/proposals.rs"]
mod proposals;
#[path = "promises/pushing.rs"]
mod pushing;
#[path = "promises/scopes.rs"]
mod scopes;
#[path = "promises/states.rs"]
mod states;
#[path = "promises/twins.rs"]
mod twins;
#[path = "promises/vectors.rs"]
mod vectors;
#[path = "promises/walks.rs"]
mod walks;
#[path = "promises/world.rs"]
mod world;

/// Runs each story on a fresh SQLite file and on a fresh PostgreSQL database.
macro_rules! stories {
    ($($name:ident)+) => {
        mod on_sqlite { $(#[test] fn $name() { super::$name(crate::world::World::on_sqlite()); })+ }
        mod on_postgres {
            $(#[test] fn $name() { if let Some(world) = crate::world::World::on_postgres() { super::$name(world); } })+
        }
    };
}
pub(crate) use stories;
