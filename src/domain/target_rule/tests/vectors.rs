//! The worked examples V1 to V20 on closed windows, each under its number.

use super::evaluation_case::{LESS, T1, display_text, evaluation_case, ratio, verdict_code};
use crate::domain::target_rule::ZeroBasePolicy;
use crate::domain::target_rule::{Comparability, FailureAllowance, StandingStage, VerdictReason};

fn share(text: &str, num: i64, den: i64) -> crate::domain::target_rule::Evaluation {
    evaluation_case(text).with_current("a", num).with_current("b", den).evaluate_closed()
}

#[test]
fn v1_of_450_offences_418_are_seven_per_cent_fewer_and_419_are_not() {
    let met = evaluation_case(T1).with_baseline("x", 450).with_current("x", 418).evaluate_closed();
    assert_eq!((verdict_code(&met), met.limit, display_text(&met)), ("MET", Some(418), "-7.11 %"));
    assert_eq!(met.value, Some(ratio("-16/225")));
    let missed =
        evaluation_case(T1).with_baseline("x", 450).with_current("x", 419).evaluate_closed();
    assert_eq!(
        (verdict_code(&missed), missed.limit, display_text(&missed)),
        ("MISSED", Some(418), "-6.89 %")
    );
    assert!(met.reasons.is_empty() && missed.reasons.is_empty());
}

#[test]
fn v3_a_small_base_needs_one_fewer_and_the_step_grows_with_the_base() {
    let met = evaluation_case(T1).with_baseline("x", 14).with_current("x", 13).evaluate_closed();
    assert_eq!((verdict_code(&met), display_text(&met)), ("MET", "-7.14 %"));
    assert_eq!(met.counts.unwrap().z_hundredths, Some(-27));
    for (base, drop) in [(14, 1), (15, 2), (28, 2), (29, 3), (42, 3), (43, 4), (100, 7)] {
        let out =
            evaluation_case(T1).with_baseline("x", base).with_current("x", base).evaluate_closed();
        assert_eq!(out.limit, Some(base - drop), "base {base}");
    }
    let one = evaluation_case(T1).with_baseline("x", 1).with_current("x", 0).evaluate_closed();
    assert_eq!(
        (verdict_code(&one), one.limit, display_text(&one)),
        ("NOT_APPLICABLE", Some(0), "1 → 0")
    );
    assert_eq!(one.reasons, [VerdictReason::SmallBase]);
    assert_eq!(
        verdict_code(
            &evaluation_case(T1)
                .with_baseline("x", 1)
                .with_current("x", 0)
                .with_min_base(0)
                .evaluate_closed()
        ),
        "MET"
    );
}

#[test]
fn v4_exactly_ninety_five_per_cent_is_not_above_it() {
    let exact = share("ratio(a/b) > 95%", 152, 160);
    assert_eq!((verdict_code(&exact), display_text(&exact)), ("MISSED", "95.00 %"));
    assert_eq!(exact.failures, Some(FailureAllowance { allowed: 7, remaining: -1 }));
    let above = share("ratio(a/b) > 95%", 153, 160);
    assert_eq!((verdict_code(&above), display_text(&above)), ("MET", "95.63 %"));
    assert_eq!(above.failures, Some(FailureAllowance { allowed: 7, remaining: 0 }));
    assert_eq!(above.limit, None);
}

#[test]
fn v5_above_ninety_five_per_cent_of_twenty_cases_means_all_twenty() {
    for (num, den, verdict) in [(19, 20, "MISSED"), (20, 20, "MET"), (20, 21, "MET")] {
        assert_eq!(verdict_code(&share("ratio(a/b) > 95%", num, den)), verdict, "{num}/{den}");
    }
    let slack = [(1, 0), (20, 0), (21, 1), (40, 1), (41, 2), (60, 2), (61, 3), (100, 4)];
    for (den, allowed) in slack {
        assert_eq!(
            share("ratio(a/b) > 95%", den, den).failures,
            Some(FailureAllowance { allowed, remaining: allowed }),
            "{den}"
        );
    }
}

#[test]
fn v6_eighty_of_a_hundred_meet_at_least_but_not_above() {
    assert_eq!(verdict_code(&share("ratio(a/b) > 80%", 80, 100)), "MISSED");
    assert_eq!(verdict_code(&share("ratio(a/b) >= 80%", 80, 100)), "MET");
    for (den, allowed) in [(5, 0), (6, 1), (100, 19)] {
        assert_eq!(share("ratio(a/b) > 80%", den, den).failures.unwrap().allowed, allowed, "{den}");
    }
    assert_eq!(share("ratio(a/b) >= 80%", 100, 100).failures.unwrap().allowed, 20);
}

