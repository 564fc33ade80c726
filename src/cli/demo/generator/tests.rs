//! Stories about the synthetic province: it looks like the real one, and its books balance.

use super::{Province, SEED};
use crate::cli::demo::example::{BASELINE, example};
use crate::domain::baseline::Baselines;
use crate::domain::element::{CountingLevel, ElementCode};
use crate::domain::org::UnitKind;
use crate::domain::window::Window;
use crate::files::baseline;
use jiff::civil::date;

fn province() -> Province {
    let example = example().unwrap();
    Province::new(SEED, example.org, example.catalogue, example.campaign_a)
}

fn code(text: &str) -> ElementCode {
    ElementCode::new(text).unwrap()
}

fn total(province: &Province, element: &str, window: Window) -> i64 {
    province.org.units().iter().map(|unit| province.truth.flow(unit.id, &code(element), window)).sum()
}

#[test]
fn the_committed_baseline_is_what_the_generator_gives_for_its_seed() {
    let province = province();
    let printed = baseline::print(&province.baseline(), &province.catalogue);
    if std::env::var_os("THIDUA_BLESS").is_some() {
        std::fs::write("examples/tra-vinh/baseline.csv", &printed).unwrap();
        return;
    }
    assert!(printed == BASELINE, "run this test with THIDUA_BLESS=1 and look at the difference");
}

#[test]
fn the_committed_baseline_passes_its_own_import_and_covers_each_cut_off() {
    let province = province();
    let level_of = |uid: &str| {
        let unit = province.org.by_uid(uid)?;
        let kind = province.org.kind_on(unit.id, date(2024, 8, 18))?;
        CountingLevel::ALL.iter().copied().find(|level| UnitKind::from(*level) == kind)
    };
    let rows = baseline::read("baseline.csv", BASELINE, 1, &province.catalogue, level_of).unwrap().rows().unwrap();
    let base = Baselines::new(&rows);
    let whole = province.campaign.base_window();
    let to_date = Window::new(whole.start, date(2024, 1, 6)).unwrap();
    for place in &province.places {
        for window in [whole, to_date] {
            let happened = province.truth.flow(place.unit, &code("so_offences"), window);
            assert_eq!(base.flow(place.unit, &code("so_offences"), window).value(), Some(happened));
        }
    }
    let stock = base.stock(province.districts[0].unit, &code("suspended_cases"), to_date);
    assert!(stock.value().is_some());
}

#[test]
fn a_year_of_the_province_looks_like_a_year_of_such_a_province() {
    let province = province();
    let year = province.campaign.base_window();
    let near = |element: &str, low: i64, high: i64| {
        let count = total(&province, element, year);
        assert!((low..=high).contains(&count), "{element}: {count}");
    };
    near("so_offences", 400, 500);
    near("reports_received", 1_300, 1_600);
    near("ta_accidents", 20, 50);
    near("fire_all", 3, 20);
    let ratio = |above: &str, below: &str| total(&province, above, year) * 100 / total(&province, below, year);
    assert!((80..=92).contains(&ratio("solved", "so_offences")));
    assert!((90..=97).contains(&ratio("reports_resolved", "reports_handled")));
    assert!((8..=18).contains(&ratio("vses_occurred", "so_offences")));

    let week = |place: usize, at: i32| {
        let start = year.start.checked_add(jiff::Span::new().days(at * 7)).unwrap();
        let window = Window::of_days(start, start.checked_add(jiff::Span::new().days(6)).unwrap()).unwrap();
        province.truth.flow(province.places[place].unit, &code("so_offences"), window)
    };
    let zeros = (0..106).flat_map(|place| (0..52).map(move |at| (place, at))).filter(|(p, w)| week(*p, *w) == 0);
    let share = zeros.count() * 100 / (106 * 52);
    assert!((88..=95).contains(&share), "zero is the normal value: {share} % of commune-weeks");
}

#[test]
fn what_happens_after_the_merger_happens_at_the_successor() {
    let province = province();
    let after = Window::new(date(2025, 1, 1), date(2025, 2, 24)).unwrap();
    let unit = |uid: &str| province.org.by_uid(uid).unwrap().id;
    let received = |uid: &str| province.truth.flow(unit(uid), &code("reports_received"), after);
    assert_eq!((received("com-29242-0"), received("com-29245-0"), received("com-29251-0")), (0, 0, 0));
    assert!(received("com-29242-1") > 0);
}
