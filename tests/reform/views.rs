//! Stories of views, re-basing and handover over the real reform.

use crate::{id, tra_vinh};
use jiff::civil::{Date, date};
use std::collections::{BTreeMap, BTreeSet};
use thidua::domain::element::ElementCode;
use thidua::domain::ids::UnitId;
use thidua::domain::org::{
    BaseQuality, Counts, Figure, Fraction, HandoverLine, Org, Side, StockFlow, Stocks, UnitKind, View, check_handover,
};

const START: Date = date(2024, 8, 19);
const REFORM: Date = date(2025, 7, 1);

fn counts(org: &Org, view: View, uid: &str, start: Date, level: UnitKind) -> Counts {
    org.counts_for(view, id(uid), start, level).unwrap()
}

/// One figure for each commune and month of the campaign, all different.
fn figures(org: &Org) -> Vec<Figure> {
    let starts = [date(2024, 9, 1), date(2024, 12, 31), date(2025, 1, 1), date(2025, 3, 1), date(2025, 6, 30), REFORM];
    let on = |start: Date| org.units_of_kind_on(UnitKind::Commune, start).map(move |unit| (unit.id, start));
    let numbered = starts.into_iter().flat_map(on).enumerate();
    numbered.map(|(n, (unit, start))| Figure { unit, start, value: n as i64 % 17 }).collect()
}

#[test]
fn the_three_communes_that_straddle_old_districts_are_named() {
    let org = tra_vinh();
    let mut names: Vec<&str> =
        org.straddling(START, UnitKind::District, REFORM).iter().map(|unit| org.name_near(*unit, REFORM)).collect();
    names.sort_unstable();
    assert_eq!(names, ["Phường Hòa Thuận", "Phường Nguyệt Hóa", "Xã Ngũ Lạc"]);
    assert_eq!(org.straddling(date(2025, 2, 28), UnitKind::District, REFORM).len(), 3);
    assert_eq!(
        org.straddling(START, UnitKind::District, date(2025, 6, 30)),
        [],
        "old districts are exact until 30 June"
    );
    assert_eq!(org.straddling(START, UnitKind::Province, REFORM), []);
}

#[test]
fn a_figure_counts_for_another_unit_in_each_view_and_stays_where_it_was_reported() {
    let org = tra_vinh();
    let (commune, district, province) = (UnitKind::Commune, UnitKind::District, UnitKind::Province);
    let old = |view, level| counts(&org, view, "com-29245-0", date(2024, 9, 2), level);
    assert_eq!(old(View::AsWas, commune), Counts::For(id("com-29245-0")));
    assert_eq!(old(View::AsWas, district), Counts::For(id("dist-842")));
    assert_eq!(old(View::AsIs(date(2025, 1, 6)), commune), Counts::For(id("com-29242-1")));
    assert_eq!(old(View::AsIs(REFORM), commune), Counts::For(id("com-29242-2")));
    assert_eq!(old(View::AsIs(REFORM), district), Counts::Nowhere, "there are no districts any more");
    assert_eq!(old(View::AsIs(REFORM), province), Counts::For(id("prov-86-2025")));

    let new = |uid, level| counts(&org, View::Frozen(START), uid, REFORM, level);
    let merged = new("com-29242-2", commune);
    assert!(matches!(&merged, Counts::NotComparable(units) if units.len() == 5), "{merged:?}");
    assert_eq!(new("com-29242-2", district), Counts::For(id("dist-842")), "all five lay in one district");
    assert!(matches!(new("com-29254-2", district), Counts::NotComparable(units) if units.len() == 2));
    assert_eq!(new("com-29410-2", commune), Counts::Nowhere, "a later code is an alias, not an id");
    assert_eq!(new("com-29410-0", commune), Counts::For(id("com-29410-0")));
    assert_eq!(new("com-29254-2", province), Counts::For(id("prov-84")));
}

#[test]
fn a_dissolved_districts_own_figures_count_for_the_province() {
    let org = tra_vinh();
    let at = |day, level| counts(&org, View::AsIs(day), "dist-842", date(2025, 1, 6), level);
    assert_eq!(at(date(2025, 3, 1), UnitKind::Province), Counts::For(id("prov-84")));
    assert_eq!(at(REFORM, UnitKind::Province), Counts::For(id("prov-86-2025")));
    assert_eq!(at(REFORM, UnitKind::District), Counts::Nowhere);
    let before = counts(&org, View::AsIs(date(2025, 1, 6)), "dist-842", date(2025, 2, 1), UnitKind::District);
    assert_eq!(before, Counts::For(id("dist-842")));
}

