//! Tests of the synthetic province: its figures resemble the real ones, and its ledger balances.

use super::Province;
use super::ledger::Ledger;
use super::sheet_plan::{ConcurrentEdit, SheetPlan};
use crate::cli::demo::authority::DemoAuthority;
use crate::domain::org::UnitKind;
use crate::domain::report::element::{CountingLevel, ElementCode};
use crate::domain::reporting::window::DateWindow;
use crate::domain::standing::baseline::Baselines;
use crate::files::baseline;
use crate::files::table::TableInput;
use jiff::civil::date;

fn province() -> Province {
    let authority = DemoAuthority::TraVinh;
    Province::new(authority, authority.plan().seed).unwrap()
}

fn code(text: &str) -> ElementCode {
    ElementCode::new(text).unwrap()
}

fn total(province: &Province, element: &str, window: DateWindow) -> i64 {
    province
        .org
        .units()
        .iter()
        .map(|unit| province.ground_truth.flow_total(unit.id, &code(element), window))
        .sum()
}

#[test]
fn the_committed_baselines_are_what_the_generator_gives_for_their_seeds() {
    for authority in [DemoAuthority::TraVinh, DemoAuthority::Health] {
        let plan = authority.plan();
        let province = Province::new(authority, plan.seed).unwrap();
        let printed = baseline::format_baselines(&province.baseline_rows(), &province.catalogue);
        let (file, committed) = plan.baseline;
        if std::env::var_os("THIDUA_BLESS").is_some() {
            std::fs::write(file, &printed).unwrap();
            continue;
        }
        assert!(printed == committed, "{file}: run with THIDUA_BLESS=1 and look at the difference");
    }
}

#[test]
fn the_committed_baseline_passes_its_own_import_and_covers_each_cut_off() {
    let province = province();
    let level_of = |uid: &str| {
        let unit = province.org.unit_by_uid(uid)?;
        let kind = province.org.kind_on(unit.id, date(2024, 8, 18))?;
        CountingLevel::ALL.iter().copied().find(|level| UnitKind::from(*level) == kind)
    };
    let (_, committed) = province.plan.baseline;
    let rows = baseline::read_baselines(
        &TableInput::new("baseline.csv", committed),
        1,
        &province.catalogue,
        level_of,
    )
    .unwrap()
    .into_rows()
    .unwrap();
    let base = Baselines::new(&rows);
    let whole = province.campaign.base_window();
    let to_date = DateWindow::new(whole.start, date(2024, 1, 6)).unwrap();
    for place in &province.communes {
        for window in [whole, to_date] {
            let happened =
                province.ground_truth.flow_total(place.unit, &code("so_offences"), window);
            assert_eq!(
                base.flow_value(place.unit, &code("so_offences"), window).value(),
                Some(happened)
            );
        }
    }
    let stock = base.stock_value(province.districts[0].unit, &code("suspended_cases"), to_date);
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
    let ratio = |above: &str, below: &str| {
        total(&province, above, year) * 100 / total(&province, below, year)
    };
    assert!((80..=92).contains(&ratio("solved", "so_offences")));
    assert!((90..=97).contains(&ratio("reports_resolved", "reports_handled")));
    assert!((8..=18).contains(&ratio("vses_occurred", "so_offences")));

    let week = |place: usize, at: i32| {
        let start = year.start.checked_add(jiff::Span::new().days(at * 7)).unwrap();
        let window = DateWindow::from_inclusive_days(
            start,
            start.checked_add(jiff::Span::new().days(6)).unwrap(),
        )
        .unwrap();
        province.ground_truth.flow_total(
            province.communes[place].unit,
            &code("so_offences"),
            window,
        )
    };
    let zeros = (0..106)
        .flat_map(|place| (0..52).map(move |at| (place, at)))
        .filter(|(p, w)| week(*p, *w) == 0);
    let share = zeros.count() * 100 / (106 * 52);
    assert!((88..=95).contains(&share), "zero is the normal value: {share} % of commune-weeks");
}

