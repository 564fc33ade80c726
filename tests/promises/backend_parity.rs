//! The same commands through SQLite and PostgreSQL give equal outcomes, equal digests and the same
//! audit chain.

use crate::world::{
    TOWN, TestDevice, WARD_2, WARD_3, World, first_week_key, reported_value, week_key,
};
use jiff::civil::date;
use std::collections::BTreeMap;
use thidua::app::command::CommandOutcome;
use thidua::domain::access::permission::Role;
use thidua::domain::report::{ReportKey, ReviewQuestion};
use thidua::domain::support::scope_digest::ScopeDigest;

/// A generator of numbers that depends only on its seed.
struct SeededRng(u64);

impl SeededRng {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// The results of a day of four phones.
#[derive(Debug, PartialEq)]
struct DayResult {
    answers: Vec<CommandOutcome>,
    /// Digest of each scope of any of the phones.
    digests: BTreeMap<String, ScopeDigest>,
    seq: i64,
    chain: [u8; 32],
}

fn report_keys() -> [ReportKey; 3] {
    [first_week_key(WARD_2), first_week_key(WARD_3), week_key(WARD_2, date(2024, 8, 26))]
}

/// One action of a phone, valid or invalid, chosen by the generator.
fn run_action(world: &World, phone: &mut TestDevice, rng: &mut SeededRng) -> Vec<CommandOutcome> {
    let key = report_keys()[rng.below(3)].clone();
    let elements = world.element_numbers();
    let element = elements[rng.below(elements.len())];
    let command = match (rng.below(8), world.read_report(key.id())) {
        (0, Some(report)) => phone.accept_command(&report),
        (1, Some(report)) => {
            let question =
                ReviewQuestion { code: "EXPLAIN".to_owned(), text: "vì sao?".to_owned() };
            let (report, seen) = (key.id(), report.content_hash());
            phone.next_command(thidua::domain::report::command::CommandBody::ReturnReport {
                report,
                content_hash: seen,
                question,
            })
        }
        (2 | 3, _) => phone.submit_command(key.id()),
        (4, _) => {
            let cells: Vec<_> =
                elements.iter().map(|element| (*element, reported_value(0))).collect();
            phone.save_command(&key, &cells, &[])
        }
        (_, report) => {
            let base = report.and_then(|report| report.cells.get(&element).copied());
            let mine = reported_value(rng.below(9) as i64 - 1);
            let base: Vec<_> = base.map(|base| (element, base)).into_iter().collect();
            // Sometimes with an unknown base.
            let base = if rng.below(4) == 0 { &[] } else { base.as_slice() };
            phone.save_command(&key, &[(element, mine)], base)
        }
    };
    phone.push(world, &[command])
}

fn run_day(world: &World, seed: u64) -> DayResult {
    let mut rng = SeededRng(seed);
    let mut phones = [
        world.enrol_device("lan", WARD_2, Role::Reporter),
        world.enrol_device("mai", WARD_3, Role::Reporter),
        world.enrol_device("head", WARD_2, Role::UnitHead),
        world.enrol_device("reviewer", TOWN, Role::Reviewer),
    ];
    let mut answers = Vec::new();
    for step in 0..60 {
        if step == 40 {
            world.set_day(date(2025, 1, 1));
            world.app.apply_org_day().unwrap();
        }
        let at = rng.below(phones.len());
        answers.extend(run_action(world, &mut phones[at], &mut rng));
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
