//! The worked vectors of closed windows, each under its number.

use super::ask::{LESS, T1, ask, ratio, said, shown};
use crate::domain::campaign::ZeroBase;
use crate::domain::target::{Comparability, Failures, Reason, Stage};

fn share(text: &str, num: i64, den: i64) -> crate::domain::target::Evaluation {
    ask(text).now("a", num).now("b", den).closed()
}

#[test]
fn v1_of_450_offences_418_are_seven_per_cent_fewer_and_419_are_not() {
    let met = ask(T1).base("x", 450).now("x", 418).closed();
    assert_eq!((said(&met), met.limit, shown(&met)), ("MET", Some(418), "-7.11 %"));
    assert_eq!(met.value, Some(ratio("-16/225")));
    let missed = ask(T1).base("x", 450).now("x", 419).closed();
    assert_eq!((said(&missed), missed.limit, shown(&missed)), ("MISSED", Some(418), "-6.89 %"));
    assert!(met.reasons.is_empty() && missed.reasons.is_empty());
}

#[test]
fn v3_a_small_base_needs_one_fewer_and_the_step_grows_with_the_base() {
    let met = ask(T1).base("x", 14).now("x", 13).closed();
    assert_eq!((said(&met), shown(&met)), ("MET", "-7.14 %"));
    assert_eq!(met.counts.unwrap().z, Some(-27));
    for (base, drop) in [(14, 1), (15, 2), (28, 2), (29, 3), (42, 3), (43, 4), (100, 7)] {
        let out = ask(T1).base("x", base).now("x", base).closed();
        assert_eq!(out.limit, Some(base - drop), "base {base}");
    }
    let one = ask(T1).base("x", 1).now("x", 0).closed();
    assert_eq!((said(&one), one.limit, shown(&one)), ("NOT_APPLICABLE", Some(0), "1 → 0"));
    assert_eq!(one.reasons, [Reason::SmallBase]);
    assert_eq!(said(&ask(T1).base("x", 1).now("x", 0).min_base(0).closed()), "MET");
}

#[test]
fn v4_exactly_ninety_five_per_cent_is_not_above_it() {
    let exact = share("ratio(a/b) > 95%", 152, 160);
    assert_eq!((said(&exact), shown(&exact)), ("MISSED", "95.00 %"));
    assert_eq!(exact.failures, Some(Failures { allowed: 7, left: -1 }));
    let above = share("ratio(a/b) > 95%", 153, 160);
    assert_eq!((said(&above), shown(&above)), ("MET", "95.63 %"));
    assert_eq!(above.failures, Some(Failures { allowed: 7, left: 0 }));
    assert_eq!(above.limit, None);
}

#[test]
fn v5_above_ninety_five_per_cent_of_twenty_cases_means_all_twenty() {
    for (num, den, verdict) in [(19, 20, "MISSED"), (20, 20, "MET"), (20, 21, "MET")] {
        assert_eq!(said(&share("ratio(a/b) > 95%", num, den)), verdict, "{num}/{den}");
    }
    let slack = [(1, 0), (20, 0), (21, 1), (40, 1), (41, 2), (60, 2), (61, 3), (100, 4)];
    for (den, allowed) in slack {
        assert_eq!(share("ratio(a/b) > 95%", den, den).failures, Some(Failures { allowed, left: allowed }), "{den}");
    }
}

#[test]
fn v6_eighty_of_a_hundred_meet_at_least_but_not_above() {
    assert_eq!(said(&share("ratio(a/b) > 80%", 80, 100)), "MISSED");
    assert_eq!(said(&share("ratio(a/b) >= 80%", 80, 100)), "MET");
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
        assert_eq!((said(&out), shown(&out)), (verdict, text), "{num}/{den}");
    }
}

#[test]
fn v9_three_criteria_fall_and_none_can_be_told_from_chance() {
    let t5 = "all(change(count(accidents)) < 0, change(count(deaths)) < 0, change(count(injured)) < 0)";
    let base = ask(t5).base("accidents", 31).base("deaths", 30).base("injured", 11);
    let out = base.clone().now("accidents", 25).now("deaths", 24).now("injured", 10).closed();
    assert_eq!(said(&out), "MET");
    let z: Vec<_> = out.members.iter().map(|member| member.counts.unwrap().z.unwrap()).collect();
    assert_eq!(z, [-114, -116, -31]);
    assert!(out.members.iter().all(|member| member.counts.unwrap().usual == Some(true)));
}

