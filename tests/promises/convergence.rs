//! Ordering, completeness and agreement: S1-S3, S12, S21, S23.

use crate::on_both_databases;
use crate::world::{
    OTHER_COMMUNE, TOWN, TestDevice, WARD_2, WARD_3, World, first_week_key, reported_value,
};
use thidua::domain::access::permission::Role;
use thidua::domain::access::scope::RecordKind;
use thidua::sync::frame::{ResetReason, SyncFrame};

on_both_databases! {
    s02_at_a_checkpoint_the_phone_holds_what_the_digests_say
    s03_a_stream_cut_behind_any_frame_resumes_to_the_same_state
    s12_the_rows_of_a_call_hold_the_effects_of_its_commands
    s21_two_phones_of_one_unit_hold_the_same_bytes
    s23_a_damaged_cursor_rebuilds_its_own_phone_and_nothing_else
    s23_a_phone_that_asks_for_a_rebuild_gets_it_and_agrees_again
}

/// First-week reports of two wards; their town accepts one.
fn send_sample_reports(world: &World) -> [TestDevice; 3] {
    let mut wards = [WARD_2, WARD_3]
        .map(|ward| world.enrol_device(&format!("reporter {ward}"), ward, Role::Reporter));
    let mut reviewer = world.enrol_device("reviewer", TOWN, Role::Reviewer);
    for (phone, ward) in wards.iter_mut().zip([WARD_2, WARD_3]) {
        world.send_nil_report(phone, &first_week_key(ward));
    }
    let report = world.read_report(first_week_key(WARD_2).id()).unwrap();
    let accept = reviewer.accept_command(&report);
    reviewer.push(world, &[accept]);
    let [ward_2, ward_3] = wards;
    [ward_2, ward_3, reviewer]
}

fn s02_at_a_checkpoint_the_phone_holds_what_the_digests_say(world: World) {
    for mut phone in send_sample_reports(&world) {
        phone.sync(&world);
        phone.assert_digests_match();
    }
}

fn s03_a_stream_cut_behind_any_frame_resumes_to_the_same_state(world: World) {
    let [_, _, mut uncut] = send_sample_reports(&world);
    uncut.cursor.clear();
    uncut.held = Default::default();
    let unsynced = uncut.clone();
    let frames = uncut.sync(&world).len();
    assert!(frames > 15, "enough places to cut: {frames}");
    for cut in 1..frames {
        let mut phone = unsynced.clone();
        phone.exchange_frames(&world, &[], cut);
        phone.sync(&world);
        assert_eq!(phone.held.records, uncut.held.records, "cut behind frame {cut}");
        phone.assert_digests_match();
    }
}

fn s12_the_rows_of_a_call_hold_the_effects_of_its_commands(world: World) {
    let mut phone = world.enrol_device("lan", WARD_2, Role::Reporter);
    let key = first_week_key(WARD_2);
    let save = phone.save_command(&key, &[(world.element_numbers()[0], reported_value(2))], &[]);
    phone.push(&world, &[save]);
    assert!(phone.has_record(RecordKind::Report, key.id().0));
    phone.assert_digests_match();
}

fn s21_two_phones_of_one_unit_hold_the_same_bytes(world: World) {
    let [mut first, _, _] = send_sample_reports(&world);
    let mut second = world.enrol_device_of("second", first.account, WARD_2);
    let other = world.enrol_device("elsewhere", OTHER_COMMUNE, Role::Reporter);
    first.sync(&world);
    second.sync(&world);
    assert_eq!(first.held.records, second.held.records);
    assert_eq!(first.checkpoint.unwrap().digests, second.checkpoint.unwrap().digests);
    assert!(other.held.records.is_empty());
}

fn s23_a_damaged_cursor_rebuilds_its_own_phone_and_nothing_else(world: World) {
    let [mut phone, mut other, _] = send_sample_reports(&world);
    phone.sync(&world);
    other.sync(&world);
    let before = phone.held.records.clone();
    phone.cursor[3] ^= 1;
    let frames = phone.sync(&world);
    assert!(frames.iter().any(|frame| matches!(frame, SyncFrame::Reset(_))));
    assert_eq!(phone.held.records, before);
    phone.assert_digests_match();
    let frames = other.sync(&world);
    assert!(
        !frames.iter().any(|frame| matches!(frame, SyncFrame::Reset(_))),
        "the other phone notices nothing"
    );
}

fn s23_a_phone_that_asks_for_a_rebuild_gets_it_and_agrees_again(world: World) {
    let [mut phone, _, _] = send_sample_reports(&world);
    phone.sync(&world);
    let scope = phone.scopes.values().next().unwrap().0;
    let request = thidua::sync::ExchangeRequest {
        cursor: phone.cursor.clone(),
        rebuild_scopes: vec![scope],
        ..Default::default()
    };
    let identity = phone.load_identity(&world).unwrap();
    let opened = thidua::sync::Exchange::open(
        world.app.clone(),
        world.cursor_signer.clone(),
        identity,
        request,
    );
    let reset =
        opened.unwrap().frames.iter().find_map(|frame| {
            if let SyncFrame::Reset(reset) = frame { Some(*reset) } else { None }
        });
    let reset = reset.unwrap();
    assert_eq!((reset.reason, reset.generation), (ResetReason::Digest, 2));
}
