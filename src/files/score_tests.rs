//! Scoring as a unit would check it by hand, on the example's campaign as it is read from its file.

use crate::domain::campaign::{Campaign, Commitment};
use crate::domain::element::ElementCode;
use crate::domain::ratio::Ratio;
use crate::domain::scoring::*;
use crate::domain::standing::{Coverage, Judgement, JudgementState, StandingFigure};
use crate::domain::target::Target;
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
    let met = Ratio::whole(now - before) <= bound.times(Ratio::whole(before)).unwrap();
    let state = if met { JudgementState::Met } else { JudgementState::Missed };
    let counts = (Some(Ratio::whole(before)), Some(Ratio::whole(now)));
    let judgement =
        Judgement { bound: Some(bound), count_before: counts.0, count_now: counts.1, ..judged("T1", state) };
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
    match curve::fair(judgement, target) {
        Attainment::Share { share, bonus } => (share.rounded(4).unwrap(), bonus.rounded(4).unwrap()),
        Attainment::Waiting => ("waiting".into(), String::new()),
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
    for state in [JudgementState::Undetermined, JudgementState::NoData, JudgementState::NotComparable] {
        assert_eq!(attained(&share(state, 1, 100)).0, "waiting", "{state}");
    }
    assert_eq!(attained(&share(JudgementState::NotApplicable, 0, 1)).0, "n/a");
}

fn campaign() -> Campaign {
    let text = include_str!("../../examples/tra-vinh/campaign-a.toml");
    super::campaign::read("campaign-a.toml", text).unwrap().campaign
}

fn full() -> Coverage {
    Coverage { expected: 100, received: 100, accepted: 100, ..Coverage::default() }
}

fn leaf(code: &str, weight: i64, kind: LeafKind) -> Node {
    Node::Leaf(Leaf { code: code.to_owned(), weight: Ratio::whole(weight), kind })
}

fn quant(code: &str, weight: i64) -> Node {
    leaf(code, weight, LeafKind::Quant { target: code.to_owned() })
}

fn group(nodes: Vec<Node>) -> Node {
    Node::Group { code: "A".into(), nodes }
}

#[test]
fn weight_of_what_does_not_apply_goes_to_the_others_and_a_line_that_waits_leaves_no_total() {
    let (campaign, (t1, _)) = (campaign(), fall(450, 440, "-7/100"));
    let none = judged("T4", JudgementState::NotApplicable);
    let tree = group(vec![quant("T1", 60), quant("T4", 40)]);
    let ground = |other| Ground {
        judgements: BTreeMap::from([("T1", &t1), ("T4", other)]),
        coverage: full(),
        ..Ground::default()
    };
    let sheet = score(&tree, &campaign, &ground(&none)).unwrap();
    assert_eq!((sheet.shared_out, sheet.lines[0].weight), (Ratio::whole(40), Ratio::whole(100)));
    assert_eq!(sheet.total.unwrap().rounded(2).unwrap(), "31.75");
    let waits = judged("T4", JudgementState::Undetermined);
    let sheet = score(&tree, &campaign, &ground(&waits)).unwrap();
    assert_eq!((sheet.total, sheet.lines[1].system), (None, None));
    assert!(sheet.lines[0].system.is_some(), "what is known is shown");
}

