//! No value is lost without a conflict: S13.

use crate::on_both_databases;
use crate::world::{WARD_2, World, first_week_key, reported_value};
use thidua::domain::access::permission::Role;
use thidua::domain::access::scope::RecordKind;
use thidua::domain::report::command::{CommandBody, Verdict};
use thidua::domain::support::ids::ConflictId;

on_both_databases! {
    s13_edits_of_different_cells_merge
    s13_edits_of_one_cell_from_different_bases_keep_both_values_until_the_head_settles_it
    an_edit_by_the_same_phone_is_applied_not_merged
}

fn s13_edits_of_different_cells_merge(world: World) {
    let mut first = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut second = world.enrol_device_of("second", first.account, WARD_2);
    let key = first_week_key(WARD_2);
    let [a, b] = [world.element_numbers()[0], world.element_numbers()[1]];
    let save = first.save_command(&key, &[(a, reported_value(2))], &[]);
    first.push(&world, &[save]);
    let save = second.save_command(&key, &[(b, reported_value(3))], &[]);
    assert_eq!(second.push(&world, &[save])[0].verdict, Verdict::Merged);
    let cells: Vec<_> = world.read_report(key.id()).unwrap().cells.into_iter().collect();
    assert_eq!(cells, [(a, reported_value(2)), (b, reported_value(3))]);
    first.sync(&world);
    assert_eq!(first.held.records, second.held.records);
}

fn s13_edits_of_one_cell_from_different_bases_keep_both_values_until_the_head_settles_it(
    world: World,
) {
    let mut first = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut second = world.enrol_device_of("second", first.account, WARD_2);
    let mut head = world.enrol_device("head", WARD_2, Role::UnitHead);
    let key = first_week_key(WARD_2);
    let element = world.element_numbers()[0];
    let save = first.save_command(&key, &[(element, reported_value(2))], &[]);
    first.push(&world, &[save]);
    let save = second.save_command(&key, &[(element, reported_value(7))], &[]);
    assert_eq!(second.push(&world, &[save])[0].verdict, Verdict::Conflict);
    assert_eq!(
        world.read_report(key.id()).unwrap().cells[&element],
        reported_value(2),
        "what stood stands"
    );

    head.sync(&world);
    let (_, id) =
        *head.held.records.keys().find(|(kind, _)| *kind == RecordKind::Conflict).unwrap();
    let conflict = ConflictId(id);
    let by_reporter =
        first.next_command(CommandBody::SettleConflict { conflict, take_branch: true });
    assert_eq!(first.push(&world, &[by_reporter])[0].reason.as_deref(), Some("DENIED"));
    let settle = head.next_command(CommandBody::SettleConflict { conflict, take_branch: true });
    let again = head.next_command(CommandBody::SettleConflict { conflict, take_branch: false });
    let outcomes = head.push(&world, &[settle, again]);
    assert_eq!(outcomes[0].verdict, Verdict::Applied);
    assert_eq!(outcomes[1].reason.as_deref(), Some("CONFLICT_SETTLED"));
    assert_eq!(world.read_report(key.id()).unwrap().cells[&element], reported_value(7));
    head.assert_digests_match();
}

fn an_edit_by_the_same_phone_is_applied_not_merged(world: World) {
    let mut phone = world.enrol_device("lan", WARD_2, Role::Reporter);
    let key = first_week_key(WARD_2);
    let [a, b] = [world.element_numbers()[0], world.element_numbers()[1]];
    let one = phone.save_command(&key, &[(a, reported_value(2))], &[]);
    let two = phone.save_command(&key, &[(b, reported_value(3))], &[]);
    let outcomes = phone.push(&world, &[one, two]);
    assert!(outcomes.iter().all(|outcome| outcome.verdict == Verdict::Applied), "{outcomes:?}");
}
