//! Held commands: those whose parent is not here yet (S24), and those of a person whose grant was lost (S19).

use crate::stories;
use crate::world::{ELSEWHERE, Phone, WARD_2, World, figure, first_week};
use jiff::civil::date;
use thidua::domain::command::{Body, Verdict};
use thidua::domain::desk::{Held, HeldReason, HeldState};
use thidua::domain::ids::HeldId;
use thidua::domain::permission::{Grant, Role};
use thidua::domain::scope::RecordKind;
use thidua::domain::workflow::State;
use thidua::wire::record;

stories! {
    s24_a_save_on_a_base_that_is_not_here_is_held_until_its_parent_comes_and_then_applied_in_order
    s24_after_a_loss_an_acceptance_of_content_not_seen_yet_waits_for_it
    s24_a_held_command_that_is_refused_when_its_parent_comes_stays_on_the_desk_with_the_reason
    s19_what_a_person_sends_after_the_grant_was_lost_goes_to_the_hand_over_box_and_the_head_takes_it_over
    s19_the_head_may_put_aside_what_came_too_late_and_a_stranger_gets_no_box
    s19_a_held_command_names_no_device
}

fn boxed(phone: &Phone) -> Vec<(HeldId, Held)> {
    let held = phone.holding.records.iter().filter(|((kind, _), _)| *kind == RecordKind::Held);
    held.map(|((_, id), (_, bytes))| (HeldId(*id), record::read_held(bytes).unwrap())).collect()
}

/// What the server says now of a command that it took before.
fn present(phone: &mut Phone, world: &World, command: &thidua::sync::push::Pushed) -> Verdict {
    let outcome = phone.push(world, std::slice::from_ref(command)).remove(0);
    assert!(outcome.duplicate);
    outcome.verdict
}

fn s24_a_save_on_a_base_that_is_not_here_is_held_until_its_parent_comes_and_then_applied_in_order(world: World) {
    let mut late = world.phone("lan", WARD_2, Role::Reporter);
    let mut parent = world.phone_of("second", late.account, WARD_2);
    let key = first_week(WARD_2);
    let elements = world.elements();
    let nil = |from: usize| -> Vec<_> {
        elements[from..].iter().map(|element| (*element, thidua::domain::cell::CellValue::Nil)).collect()
    };
    // As after a restore: the server lost revision 1, on which this phone built revision 2 and sent it.
    let second = late.save_at(&key, &nil(1), &[], 1);
    let submit = late.submit(key.id());
    let outcomes = late.push(&world, &[second.clone(), submit.clone()]);
    assert!(outcomes.iter().all(|outcome| outcome.verdict == Verdict::Held), "{outcomes:?}");
    assert_eq!(world.report(key.id()), None);
    assert_eq!(boxed(&late).len(), 2, "both are in view on the desk");
    late.agrees();

    let first = parent.save(&key, &[(elements[0], figure(4))], &[]);
    assert_eq!(parent.push(&world, &[first])[0].verdict, Verdict::Applied);
    let report = world.report(key.id()).unwrap();
    assert_eq!(
        (report.state, report.cells.len(), report.cells[&elements[0]]),
        (State::Submitted, elements.len(), figure(4))
    );
    late.sync(&world);
    late.agrees();
    assert_eq!(boxed(&late), []);
    assert_eq!(present(&mut late, &world, &second), Verdict::Applied);
    assert_eq!(present(&mut late, &world, &submit), Verdict::Applied);
}

fn s24_after_a_loss_an_acceptance_of_content_not_seen_yet_waits_for_it(world: World) {
    let mut reporter = world.phone("lan", WARD_2, Role::Reporter);
    let mut reviewer = world.phone("reviewer", crate::world::TOWN, Role::Reviewer);
    let id = world.send_nil(&mut reporter, &first_week(WARD_2));
    let seen = world.report(id).unwrap();
    let accept = reviewer.accept(&seen);
    // The same on a server that lost all of it and says so by a new epoch.
    let again = world.twin();
    let mut reporter = again.phone("lan", WARD_2, Role::Reporter);
    let mut reviewer = again.phone("reviewer", crate::world::TOWN, Role::Reviewer);
    again.app.store().write("test.epoch", again.app.now(), |tx| tx.open_epoch(2, &[9; 16])).unwrap();
    assert_eq!(reviewer.push(&again, std::slice::from_ref(&accept))[0].verdict, Verdict::Held);
    again.send_nil(&mut reporter, &first_week(WARD_2));
    assert_eq!(again.report(id).unwrap().state, State::Accepted);
    assert_eq!(present(&mut reviewer, &again, &accept), Verdict::Applied);
}

