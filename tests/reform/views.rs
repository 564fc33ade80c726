//! Views, re-basing and handover over the example's reform.

use crate::{tra_vinh_org, unit_id};
use jiff::civil::{Date, date};
use std::collections::{BTreeMap, BTreeSet};
use thidua::domain::org::{
    Fraction, HandoverLine, HandoverSide, Org, RebaseQuality, ReportedFigure, StockFlow, Stocks,
    StructureView, UnitAttribution, UnitKind, check_handover,
};
use thidua::domain::report::element::ElementCode;
use thidua::domain::support::ids::UnitId;
use thidua::i18n::Lang;

const START: Date = date(2024, 8, 19);
const REFORM: Date = date(2025, 7, 1);

fn unit_counts(
    org: &Org,
    view: StructureView,
    uid: &str,
    start: Date,
    level: UnitKind,
) -> UnitAttribution {
    org.attribute_figure(view, unit_id(uid), start, level).unwrap()
}

/// One figure for each commune and month of the campaign, all different.
fn monthly_figures(org: &Org) -> Vec<ReportedFigure> {
    let starts = [
        date(2024, 9, 1),
        date(2024, 12, 31),
        date(2025, 1, 1),
        date(2025, 3, 1),
        date(2025, 6, 30),
        REFORM,
    ];
    let on = |start: Date| {
        org.units_of_kind_on(UnitKind::Commune, start).map(move |unit| (unit.id, start))
    };
    let numbered = starts.into_iter().flat_map(on).enumerate();
    numbered
        .map(|(n, (unit, start))| ReportedFigure { unit, start, value: n as i64 % 17 })
        .collect()
}

#[test]
fn the_three_communes_that_straddle_old_districts_are_named() {
    let org = tra_vinh_org();
    let mut names: Vec<&str> = org
        .units_not_comparable(START, UnitKind::District, REFORM)
        .iter()
        .map(|unit| org.nearest_name(*unit, REFORM))
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["Phường Hòa Thuận", "Phường Nguyệt Hóa", "Xã Ngũ Lạc"]);
    assert_eq!(org.units_not_comparable(date(2025, 2, 28), UnitKind::District, REFORM).len(), 3);
    assert_eq!(
        org.units_not_comparable(START, UnitKind::District, date(2025, 6, 30)),
        [],
        "old districts are exact until 30 June"
    );
    assert_eq!(org.units_not_comparable(START, UnitKind::Province, REFORM), []);
}

#[test]
fn a_figure_counts_for_another_unit_in_each_view_and_stays_where_it_was_reported() {
    let org = tra_vinh_org();
    let (commune, district, province) = (UnitKind::Commune, UnitKind::District, UnitKind::Province);
    let old = |view, level| unit_counts(&org, view, "com-29245-0", date(2024, 9, 2), level);
    assert_eq!(old(StructureView::AsWas, commune), UnitAttribution::Whole(unit_id("com-29245-0")));
    assert_eq!(old(StructureView::AsWas, district), UnitAttribution::Whole(unit_id("dist-842")));
    assert_eq!(
        old(StructureView::AsIs(date(2025, 1, 6)), commune),
        UnitAttribution::Whole(unit_id("com-29242-1"))
    );
    assert_eq!(
        old(StructureView::AsIs(REFORM), commune),
        UnitAttribution::Whole(unit_id("com-29242-2"))
    );
    assert_eq!(
        old(StructureView::AsIs(REFORM), district),
        UnitAttribution::NoUnit,
        "there are no districts any more"
    );
    assert_eq!(
        old(StructureView::AsIs(REFORM), province),
        UnitAttribution::Whole(unit_id("prov-86-2025"))
    );

    let new = |uid, level| unit_counts(&org, StructureView::Frozen(START), uid, REFORM, level);
    let merged = new("com-29242-2", commune);
    assert!(
        matches!(&merged, UnitAttribution::NotComparable(units) if units.len() == 5),
        "{merged:?}"
    );
    assert_eq!(
        new("com-29242-2", district),
        UnitAttribution::Whole(unit_id("dist-842")),
        "all five lay in one district"
    );
    assert!(matches!(
        new("com-29254-2", district),
        UnitAttribution::NotComparable(units) if units.len() == 2
    ));
    assert_eq!(
        new("com-29410-2", commune),
        UnitAttribution::NoUnit,
        "a later code is an alias, not an id"
    );
    assert_eq!(new("com-29410-0", commune), UnitAttribution::Whole(unit_id("com-29410-0")));
    assert_eq!(new("com-29254-2", province), UnitAttribution::Whole(unit_id("prov-84")));
}

#[test]
fn a_dissolved_districts_own_figures_count_for_the_province() {
    let org = tra_vinh_org();
    let at = |day, level| {
        unit_counts(&org, StructureView::AsIs(day), "dist-842", date(2025, 1, 6), level)
    };
    assert_eq!(
        at(date(2025, 3, 1), UnitKind::Province),
        UnitAttribution::Whole(unit_id("prov-84"))
    );
    assert_eq!(at(REFORM, UnitKind::Province), UnitAttribution::Whole(unit_id("prov-86-2025")));
    assert_eq!(at(REFORM, UnitKind::District), UnitAttribution::NoUnit);
    let before = unit_counts(
        &org,
        StructureView::AsIs(date(2025, 1, 6)),
        "dist-842",
        date(2025, 2, 1),
        UnitKind::District,
    );
    assert_eq!(before, UnitAttribution::Whole(unit_id("dist-842")));
}

