//! Tests of running windows: pace, forecast, and verdicts that are certain before the end.

use super::evaluation_case::{LESS, T1, display_text, evaluation_case, ratio, verdict_code};
use crate::domain::target_rule::{Evaluation, VerdictReason};

fn t1(base_to_date: i64, now: i64) -> Evaluation {
    evaluation_case(T1)
        .with_baseline("x", 450)
        .with_baseline_to_date("x", base_to_date)
        .with_current("x", now)
        .evaluate_running()
}

#[test]
fn v14_pace_is_like_for_like_with_the_same_cut_off() {
    let behind = t1(150, 140);
    let pace = behind.pace.unwrap();
    assert_eq!((verdict_code(&behind), behind.verdict, behind.limit), ("BEHIND", None, Some(418)));
    assert_eq!(pace.allowed_to_date, Some(ratio("139.5")));
    assert_eq!(pace.rest_change.unwrap().format_shortest(4).unwrap(), "-0.0733");
    assert_eq!((pace.forecast, pace.percent_to_meet), (Some(425.into()), Some(41)));
    assert_eq!((behind.value, display_text(&behind)), (Some(ratio("-1/15")), "-6.67 %"));

    let well = t1(400, 365);
    assert_eq!((verdict_code(&well), well.pace.unwrap().percent_to_meet), ("ON_PACE", Some(85)));
    assert_eq!(well.pace.unwrap().rest_change, Some(ratio("0.06")));

    let lost = t1(400, 420);
    assert_eq!(
        (verdict_code(&lost), lost.pace.unwrap().percent_to_meet),
        ("ALREADY_MISSED", Some(0))
    );

    assert_eq!(
        t1(40, 35).pace.unwrap().percent_to_meet,
        Some(48),
        "an early fall on 40 says little"
    );
}

#[test]
fn none_can_be_won_early_but_one_can_be_lost_early() {
    let zero = |now| evaluation_case("count(x) = 0").with_current("x", now).evaluate_running();
    assert_eq!((verdict_code(&zero(0)), zero(0).verdict), ("ON_PACE", None));
    assert_eq!(verdict_code(&zero(1)), "ALREADY_MISSED");
    let from_zero = |now| {
        evaluation_case(LESS)
            .with_baseline("x", 0)
            .with_baseline_to_date("x", 0)
            .with_current("x", now)
            .evaluate_running()
    };
    assert_eq!(
        (verdict_code(&from_zero(0)), from_zero(0).reasons),
        ("ON_PACE", vec![VerdictReason::ZeroBase])
    );
    assert_eq!(verdict_code(&from_zero(1)), "ALREADY_MISSED");
    assert_eq!(
        verdict_code(&evaluation_case("count(x) >= 5").with_current("x", 7).evaluate_running()),
        "ON_PACE"
    );
    assert_eq!(
        verdict_code(&evaluation_case("count(x) >= 5").with_current("x", 3).evaluate_running()),
        "BEHIND"
    );
}

#[test]
fn equal_to_the_same_day_is_behind_when_a_decrease_is_asked() {
    let less = |now| {
        evaluation_case(LESS)
            .with_baseline("x", 30)
            .with_baseline_to_date("x", 12)
            .with_current("x", now)
            .evaluate_running()
    };
    assert_eq!(verdict_code(&less(12)), "BEHIND");
    assert_eq!(verdict_code(&less(11)), "ON_PACE");
    assert_eq!(verdict_code(&less(30)), "ALREADY_MISSED");
    // The base is zero up to now and so is the current count: no unit is late.
    let early = |now| {
        evaluation_case(LESS)
            .with_baseline("x", 30)
            .with_baseline_to_date("x", 0)
            .with_current("x", now)
            .evaluate_running()
    };
    assert_eq!((verdict_code(&early(0)), display_text(&early(0))), ("ON_PACE", "0 → 0"));
    assert_eq!(verdict_code(&early(1)), "BEHIND");
}

#[test]
fn reports_still_missing_can_make_a_running_target_worse_and_not_better() {
    let sheet = |now| {
        evaluation_case(T1)
            .with_baseline("x", 450)
            .with_baseline_to_date("x", 150)
            .with_current("x", now)
            .with_missing_report("x", "0.4")
    };
    assert_eq!(verdict_code(&sheet(137).evaluate_running()), "ON_PACE");
    let open = sheet(138).evaluate_running();
    assert_eq!(
        (verdict_code(&open), open.reasons.as_slice()),
        ("UNDETERMINED", &[VerdictReason::MissingReports][..])
    );
    assert_eq!(verdict_code(&sheet(140).evaluate_running()), "BEHIND");
    assert_eq!(verdict_code(&sheet(419).evaluate_running()), "ALREADY_MISSED");
    assert_eq!(
        verdict_code(
            &evaluation_case(T1).with_baseline("x", 450).with_current("x", 140).evaluate_running()
        ),
        "UNDETERMINED"
    );
}

#[test]
fn a_stock_and_a_share_are_held_against_the_end() {
    let stock = evaluation_case("change(stock(s@end)) <= -10%")
        .with_baseline("s", 900)
        .with_current("s", 872)
        .evaluate_running();
    assert_eq!(
        (verdict_code(&stock), stock.limit, display_text(&stock)),
        ("BEHIND", Some(810), "-3.11 %")
    );
    let share = evaluation_case("ratio(a/b, stock) > 95%")
        .with_current("a", 566)
        .with_current("b", 598)
        .evaluate_running();
    assert_eq!((verdict_code(&share), display_text(&share)), ("BEHIND", "94.65 %"));
    let failures = share.failures.unwrap();
    assert_eq!((failures.allowed, failures.remaining), (29, -3));
}

#[test]
fn a_combination_runs_as_its_worst_or_best_member() {
    let text = |word: &str| format!("{word}(count(a) = 0, ratio(b/c) > 80%)");
    let state = |word: &str, a, b| {
        verdict_code(
            &evaluation_case(&text(word))
                .with_current("a", a)
                .with_current("b", b)
                .with_current("c", 10)
                .evaluate_running(),
        )
    };
    assert_eq!(state("all", 0, 9), "ON_PACE");
    assert_eq!(state("all", 0, 8), "BEHIND");
    assert_eq!(state("all", 1, 8), "ALREADY_MISSED");
    assert_eq!(state("any", 1, 9), "ON_PACE");
    assert_eq!(state("any", 1, 8), "BEHIND");
}

#[test]
fn a_plain_bound_borrows_the_course_of_last_year_if_there_is_one() {
    let bound = evaluation_case("count(x) <= 100").with_current("x", 40);
    assert_eq!(verdict_code(&bound.clone().evaluate_running()), "ON_PACE");
    let with_course =
        bound.with_baseline("x", 200).with_baseline_to_date("x", 60).evaluate_running();
    assert_eq!(
        (verdict_code(&with_course), with_course.pace.unwrap().allowed_to_date),
        ("BEHIND", Some(30.into()))
    );
    let fixed = evaluation_case("change(count(x) vs fixed(450)) <= -7%")
        .with_baseline("x", 900)
        .with_baseline_to_date("x", 300)
        .with_current("x", 140)
        .evaluate_running();
    assert_eq!(
        (verdict_code(&fixed), fixed.pace.unwrap().allowed_to_date),
        ("BEHIND", Some(ratio("139.5")))
    );
    assert_eq!(fixed.pace.unwrap().percent_to_meet, Some(41));
}
