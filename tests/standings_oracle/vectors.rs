//! The vectors of the decision page, worked by hand; each asks the oracle and the product. Vectors
//! 10 and 11 (what may be said when), 12 to 14 (allocations) and 20 to 22 (waivers) are tested
//! where those rules live.

use crate::agreement::is_judgement;
use crate::fraction::Frac;
use crate::world::{OrgDraft, World, contract_text, element_text, read_campaign, target};
use jiff::civil::{Date, date};
use thidua::domain::org::{DaySpan, Org, StructureView, UnitKind};
use thidua::domain::report::cell::{CellValue, Cells};
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::standing::{JudgementState, Standing};
use thidua::domain::support::ids::UnitId;

pub(crate) const MERGER: Date = date(2026, 5, 1);
/// A day on which the whole of 2026 is due.
pub(crate) const AFTER: Date = date(2027, 2, 1);

/// A campaign over whole months of 2026 with two phases, the second from July on.
pub(crate) fn months(last: Date, contracts: &str, targets: &str) -> String {
    let phases = if last.month() == 12 {
        "[[phases]]\nno = 1\nname_vi = \"1\"\nname_en = \"1\"\nfirst_day = 2026-01-01\n\
         last_day = 2026-06-30\n[[phases]]\nno = 2\nname_vi = \"2\"\nname_en = \"2\"\n\
         first_day = 2026-07-01\nlast_day = 2026-12-31\n"
    } else {
        ""
    };
    format!(
        "code = \"O\"\nname_vi = \"x\"\nname_en = \"x\"\nkind = \"THEMATIC\"\nowner = \"p\"\n\
         first_day = 2026-01-01\nlast_day = {last}\nclassification = \"NOT_SECRET\"\n\
         contracts = [{contracts}]\n{phases}{targets}"
    )
}

pub(crate) fn province() -> OrgDraft {
    let mut draft = OrgDraft::default();
    draft.unit("p", UnitKind::Province, DaySpan::ALWAYS);
    draft
}

fn monthly_catalogue() -> String {
    let elements = ["STOCK", "FLOW", "FLOW"].iter().zip(["s", "n", "d"]);
    let elements: String =
        elements.map(|(kind, code)| element_text(code, kind, "COMMUNE")).collect();
    elements + &contract_text("m", "COMMUNE", "month", (3, 4), "", &["s", "n", "d"])
}

pub(crate) fn monthly(org: Org, last: Date, targets: &[(&str, &str, &str)]) -> World {
    let targets: String =
        targets.iter().map(|(code, formula, further)| target(code, formula, further)).collect();
    World::new(org, &monthly_catalogue(), read_campaign(&months(last, "\"m\"", &targets)))
}

const CHANGE: &str = "change(stock(s@end) vs same_window_prior_year, rel) <= -5%";
pub(crate) const UNCOVERED: &str = "coverage_min = 0";

/// A and B become C on 1 May; others hold 379.
fn merged(limits: &[(&str, &str)]) -> World {
    let mut draft = province();
    draft.commune("a", "p", DaySpan::new(Date::MIN, MERGER));
    draft.commune("b", "p", DaySpan::new(Date::MIN, MERGER));
    draft.commune("c", "p", DaySpan::from_day(MERGER));
    draft.commune("o", "p", DaySpan::ALWAYS);
    draft.line(MERGER, "a", "c", (1, 1));
    draft.line(MERGER, "b", "c", (1, 1));
    let mut targets = vec![("C", CHANGE, UNCOVERED), ("S", "stock(s@end) <= 1000", UNCOVERED)];
    targets.extend(limits.iter().map(|(code, formula)| (*code, *formula, UNCOVERED)));
    let mut world = monthly(draft.build(), date(2026, 12, 31), &targets);
    for (uid, value) in [("a", 11), ("b", 8), ("o", 379)] {
        world.say(uid, "s", value, AFTER);
    }
    world
}

fn first_figure(standing: &Standing) -> Option<i64> {
    standing.judgement.figures[0].value
}

