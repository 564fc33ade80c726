//! How the commands of devices are spread over calls changes nothing but where commits end: the
//! same records, revisions, ids, answers, outcome chains and audit rows.

use crate::on_both_databases;
use crate::world::{
    TOWN, TestDevice, WARD_2, WARD_3, World, first_week_key, reported_value, week_key,
};
use jiff::civil::date;
use std::collections::BTreeMap;
use thidua::app::command::{CommandOutcome, PushedCommand};
use thidua::domain::access::permission::Role;
use thidua::domain::access::scope::RecordKind;
use thidua::domain::report::command::CommandBody;
use thidua::domain::report::{ReportKey, ReviewQuestion};
use thidua::domain::support::ids::{CommentId, ReportId};

on_both_databases! {
    commands_one_a_call_many_a_call_and_split_at_random_leave_the_same
}

/// A generator of numbers that depends only on its seed.
pub(crate) struct SeededRng(pub(crate) u64);

impl SeededRng {
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

pub(crate) fn enrol_phones(world: &World) -> [TestDevice; 4] {
    [
        world.enrol_device("lan", WARD_2, Role::Reporter),
        world.enrol_device("mai", WARD_3, Role::Reporter),
        world.enrol_device("head", WARD_2, Role::UnitHead),
        world.enrol_device("reviewer", TOWN, Role::Reviewer),
    ]
}

fn report_keys() -> [ReportKey; 3] {
    [first_week_key(WARD_2), first_week_key(WARD_3), week_key(WARD_2, date(2024, 8, 26))]
}

/// A command of a phone, valid or invalid, as the phone may have written it.
pub(crate) fn write_command(
    world: &World,
    phone: &mut TestDevice,
    rng: &mut SeededRng,
) -> PushedCommand {
    let key = report_keys()[rng.below(3)].clone();
    let elements = world.element_numbers();
    let element = elements[rng.below(elements.len())];
    match (rng.below(10), world.read_report(key.id())) {
        (0, Some(report)) => phone.accept_command(&report),
        (1, Some(report)) => {
            let question =
                ReviewQuestion { code: "EXPLAIN".to_owned(), text: "vì sao?".to_owned() };
            let (report, content_hash) = (key.id(), report.content_hash());
            phone.next_command(CommandBody::ReturnReport { report, content_hash, question })
        }
        (2, _) => {
            // Two phones may choose the same id.
            let comment = CommentId([rng.below(6) as u8; 16]);
            let text = "đã đối chiếu".to_owned();
            phone.next_command(CommandBody::AddComment { report: key.id(), comment, text })
        }
        (3 | 4, _) => phone.submit_command(key.id()),
        (5 | 6, _) => {
            let figure = reported_value(rng.below(3) as i64);
            let cells: Vec<_> = elements.iter().map(|element| (*element, figure)).collect();
            phone.save_command(&key, &cells, &[])
        }
        (_, report) => {
            let base = report.and_then(|report| report.cells.get(&element).copied());
            let mine = reported_value(rng.below(9) as i64 - 1);
            let base: Vec<_> = base.map(|base| (element, base)).into_iter().collect();
            // Sometimes with an unknown base.
            let base = if rng.below(3) == 0 { &[] } else { base.as_slice() };
            phone.save_command(&key, &[(element, mine)], base)
        }
    }
}

/// What a day leaves behind.
#[derive(Debug, PartialEq)]
struct DayResult {
    /// Without the seq: it is that of the commit's end.
    answers: Vec<CommandOutcome>,
    records: BTreeMap<(RecordKind, [u8; 16]), (i64, Vec<u8>)>,
    sent: Vec<Vec<(i64, Vec<u8>)>>,
    outcome_chains: Vec<Vec<u8>>,
    audit_rows: Vec<Vec<u8>>,
}

fn read_result(world: &World, mut answers: Vec<CommandOutcome>) -> DayResult {
    answers.iter_mut().for_each(|answer| answer.seq = 0);
    let (mut records, mut audit_rows) = (BTreeMap::new(), Vec::new());
    let mut sent = Vec::new();
    let devices = world
        .app
        .store()
        .read(|tx| {
            for kind in RecordKind::ALL {
                for (id, stored) in tx.records(kind)? {
                    records.insert((kind, id), (stored.revision, stored.bytes));
                }
            }
            for key in report_keys() {
                let revisions = tx.sent_revision_bytes(ReportId(key.id().0))?.into_iter();
                sent.push(revisions.map(|(revision, _, bytes)| (revision, bytes)).collect());
            }
            let verified = tx.walk_audit_chain(None, |row| audit_rows.push(row.to_vec()))?;
            assert_eq!(verified.invalid_from_seq, None);
            tx.devices()
        })
        .unwrap();
    let outcome_chains = devices.into_iter().map(|device| device.outcome_chain).collect();
    DayResult { answers, records, sent, outcome_chains, audit_rows }
}

/// One command a call; returns the commands by phone, too.
fn write_day(world: &World, seed: u64) -> (DayResult, Vec<(usize, PushedCommand)>) {
    let (mut rng, mut phones) = (SeededRng(seed), enrol_phones(world));
    let (mut answers, mut written, mut at) = (Vec::new(), Vec::new(), 0);
    for _ in 0..100 {
        if rng.below(5) == 0 {
            at = rng.below(phones.len());
        }
        let command = write_command(world, &mut phones[at], &mut rng);
        answers.extend(phones[at].push(world, std::slice::from_ref(&command)));
        written.push((at, command));
    }
    (read_result(world, answers), written)
}

/// The same commands in the same order; `ends` says whether a call ends before a command although
/// the next one is of the same phone.
fn replay_day(
    world: &World,
    written: &[(usize, PushedCommand)],
    mut ends: impl FnMut() -> bool,
) -> DayResult {
    let mut phones = enrol_phones(world);
    let mut answers = Vec::new();
    for call in written.chunk_by(|one, next| one.0 == next.0 && !ends()) {
        let commands: Vec<_> = call.iter().map(|(_, command)| command.clone()).collect();
        answers.extend(phones[call[0].0].push(world, &commands));
    }
    read_result(world, answers)
}

fn commands_one_a_call_many_a_call_and_split_at_random_leave_the_same(world: World) {
    for seed in 1..=4 {
        let (one_a_call, written) = write_day(&world.new_authority(), seed);
        assert!(one_a_call.records.len() > 3, "seed {seed}: too quiet a day");
        let many_a_call = replay_day(&world.new_authority(), &written, || false);
        assert_eq!(one_a_call, many_a_call, "seed {seed}, many a call");
        let mut rng = SeededRng(seed + 1000);
        let split = replay_day(&world.new_authority(), &written, || rng.below(3) == 0);
        assert_eq!(one_a_call, split, "seed {seed}, split at random");
    }
}