#[test]
fn what_happens_after_the_merger_happens_at_the_successor() {
    let province = province();
    let after = DateWindow::new(date(2025, 1, 1), date(2025, 2, 24)).unwrap();
    let unit = |uid: &str| province.org.unit_by_uid(uid).unwrap().id;
    let received =
        |uid: &str| province.ground_truth.flow_total(unit(uid), &code("reports_received"), after);
    assert_eq!(
        (received("com-29242-0"), received("com-29245-0"), received("com-29251-0")),
        (0, 0, 0)
    );
    assert!(received("com-29242-1") > 0);
}

fn plans(province: &Province) -> Vec<SheetPlan> {
    province.plan_sheets(20).unwrap()
}

#[test]
fn twenty_weeks_of_the_communes_owe_2121_reports_most_of_them_nil() {
    let plans = plans(&province());
    let weekly: Vec<&SheetPlan> = plans.iter().filter(|plan| plan.contract == "tuan-xa").collect();
    assert_eq!(weekly.len(), 2_121);
    let share = |count: usize| count * 100 / weekly.len();
    let nil = share(weekly.iter().filter(|plan| plan.is_nil()).count());
    let never = share(weekly.iter().filter(|plan| plan.send_day.is_none()).count());
    let late = share(
        weekly.iter().filter(|plan| plan.send_day.is_some_and(|day| day >= plan.due)).count(),
    );
    assert!(
        (50..=85).contains(&nil) && (1..=3).contains(&never) && (6..=10).contains(&late),
        "{nil} {never} {late}"
    );
    let districts = plans.iter().filter(|plan| plan.contract == "tuan-huyen").count();
    assert_eq!(districts, 9 * 20);
    assert!(plans.iter().any(|plan| plan.contract == "thang-co-so"));
    let twins = |kind| plans.iter().filter(|plan| plan.concurrent_edit == Some(kind)).count();
    assert_eq!((twins(ConcurrentEdit::Merge), twins(ConcurrentEdit::Conflict)), (3, 2));
    assert!(plans.iter().any(|plan| plan.planted_error.is_some()), "some figures are mistyped");
}

#[test]
fn a_province_has_122_phones_and_some_of_them_are_silent_for_weeks() {
    let devices = province().devices(20);
    assert_eq!(devices.len(), 122);
    assert_eq!(devices.iter().filter(|device| device.number == 2).count(), 5);
    let silent =
        devices.iter().filter(|device| device.offline.iter().any(|window| window.days() == 21));
    assert_eq!(silent.count(), 14);
    assert!(devices.iter().any(|device| !device.is_online(date(2024, 9, 25))));
}

#[test]
fn the_books_balance_for_every_unit_and_element_whatever_becomes_of_the_sheets() {
    let province = province();
    let plans = plans(&province);
    let mut ledger = Ledger::open(&plans, &province.catalogue);
    for (at, plan) in plans.iter().enumerate().filter(|(_, plan)| plan.send_day.is_some()) {
        let report = plan.key.id();
        plan.typed_values()
            .iter()
            .for_each(|(code, value)| ledger.record_typed(report, code, *value));
        ledger.record_sent(report);
        match at % 11 {
            0 => {}
            1 => ledger.record_returned(report),
            _ => ledger.record_accepted(report),
        }
    }
    let lines = ledger.lines();
    let above = ledger.standing_lines(&province.org, province.campaign.measurement_window);
    assert!(lines.values().chain(above.values()).all(super::ledger::LedgerLine::is_balanced));
    let province_line = |element: &str| above[&(province.campaign.owner_id(), code(element))];
    let now = DateWindow::new(date(2024, 8, 19), date(2025, 1, 6)).unwrap();
    for element in ["so_offences", "solved", "ta_deaths"] {
        assert_eq!(province_line(element).happened, total(&province, element, now), "{element}");
        assert!(province_line(element).not_accepted > 0, "{element}");
    }
    let stock: i64 = province
        .districts
        .iter()
        .map(|district| {
            province.ground_truth.stock_at_end_of(
                district.unit,
                &code("suspended_cases"),
                date(2025, 1, 5),
            )
        })
        .sum();
    assert_eq!(province_line("suspended_cases").happened, stock);
    let count = ledger.count_sheets("tuan-xa");
    assert_eq!(count.expected, count.never_sent + count.waiting + count.returned + count.accepted);
}