#[test]
fn totals_of_the_province_are_the_same_in_every_view() {
    let org = tra_vinh();
    let figures = figures(&org);
    let all: i64 = figures.iter().map(|figure| figure.value).sum();
    for view in [View::AsWas, View::AsIs(REFORM), View::AsIs(date(2025, 3, 1)), View::Frozen(START)] {
        let tally = org.tally(view, UnitKind::Province, &figures).unwrap();
        let sum = tally.by_unit.values().try_fold(Fraction::ZERO, |sum, value| sum.plus(*value)).unwrap();
        assert_eq!((sum, tally.nowhere, tally.straddling.len()), (Fraction::whole(all), Fraction::ZERO, 0), "{view}");
    }
    let frozen = org.tally(View::Frozen(START), UnitKind::District, &figures).unwrap();
    assert_eq!((frozen.by_unit.len(), frozen.straddling.len()), (9, 3), "nine districts, three that straddle");
}

#[test]
fn the_legacy_scope_of_the_province_is_its_41_successors_and_that_of_a_district_is_not_exact() {
    let org = tra_vinh();
    let communes: BTreeSet<UnitId> = org.units_of_kind_on(UnitKind::Commune, START).map(|unit| unit.id).collect();
    assert_eq!(org.legacy_scope(&communes, START, REFORM).unwrap().len(), 41);
    let district = |uid: &str| -> BTreeSet<UnitId> {
        let all = org.children(id(uid), thidua::domain::org::Hierarchy::Command, START);
        all.into_iter().collect()
    };
    let straddling = org.legacy_scope(&district("dist-842"), START, REFORM).unwrap_err();
    assert!(straddling.contains(&id("com-29254-2")), "Nguyệt Hóa");
    assert_eq!(org.legacy_scope(&district("dist-849"), START, REFORM).unwrap().len(), 6, "Trà Cú stays whole");
    let closed: BTreeSet<UnitId> = org.units().iter().map(|unit| unit.id).collect();
    assert_eq!(org.closed_under_lineage(&closed), Ok(()));
    assert!(org.closed_under_lineage(&communes).is_err());
}

#[test]
fn v16_the_base_of_phuong_tra_vinh_is_28_and_exact() {
    let org = tra_vinh();
    let bases = BTreeMap::from([(id("com-29239-0"), 9), (id("com-29242-1"), 7), (id("com-29260-0"), 12)]);
    let rebased = org.rebase(&bases, date(2025, 6, 30), REFORM).unwrap();
    let [base] = rebased.units.as_slice() else { panic!("one unit has a base") };
    assert_eq!((base.unit, base.base, base.whole), (id("com-29242-2"), Fraction::whole(28), 28), "V16");
    assert_eq!((base.quality, base.missing.as_slice(), base.parts.len()), (BaseQuality::Exact, &[][..], 3), "V16");
    assert_eq!(28 * 93 / 100, 26, "V16: the limit for a fall by 7 %");
    assert_eq!(org.name_near(base.unit, REFORM), "Phường Trà Vinh");
}

#[test]
fn a_predecessor_without_a_base_is_named_and_not_taken_as_zero() {
    let org = tra_vinh();
    let bases = BTreeMap::from([(id("com-29239-0"), 9), (id("com-29260-0"), 12)]);
    let rebased = org.rebase(&bases, date(2025, 6, 30), REFORM).unwrap();
    assert_eq!(rebased.units[0].missing, [id("com-29242-1")]);
}

#[test]
fn a_handover_balances_case_for_case_or_says_where_it_does_not() {
    let element = ElementCode::new("suspended_cases").unwrap();
    let (old, other, new) = (id("com-29239-0"), id("com-29260-0"), id("com-29242-2"));
    let closing = Stocks::from([((old, element.clone()), 5), ((other, element.clone()), 3)]);
    let line = |from, amount| HandoverLine { from, to: new, element: element.clone(), amount };
    let opening = |stock| Stocks::from([((new, element.clone()), stock)]);
    assert_eq!(check_handover(&closing, &[line(old, 5), line(other, 3)], &opening(8)), []);
    let found = check_handover(&closing, &[line(old, 5), line(other, 2)], &opening(8));
    let seen: Vec<_> = found.iter().map(|i| (i.unit, i.side, i.stated, i.handed)).collect();
    assert_eq!(seen, [(other, Side::Out, Some(3), 2), (new, Side::In, Some(8), 7)]);
    assert!(found[0].broken("Phường 9").vi.contains("tồn cuối suspended_cases là 3 nhưng bàn giao đi 2"));
    let forgotten = check_handover(&closing, &[line(old, 5), line(other, 3)], &Stocks::new());
    assert_eq!(forgotten[0].stated, None, "an opening stock not stated is not zero");
    let flow = StockFlow { opening: 120, inflow: 30, outflow: 45 };
    assert_eq!(flow.closing(), Some(105), "V15, I10");
}

#[test]
fn a_view_is_named_on_every_output_and_read_back() {
    for view in [View::AsWas, View::AsIs(REFORM), View::Frozen(START)] {
        assert_eq!(View::parse(&view.to_string()), Some(view));
    }
    assert_eq!(View::Frozen(START).to_string(), "FROZEN(2024-08-19)");
    assert_eq!(View::parse("AS_IS"), None);
}
