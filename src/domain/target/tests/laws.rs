//! Laws that hold for any target and any figures.

use super::{ask, trees};
use crate::domain::lang::Lang;
use crate::domain::ratio::Ratio;
use crate::domain::target::*;
use proptest::prelude::*;

/// Random figures for the elements that random trees name.
fn sheet() -> impl Strategy<Value = Sheet> {
    let value = prop_oneof![6 => 0_i64..40, 1 => Just(i64::MAX), 1 => Just(i64::MIN), 2 => -5_i64..5];
    let row = (
        prop::option::weighted(0.9, value.clone()),
        prop::option::weighted(0.9, value.clone()),
        prop::option::weighted(0.8, value),
        0_u32..3,
        0..9_i64,
    );
    prop::collection::vec(row, 9).prop_map(|rows| {
        let mut sheet = Sheet::default();
        for (code, (now, before, to_date, reports, expected)) in
            ["a", "b", "c", "d", "so_offences", "in", "count", "per", "vs"].iter().zip(rows)
        {
            let code = ask::code(code);
            let put = |map: &mut std::collections::BTreeMap<_, Ratio>, value: Option<i64>| {
                if let Some(value) = value {
                    map.insert(code.clone(), value.into());
                }
            };
            put(&mut sheet.now, now);
            put(&mut sheet.before, before);
            put(&mut sheet.before_to_date, to_date);
            let gap = (0..reports).fold(Missing::default(), |gap, _| gap.and(Ratio::new(expected.into(), 10).unwrap()));
            sheet.missing.insert(code, gap);
        }
        sheet
    })
}

fn terms() -> impl Strategy<Value = Terms> {
    (prop::sample::select(Stage::ALL), 0_i128..=20, prop::option::of(0_i64..30), any::<bool>(), any::<bool>()).prop_map(
        |(stage, coverage, min_base, waived, zero)| Terms {
            coverage: Ratio::new(coverage, 20).unwrap(),
            min_base: min_base.map(Ratio::whole),
            zero_base: crate::domain::campaign::ZeroBase::ALL[usize::from(zero)],
            waived,
            ..Terms::at(stage)
        },
    )
}

