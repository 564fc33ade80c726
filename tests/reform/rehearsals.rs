//! Stories of changes and their rehearsal over the real reform.

use crate::tra_vinh;
use jiff::civil::date;
use std::collections::BTreeMap;
use thidua::domain::org::{ChangeKind, History, UnitKind};
use thidua::domain::time::Instant;

#[test]
fn the_files_are_one_history_of_changes_and_give_the_same_organisation_again() {
    let org = tra_vinh();
    let first = date(2025, 1, 1);
    let days = org.change_days_from(first);
    assert_eq!(days, [first, date(2025, 3, 1), date(2025, 7, 1)]);
    let origin = org.before(first).unwrap();
    assert_eq!(origin.units_of_kind_on(UnitKind::Commune, date(2030, 1, 1)).count(), 106, "nothing was announced yet");
    let changes: Vec<_> = days.iter().flat_map(|day| org.changes_on(*day, Instant(0))).collect();
    assert_eq!(origin.apply(&changes).unwrap(), org);

    let mut kinds: BTreeMap<(ChangeKind, jiff::civil::Date), usize> = BTreeMap::new();
    changes.iter().for_each(|change| *kinds.entry((change.act.kind(), change.effective)).or_default() += 1);
    assert_eq!(kinds[&(ChangeKind::Merge, days[0])], 1, "wards 2, 3 and 6");
    assert_eq!(kinds[&(ChangeKind::Dissolve, days[1])], 9, "the districts");
    assert_eq!(kinds[&(ChangeKind::Reparent, days[1])], 104, "the communes go to the province");
    assert_eq!(kinds[&(ChangeKind::Merge, days[2])], 37 + 1, "37 communes and the province");
    assert_eq!(kinds[&(ChangeKind::Create, days[2])], 37 + 1);
}

#[test]
fn a_reform_learned_of_three_days_before_was_not_known_a_week_before() {
    let org = tra_vinh();
    let announced = |day| if day == date(2025, 7, 1) { date(2025, 6, 28) } else { date(2024, 8, 1) };
    let recorded = |day| Instant::local_midnight(announced(day));
    let history = History::of(&org, date(2025, 1, 1), recorded).unwrap();
    let communes = |learned, valid| {
        let known = history.known_at(Instant::local_midnight(learned)).unwrap();
        known.units_of_kind_on(UnitKind::Commune, valid).count()
    };
    assert_eq!(communes(date(2025, 6, 24), date(2025, 8, 1)), 104);
    assert_eq!(communes(date(2025, 6, 29), date(2025, 8, 1)), 41);
    assert_eq!(communes(date(2025, 6, 29), date(2025, 6, 30)), 104);
    assert_eq!(communes(date(2024, 7, 1), date(2025, 8, 1)), 106);
}
