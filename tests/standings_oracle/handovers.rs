//! Stocks across a signed hand-over: vector 7, where 30 are dissolved without heir and others say
//! 100. The oracle does not know of hand-overs; the figures are worked by hand.

use crate::fraction::Frac;
use crate::vectors::{AFTER, MERGER, UNCOVERED, monthly, province};
use crate::world::World;
use jiff::civil::{Date, date};
use thidua::domain::org::{DaySpan, StructureView, UnitKind};
use thidua::domain::standing::{Judgement, JudgementState};

/// A said 30 and was dissolved on 1 May; O says 100 to the end, F said 12 until the eve.
fn dissolved() -> World {
    let mut draft = province();
    draft.commune("a", "p", DaySpan::new(Date::MIN, MERGER));
    draft.commune("f", "p", DaySpan::ALWAYS);
    draft.commune("o", "p", DaySpan::ALWAYS);
    let targets = [("S", "stock(s@end) <= 1000", UNCOVERED)];
    let mut world = monthly(draft.build(), date(2026, 12, 31), &targets);
    world.say("a", "s", 30, MERGER);
    world.say("f", "s", 12, MERGER);
    world.say("o", "s", 100, AFTER);
    world
}

fn judged(world: &World, day: Date) -> Judgement {
    world.standing(day, StructureView::AsWas, "p", "S").judgement
}

/// Known, and what it may be at most.
fn interval(judgement: &Judgement) -> (i128, i128) {
    let (low, high) = judgement.value_low.zip(judgement.value_high).unwrap();
    (Frac::from(low).num, Frac::from(high).num)
}

fn has_ended_holder(judgement: &Judgement) -> bool {
    judgement.reasons.contains(&"HOLDER_ENDED".to_owned())
}

#[test]
fn a_silent_taker_of_30_with_12_of_its_own_is_expected_to_hold_42_and_no_holder_ended() {
    let mut world = dissolved();
    let before = judged(&world, AFTER);
    assert!(has_ended_holder(&before), "{before:?}");
    assert_eq!(before.state, JudgementState::Undetermined);
    assert_eq!(interval(&before), (100, 160), "30 and 12 are missing: 41 and 19 at most");

    world.hand_over(MERGER, "s", &[("a", "f", 30)]);
    let after = judged(&world, AFTER);
    assert!(!has_ended_holder(&after), "{after:?}");
    assert_eq!(interval(&after), (100, 155), "42 are missing: 55 at most");
    assert_eq!(after.state, JudgementState::Met);
}

#[test]
fn the_takers_word_counts_from_the_first_period_that_ends_after_the_hand_over() {
    let mut world = dissolved();
    world.hand_over(MERGER, "s", &[("a", "f", 30)]);
    let eve = date(2026, 5, 8);
    assert_eq!(judged(&world, eve).value, Some(142.into()), "through April: 30, 12, 100");
    world.say("f", "s", 40, AFTER);
    world.say("f", "s", 12, MERGER);
    let after = judged(&world, AFTER);
    assert_eq!((after.state, after.value), (JudgementState::Met, Some(140.into())));
}

#[test]
fn a_hand_over_between_living_units_is_expected_of_the_silent_one_from_its_day_on() {
    let mut world = dissolved();
    world.say("f", "s", 12, date(2026, 12, 1));
    world.say("o", "s", 10, AFTER);
    world.hand_over(MERGER, "s", &[("a", "o", 30)]);
    assert_eq!(interval(&judged(&world, AFTER)), (10, 29), "12 are expected of F, 19 at most");
    world.hand_over(date(2026, 12, 15), "s", &[("o", "f", 90), ("o", "o", 10)]);
    let eve = judged(&world, date(2026, 12, 8));
    assert_eq!(eve.value, Some(22.into()), "before it, both have said it");
    assert_eq!(interval(&judged(&world, AFTER)), (10, 132), "102 are expected of F");
    world.handovers.pop();
    world.hand_over(date(2027, 1, 1), "s", &[("o", "f", 90), ("o", "o", 10)]);
    assert_eq!(interval(&judged(&world, AFTER)), (10, 29), "it is after the last day judged");
}

#[test]
fn a_hand_over_says_what_lineage_only_lets_expect_and_counts_no_figure_twice() {
    let mut draft = province();
    draft.unit("a", UnitKind::Commune, DaySpan::new(Date::MIN, MERGER));
    draft.below("a", "p", DaySpan::new(Date::MIN, MERGER));
    draft.commune("c", "p", DaySpan::ALWAYS);
    draft.commune("o", "p", DaySpan::ALWAYS);
    draft.line(MERGER, "a", "c", (1, 1));
    let targets = [("S", "stock(s@end) <= 1000", UNCOVERED)];
    let mut world = monthly(draft.build(), date(2026, 12, 31), &targets);
    for (uid, value, end) in [("a", 11, MERGER), ("c", 8, MERGER), ("o", 379, AFTER)] {
        world.say(uid, "s", value, end);
    }
    assert_eq!(interval(&judged(&world, AFTER)), (379, 407), "11 and 8 are expected of C");
    world.hand_over(MERGER, "s", &[("a", "c", 22), ("c", "c", 8)]);
    assert_eq!(interval(&judged(&world, AFTER)), (379, 420), "22 and 8: 30 expected, 41 at most");
    world.handovers.clear();
    world.hand_over(MERGER, "s", &[("a", "o", 11)]);
    let given_to_another = interval(&judged(&world, AFTER));
    assert_eq!(given_to_another, (379, 393), "O said 379 since; C is expected to have its 8");
}
