//! Property tests of the organisation over random histories: one parent a day, weights that sum to
//! 1, equal totals in every view.

use super::{
    DaySpan, Fraction, Hierarchy, Org, OrgAction, OrgChange, OrgFacts, ReportedFigure,
    StructureView, Unit, UnitAttribution, UnitDescription, UnitKind, UnitParent, UnitVersion,
};
use crate::domain::support::ids::UnitId;
use crate::domain::support::time::{DAY_MICROS, Timestamp, date_from_days, days_from_date};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const FIRST: Date = Date::constant(2025, 1, 1);

fn described(name: &str, kind: UnitKind) -> UnitDescription {
    UnitDescription {
        name: name.to_owned(),
        kind,
        local_kind: "xa".to_owned(),
        code: None,
        note: String::new(),
    }
}

fn unit(uid: &str, kind: UnitKind) -> Unit {
    let UnitDescription { name, kind, local_kind, code, note } = described(uid, kind);
    Unit::new(uid, UnitVersion { days: DaySpan::ALWAYS, name, kind, local_kind, code, note })
}

/// A province, three districts, nine communes; built once.
fn small_province() -> Org {
    static ORG: std::sync::OnceLock<Org> = std::sync::OnceLock::new();
    ORG.get_or_init(build_small_province).clone()
}

fn build_small_province() -> Org {
    let mut facts = OrgFacts { units: vec![unit("p", UnitKind::Province)], ..OrgFacts::default() };
    let mut under = |child: &str, parent: &str, kind| {
        facts.units.push(unit(child, kind));
        let (child, parent) = (UnitId::from_code(child), UnitId::from_code(parent));
        facts.edges.push(UnitParent {
            child,
            parent,
            hierarchy: Hierarchy::Command,
            days: DaySpan::ALWAYS,
        });
    };
    for d in 0..3 {
        under(&format!("d{d}"), "p", UnitKind::District);
        for c in 0..3 {
            under(&format!("c{d}{c}"), &format!("d{d}"), UnitKind::Commune);
        }
    }
    Org::new(facts).unwrap()
}

fn day_of(step: usize) -> Date {
    date_from_days(days_from_date(FIRST) + 10 * step as i32)
}

/// The actions of one step; they are valid for any numbers.
fn step_actions(org: &Org, step: usize, (op, a, b, c): (u8, usize, usize, i128)) -> Vec<OrgAction> {
    let day = day_of(step);
    let open = |kind| org.units_of_kind_on(kind, day).map(|unit| unit.id).collect::<Vec<UnitId>>();
    let (communes, districts) = (open(UnitKind::Commune), open(UnitKind::District));
    let (one, two) = (communes[a % communes.len()], communes[b % communes.len()]);
    let parent = org.parent(one, Hierarchy::Command, day).unwrap();
    let create = |uid: &str, parent| OrgAction::Create {
        uid: uid.to_owned(),
        unit: described(uid, UnitKind::Commune),
        parents: vec![(Hierarchy::Command, parent)],
    };
    let (new, newer) = (format!("n{step}"), format!("m{step}"));
    let (new_id, newer_id) = (UnitId::from_code(&new), UnitId::from_code(&newer));
    let (weight, rest) = (Fraction::new(c, 7).unwrap(), Fraction::new(7 - c, 7).unwrap());
    match op {
        0 if one != two => {
            vec![create(&new, parent), OrgAction::Merge { from: vec![one, two], into: new_id }]
        }
        1 if one != two => vec![OrgAction::Merge { from: vec![one], into: two }],
        2 => {
            let into = vec![(new_id, weight), (newer_id, rest)];
            vec![create(&new, parent), create(&newer, parent), OrgAction::Split { from: one, into }]
        }
        3 => vec![
            create(&new, parent),
            OrgAction::Split { from: one, into: vec![(one, weight), (new_id, rest)] },
        ],
        4 if !districts.is_empty() => {
            let parent = Some(districts[b % districts.len()]);
            vec![OrgAction::Reparent { unit: one, hierarchy: Hierarchy::Command, parent }]
        }
        5 => vec![OrgAction::Rename { unit: one, to: described(&new, UnitKind::Commune) }],
        6 if !districts.is_empty() => {
            let district = districts[b % districts.len()];
            let province = Some(UnitId::from_code("p"));
            let orphans = org.children(district, Hierarchy::Command, day);
            let move_up = |unit| OrgAction::Reparent {
                unit,
                hierarchy: Hierarchy::Command,
                parent: province,
            };
            orphans
                .into_iter()
                .map(move_up)
                .chain([OrgAction::Dissolve { unit: district }])
                .collect()
        }
        _ => vec![create(&new, parent)],
    }
}