#[test]
fn v7_real_figures_are_judged_before_they_are_rounded() {
    let table = [
        ("ratio(a/b) > 95%", 121, 127, "MET", "95.28 %"),
        ("ratio(a/b) > 95%", 138, 170, "MISSED", "81.18 %"),
        ("ratio(a/b) > 80%", 1161, 1337, "MET", "86.84 %"),
        ("ratio(a/b, stock) > 95%", 58, 63, "MISSED", "92.06 %"),
    ];
    for (target, num, den, verdict, text) in table {
        let out = share(target, num, den);
        assert_eq!((verdict_code(&out), display_text(&out)), (verdict, text), "{num}/{den}");
    }
}

#[test]
fn v9_three_criteria_fall_and_none_can_be_told_from_chance() {
    let t5 =
        "all(change(count(accidents)) < 0, change(count(deaths)) < 0, change(count(injured)) < 0)";
    let base = evaluation_case(t5)
        .with_baseline("accidents", 31)
        .with_baseline("deaths", 30)
        .with_baseline("injured", 11);
    let out = base
        .clone()
        .with_current("accidents", 25)
        .with_current("deaths", 24)
        .with_current("injured", 10)
        .evaluate_closed();
    assert_eq!(verdict_code(&out), "MET");
    let z: Vec<_> =
        out.members.iter().map(|member| member.counts.unwrap().z_hundredths.unwrap()).collect();
    assert_eq!(z, [-114, -116, -31]);
    assert!(out.members.iter().all(|member| member.counts.unwrap().usual == Some(true)));
}

#[test]
fn v10_equality_is_not_a_decrease_but_meets_the_floor_of_a_tier() {
    let t5 = "all(change(count(a)) < 0, change(count(b)) < 0, change(count(c)) < 0)";
    let six = |text| {
        evaluation_case(text)
            .with_baseline("a", 30)
            .with_current("a", 28)
            .with_baseline("b", 29)
            .with_current("b", 27)
            .with_baseline("c", 12)
            .with_current("c", 12)
    };
    assert_eq!(verdict_code(&six(t5).evaluate_closed()), "MISSED");
    let tier = evaluation_case("tier(change(count(c)) <= 0, change(count(c)) < 0)")
        .with_baseline("c", 12)
        .with_current("c", 12)
        .evaluate_closed();
    assert_eq!((verdict_code(&tier), tier.tier.unwrap().as_str()), ("MET", "floor"));
    let tier = evaluation_case("tier(change(count(c)) <= 0, change(count(c)) < 0)")
        .with_baseline("c", 12)
        .with_current("c", 11)
        .evaluate_closed();
    assert_eq!((verdict_code(&tier), tier.tier.unwrap().as_str()), ("MET", "stretch"));
    let tier = evaluation_case("tier(change(count(c)) <= 0, change(count(c)) < 0)")
        .with_baseline("c", 12)
        .with_current("c", 13)
        .evaluate_closed();
    assert_eq!((verdict_code(&tier), tier.tier), ("MISSED", None));
}

#[test]
fn v11_from_zero_there_is_no_percentage_but_zero_must_stay() {
    let table = [(0, 0, "MET", "0 → 0"), (0, 1, "MISSED", "0 → 1"), (0, 2, "MISSED", "0 → 2")];
    for (base, now, verdict, text) in table {
        for target in [LESS, T1, "change(count(x), abs) < 0"] {
            let out = evaluation_case(target)
                .with_baseline("x", base)
                .with_current("x", now)
                .evaluate_closed();
            assert_eq!((verdict_code(&out), display_text(&out)), (verdict, text), "{target}");
            assert_eq!(
                (out.value, out.limit, out.reasons.as_slice()),
                (None, Some(0), &[VerdictReason::ZeroBase][..])
            );
            let none = evaluation_case(target)
                .with_baseline("x", base)
                .with_current("x", now)
                .with_zero_base(ZeroBasePolicy::NotApplicable)
                .evaluate_closed();
            assert_eq!(
                (verdict_code(&none), none.reasons.as_slice()),
                ("NOT_APPLICABLE", &[VerdictReason::ZeroBase][..])
            );
        }
    }
    assert_eq!(
        verdict_code(
            &evaluation_case(LESS).with_baseline("x", 1).with_current("x", 0).evaluate_closed()
        ),
        "MET"
    );
    // An increase from zero has no percentage, but a difference is valid.
    assert_eq!(
        verdict_code(
            &evaluation_case("change(count(x)) >= 5%")
                .with_baseline("x", 0)
                .with_current("x", 3)
                .evaluate_closed()
        ),
        "NOT_APPLICABLE"
    );
    assert_eq!(
        verdict_code(
            &evaluation_case("change(count(x), abs) >= 3")
                .with_baseline("x", 0)
                .with_current("x", 3)
                .evaluate_closed()
        ),
        "MET"
    );
}

