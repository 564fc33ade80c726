//! Combinations, every measure and every comparator beyond the numbered vectors.

use super::ask::{ask, ratio, said, shown};
use crate::domain::target::{Baseline, Measure, Mode, Reason, Sheet, Stage, Target, Terms};

#[test]
fn all_fails_by_one_failure_then_by_one_unknown() {
    let three = "all(count(a) = 0, count(b) = 0, ratio(c/d) > 50%)";
    let table = [
        (Some(0), Some(0), 3, "MET"),
        (Some(1), None, 3, "MISSED"),
        (Some(0), None, 3, "UNDETERMINED"),
        (Some(0), Some(0), 0, "MET"),
    ];
    for (a, b, d, verdict) in table {
        let mut sheet = ask(three).now("c", d).now("d", d);
        for (code, value) in [("a", a), ("b", b)] {
            sheet = value.into_iter().fold(sheet, |sheet, value| sheet.now(code, value));
        }
        let out = sheet.closed();
        assert_eq!(said(&out), verdict);
        assert_eq!(out.members.len(), 3, "every member is listed");
    }
}

#[test]
fn any_is_met_by_one_success_and_missed_only_when_nothing_is_open() {
    let any = "any(count(a) = 0, count(b) = 0)";
    assert_eq!(said(&ask(any).now("a", 0).closed()), "MET");
    assert_eq!(said(&ask(any).now("a", 1).closed()), "UNDETERMINED");
    assert_eq!(said(&ask(any).now("a", 1).now("b", 1).closed()), "MISSED");
    let shares = "any(ratio(a/b) > 50%, ratio(c/d) > 50%)";
    let nothing = ask(shares).now("a", 0).now("b", 0).now("c", 0).now("d", 0);
    assert_eq!(said(&nothing.clone().closed()), "NOT_APPLICABLE");
    assert_eq!(said(&nothing.now("d", 9).closed()), "MISSED");
}

#[test]
fn duties_and_milestones_are_done_or_not() {
    let duty = || ask("attest(q1)");
    assert_eq!(said(&duty().closed()), "NO_DATA");
    assert_eq!(said(&duty().attested("q1", 4, 4).closed()), "MET");
    let three = duty().attested("q1", 3, 4).closed();
    assert_eq!((said(&three), shown(&three)), ("MISSED", "3/4"));
    assert_eq!(said(&duty().attested("q1", 3, 4).running()), "UNDETERMINED");
    assert_eq!(said(&duty().attested("q1", 4, 4).running()), "ON_PACE");
    assert_eq!(said(&ask("milestone(m)").closed()), "NO_DATA");
}

#[test]
fn more_is_asked_with_the_same_honesty_as_less() {
    let more = |now| ask("change(count(x)) >= 5%").base("x", 450).now("x", now);
    assert_eq!(more(473).closed().limit, Some(473));
    assert_eq!(said(&more(473).closed()), "MET");
    assert_eq!(said(&more(472).closed()), "MISSED");
    // A missing report may hold what is still needed.
    let open = more(472).missing("x", "0.4").closed();
    assert_eq!((said(&open), open.reasons.as_slice()), ("UNDETERMINED", &[Reason::MissingReports][..]));
    // Far below, failure is likely and not proven: provisional while preliminary, nothing when final.
    let far = more(400).missing("x", "0.4");
    let out = far.clone().closed();
    assert_eq!((said(&out), out.reasons.as_slice()), ("MISSED", &[Reason::Provisional][..]));
    assert_eq!(said(&far.at(Stage::Final)), "UNDETERMINED");
    assert_eq!(said(&more(480).missing("x", "0.4").at(Stage::Final)), "UNDETERMINED");
}