/// The interval of the whole campaign at the province, which product and oracle agree on.
fn interval(world: &World, target: &str) -> (i128, i128) {
    let ours = world.oracle(AFTER, StructureView::AsWas, "p", target).interval.unwrap();
    let theirs = world.standing(AFTER, StructureView::AsWas, "p", target).judgement;
    let theirs = theirs
        .value_low
        .zip(theirs.value_high)
        .map(|(low, high)| (Frac::from(low), Frac::from(high)));
    assert_eq!(theirs, Some(ours), "the product's interval is the oracle's");
    (ours.0.num, ours.1.num)
}

fn state(world: &World, day: Date, target: &str) -> JudgementState {
    let ours = world.oracle(day, StructureView::AsWas, "p", target);
    let theirs = world.standing(day, StructureView::AsWas, "p", target).judgement;
    assert_eq!(theirs.state, ours.state, "the product's state is the oracle's: {theirs:?}");
    ours.state
}

/// Vector 1.
#[test]
fn closed_a_said_11_b_8_successor_c_19_others_379_is_398_and_as_is_of_c_19() {
    let mut world = merged(&[]);
    world.say("c", "s", 19, AFTER);
    let value = world.oracle(AFTER, StructureView::AsWas, "p", "S").value;
    assert_eq!(value, Some(Frac::int(398)));
    let theirs = world.standing(AFTER, StructureView::AsWas, "p", "S");
    assert!(Frac::int(398).equals(theirs.judgement.value.unwrap()), "{theirs:?}");
    let as_is = StructureView::AsIs(AFTER);
    assert_eq!(first_figure(&world.standing(AFTER, as_is, "c", "C")), Some(19));
}

/// Vector 2.
#[test]
fn c_silent_is_known_379_up_to_407_and_limits_378_395_407_are_missed_unknown_and_met() {
    let world = merged(&[
        ("L", "stock(s@end) <= 378"),
        ("M", "stock(s@end) <= 395"),
        ("H", "stock(s@end) <= 407"),
    ]);
    assert_eq!(interval(&world, "S"), (379, 407));
    let states = ["L", "M", "H"].map(|target| state(&world, AFTER, target));
    let expected = [JudgementState::Missed, JudgementState::Undetermined, JudgementState::Met];
    assert_eq!(states, expected);
    let met = world.standing(AFTER, StructureView::AsWas, "p", "H").judgement;
    assert!(met.reasons.contains(&"PROVISIONAL".to_owned()), "{met:?}");
}

/// Vector 3.
#[test]
fn as_is_of_c_judged_through_the_eve_of_the_merger_is_19_and_nothing_is_missing() {
    let (world, today) = (merged(&[]), date(2026, 5, 8));
    let standing = world.standing(today, StructureView::AsIs(today), "c", "C");
    assert_eq!(first_figure(&standing), Some(19));
    assert_eq!((standing.coverage.expected, standing.coverage.accepted), (8, 8));
}

/// Vector 4.
#[test]
fn frozen_afterwards_a_and_b_are_not_comparable_and_the_province_is_398() {
    let mut world = merged(&[]);
    world.say("c", "s", 19, AFTER);
    let frozen = StructureView::Frozen(date(2026, 1, 1));
    for uid in ["a", "b"] {
        let theirs = world.standing(AFTER, frozen, uid, "C").judgement.state;
        let ours = world.oracle(AFTER, frozen, uid, "C").state;
        assert_eq!([theirs, ours], [JudgementState::NotComparable; 2], "{uid}");
    }
    assert_eq!(first_figure(&world.standing(AFTER, frozen, "p", "C")), Some(398));
}

/// Vector 5.
#[test]
fn a_absorbs_b_keeps_its_uid_and_is_silent_since_is_weighed_19_not_known_11() {
    let mut draft = province();
    draft.commune("a", "p", DaySpan::ALWAYS);
    draft.commune("b", "p", DaySpan::new(Date::MIN, MERGER));
    draft.commune("o", "p", DaySpan::ALWAYS);
    draft.line(MERGER, "b", "a", (1, 1));
    let targets = [("S", "stock(s@end) <= 1000", UNCOVERED)];
    let mut world = monthly(draft.build(), date(2026, 12, 31), &targets);
    world.say("a", "s", 11, MERGER);
    world.say("b", "s", 8, MERGER);
    world.say("o", "s", 100, AFTER);
    assert_eq!(interval(&world, "S"), (100, 128));
}