#[test]
fn v12_one_and_then_two_is_shown_as_counts_and_not_as_a_hundred_per_cent() {
    let out = evaluation_case(T1).with_baseline("x", 1).with_current("x", 2).evaluate_closed();
    assert_eq!(
        (verdict_code(&out), display_text(&out), out.value),
        ("NOT_APPLICABLE", "1 → 2", None)
    );
    let counts = out.counts.unwrap();
    assert_eq!((counts.z_hundredths, counts.usual, counts.unstable), (Some(83), Some(true), true));
}

#[test]
fn v13_missing_reports_can_prove_failure_and_never_success() {
    let base = evaluation_case(T1).with_baseline("x", 450);
    assert_eq!(verdict_code(&base.clone().with_current("x", 410).evaluate_closed()), "MET");
    let one = base.clone().with_current("x", 410).with_missing_report("x", "0.4").evaluate_closed();
    assert_eq!(
        (verdict_code(&one), one.reasons.as_slice()),
        ("MET", &[VerdictReason::Provisional][..])
    );
    assert_eq!(one.interval, Some((410.into(), 412.into())));
    let many = (0..5)
        .fold(base.clone().with_current("x", 410), |ask, _| ask.with_missing_report("x", "0.4"));
    let many = many.evaluate_closed();
    assert_eq!(
        (verdict_code(&many), many.reasons.as_slice()),
        ("UNDETERMINED", &[VerdictReason::MissingReports][..])
    );
    assert_eq!(many.interval, Some((410.into(), 420.into())));
    let lost = base
        .with_current("x", 419)
        .with_missing_report("x", "0.4")
        .with_missing_report("x", "0.4")
        .evaluate_closed();
    assert_eq!((verdict_code(&lost), lost.reasons.as_slice()), ("MISSED", &[][..]));
}

#[test]
fn v15_the_stock_that_was_handed_on_is_what_counts() {
    let t2 = "change(stock(suspended@end)) <= -10%";
    let out = evaluation_case(t2)
        .with_baseline("suspended", 120)
        .with_current("suspended", 120 + 30 - 45)
        .evaluate_closed();
    assert_eq!((verdict_code(&out), display_text(&out), out.limit), ("MET", "-12.50 %", Some(108)));
}

#[test]
fn v16_a_base_added_up_along_a_merger_has_the_limit_of_its_sum() {
    let out =
        evaluation_case(T1).with_baseline("x", 9 + 7 + 12).with_current("x", 26).evaluate_closed();
    assert_eq!((verdict_code(&out), out.limit), ("MET", Some(26)));
    assert_eq!(
        verdict_code(
            &evaluation_case(T1).with_baseline("x", 28).with_current("x", 27).evaluate_closed()
        ),
        "MISSED"
    );
}

#[test]
fn v20_a_share_of_nothing_does_not_apply_and_the_rest_decides() {
    let t4 = "all(ratio(solved/occurred) > 80%, ratio(vses_solved/vses_occurred) > 95%)";
    let sheet = evaluation_case(t4)
        .with_current("vses_solved", 0)
        .with_current("vses_occurred", 0)
        .with_current("occurred", 10);
    for (solved, verdict) in [(9, "MET"), (8, "MISSED")] {
        let out = sheet.clone().with_current("solved", solved).evaluate_closed();
        assert_eq!(verdict_code(&out), verdict);
        assert_eq!(verdict_code(&out.members[1]), "NOT_APPLICABLE");
        assert_eq!(out.members[1].reasons, [VerdictReason::ZeroDenominator]);
        assert_eq!((out.members[1].value, out.members[1].display.as_deref()), (None, None));
    }
    assert_eq!(
        verdict_code(
            &sheet.with_current("occurred", 0).with_current("solved", 0).evaluate_closed()
        ),
        "NOT_APPLICABLE"
    );
}

