//! The simulation: one thread, one seed, a fleet of phones with the real engine and two server nodes over one real database, and a day that goes wrong.
//!
//! No socket and no stream: the bytes of a request go to `grpc::carry`, the bytes of each frame come back to the phone's engine, and in between the line is cut,
//! the answer lost, the app or the server ended and begun again, the organisation changed, grants given and taken, an old copy restored, a phone cloned.
//!
//! Failures: a panic; a verdict that the model did not predict; an acknowledged command that is gone or has another outcome; a command with two
//! effects; a phone that after syncing twice does not hold, byte for byte, what the server lets it see; a record seen by somebody who may not; what a person typed
//! that is neither applied nor to be found; a phone that stops for a reason that nobody gave it; digests that do not agree, even if the scope mends itself; a database that its own check finds damaged.
//!
//! Not failures: CONFLICT, MERGED, HELD and REJECTED where the model says so; a refusal by the phone of what its own rules forbid; FORKED once a phone was cloned;
//! unsent work of a revoked phone. After a restore the model no longer foretells verdicts: which of two commands comes first is another story then; all
//! else holds.
//!
//! ```text
//!   SEED=7 cargo nextest run --test sim replay --no-capture       one seed, act by act
//!   scripts/soak --minutes 30                                     new seeds until the time is up or one fails
//! ```
#![allow(clippy::unwrap_used, reason = "a world that cannot be set up has failed")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "what a day does not know is a failure of the day"
)]
#![cfg(feature = "server")]

mod actions;
mod check;
mod fault;
mod fixture;
mod model;
#[path = "../common/pg.rs"]
mod pg;
mod phone;
mod rng;
mod visibility;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use world::{SimPlan, World};

/// Lives one seed to its end; a panic names the seed and tells what happened last.
fn run_seed(seed: u64, named: &str, plan: impl Fn(u64) -> Option<SimPlan>) {
    let replay = format!(
        "replay: SIM_PLAN={named} SEED={seed} cargo nextest run --test sim -E 'test(=replay)'"
    );
    println!("{replay}");
    let Some(plan) = plan(seed) else { return };
    let mut world = World::new(seed, plan);
    let result = catch_unwind(AssertUnwindSafe(|| {
        world.run_day();
        world.check_end_state();
    }));
    if let Err(panic) = result {
        println!("the last acts of seed {seed}:\n{}", world.log_text());
        println!("{replay}");
        resume_unwind(panic);
    }
    if std::env::var_os("SEED").is_some() {
        println!("{:?}", world.event_counts);
    }
}

/// Seeds in a row, from the first.
fn run_seeds(first: u64, count: u64) {
    (first..first + count).for_each(|seed| run_seed(seed, "sqlite", SimPlan::on_sqlite));
}

macro_rules! seed_blocks {
    ($($name:ident = $first:literal;)+) => { $(#[test] fn $name() { run_seeds($first, 20); })+ };
}

// Two hundred seeds, in blocks that run side by side.
seed_blocks! {
    after_any_day_every_phone_holds_what_the_server_lets_it_see_seeds_1_to_20 = 1;
    after_any_day_every_phone_holds_what_the_server_lets_it_see_seeds_21_to_40 = 21;
    after_any_day_every_phone_holds_what_the_server_lets_it_see_seeds_41_to_60 = 41;
    after_any_day_every_phone_holds_what_the_server_lets_it_see_seeds_61_to_80 = 61;
    after_any_day_every_phone_holds_what_the_server_lets_it_see_seeds_81_to_100 = 81;
    after_any_day_every_phone_holds_what_the_server_lets_it_see_seeds_101_to_120 = 101;
    after_any_day_every_phone_holds_what_the_server_lets_it_see_seeds_121_to_140 = 121;
    after_any_day_every_phone_holds_what_the_server_lets_it_see_seeds_141_to_160 = 141;
    after_any_day_every_phone_holds_what_the_server_lets_it_see_seeds_161_to_180 = 161;
    after_any_day_every_phone_holds_what_the_server_lets_it_see_seeds_181_to_200 = 181;
}

#[test]
fn two_nodes_over_one_postgresql_keep_the_same_promises() {
    (1..=6).for_each(|seed| run_seed(seed, "postgres", SimPlan::on_postgres));
}

/// Not a story of its own: one seed from the environment, on the database that it names.
#[test]
fn replay() {
    let Ok(seed) = std::env::var("SEED") else { return };
    let seed = seed.parse().expect("SEED is a number");
    match std::env::var("SIM_PLAN").as_deref() {
        Ok("postgres") => run_seed(seed, "postgres", SimPlan::on_postgres),
        Ok("soak") => run_seed(seed, "soak", SimPlan::for_soak),
        _ => run_seed(seed, "sqlite", SimPlan::on_sqlite),
    }
}

/// Not a story of its own: new seeds for so many minutes, longer days and more phones; `scripts/soak` runs it.
#[test]
fn soak() {
    let Ok(minutes) = std::env::var("SOAK_MINUTES") else { return };
    let minutes: u64 = minutes.parse().expect("SOAK_MINUTES is a number");
    let first: u64 =
        std::env::var("SOAK_FIRST_SEED").map_or(1_000_000, |seed| seed.parse().expect("a number"));
    let (begun, mut seed) = (std::time::Instant::now(), first);
    while begun.elapsed().as_secs() < minutes * 60 {
        run_seed(seed, "soak", SimPlan::for_soak);
        seed += 1;
    }
    println!("soak: {} seeds from {first} on, {minutes} minutes, no failure", seed - first);
}
