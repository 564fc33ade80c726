//! Every word of a formula is read: for each node of the grammar there are two formulas that differ
//! in it and are not judged, or not checked, alike.

use super::judging::{AFTER, Authority, faults};
use jiff::civil::date;
use std::collections::BTreeSet;
use thidua::domain::org::StructureView;
use thidua::domain::target_rule::ast::{
    Baseline, Comparison, EachUnits, Expr, Measure, Target, TargetUnits, TargetWindow,
};

/// The nodes of a formula. A new member of the grammar is a compile error here; it needs a pair
/// below.
fn nodes(target: &Target) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let name = match target {
        Target::Compare(comparison) => {
            add_comparison(comparison, &mut all);
            "comparison"
        }
        Target::Milestone(_) => "milestone",
        Target::Attest(_) => "attest",
        Target::All(_) => "all",
        Target::Any(_) => "any",
        Target::Tier { .. } => "tier",
    };
    all.insert(name.to_owned());
    target.members().into_iter().for_each(|member| all.extend(nodes(member)));
    all
}

fn add_comparison(comparison: &Comparison, all: &mut BTreeSet<String>) {
    let Comparison { measure, cmp, bound, window, units } = comparison;
    add_measure(measure, all);
    all.insert(cmp.as_str().to_owned());
    if bound.percent {
        all.insert("%".to_owned());
    }
    let window = window.as_ref().map(|window| match window {
        TargetWindow::Legal => "in legal",
        TargetWindow::Phase(_) => "in phase",
        TargetWindow::Milestone(_) => "in milestone",
        TargetWindow::Dates(..) => "in dates",
    });
    let units = units.as_ref().map(|units| match units {
        TargetUnits::Each(EachUnits::Counted) => "by each",
        TargetUnits::Each(EachUnits::Level(_)) => "by each level",
        TargetUnits::Each(EachUnits::Kind(_)) => "by each kind",
        TargetUnits::Unit(_) => "by unit",
    });
    all.extend(window.into_iter().chain(units).map(str::to_owned));
}

fn add_measure(measure: &Measure, all: &mut BTreeSet<String>) {
    let name = match measure {
        Measure::Count(expr) => {
            add_signs(expr, all);
            "count"
        }
        Measure::Stock(expr) => {
            add_signs(expr, all);
            "stock"
        }
        Measure::Ratio { num, den, basis } => {
            [num, den].into_iter().for_each(|expr| add_signs(expr, all));
            all.extend(basis.map(|basis| format!("basis {basis}")));
            "ratio"
        }
        Measure::Rate { num, per: _, den } => {
            [num, den].into_iter().for_each(|expr| add_signs(expr, all));
            "rate"
        }
        Measure::Change { measure, baseline, mode } => {
            add_measure(measure, all);
            all.insert(mode.as_str().to_owned());
            let name = match baseline {
                Baseline::SameWindowPriorYear => "same_window_prior_year",
                Baseline::StatYear(_) => "stat_year",
                Baseline::CalendarYear(_) => "calendar_year",
                Baseline::Fixed(_) => "fixed",
                Baseline::MeanPrior(_) => "mean_prior",
            };
            all.insert(name.to_owned());
            "change"
        }
    };
    all.insert(name.to_owned());
}

fn add_signs(expr: &Expr, all: &mut BTreeSet<String>) {
    all.extend(expr.rest.iter().map(|(sign, _)| format!("term {sign}")));
}