type OrgOpInput = (u8, usize, usize, i128);

fn history(ops: &[OrgOpInput]) -> (Org, Vec<OrgChange>) {
    let mut org = small_province();
    let mut all = Vec::new();
    for (step, op) in ops.iter().enumerate() {
        let change = |action| OrgChange {
            effective_day: day_of(step),
            legal_basis: format!("NQ {step}"),
            recorded_at: Timestamp(step as i64 * DAY_MICROS),
            action,
        };
        let changes: Vec<OrgChange> =
            step_actions(&org, step, *op).into_iter().map(change).collect();
        org = org
            .apply_changes(&changes)
            .unwrap_or_else(|found| panic!("{op:?}: {}", found[0].violation));
        all.extend(changes);
    }
    (org, all)
}

fn ops() -> impl Strategy<Value = Vec<OrgOpInput>> {
    prop::collection::vec((0_u8..8, 0_usize..50, 0_usize..50, 1_i128..7), 0..7)
}

/// Figures of communes on days when they were open, from numbers.
fn figures(org: &Org, numbers: &[(usize, usize, i64)]) -> Vec<ReportedFigure> {
    let figure = |(day, unit, value): &(usize, usize, i64)| {
        let start = date_from_days(days_from_date(FIRST) - 5 + *day as i32);
        let open: Vec<UnitId> =
            org.units_of_kind_on(UnitKind::Commune, start).map(|unit| unit.id).collect();
        ReportedFigure { unit: open[unit % open.len()], start, value: *value }
    };
    numbers.iter().map(figure).collect()
}

fn numbers() -> impl Strategy<Value = Vec<(usize, usize, i64)>> {
    prop::collection::vec((0_usize..95, 0_usize..50, 0_i64..1000), 1..30)
}

