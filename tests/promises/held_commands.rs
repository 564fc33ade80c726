//! Held commands: those whose base is missing (S24), and those of a person whose grant was lost
//! (S19).

use crate::on_both_databases;
use crate::world::{OTHER_COMMUNE, TestDevice, WARD_2, World, first_week_key, reported_value};
use jiff::civil::date;
use thidua::domain::access::permission::{Grant, Role};
use thidua::domain::access::scope::RecordKind;
use thidua::domain::report::attachment::{HeldCommand, HeldPlace, HeldReason, HeldState};
use thidua::domain::report::command::{CommandBody, Verdict};
use thidua::domain::report::workflow::ReportState;
use thidua::domain::support::ids::HeldCommandId;
use thidua::wire::record;

on_both_databases! {
    s24_a_save_on_a_base_that_is_not_here_is_held_until_its_parent_comes_and_then_applied_in_order
    s24_after_a_loss_an_acceptance_of_content_not_seen_yet_waits_for_it
    s24_a_held_command_that_is_refused_when_its_parent_comes_stays_on_the_desk_with_the_reason
    s19_what_a_person_sends_after_the_grant_was_lost_goes_to_the_hand_over_box_and_the_head_takes_it_over
    s19_the_head_may_put_aside_what_came_too_late_and_a_stranger_gets_no_box
    s19_a_held_command_names_no_device
}

fn held_commands_on_desk(phone: &TestDevice) -> Vec<(HeldCommandId, HeldCommand)> {
    let held = phone.held.records.iter().filter(|((kind, _), _)| *kind == RecordKind::Held);
    held.map(|((_, id), (_, bytes))| (HeldCommandId(*id), record::decode_held(bytes).unwrap()))
        .collect()
}

/// The present verdict of a command that the server has stored before.
fn current_verdict(
    phone: &mut TestDevice,
    world: &World,
    command: &thidua::app::command::PushedCommand,
) -> Verdict {
    let outcome = phone.push(world, std::slice::from_ref(command)).remove(0);
    assert!(outcome.duplicate);
    outcome.verdict
}

fn s24_a_save_on_a_base_that_is_not_here_is_held_until_its_parent_comes_and_then_applied_in_order(
    world: World,
) {
    let mut late = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut parent = world.enrol_device_of("second", late.account, WARD_2);
    let key = first_week_key(WARD_2);
    let elements = world.element_numbers();
    let nil = |from: usize| -> Vec<_> {
        elements[from..]
            .iter()
            .map(|element| (*element, thidua::domain::report::cell::CellValue::Nil))
            .collect()
    };
    // As after a restore: the server lost revision 1, on which this phone built and sent revision
    // 2.
    let second = late.save_command_at(&key, &nil(1), &[], 1);
    let submit = late.submit_command(key.id());
    let outcomes = late.push(&world, &[second.clone(), submit.clone()]);
    assert!(outcomes.iter().all(|outcome| outcome.verdict == Verdict::Held), "{outcomes:?}");
    assert_eq!(world.read_report(key.id()), None);
    assert_eq!(held_commands_on_desk(&late).len(), 2, "both are in view on the desk");
    late.assert_digests_match();

    let first = parent.save_command(&key, &[(elements[0], reported_value(4))], &[]);
    assert_eq!(parent.push(&world, &[first])[0].verdict, Verdict::Applied);
    let report = world.read_report(key.id()).unwrap();
    assert_eq!(
        (report.state, report.cells.len(), report.cells[&elements[0]]),
        (ReportState::Submitted, elements.len(), reported_value(4))
    );
    late.sync(&world);
    late.assert_digests_match();
    assert_eq!(held_commands_on_desk(&late), []);
    assert_eq!(current_verdict(&mut late, &world, &second), Verdict::Applied);
    assert_eq!(current_verdict(&mut late, &world, &submit), Verdict::Applied);
}

