//! The opening balance of a successor through the application: wards merge on 1 January 2025.

use crate::on_both_databases;
use crate::world::{TOWN, TestDevice, WARD_2, WARD_3, WARD_NEW, World, reported_value};
use jiff::civil::{Date, date};
use thidua::domain::access::permission::Role;
use thidua::domain::campaign::Campaign;
use thidua::domain::quality::Finding;
use thidua::domain::report::ReportKey;
use thidua::domain::report::cell::{CellValue, ElementNumber};
use thidua::domain::reporting::calendar::Calendars;
use thidua::domain::reporting::expectation::compute_expectations;
use thidua::domain::support::ids::{CampaignId, ReportId, UnitId};
use thidua::domain::support::message::MessageArg;
use thidua::domain::target_rule::Target;
use thidua::files::catalogue;
use thidua::i18n::Lang;

on_both_databases! {
    a_ward_that_opens_with_less_than_its_former_wards_closed_with_is_asked_and_no_sum_changes
}

const THIRD_WARD: &str = "com-29251-0";
const MERGED_ON: Date = date(2025, 1, 1);
const ELEMENTS: &str = include_str!("../fixtures/opening_balance.toml");

/// The example with both balances on the weekly form, and the closing one as the only target.
fn add_balances(world: &World) {
    let parts = ["elements.toml", "forms.toml"].map(|name| {
        let root = env!("CARGO_MANIFEST_DIR");
        let text = std::fs::read_to_string(format!("{root}/examples/tra-vinh/{name}")).unwrap();
        let text = text
            .replace("\"reports_resolved\"]", "\"reports_resolved\", \"ton_dau\", \"ton_cuoi\"]");
        let added = if name == "elements.toml" { ELEMENTS } else { "" };
        catalogue::read_catalogue(name, &format!("{text}{added}")).unwrap()
    });
    let calendars: Vec<_> = Calendars::standard().iter().cloned().collect();
    let system = world.app.system_actor().unwrap();
    let merged = catalogue::merge_catalogues(parts.into());
    assert_eq!(merged.check(), []);
    world.app.apply_catalogue(&system, &merged, &calendars).unwrap();
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let mut first = reference.campaigns[0].targets[0].clone();
    first.formula = Target::parse("stock(ton_cuoi@end) <= 100000").unwrap();
    (first.baseline, first.coverage_min, first.min_base) = (None, Some(0), None);
    let campaign = Campaign { targets: vec![first], ..reference.campaigns[0].clone() };
    world.app.apply_campaign(&system, &campaign).unwrap();
}

/// A ward sends the period that ends or begins with the merger, with these balances.
fn send(world: &World, phone: &mut TestDevice, (opening, closing): (i64, i64)) -> ReportId {
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    let contracts = reference.catalogue.contracts_with_codes(&["tuan-xa".to_owned()]);
    let window = reference.campaigns[0].measurement_window;
    let owed =
        compute_expectations(&reference.org, &reference.calendars, &contracts, window).unwrap();
    let keys = owed.iter().map(|one| one.report_key());
    let touches = |key: &ReportKey| key.period.end == MERGED_ON || key.period.start == MERGED_ON;
    let key = keys.filter(|key| key.unit == phone.unit).find(touches).unwrap();
    let number = |code: &_| ElementNumber(reference.element_numbers.number(code).unwrap());
    let codes = reference.catalogue.form("tuan-xa").unwrap().elements.iter();
    let cells: Vec<_> = codes
        .map(|code| match code.as_str() {
            "ton_dau" => (number(code), reported_value(opening)),
            "ton_cuoi" => (number(code), reported_value(closing)),
            _ => (number(code), CellValue::Nil),
        })
        .collect();
    let commands = [phone.save_command(&key, &cells, &[]), phone.submit_command(key.id())];
    let outcomes = phone.push(world, &commands);
    assert!(outcomes.iter().all(|one| one.reason.is_none()), "{outcomes:?}");
    key.id()
}

/// The questions about opening balances that the unit can read after the next night.
fn ask(world: &World, phone: &TestDevice) -> Vec<Finding> {
    let system = world.app.system_actor().unwrap();
    world.app.update_findings(&system, |_| Ok(true)).unwrap();
    let own = phone.load_identity(world).unwrap().actor;
    let found = world.app.visible_findings(&own, Some(phone.unit)).unwrap();
    let about_openings = |one: &Finding| one.rule.as_str() == "D24";
    found.into_iter().map(|(one, _)| one).filter(about_openings).collect()
}

fn a_ward_that_opens_with_less_than_its_former_wards_closed_with_is_asked_and_no_sum_changes(
    world: World,
) {
    add_balances(&world);
    world.set_day(date(2024, 12, 31));
    for (uid, closing) in [(WARD_2, 11), (WARD_3, 8), (THIRD_WARD, 3)] {
        let mut former = world.enrol_device(&format!("can bo {uid}"), uid, Role::Reporter);
        send(&world, &mut former, (closing, closing));
    }
    world.set_day(date(2025, 1, 6));
    world.app.apply_org_day().unwrap();
    let mut ward = world.enrol_device("phuong moi", WARD_NEW, Role::Reporter);
    let mut town = world.enrol_device("thanh pho", TOWN, Role::Reviewer);
    let report = send(&world, &mut ward, (19, 20));
    let accept = town.accept_command(&world.read_report(report).unwrap());
    assert_eq!(town.push(&world, &[accept])[0].reason, None);
    world.set_day(date(2025, 1, 10));

    let asked = ask(&world, &ward);
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].evidence, [22, 19]);
    for lang in Lang::all() {
        let question = asked[0].question(MessageArg::Text("Số tồn đầu kỳ".into()), 0).text(lang);
        assert!(question.contains("22") && question.contains("19"), "{question}");
    }
    assert_eq!(ask(&world, &ward).len(), 1, "and not again the next night");

    let system = world.app.system_actor().unwrap();
    world.app.aggregate_campaigns(&system, |_| Ok(true)).unwrap();
    let run = world.app.run_manifests(CampaignId::from_code("A"), 1).unwrap().remove(0);
    let standings = world.app.run_standings(&run).unwrap().0;
    let mut of_province = standings.iter().filter(|one| one.unit == UnitId::from_code("prov-84"));
    let known = of_province.find(|one| one.phase == 0).unwrap().judgement.value_low;
    assert_eq!(known, Some(20.into()), "what the ward said last, and no opening balance");
}