fn sum<'a>(values: impl IntoIterator<Item = &'a Fraction>) -> Fraction {
    values.into_iter().fold(Fraction::ZERO, |sum, value| sum.try_add(*value).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn i2_every_open_unit_has_one_command_parent_on_every_day_and_no_ring_exists(ops in ops()) {
        let (org, _) = history(&ops);
        for step in 0..=ops.len() {
            let day = day_of(step);
            for unit in org.open_units_on(day) {
                let holds = |edge: &&UnitParent| edge.child == unit.id && edge.days.contains(day);
                let parents = org.facts().edges.iter().filter(holds).count();
                prop_assert_eq!(parents, usize::from(unit.uid != "p"), "{} on {}", unit.uid, day);
                let path = org.path_from_root(unit.id, Hierarchy::Command, day);
                prop_assert!(path.len() <= 3 && path[0] == UnitId::from_code("p"));
            }
        }
    }

    #[test]
    fn i3_the_weights_of_every_predecessor_sum_to_1(ops in ops()) {
        let (org, _) = history(&ops);
        let mut sums: BTreeMap<(UnitId, &str), Vec<Fraction>> = BTreeMap::new();
        for line in org.lineage() {
            sums.entry((line.from, &line.basis)).or_default().push(line.weight);
        }
        for weights in sums.values() {
            prop_assert_eq!(sum(weights), Fraction::ONE);
        }
    }

    #[test]
    fn i13_no_view_loses_or_adds_anything(ops in ops(), numbers in numbers(), at in 0_usize..10) {
        let (org, _) = history(&ops);
        let figures = figures(&org, &numbers);
        let all: i64 = figures.iter().map(|figure| figure.value).sum();
        for view in [StructureView::AsWas, StructureView::AsIs(day_of(at)), StructureView::AsIs(day_of(9)), StructureView::Frozen(date(2024, 12, 1))] {
            let province = org.sum_figures(view, UnitKind::Province, &figures).unwrap();
            prop_assert_eq!(sum(province.by_unit.values()), Fraction::from_integer(all), "the province is closed under lineage");
            for level in [UnitKind::Commune, UnitKind::District] {
                let sums = org.sum_figures(view, level, &figures).unwrap();
                let rest = sums.unattributed.try_add(Fraction::from_integer(sums.not_comparable.values().sum())).unwrap();
                let total = sum(sums.by_unit.values()).try_add(rest).unwrap();
                prop_assert_eq!(total, Fraction::from_integer(all), "{} at {}", view, level);
            }
        }
    }

    #[test]
    fn i13_as_was_and_as_is_agree_over_any_set_of_communes_closed_under_lineage(
        ops in ops(), numbers in numbers(), seed in 0_usize..9,
    ) {
        let (org, _) = history(&ops);
        let figures = figures(&org, &numbers);
        // The units connected to one commune by lines; as a cross check, all others.
        let mut scope = BTreeSet::from([small_province().units_of_kind_on(UnitKind::Commune, FIRST).nth(seed).unwrap().id]);
        while let Err(joined) = org.check_closed_under_lineage(&scope) {
            let linked = org.lineage().iter().filter(|l| joined.contains(&l.to) || scope.contains(&l.from));
            scope.extend(linked.flat_map(|line| [line.from, line.to]).collect::<Vec<_>>());
        }
        let total = |view| {
            let sums = org.sum_figures(view, UnitKind::Commune, &figures).unwrap();
            sum(sums.by_unit.iter().filter(|(unit, _)| scope.contains(*unit)).map(|(_, value)| value))
        };
        prop_assert_eq!(total(StructureView::AsWas), total(StructureView::AsIs(day_of(10))));
    }

    #[test]
    fn i7_a_parent_is_the_sum_of_its_children_in_one_view(ops in ops(), numbers in numbers()) {
        let (org, _) = history(&ops);
        let (figures, day) = (figures(&org, &numbers), day_of(10));
        let communes = org.sum_figures(StructureView::AsIs(day), UnitKind::Commune, &figures).unwrap();
        let districts = org.sum_figures(StructureView::AsIs(day), UnitKind::District, &figures).unwrap();
        for district in org.units_of_kind_on(UnitKind::District, day) {
            let children = org.children(district.id, Hierarchy::Command, day);
            let below = sum(children.iter().filter_map(|child| communes.by_unit.get(child)));
            prop_assert_eq!(districts.by_unit.get(&district.id).copied().unwrap_or(Fraction::ZERO), below);
        }
    }

    #[test]
    fn changes_taken_out_of_a_history_make_it_again(ops in ops()) {
        let (org, changes) = history(&ops);
        let origin = org.state_before(FIRST).unwrap();
        prop_assert_eq!(&origin, &small_province());
        prop_assert_eq!(&origin.apply_changes(&changes).unwrap(), &org, "all at once as well as step by step");
        let days = org.change_days_from(FIRST);
        let taken: Vec<OrgChange> = days.into_iter().flat_map(|day| org.changes_on(day, Timestamp(0))).collect();
        prop_assert_eq!(&origin.apply_changes(&taken).unwrap(), &org);
    }

    #[test]
    fn rebased_bases_sum_to_the_old_ones_in_whole_numbers(ops in ops(), bases in prop::collection::vec(0_i64..500, 9)) {
        let (org, _) = history(&ops);
        let communes = small_province().units_of_kind_on(UnitKind::Commune, FIRST).map(|unit| unit.id).collect::<Vec<_>>();
        let bases: BTreeMap<UnitId, i64> = communes.into_iter().zip(bases).collect();
        let rebased = org.rebase_baselines(&bases, date(2024, 12, 31), day_of(10)).unwrap();
        prop_assert_eq!(rebased.baselines.iter().map(|r| r.rounded).sum::<i64>(), bases.values().sum::<i64>());
        prop_assert!(rebased.unassigned.is_empty());
        for unit in &rebased.baselines {
            prop_assert!((i128::from(unit.rounded) - unit.base.floor()).abs() <= 1);
            let created_from = |id: &UnitId| org.kind_on(*id, FIRST) != Some(UnitKind::Commune);
            prop_assert!(unit.without_baseline.iter().all(created_from), "only what was created out of nothing has no base");
        }
    }

    #[test]
    fn every_unit_that_ever_was_hangs_under_open_units_up_to_the_province(ops in ops()) {
        let (org, _) = history(&ops);
        let today = day_of(10);
        for unit in org.units().iter().filter(|unit| unit.uid != "p") {
            let above = org.effective_ancestors(unit.id, today);
            prop_assert!(above.iter().all(|id| org.is_open_on(*id, today) && *id != unit.id));
            prop_assert_eq!(above.last(), Some(&UnitId::from_code("p")));
            prop_assert_eq!(above.iter().collect::<BTreeSet<_>>().len(), above.len());
        }
    }
}

#[test]
fn a_split_gives_derived_figures_with_stated_weights_and_a_part_that_stays_is_one_of_the_heirs() {
    let (org, _) = history(&[(3, 0, 0, 2)]);
    let (retained, new) = (UnitId::from_code("c00"), UnitId::from_code("n0"));
    let counts = org
        .attribute_figure(
            StructureView::AsIs(day_of(1)),
            retained,
            date(2024, 9, 1),
            UnitKind::Commune,
        )
        .unwrap();
    let UnitAttribution::Weighted(parts) = counts else { panic!("{counts:?}") };
    let parts: BTreeMap<UnitId, Fraction> = parts.into_iter().collect();
    assert_eq!(parts[&retained], Fraction::new(2, 7).unwrap());
    assert_eq!(parts[&new], Fraction::new(5, 7).unwrap());
    let frozen = org.attribute_figure(
        StructureView::Frozen(date(2024, 9, 1)),
        new,
        day_of(1),
        UnitKind::Commune,
    );
    assert_eq!(
        frozen,
        Ok(UnitAttribution::Whole(retained)),
        "backwards a part is a part of one whole"
    );
    assert_eq!(
        org.effective_ancestors(new, day_of(1)),
        org.effective_ancestors(retained, day_of(1))
    );
}

#[test]
fn what_was_known_when_is_kept_apart_from_what_was_valid_when() {
    let (_, changes) = history(&[(5, 0, 0, 1), (0, 0, 1, 1)]);
    let mut history = super::OrgHistory::new(small_province());
    history.record_all(&changes).unwrap();
    let communes = |learned: i64| {
        let org = history.org_known_at(Timestamp(learned * DAY_MICROS)).unwrap();
        org.units_of_kind_on(UnitKind::Commune, day_of(1)).count()
    };
    assert_eq!(
        (communes(0), communes(1)),
        (9, 8),
        "before the merger was learned of, nobody expected it"
    );
    let twice = OrgChange {
        effective_day: day_of(3),
        legal_basis: "NQ 9".into(),
        recorded_at: Timestamp(0),
        action: OrgAction::Dissolve { unit: UnitId::from_code("c00") },
    };
    let found = history.record(twice).unwrap_err();
    assert_eq!(
        found[0].violation.code, "NOT_OPEN",
        "a unit that was merged away cannot be dissolved again"
    );
    assert_eq!(history.changes().len(), 3, "a refused change leaves no trace");
}