#[test]
fn d5_a_count_that_moved_by_three_root_units_is_beyond_usual_variation() {
    let usual = |base, now| {
        evaluation_case(LESS)
            .with_baseline("x", base)
            .with_current("x", now)
            .evaluate_closed()
            .counts
            .unwrap()
            .usual
            .unwrap()
    };
    assert!(usual(100, 131) && !usual(100, 133) && !usual(1791, 1337));
    // Section 3: the fall of the merged province in the year of the merger, z = -11.5.
    let merged =
        evaluation_case(T1).with_baseline("x", 1791).with_current("x", 1337).evaluate_closed();
    assert_eq!(
        (merged.counts.unwrap().z_hundredths, display_text(&merged)),
        (Some(-1151), "-25.35 %")
    );
    let broken = evaluation_case(T1)
        .with_baseline("x", 1791)
        .with_current("x", 1337)
        .with_comparability("x", Comparability::Broken)
        .evaluate_closed();
    assert_eq!(
        (verdict_code(&broken), broken.value, broken.display),
        ("NOT_COMPARABLE", None, None)
    );
    let bridged = evaluation_case(T1)
        .with_baseline("x", 1791)
        .with_current("x", 1337)
        .with_comparability("x", Comparability::Bridged)
        .evaluate_closed();
    assert_eq!(
        (verdict_code(&bridged), bridged.reasons.as_slice()),
        ("MET", &[VerdictReason::Bridged][..])
    );
}

#[test]
fn a_value_beside_the_bound_is_never_shown_as_the_bound() {
    let out = evaluation_case("change(count(x)) <= -7%")
        .with_baseline("x", 43)
        .with_current("x", 40)
        .evaluate_closed();
    assert_eq!((verdict_code(&out), display_text(&out)), ("MISSED", "-6.98 %"));
    let out = share("ratio(a/b) > 95%", 949_996, 1_000_000);
    assert_eq!((verdict_code(&out), display_text(&out)), ("MISSED", "94.9996 %"));
}

#[test]
fn a_final_verdict_needs_everything_in_or_a_signature() {
    let met = evaluation_case(T1).with_baseline("x", 450).with_current("x", 410);
    assert_eq!(verdict_code(&met.clone().evaluate_at(StandingStage::Final)), "MET");
    let one = met.clone().with_missing_report("x", "0.4");
    let out = one.clone().evaluate_at(StandingStage::Final);
    assert_eq!(
        (verdict_code(&out), out.reasons.as_slice()),
        ("UNDETERMINED", &[VerdictReason::MissingReports][..])
    );
    let signed = one.with_waiver().evaluate_at(StandingStage::Final);
    assert_eq!(
        (verdict_code(&signed), signed.reasons.as_slice()),
        ("MET", &[VerdictReason::Waived][..])
    );
    assert_eq!(
        verdict_code(&met.with_coverage("0.99").evaluate_at(StandingStage::Final)),
        "UNDETERMINED"
    );
    assert_eq!(
        verdict_code(
            &evaluation_case(T1)
                .with_baseline("x", 450)
                .with_current("x", 419)
                .with_missing_report("x", "1")
                .evaluate_at(StandingStage::Final)
        ),
        "MISSED"
    );
}

#[test]
fn a_ratio_needs_coverage_for_either_verdict_and_a_count_only_for_success() {
    let ratio = |num, coverage| {
        evaluation_case("ratio(a/b) > 95%")
            .with_current("a", num)
            .with_current("b", 100)
            .with_coverage(coverage)
            .evaluate_closed()
    };
    assert_eq!(verdict_code(&ratio(97, "0.95")), "MET");
    for num in [97, 50] {
        let out = ratio(num, "0.949");
        assert_eq!(
            (verdict_code(&out), out.reasons.as_slice()),
            ("UNDETERMINED", &[VerdictReason::LowCoverage][..])
        );
    }
    assert_eq!(
        verdict_code(
            &evaluation_case(T1)
                .with_baseline("x", 450)
                .with_current("x", 410)
                .with_coverage("0.9")
                .evaluate_closed()
        ),
        "UNDETERMINED"
    );
    assert_eq!(
        verdict_code(
            &evaluation_case(T1)
                .with_baseline("x", 450)
                .with_current("x", 419)
                .with_coverage("0.9")
                .evaluate_closed()
        ),
        "MISSED"
    );
}

#[test]
fn what_is_not_there_is_not_zero() {
    let out = evaluation_case(T1).with_baseline("x", 450).evaluate_closed();
    assert_eq!(
        (verdict_code(&out), out.reasons.as_slice()),
        ("NO_DATA", &[VerdictReason::NoFigures][..])
    );
    let out = evaluation_case(T1).with_current("x", 450).evaluate_closed();
    assert_eq!(
        (verdict_code(&out), out.reasons.as_slice()),
        ("NO_DATA", &[VerdictReason::NoBaseline][..])
    );
    assert_eq!(
        verdict_code(
            &evaluation_case(T1)
                .with_baseline("x", 450)
                .with_missing_report("x", "0.4")
                .evaluate_closed()
        ),
        "NO_DATA"
    );
}