fn s24_after_a_loss_an_acceptance_of_content_not_seen_yet_waits_for_it(world: World) {
    let mut reporter = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut reviewer = world.enrol_device("reviewer", crate::world::TOWN, Role::Reviewer);
    let id = world.send_nil_report(&mut reporter, &first_week_key(WARD_2));
    let seen = world.read_report(id).unwrap();
    let accept = reviewer.accept_command(&seen);
    // The same on a server that lost everything and begins a new epoch.
    let again = world.new_authority();
    let mut reporter = again.enrol_device("lan", WARD_2, Role::Reporter);
    let mut reviewer = again.enrol_device("reviewer", crate::world::TOWN, Role::Reviewer);
    again.app.store().write("test.epoch", again.app.now(), |tx| tx.set_epoch(2, &[9; 16])).unwrap();
    assert_eq!(reviewer.push(&again, std::slice::from_ref(&accept))[0].verdict, Verdict::Held);
    again.send_nil_report(&mut reporter, &first_week_key(WARD_2));
    assert_eq!(again.read_report(id).unwrap().state, ReportState::Accepted);
    assert_eq!(current_verdict(&mut reviewer, &again, &accept), Verdict::Applied);
}

fn s24_a_held_command_that_is_refused_when_its_parent_comes_stays_on_the_desk_with_the_reason(
    world: World,
) {
    let mut late = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut parent = world.enrol_device_of("second", late.account, WARD_2);
    let key = first_week_key(WARD_2);
    let element = world.element_numbers()[0];
    let bad = late.save_command_at(&key, &[(element, reported_value(-4))], &[], 1);
    assert_eq!(late.push(&world, &[bad])[0].verdict, Verdict::Held);
    let first = parent.save_command(&key, &[(element, reported_value(4))], &[]);
    parent.push(&world, &[first]);
    late.sync(&world);
    let (_, held_command) = held_commands_on_desk(&late).remove(0);
    assert_eq!(
        held_command.refusal.map(thidua::domain::support::reason::RefusalReason::code),
        Some("VALUE_OUT_OF_RANGE")
    );
    assert_eq!(
        (held_command.state, held_command.reason),
        (HeldState::Open, HeldReason::UnknownBase)
    );
}

fn devices_with_ended_grant(world: &World) -> (TestDevice, TestDevice) {
    let lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    let head = world.enrol_device("head", WARD_2, Role::UnitHead);
    let grant = Grant {
        role: Role::Reporter,
        unit: lan.unit,
        from: date(2024, 1, 1),
        to: date(2024, 8, 20),
    };
    world.app.grant_role(&world.app.system_actor().unwrap(), lan.account, "lan", &grant).unwrap();
    (lan, head)
}

/// The same, with the grant revoked before its end.
fn devices_with_revoked_grant(world: &World) -> (TestDevice, TestDevice) {
    let lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    let head = world.enrol_device("head", WARD_2, Role::UnitHead);
    let grant = Grant {
        role: Role::Reporter,
        unit: lan.unit,
        from: date(2024, 1, 1),
        to: date(2030, 1, 1),
    };
    world.app.revoke_grant(&world.app.system_actor().unwrap(), lan.account, &grant).unwrap();
    (lan, head)
}