#[test]
fn v10_equality_is_not_a_decrease_but_meets_the_floor_of_a_tier() {
    let t5 = "all(change(count(a)) < 0, change(count(b)) < 0, change(count(c)) < 0)";
    let six = |text| ask(text).base("a", 30).now("a", 28).base("b", 29).now("b", 27).base("c", 12).now("c", 12);
    assert_eq!(said(&six(t5).closed()), "MISSED");
    let tier = ask("tier(change(count(c)) <= 0, change(count(c)) < 0)").base("c", 12).now("c", 12).closed();
    assert_eq!((said(&tier), tier.tier.unwrap().as_str()), ("MET", "floor"));
    let tier = ask("tier(change(count(c)) <= 0, change(count(c)) < 0)").base("c", 12).now("c", 11).closed();
    assert_eq!((said(&tier), tier.tier.unwrap().as_str()), ("MET", "stretch"));
    let tier = ask("tier(change(count(c)) <= 0, change(count(c)) < 0)").base("c", 12).now("c", 13).closed();
    assert_eq!((said(&tier), tier.tier), ("MISSED", None));
}

#[test]
fn v11_from_zero_there_is_no_percentage_but_zero_must_stay() {
    let table = [(0, 0, "MET", "0 → 0"), (0, 1, "MISSED", "0 → 1"), (0, 2, "MISSED", "0 → 2")];
    for (base, now, verdict, text) in table {
        for target in [LESS, T1, "change(count(x), abs) < 0"] {
            let out = ask(target).base("x", base).now("x", now).closed();
            assert_eq!((said(&out), shown(&out)), (verdict, text), "{target}");
            assert_eq!((out.value, out.limit, out.reasons.as_slice()), (None, Some(0), &[Reason::ZeroBase][..]));
            let none = ask(target).base("x", base).now("x", now).zero_base(ZeroBase::NotApplicable).closed();
            assert_eq!((said(&none), none.reasons.as_slice()), ("NOT_APPLICABLE", &[Reason::ZeroBase][..]));
        }
    }
    assert_eq!(said(&ask(LESS).base("x", 1).now("x", 0).closed()), "MET");
    // More than nothing cannot be asked in per cent, but a difference can.
    assert_eq!(said(&ask("change(count(x)) >= 5%").base("x", 0).now("x", 3).closed()), "NOT_APPLICABLE");
    assert_eq!(said(&ask("change(count(x), abs) >= 3").base("x", 0).now("x", 3).closed()), "MET");
}

#[test]
fn v12_one_and_then_two_is_shown_as_counts_and_not_as_a_hundred_per_cent() {
    let out = ask(T1).base("x", 1).now("x", 2).closed();
    assert_eq!((said(&out), shown(&out), out.value), ("NOT_APPLICABLE", "1 → 2", None));
    let counts = out.counts.unwrap();
    assert_eq!((counts.z, counts.usual, counts.unstable), (Some(83), Some(true), true));
}

#[test]
fn v13_missing_reports_can_prove_failure_and_never_success() {
    let base = ask(T1).base("x", 450);
    assert_eq!(said(&base.clone().now("x", 410).closed()), "MET");
    let one = base.clone().now("x", 410).missing("x", "0.4").closed();
    assert_eq!((said(&one), one.reasons.as_slice()), ("MET", &[Reason::Provisional][..]));
    assert_eq!(one.interval, Some((410.into(), 412.into())));
    let many = (0..5).fold(base.clone().now("x", 410), |ask, _| ask.missing("x", "0.4"));
    let many = many.closed();
    assert_eq!((said(&many), many.reasons.as_slice()), ("UNDETERMINED", &[Reason::MissingReports][..]));
    assert_eq!(many.interval, Some((410.into(), 420.into())));
    let lost = base.now("x", 419).missing("x", "0.4").missing("x", "0.4").closed();
    assert_eq!((said(&lost), lost.reasons.as_slice()), ("MISSED", &[][..]));
}

#[test]
fn v15_the_stock_that_was_handed_on_is_what_counts() {
    let t2 = "change(stock(suspended@end)) <= -10%";
    let out = ask(t2).base("suspended", 120).now("suspended", 120 + 30 - 45).closed();
    assert_eq!((said(&out), shown(&out), out.limit), ("MET", "-12.50 %", Some(108)));
}

#[test]
fn v16_a_base_added_up_along_a_merger_has_the_limit_of_its_sum() {
    let out = ask(T1).base("x", 9 + 7 + 12).now("x", 26).closed();
    assert_eq!((said(&out), out.limit), ("MET", Some(26)));
    assert_eq!(said(&ask(T1).base("x", 28).now("x", 27).closed()), "MISSED");
}

