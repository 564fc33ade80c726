//! What a waiver buys at the final stage, and what it does not.

use super::evaluation_case::{EvaluationCase, T1, evaluation_case, verdict_code};
use crate::domain::target_rule::{Evaluation, StandingStage, VerdictReason};

fn with_missing(case: EvaluationCase, count: usize, expected: &str) -> EvaluationCase {
    (0..count).fold(case, |case, _| case.with_missing_report("x", expected))
}

fn outcome(out: &Evaluation) -> (&'static str, &[VerdictReason]) {
    (verdict_code(out), out.reasons.as_slice())
}

/// Vector 20.
#[test]
fn three_waived_of_sixty_are_judged_and_a_fourth_is_too_low_a_coverage() {
    let of_sixty = |accepted: usize| {
        let case = evaluation_case(T1).with_baseline("x", 450).with_current("x", 300);
        with_missing(case, 60 - accepted, "0.4")
            .with_coverage(&format!("{accepted}/60"))
            .with_waiver()
            .evaluate_at(StandingStage::Final)
    };
    assert_eq!(outcome(&of_sixty(57)), ("MET", &[VerdictReason::Waived][..]));
    let (verdict, reasons) = (verdict_code(&of_sixty(56)), of_sixty(56).reasons);
    assert_eq!(verdict, "UNDETERMINED");
    assert_eq!(reasons, [VerdictReason::Waived, VerdictReason::LowCoverage]);
}

/// Vector 21.
#[test]
fn waived_counts_keep_the_range_that_they_would_have_as_missing_ones() {
    let of_450 = |waived: usize| {
        let case = evaluation_case(T1).with_baseline("x", 450).with_current("x", 410);
        with_missing(case, waived, "0.4").with_waiver().evaluate_at(StandingStage::Final)
    };
    let high = |waived| of_450(waived).interval.and_then(|(_, high)| high.to_integer());
    assert_eq!((high(1), verdict_code(&of_450(1))), (Some(412), "MET"));
    assert_eq!((high(4), verdict_code(&of_450(4))), (Some(418), "MET"));
    assert_eq!((high(5), verdict_code(&of_450(5))), (Some(420), "UNDETERMINED"));
    assert!(of_450(5).reasons.contains(&VerdictReason::Waived));
}

fn share(text: &str, above: i64) -> EvaluationCase {
    evaluation_case(text)
        .with_current("a", above)
        .with_current("b", 160)
        .with_missing_report("a", "9.5")
        .with_missing_report("b", "10")
        .with_waiver()
}

/// Vector 22.
#[test]
fn a_waived_ratio_holds_only_if_it_holds_without_the_silent_units_numerator() {
    let worst = share("ratio(a/b) > 95%", 153).evaluate_at(StandingStage::Final);
    assert_eq!(verdict_code(&worst), "UNDETERMINED");
    assert_eq!(worst.reasons, [VerdictReason::Waived, VerdictReason::MissingReports]);
    // 153/170 is exactly 90 %, and 163/170 is what all of its numerator would make.
    let least = share("ratio(a/b) >= 90%", 153).evaluate_at(StandingStage::Final);
    assert_eq!(outcome(&least), ("MET", &[VerdictReason::Waived][..]));
    for (ceiling, verdict) in [("96%", "MET"), ("95.8%", "UNDETERMINED"), ("89%", "MISSED")] {
        let out = share(&format!("ratio(a/b) <= {ceiling}"), 153).evaluate_at(StandingStage::Final);
        assert_eq!(verdict_code(&out), verdict, "{ceiling}");
    }
}

#[test]
fn a_waiver_changes_nothing_before_the_conclusion() {
    let closed = share("ratio(a/b) > 95%", 153).evaluate_at(StandingStage::Closed);
    assert_eq!(outcome(&closed), ("MET", &[VerdictReason::Provisional][..]));
}