fn whole_tree(out: &Evaluation) -> Vec<&Evaluation> {
    std::iter::once(out).chain(out.members.iter().flat_map(whole_tree)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_tree_and_any_figures_get_one_answer(target in trees::target(), sheet in sheet(), terms in terms()) {
        let out = target.evaluate(&sheet, &terms);
        prop_assert_eq!(&out, &target.evaluate(&sheet, &terms));
        for one in whole_tree(&out) {
            prop_assert_ne!(one.verdict.is_some(), one.pace_state().is_some(), "a verdict or a pace, never both: {:?}", one);
            if terms.stage == Stage::Running {
                prop_assert!(!matches!(one.verdict, Some(Verdict::Met | Verdict::Missed)), "nothing is met early");
            }
            prop_assert!(!one.text(Lang::Vi).is_empty() && !one.text(Lang::En).is_empty());
        }
    }

    #[test]
    fn i14_no_verdict_comes_from_a_broken_comparison(measure in trees::measure(), cmp in trees::cmp(), bound in trees::bound(), mut sheet in sheet(), terms in terms()) {
        let broken = measure.elements()[0].clone();
        sheet.comparability.insert(broken, Comparability::Broken);
        let target = Target::Compare(Comparison { measure, cmp, bound, window: None, units: None });
        prop_assert_eq!(target.evaluate(&sheet, &terms).verdict, Some(Verdict::NotComparable));
    }

    #[test]
    fn i9_no_report_that_comes_in_late_turns_a_failed_reduction_into_success(
        base in 0_i64..500, now in 0_i64..500, percent in 0_i64..30, strict: bool, kind in 0_usize..4,
        gaps in prop::collection::vec((0_i64..30, 0_i64..20), 0..5), stage in prop::sample::select(vec![Stage::Closed, Stage::Final]),
    ) {
        let cmp = if strict { "<" } else { "<=" };
        let text = match kind {
            0 => format!("change(count(x)) {cmp} -{percent}%"),
            1 => format!("change(count(x), abs) {cmp} -{percent}"),
            2 => format!("count(x) {cmp} {base}"),
            _ => format!("change(stock(x@end)) {cmp} -{percent}%"),
        };
        let asked = ask::ask(&text).base("x", base).min_base(0);
        let before = gaps.iter().fold(asked.clone().now("x", now), |asked, (expected, _)| asked.missing("x", &format!("{}.{}", expected / 10, expected % 10)));
        let after = asked.now("x", now + gaps.iter().map(|(_, came)| came).sum::<i64>());
        if before.at(stage).verdict == Some(Verdict::Missed) {
            prop_assert_eq!(after.at(stage).verdict, Some(Verdict::Missed));
        }
    }

    #[test]
    fn i9_for_every_measure_a_final_failure_stays_one_whatever_comes_in(
        measure in 0_usize..3, cmp in trees::cmp(), bound in -3_i64..12, a in 0_i64..9, b in 0_i64..9,
        gaps in prop::collection::vec((any::<bool>(), 0_i64..5), 0..4),
    ) {
        let text = format!("{} {cmp} {bound}", ["count(a + b)", "count(a - b)", "stock(a@end)"][measure]);
        let asked = ask::ask(&text);
        let before = gaps.iter().fold(asked.clone().now("a", a).now("b", b), |asked, (first, _)| asked.missing(if *first { "a" } else { "b" }, "0.4"));
        let came = |wanted: bool| gaps.iter().filter(|(first, _)| *first == wanted).map(|(_, came)| came).sum::<i64>();
        let after = asked.now("a", a + came(true)).now("b", b + came(false));
        if before.at(Stage::Final).verdict == Some(Verdict::Missed) {
            prop_assert_eq!(after.at(Stage::Final).verdict, Some(Verdict::Missed));
        }
    }

    #[test]
    fn i8_with_anything_missing_final_success_needs_a_signature(target in trees::target(), mut sheet in sheet()) {
        for code in target.elements() {
            sheet.missing.insert(code, Missing { reports: 1, at_most: 1 });
        }
        let out = target.evaluate(&sheet, &Terms::at(Stage::Final));
        for one in whole_tree(&out).iter().filter(|one| one.members.is_empty()) {
            prop_assert_ne!(one.verdict, Some(Verdict::Met));
        }
    }

    #[test]
    fn the_limit_is_the_last_number_that_meets(base in 1_i64..3000, percent in -300_i64..300, cmp in prop::sample::select(vec!["<=", "<", ">=", ">"])) {
        let text = format!("change(count(x)) {cmp} {}.{}%", if percent < 0 { format!("-{}", -percent / 10) } else { (percent / 10).to_string() }, (percent % 10).abs());
        let verdict = |now| ask::ask(&text).base("x", base).now("x", now).min_base(0).closed();
        let Some(limit) = verdict(base).limit else { return Ok(()) };
        let beyond = if cmp.starts_with('<') { limit + 1 } else { limit - 1 };
        prop_assert_eq!(verdict(limit).verdict, Some(Verdict::Met));
        prop_assert!(beyond < 0 || verdict(beyond).verdict == Some(Verdict::Missed));
    }

    #[test]
    fn the_failures_allowed_are_the_most_that_still_meet(den in 1_i64..400, bound in 1_i64..100, cmp in prop::sample::select(vec![">=", ">"])) {
        let verdict = |num| ask::ask(&format!("ratio(a/b) {cmp} {bound}%")).now("a", num).now("b", den).closed();
        let allowed = verdict(den).failures.unwrap().allowed;
        prop_assert_eq!(verdict(den - allowed).verdict, Some(Verdict::Met));
        prop_assert!(allowed == den || verdict(den - allowed - 1).verdict == Some(Verdict::Missed));
    }

    #[test]
    fn what_is_shown_lies_on_the_side_of_the_bound_on_which_it_was_judged(num in 0_i64..100_000, den in 1_i64..100_000, bound in 0_i64..1000) {
        let text = format!("ratio(a/b) > {}.{}%", bound / 10, bound % 10);
        let out = ask::ask(&text).now("a", num).now("b", den).closed();
        let shown = Ratio::parse(out.display.unwrap().trim_end_matches(" %")).unwrap();
        prop_assert_eq!(shown > Ratio::new(bound.into(), 10).unwrap(), out.verdict == Some(Verdict::Met));
    }
}
