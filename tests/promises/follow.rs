//! Following by change batches: the changes of several commits are read once and shared; no change
//! is missed and no row overtaken. S1, S4, S5, S28.

use crate::on_both_databases;
use crate::world::{
    OTHER_COMMUNE, TOWN, TestDevice, WARD_2, WARD_3, World, first_week_key, reported_value,
};
use std::sync::Arc;
use thidua::domain::access::permission::Role;
use thidua::sync::frame::SyncFrame;
use thidua::sync::{AtHead, ChangeBatch, Exchange, ExchangeStep, read_head_snapshot};

on_both_databases! {
    s28_followers_of_one_scope_share_one_batch_and_ask_the_store_nothing
    s01_a_follower_who_joins_inside_a_round_gets_only_what_it_has_not_seen
    s05_a_bookmark_moves_an_idle_follower_on_and_overtakes_no_row
    s27_a_follower_behind_all_rounds_reads_the_feed
}

/// A following phone, after its checkpoint with its call open.
fn open_follow(phone: &mut TestDevice, world: &World) -> AtHead {
    let opened = phone.open_exchange(world, &[]).unwrap();
    read_to_head(phone, opened)
}

fn read_to_head(phone: &mut TestDevice, mut step: ExchangeStep) -> AtHead {
    loop {
        step.frames.iter().for_each(|frame| phone.apply_frame(frame));
        step = match step.exchange {
            Exchange::Paging(paging) => paging.read_page().unwrap(),
            Exchange::AtHead(at_head) => return at_head,
        };
    }
}

fn head_seq(world: &World) -> i64 {
    world.app.store().read(|tx| tx.head()).unwrap().seq
}

fn read_change_batch(world: &World, followers: &[&AtHead], after: i64) -> Arc<ChangeBatch> {
    let scopes = followers.iter().flat_map(|exchange| exchange.scope_numbers()).collect();
    read_head_snapshot(&world.app, &scopes, after).unwrap().change_batch.unwrap()
}

fn s28_followers_of_one_scope_share_one_batch_and_ask_the_store_nothing(world: World) {
    let mut lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut follower_group: Vec<TestDevice> = (0..5)
        .map(|n| world.enrol_device(&format!("reviewer {n}"), TOWN, Role::Reviewer))
        .collect();
    let mut open: Vec<AtHead> =
        follower_group.iter_mut().map(|phone| open_follow(phone, &world)).collect();
    let after = head_seq(&world);
    world.send_nil_report(&mut lan, &first_week_key(WARD_2));
    let batch = read_change_batch(&world, &open.iter().collect::<Vec<_>>(), after);
    let reads = world.app.store().read_count();
    let mut shared_rows = Vec::new();
    for (phone, exchange) in follower_group.iter_mut().zip(&mut open) {
        let frames = exchange.apply_change_batch(&batch).unwrap();
        for frame in &frames {
            phone.apply_frame(frame);
        }
        let SyncFrame::SharedRows { rows, .. } = &frames[0] else { panic!("{frames:?}") };
        shared_rows.push(rows.clone());
        phone.assert_digests_match();
        assert_eq!(phone.checkpoint.as_ref().unwrap().seq, batch_end_seq(&batch));
    }
    assert_eq!(world.app.store().read_count(), reads, "the round was read once, before");
    assert!(
        shared_rows.iter().all(|rows| Arc::ptr_eq(rows, &shared_rows[0])),
        "one value for all, encoded once"
    );
}

fn batch_end_seq(batch: &ChangeBatch) -> i64 {
    batch.upto_seq
}

fn s01_a_follower_who_joins_inside_a_round_gets_only_what_it_has_not_seen(world: World) {
    let mut lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut mai = world.enrol_device("mai", WARD_3, Role::Reporter);
    let mut reviewer = world.enrol_device("reviewer", TOWN, Role::Reviewer);
    let after = head_seq(&world);
    let seen = world.send_nil_report(&mut lan, &first_week_key(WARD_2));
    let mut exchange = open_follow(&mut reviewer, &world);
    let new = world.send_nil_report(&mut mai, &first_week_key(WARD_3));
    let frames =
        exchange.apply_change_batch(&read_change_batch(&world, &[&exchange], after)).unwrap();
    let SyncFrame::SharedRows { rows, .. } = &frames[0] else { panic!("{frames:?}") };
    let ids: Vec<_> = rows.rows.iter().map(|row| row.id).collect();
    assert!(ids.contains(&new.0) && !ids.contains(&seen.0), "{ids:?}");
    frames.iter().for_each(|frame| reviewer.apply_frame(frame));
    reviewer.assert_digests_match();
}

fn s05_a_bookmark_moves_an_idle_follower_on_and_overtakes_no_row(world: World) {
    let mut other_phone = world.enrol_device("far", OTHER_COMMUNE, Role::Reporter);
    let mut lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut idle = open_follow(&mut lan, &world);
    let busy = open_follow(&mut other_phone, &world);
    let after = head_seq(&world);
    world.send_nil_report(&mut other_phone, &first_week_key(OTHER_COMMUNE));
    let nothing = read_change_batch(&world, &[&idle, &busy], after);
    assert_eq!(idle.apply_change_batch(&nothing), Some(Vec::new()), "it is not for this phone");
    let before = lan.cursor.clone();
    lan.apply_frame(&idle.build_bookmark());
    assert_ne!(lan.cursor, before, "but its cursor moves on");
    let save = other_phone.save_command(
        &first_week_key(OTHER_COMMUNE),
        &[(world.element_numbers()[0], reported_value(1))],
        &[],
    );
    other_phone.push(&world, &[save]);
    let mut second = world.enrol_device_of("second", lan.account, WARD_2);
    let draft = second.save_command(
        &first_week_key(WARD_2),
        &[(world.element_numbers()[0], reported_value(1))],
        &[],
    );
    second.push(&world, &[draft]);
    let frames = lan.sync(&world);
    assert!(
        !frames.iter().any(|frame| matches!(frame, SyncFrame::Reset(_))),
        "a bookmark is a place to go on from"
    );
    lan.assert_digests_match();
    second.sync(&world);
    assert_eq!(lan.held.records, second.held.records);
}

fn s27_a_follower_behind_all_rounds_reads_the_feed(world: World) {
    let mut lan = world.enrol_device("lan", WARD_2, Role::Reporter);
    let mut slow = world.enrol_device("slow", TOWN, Role::Reviewer);
    let mut exchange = open_follow(&mut slow, &world);
    world.send_nil_report(&mut lan, &first_week_key(WARD_2));
    let after = head_seq(&world);
    let correction = lan.save_command(
        &first_week_key(WARD_2),
        &[(world.element_numbers()[0], reported_value(1))],
        &[(world.element_numbers()[0], thidua::domain::report::cell::CellValue::Nil)],
    );
    lan.push(&world, &[correction]);
    let late = read_change_batch(&world, &[&exchange], after);
    assert_eq!(exchange.apply_change_batch(&late), None, "what lies between is not in it");
    read_to_head(&mut slow, exchange.into_paging().into());
    slow.assert_digests_match();
}
