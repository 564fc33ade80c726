//! A permit proves one action at one unit: the store writes nothing with a permit for another unit,
//! nor with an attachment that names another report. That a permit for another action does not
//! compile is an example in `store::write_rights`.

use crate::on_both_databases;
use crate::world::{OTHER_COMMUNE, WARD_2, World, first_week_key, reported_value};
use jiff::civil::date;
use thidua::app::ReferenceSnapshot;
use thidua::domain::access::permission::{
    ActionMarker, Actor, Grant, Permit, Role, action, authorize,
};
use thidua::domain::access::scope::RecordKind;
use thidua::domain::quality::{Finding, FindingState, QualityRule};
use thidua::domain::report::attachment::{Comment, Conflict, HeldCommand, HeldState};
use thidua::domain::report::proposal::Proposal;
use thidua::domain::report::{ConflictBranch, Report};
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::support::ids::{
    AccountId, CommentId, ConflictId, HeldCommandId, ProposalId, UnitId,
};
use thidua::store::write_tx::PutOutcome;
use thidua::store::{Error, WriteTx};
use thidua::wire::record;

on_both_databases! {
    a_permit_for_another_unit_writes_no_report_and_no_attachment
    an_attachment_of_another_report_is_not_written
    a_permit_for_another_unit_settles_no_held_command
    a_job_permit_writes_reports_of_every_unit_only_if_it_is_for_the_root
}

/// A permit at a unit, by the permission table.
fn permit_at<A: ActionMarker>(world: &World, role: Role, unit: &str) -> Permit<A> {
    let unit = UnitId::from_code(unit);
    let grant = Grant { role, unit, from: date(2024, 1, 1), to: date(2030, 1, 1) };
    let actor = Actor { account: AccountId::from_code("a"), device: None, grants: vec![grant] };
    let path = world.app.store().write("test.path", world.app.now(), |tx| tx.unit_path(unit));
    authorize(&actor, &path.unwrap(), world.app.now().local_date()).unwrap()
}

fn reference(world: &World) -> std::sync::Arc<ReferenceSnapshot> {
    world.app.store().read(|tx| world.app.reference(tx)).unwrap()
}

/// Runs one write; the number of changes that it made, or the error.
fn changes_made(
    world: &World,
    mut step: impl FnMut(&mut WriteTx) -> Result<PutOutcome, Error>,
) -> Result<i64, Error> {
    let head = || world.app.store().read(|tx| tx.head()).unwrap_or_else(|e: Error| panic!("{e}"));
    let before = head().seq;
    let done = world.app.store().write("test.write", world.app.now(), |tx| step(tx));
    let made = head().seq - before;
    assert!(done.is_ok() || made == 0, "a refused write changed something");
    done.map(|_| made)
}

/// Asserts that the write needs the permit `own`: with `other` nothing is written.
fn assert_bound<A: ActionMarker>(
    world: &World,
    (own, other): (&Permit<A>, &Permit<A>),
    mut step: impl FnMut(&mut WriteTx, &Permit<A>) -> Result<PutOutcome, Error>,
) {
    let refused = changes_made(world, |tx| step(tx, other));
    assert!(matches!(refused, Err(Error::WrongPermit { .. })), "{refused:?}");
    assert_eq!(changes_made(world, |tx| step(tx, own)).unwrap(), 1);
}

/// A sent report of ward 2, with another note than the stored one.
fn changed_report(world: &World) -> Report {
    let mut lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    let id = world.send_nil_report(&mut lan, &first_week_key(WARD_2));
    Report { note: "another".to_owned(), ..world.read_report(id).unwrap() }
}

fn conflict_of(report: &Report) -> Conflict {
    let branch = ConflictBranch::Note { mine: "a".to_owned(), theirs: "b".to_owned() };
    Conflict { report: report.key.id(), branch, settled: None }
}

fn finding_at(unit: &str) -> Finding {
    Finding {
        rule: QualityRule::Zeros,
        unit: UnitId::from_code(unit),
        element: None,
        window: DateWindow::new(date(2024, 8, 19), date(2024, 8, 26)).unwrap(),
        evidence: vec![1],
        strength: 100,
        chance_per_billion: 0,
        asked_day: date(2024, 8, 26),
        state: FindingState::Open,
        reply: None,
        shared: false,
    }
}

