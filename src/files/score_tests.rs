//! Tests of scoring with values computed by hand, on the example's campaign file.

use crate::domain::campaign::{Campaign, Commitment};
use crate::domain::report::element::ElementCode;
use crate::domain::scoring::*;
use crate::domain::standing::{Coverage, Judgement, JudgementState, StandingFigure};
use crate::domain::support::ratio::Ratio;
use crate::domain::target_rule::Target;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn ratio(text: &str) -> Ratio {
    Ratio::parse(text).unwrap()
}

fn judged(code: &str, state: JudgementState) -> Judgement {
    Judgement { state, ..Judgement::not_counted_here(code, Vec::new()) }
}

fn fall(before: i64, now: i64, bound: &str) -> (Judgement, Target) {
    let bound = ratio(bound);
    let met = Ratio::from_integer(now - before)
        <= bound.checked_mul(Ratio::from_integer(before)).unwrap();
    let state = if met { JudgementState::Met } else { JudgementState::Missed };
    let counts = (Some(Ratio::from_integer(before)), Some(Ratio::from_integer(now)));
    let judgement = Judgement {
        bound: Some(bound),
        count_before: counts.0,
        count_now: counts.1,
        ..judged("T1", state)
    };
    (judgement, "change(count(so_offences)) <= -7%".parse().unwrap())
}

fn share(state: JudgementState, num: i64, den: i64) -> (Judgement, Target) {
    let figure = |code: &str, value| StandingFigure {
        element: ElementCode::new(code).unwrap(),
        value: Some(value),
        baseline_now: None,
        baseline_full: None,
    };
    let judgement = Judgement {
        value: Ratio::new(num.into(), den.into()),
        bound: Some(ratio("0.8")),
        figures: vec![figure("solved", num), figure("so_offences", den)],
        ..judged("T4", state)
    };
    (judgement, "ratio(solved/so_offences) > 80%".parse().unwrap())
}

fn attained((judgement, target): &(Judgement, Target)) -> (String, String) {
    match attainment::fair_attainment(judgement, target) {
        Attainment::Share { share, bonus } => {
            (share.format_rounded(4).unwrap(), bonus.format_rounded(4).unwrap())
        }
        Attainment::AwaitingData => ("waiting".into(), String::new()),
        Attainment::NotApplicable => ("n/a".into(), String::new()),
    }
}

#[test]
fn the_fair_curve_pays_for_the_distance_covered() {
    let points = |now| attained(&fall(450, now, "-7/100")).0;
    assert_eq!(
        [450, 440, 430, 419, 418, 400].map(points),
        ["0.0000", "0.3175", "0.6349", "0.9841", "1.0000", "1.0000"]
    );
    assert_eq!(points(500), "0.0000", "a rise costs nothing below zero");
}

#[test]
fn a_strict_bound_that_is_just_reached_is_not_met() {
    assert_eq!(attained(&share(JudgementState::Missed, 80, 100)).0, "0.9990");
    assert_eq!(
        attained(&share(JudgementState::Met, 81, 100)),
        ("1.0000".into(), "0.0000".into()),
        "met, by chance perhaps"
    );
    assert_eq!(
        attained(&share(JudgementState::Met, 95, 100)),
        ("1.0000".into(), "0.7500".into()),
        "clear of the bound"
    );
    assert_eq!(attained(&share(JudgementState::Met, 5, 5)).1, "0.0000", "five of five say little");
}

#[test]
fn what_nobody_can_say_waits_and_is_no_zero() {
    for state in
        [JudgementState::Undetermined, JudgementState::NoData, JudgementState::NotComparable]
    {
        assert_eq!(attained(&share(state, 1, 100)).0, "waiting", "{state}");
    }
    assert_eq!(attained(&share(JudgementState::NotApplicable, 0, 1)).0, "n/a");
}

fn campaign() -> Campaign {
    let text = include_str!("../../examples/tra-vinh/campaign-a.toml");
    super::campaign::read_campaign_file("campaign-a.toml", text).unwrap().campaign
}

fn full() -> Coverage {
    Coverage { expected: 100, received: 100, accepted: 100, ..Coverage::default() }
}

fn leaf(code: &str, weight: i64, kind: ScoringMethod) -> Criterion {
    Criterion::Leaf(LeafCriterion {
        code: code.to_owned(),
        weight: Ratio::from_integer(weight),
        method: kind,
    })
}

fn quant(code: &str, weight: i64) -> Criterion {
    leaf(code, weight, ScoringMethod::Quant { target: code.to_owned() })
}

fn group(nodes: Vec<Criterion>) -> Criterion {
    Criterion::Group { code: "A".into(), nodes }
}

#[test]
fn weight_of_what_does_not_apply_goes_to_the_others_and_a_line_that_waits_leaves_no_total() {
    let (campaign, (t1, _)) = (campaign(), fall(450, 440, "-7/100"));
    let none = judged("T4", JudgementState::NotApplicable);
    let tree = group(vec![quant("T1", 60), quant("T4", 40)]);
    let input = |other| ScoreInput {
        judgements: BTreeMap::from([("T1", &t1), ("T4", other)]),
        coverage: full(),
        ..ScoreInput::default()
    };
    let sheet = score_unit(&tree, &campaign, &input(&none)).unwrap();
    assert_eq!(
        (sheet.redistributed_weight, sheet.lines[0].weight),
        (Ratio::from_integer(40), Ratio::from_integer(100))
    );
    assert_eq!(sheet.total.unwrap().format_rounded(2).unwrap(), "31.75");
    let waits = judged("T4", JudgementState::Undetermined);
    let sheet = score_unit(&tree, &campaign, &input(&waits)).unwrap();
    assert_eq!((sheet.total, sheet.lines[1].system_score), (None, None));
    assert!(sheet.lines[0].system_score.is_some(), "what is known is shown");
}

