//! Tests of parsing and printing.

use super::trees;
use crate::domain::target_rule::{Expr, FormRuleExpr, SyntaxError, Target};
use crate::i18n::Lang;
use proptest::prelude::*;

fn canonical(text: &str) -> String {
    Target::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).to_string()
}

fn refused(text: &str) -> SyntaxError {
    Target::parse(text).expect_err(text)
}

#[test]
fn the_targets_of_the_seed_are_read_and_printed_in_canonical_text() {
    let table = [
        (
            "change(count(so_offences))<=-7%",
            "change(count(so_offences) vs same_window_prior_year, rel) <= -7%",
        ),
        (
            "change( stock( suspended@end ) vs same_window_prior_year ) <= -10.0 %",
            "change(stock(suspended@end) vs same_window_prior_year, rel) <= -10%",
        ),
        (
            "all(ratio(reports_accepted/reports_received)=100%,ratio(reports_resolved/reports_handled,stock) > 95%)",
            "all(ratio(reports_accepted/reports_received) = 100%, ratio(reports_resolved/reports_handled, stock) > 95%)",
        ),
        (
            "change(count(fire_es),abs)<0",
            "change(count(fire_es) vs same_window_prior_year, abs) < 0",
        ),
        (
            "count(event_incidents)=0 in milestone(congresses)",
            "count(event_incidents) = 0 in milestone(congresses)",
        ),
        (
            "tier(change(count(x))<=0,change(count(x))<-0.0)",
            "tier(change(count(x) vs same_window_prior_year, rel) <= 0, change(count(x) vs same_window_prior_year, rel) < 0)",
        ),
        ("any(attest(q1),milestone(m-1))", "any(attest(q1), milestone(m-1))"),
        (
            "rate(a+b-c per 100000 people)<007.50 in 2024-08-19 .. 2025-08-20 by kind(xã)",
            "rate(a + b - c per 100000 people) < 7.5 in 2024-08-19..2025-08-20 by each kind(xã)",
        ),
        (
            "change(ratio(a/b,cohort)vs fixed(80%),abs)>=5% in phase(2) by each",
            "change(ratio(a/b, cohort) vs fixed(80%), abs) >= 5% in phase(2) by each",
        ),
        (
            "change(count(x)vs mean_prior(3),rel)<=-7%in legal by unit(com-29242-1)",
            "change(count(x) vs mean_prior(3), rel) <= -7% in legal by unit(com-29242-1)",
        ),
        ("change(count(x) vs stat_year(2024)) < 0", "change(count(x) vs stat_year(2024), rel) < 0"),
        (
            "change(count(x) vs calendar_year(2024)) < 0",
            "change(count(x) vs calendar_year(2024), rel) < 0",
        ),
        ("count(count) = 0", "count(count) = 0"),
    ];
    for (text, expected) in table {
        assert_eq!(canonical(text), expected);
        assert_eq!(canonical(expected), expected, "canonical text stays as it is");
    }
}

#[test]
fn an_error_names_the_column_and_what_was_expected_in_both_languages() {
    let error = refused("change(count(so_offences) vs last_year) <= -7%");
    assert_eq!(error.column, 30);
    assert_eq!(error.found, "last_year");
    assert!(
        error.message().text(Lang::EN).starts_with("column 30: found `last_year`; expected `"),
        "{error}"
    );
    assert!(
        error.message().text(Lang::VI).contains("cột 30: gặp `last_year`; cần `"),
        "{}",
        error.message().text(Lang::VI)
    );
    assert!(error.message().text(Lang::EN).contains("`same_window_prior_year`"));

    for (text, column, hint) in [
        ("", 1, "`all`"),
        ("count(x", 8, "`)`"),
        ("count(x) ≤ 5", 10, "a comparator"),
        ("count(x) <= ", 13, "a decimal number"),
        ("count(x) <= five", 13, "a decimal number"),
        ("count(x) <= 5 on legal", 15, "`in`"),
        ("count(vụ) <= 5", 7, "an element's code"),
        ("count(X) <= 5", 7, "an element's code"),
        ("count(x) = 1234567890123456789", 12, "at most 18 digits"),
        ("count(x) = 0 in 2024-02-30..2025-01-01", 17, "a valid date"),
        ("count(x) = 0 in 2025-01-01..2025-01-01", 29, "after the start"),
        ("rate(a per 0 b) < 1", 12, "from 1 to"),
        ("all()", 5, "`count`"),
        ("tier(count(a) = 0)", 18, "`,`"),
        ("attest(q 1)", 10, "`)`"),
        ("đạt(x)", 1, "`attest`"),
    ] {
        let error = refused(text);
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(error.message().text(Lang::EN).contains(hint), "{text}: {error}");
    }
}

