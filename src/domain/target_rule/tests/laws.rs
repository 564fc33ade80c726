//! Properties of every target on any figures.

use super::{evaluation_case, trees};
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::*;
use crate::i18n::Lang;
use proptest::prelude::*;

/// Random figures for the elements that random trees name.
fn sheet() -> impl Strategy<Value = StaticFigures> {
    let value =
        prop_oneof![6 => 0_i64..40, 1 => Just(i64::MAX), 1 => Just(i64::MIN), 2 => -5_i64..5];
    let row = (
        prop::option::weighted(0.9, value.clone()),
        prop::option::weighted(0.9, value.clone()),
        prop::option::weighted(0.8, value),
        0_u32..3,
        0..9_i64,
    );
    prop::collection::vec(row, 9).prop_map(|rows| {
        let mut sheet = StaticFigures::default();
        for (code, (now, before, to_date, reports, expected)) in
            ["a", "b", "c", "d", "so_offences", "in", "count", "per", "vs"].iter().zip(rows)
        {
            let code = evaluation_case::code(code);
            let put = |map: &mut std::collections::BTreeMap<_, Ratio>, value: Option<i64>| {
                if let Some(value) = value {
                    map.insert(code.clone(), value.into());
                }
            };
            put(&mut sheet.current, now);
            put(&mut sheet.baseline, before);
            put(&mut sheet.baseline_to_date, to_date);
            let gap = (0..reports).fold(MissingReports::default(), |gap, _| {
                gap.with_report(Ratio::new(expected.into(), 10).unwrap())
            });
            sheet.missing.insert(code, gap);
        }
        sheet
    })
}

fn terms() -> impl Strategy<Value = EvaluationTerms> {
    (
        prop::sample::select(StandingStage::ALL),
        0_i128..=20,
        prop::option::of(0_i64..30),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(stage, coverage, min_base, waived, zero)| EvaluationTerms {
            coverage: Ratio::new(coverage, 20).unwrap(),
            min_base: min_base.map(Ratio::from_integer),
            zero_base: crate::domain::target_rule::ZeroBasePolicy::ALL[usize::from(zero)],
            waived,
            ..EvaluationTerms::for_stage(stage)
        })
}