fn s24_a_held_command_that_is_refused_when_its_parent_comes_stays_on_the_desk_with_the_reason(world: World) {
    let mut late = world.phone("lan", WARD_2, Role::Reporter);
    let mut parent = world.phone_of("second", late.account, WARD_2);
    let key = first_week(WARD_2);
    let element = world.elements()[0];
    let bad = late.save_at(&key, &[(element, figure(-4))], &[], 1);
    assert_eq!(late.push(&world, &[bad])[0].verdict, Verdict::Held);
    let first = parent.save(&key, &[(element, figure(4))], &[]);
    parent.push(&world, &[first]);
    late.sync(&world);
    let (_, kept) = boxed(&late).remove(0);
    assert_eq!(kept.refusal.map(thidua::domain::reason::Reason::code), Some("VALUE_OUT_OF_RANGE"));
    assert_eq!((kept.state, kept.reason), (HeldState::Open, HeldReason::UnknownBase));
}

fn ended(world: &World) -> (Phone, Phone) {
    let lan = world.phone("lan", WARD_2, Role::Reporter);
    let head = world.phone("head", WARD_2, Role::UnitHead);
    let grant = Grant { role: Role::Reporter, unit: lan.unit, from: date(2024, 1, 1), to: date(2024, 8, 20) };
    world.app.grant(&world.app.system().unwrap(), lan.account, "lan", &grant).unwrap();
    (lan, head)
}

/// The same, with the role taken away before its time.
fn revoked(world: &World) -> (Phone, Phone) {
    let lan = world.phone("lan", WARD_2, Role::Reporter);
    let head = world.phone("head", WARD_2, Role::UnitHead);
    let grant = Grant { role: Role::Reporter, unit: lan.unit, from: date(2024, 1, 1), to: date(2030, 1, 1) };
    world.app.revoke_grant(&world.app.system().unwrap(), lan.account, &grant).unwrap();
    (lan, head)
}

fn s19_what_a_person_sends_after_the_grant_was_lost_goes_to_the_hand_over_box_and_the_head_takes_it_over(world: World) {
    let (mut lan, mut head) = ended(&world);
    let element = world.elements()[0];
    let save = lan.save(&first_week(WARD_2), &[(element, figure(6))], &[]);
    let outcome = lan.push(&world, std::slice::from_ref(&save)).remove(0);
    assert_eq!(outcome.verdict, Verdict::Held, "{outcome:?}");
    assert!(lan.holding.records.is_empty(), "who left sees nothing of the unit any more");

    head.sync(&world);
    let (held, kept) = boxed(&head).remove(0);
    assert_eq!((kept.reason, kept.state, held.0), (HeldReason::GrantLost, HeldState::Open, outcome.record));
    let apply = head.command(Body::SettleHeld { held, apply: true });
    let again = head.command(Body::SettleHeld { held, apply: false });
    let outcomes = head.push(&world, &[apply, again]);
    assert_eq!(outcomes[0].verdict, Verdict::Applied, "{outcomes:?}");
    assert_eq!(outcomes[1].reason.as_deref(), Some("HELD_SETTLED"));
    assert_eq!(world.report(first_week(WARD_2).id()).unwrap().cells[&element], figure(6));
    assert_eq!(boxed(&head)[0].1.state, HeldState::Applied);
    head.agrees();
    assert_eq!(present(&mut lan, &world, &save), Verdict::Applied);
}

fn s19_the_head_may_put_aside_what_came_too_late_and_a_stranger_gets_no_box(world: World) {
    let (mut lan, mut head) = revoked(&world);
    let save = lan.save(&first_week(WARD_2), &[(world.elements()[0], figure(6))], &[]);
    lan.push(&world, &[save]);
    let foreign = lan.save(&first_week(ELSEWHERE), &[(world.elements()[0], figure(6))], &[]);
    assert_eq!(lan.push(&world, &[foreign])[0].reason.as_deref(), Some("NOT_FOUND"));
    head.sync(&world);
    let (held, _) = boxed(&head).remove(0);
    let mut colleague = world.phone("mai", WARD_2, Role::Reporter);
    let not_hers = colleague.command(Body::SettleHeld { held, apply: true });
    assert_eq!(colleague.push(&world, &[not_hers])[0].reason.as_deref(), Some("DENIED"));
    let aside = head.command(Body::SettleHeld { held, apply: false });
    assert_eq!(head.push(&world, &[aside])[0].verdict, Verdict::Applied);
    assert_eq!(world.report(first_week(WARD_2).id()), None);
    assert_eq!(boxed(&head)[0].1.state, HeldState::Discarded);
}

fn s19_a_held_command_names_no_device(world: World) {
    let (mut lan, mut head) = ended(&world);
    let mut twin = world.phone_of("twin", lan.account, WARD_2);
    for phone in [&mut lan, &mut twin] {
        let save = phone.save(&first_week(WARD_2), &[(world.elements()[0], figure(6))], &[]);
        assert_eq!(phone.push(&world, &[save])[0].verdict, Verdict::Held);
    }
    head.sync(&world);
    let kept = head.holding.records.iter().filter(|((kind, _), _)| *kind == RecordKind::Held);
    let kept: Vec<_> = kept.map(|(_, (_, bytes))| bytes).collect();
    assert_eq!(kept.len(), 2, "the same words from two phones are two commands");
    for bytes in kept {
        for id in [lan.device.0, twin.device.0, lan.account.0] {
            assert!(!bytes.windows(16).any(|part| part == id), "no device and no account in the bytes");
        }
    }
}
