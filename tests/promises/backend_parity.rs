//! The same commands through SQLite and PostgreSQL give equal outcomes, equal digests and the same
//! audit chain.

use crate::batching::{SeededRng, enrol_phones, write_command};
use crate::world::World;
use jiff::civil::date;
use std::collections::BTreeMap;
use thidua::app::command::CommandOutcome;
use thidua::domain::support::scope_digest::ScopeDigest;

/// The results of a day of four phones.
#[derive(Debug, PartialEq)]
struct DayResult {
    answers: Vec<CommandOutcome>,
    /// Digest of each scope of any of the phones.
    digests: BTreeMap<String, ScopeDigest>,
    seq: i64,
    chain: [u8; 32],
}

fn run_day(world: &World, seed: u64) -> DayResult {
    let mut rng = SeededRng(seed);
    let mut phones = enrol_phones(world);
    let mut answers = Vec::new();
    for step in 0..60 {
        if step == 40 {
            world.set_day(date(2025, 1, 1));
            world.app.apply_org_day().unwrap();
        }
        let at = rng.below(phones.len());
        let command = write_command(world, &mut phones[at], &mut rng);
        answers.extend(phones[at].push(world, &[command]));
    }
    let mut digests = BTreeMap::new();
    for phone in &mut phones {
        phone.sync(world);
        phone.assert_digests_match();
        let checkpoint = phone.checkpoint.as_ref().unwrap();
        digests
            .extend(checkpoint.digests.iter().map(|one| (format!("{:?}", one.scope), one.digest)));
    }
    let head = world.app.store().read(|tx| tx.head()).unwrap();
    DayResult { answers, digests, seq: head.seq, chain: head.chain }
}

#[test]
fn the_same_commands_through_both_databases_give_equal_answers_digests_and_chains() {
    for seed in 1..=6 {
        let Some(postgres) = World::on_postgres() else { return };
        let (one, other) = (run_day(&World::on_sqlite(), seed), run_day(&postgres, seed));
        assert!(one.answers.len() >= 60 && one.digests.len() > 3, "seed {seed}: too quiet a day");
        assert_eq!(one, other, "seed {seed}");
    }
}
