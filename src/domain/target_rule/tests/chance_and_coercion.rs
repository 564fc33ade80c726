//! Tests of chances and coercive quotas.

use super::evaluation_case::code;
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::coercive_quota::{self, CoerciveElements};
use crate::domain::target_rule::{ChanceError, Target};
use crate::i18n::Lang;
use proptest::prelude::*;

fn chance_of(text: &str, base: i64) -> f64 {
    Target::parse(text)
        .unwrap()
        .compute_chance(&|_| Some(Ratio::from_integer(base)))
        .unwrap()
        .independent
}

#[test]
fn finding_6_seven_per_cent_come_by_chance_to_43_of_100_communes_and_7_of_100_provinces() {
    let t1 = "change(count(x) vs fixed(450), rel) <= -7%";
    assert!((chance_of(t1, 450) - 0.0675).abs() < 5e-4);
    assert!((chance_of("change(count(x)) <= -7%", 4) - 0.4335).abs() < 5e-4);
    let said =
        Target::parse(t1).unwrap().compute_chance(&|_| Some(Ratio::from_integer(450))).unwrap();
    assert!(
        said.message().text(Lang::EN).contains("6.7 %")
            && said.message().text(Lang::VI).contains("giá trị giới hạn để đạt là 418")
    );
}

#[test]
fn three_falling_criteria_lie_between_moving_alone_and_moving_together() {
    let t5 = Target::parse("all(change(count(a)) < 0, change(count(b)) < 0, change(count(c)) < 0)")
        .unwrap();
    let bases = |element: &crate::domain::report::element::ElementCode| {
        [("a", 120), ("b", 58), ("c", 90)]
            .into_iter()
            .find(|(text, _)| code(text) == *element)
            .map(|(_, n)| n.into())
    };
    let luck = t5.compute_chance(&bases).unwrap();
    // Simulation with the three moving as accidents do: about 29 %.
    assert!(luck.independent < 0.29 && 0.29 < luck.correlated, "{luck:?}");
    assert_eq!(t5.compute_chance(&|_| None).unwrap_err(), ChanceError::NoBase(code("a")));
    assert!(matches!(
        Target::parse("attest(q)").unwrap().compute_chance(&|_| None),
        Err(ChanceError::Unsupported(_))
    ));
}

#[test]
fn a_share_of_few_cases_is_met_by_chance_although_the_true_share_is_the_bound() {
    assert!((chance_of("ratio(a/b) > 95%", 20) - 0.3585).abs() < 5e-4);
    assert!(chance_of("ratio(a/b) > 95%", 0).abs() < 1e-12);
}

#[test]
fn more_arrests_cannot_be_asked_for_without_a_name_that_answers_for_it() {
    let table = CoerciveElements {
        codes: [code("stops")].into(),
        prefixes: vec!["arrest".to_owned(), "fine".to_owned()],
    };
    let ask = |text: &str, by| {
        coercive_quota::reject_coercive_quota(
            &Target::parse(text).unwrap(),
            |code| table.contains(code),
            by,
        )
    };
    for text in [
        "count(arrests) >= 100",
        "change(count(fines_traffic)) > 5%",
        "all(count(x) = 0, ratio(arrests/reports) > 5%)",
        "tier(count(x) <= 5, rate(stops per 1000 people) >= 3)",
        "count(arrests) = 50",
        "count(x - arrests) <= 5",
        "ratio(x/arrests) < 5%",
        "change(count(arrests)) >= -5%",
        "change(count(arrests)) = 0",
    ] {
        let refused = ask(text, None).expect_err(text);
        assert_eq!(refused.elements.len(), 1, "{text}");
        assert!(refused.message().text(Lang::VI).contains("thẩm quyền"));
        assert!(ask(text, Some("  ")).is_err() && ask(text, Some("council")).is_ok(), "{text}");
    }
    for text in [
        "count(arrests) <= 100",
        "count(arrests) = 0",
        "change(count(fines)) < 0",
        "ratio(solved/occurred) > 80%",
    ] {
        assert_eq!(ask(text, None), Ok(()), "{text}");
    }
}

#[test]
fn a_reduction_names_what_somebody_may_be_tempted_not_to_count() {
    let target =
        Target::parse("all(change(count(x)) <= -7%, ratio(solved/occurred) > 80%)").unwrap();
    let names = |set: std::collections::BTreeSet<_>| {
        set.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(target.elements_helped_by_fall()), "occurred x");
    assert_eq!(names(target.elements_helped_by_rise()), "solved");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn chance_is_a_chance(base in 0_i64..2000, percent in -100_i64..100, cmp in super::trees::cmp()) {
        let chance = chance_of(&format!("change(count(x)) {cmp} {percent}%"), base);
        prop_assert!((0.0..=1.0 + 1e-9).contains(&chance));
    }
}
