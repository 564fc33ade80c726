//! The grammar of targets and of rules of forms as data: each construct with an example that the
//! parser takes.
//!
//! The meanings stand under `grammar-NAME` in `i18n/*/server-keys.ftl`. A test compares the table
//! with the words that the parser says it expects.

/// One construct of the grammar.
#[derive(Debug)]
pub struct GrammarConstruct {
    /// Its name in `grammar-NAME`.
    pub name: &'static str,
    /// Its form; `[...]` may be left out, `|` separates choices.
    pub form: &'static str,
    /// A whole target (or rule) that uses it.
    pub example: &'static str,
}

const fn construct(
    name: &'static str,
    form: &'static str,
    example: &'static str,
) -> GrammarConstruct {
    GrammarConstruct { name, form, example }
}

/// What a target may consist of, from the outside in.
pub static TARGETS: &[GrammarConstruct] = &[
    construct(
        "compare",
        "MEASURE COMPARATOR BOUND [in WINDOW] [by UNITS]",
        "count(sessions) >= 960 in phase(1) by each",
    ),
    construct("all", "all(TARGET, TARGET, ...)", "all(count(a) >= 10, ratio(b/c) > 90%)"),
    construct("any", "any(TARGET, TARGET, ...)", "any(count(a) >= 10, count(b) >= 20)"),
    construct("tier", "tier(TARGET, TARGET)", "tier(ratio(b/c) >= 90%, ratio(b/c) >= 95%)"),
    construct("attest", "attest(DUTY)", "attest(night_watch)"),
    construct("milestone", "milestone(NAME)", "milestone(congress)"),
    construct("count", "count(SUM)", "count(a + b) <= 12"),
    construct("stock", "stock(SUM @end)", "stock(patients @end) <= 40"),
    construct(
        "ratio",
        "ratio(SUM / SUM [, period | cohort | stock])",
        "ratio(solved/occurred, period) >= 80%",
    ),
    construct("rate", "rate(SUM per NUMBER SUM)", "rate(accidents per 100000 people) < 5"),
    construct(
        "change",
        "change(MEASURE [vs BASE] [, rel | abs])",
        "change(count(a) vs same_window_prior_year, rel) <= -10%",
    ),
    construct("sum", "ELEMENT [+ | - ELEMENT]...", "count(a + b - c) >= 3"),
    construct("comparator", "> | >= | = | <= | <", "count(a) = 0"),
    construct("bound", "NUMBER [%]", "ratio(a/b) >= 92.5%"),
    construct("base-same", "same_window_prior_year", "change(count(a)) < 0"),
    construct("base-stat", "stat_year(YEAR)", "change(count(a) vs stat_year(2024)) <= -5%"),
    construct(
        "base-calendar",
        "calendar_year(YEAR)",
        "change(count(a) vs calendar_year(2024)) <= -5%",
    ),
    construct("base-fixed", "fixed(NUMBER)", "change(count(a) vs fixed(120), abs) <= -12"),
    construct("base-mean", "mean_prior(YEARS)", "change(count(a) vs mean_prior(3)) <= -5%"),
    construct("window-legal", "legal", "count(a) >= 5 in legal"),
    construct("window-phase", "phase(NUMBER)", "count(a) >= 5 in phase(2)"),
    construct("window-dates", "DAY..DAY", "count(a) >= 5 in 2026-01-01..2026-07-01"),
    construct("window-milestone", "milestone(NAME)", "count(a) >= 5 in milestone(congress)"),
    construct("units-each", "each [level(LEVEL) | kind(WORD)]", "count(a) >= 1 by each kind(xa)"),
    construct("units-unit", "unit(UID)", "count(a) >= 5 by unit(com-1)"),
    construct("units-kind", "kind(WORD)", "count(a) >= 1 by kind(xa)"),
];

/// A rule of a form.
pub static RULES: &[GrammarConstruct] =
    &[construct("rule", "SUM COMPARATOR SUM", "accepted + refused <= received")];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::target_rule::{ExpectedSyntax, FormRuleExpr, Target};
    use crate::i18n::Lang;

    #[test]
    fn every_example_is_read_and_every_construct_has_its_meaning() {
        for one in TARGETS {
            assert!(Target::parse(one.example).is_ok(), "{}: {}", one.name, one.example);
        }
        for one in RULES {
            assert!(FormRuleExpr::parse(one.example).is_ok(), "{}: {}", one.name, one.example);
        }
        for one in TARGETS.iter().chain(RULES) {
            for lang in Lang::all() {
                let id = format!("grammar-{}", one.name);
                assert!(lang.find_text(&id).is_some(), "{lang}: no text for {id}");
            }
        }
    }

    #[test]
    fn every_word_that_the_parser_takes_stands_in_a_form() {
        let beginnings = [
            "",
            "change(",
            "change(count(a) vs ",
            "change(count(a), ",
            "ratio(a/b, ",
            "stock(a @",
            "count(a) >= 1 in ",
            "count(a) >= 1 by ",
            "count(a) >= 1 ",
        ];
        let forms: Vec<&str> = TARGETS.iter().map(|one| one.form).collect();
        for beginning in beginnings {
            let expected = Target::parse(&format!("{beginning}!")).unwrap_err().expected;
            for word in expected {
                let ExpectedSyntax::Text(word) = word else { continue };
                assert!(forms.iter().any(|form| form.contains(word)), "{beginning}{word}");
            }
        }
    }
}