#[test]
fn small_incomplete_questioned_and_vetoed_units_get_no_score_and_no_zero() {
    let (campaign, (t1, _)) = (campaign(), fall(450, 418, "-7/100"));
    let tree = group(vec![
        quant("T1", 100),
        leaf("V", 0, ScoringMethod::Veto { authority: "Thanh tra tỉnh".into() }),
    ]);
    let fine = ScoreInput {
        judgements: BTreeMap::from([("T1", &t1)]),
        coverage: full(),
        persons: Some(12),
        ..ScoreInput::default()
    };
    assert_eq!(score_unit(&tree, &campaign, &fine).unwrap().total, Some(Ratio::from_integer(100)));
    let late =
        Coverage { expected: 100, received: 94, accepted: 94, missing: 6, ..Coverage::default() };
    let cases = [
        (ScoreInput { persons: Some(2), ..fine.clone() }, ScoreExclusion::TooSmall),
        (ScoreInput { coverage: late, ..fine.clone() }, ScoreExclusion::Incomplete),
        (ScoreInput { under_question: true, ..fine.clone() }, ScoreExclusion::UnderQuestion),
        (
            ScoreInput {
                documented_values: BTreeMap::from([("V".into(), Ratio::ONE)]),
                ..fine.clone()
            },
            ScoreExclusion::Veto,
        ),
    ];
    for (input, why) in cases {
        let sheet = score_unit(&tree, &campaign, &input).unwrap();
        assert_eq!((sheet.total, sheet.exclusions), (None, vec![why]));
    }
    let nobody = group(vec![leaf("V", 0, ScoringMethod::Veto { authority: " ".into() })]);
    assert_eq!(nobody.validate(&campaign), [CriteriaError::MissingAuthority("V".into())]);
}

#[test]
fn a_deduction_is_nothing_without_a_signed_decision() {
    let campaign = campaign();
    let penalty = |decision: Option<&str>| {
        let kind = ScoringMethod::BonusPenalty {
            floor: Ratio::from_integer(-5),
            decision: decision.map(str::to_owned),
        };
        let input = ScoreInput {
            coverage: full(),
            documented_values: BTreeMap::from([("P".into(), Ratio::from_integer(-9))]),
            ..ScoreInput::default()
        };
        score_unit(&group(vec![leaf("P", 2, kind)]), &campaign, &input).unwrap().total
    };
    assert_eq!(penalty(None), Some(Ratio::ZERO));
    assert_eq!(
        penalty(Some("QĐ 12/2024")),
        Some(Ratio::from_integer(-5)),
        "and never below its floor"
    );
}

#[test]
fn the_clusters_score_stands_only_with_a_reason_and_a_post() {
    let (campaign, (t1, _)) = (campaign(), fall(450, 440, "-7/100"));
    let with = |reason: &str| {
        let decided = ScoreOverride {
            points: Ratio::from_integer(50),
            reason: reason.into(),
            decided_by_post: "Cụm trưởng".into(),
        };
        let input = ScoreInput {
            judgements: BTreeMap::from([("T1", &t1)]),
            coverage: full(),
            self_scores: BTreeMap::from([("T1".into(), Ratio::from_integer(80))]),
            cluster_overrides: BTreeMap::from([("T1".into(), decided)]),
            ..ScoreInput::default()
        };
        score_unit(&group(vec![quant("T1", 100)]), &campaign, &input).unwrap()
    };
    assert_eq!(with("thiên tai tháng 9").total, Some(Ratio::from_integer(50)));
    let sheet = with("");
    assert_eq!(sheet.total.unwrap().format_rounded(2).unwrap(), "31.75");
    assert_eq!(
        sheet.lines[0].self_score,
        Some(Ratio::from_integer(80)),
        "what the unit said stays beside it"
    );
}

#[test]
fn a_campaigns_own_targets_make_a_tree_of_a_hundred_points() {
    let campaign = campaign();
    let tree = Criterion::from_targets(&campaign);
    let sum = tree.leaves().iter().try_fold(Ratio::ZERO, |sum, leaf| sum.checked_add(leaf.weight));
    assert_eq!(sum, Some(Ratio::from_integer(100)));
    assert_eq!(tree.validate(&campaign), []);
    assert!(campaign.targets.iter().any(|target| target.commitment == Commitment::Strive));
}

proptest! {
    #[test]
    fn fewer_cases_never_earn_less_and_no_share_leaves_its_bounds(before in 1i64..600, now in 0i64..700, fewer in 0i64..50) {
        let points = |now| match attainment::fair_attainment(&fall(before, now, "-7/100").0, &fall(before, now, "-7/100").1) {
            Attainment::Share { share, .. } => share,
            Attainment::AwaitingData | Attainment::NotApplicable => Ratio::from_integer(-1),
        };
        let (more, less) = (points(now), points((now - fewer).max(0)));
        prop_assert!(Ratio::ZERO <= more && more <= less && less <= Ratio::ONE);
    }
}
