//! Ordering, completeness and agreement: S1-S3, S12, S21, S23.

use crate::stories;
use crate::world::{ELSEWHERE, Phone, TOWN, WARD_2, WARD_3, World, figure, first_week};
use thidua::domain::permission::Role;
use thidua::domain::scope::RecordKind;
use thidua::sync::frame::{Frame, ResetReason};

stories! {
    s02_at_a_checkpoint_the_phone_holds_what_the_digests_say
    s03_a_stream_cut_behind_any_frame_resumes_to_the_same_state
    s12_the_rows_of_a_call_hold_the_effects_of_its_commands
    s21_two_phones_of_one_unit_hold_the_same_bytes
    s23_a_damaged_cursor_rebuilds_its_own_phone_and_nothing_else
    s23_a_phone_that_asks_for_a_rebuild_gets_it_and_agrees_again
}

/// A few weeks of reports by two wards and their town.
fn furnish(world: &World) -> [Phone; 3] {
    let mut wards = [WARD_2, WARD_3].map(|ward| world.phone(&format!("reporter {ward}"), ward, Role::Reporter));
    let mut reviewer = world.phone("reviewer", TOWN, Role::Reviewer);
    for (phone, ward) in wards.iter_mut().zip([WARD_2, WARD_3]) {
        world.send_nil(phone, &first_week(ward));
    }
    let report = world.report(first_week(WARD_2).id()).unwrap();
    let accept = reviewer.accept(&report);
    reviewer.push(world, &[accept]);
    let [ward_2, ward_3] = wards;
    [ward_2, ward_3, reviewer]
}

fn s02_at_a_checkpoint_the_phone_holds_what_the_digests_say(world: World) {
    for mut phone in furnish(&world) {
        phone.sync(&world);
        phone.agrees();
    }
}

fn s03_a_stream_cut_behind_any_frame_resumes_to_the_same_state(world: World) {
    let [_, _, mut whole] = furnish(&world);
    whole.cursor.clear();
    whole.holding = Default::default();
    let fresh = whole.clone();
    let frames = whole.sync(&world).len();
    assert!(frames > 15, "enough places to cut: {frames}");
    for cut in 1..frames {
        let mut phone = fresh.clone();
        phone.frames(&world, &[], cut);
        phone.sync(&world);
        assert_eq!(phone.holding.records, whole.holding.records, "cut behind frame {cut}");
        phone.agrees();
    }
}

fn s12_the_rows_of_a_call_hold_the_effects_of_its_commands(world: World) {
    let mut phone = world.phone("lan", WARD_2, Role::Reporter);
    let key = first_week(WARD_2);
    let save = phone.save(&key, &[(world.elements()[0], figure(2))], &[]);
    phone.push(&world, &[save]);
    assert!(phone.holds(RecordKind::Report, key.id().0));
    phone.agrees();
}

fn s21_two_phones_of_one_unit_hold_the_same_bytes(world: World) {
    let [mut first, _, _] = furnish(&world);
    let mut second = world.phone_of("second", first.account, WARD_2);
    let other = world.phone("elsewhere", ELSEWHERE, Role::Reporter);
    first.sync(&world);
    second.sync(&world);
    assert_eq!(first.holding.records, second.holding.records);
    assert_eq!(first.checkpoint.unwrap().digests, second.checkpoint.unwrap().digests);
    assert!(other.holding.records.is_empty());
}

fn s23_a_damaged_cursor_rebuilds_its_own_phone_and_nothing_else(world: World) {
    let [mut phone, mut other, _] = furnish(&world);
    phone.sync(&world);
    other.sync(&world);
    let before = phone.holding.records.clone();
    phone.cursor[3] ^= 1;
    let frames = phone.sync(&world);
    assert!(frames.iter().any(|frame| matches!(frame, Frame::Reset(_))));
    assert_eq!(phone.holding.records, before);
    phone.agrees();
    let quiet = other.sync(&world);
    assert!(!quiet.iter().any(|frame| matches!(frame, Frame::Reset(_))), "the other phone notices nothing");
}

fn s23_a_phone_that_asks_for_a_rebuild_gets_it_and_agrees_again(world: World) {
    let [mut phone, _, _] = furnish(&world);
    phone.sync(&world);
    let scope = phone.scopes.values().next().unwrap().0;
    let request = thidua::sync::Request { cursor: phone.cursor.clone(), rebuild: vec![scope], ..Default::default() };
    let identity = phone.identity(&world).unwrap();
    let mut exchange =
        thidua::sync::Exchange::start(world.app.clone(), world.seal.clone(), identity, &request).unwrap();
    let frames = exchange.step().unwrap();
    let reset = frames.iter().find_map(|frame| if let Frame::Reset(reset) = frame { Some(*reset) } else { None });
    let reset = reset.unwrap();
    assert_eq!((reset.reason, reset.generation), (ResetReason::Digest, 2));
}