fn all_evaluations(out: &Evaluation) -> Vec<&Evaluation> {
    std::iter::once(out).chain(out.members.iter().flat_map(all_evaluations)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_tree_and_any_figures_get_one_answer(target in trees::target(), sheet in sheet(), terms in terms()) {
        let out = target.evaluate(&sheet, &terms);
        prop_assert_eq!(&out, &target.evaluate(&sheet, &terms));
        for one in all_evaluations(&out) {
            prop_assert_ne!(one.verdict.is_some(), one.pace_state().is_some(), "a verdict or a pace, never both: {:?}", one);
            if terms.stage == StandingStage::Running {
                prop_assert!(!matches!(one.verdict, Some(TargetVerdict::Met | TargetVerdict::Missed)), "nothing is met early");
            }
            prop_assert!(!one.message().text(Lang::VI).is_empty() && !one.message().text(Lang::EN).is_empty());
        }
    }

    #[test]
    fn i14_no_verdict_comes_from_a_broken_comparison(measure in trees::measure(), cmp in trees::cmp(), bound in trees::bound(), mut sheet in sheet(), terms in terms()) {
        let broken = measure.elements()[0].clone();
        sheet.comparability.insert(broken, Comparability::Broken);
        let target = Target::Compare(Comparison { measure, cmp, bound, window: None, units: None });
        prop_assert_eq!(target.evaluate(&sheet, &terms).verdict, Some(TargetVerdict::NotComparable));
    }

    #[test]
    fn i9_no_report_that_comes_in_late_turns_a_failed_reduction_into_success(
        base in 0_i64..500, now in 0_i64..500, percent in 0_i64..30, strict: bool, kind in 0_usize..4,
        gaps in prop::collection::vec((0_i64..30, 0_i64..20), 0..5), stage in prop::sample::select(vec![StandingStage::Closed, StandingStage::Final]),
    ) {
        let cmp = if strict { "<" } else { "<=" };
        let text = match kind {
            0 => format!("change(count(x)) {cmp} -{percent}%"),
            1 => format!("change(count(x), abs) {cmp} -{percent}"),
            2 => format!("count(x) {cmp} {base}"),
            _ => format!("change(stock(x@end)) {cmp} -{percent}%"),
        };
        let asked = evaluation_case::evaluation_case(&text).with_baseline("x", base).with_min_base(0);
        let before = gaps.iter().fold(asked.clone().with_current("x", now), |asked, (expected, _)| asked.with_missing_report("x", &format!("{}.{}", expected / 10, expected % 10)));
        let after = asked.with_current("x", now + gaps.iter().map(|(_, came)| came).sum::<i64>());
        if before.evaluate_at(stage).verdict == Some(TargetVerdict::Missed) {
            prop_assert_eq!(after.evaluate_at(stage).verdict, Some(TargetVerdict::Missed));
        }
    }

    #[test]
    fn i9_for_every_measure_a_final_failure_stays_one_whatever_comes_in(
        measure in 0_usize..3, cmp in trees::cmp(), bound in -3_i64..12, a in 0_i64..9, b in 0_i64..9,
        gaps in prop::collection::vec((any::<bool>(), 0_i64..5), 0..4),
    ) {
        let text = format!("{} {cmp} {bound}", ["count(a + b)", "count(a - b)", "stock(a@end)"][measure]);
        let asked = evaluation_case::evaluation_case(&text);
        let before = gaps.iter().fold(asked.clone().with_current("a", a).with_current("b", b), |asked, (first, _)| asked.with_missing_report(if *first { "a" } else { "b" }, "0.4"));
        let came = |wanted: bool| gaps.iter().filter(|(first, _)| *first == wanted).map(|(_, came)| came).sum::<i64>();
        let after = asked.with_current("a", a + came(true)).with_current("b", b + came(false));
        if before.evaluate_at(StandingStage::Final).verdict == Some(TargetVerdict::Missed) {
            prop_assert_eq!(after.evaluate_at(StandingStage::Final).verdict, Some(TargetVerdict::Missed));
        }
    }

    #[test]
    fn i8_with_anything_missing_final_success_needs_a_signature(target in trees::target(), mut sheet in sheet()) {
        for code in target.elements() {
            sheet.missing.insert(code, MissingReports::default().with_report(Ratio::ZERO));
        }
        let out = target.evaluate(&sheet, &EvaluationTerms::for_stage(StandingStage::Final));
        for one in all_evaluations(&out).iter().filter(|one| one.members.is_empty()) {
            prop_assert_ne!(one.verdict, Some(TargetVerdict::Met));
        }
    }

    #[test]
    fn the_limit_is_the_last_number_that_meets(base in 1_i64..3000, percent in -300_i64..300, cmp in prop::sample::select(vec!["<=", "<", ">=", ">"])) {
        let text = format!("change(count(x)) {cmp} {}.{}%", if percent < 0 { format!("-{}", -percent / 10) } else { (percent / 10).to_string() }, (percent % 10).abs());
        let verdict = |now| evaluation_case::evaluation_case(&text).with_baseline("x", base).with_current("x", now).with_min_base(0).evaluate_closed();
        let Some(limit) = verdict(base).limit else { return Ok(()) };
        let beyond = if cmp.starts_with('<') { limit + 1 } else { limit - 1 };
        prop_assert_eq!(verdict(limit).verdict, Some(TargetVerdict::Met));
        prop_assert!(beyond < 0 || verdict(beyond).verdict == Some(TargetVerdict::Missed));
    }

    #[test]
    fn the_failures_allowed_are_the_most_that_still_meet(den in 1_i64..400, bound in 1_i64..100, cmp in prop::sample::select(vec![">=", ">"])) {
        let verdict = |num| evaluation_case::evaluation_case(&format!("ratio(a/b) {cmp} {bound}%")).with_current("a", num).with_current("b", den).evaluate_closed();
        let allowed = verdict(den).failures.unwrap().allowed;
        prop_assert_eq!(verdict(den - allowed).verdict, Some(TargetVerdict::Met));
        prop_assert!(allowed == den || verdict(den - allowed - 1).verdict == Some(TargetVerdict::Missed));
    }

    #[test]
    fn what_is_shown_lies_on_the_side_of_the_bound_on_which_it_was_judged(num in 0_i64..100_000, den in 1_i64..100_000, bound in 0_i64..1000) {
        let text = format!("ratio(a/b) > {}.{}%", bound / 10, bound % 10);
        let out = evaluation_case::evaluation_case(&text).with_current("a", num).with_current("b", den).evaluate_closed();
        let shown = Ratio::parse(out.display.unwrap().trim_end_matches(" %")).unwrap();
        prop_assert_eq!(shown > Ratio::new(bound.into(), 10).unwrap(), out.verdict == Some(TargetVerdict::Met));
    }
}
