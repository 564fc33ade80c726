//! An element whose level changes on a day (M1), worked by hand: districts report until the eve,
//! their communes from the day on.

use crate::fraction::Frac;
use crate::vectors::{AFTER, UNCOVERED, months, province};
use crate::world::{
    OrgDraft, World, code, contract_text, element_text, level_change_text, read_campaign, target,
};
use jiff::civil::{Date, date};
use thidua::domain::org::{DaySpan, HandoverLine, StructureView, UnitKind, check_stock_handover};
use thidua::domain::standing::{Coverage, Judgement, JudgementState};
use thidua::domain::support::ids::UnitId;

/// The first day on which communes report.
const MOVE: Date = date(2026, 7, 1);

const TARGETS: [(&str, &str); 4] = [
    ("N", "count(n) <= 1000"),
    ("S", "stock(s@end) <= 1000"),
    ("E", "count(n) <= 1000 by each"),
    ("L", "count(n) <= 1000 by each level(COMMUNE)"),
];

/// Two districts with a commune each, over the year 2026; the level of `n` and `s` changes on a
/// day.
fn moved(day: Date) -> World {
    moved_with(day, |_| ())
}

/// With more in the organisation.
fn moved_with(day: Date, add: impl FnOnce(&mut OrgDraft)) -> World {
    let mut draft = province();
    add(&mut draft);
    for (district, commune) in [("d1", "c1"), ("d2", "c2")] {
        draft.unit(district, UnitKind::District, DaySpan::ALWAYS);
        draft.below(district, "p", DaySpan::ALWAYS);
        draft.commune(commune, district, DaySpan::ALWAYS);
    }
    let change = level_change_text(day, "COMMUNE");
    let elements = [("s", "STOCK"), ("n", "FLOW")]
        .map(|(code, kind)| element_text(code, kind, "DISTRICT") + &change);
    let contract = contract_text("m", "DISTRICT", "month", (3, 4), "", &["s", "n"]) + &change;
    let targets = TARGETS.map(|(code, formula)| target(code, formula, UNCOVERED));
    let campaign = months(date(2026, 12, 31), "\"m\"", &targets.concat());
    World::new(draft.build(), &(elements.concat() + &contract), read_campaign(&campaign))
}

fn judged(world: &World, day: Date, uid: &str, code: &str) -> (Judgement, Coverage) {
    let theirs = world.standing(day, StructureView::AsWas, uid, code);
    (theirs.judgement, theirs.coverage)
}

/// The value at the province, which product and oracle agree on.
fn value(world: &World, day: Date, code: &str) -> Option<Frac> {
    let found = world.differences(&world.ledger(), day, StructureView::AsWas);
    assert!(found.is_empty(), "{}", found[0]);
    judged(world, day, "p", code).0.value.map(Frac::from)
}

/// The periods that a unit owes in June and July, first days.
fn owed_by(world: &World, uid: &str) -> Vec<Date> {
    let owed = world.owed().into_iter().filter(|key| key.unit == UnitId::from_code(uid));
    let starts = owed.map(|key| key.period.start);
    starts.filter(|day| [6, 7].contains(&day.month())).collect()
}

#[test]
fn districts_say_5_and_7_in_june_their_communes_3_and_4_in_july_and_it_is_19_without_gap() {
    let mut world = moved(MOVE);
    let (june, july) = (date(2026, 6, 1), MOVE);
    assert_eq!(["d1", "d2"].map(|uid| owed_by(&world, uid)), [[june], [june]]);
    assert_eq!(["c1", "c2"].map(|uid| owed_by(&world, uid)), [[july], [july]]);
    for (uid, value) in [("d1", 5), ("d2", 7)] {
        world.say(uid, "n", value, MOVE);
        world.say(uid, "n", 0, june);
    }
    for (uid, value) in [("c1", 3), ("c2", 4)] {
        world.say(uid, "n", value, date(2026, 8, 1));
    }
    let through_june = date(2026, 7, 8);
    let through_july = date(2026, 8, 8);
    assert_eq!(value(&world, through_june, "N"), Some(Frac::int(12)));
    assert_eq!(value(&world, through_july, "N"), Some(Frac::int(19)));
    let (_, coverage) = judged(&world, through_july, "p", "N");
    assert_eq!((coverage.expected, coverage.accepted, coverage.missing), (14, 14, 0));
    let figures = ["d1", "d2"].map(|uid| judged(&world, through_july, uid, "N").0.figures);
    let figures = figures.map(|figures| figures[0].value);
    assert_eq!(figures, [Some(8), Some(11)], "each district with what its commune says since");
}