#[test]
fn totals_of_the_province_are_the_same_in_every_view() {
    let org = tra_vinh_org();
    let figures = monthly_figures(&org);
    let all: i64 = figures.iter().map(|figure| figure.value).sum();
    for view in [
        StructureView::AsWas,
        StructureView::AsIs(REFORM),
        StructureView::AsIs(date(2025, 3, 1)),
        StructureView::Frozen(START),
    ] {
        let tally = org.sum_figures(view, UnitKind::Province, &figures).unwrap();
        let sum = tally
            .by_unit
            .values()
            .try_fold(Fraction::ZERO, |sum, value| sum.try_add(*value))
            .unwrap();
        assert_eq!(
            (sum, tally.unattributed, tally.not_comparable.len()),
            (Fraction::from_integer(all), Fraction::ZERO, 0),
            "{view}"
        );
    }
    let frozen =
        org.sum_figures(StructureView::Frozen(START), UnitKind::District, &figures).unwrap();
    assert_eq!(
        (frozen.by_unit.len(), frozen.not_comparable.len()),
        (9, 3),
        "nine districts, three that straddle"
    );
}

#[test]
fn the_legacy_scope_of_the_province_is_its_41_successors_and_that_of_a_district_is_not_exact() {
    let org = tra_vinh_org();
    let communes: BTreeSet<UnitId> =
        org.units_of_kind_on(UnitKind::Commune, START).map(|unit| unit.id).collect();
    assert_eq!(org.equivalent_units(&communes, START, REFORM).unwrap().len(), 41);
    let district = |uid: &str| -> BTreeSet<UnitId> {
        let all = org.children(unit_id(uid), thidua::domain::org::Hierarchy::Command, START);
        all.into_iter().collect()
    };
    let straddling = org.equivalent_units(&district("dist-842"), START, REFORM).unwrap_err();
    assert!(straddling.contains(&unit_id("com-29254-2")), "Nguyệt Hóa");
    assert_eq!(
        org.equivalent_units(&district("dist-849"), START, REFORM).unwrap().len(),
        6,
        "Trà Cú stays whole"
    );
    let closed: BTreeSet<UnitId> = org.units().iter().map(|unit| unit.id).collect();
    assert_eq!(org.check_closed_under_lineage(&closed), Ok(()));
    assert!(org.check_closed_under_lineage(&communes).is_err());
}

#[test]
fn v16_the_base_of_phuong_tra_vinh_is_28_and_exact() {
    let org = tra_vinh_org();
    let bases = BTreeMap::from([
        (unit_id("com-29239-0"), 9),
        (unit_id("com-29242-1"), 7),
        (unit_id("com-29260-0"), 12),
    ]);
    let rebased = org.rebase_baselines(&bases, date(2025, 6, 30), REFORM).unwrap();
    let [base] = rebased.baselines.as_slice() else { panic!("one unit has a base") };
    assert_eq!(
        (base.unit, base.base, base.rounded),
        (unit_id("com-29242-2"), Fraction::from_integer(28), 28),
        "V16"
    );
    assert_eq!(
        (base.quality, base.without_baseline.as_slice(), base.parts.len()),
        (RebaseQuality::Exact, &[][..], 3),
        "V16"
    );
    assert_eq!(28 * 93 / 100, 26, "V16: the limit for a fall by 7 %");
    assert_eq!(org.nearest_name(base.unit, REFORM), "Phường Trà Vinh");
}

#[test]
fn a_predecessor_without_a_base_is_named_and_not_taken_as_zero() {
    let org = tra_vinh_org();
    let bases = BTreeMap::from([(unit_id("com-29239-0"), 9), (unit_id("com-29260-0"), 12)]);
    let rebased = org.rebase_baselines(&bases, date(2025, 6, 30), REFORM).unwrap();
    assert_eq!(rebased.baselines[0].without_baseline, [unit_id("com-29242-1")]);
}

#[test]
fn a_handover_balances_case_for_case_or_says_where_it_does_not() {
    let element = ElementCode::new("suspended_cases").unwrap();
    let (old, other, new) =
        (unit_id("com-29239-0"), unit_id("com-29260-0"), unit_id("com-29242-2"));
    let closing = Stocks::from([((old, element.clone()), 5), ((other, element.clone()), 3)]);
    let line = |from, amount| HandoverLine { from, to: new, element: element.clone(), amount };
    let opening = |stock| Stocks::from([((new, element.clone()), stock)]);
    assert_eq!(check_handover(&closing, &[line(old, 5), line(other, 3)], &opening(8)), []);
    let found = check_handover(&closing, &[line(old, 5), line(other, 2)], &opening(8));
    let seen: Vec<_> = found.iter().map(|i| (i.unit, i.side, i.stated, i.transferred)).collect();
    assert_eq!(seen, [(other, HandoverSide::Out, Some(3), 2), (new, HandoverSide::In, Some(8), 7)]);
    assert!(
        found[0]
            .to_violation("Phường 9")
            .message
            .text(Lang::VI)
            .contains("số tồn cuối của suspended_cases là 3 nhưng bàn giao đi 2")
    );
    let without_opening = check_handover(&closing, &[line(old, 5), line(other, 3)], &Stocks::new());
    assert_eq!(without_opening[0].stated, None, "an opening stock not stated is not zero");
    let flow = StockFlow { opening: 120, inflow: 30, outflow: 45 };
    assert_eq!(flow.closing_stock(), Some(105), "V15, I10");
}

#[test]
fn a_view_is_named_on_every_output_and_read_back() {
    for view in [StructureView::AsWas, StructureView::AsIs(REFORM), StructureView::Frozen(START)] {
        assert_eq!(StructureView::parse(&view.to_string()), Some(view));
    }
    assert_eq!(StructureView::Frozen(START).to_string(), "FROZEN(2024-08-19)");
    assert_eq!(StructureView::parse("AS_IS"), None);
}