fn a_permit_for_another_unit_writes_no_report_and_no_attachment(world: World) {
    let report = changed_report(&world);
    let reference = reference(&world);
    let (units, elements) = (&reference.unit_numbers, &reference.element_numbers);
    let save = |unit| permit_at::<action::SaveReport>(&world, Role::Reporter, unit);
    let (own, other) = (save(WARD_2), save(OTHER_COMMUNE));
    let both = (&own, &other);
    assert_bound(&world, both, |tx, permit| tx.put_report(permit, &report, units));
    let conflict = conflict_of(&report);
    let id = ConflictId([7; 16]);
    assert_bound(&world, both, |tx, permit| tx.put_conflict(permit, id, &conflict, &report.key));
    let proposal = Proposal {
        report: report.key.id(),
        changes: Vec::new(),
        note: Some("another".to_owned()),
        reason: String::new(),
        acting_unit: report.key.unit,
        settled: None,
        base: report.content_hash(),
    };
    let id = ProposalId([7; 16]);
    assert_bound(&world, both, |tx, permit| tx.put_proposal(permit, id, &proposal, &report, units));
    let comment_permit = |unit| permit_at::<action::CommentReport>(&world, Role::Reporter, unit);
    let (own, other) = (comment_permit(WARD_2), comment_permit(OTHER_COMMUNE));
    let comment = Comment {
        report: report.key.id(),
        unit: report.key.unit,
        role: Role::Reporter,
        text: "a comment".to_owned(),
        received_day: date(2024, 8, 26),
    };
    assert_bound(&world, (&own, &other), |tx, permit| {
        tx.put_comment(permit, CommentId([7; 16]), &comment, &report, units)
    });
    let reply = |unit| permit_at::<action::ReplyFinding>(&world, Role::UnitHead, unit);
    let (own, other) = (reply(WARD_2), reply(OTHER_COMMUNE));
    assert_bound(&world, (&own, &other), |tx, permit| {
        tx.put_finding(permit, &finding_at(WARD_2), units, elements)
    });
}

fn an_attachment_of_another_report_is_not_written(world: World) {
    let report = changed_report(&world);
    let mut neighbour = world.enrol_device("neighbour", OTHER_COMMUNE, Role::Reporter);
    let other_key = first_week_key(OTHER_COMMUNE);
    world.send_nil_report(&mut neighbour, &other_key);
    let permit: Permit<action::SaveReport> = permit_at(&world, Role::Reporter, OTHER_COMMUNE);
    let conflict = conflict_of(&report);
    let refused = changes_made(&world, |tx| {
        tx.put_conflict(&permit, ConflictId([7; 16]), &conflict, &other_key)
    });
    assert!(matches!(refused, Err(Error::WrongPermit { .. })), "{refused:?}");
}

fn a_permit_for_another_unit_settles_no_held_command(world: World) {
    let mut lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    let element = world.element_numbers()[0];
    // The revision that the command builds on is unknown: the command is held.
    let cells = [(element, reported_value(4))];
    let save = lan.save_command_at(&first_week_key(WARD_2), &cells, &[], 1);
    lan.push(&world, &[save]);
    let ((_, id), (_, bytes)) =
        lan.held.records.iter().find(|((kind, _), _)| *kind == RecordKind::Held).unwrap();
    let id = HeldCommandId(*id);
    let held = record::decode_held(bytes).unwrap();
    let settled = HeldCommand { state: HeldState::Discarded, ..held };
    let settle = |unit| permit_at::<action::SettleHeld>(&world, Role::UnitHead, unit);
    let (own, other) = (settle(WARD_2), settle(OTHER_COMMUNE));
    assert_bound(&world, (&own, &other), |tx, permit| tx.put_settled_record(permit, id, &settled));
}

fn a_job_permit_writes_reports_of_every_unit_only_if_it_is_for_the_root(world: World) {
    let report = changed_report(&world);
    let units = reference(&world).unit_numbers.clone();
    let root = world.app.store().read(|tx| tx.root_unit()).unwrap_or_else(|e: Error| panic!("{e}"));
    let run = |unit| -> Permit<action::RunJob> {
        let path = world.app.store().write("test.path", world.app.now(), |tx| tx.unit_path(unit));
        authorize(&Actor::system_actor(unit), &path.unwrap(), date(2024, 8, 26)).unwrap()
    };
    let (at_root, at_ward) = (run(root.unwrap()), run(UnitId::from_code(WARD_2)));
    assert_bound(&world, (&at_root, &at_ward), |tx, permit| tx.put_report(permit, &report, &units));
}