#[test]
fn a_month_that_the_level_changes_in_is_cut_for_both_levels() {
    let middle = date(2026, 6, 15);
    let mut world = moved(middle);
    assert_eq!(owed_by(&world, "d1"), [date(2026, 6, 1)]);
    assert_eq!(owed_by(&world, "c1"), [middle, date(2026, 7, 1)]);
    for uid in ["d1", "d2"] {
        world.say(uid, "n", 1, AFTER);
    }
    for uid in ["c1", "c2"] {
        world.say(uid, "n", 10, AFTER);
    }
    // Six pieces of each district, seven of each commune.
    assert_eq!(value(&world, AFTER, "N"), Some(Frac::int(2 * 6 + 20 * 7)));
}

#[test]
fn a_level_that_has_only_a_part_of_the_figures_is_judged_nowhere_and_makes_nobody_meet_a_target() {
    let mut world = moved(MOVE);
    for uid in ["d1", "d2", "c1", "c2"] {
        world.say(uid, "n", 1, AFTER);
    }
    assert_eq!(value(&world, AFTER, "N"), Some(Frac::int(24)));
    let commune = judged(&world, AFTER, "c1", "N").0;
    assert_eq!(commune.state, JudgementState::NotCountedHere, "half a year stood in its district");
    let by_each = judged(&world, AFTER, "p", "E").0;
    assert_eq!((by_each.state, &*by_each.display), (JudgementState::Met, "2/2"), "the districts");
    let by_commune = judged(&world, AFTER, "p", "L").0;
    assert_eq!(by_commune.state, JudgementState::Undetermined);
    let of_phase_2 = world.standings(AFTER, StructureView::AsWas).into_iter().find(|one| {
        (one.phase, one.unit) == (2, UnitId::from_code("c1")) && one.judgement.code == "N"
    });
    let figures = of_phase_2.unwrap().judgement.figures;
    assert_eq!(figures[0].value, Some(6), "the second half is its own");
}

#[test]
fn a_stock_of_30_stays_with_its_district_until_it_is_handed_to_the_communes_as_10_and_20() {
    let mut world = moved(MOVE);
    world.say("d1", "s", 30, MOVE);
    world.say("d2", "s", 0, MOVE);
    assert_eq!(value(&world, date(2026, 7, 8), "S"), Some(Frac::int(30)), "the districts' day");
    let silent = judged(&world, AFTER, "p", "S").0;
    assert_eq!(silent.state, JudgementState::Undetermined);
    assert!(silent.reasons.contains(&"HOLDER_ENDED".to_owned()), "{silent:?}");

    for (uid, value) in [("c1", 10), ("c2", 20)] {
        world.say(uid, "s", value, AFTER);
    }
    assert_eq!(value(&world, AFTER, "S"), Some(Frac::int(30)), "known");
    let unsigned = judged(&world, AFTER, "p", "S").0;
    assert!(unsigned.reasons.contains(&"HOLDER_ENDED".to_owned()), "{unsigned:?}");
    let (low, high) = unsigned.value_low.zip(unsigned.value_high).unwrap();
    // The 30 of the one district may be 41, the 0 of the other 1.
    assert_eq!((Frac::from(low), Frac::from(high)), (Frac::int(30), Frac::int(30 + 41 + 1)));

    world.hand_over(MOVE, "s", &[("d1", "c1", 10), ("d1", "c2", 20), ("d2", "c2", 0)]);
    for day in [date(2026, 8, 8), AFTER] {
        let signed = judged(&world, day, "p", "S").0;
        assert_eq!(
            (signed.value.map(Frac::from), &signed.reasons[..]),
            (Some(Frac::int(30)), &[][..])
        );
    }
    assert_eq!(judged(&world, AFTER, "p", "S").0.state, JudgementState::Met);
    let eve = judged(&world, date(2026, 7, 8), "p", "S").0;
    assert_eq!(eve.value.map(Frac::from), Some(Frac::int(30)), "the districts' June");
    let own = ["c1", "d1"].map(|uid| judged(&world, AFTER, uid, "S").0.figures[0].value);
    assert_eq!(own, [Some(10), Some(10)], "in the sum of its district, too");
}

#[test]
fn the_takers_are_expected_to_hold_what_was_handed_to_them_until_they_say_it() {
    let mut world = moved(MOVE);
    world.say("d1", "s", 30, MOVE);
    world.say("d2", "s", 7, MOVE);
    world.hand_over(MOVE, "s", &[("d1", "c1", 30), ("d2", "c2", 7)]);
    world.say("c2", "s", 7, AFTER);
    let judged = judged(&world, AFTER, "p", "S").0;
    let (low, high) = judged.value_low.zip(judged.value_high).unwrap();
    assert_eq!((Frac::from(low), Frac::from(high)), (Frac::int(7), Frac::int(7 + 41)));
    assert_eq!(judged.reasons, ["PROVISIONAL"]);
}