/// A node, a formula with it, and one without it that is not judged or checked alike.
const PAIRS: [(&str, &str, &str); 37] = [
    ("comparison", "count(done) >= 1", "attest(m)"),
    ("milestone", "milestone(m)", "attest(m)"),
    ("attest", "attest(m)", "milestone(m)"),
    ("all", "all(count(done) >= 1, count(due) >= 900)", "any(count(done) >= 1, count(due) >= 900)"),
    ("any", "any(count(done) >= 1, count(due) >= 900)", "all(count(done) >= 1, count(due) >= 900)"),
    (
        "tier",
        "tier(count(done) >= 1, count(due) >= 900)",
        "all(count(done) >= 1, count(due) >= 900)",
    ),
    ("count", "count(done) >= 5", "stock(done@end) >= 5"),
    ("stock", "stock(done@end) >= 5", "count(done) >= 5"),
    ("ratio", "ratio(done/due) >= 0.65", "rate(done per 1 due) >= 0.65"),
    ("rate", "rate(done per 1 due) >= 0.65", "ratio(done/due) >= 0.65"),
    ("change", "change(count(done)) <= 5", "count(done) <= 5"),
    ("term +", "count(done + due) >= 300", "count(done) >= 300"),
    ("term -", "count(due - done) >= 300", "count(due) >= 300"),
    ("basis period", "ratio(done/due, period) >= 5%", "ratio(done/due, cohort) >= 5%"),
    ("basis cohort", "ratio(done/due, cohort) >= 5%", "ratio(done/due, period) >= 5%"),
    ("basis stock", "ratio(done/due, stock) >= 5%", "ratio(done/due, period) >= 5%"),
    (">", "count(done) > 156", "count(done) >= 156"),
    (">=", "count(done) >= 156", "count(done) > 156"),
    ("=", "count(done) = 156", "count(done) > 156"),
    ("<=", "count(done) <= 156", "count(done) < 156"),
    ("<", "count(done) < 156", "count(done) <= 156"),
    ("%", "ratio(done/due) >= 65%", "ratio(done/due) >= 65"),
    ("rel", "change(count(done), rel) <= 5", "change(count(done), abs) <= 5"),
    ("abs", "change(count(done), abs) <= 5", "change(count(done), rel) <= 5"),
    (
        "same_window_prior_year",
        "change(count(done) vs same_window_prior_year) <= 5",
        "change(count(done) vs calendar_year(2025)) <= 5",
    ),
    (
        "stat_year",
        "change(count(done) vs stat_year(2025)) <= 5",
        "change(count(done) vs calendar_year(2025)) <= 5",
    ),
    (
        "calendar_year",
        "change(count(done) vs calendar_year(2025)) <= 5",
        "change(count(done) vs stat_year(2025)) <= 5",
    ),
    ("fixed", "change(count(done) vs fixed(10)) <= 5", "change(count(done)) <= 5"),
    ("mean_prior", "change(count(done) vs mean_prior(2)) <= 5", "change(count(done)) <= 5"),
    ("in legal", "ratio(done/due) >= 65% in legal", "ratio(done/due) >= 65%"),
    ("in phase", "ratio(done/due) >= 65% in phase(1)", "ratio(done/due) >= 65% in legal"),
    ("in milestone", "count(done) >= 1 in milestone(m)", "count(done) >= 1"),
    ("in dates", "count(done) >= 100 in 2026-01-01..2026-04-01", "count(done) >= 100 in legal"),
    ("by each", "ratio(done/due) >= 65% by each", "ratio(done/due) >= 65%"),
    (
        "by each level",
        "ratio(done/due) >= 65% by each level(PROVINCE)",
        "ratio(done/due) >= 65% by each",
    ),
    ("by each kind", "ratio(done/due) >= 65% by each kind(thon)", "ratio(done/due) >= 65% by each"),
    ("by unit", "ratio(done/due) >= 65% by unit(c-00)", "ratio(done/due) >= 65%"),
];

/// What is judged and what is refused: rows of every unit and phase, running and closed.
fn outcome(formula: &str) -> (Vec<String>, Vec<String>) {
    let target = format!("formula = \"{formula}\"");
    let authority = Authority::of_communes(&target, &[[3, 10], [10, 10]])
        .with_bases(&[("c-00", 30), ("c-01", 100)]);
    let rows = [date(2026, 5, 20), AFTER].into_iter().flat_map(|day| {
        let all = authority.judge(day, StructureView::AsWas);
        all.into_iter().map(|mut one| {
            one.judgement.members.clear();
            format!("{one:?}")
        })
    });
    (rows.collect(), faults(&target))
}

#[test]
fn every_node_of_the_grammar_is_read_where_targets_are_judged_or_checked() {
    let mut covered = BTreeSet::new();
    for (node, with, without) in PAIRS {
        let (one, other) = (Target::parse(with).unwrap(), Target::parse(without).unwrap());
        assert!(nodes(&one).contains(node), "{with} has no {node}");
        assert!(!nodes(&other).contains(node), "{without} has {node}");
        assert_ne!(outcome(with), outcome(without), "no evaluation reads {node}: {with}");
        covered.insert(node.to_owned());
    }
    let mentioned = PAIRS.iter().flat_map(|(_, with, without)| {
        [with, without].map(|text| nodes(&Target::parse(text).unwrap()))
    });
    assert!(mentioned.flatten().all(|node| covered.contains(&node)), "a node without a pair");
}