#[test]
fn v20_a_share_of_nothing_does_not_apply_and_the_rest_decides() {
    let t4 = "all(ratio(solved/occurred) > 80%, ratio(vses_solved/vses_occurred) > 95%)";
    let sheet = ask(t4).now("vses_solved", 0).now("vses_occurred", 0).now("occurred", 10);
    for (solved, verdict) in [(9, "MET"), (8, "MISSED")] {
        let out = sheet.clone().now("solved", solved).closed();
        assert_eq!(said(&out), verdict);
        assert_eq!(said(&out.members[1]), "NOT_APPLICABLE");
        assert_eq!(out.members[1].reasons, [Reason::ZeroDenominator]);
        assert_eq!((out.members[1].value, out.members[1].display.as_deref()), (None, None));
    }
    assert_eq!(said(&sheet.now("occurred", 0).now("solved", 0).closed()), "NOT_APPLICABLE");
}

#[test]
fn d5_a_count_that_moved_by_three_root_units_is_beyond_usual_variation() {
    let usual = |base, now| ask(LESS).base("x", base).now("x", now).closed().counts.unwrap().usual.unwrap();
    assert!(usual(100, 131) && !usual(100, 133) && !usual(1791, 1337));
    // Section 3: the fall of the merged province in its very year, z = -11.5.
    let merged = ask(T1).base("x", 1791).now("x", 1337).closed();
    assert_eq!((merged.counts.unwrap().z, shown(&merged)), (Some(-1151), "-25.35 %"));
    let broken = ask(T1).base("x", 1791).now("x", 1337).comparability("x", Comparability::Broken).closed();
    assert_eq!((said(&broken), broken.value, broken.display), ("NOT_COMPARABLE", None, None));
    let bridged = ask(T1).base("x", 1791).now("x", 1337).comparability("x", Comparability::Bridged).closed();
    assert_eq!((said(&bridged), bridged.reasons.as_slice()), ("MET", &[Reason::Bridged][..]));
}

#[test]
fn a_value_beside_the_bound_is_never_shown_as_the_bound() {
    let out = ask("change(count(x)) <= -7%").base("x", 43).now("x", 40).closed();
    assert_eq!((said(&out), shown(&out)), ("MISSED", "-6.98 %"));
    let out = share("ratio(a/b) > 95%", 949_996, 1_000_000);
    assert_eq!((said(&out), shown(&out)), ("MISSED", "94.9996 %"));
}

#[test]
fn a_final_verdict_needs_everything_in_or_a_signature() {
    let met = ask(T1).base("x", 450).now("x", 410);
    assert_eq!(said(&met.clone().at(Stage::Final)), "MET");
    let one = met.clone().missing("x", "0.4");
    let out = one.clone().at(Stage::Final);
    assert_eq!((said(&out), out.reasons.as_slice()), ("UNDETERMINED", &[Reason::MissingReports][..]));
    let signed = one.waived().at(Stage::Final);
    assert_eq!((said(&signed), signed.reasons.as_slice()), ("MET", &[Reason::Waived][..]));
    assert_eq!(said(&met.coverage("0.99").at(Stage::Final)), "UNDETERMINED");
    assert_eq!(said(&ask(T1).base("x", 450).now("x", 419).missing("x", "1").at(Stage::Final)), "MISSED");
}

#[test]
fn a_ratio_needs_coverage_for_either_verdict_and_a_count_only_for_success() {
    let ratio = |num, coverage| ask("ratio(a/b) > 95%").now("a", num).now("b", 100).coverage(coverage).closed();
    assert_eq!(said(&ratio(97, "0.95")), "MET");
    for num in [97, 50] {
        let out = ratio(num, "0.949");
        assert_eq!((said(&out), out.reasons.as_slice()), ("UNDETERMINED", &[Reason::LowCoverage][..]));
    }
    assert_eq!(said(&ask(T1).base("x", 450).now("x", 410).coverage("0.9").closed()), "UNDETERMINED");
    assert_eq!(said(&ask(T1).base("x", 450).now("x", 419).coverage("0.9").closed()), "MISSED");
}

#[test]
fn what_is_not_there_is_not_zero() {
    let out = ask(T1).base("x", 450).closed();
    assert_eq!((said(&out), out.reasons.as_slice()), ("NO_DATA", &[Reason::NoFigures][..]));
    let out = ask(T1).now("x", 450).closed();
    assert_eq!((said(&out), out.reasons.as_slice()), ("NO_DATA", &[Reason::NoBaseline][..]));
    assert_eq!(said(&ask(T1).base("x", 450).missing("x", "0.4").closed()), "NO_DATA");
}