#[test]
fn a_hand_over_of_earlier_days_does_not_take_the_stock_of_a_district_away_at_the_change() {
    let mut world = moved(MOVE);
    world.say("d1", "s", 30, MOVE);
    world.say("d2", "s", 7, MOVE);
    world.say("c1", "s", 1, AFTER);
    world.say("c2", "s", 1, AFTER);
    world.hand_over(date(2026, 3, 1), "s", &[("d1", "d2", 2)]);
    let judged = judged(&world, AFTER, "p", "S").0;
    assert!(judged.reasons.contains(&"HOLDER_ENDED".to_owned()), "{judged:?}");
    let (low, high) = judged.value_low.zip(judged.value_high).unwrap();
    // 30 at most 41, 7 at most 13.
    assert_eq!((Frac::from(low), Frac::from(high)), (Frac::int(2), Frac::int(2 + 41 + 13)));
}

#[test]
fn a_stock_is_handed_to_a_commune_from_the_day_on_which_communes_report_it() {
    let world = moved(MOVE);
    let codes = |day: Date, from: &str, to: &str| {
        let line = HandoverLine {
            from: UnitId::from_code(from),
            to: UnitId::from_code(to),
            element: code("s"),
            amount: 30,
        };
        let found = check_stock_handover(&world.org, &world.catalogue, (day, &[line]), &[]);
        found.iter().map(|violation| violation.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(MOVE, "d1", "c1"), Vec::<&str>::new());
    assert_eq!(codes(date(2026, 6, 30), "d1", "c1"), ["HANDOVER_TAKER"]);
    assert_eq!(codes(MOVE, "d1", "d2"), ["HANDOVER_TAKER"]);
    assert_eq!(codes(date(2026, 6, 30), "d1", "d2"), Vec::<&str>::new());
}

#[test]
fn a_district_that_gave_a_part_away_in_march_keeps_the_rest_as_missing_after_the_change() {
    let march = date(2026, 3, 1);
    let mut world = moved_with(MOVE, |draft| {
        draft.unit("d3", UnitKind::District, DaySpan::from_day(march));
        draft.below("d3", "p", DaySpan::from_day(march));
        draft.line(march, "d1", "d3", (1, 3));
        draft.line(march, "d1", "d1", (2, 3));
    });
    for (uid, amount) in [("d1", 20), ("d2", 0), ("d3", 10)] {
        world.say(uid, "s", amount, MOVE);
    }
    for uid in ["c1", "c2"] {
        world.say(uid, "s", 1, AFTER);
    }
    assert_eq!(value(&world, AFTER, "S"), Some(Frac::int(2)), "known");
    let judged = judged(&world, AFTER, "p", "S").0;
    let (low, high) = judged.value_low.zip(judged.value_high).unwrap();
    // 20 at most 29, 10 at most 17, none at most 1.
    assert_eq!((Frac::from(low), Frac::from(high)), (Frac::int(2), Frac::int(2 + 29 + 17 + 1)));
}

#[test]
fn a_contract_is_judged_with_another_through_the_eve_of_its_change_where_that_ends_a_period_of_both()
 {
    let (middle, mut draft) = (date(2026, 6, 15), province());
    draft.unit("d", UnitKind::District, DaySpan::ALWAYS);
    draft.below("d", "p", DaySpan::ALWAYS);
    draft.commune("c", "d", DaySpan::ALWAYS);
    let change = level_change_text(middle, "COMMUNE");
    let catalogue = element_text("n", "FLOW", "DISTRICT")
        + &change
        + &contract_text("m", "DISTRICT", "month", (0, 0), "", &["n"])
        + &change
        + &element_text("b", "FLOW", "COMMUNE")
        + &contract_text("w", "COMMUNE", "week", (0, 15), "", &["b"]);
    let targets = target("R", "ratio(n/b) <= 200%", UNCOVERED);
    let campaign = months(date(2026, 12, 31), "\"m\", \"w\"", &targets);
    let world = World::new(draft.build(), &catalogue, read_campaign(&campaign));
    // The weeks are due through 14 June, the months through 30 June.
    let standing = world.standing(date(2026, 7, 1), StructureView::AsWas, "p", "R");
    assert_eq!(standing.judged_through, Some(date(2026, 6, 14)));
    let found = world.differences(&world.ledger(), date(2026, 7, 1), StructureView::AsWas);
    assert!(found.is_empty(), "{}", found[0]);
}
