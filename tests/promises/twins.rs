//! The same commands through SQLite and through PostgreSQL: equal answers, equal digests, one and the same chain.

use crate::world::{Phone, TOWN, WARD_2, WARD_3, World, figure, first_week, week};
use jiff::civil::date;
use std::collections::BTreeMap;
use thidua::domain::digest::Digest;
use thidua::domain::permission::Role;
use thidua::domain::report::{Question, ReportKey};
use thidua::sync::frame::Outcome;

/// A row of numbers that follows from its seed alone.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// What a day of four phones left behind.
#[derive(Debug, PartialEq)]
struct Left {
    answers: Vec<Outcome>,
    /// Digest of each scope that any of the phones has.
    digests: BTreeMap<String, Digest>,
    seq: i64,
    chain: [u8; 32],
}

fn keys() -> [ReportKey; 3] {
    [first_week(WARD_2), first_week(WARD_3), week(WARD_2, date(2024, 8, 26))]
}

/// One act of a phone; good and bad ones alike, as the numbers have it.
fn act(world: &World, phone: &mut Phone, numbers: &mut Numbers) -> Vec<Outcome> {
    let key = keys()[numbers.below(3)].clone();
    let elements = world.elements();
    let element = elements[numbers.below(elements.len())];
    let command = match (numbers.below(8), world.report(key.id())) {
        (0, Some(report)) => phone.accept(&report),
        (1, Some(report)) => {
            let question = Question { code: "EXPLAIN".to_owned(), text: "vì sao?".to_owned() };
            let (report, seen) = (key.id(), report.content_hash());
            phone.command(thidua::domain::command::Body::Return { report, seen, question })
        }
        (2 | 3, _) => phone.submit(key.id()),
        (4, _) => {
            let cells: Vec<_> = elements.iter().map(|element| (*element, figure(0))).collect();
            phone.save(&key, &cells, &[])
        }
        (_, report) => {
            let base = report.and_then(|report| report.cells.get(&element).copied());
            let mine = figure(numbers.below(9) as i64 - 1);
            let base: Vec<_> = base.map(|base| (element, base)).into_iter().collect();
            // Now and then from a base that nobody saw.
            let base = if numbers.below(4) == 0 { &[] } else { base.as_slice() };
            phone.save(&key, &[(element, mine)], base)
        }
    };
    phone.push(world, &[command])
}

fn live(world: &World, seed: u64) -> Left {
    let mut numbers = Numbers(seed);
    let mut phones = [
        world.phone("lan", WARD_2, Role::Reporter),
        world.phone("mai", WARD_3, Role::Reporter),
        world.phone("head", WARD_2, Role::UnitHead),
        world.phone("reviewer", TOWN, Role::Reviewer),
    ];
    let mut answers = Vec::new();
    for step in 0..60 {
        if step == 40 {
            world.at(date(2025, 1, 1));
            world.app.apply_day().unwrap();
        }
        let at = numbers.below(phones.len());
        answers.extend(act(world, &mut phones[at], &mut numbers));
    }
    let mut digests = BTreeMap::new();
    for phone in &mut phones {
        phone.sync(world);
        phone.agrees();
        let checkpoint = phone.checkpoint.as_ref().unwrap();
        digests.extend(checkpoint.digests.iter().map(|(no, digest)| (format!("{:?}", phone.scopes[no].0), *digest)));
    }
    let head = world.app.store().read(|tx| tx.head()).unwrap();
    Left { answers, digests, seq: head.seq, chain: head.chain }
}

#[test]
fn the_same_commands_through_both_databases_give_equal_answers_digests_and_chains() {
    for seed in 1..=6 {
        let Some(postgres) = World::on_postgres() else { return };
        let (one, other) = (live(&World::on_sqlite(), seed), live(&postgres, seed));
        assert!(one.answers.len() >= 60 && one.digests.len() > 3, "seed {seed}: too quiet a day");
        assert_eq!(one, other, "seed {seed}");
    }
}