#[test]
fn small_incomplete_questioned_and_vetoed_units_get_no_score_and_no_zero() {
    let (campaign, (t1, _)) = (campaign(), fall(450, 418, "-7/100"));
    let tree = group(vec![quant("T1", 100), leaf("V", 0, LeafKind::Veto { authority: "Thanh tra tỉnh".into() })]);
    let fine =
        Ground { judgements: BTreeMap::from([("T1", &t1)]), coverage: full(), persons: Some(12), ..Ground::default() };
    assert_eq!(score(&tree, &campaign, &fine).unwrap().total, Some(Ratio::whole(100)));
    let late = Coverage { expected: 100, received: 94, accepted: 94, missing: 6, ..Coverage::default() };
    let cases = [
        (Ground { persons: Some(2), ..fine.clone() }, NoScore::TooSmall),
        (Ground { coverage: late, ..fine.clone() }, NoScore::Incomplete),
        (Ground { under_question: true, ..fine.clone() }, NoScore::UnderQuestion),
        (Ground { documented: BTreeMap::from([("V".into(), Ratio::ONE)]), ..fine.clone() }, NoScore::Veto),
    ];
    for (ground, why) in cases {
        let sheet = score(&tree, &campaign, &ground).unwrap();
        assert_eq!((sheet.total, sheet.refused), (None, vec![why]));
    }
    let nobody = group(vec![leaf("V", 0, LeafKind::Veto { authority: " ".into() })]);
    assert_eq!(nobody.check(&campaign), [BadTree::Nobody("V".into())]);
}

#[test]
fn a_deduction_is_nothing_without_a_signed_decision() {
    let campaign = campaign();
    let penalty = |decision: Option<&str>| {
        let kind = LeafKind::BonusPenalty { floor: Ratio::whole(-5), decision: decision.map(str::to_owned) };
        let ground = Ground {
            coverage: full(),
            documented: BTreeMap::from([("P".into(), Ratio::whole(-9))]),
            ..Ground::default()
        };
        score(&group(vec![leaf("P", 2, kind)]), &campaign, &ground).unwrap().total
    };
    assert_eq!(penalty(None), Some(Ratio::ZERO));
    assert_eq!(penalty(Some("QĐ 12/2024")), Some(Ratio::whole(-5)), "and never below its floor");
}

#[test]
fn the_clusters_score_stands_only_with_a_reason_and_a_post() {
    let (campaign, (t1, _)) = (campaign(), fall(450, 440, "-7/100"));
    let with = |reason: &str| {
        let decided = Override { points: Ratio::whole(50), reason: reason.into(), post: "Cụm trưởng".into() };
        let ground = Ground {
            judgements: BTreeMap::from([("T1", &t1)]),
            coverage: full(),
            own: BTreeMap::from([("T1".into(), Ratio::whole(80))]),
            cluster: BTreeMap::from([("T1".into(), decided)]),
            ..Ground::default()
        };
        score(&group(vec![quant("T1", 100)]), &campaign, &ground).unwrap()
    };
    assert_eq!(with("thiên tai tháng 9").total, Some(Ratio::whole(50)));
    let sheet = with("");
    assert_eq!(sheet.total.unwrap().rounded(2).unwrap(), "31.75");
    assert_eq!(sheet.lines[0].own, Some(Ratio::whole(80)), "what the unit said stays beside it");
}

#[test]
fn a_campaigns_own_targets_make_a_tree_of_a_hundred_points() {
    let campaign = campaign();
    let tree = Node::of_targets(&campaign);
    let sum = tree.leaves().iter().try_fold(Ratio::ZERO, |sum, leaf| sum.plus(leaf.weight));
    assert_eq!(sum, Some(Ratio::whole(100)));
    assert_eq!(tree.check(&campaign), []);
    assert!(campaign.targets.iter().any(|target| target.commitment == Commitment::Strive));
}

proptest! {
    #[test]
    fn fewer_cases_never_earn_less_and_no_share_leaves_its_bounds(before in 1i64..600, now in 0i64..700, fewer in 0i64..50) {
        let points = |now| match curve::fair(&fall(before, now, "-7/100").0, &fall(before, now, "-7/100").1) {
            Attainment::Share { share, .. } => share,
            Attainment::Waiting | Attainment::NotApplicable => Ratio::whole(-1),
        };
        let (more, less) = (points(now), points((now - fewer).max(0)));
        prop_assert!(Ratio::ZERO <= more && more <= less && less <= Ratio::ONE);
    }
}
