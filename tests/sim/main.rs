//! The simulation: one thread, one seed, phones with the real engine and two server nodes over one
//! real database, and a day of faults.
//!
//! There is no socket and no stream: a request's bytes go to `grpc::in_memory`, the bytes of each
//! frame return to the phone's engine. In between the connection is cut, the response lost, the app
//! or the server killed and restarted, the organisation changed, grants given and revoked, an old
//! backup restored, a phone cloned.
//!
//! Failures: a panic; a verdict that the model did not predict; an acknowledged command that is
//! missing or has another outcome; a command with two effects; a phone that after syncing twice
//! does not hold, byte for byte, what the server lets it see; a record visible without permission;
//! a typed value that is neither applied nor listed as refused; a phone that stops without a
//! reason; digests that do not match, even if the scope is repaired; a database that fails its own
//! check.
//!
//! Not failures: CONFLICT, MERGED, HELD and REJECTED where the model predicts them; a refusal by
//! the phone's own rules; FORKED once a phone was cloned; unsent work of a revoked phone. After a
//! restore the model no longer predicts verdicts, because the order of commands has changed; all
//! other checks still apply.
//!
//! ```text
//!   SEED=7 cargo nextest run --test sim replay --no-capture   one seed, action by action
//!   scripts/web engine; export THIDUA_WASM_PKG=web/app/src/engine/pkg; SIM_PLAN=twins SEED=7 ...
//!                                                             a day of phones with twins
//!   scripts/soak --minutes 30                                 new seeds until the time is up or
//!                                                             one fails
//! ```
#![allow(clippy::unwrap_used, reason = "a world that cannot be set up has failed")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "what a day does not know is a failure of the day"
)]
#![cfg(all(feature = "server", feature = "json"))]

mod actions;
mod calls;
mod check;
mod fault;
mod fixture;
mod model;
mod model_commands;
#[path = "../../web/engine/src/operations.rs"]
mod operations;
#[path = "../common/pg.rs"]
mod pg;
mod phone;
mod rng;
mod twin;
mod visibility;
mod world;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use world::{SimPlan, World};

/// Runs one seed; on a panic prints the seed and the last actions. Gives how often each event
/// occurred.
fn run_seed(
    seed: u64,
    named: &str,
    plan: impl Fn(u64) -> Option<SimPlan>,
) -> BTreeMap<String, u32> {
    let replay = format!(
        "replay: SIM_PLAN={named} SEED={seed} cargo nextest run --test sim -E 'test(=replay)'"
    );
    println!("{replay}");
    let Some(plan) = plan(seed) else { return BTreeMap::new() };
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
    world.event_counts
}

/// Runs consecutive seeds.
fn run_seeds(first: u64, count: u64) {
    (first..first + count).for_each(|seed| {
        run_seed(seed, "sqlite", SimPlan::on_sqlite);
    });
}

macro_rules! seed_blocks {
    ($($name:ident = $first:literal;)+) => { $(#[test] fn $name() { run_seeds($first, 20); })+ };
}

// Two hundred seeds, in blocks that run in parallel.
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
    (1..=6).for_each(|seed| {
        run_seed(seed, "postgres", SimPlan::on_postgres);
    });
}

/// Not a test of its own: runs one seed from the environment, on the database that it names.
#[test]
fn replay() {
    let Ok(seed) = std::env::var("SEED") else { return };
    let seed = seed.parse().expect("SEED is a number");
    match std::env::var("SIM_PLAN").as_deref() {
        Ok("postgres") => run_seed(seed, "postgres", SimPlan::on_postgres),
        Ok("soak") => run_seed(seed, "soak", SimPlan::for_soak),
        Ok("twins") => run_seed(seed, "twins", SimPlan::with_twins),
        _ => run_seed(seed, "sqlite", SimPlan::on_sqlite),
    };
}

/// Days of phones with twins: half a minute.
const TWIN_SEEDS: u64 = 8;

/// What must have happened to phones with a twin, or their days compared too little.
const TWIN_EVENTS: &[&str] = &[
    "replicas equal",
    "request lost",
    "response lost",
    "cut",
    "app crash",
    "server crash",
    "APPLIED",
    "MERGED",
    "CONFLICT",
    "REJECTED",
    "RESET_REASON_EPOCH",
    "after the merger",
    "sees WAITING",
    "sees RETURNED",
    "sees CONFLICT",
    "sees ACCEPTED",
];

/// Run by `scripts/test` only, with the engine that it built: `THIDUA_WASM_PKG` is its directory.
#[test]
fn after_any_day_the_replica_of_a_browsers_engine_is_that_of_a_phone_row_by_row() {
    if std::env::var_os(twin::PKG_ENV).is_none() {
        return;
    }
    let mut counts = BTreeMap::<String, u32>::new();
    for seed in 1..=TWIN_SEEDS {
        for (event, times) in run_seed(seed, "twins", SimPlan::with_twins) {
            *counts.entry(event).or_default() += times;
        }
    }
    println!("{counts:#?}");
    for event in TWIN_EVENTS {
        assert!(counts.contains_key(&format!("twin: {event}")), "no twin's day had: {event}");
    }
}

/// Run by `scripts/soak` only: new seeds for some minutes, with longer days and more phones.
#[test]
fn soak() {
    let Ok(minutes) = std::env::var("SOAK_MINUTES") else { return };
    let minutes: u64 = minutes.parse().expect("SOAK_MINUTES is a number");
    let first: u64 =
        std::env::var("SOAK_FIRST_SEED").map_or(1_000_000, |seed| seed.parse().expect("a number"));
    let (start, mut seed) = (std::time::Instant::now(), first);
    while start.elapsed().as_secs() < minutes * 60 {
        run_seed(seed, "soak", SimPlan::for_soak);
        seed += 1;
    }
    println!("soak: {} seeds from {first} on, {minutes} minutes, no failure", seed - first);
}
