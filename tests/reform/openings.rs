//! The opening balance of a successor on the day of a reform, against what its predecessors said.

use crate::{tra_vinh_org, unit_id};
use jiff::civil::{Date, date};
use std::collections::BTreeMap;
use thidua::domain::org::{
    Fraction, HandoverLine, HandoverState, LineageKind, Org, StockHandover, StructureView,
    UnitLineage,
};
use thidua::domain::quality::{
    ElementSeries, QualityData, QualityRule, SeriesPoint, collect_quality_data, run_rules,
};
use thidua::domain::report::element::ElementCode;
use thidua::domain::reporting::calendar::Calendars;
use thidua::domain::reporting::window::DateWindow;
use thidua::domain::standing::baseline::Baselines;
use thidua::domain::standing::{NO_WAIVERS, StandingInput};
use thidua::files::{campaign, catalogue};

/// The wards that merge into [`MERGED`] on [`REFORM`].
const FORMER: [&str; 3] = ["com-29245-0", "com-29251-0", "com-29242-0"];
const MERGED: &str = "com-29242-1";
/// A commune that lives on.
const LIVES_ON: &str = "com-29266-0";
const REFORM: Date = date(2025, 1, 1);
const ELEMENTS: &str = include_str!("../fixtures/opening_balance.toml");

fn code(text: &str) -> ElementCode {
    ElementCode::new(text).unwrap()
}

/// One period of a unit: up to the reform for the closing balance, from it on for the opening one.
fn said(uid: &str, element: &str, value: Option<i64>) -> ElementSeries {
    let window = match element {
        "ton_cuoi" => DateWindow { start: date(2024, 12, 30), end: REFORM },
        _ => DateWindow { start: REFORM, end: date(2025, 1, 6) },
    };
    let points = vec![SeriesPoint { window, value }];
    ElementSeries { unit: unit_id(uid), element: code(element), flow: false, points }
}

/// The evidence of every question about an opening balance, with its unit.
fn questions(org: &Org, handovers: &[StockHandover], series: &[ElementSeries]) -> Vec<String> {
    let text = include_str!("../../examples/tra-vinh/campaign-a.toml");
    let campaign = campaign::read_campaign_file("campaign-a.toml", text).unwrap().campaign;
    let input = StandingInput {
        org,
        calendars: &Calendars::standard().with_campaigns([&campaign]),
        catalogue: &catalogue::read_catalogue("elements.toml", ELEMENTS).unwrap(),
        campaign: &campaign,
        baselines: &Baselines::new([]),
        numbers: &BTreeMap::new(),
        waivers: &NO_WAIVERS,
        handovers,
        reports: &[],
        today: date(2025, 2, 1),
        view: StructureView::AsWas,
    };
    let data = QualityData { series: series.to_vec(), ..collect_quality_data(&input).unwrap() };
    let found = run_rules(&input, &data).remove(&QualityRule::Opening).unwrap().findings;
    let uid = |unit| org.unit(unit).unwrap().uid.clone();
    found.iter().map(|one| format!("{} {:?}", uid(one.unit), one.evidence)).collect()
}

fn closings(values: [Option<i64>; 3]) -> Vec<ElementSeries> {
    FORMER.iter().zip(values).map(|(uid, value)| said(uid, "ton_cuoi", value)).collect()
}

#[test]
fn a_successor_is_asked_when_it_opens_with_another_balance_than_its_predecessors_closed_with() {
    let org = tra_vinh_org();
    let opens_with = |opening, closing| {
        let opening = said(MERGED, "ton_dau", opening);
        questions(&org, &[], &[closings(closing), vec![opening]].concat())
    };
    let closing = [Some(11), Some(8), Some(3)];
    assert!(opens_with(Some(22), closing).is_empty());
    assert_eq!(opens_with(Some(19), closing), [format!("{MERGED} [22, 19]")]);
    assert_eq!(opens_with(Some(0), closing), [format!("{MERGED} [22, 0]")]);
    assert!(opens_with(None, closing).is_empty(), "it said nothing: nothing is compared");
    assert!(opens_with(Some(19), [Some(11), None, Some(3)]).is_empty(), "a former ward is silent");
}

#[test]
fn a_share_of_a_divided_unit_counts_by_its_weight_and_a_signed_hand_over_by_its_amount() {
    let mut facts = tra_vinh_org().facts().clone();
    let line = facts.lineage.iter_mut().find(|line| line.from == unit_id(FORMER[1])).unwrap();
    (line.kind, line.weight) = (LineageKind::Split, Fraction::new(1, 3).unwrap());
    let weight = Fraction::new(2, 3).unwrap();
    let rest = UnitLineage { to: unit_id(LIVES_ON), weight, ..line.clone() };
    facts.lineage.push(rest);
    let org = Org::new(facts).unwrap();
    let opens_with = |handovers: &[StockHandover], merged, lives_on| {
        let others = vec![
            said(LIVES_ON, "ton_cuoi", Some(5)),
            said(MERGED, "ton_dau", Some(merged)),
            said(LIVES_ON, "ton_dau", Some(lives_on)),
        ];
        let closing = closings([Some(11), Some(8), Some(3)]);
        questions(&org, handovers, &[closing, others].concat())
    };
    // A third of 8 is between 2 and 3, and two thirds between 5 and 6.
    assert!(opens_with(&[], 17, 10).is_empty() && opens_with(&[], 16, 11).is_empty());
    let [merged, lives_on] = [format!("{MERGED} [17, 22]"), format!("{LIVES_ON} [10, 5]")];
    assert_eq!(opens_with(&[], 22, 10), [merged]);
    assert_eq!(opens_with(&[], 17, 5), [lives_on]);

    let hand = |to, amount| HandoverLine {
        from: unit_id(FORMER[1]),
        to: unit_id(to),
        element: code("ton_cuoi"),
        amount,
    };
    let signed = StockHandover {
        effective_day: REFORM,
        basis: "BB 12".to_owned(),
        lines: vec![hand(MERGED, 8)],
        state: HandoverState::Signed,
        proposed_day: REFORM,
        settled_day: Some(REFORM),
    };
    assert!(opens_with(std::slice::from_ref(&signed), 22, 5).is_empty());
    assert_eq!(opens_with(&[signed], 22, 11), [format!("{LIVES_ON} [5, 11]")]);
}
