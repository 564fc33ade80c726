//! While the window runs: pace, forecast, and what can be lost but not won early.

use super::ask::{LESS, T1, ask, ratio, said, shown};
use crate::domain::target::{Evaluation, Reason};

fn t1(base_to_date: i64, now: i64) -> Evaluation {
    ask(T1).base("x", 450).base_to_date("x", base_to_date).now("x", now).running()
}

#[test]
fn v14_pace_is_like_for_like_with_the_same_cut_off() {
    let behind = t1(150, 140);
    let pace = behind.pace.unwrap();
    assert_eq!((said(&behind), behind.verdict, behind.limit), ("BEHIND", None, Some(418)));
    assert_eq!(pace.allowed_to_date, Some(ratio("139.5")));
    assert_eq!(pace.rest_change.unwrap().shortest(4).unwrap(), "-0.0733");
    assert_eq!((pace.forecast, pace.p_meet), (Some(425.into()), Some(41)));
    assert_eq!((behind.value, shown(&behind)), (Some(ratio("-1/15")), "-6.67 %"));

    let well = t1(400, 365);
    assert_eq!((said(&well), well.pace.unwrap().p_meet), ("ON_PACE", Some(85)));
    assert_eq!(well.pace.unwrap().rest_change, Some(ratio("0.06")));

    let lost = t1(400, 420);
    assert_eq!((said(&lost), lost.pace.unwrap().p_meet), ("ALREADY_MISSED", Some(0)));

    assert_eq!(t1(40, 35).pace.unwrap().p_meet, Some(48), "an early fall on 40 says little");
}

#[test]
fn none_can_be_won_early_but_one_can_be_lost_early() {
    let zero = |now| ask("count(x) = 0").now("x", now).running();
    assert_eq!((said(&zero(0)), zero(0).verdict), ("ON_PACE", None));
    assert_eq!(said(&zero(1)), "ALREADY_MISSED");
    let from_zero = |now| ask(LESS).base("x", 0).base_to_date("x", 0).now("x", now).running();
    assert_eq!((said(&from_zero(0)), from_zero(0).reasons), ("ON_PACE", vec![Reason::ZeroBase]));
    assert_eq!(said(&from_zero(1)), "ALREADY_MISSED");
    assert_eq!(said(&ask("count(x) >= 5").now("x", 7).running()), "ON_PACE");
    assert_eq!(said(&ask("count(x) >= 5").now("x", 3).running()), "BEHIND");
}

#[test]
fn equal_to_the_same_day_is_behind_when_a_decrease_is_asked() {
    let less = |now| ask(LESS).base("x", 30).base_to_date("x", 12).now("x", now).running();
    assert_eq!(said(&less(12)), "BEHIND");
    assert_eq!(said(&less(11)), "ON_PACE");
    assert_eq!(said(&less(30)), "ALREADY_MISSED");
    // Nothing had come by now a year ago, and nothing has come: nobody is late.
    let early = |now| ask(LESS).base("x", 30).base_to_date("x", 0).now("x", now).running();
    assert_eq!((said(&early(0)), shown(&early(0))), ("ON_PACE", "0 → 0"));
    assert_eq!(said(&early(1)), "BEHIND");
}

#[test]
fn reports_still_missing_can_make_a_running_target_worse_and_not_better() {
    let sheet = |now| ask(T1).base("x", 450).base_to_date("x", 150).now("x", now).missing("x", "0.4");
    assert_eq!(said(&sheet(137).running()), "ON_PACE");
    let open = sheet(138).running();
    assert_eq!((said(&open), open.reasons.as_slice()), ("UNDETERMINED", &[Reason::MissingReports][..]));
    assert_eq!(said(&sheet(140).running()), "BEHIND");
    assert_eq!(said(&sheet(419).running()), "ALREADY_MISSED");
    assert_eq!(said(&ask(T1).base("x", 450).now("x", 140).running()), "UNDETERMINED");
}

#[test]
fn a_stock_and_a_share_are_held_against_the_end() {
    let stock = ask("change(stock(s@end)) <= -10%").base("s", 900).now("s", 872).running();
    assert_eq!((said(&stock), stock.limit, shown(&stock)), ("BEHIND", Some(810), "-3.11 %"));
    let share = ask("ratio(a/b, stock) > 95%").now("a", 566).now("b", 598).running();
    assert_eq!((said(&share), shown(&share)), ("BEHIND", "94.65 %"));
    let failures = share.failures.unwrap();
    assert_eq!((failures.allowed, failures.left), (29, -3));
}

#[test]
fn a_combination_runs_as_its_worst_or_best_member() {
    let text = |word: &str| format!("{word}(count(a) = 0, ratio(b/c) > 80%)");
    let state = |word: &str, a, b| said(&ask(&text(word)).now("a", a).now("b", b).now("c", 10).running());
    assert_eq!(state("all", 0, 9), "ON_PACE");
    assert_eq!(state("all", 0, 8), "BEHIND");
    assert_eq!(state("all", 1, 8), "ALREADY_MISSED");
    assert_eq!(state("any", 1, 9), "ON_PACE");
    assert_eq!(state("any", 1, 8), "BEHIND");
}

#[test]
fn a_plain_bound_borrows_the_course_of_last_year_if_there_is_one() {
    let bound = ask("count(x) <= 100").now("x", 40);
    assert_eq!(said(&bound.clone().running()), "ON_PACE");
    let with_course = bound.base("x", 200).base_to_date("x", 60).running();
    assert_eq!((said(&with_course), with_course.pace.unwrap().allowed_to_date), ("BEHIND", Some(30.into())));
    let fixed =
        ask("change(count(x) vs fixed(450)) <= -7%").base("x", 900).base_to_date("x", 300).now("x", 140).running();
    assert_eq!((said(&fixed), fixed.pace.unwrap().allowed_to_date), ("BEHIND", Some(ratio("139.5"))));
    assert_eq!(fixed.pace.unwrap().p_meet, Some(41));
}