#[test]
fn size_and_depth_are_bounded() {
    let deep = format!("{}count(a) = 0{}", "all(".repeat(500), ")".repeat(500));
    assert!(refused(&deep).message().text(Lang::EN).contains("levels of nesting"));
    let deep = format!("{}count(a){} = 0", "change(".repeat(400), ")".repeat(400));
    assert_eq!(refused(&deep).column, 8, "a change of a change is refused where the second begins");
    let wide = format!("all({})", vec!["count(a) = 0"; 33].join(", "));
    assert!(refused(&wide).message().text(Lang::EN).contains("members"));
    let long = format!("count({}) = 0", vec!["a"; 33].join("+"));
    assert!(refused(&long).message().text(Lang::EN).contains("elements in a sum"));
    assert!(refused(&" ".repeat(5000)).message().text(Lang::EN).contains("bytes"));
}

#[test]
fn a_formula_that_means_nothing_is_refused_where_its_nonsense_stands() {
    for (text, column, hint) in [
        ("count(x) >= 50%", 15, "without %"),
        ("stock(x@end) <= 10 %", 20, "without %"),
        ("rate(a per 1000 b) < 5%", 23, "without %"),
        ("change(count(x), abs) <= -7%", 28, "without %"),
        ("change(count(x) vs fixed(45%)) <= 0", 28, "without %"),
        ("change(change(count(x))) < 0", 8, "change of a change"),
    ] {
        let error = refused(text);
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(error.message().text(Lang::EN).contains(hint), "{text}: {error}");
    }
    for text in [
        "change(ratio(a/b), abs) >= 2%",
        "change(rate(a per 9 b)) < -5%",
        "change(stock(x@end)) <= -10%",
    ] {
        assert!(Target::parse(text).is_ok(), "{text}");
    }
}

#[test]
fn form_rules_and_numerators_are_read_by_the_same_grammar() {
    assert_eq!(
        FormRuleExpr::parse("resolved<=handled").unwrap().to_string(),
        "resolved <= handled"
    );
    assert_eq!(
        FormRuleExpr::parse("closing = opening + incoming-outgoing").unwrap().to_string(),
        "closing = opening + incoming - outgoing"
    );
    assert_eq!(Expr::parse("a+b -c").unwrap().to_string(), "a + b - c");
    assert_eq!(FormRuleExpr::parse("a <= 5").expect_err("a number").column, 6);
}

#[test]
fn the_elements_of_a_target_are_named_once() {
    let target =
        Target::parse("all(ratio(a/b) > 80%, change(count(a - c)) < 0, attest(q))").unwrap();
    let names: Vec<String> = target.elements().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn parse_after_print_is_the_identity(target in trees::target()) {
        let text = target.to_string();
        prop_assert_eq!(Target::parse(&text).map_err(|error| error.to_string()), Ok(target));
    }

    #[test]
    fn blanks_between_words_change_nothing(target in trees::target()) {
        let text = target.to_string();
        let spread: String = text.chars().map(|c| if c == ' ' { " \n\t ".to_owned() } else { c.to_string() }).collect();
        prop_assert_eq!(Target::parse(&spread).unwrap(), target);
    }

    #[test]
    fn any_text_is_read_or_refused_within_its_columns(text in ".{0,60}") {
        if let Err(error) = Target::parse(&text) {
            prop_assert!(error.column >= 1 && error.column <= text.chars().count() + 1);
            prop_assert!(!error.expected.is_empty());
        }
    }

    #[test]
    fn broken_targets_are_refused_or_read_but_never_panic(target in trees::target(), cut in 0_usize..200, junk in "[ ()%,.@/+<>=0-9a-zđ-]{0,4}") {
        let text = target.to_string();
        let at = text.char_indices().nth(cut % text.chars().count()).map_or(0, |(at, _)| at);
        let broken = format!("{}{junk}{}", &text[..at], &text[at..]);
        let _ = Target::parse(&broken).map_err(|error| error.message().text(Lang::VI));
    }
}