/// Vector 6.
#[test]
fn of_12_split_in_a_third_and_two_the_first_heir_says_5_is_known_5_weighed_8() {
    let mut draft = province();
    draft.commune("a", "p", DaySpan::new(Date::MIN, MERGER));
    draft.commune("x", "p", DaySpan::from_day(MERGER));
    draft.commune("y", "p", DaySpan::from_day(MERGER));
    let targets = [("S", "stock(s@end) <= 1000", UNCOVERED)];
    let (third, two_thirds) = ((1, 3), (2, 3));
    draft.line(MERGER, "a", "x", third);
    draft.line(MERGER, "a", "y", two_thirds);
    let mut world = monthly(draft.build(), date(2026, 12, 31), &targets);
    world.say("a", "s", 12, MERGER);
    world.say("x", "s", 5, AFTER);
    assert_eq!(interval(&world, "S"), (5, 19));
}

/// Vector 7.
#[test]
fn where_30_are_dissolved_without_heir_and_others_say_100_it_is_100_to_141() {
    let mut draft = province();
    draft.commune("a", "p", DaySpan::new(Date::MIN, MERGER));
    draft.commune("o", "p", DaySpan::ALWAYS);
    let targets = [("S", "stock(s@end) <= 1000", UNCOVERED)];
    let mut world = monthly(draft.build(), date(2026, 12, 31), &targets);
    world.say("a", "s", 30, AFTER);
    world.say("o", "s", 100, AFTER);
    assert_eq!(interval(&world, "S"), (100, 141));
    assert_eq!(state(&world, AFTER, "S"), JudgementState::Undetermined);
    let theirs = world.standing(AFTER, StructureView::AsWas, "p", "S").judgement;
    assert!(theirs.reasons.contains(&"HOLDER_ENDED".to_owned()), "{theirs:?}");
}

/// Twenty communes over three months: nineteen hold 10, one of base 100 is silent.
fn one_big_unit_is_silent() -> World {
    let mut draft = province();
    let uids: Vec<String> = (0..20).map(|at| format!("c{at:02}")).collect();
    uids.iter().for_each(|uid| draft.commune(uid, "p", DaySpan::ALWAYS));
    let ratio = "ratio(n/d) > 95%";
    let targets = [("C", CHANGE, ""), ("R", ratio, "")];
    let mut world = monthly(draft.build(), date(2026, 3, 31), &targets);
    let base = DateWindow::new(date(2025, 1, 1), date(2025, 4, 1)).unwrap();
    for (at, uid) in uids.iter().enumerate() {
        let before = if at == 0 { 100 } else { 10 };
        ["s", "d"].iter().for_each(|element| world.base(uid, element, base, before));
        if at > 0 {
            world.say(uid, "s", 10, AFTER);
            for element in ["n", "d"] {
                world.say(uid, element, 0, AFTER);
                world.say(uid, element, 10, date(2026, 2, 1));
            }
        }
    }
    world
}

/// Vector 8.
#[test]
fn nineteen_units_of_10_and_a_silent_one_of_base_100_leave_limit_275_undetermined_at_57_of_60() {
    let world = one_big_unit_is_silent();
    assert_eq!(state(&world, AFTER, "C"), JudgementState::Undetermined);
    let theirs = world.standing(AFTER, StructureView::AsWas, "p", "C");
    assert_eq!((theirs.coverage.accepted, theirs.coverage.expected), (57, 60));
    assert_eq!(theirs.judgement.limit, Some(275));
    assert!(theirs.judgement.reasons.contains(&"MISSING_REPORTS".to_owned()), "{theirs:?}");
}

/// Vector 9.
#[test]
fn the_same_with_a_ratio_of_190_in_190_weighs_190_of_290_and_is_low_coverage() {
    let world = one_big_unit_is_silent();
    assert_eq!(state(&world, AFTER, "R"), JudgementState::Undetermined);
    let theirs = world.standing(AFTER, StructureView::AsWas, "p", "R").judgement;
    assert!(theirs.reasons.contains(&"LOW_COVERAGE".to_owned()), "{theirs:?}");
}

