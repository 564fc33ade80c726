//! Following by rounds: what a stretch of commits changed is read once and shared, and nothing is missed or overtaken. S1, S4, S5, S28.

use crate::stories;
use crate::world::{ELSEWHERE, Phone, TOWN, WARD_2, WARD_3, World, figure, first_week};
use std::sync::Arc;
use thidua::domain::permission::Role;
use thidua::sync::frame::Frame;
use thidua::sync::{Exchange, Round, look};

stories! {
    s28_followers_of_one_scope_share_one_batch_and_ask_the_store_nothing
    s01_a_follower_who_joins_inside_a_round_gets_only_what_it_has_not_seen
    s05_a_bookmark_moves_an_idle_follower_on_and_overtakes_no_row
    s27_a_follower_behind_all_rounds_reads_the_feed
}

/// A phone that follows: at its checkpoint, with its call open.
fn follow(phone: &mut Phone, world: &World) -> Exchange {
    let mut exchange = phone.exchange(world, &[]).unwrap();
    loop {
        for frame in exchange.step().unwrap() {
            phone.take(&frame);
            if matches!(frame, Frame::Checkpoint(_)) {
                return exchange;
            }
        }
    }
}

fn head(world: &World) -> i64 {
    world.app.store().read(|tx| tx.head()).unwrap().seq
}

fn round(world: &World, followers: &[&Exchange], after: i64) -> Arc<Round> {
    let scopes = followers.iter().flat_map(|exchange| exchange.scopes()).collect();
    look(&world.app, &scopes, after).unwrap().round.unwrap()
}

fn s28_followers_of_one_scope_share_one_batch_and_ask_the_store_nothing(world: World) {
    let mut lan = world.phone("lan", WARD_2, Role::Reporter);
    let mut crowd: Vec<Phone> = (0..5).map(|n| world.phone(&format!("reviewer {n}"), TOWN, Role::Reviewer)).collect();
    let mut open: Vec<Exchange> = crowd.iter_mut().map(|phone| follow(phone, &world)).collect();
    let after = head(&world);
    world.send_nil(&mut lan, &first_week(WARD_2));
    let round = round(&world, &open.iter().collect::<Vec<_>>(), after);
    let reads = world.app.store().reads();
    let mut batches = Vec::new();
    for (phone, exchange) in crowd.iter_mut().zip(&mut open) {
        let frames = exchange.take_round(&round).unwrap();
        for frame in &frames {
            phone.take(frame);
        }
        let Frame::Shared { batch, .. } = &frames[0] else { panic!("{frames:?}") };
        batches.push(batch.clone());
        phone.agrees();
        assert_eq!(phone.checkpoint.as_ref().unwrap().seq, head_of(&round));
    }
    assert_eq!(world.app.store().reads(), reads, "the round was read once, before");
    assert!(batches.iter().all(|batch| Arc::ptr_eq(batch, &batches[0])), "one value for all, encoded once");
}

fn head_of(round: &Round) -> i64 {
    round.upto
}

fn s01_a_follower_who_joins_inside_a_round_gets_only_what_it_has_not_seen(world: World) {
    let mut lan = world.phone("lan", WARD_2, Role::Reporter);
    let mut mai = world.phone("mai", WARD_3, Role::Reporter);
    let mut reviewer = world.phone("reviewer", TOWN, Role::Reviewer);
    let after = head(&world);
    let seen = world.send_nil(&mut lan, &first_week(WARD_2));
    let mut exchange = follow(&mut reviewer, &world);
    let new = world.send_nil(&mut mai, &first_week(WARD_3));
    let frames = exchange.take_round(&round(&world, &[&exchange], after)).unwrap();
    let Frame::Shared { batch, .. } = &frames[0] else { panic!("{frames:?}") };
    let ids: Vec<_> = batch.rows.iter().map(|row| row.id).collect();
    assert!(ids.contains(&new.0) && !ids.contains(&seen.0), "{ids:?}");
    frames.iter().for_each(|frame| reviewer.take(frame));
    reviewer.agrees();
}

fn s05_a_bookmark_moves_an_idle_follower_on_and_overtakes_no_row(world: World) {
    let mut far = world.phone("far", ELSEWHERE, Role::Reporter);
    let mut lan = world.phone("lan", WARD_2, Role::Reporter);
    let mut idle = follow(&mut lan, &world);
    let busy = follow(&mut far, &world);
    let after = head(&world);
    world.send_nil(&mut far, &first_week(ELSEWHERE));
    let nothing = round(&world, &[&idle, &busy], after);
    assert_eq!(idle.take_round(&nothing), Some(Vec::new()), "it is not for this phone");
    let before = lan.cursor.clone();
    lan.take(&idle.bookmark());
    assert_ne!(lan.cursor, before, "but its cursor moves on");
    let save = far.save(&first_week(ELSEWHERE), &[(world.elements()[0], figure(1))], &[]);
    far.push(&world, &[save]);
    let mut second = world.phone_of("second", lan.account, WARD_2);
    let draft = second.save(&first_week(WARD_2), &[(world.elements()[0], figure(1))], &[]);
    second.push(&world, &[draft]);
    let frames = lan.sync(&world);
    assert!(!frames.iter().any(|frame| matches!(frame, Frame::Reset(_))), "a bookmark is a place to go on from");
    lan.agrees();
    second.sync(&world);
    assert_eq!(lan.holding.records, second.holding.records);
}

fn s27_a_follower_behind_all_rounds_reads_the_feed(world: World) {
    let mut lan = world.phone("lan", WARD_2, Role::Reporter);
    let mut slow = world.phone("slow", TOWN, Role::Reviewer);
    let mut exchange = follow(&mut slow, &world);
    world.send_nil(&mut lan, &first_week(WARD_2));
    let after = head(&world);
    let correction = lan.save(
        &first_week(WARD_2),
        &[(world.elements()[0], figure(1))],
        &[(world.elements()[0], thidua::domain::cell::CellValue::Nil)],
    );
    lan.push(&world, &[correction]);
    let late = round(&world, &[&exchange], after);
    assert_eq!(exchange.take_round(&late), None, "what lies between is not in it");
    loop {
        let frames = exchange.step().unwrap();
        frames.iter().for_each(|frame| slow.take(frame));
        if matches!(frames.last(), Some(Frame::Checkpoint(_))) {
            break;
        }
    }
    slow.agrees();
}