fn s19_what_a_person_sends_after_the_grant_was_lost_goes_to_the_hand_over_box_and_the_head_takes_it_over(
    world: World,
) {
    let (mut lan, mut head) = devices_with_ended_grant(&world);
    let element = world.element_numbers()[0];
    let save = lan.save_command(&first_week_key(WARD_2), &[(element, reported_value(6))], &[]);
    let outcome = lan.push(&world, std::slice::from_ref(&save)).remove(0);
    assert_eq!(outcome.verdict, Verdict::Held, "{outcome:?}");
    let place = HeldPlace { unit: lan.unit, reason: HeldReason::GrantLost };
    assert_eq!(outcome.held_place, Some((place, "Phường 2".to_owned())));
    let again = lan.push(&world, std::slice::from_ref(&save)).remove(0);
    assert_eq!((again.duplicate, again.held_place), (true, outcome.held_place.clone()));
    assert!(lan.held.records.is_empty(), "who left sees nothing of the unit any more");

    head.sync(&world);
    let (held, held_command) = held_commands_on_desk(&head).remove(0);
    assert_eq!(
        (held_command.reason, held_command.state, held.0),
        (HeldReason::GrantLost, HeldState::Open, outcome.record_id)
    );
    let apply = head.next_command(CommandBody::SettleHeld { held, apply: true });
    let again = head.next_command(CommandBody::SettleHeld { held, apply: false });
    let outcomes = head.push(&world, &[apply, again]);
    assert_eq!(outcomes[0].verdict, Verdict::Applied, "{outcomes:?}");
    assert_eq!(outcomes[1].reason.as_deref(), Some("HELD_SETTLED"));
    assert_eq!(
        world.read_report(first_week_key(WARD_2).id()).unwrap().cells[&element],
        reported_value(6)
    );
    assert_eq!(held_commands_on_desk(&head)[0].1.state, HeldState::Applied);
    head.assert_digests_match();
    let settled = lan.push(&world, std::slice::from_ref(&save)).remove(0);
    assert_eq!((settled.verdict, settled.held_place), (Verdict::Applied, None));
}

fn s19_the_head_may_put_aside_what_came_too_late_and_a_stranger_gets_no_box(world: World) {
    let (mut lan, mut head) = devices_with_revoked_grant(&world);
    let save = lan.save_command(
        &first_week_key(WARD_2),
        &[(world.element_numbers()[0], reported_value(6))],
        &[],
    );
    lan.push(&world, &[save]);
    let foreign = lan.save_command(
        &first_week_key(OTHER_COMMUNE),
        &[(world.element_numbers()[0], reported_value(6))],
        &[],
    );
    assert_eq!(lan.push(&world, &[foreign])[0].reason.as_deref(), Some("NOT_FOUND"));
    head.sync(&world);
    let (held, _) = held_commands_on_desk(&head).remove(0);
    let mut colleague = world.enrol_device("mai", WARD_2, Role::Reporter);
    let not_hers = colleague.next_command(CommandBody::SettleHeld { held, apply: true });
    assert_eq!(colleague.push(&world, &[not_hers])[0].reason.as_deref(), Some("DENIED"));
    let discard = head.next_command(CommandBody::SettleHeld { held, apply: false });
    assert_eq!(head.push(&world, &[discard])[0].verdict, Verdict::Applied);
    assert_eq!(world.read_report(first_week_key(WARD_2).id()), None);
    assert_eq!(held_commands_on_desk(&head)[0].1.state, HeldState::Discarded);
}

fn s19_a_held_command_names_no_device(world: World) {
    let (mut lan, mut head) = devices_with_ended_grant(&world);
    let mut twin = world.enrol_device_of("twin", lan.account, WARD_2);
    for phone in [&mut lan, &mut twin] {
        let save = phone.save_command(
            &first_week_key(WARD_2),
            &[(world.element_numbers()[0], reported_value(6))],
            &[],
        );
        assert_eq!(phone.push(&world, &[save])[0].verdict, Verdict::Held);
    }
    head.sync(&world);
    let held_command = head.held.records.iter().filter(|((kind, _), _)| *kind == RecordKind::Held);
    let held_command: Vec<_> = held_command.map(|(_, (_, bytes))| bytes).collect();
    assert_eq!(held_command.len(), 2, "the same words from two phones are two commands");
    for bytes in held_command {
        for id in [lan.device.0, twin.device.0, lan.account.0] {
            assert!(
                !bytes.windows(16).any(|part| part == id),
                "no device and no account in the bytes"
            );
        }
    }
}