// Vector 15 is in `authority`: it needs the example's 106 communes.

/// Vector 16.
#[test]
fn july_with_due_3_and_grace_4_is_judged_on_8_august_and_on_7_august_june_is() {
    let mut draft = province();
    draft.commune("a", "p", DaySpan::ALWAYS);
    let targets = [("Z", "count(n) = 0", "")];
    let world = monthly(draft.build(), date(2026, 12, 31), &targets);
    let expected = [7, 8].map(|day| {
        let today = date(2026, 8, day);
        world.standing(today, StructureView::AsWas, "p", "Z").coverage.expected
    });
    assert_eq!(expected, [6, 7]);
}

/// Vector 17.
#[test]
fn months_due_on_8_august_and_weeks_that_serve_them_are_both_judged_through_31_july() {
    let mut draft = province();
    draft.commune("a", "p", DaySpan::ALWAYS);
    let elements = ["n", "d"].map(|code| element_text(code, "FLOW", "COMMUNE")).concat();
    let catalogue = elements
        + &contract_text("w", "COMMUNE", "week", (1, 2), "\"month\"", &["n"])
        + &contract_text("m", "COMMUNE", "month", (3, 4), "", &["d"]);
    let formula = "all(count(n) = 0, count(d) = 0)";
    let text = months(date(2026, 12, 31), "\"w\", \"m\"", &target("Z", formula, ""));
    let world = World::new(draft.build(), &catalogue, read_campaign(&text));
    let through = |end: Date| world.owed().iter().filter(|key| key.period.end <= end).count();
    let theirs = world.standing(date(2026, 8, 9), StructureView::AsWas, "p", "Z");
    assert_eq!(theirs.coverage.expected as usize, through(date(2026, 8, 1)));
}

/// Vector 18.
#[test]
fn a_count_of_zero_is_already_missed_by_one_accepted_case_that_is_not_due() {
    let mut draft = province();
    draft.commune("a", "p", DaySpan::ALWAYS);
    let mut world = monthly(draft.build(), date(2026, 12, 31), &[("Z", "count(n) = 0", "")]);
    world.say("a", "n", 1, date(2026, 2, 1));
    assert_eq!(state(&world, date(2026, 2, 2), "Z"), JudgementState::AlreadyMissed);
    let theirs = world.standing(date(2026, 2, 2), StructureView::AsWas, "p", "Z").judgement;
    assert!(theirs.reasons.contains(&"BEFORE_DUE".to_owned()), "{theirs:?}");
}

/// Forty communes in one month: `met` at 10 of 10, `missed` at 9 of 10, `none` at 0 of 0, and
/// others that say nothing.
fn by_each(met: usize, missed: usize, none: usize) -> (JudgementState, Option<(usize, usize)>) {
    let mut draft = province();
    let uids: Vec<String> = (0..40).map(|at| format!("c{at:02}")).collect();
    uids.iter().for_each(|uid| draft.commune(uid, "p", DaySpan::ALWAYS));
    let targets = [("E", "ratio(n/d) >= 95% by each", "")];
    let mut world = monthly(draft.build(), date(2026, 1, 31), &targets);
    for (at, uid) in uids.iter().enumerate() {
        let (above, below) = match at {
            _ if at < met => (10, 10),
            _ if at < met + missed => (9, 10),
            _ if at < met + missed + none => (0, 0),
            _ => continue,
        };
        world.say(uid, "n", above, AFTER);
        world.say(uid, "d", below, AFTER);
    }
    let tally = world.oracle(AFTER, StructureView::AsWas, "p", "E").tally;
    (state(&world, AFTER, "E"), tally)
}

