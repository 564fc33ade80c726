//! Nothing is lost in silence: S13.

use crate::stories;
use crate::world::{WARD_2, World, figure, first_week};
use thidua::domain::command::{Body, Verdict};
use thidua::domain::ids::ConflictId;
use thidua::domain::permission::Role;
use thidua::domain::scope::RecordKind;

stories! {
    s13_edits_of_different_cells_merge
    s13_edits_of_one_cell_from_different_bases_keep_both_values_until_the_head_settles_it
    an_edit_by_the_same_phone_is_applied_not_merged
}

fn s13_edits_of_different_cells_merge(world: World) {
    let mut first = world.phone("lan", WARD_2, Role::Reporter);
    let mut second = world.phone_of("second", first.account, WARD_2);
    let key = first_week(WARD_2);
    let [a, b] = [world.elements()[0], world.elements()[1]];
    let save = first.save(&key, &[(a, figure(2))], &[]);
    first.push(&world, &[save]);
    let save = second.save(&key, &[(b, figure(3))], &[]);
    assert_eq!(second.push(&world, &[save])[0].verdict, Verdict::Merged);
    let cells: Vec<_> = world.report(key.id()).unwrap().cells.into_iter().collect();
    assert_eq!(cells, [(a, figure(2)), (b, figure(3))]);
    first.sync(&world);
    assert_eq!(first.holding.records, second.holding.records);
}

fn s13_edits_of_one_cell_from_different_bases_keep_both_values_until_the_head_settles_it(world: World) {
    let mut first = world.phone("lan", WARD_2, Role::Reporter);
    let mut second = world.phone_of("second", first.account, WARD_2);
    let mut head = world.phone("head", WARD_2, Role::UnitHead);
    let key = first_week(WARD_2);
    let element = world.elements()[0];
    let save = first.save(&key, &[(element, figure(2))], &[]);
    first.push(&world, &[save]);
    let save = second.save(&key, &[(element, figure(7))], &[]);
    assert_eq!(second.push(&world, &[save])[0].verdict, Verdict::Conflict);
    assert_eq!(world.report(key.id()).unwrap().cells[&element], figure(2), "what stood stands");

    head.sync(&world);
    let (_, id) = *head.holding.records.keys().find(|(kind, _)| *kind == RecordKind::Conflict).unwrap();
    let conflict = ConflictId(id);
    let by_reporter = first.command(Body::Settle { conflict, take_branch: true });
    assert_eq!(first.push(&world, &[by_reporter])[0].reason.as_deref(), Some("DENIED"));
    let settle = head.command(Body::Settle { conflict, take_branch: true });
    let again = head.command(Body::Settle { conflict, take_branch: false });
    let outcomes = head.push(&world, &[settle, again]);
    assert_eq!(outcomes[0].verdict, Verdict::Applied);
    assert_eq!(outcomes[1].reason.as_deref(), Some("CONFLICT_SETTLED"));
    assert_eq!(world.report(key.id()).unwrap().cells[&element], figure(7));
    head.agrees();
}

fn an_edit_by_the_same_phone_is_applied_not_merged(world: World) {
    let mut phone = world.phone("lan", WARD_2, Role::Reporter);
    let key = first_week(WARD_2);
    let [a, b] = [world.elements()[0], world.elements()[1]];
    let one = phone.save(&key, &[(a, figure(2))], &[]);
    let two = phone.save(&key, &[(b, figure(3))], &[]);
    let outcomes = phone.push(&world, &[one, two]);
    assert!(outcomes.iter().all(|outcome| outcome.verdict == Verdict::Applied), "{outcomes:?}");
}