#[test]
fn an_exact_number_is_open_while_reports_are_missing() {
    let zero = |now| ask("count(x) = 0 in milestone(congresses)").now("x", now);
    assert_eq!(said(&zero(0).closed()), "MET");
    assert_eq!(said(&zero(0).missing("x", "0").closed()), "UNDETERMINED");
    assert_eq!(said(&zero(1).missing("x", "0").at(Stage::Final)), "MISSED");
    assert_eq!(said(&ask("count(x) = 5").now("x", 3).missing("x", "0").closed()), "MISSED");
}

#[test]
fn a_missing_report_of_something_taken_away_lowers_the_sum() {
    let open = |limit: &str| {
        let text = format!("count(a - b) <= {limit}");
        ask(&text).now("a", 10).now("b", 4).missing("b", "0.4").closed()
    };
    let out = open("6");
    assert_eq!((said(&out), out.interval), ("MET", Some((4.into(), 6.into()))));
    assert_eq!(said(&open("5")), "UNDETERMINED");
    // Failure is no longer proven by the reported sum.
    assert_eq!((said(&open("3")), open("3").reasons), ("MISSED", vec![Reason::Provisional]));
}

#[test]
fn rates_differences_fixed_bases_and_stricter_bounds_are_all_exact() {
    let rate = ask("rate(x per 100000 people) < 5").now("x", 50).now("people", 1_009_168).closed();
    assert_eq!((said(&rate), rate.limit, shown(&rate)), ("MET", Some(50), "4.95"));
    let difference = ask("change(count(x), abs) <= -32").base("x", 450).now("x", 418).closed();
    assert_eq!((said(&difference), difference.limit, shown(&difference)), ("MET", Some(418), "-32"));
    let fixed = ask("change(count(x) vs fixed(450)) < -7%").now("x", 418).closed();
    assert_eq!((said(&fixed), fixed.limit), ("MET", Some(418)));
    let strict = ask("change(count(x) vs fixed(100)) < -7%").now("x", 93).closed();
    assert_eq!((said(&strict), strict.limit), ("MISSED", Some(92)));
    let points = ask("change(ratio(a/b), abs) >= 5%").base("a", 80).base("b", 100).now("a", 85).now("b", 100);
    assert_eq!((said(&points.clone().closed()), shown(&points.closed())), ("MET", "5.00 %"));
    let less = ask("ratio(a/b) <= 5%").now("a", 6).now("b", 100).closed();
    assert_eq!((said(&less), less.limit, less.failures), ("MISSED", Some(5), None));
    let mut mean = ask("change(count(x) vs mean_prior(3)) <= 0").now("x", 10);
    mean.sheet.before.insert(super::ask::code("x"), ratio("31/3"));
    assert_eq!((said(&mean.clone().closed()), mean.closed().limit), ("MET", Some(10)));
}

#[test]
fn a_ratio_of_everything_allows_no_failure() {
    let all = ask("ratio(a/b) = 100%").now("a", 571).now("b", 571).closed();
    assert_eq!((said(&all), all.failures.unwrap().allowed), ("MET", 0));
    let one = ask("ratio(a/b) = 100%").now("a", 570).now("b", 571).closed();
    assert_eq!((said(&one), one.failures.unwrap().left, shown(&one)), ("MISSED", -1, "99.82 %"));
}

#[test]
fn what_cannot_be_reckoned_says_so() {
    // No text says this; a tree that came over the wire may.
    let Ok(Target::Compare(mut change)) = Target::parse("change(count(x)) < 0") else { panic!("a comparison") };
    let (of, baseline) = (Box::new(change.measure), Baseline::SameWindowPriorYear);
    change.measure = Measure::Change { of, baseline, mode: Mode::Relative };
    let nested = Target::Compare(change).evaluate(&Sheet::default(), &Terms::at(Stage::Closed));
    assert_eq!((said(&nested), nested.reasons.as_slice()), ("NO_DATA", &[Reason::NestedChange][..]));
    let negative = ask("change(count(a - b)) < 0").base("a", 1).base("b", 5).now("a", 1).now("b", 1).closed();
    assert_eq!(negative.reasons, [Reason::NegativeBase]);
}