/// Vector 19.
#[test]
fn by_each_one_missed_is_missed_one_unknown_is_undetermined_and_not_applicable_is_neutral() {
    assert_eq!(by_each(24, 16, 0), (JudgementState::Missed, Some((24, 40))));
    assert_eq!(by_each(39, 0, 1), (JudgementState::Met, Some((39, 39))));
    assert_eq!(by_each(39, 0, 0), (JudgementState::Undetermined, Some((39, 40))));
    assert_eq!(by_each(0, 0, 40), (JudgementState::NotApplicable, Some((0, 0))));
}

/// Vector 23.
#[test]
fn of_a_count_of_960_in_the_year_a_commune_with_10_in_phase_1_sees_10_and_is_not_judged() {
    let mut draft = province();
    draft.commune("a", "p", DaySpan::ALWAYS);
    let mut world = monthly(draft.build(), date(2026, 12, 31), &[("N", "count(n) >= 960", "")]);
    world.say("a", "n", 10, date(2026, 2, 1));
    let all = world.standings(date(2026, 8, 9), StructureView::AsWas);
    let unit = UnitId::from_code("a");
    let below: Vec<&Standing> = all.iter().filter(|one| one.unit == unit).collect();
    assert!(below.iter().all(|one| !is_judgement(one.judgement.state)), "{below:?}");
    let phase = below.iter().find(|one| one.phase == 1).unwrap();
    assert_eq!(first_figure(phase), Some(10));
}

/// Districts owe `d` and communes `n`, monthly; the only district closes on 6 January, and all are
/// judged in the phase that begins in July.
#[test]
fn what_nobody_owes_any_more_is_not_comparable_as_soon_as_the_others_are_due() {
    let mut draft = province();
    let closes = date(2026, 1, 6);
    draft.unit("e", UnitKind::District, DaySpan::new(Date::MIN, closes));
    draft.below("e", "p", DaySpan::new(Date::MIN, closes));
    draft.commune("a", "p", DaySpan::ALWAYS);
    let catalogue = element_text("n", "FLOW", "COMMUNE")
        + &element_text("d", "FLOW", "DISTRICT")
        + &contract_text("c", "COMMUNE", "month", (0, 0), "", &["n"])
        + &contract_text("m", "DISTRICT", "month", (0, 3), "", &["d"]);
    let formula = "all(count(n) = 0, ratio(d/n) > 10%)";
    let text = months(date(2026, 12, 31), "\"c\", \"m\"", &target("Z", formula, ""));
    let mut world = World::new(draft.build(), &catalogue, read_campaign(&text));
    world.say("a", "n", 4, AFTER);
    // July is due under the first contract on 1 August, under the second on 4 August.
    for today in [date(2026, 8, 1), date(2026, 8, 4)] {
        let found = world.differences(&world.ledger(), today, StructureView::AsWas);
        assert!(found.is_empty(), "{today}: {found:?}");
        let all = world.standings(today, StructureView::AsWas);
        let province = UnitId::from_code("p");
        let phase = all.iter().find(|one| one.phase == 2 && one.unit == province).unwrap();
        let ratio = &phase.judgement.members[1];
        assert_eq!(ratio.state, JudgementState::NotComparable, "{today}: {ratio:?}");
    }
}

/// In January one element is zero and the other has no figure; February is not due yet.
#[test]
fn a_sum_is_already_missed_before_it_is_due_where_one_element_has_no_due_figure() {
    let mut draft = province();
    draft.commune("a", "p", DaySpan::ALWAYS);
    let targets = [("Z", "count(n + d) = 0", "")];
    let mut world = monthly(draft.build(), date(2026, 12, 31), &targets);
    world.say("a", "d", 0, date(2026, 2, 1));
    let today = date(2026, 3, 2);
    assert_eq!(state(&world, today, "Z"), JudgementState::NoData);
    let february = world.owed().into_iter().find(|key| key.period.start == date(2026, 2, 1));
    let one = Cells::from_iter([(world.number("d"), CellValue::Reported(1))]);
    world.file(&february.unwrap(), one, true);
    assert_eq!(state(&world, today, "Z"), JudgementState::AlreadyMissed);
    let theirs = world.standing(today, StructureView::AsWas, "p", "Z").judgement;
    assert!(theirs.reasons.contains(&"BEFORE_DUE".to_owned()), "{theirs:?}");
}
